"""What the page on acquisition functions says, on tasks that the page did not draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from matinf.active import acquisition, toy_study
from matinf.active.game import play_games
from matinf.active.metrics import experiments_to_reach
from matinf.active.toy import ToyPosterior, run_toy_campaign
from matinf.active.toy_study import Comparison, Task, compare, draw_tasks, line_prior
from matinf.intervals import Interval, paired_difference_interval

PRIOR = line_prior()
TASKS = draw_tasks(PRIOR, 120, rng=np.random.default_rng(77))
FEW = TASKS[:80]


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture(scope="module")
def runs() -> Comparison:
    return compare(toy_study.STRATEGIES, TASKS, PRIOR, n_steps=30, rng=rng())


def worse(runs: Comparison, a: str, b: str, *, step: int = 15) -> Interval:
    return runs.difference(a, b, step=step, rng=rng())


# -- on average --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["EI", "UCB", "PI", "Thompson"])
def test_what_weighs_both_beats_exploit_explore_and_dice(runs: Comparison, name: str) -> None:
    for other in ("exploit", "explore", "random"):
        assert worse(runs, other, name).low > 0


def test_exploit_and_explore_are_not_told_apart_after_twenty(runs: Comparison) -> None:
    assert not worse(runs, "exploit", "explore", step=18).excludes(0)


def test_ei_and_ucb_are_not_told_apart_and_both_end_at_nearly_nothing(runs: Comparison) -> None:
    assert not worse(runs, "EI", "UCB").excludes(0)
    assert runs.of("EI")[:, 18].mean() < 0.02


def test_ei_needs_less_than_a_third_of_random_search(runs: Comparison) -> None:
    ours = experiments_to_reach(-runs.of("EI").mean(axis=0), -0.1) + 1  # two before the first
    blind = experiments_to_reach(-toy_study.random_regret(TASKS), -0.1)
    assert blind / ours > 2.5


def test_simulated_random_search_follows_its_closed_form(runs: Comparison) -> None:
    low, high = runs.band("random", rng=rng())[1:]
    blind = toy_study.random_regret(TASKS)[1:32]
    assert np.mean((low - 0.05 <= blind) & (blind <= high + 0.05)) > 0.8


def test_the_margin_between_pi_ei_and_thompson(runs: Comparison) -> None:
    assert worse(runs, "PI", "EI").low > 0
    assert worse(runs, "Thompson", "EI").low > 0


def test_exploit_gets_stuck_and_ei_does_not(runs: Comparison) -> None:
    stuck = np.mean(runs.of("exploit")[:, -1] > 0.1)
    assert 0.12 < stuck < 0.4
    assert np.mean(runs.of("EI")[:, -1] > 0.1) < 0.03


# -- explore against exploit -------------------------------------------------------------------


def test_beta_trades_the_find_for_the_model() -> None:
    turned = {
        str(beta): lambda s, beta=beta: acquisition.upper_confidence_bound(s.mean, s.std, beta=beta)
        for beta in (0, 2, 20)
    }
    sweep = compare(turned, FEW, PRIOR, n_steps=15, rng=rng())
    assert worse(sweep, "0", "2").low > 0
    assert worse(sweep, "20", "2").low > 0
    greedy, middle, wide = sweep.model_error.mean(axis=1)
    assert greedy > middle > wide


def test_a_margin_helps_pi() -> None:
    def pi(xi: float) -> toy_study.Strategy:
        return lambda s: acquisition.probability_of_improvement(s.mean, s.std, best=s.best, xi=xi)

    many = draw_tasks(PRIOR, 400, rng=np.random.default_rng(78))  # the gain is small
    sweep = compare({"none": pi(0), "some": pi(0.1)}, many, PRIOR, n_steps=10, rng=rng())
    assert worse(sweep, "none", "some", step=10).low > 0


def test_ei_needs_no_margin() -> None:
    def ei(xi: float) -> toy_study.Strategy:
        return lambda s: acquisition.log_expected_improvement(s.mean, s.std, best=s.best, xi=xi)

    sweep = compare({"0": ei(0), "0.1": ei(0.1), "1": ei(1)}, FEW, PRIOR, n_steps=15, rng=rng())
    assert not worse(sweep, "0", "0.1").low > 0
    assert worse(sweep, "1", "0").low > 0


def test_the_safe_candidate_has_the_chance_and_the_doubtful_one_the_gain() -> None:
    mean, std = [0.15, -0.1], [0.2, 0.8]
    chance = acquisition.probability_of_improvement(mean, std, best=0.0)
    gain = acquisition.expected_improvement(mean, std, best=0.0)
    assert chance[0] > chance[1]
    assert gain[0] < gain[1]


def test_the_order_of_exploring_is_known_beforehand() -> None:
    orders = [
        run_toy_campaign(
            truth, PRIOR, toy_study.STRATEGIES["explore"], initial=[10, 60], n_steps=20, rng=rng()
        ).measured
        for truth in (TASKS[0].truth, TASKS[1].truth)
    ]
    np.testing.assert_array_equal(*orders)


def test_the_bound_is_a_quantile() -> None:
    draws = np.random.default_rng(1).normal(0.3, 0.7, 200_000)
    bound = acquisition.upper_confidence_bound([0.3], [0.7], beta=2)[0]
    assert np.mean(draws <= bound) == pytest.approx(norm.cdf(2), abs=0.002)


# -- a wrong standard deviation ----------------------------------------------------------------


@pytest.fixture(scope="module")
def wrong() -> dict[float, Comparison]:
    return {
        factor: compare(toy_study.wrong_std(factor), FEW, PRIOR, n_steps=15, rng=rng())
        for factor in (0.01, 0.1, 1.0, 10.0)
    }


def cost(wrong: dict[float, Comparison], name: str, factor: float) -> Interval:
    return paired_difference_interval(
        wrong[factor].of(name)[:, 15], wrong[1.0].of(name)[:, 15], rng=rng()
    )


def test_pi_does_not_listen_to_a_common_factor(wrong: dict[float, Comparison]) -> None:
    np.testing.assert_array_equal(wrong[10.0].of("PI"), wrong[1.0].of("PI"))
    assert wrong[0.01].of("PI")[:, 15].mean() > wrong[1.0].of("PI")[:, 15].mean() + 0.1


def test_ucb_and_thompson_believe_and_log_ei_forgives_most(wrong: dict[float, Comparison]) -> None:
    for name in ("UCB", "Thompson"):
        assert cost(wrong, name, 0.1).low > 0
        assert cost(wrong, name, 0.1).estimate > cost(wrong, "log EI", 0.1).estimate
    assert cost(wrong, "log EI", 0.1).low > 0
    assert cost(wrong, "EI", 10.0).low > cost(wrong, "EI", 0.1).low


def test_an_overconfident_log_ei_becomes_pi(wrong: dict[float, Comparison]) -> None:
    difference = wrong[0.01].of("log EI")[:, 15] - wrong[1.0].of("PI")[:, 15]
    assert abs(difference.mean()) < 0.03
    mean, std = np.linspace(-2, -0.1, 30), np.random.default_rng(3).uniform(0.2, 1, 30)
    log_ei = acquisition.log_expected_improvement(mean, 0.01 * std, best=0.0)
    pi = acquisition.probability_of_improvement(mean, std, best=0.0)
    np.testing.assert_array_equal(np.argsort(log_ei), np.argsort(pi))


def test_overconfident_ei_ranks_what_beats_the_best_by_its_mean() -> None:
    mean, std = np.linspace(0.05, 2, 30), np.random.default_rng(3).uniform(0.2, 1, 30)
    log_ei = acquisition.log_expected_improvement(mean, 0.001 * std, best=0.0)
    np.testing.assert_array_equal(np.argsort(log_ei), np.argsort(mean))


def test_the_unit_changes_no_order_of_expected_improvement() -> None:
    mean, std = np.random.default_rng(4).normal(size=50), np.linspace(0.1, 1, 50)
    one = acquisition.expected_improvement(mean, std, best=0.5)
    other = acquisition.expected_improvement(1000 * mean, 1000 * std, best=500.0)
    np.testing.assert_allclose(other, 1000 * one)


def test_a_factor_on_the_deviation_is_a_factor_on_beta(wrong: dict[float, Comparison]) -> None:
    tenth = {"UCB": lambda s: acquisition.upper_confidence_bound(s.mean, s.std, beta=0.2)}
    sweep = compare(tenth, FEW, PRIOR, n_steps=15, rng=rng())
    np.testing.assert_allclose(sweep.of("UCB"), wrong[0.1].of("UCB"))


def test_ei_collapses_where_its_logarithm_does_not(wrong: dict[float, Comparison]) -> None:
    assert wrong[0.01].difference("EI", "log EI", step=15, rng=rng()).low > 0.05
    assert wrong[1.0].difference("EI", "log EI", step=15, rng=rng()).estimate < 0.02


def test_ei_is_zero_from_38_deviations_on() -> None:
    ei = acquisition.expected_improvement([-37.0, -39.0], [1.0, 1.0], best=0.0)
    assert ei[0] > 0
    assert ei[1] == 0


def test_dice_scatter_more_than_tasks() -> None:
    again = [task for task in TASKS[:20] for _ in range(15)]
    thompson = {"Thompson": toy_study.STRATEGIES["Thompson"]}
    thrown = compare(thompson, again, PRIOR, n_steps=15, rng=rng())
    repeats = thrown.of("Thompson")[:, 15].reshape(20, 15)
    assert np.sqrt(repeats.var(axis=1, ddof=1).mean()) > repeats.mean(axis=1).std(ddof=1)


# -- batches -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_four() -> Comparison:
    return toy_study.compare_batches(toy_study.BATCHES, FEW, PRIOR, k=4, n_steps=4, rng=rng())


def test_both_remedies_beat_the_top_k_and_cannot_be_told_apart(by_four: Comparison) -> None:
    for name in ("kriging believer", "local penalisation"):
        assert worse(by_four, "top k", name, step=4).low > 0
    assert not worse(by_four, "local penalisation", "kriging believer", step=4).excludes(0)


def test_a_batch_has_a_price_that_is_small(runs: Comparison, by_four: Comparison) -> None:
    price = by_four.of("kriging believer")[:, 4] - runs.of("EI")[:80, 16]
    assert 0 < price.mean() < 0.1


# -- exercises ---------------------------------------------------------------------------------


def test_only_a_variance_lets_the_unit_choose() -> None:
    def first(task: Task, power: int, unit: float) -> int:
        now = PRIOR.fantasise(task.initial, task.truth[task.initial])
        spread = (unit * now.std) ** power
        return int(np.argmax(acquisition.upper_confidence_bound(unit * now.mean, spread, beta=2)))

    changed = {p: np.mean([first(t, p, 1) != first(t, p, 1000) for t in TASKS]) for p in (1, 2)}
    assert changed[1] == 0
    assert changed[2] > 0.5


def test_too_short_a_lengthscale_costs_more_than_too_long() -> None:
    def missed(factor: float) -> np.ndarray:
        assumed = line_prior(lengthscale=0.05 * factor)
        strategy = {"EI": toy_study.STRATEGIES["EI"]}
        return compare(strategy, TASKS, assumed, n_steps=15, rng=rng()).of("EI")[:, 15]

    assert paired_difference_interval(missed(0.2), missed(5), rng=rng()).low > 0.05


# -- the task that is drawn --------------------------------------------------------------------


def test_the_task_of_the_page_parts_the_strategies() -> None:
    prior = line_prior(51, lengthscale=0.08)
    task = draw_tasks(prior, 1, n_initial=5, rng=np.random.default_rng(3276))[0]
    posterior = prior.fantasise(task.initial, task.truth[task.initial])
    best = task.truth[task.initial].max()
    mean, std = posterior.mean, posterior.std
    scores = (
        mean,
        std,
        acquisition.probability_of_improvement(mean, std, best=best),
        acquisition.expected_improvement(mean, std, best=best),
        acquisition.upper_confidence_bound(mean, std, beta=2),
    )
    free = ~np.isin(np.arange(51), task.initial)
    choices = [int(np.argmax(np.where(free, values, -np.inf))) for values in scores]
    assert len(set(choices)) == 5
    exploit, _, pi, ei, ucb = choices
    summit = task.initial[task.truth[task.initial].argmax()]
    assert abs(exploit - summit) == abs(pi - summit) == 1, "beside the best value"
    ordered = np.sort(task.initial)
    widest = int(np.diff(ordered).argmax())
    assert ordered[widest + 1] == summit
    assert all(ordered[widest] < choice < summit for choice in (ei, ucb)), "the widest gap"
    assert best > 0.3, "above what the prior expects where nothing is known"
    ends = {
        name: run_toy_campaign(
            task.truth, prior, toy_study.STRATEGIES[name], initial=task.initial, n_steps=10,
            rng=np.random.default_rng(2),
        ).regret[-1]
        for name in ("exploit", "EI", "UCB")
    }  # fmt: skip
    assert ends["exploit"] > 0.3
    assert max(ends["EI"], ends["UCB"]) < 0.05
    narrow = 0.01 * posterior.std
    assert 0 in acquisition.expected_improvement(posterior.mean, narrow, best=best)
    assert isinstance(posterior, ToyPosterior)


# -- a noise that is set wrong -----------------------------------------------------------------


def believed(task: Task, noise: float, number: int) -> tuple[float, float, float]:
    """As the exercise has it: shares that the band holds, and what the highest point promises."""
    draw = np.random.default_rng(number)
    at = draw.choice(101, 25, replace=False)
    y = task.truth[at] + 0.2 * draw.standard_normal(25)
    now = replace(PRIOR, noise_std=noise).fantasise(at, y)
    off = now.mean - task.truth
    held = np.abs(off) < 1.96 * now.std
    return held[at].mean(), held.mean(), off[now.mean.argmax()]


@pytest.fixture(scope="module")
def by_noise() -> dict[float, np.ndarray]:
    return {
        noise: np.mean([believed(task, noise, i) for i, task in enumerate(TASKS)], axis=0)
        for noise in (0.001, 0.1, 0.2, 1.0)
    }


def test_too_little_noise_is_nearly_always_wrong_where_it_is_surest(
    by_noise: dict[float, np.ndarray],
) -> None:
    measured, anywhere, promise = by_noise[0.001]
    assert measured < 0.05
    assert measured < anywhere < 0.7
    assert promise > 0.2
    assert measured < by_noise[0.1][0] < 0.85, "half the noise leaves too many outside"


def test_the_right_noise_does_what_it_says_and_too_much_promises_too_little(
    by_noise: dict[float, np.ndarray],
) -> None:
    assert by_noise[0.2][:2] == pytest.approx([0.95, 0.95], abs=0.02)
    assert abs(by_noise[0.2][2]) < 0.06
    assert by_noise[1.0][:2].min() > 0.97
    assert by_noise[1.0][2] < -0.4


# -- the laboratory ----------------------------------------------------------------------------


def test_on_the_truth_it_opens_on_two_rules_stay_on_their_hill() -> None:
    """Exploit and PI end short of the best in ten measurements; EI and UCB hold it."""
    games = play_games(1, rng=np.random.default_rng(341))
    truth, opening = games.tasks[0].truth, games.opening(0, 2)
    ends = {
        name: run_toy_campaign(
            truth, games.prior, toy_study.STRATEGIES[name], initial=opening, n_steps=10, rng=rng()
        )
        for name in ("exploit", "explore", "PI", "EI", "UCB")
    }
    missing = {name: run.regret[-1] for name, run in ends.items()}
    assert min(missing["exploit"], missing["PI"]) > 0.3
    assert missing["EI"] == missing["UCB"] == 0
    assert 0 < missing["explore"] < 0.1
    # To death: most of what exploit measures lies on the slope of one summit.
    choices = ends["exploit"].measured[4:]
    assert np.sum(np.abs(choices - np.median(choices)) <= 6) >= 8


def test_ei_beats_dice_in_most_games_of_ten() -> None:
    games = play_games(120, rng=np.random.default_rng(9))
    assert games.ahead("EI", "random", rng=rng()).low > 0.65
