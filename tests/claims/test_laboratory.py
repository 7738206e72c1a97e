"""What the page on the laboratory says, held to the stored study and to the command."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from matinf.active.acquire import Acquire
from matinf.active.laboratory import campaign, quality, simulation
from matinf.active.laboratory import study as lab
from matinf.active.laboratory.knowledge import knowledge
from matinf.active.laboratory.opening import opened
from matinf.active.laboratory.state import load
from matinf.active.random_search import random_expected_recall
from matinf.active.strategies import RandomSearch
from matinf.features import parse_formula
from matinf.intervals import mean_interval
from matinf.studies import load_study


@pytest.fixture(scope="module")
def gaps() -> simulation.GapPool:
    return simulation.gap_pool()


@pytest.fixture(scope="module")
def study() -> pd.DataFrame:
    return load_study("laboratory")


def end(study: pd.DataFrame, variant: str, column: str = "hits") -> np.ndarray:
    return lab.at_the_end(study, variant, column)


def better(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the first is larger on the same seeds, by more than chance."""
    return mean_interval(a - b).low > 0


def test_the_study_is_what_the_captions_say(study: pd.DataFrame) -> None:
    measured, hits = lab.hits_by_batch(study, lab.CHANCE)
    assert hits.shape == (20, 21)
    assert (measured[0], measured[1], measured[-1]) == (10, 15, 110)


def test_best_chance_beats_closest_prediction_and_both_beat_random(
    study: pd.DataFrame, gaps: simulation.GapPool
) -> None:
    random = 110 * gaps.hit.mean()
    chance, closest = end(study, lab.CHANCE), end(study, lab.CLOSEST)
    assert better(chance, closest)
    assert mean_interval(closest).low > random
    assert 2 < chance.mean() / random < 3, "twice as many, and far from all"
    assert mean_interval(chance).high < 30


def test_promises_are_kept(study: pd.DataFrame) -> None:
    """The first batch is drawn at random and promises nothing: its hits do not count here."""
    first = {name: lab.hits_by_batch(study, name)[1][:, 0] for name in (lab.CHANCE, lab.PER_COST)}
    error = {
        name: mean_interval(end(study, name, "promised") - (end(study, name) - hits))
        for name, hits in first.items()
    }
    assert not error[lab.CHANCE].excludes(0)
    assert error[lab.CHANCE].width < 4, "or it would be easy"
    assert error[lab.PER_COST].high < 0, "too modest, where prices choose"


def test_prices_alone_beat_the_model_alone_and_both_beat_either(
    study: pd.DataFrame, gaps: simulation.GapPool
) -> None:
    budgets = np.arange(10, 201, 5)
    ignored, per_cost = (
        lab.hits_by_cost(study, variant, budgets) for variant in (lab.CHANCE, lab.PER_COST)
    )
    cheap = gaps.cost == simulation.SHELF
    shelf = 200 * gaps.hit[cheap].mean()
    assert better(per_cost[:, -1], ignored[:, -1])
    assert mean_interval(ignored[:, -1]).high < shelf, "random from the shelf beats it"
    assert mean_interval(per_cost[:, -1]).low > shelf
    spent = study[study["variant"].isin([lab.CHANCE, lab.PER_COST])].groupby(["variant", "part"])
    assert (spent["spent"].max() >= 200).all(), "all campaigns reach the right edge"


def test_drift_costs_hits_and_a_control_brings_them_back(study: pd.DataFrame) -> None:
    quiet, drifting, controlled = (
        end(study, name) for name in (lab.NOISY, lab.DRIFTING, lab.CONTROLLED)
    )
    assert better(quiet, drifting)
    assert better(controlled, drifting)
    assert not mean_interval(controlled - quiet).excludes(0)
    assert lab.DRIFT < lab.NOISE_STD / 2


def test_failures_cost_hits_and_telling_brings_some_back(study: pd.DataFrame) -> None:
    assert better(end(study, lab.NOISY), end(study, lab.FAILING))
    assert better(end(study, lab.TOLD), end(study, lab.FAILING))
    assert better(end(study, lab.NOISY), end(study, lab.TOLD)), "some, not all"
    assert end(study, lab.FAILING, "failed").mean() > 4 * end(study, lab.TOLD, "failed").mean()


def test_random_search_is_its_closed_form(gaps: simulation.GapPool) -> None:
    n_seeds, hits = 60, []
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        bench = simulation.Bench(truth=gaps.gap, rng=rng)
        run = simulation.course(gaps, RandomSearch(), bench, n_batches=20, rng=rng)
        hits.append(run["hits"].iloc[-1])
    recall = random_expected_recall(110, n_pool=gaps.gap.size)
    assert not mean_interval(np.array(hits), level=0.999).excludes(recall * gaps.hit.sum())


