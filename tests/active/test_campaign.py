"""Campaigns: what they record, that they learn, and that they see no label they did not pay for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from active.campaigns import N_POOL, STRATEGIES, config, pool
from matinf.active.acquire import comparable
from matinf.active.campaign import CampaignConfig, run_campaign
from matinf.active.evaluation import aftermath, performance, steps_found
from matinf.active.goal import Goal
from matinf.active.oracle import OracleError, TableOracle
from matinf.active.pairs import Pool
from matinf.active.pool_model import GaussianProcess
from matinf.active.posterior import PoolPosterior
from matinf.active.result import CampaignResult
from matinf.active.stopping import Budget, LittleToGain, NoImprovement
from matinf.active.strategies import Acquire, ExploreThenExploit, View
from matinf.active.surrogate import Surrogate

X, Y = pool()


def run(strategy: str = "log_ei", *, seed: int = 0, oracle: object = None, **changes: object):
    asked = TableOracle(values=Y) if oracle is None else oracle
    settings = config(strategy, **changes)
    return run_campaign(X, asked, settings, rng=np.random.default_rng(seed))


class Sealed:
    """Labels that raise when one is read that was not asked for, or read twice."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def __call__(self, indices: np.ndarray, /) -> np.ndarray:
        if set(indices.tolist()) & set(self.read):
            raise AssertionError("asked twice")
        self.read.extend(indices.tolist())
        return Y[indices]

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the campaign looked at {name} of the oracle")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_runs_and_reads_only_what_it_measures(strategy: str) -> None:
    oracle = Sealed()
    result = run(strategy, oracle=oracle)
    assert result.stopped == "all 6 steps are done"
    assert not result.notes
    assert result.labelled.tolist() == oracle.read
    assert len(set(oracle.read)) == 12 + 6 * 4
    np.testing.assert_array_equal(result.y, Y[oracle.read])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_labels_of_the_rest_do_not_matter(strategy: str) -> None:
    """Whatever the unmeasured candidates are worth, the campaign is the same to the last bit."""
    first = run(strategy)
    other = np.full(N_POOL, 1e9)
    other[first.labelled] = first.y
    assert run(strategy, oracle=TableOracle(values=other)).digest() == first.digest()
    other[first.labelled[3]] += 0.1  # and of what it measures, everything does
    assert run(strategy, oracle=TableOracle(values=other)).digest() != first.digest()


def test_the_same_seed_gives_the_same_campaign_and_the_same_start() -> None:
    assert run("thompson", seed=3).digest() == run("thompson", seed=3).digest()
    assert run("thompson", seed=3).digest() != run("thompson", seed=4).digest()
    one, other = run("exploit", seed=3), run("random", seed=3)
    assert one.labelled[:12].tolist() == other.labelled[:12].tolist()
    assert one.labelled[12:].tolist() != other.labelled[12:].tolist()


def test_models_beat_random_search_here() -> None:
    def found(strategy: str) -> float:
        scores = [
            performance(run(strategy, seed=s), Y, top=(10,))["recall_10"].iloc[-1] for s in range(4)
        ]
        return float(np.mean(scores))

    by_chance = found("random")
    assert by_chance < 0.5
    for strategy in ("exploit", "ei", "log_ei", "ucb", "believer"):
        assert found(strategy) > by_chance + 0.3, strategy


def test_the_history_holds_what_was_believed_at_the_time() -> None:
    """Predictions written down at step 4 are those of a model of the steps before it."""
    result = run("exploit", refit_every=1)
    history, log = result.history, result.log
    earlier = history[history["step"] < 4]
    known = {name: log.loc[4, name] for name in ("variance", "lengthscale", "noise_std")}
    state = GaussianProcess().start(
        Pool(X),
        earlier["index"].to_numpy(),
        earlier["value"].to_numpy(),
        parameters=known,
        optimise=False,
    )
    batch = history[history["step"] == 4]
    chosen = batch["index"].to_numpy()
    np.testing.assert_allclose(batch["mean"], state.posterior.mean[chosen], rtol=1e-9)
    np.testing.assert_allclose(batch["std"], state.posterior.std[chosen], rtol=1e-6)
    left = np.setdiff1d(np.arange(N_POOL), earlier["index"])
    assert set(chosen) == set(left[np.argsort(-state.posterior.mean[left])[:4]])
    assert history.loc[history["step"] == 0, ["mean", "std"]].isna().all().all()
    assert log["best"].iloc[4] == earlier["value"].max()
    assert log["n_labelled"].tolist() == [0, 12, 16, 20, 24, 28, 32]
    assert history["best"].is_monotonic_increasing


