"""What the page "What materials informatics is" claims."""

import re
from pathlib import Path

import numpy as np
import pytest

from matinf.background.one_turn import TurnResult, Window, one_turn, suggest
from matinf.datasets import load_gap_task
from matinf.features import element_fractions, magpie_features

PAGE = Path(__file__).parents[2] / "book" / "background" / "what-it-is.md"


@pytest.fixture(scope="module")
def table() -> tuple[np.ndarray, np.ndarray]:
    task = load_gap_task()
    return magpie_features(task.formula).to_numpy(), task.gap.to_numpy()


@pytest.fixture(scope="module")
def result(table: tuple[np.ndarray, np.ndarray]) -> TurnResult:
    """The page's own turn, from another seed."""
    rng = np.random.default_rng(1)
    return one_turn(*table, window=Window(low=2, high=3), sizes=(25, 100), n_repeats=12, rng=rng)


def test_a_hundred_measurements_choose_several_times_better_than_blindly(
    result: TurnResult,
) -> None:
    assert result.intervals()[1].low > 3 * result.expected_blind


def test_a_rule_without_a_model_does_as_well(result: TurnResult) -> None:
    leads = result.lead_of_nearest()
    assert all(lead.high > -0.5 for lead in leads), "the forest does not win by what shows"
    assert np.mean([lead.estimate for lead in leads]) > -0.75
    assert result.nearest_intervals()[1].low > 3 * result.expected_blind
    assert result.intervals()[0].low > 2 * result.expected_blind, "25 are enough"


def test_the_gain_is_not_only_that_metals_are_left_alone(
    table: tuple[np.ndarray, np.ndarray], result: TurnResult
) -> None:
    gaps = table[1]
    among_gaps = 10 * Window(low=2, high=3).holds(gaps[gaps > 0]).mean()
    assert 1.8 < among_gaps / result.expected_blind < 2.5  # "half of that gain"
    assert result.intervals()[1].low > 1.5 * among_gaps


def test_the_ten_are_kin(table: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = table
    holds = element_fractions(load_gap_task().formula).to_numpy() > 0
    window, most = Window(low=2, high=3), []
    for rng in np.random.default_rng(3).spawn(8):
        measured, hidden = np.split(rng.permutation(len(y)), [100])
        ten = suggest(X[measured], y[measured], X[hidden], window=window, n_suggested=10, rng=rng)
        most.append(holds[hidden[ten]].sum(axis=0).max())
    blindly = [holds[rng.choice(len(y), 10)].sum(axis=0).max() for _ in range(200)]
    assert np.mean(most) > 1.5 * np.mean(blindly)


def test_a_single_turn_scatters_more_than_the_interval_of_the_mean(result: TurnResult) -> None:
    spread = np.ptp(result.hits, axis=1)
    assert all(spread > [interval.width for interval in result.intervals()])


def test_a_wider_window_lowers_the_ceiling_and_the_factor(
    table: tuple[np.ndarray, np.ndarray], result: TurnResult
) -> None:
    rng = np.random.default_rng(2)
    wide = one_turn(*table, window=Window(low=1, high=np.inf), sizes=(100,), n_repeats=6, rng=rng)
    assert 1 / wide.base_rate < 1 / result.base_rate
    assert wide.enhancement()[0] < result.enhancement()[1]


def test_the_page_plays_the_turn_that_is_tested_here() -> None:
    page = PAGE.read_text()
    assert re.search(r"Window\(low=2\.0, high=3\.0\)", page)
    assert "sizes = (25, 100, 200" in page or "sizes = (25, 50, 100" in page