def test_the_bench_does_what_is_said_of_it(gaps: simulation.GapPool) -> None:
    rows = np.arange(2000)
    quiet = simulation.Bench(truth=gaps.gap, rng=np.random.default_rng(1), drift=0.1)
    np.testing.assert_array_equal(quiet(rows), gaps.gap[rows])
    np.testing.assert_allclose(quiet(rows), gaps.gap[rows] + 0.1)
    assert quiet.controls == pytest.approx([0, 0.1])
    held = simulation.Bench(
        truth=gaps.gap, rng=np.random.default_rng(1), drift=0.1, controlled=True
    )
    np.testing.assert_allclose([held(rows)[5] for _ in range(4)], gaps.gap[5])
    noisy = simulation.Bench(truth=gaps.gap, rng=np.random.default_rng(1), noise_std=0.3)
    assert (noisy(rows) - gaps.gap[rows]).std() == pytest.approx(0.3, rel=0.1)
    failing = simulation.Bench(truth=gaps.gap, rng=np.random.default_rng(1), fails=gaps.volatile)
    np.testing.assert_array_equal(np.isnan(failing(rows)), gaps.volatile[rows])


def test_the_control_adds_an_error_that_a_batch_shares() -> None:
    """Of one control reading less the first one: the same for all of a batch, root two noises."""
    rows, shared = np.arange(2000), []
    for seed in range(300):
        bench = simulation.Bench(
            truth=np.zeros(2000),
            rng=np.random.default_rng(seed),
            noise_std=lab.NOISE_STD,
            controlled=True,
        )
        bench(rows)
        shared.append(bench(rows).mean())
    assert np.std(shared) == pytest.approx(np.sqrt(2) * lab.NOISE_STD, rel=0.12)


def test_what_is_excluded_is_not_asked_for(gaps: simulation.GapPool) -> None:
    rng = np.random.default_rng(2)
    told = simulation.Excluding(strategy=Acquire(by="exploit"), excluded=gaps.volatile, after=2)
    bench = simulation.Bench(truth=gaps.gap, rng=rng, fails=gaps.volatile)
    run = simulation.course(gaps, told, bench, n_batches=6, rng=rng)
    assert run["failed"].iloc[-1] == run["failed"].iloc[1]


def test_the_control_raises_the_alarm_within_weeks(gaps: simulation.GapPool) -> None:
    """For most seeds; the page shows one."""
    limit, first = 2 * np.sqrt(2) * lab.NOISE_STD, []
    for seed in range(200):
        bench = simulation.Bench(
            truth=gaps.gap,
            rng=np.random.default_rng(seed),
            noise_std=lab.NOISE_STD,
            drift=lab.DRIFT,
        )
        for _ in range(21):
            bench(np.array([0]))
        away = np.abs(np.array(bench.controls) - bench.controls[0]) > limit
        first.append(int(np.argmax(away)) + 1 if away.any() else 99)
    assert np.median(first) <= 10


def test_noise_alone_leaves_the_band_of_the_control_in_many_campaigns(
    gaps: simulation.GapPool,
) -> None:
    limit, alarms = 2 * np.sqrt(2) * lab.NOISE_STD, []
    for seed in range(400):
        bench = simulation.Bench(
            truth=gaps.gap, rng=np.random.default_rng(seed), noise_std=lab.NOISE_STD
        )
        for _ in range(21):
            bench(np.array([0]))
        alarms.append((np.abs(np.array(bench.controls) - bench.controls[0]) > limit).any())
    assert 0.3 < np.mean(alarms) < 0.5


def test_the_walk_goes_on_to_the_relatives_of_copper_indium_selenide(
    gaps: simulation.GapPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"formula": gaps.formulas}).to_csv("pool.csv", index=False)
    text = (Path(__file__).parents[2] / "book" / "active" / "laboratory.md").read_text()
    words = re.search(r'campaign\("""(start .*?)"""\)', text, re.S)
    assert words
    campaign(words[1])
    hidden = dict(zip(gaps.formulas, gaps.gap, strict=True))
    for _ in range(10):
        campaign("suggest gaps.json")
        waiting = [one.id for one in load("gaps.json").waiting]
        campaign("record gaps.json " + " ".join(f"{name}={hidden[name]}" for name in waiting))
    batches = [
        [set(parse_formula(one.id)) for one in batch.suggestions]
        for batch in load("gaps.json").batches
    ]
    assert batches[1] == [{"Cu", "In", "Se"}] * 5
    assert {"Cu", "In", "Ge", "Se"} in batches[2]
    state, candidates = opened(Path("gaps.json"))
    known = knowledge(state, candidates)
    inside = quality.cross_validated(known, state.settings)
    elsewhere = quality.errors_elsewhere(known, candidates, gaps.by_name)
    assert inside is not None
    assert elsewhere.size == len(gaps.formulas) - 55
    assert elsewhere.mean() > 1.5 * inside.error, "good where it has looked"