def test_hyperparameters_are_optimised_when_asked_and_only_then() -> None:
    log = run("exploit").log
    assert log["refitted"].tolist() == [False, True, False, False, True, False, False]
    assert log["variance"].iloc[1] == log["variance"].iloc[3] != log["variance"].iloc[4]
    assert log["seconds"].notna().all()
    assert run("random").log["r2"].isna().all(), "random search fits nothing"


@pytest.mark.parametrize("noise_std", [0.3, 0.0015])
def test_leave_one_out_is_what_leaving_one_out_gives(noise_std: float) -> None:
    rows, settings = np.arange(20), Surrogate(noise_std=noise_std)
    state = GaussianProcess(surrogate=settings).start(
        Pool(X), rows, Y[:20], parameters=None, optimise=False
    )
    expected, scale = [], Y[:20].std()
    for left_out in rows:
        kept = np.delete(rows, left_out)
        fitted = PoolPosterior.start(settings, X, kept, Y[kept], optimise=False)
        # The same standardisation as with all twenty: leave-one-out keeps every setting.
        rows_only = fitted.__class__(
            pool=fitted.pool,
            surrogate=settings,
            hyperparameters=fitted.hyperparameters,
            indices=kept,
            y=Y[kept],
            target_mean=float(Y[:20].mean()),
            target_std=float(scale),
            _rows=fitted._rows,
        )
        expected.append(rows_only.mean[left_out])
    np.testing.assert_allclose(state.leave_one_out(), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("goal", "strategies"),
    [
        (Goal(kind="minimise"), [s for s in STRATEGIES if s != "random"]),
        (Goal(kind="target", target=1.3), ["exploit", "explore", "thompson", "switch"]),
    ],
)
def test_other_goals_are_reached(goal: Goal, strategies: list[str]) -> None:
    for strategy in strategies:
        result = run(strategy, goal=goal)
        merit = goal.merit(Y)
        assert goal.merit(Y[result.best_index]) == merit[result.labelled].max()
        if strategy != "explore":
            rank = np.sum(merit > merit[result.best_index])
            assert rank <= 3, (strategy, rank)


@pytest.mark.parametrize("strategy", [s for s in STRATEGIES if s != "penalised"])
def test_the_unit_of_the_target_does_not_matter(strategy: str) -> None:
    other = run(strategy, oracle=TableOracle(values=27.2114 * Y))
    assert other.labelled.tolist() == run(strategy).labelled.tolist()


def test_equal_scores_are_equal_whatever_their_last_digits() -> None:
    scores = np.array([0.1 + 0.2, 0.3, -np.inf, 0.3 - 1e-8, 0.0])
    assert comparable(scores)[0] == comparable(scores)[1] > comparable(scores)[3]
    assert comparable(scores)[2] == -np.inf
    assert comparable(np.zeros(3)).tolist() == [0, 0, 0]
    hopeless = Acquire(by="log_ei")._scores(Goal())(
        np.array([0.5, 0.5 + 1e-6, -1e4]), np.ones(3), best=1.0
    )
    assert hopeless[1] > hopeless[0], "a hopeless candidate blurs no others"


def test_minimising_is_maximising_the_negative() -> None:
    down = run("believer", goal=Goal(kind="minimise"))
    up = run("believer", oracle=TableOracle(values=-Y))
    assert down.labelled.tolist() == up.labelled.tolist()


def test_acquisition_functions_of_a_maximum_refuse_a_target() -> None:
    with pytest.raises(ValueError, match="target value is sought by exploit"):
        run("log_ei", goal=Goal(kind="target", target=0.0))


def test_the_switch_needs_evidence_and_is_final() -> None:
    result = run("switch", n_steps=8)
    phases, r2 = result.log["phase"].tolist(), result.log["r2"].to_numpy()
    switched = int(np.flatnonzero(r2 >= 0.3)[0])
    assert 1 < switched < 8, "the test needs a campaign that switches on the way"
    assert phases == ["initial"] + ["explore"] * (switched - 1) + ["exploit"] * (9 - switched)
    strategy = ExploreThenExploit(threshold=0.3)
    fallen = dataclasses.replace(_view(result), r2=-1.0)
    assert strategy.has_switched(fallen), "no way back when R² falls"
    assert not strategy.has_switched(dataclasses.replace(fallen, steps=(), r2=np.nan))


def _view(result: CampaignResult) -> View:
    return View(
        pool=Pool(X),
        available=np.ones(N_POOL, dtype=bool),
        labelled=result.labelled,
        y=result.y,
        posterior=None,
        goal=Goal(),
        steps=result.steps,
    )


def test_stopping_rules_end_a_campaign() -> None:
    budget = run(stopping=(Budget(n_measurements=20),))
    assert budget.stopped == "the budget of 20 measurements is spent"
    assert len(budget.measurements) == 20
    idle = run("exploit", n_steps=30, stopping=(NoImprovement(n_steps=4),))
    assert idle.stopped == "nothing better in 4 steps"
    steps, best = idle.history["step"].to_numpy(), idle.history["best"].to_numpy()
    assert best[steps <= steps[-1] - 4][-1] == best[-1]
    assert best[steps <= steps[-1] - 5][-1] < best[-1] or steps[-1] == 4
    full = run(n_steps=20)
    gain = full.log["expected_improvement"].to_numpy()[1:]
    tolerance = float(np.sort(gain)[5])
    stopped = run(n_steps=20, stopping=(LittleToGain(tolerance=tolerance),))
    assert stopped.stopped.startswith("no candidate promises more than")
    assert len(stopped.steps) == 1 + int(np.flatnonzero(gain < tolerance)[0])


def test_a_pool_is_measured_to_its_end_and_no_further() -> None:
    result = run("exploit", n_steps=100, batch_size=25)
    assert result.stopped == "every candidate of the pool was asked for"
    assert sorted(result.labelled) == list(range(N_POOL))
    assert performance(result, Y)[["recall_10", "recall_100"]].iloc[-1].tolist() == [1.0, 1.0]


class Fragile:
    """Fails in every way for some candidates."""

    def __init__(self, broken: dict[int, object]) -> None:
        self.broken, self.asked = broken, []

    def __call__(self, indices: np.ndarray, /) -> object:
        (index,) = indices.tolist()
        self.asked.append(index)
        fault = self.broken.get(index)
        if isinstance(fault, Exception):
            raise fault
        return Y[indices] if fault is None else fault


@pytest.fixture(scope="module")
def broken() -> dict[int, object]:
    fine = run("exploit").labelled
    return {
        int(fine[2]): RuntimeError("no power"),
        int(fine[5]): np.array([np.nan]),
        int(fine[13]): ValueError("lost sample"),
        int(fine[14]): np.array([1.0, 2.0]),
    }


def test_failures_are_recorded_and_the_campaign_goes_on(broken: dict[int, object]) -> None:
    oracle = Fragile(broken)
    result = run("exploit", oracle=oracle)
    assert result.stopped == "all 6 steps are done"
    failed = {m.index: m.failure for m in result.measurements if m.failure}
    assert {*failed} <= {*broken}
    assert len(failed) >= 2, "the initial ones at least are met again"
    assert len(oracle.asked) == len(set(oracle.asked)) == 36, "nobody is asked twice"
    assert len(result.y) == 36 - len(failed)
    assert len(result.notes) == len(failed)
    assert "candidate" in result.notes[0]
    assert "no power" in "".join(result.notes)
    table = result.history.set_index("index").loc[list(failed)]
    assert table["value"].isna().all()
    assert performance(result, Y)["n"].iloc[-1] == len(result.y)


def test_failures_stop_a_campaign_that_is_told_so(broken: dict[int, object]) -> None:
    result = run("exploit", oracle=Fragile(broken), on_failure="stop")
    assert result.stopped == "the oracle failed"
    assert len(result.measurements) == 12, "the batch is finished first: nothing is lost"
    assert len(result.notes) == 2
    with pytest.raises(OracleError, match="no power"):
        run("exploit", oracle=Fragile(broken), on_failure="raise")


def test_a_campaign_survives_an_oracle_that_never_works() -> None:
    result = run("log_ei", oracle=lambda indices: [np.nan])
    assert result.stopped == "all 6 steps are done"
    assert result.y.size == 0
    with pytest.raises(ValueError, match="no measurement of this campaign has a value"):
        _ = result.best_index


@pytest.mark.parametrize("strategy", ["log_ei", "thompson", "switch"])
def test_an_oracle_that_repeats_itself_is_reported(strategy: str) -> None:
    def hangs(indices: np.ndarray) -> np.ndarray:
        asked.extend(indices)
        return Y[indices] if len(asked) <= 15 else np.array([7.25])

    asked: list[int] = []
    result = run(strategy, oracle=hangs, stuck_after=8)
    assert result.stopped == "all 6 steps are done"
    assert result.notes == ("step 3: the oracle said 7.25 for the 8th time in a row",)
    asked = []
    stopped = run(strategy, oracle=hangs, stuck_after=8, on_failure="stop")
    assert stopped.stopped == "the oracle said the same 8 times in a row"
    assert len(stopped.measurements) == 24
    asked = []
    constant = run(strategy, oracle=lambda indices: [7.25], stuck_after=50)
    assert constant.stopped == "all 6 steps are done", "a model of equal values is no accident"


def test_a_batch_asked_for_together_is_one_call() -> None:
    sizes = []

    def counting(indices: np.ndarray) -> np.ndarray:
        sizes.append(indices.size)
        return Y[indices]

    together = run(oracle=counting, ask_together=True)
    assert sizes == [12] + [4] * 6
    assert together.labelled.tolist() == run().labelled.tolist()


def test_performance_is_by_the_truth() -> None:
    noisy = run(oracle=TableOracle(values=Y, noise_std=1.0))
    judged = performance(noisy, Y)
    truth = np.maximum.accumulate(Y[noisy.labelled])
    np.testing.assert_array_equal(judged["best"], truth)
    np.testing.assert_allclose(judged["regret"], Y.max() - truth)
    steps = steps_found(noisy, Y, k=10)
    assert np.mean(steps >= 0) == judged["recall_10"].iloc[-1]
    assert steps[0] == (judged["step"][judged["regret"] == 0].min() if 0 in steps[:1] else steps[0])
    best = int(np.argmax(Y))
    assert steps[0] == next((m.step for m in noisy.measurements if m.index == best), -1)
    with pytest.raises(ValueError, match="expected shape"):
        performance(noisy, Y[:-1])


def test_the_aftermath_predicts_only_what_was_never_measured() -> None:
    result = run("explore")
    after = aftermath(result, Pool(X), Y)
    assert not set(after.indices) & set(result.labelled)
    assert after.indices.size == N_POOL - result.y.size
    assert after.r2 == pytest.approx(1 - np.mean((after.y - after.mean) ** 2) / after.y.var())
    assert after.mean_absolute_error < np.abs(after.y - after.y.mean()).mean()


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_initial": 0},
        {"batch_size": 0},
        {"n_steps": -1},
        {"refit_every": 0},
        {"stuck_after": 1},
        {"on_failure": "ignore"},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CampaignConfig(strategy=Acquire(by="ei"), **wrong)  # type: ignore[arg-type]


def test_strategies_check_their_settings() -> None:
    for wrong in ({"by": "best"}, {"by": "ei", "batch": "all"}, {"by": "ei", "xi": -1.0}):
        with pytest.raises(ValueError, match="expected"):
            Acquire(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threshold"):
        ExploreThenExploit(threshold=1.5)
    with pytest.raises(ValueError, match="n_initial: expected at most 150"):
        run(n_initial=151)


def test_progress_is_silent_where_output_is_a_page(capfd: pytest.CaptureFixture[str]) -> None:
    run("random")
    assert capfd.readouterr() == ("", "")
    run_campaign(
        X, TableOracle(values=Y), config("random"), rng=np.random.default_rng(0), progress=True
    )
    assert "7/7" in capfd.readouterr().err
