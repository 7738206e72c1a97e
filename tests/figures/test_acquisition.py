"""What the figures of "Acquisition functions" say, read from their traces."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from scipy.integrate import trapezoid

from matinf.figures import acquisition as figures
from matinf.figures import acquisition_outcomes as outcomes
from matinf.figures.template import check_traces

X = np.linspace(0, 1, 11)
MEAN = np.sin(5 * X)
STD = 0.1 + X * (1 - X)
SEEN = np.array([2, 7])
TRUTH = MEAN + 0.05


def named(fig: go.Figure, name: str) -> list[go.Scatter]:
    found = [trace for trace in check_traces(fig).data if trace.name == name]
    assert found, f"no trace {name}"
    return found


def band(values: list[float]) -> np.ndarray:
    middle = np.array(values)
    return np.stack([middle, middle - 0.1, middle + 0.2])


def test_the_posterior_has_a_band_of_95_per_cent_and_its_measurements() -> None:
    fig = figures.posterior(X, MEAN, STD, measured=SEEN, truth=TRUTH)
    line = named(fig, "model")[0]
    np.testing.assert_allclose(line.y, MEAN, atol=0.006)
    np.testing.assert_allclose(line.customdata[:, 1], MEAN + 1.96 * STD, atol=0.006)
    np.testing.assert_allclose(named(fig, "measured")[0].x, X[SEEN])
    np.testing.assert_allclose(named(fig, "measured")[0].y, TRUTH[SEEN], atol=0.006)
    assert fig.layout.yaxis.title.text == "Property (prior standard deviations)"
    assert f"opens to {2 * 1.96 * STD.max():.1f}" in fig.layout.meta["alt"]


def test_the_profile_marks_what_each_function_would_measure() -> None:
    scores = {"exploit": MEAN, "explore": STD, "EI": np.where(np.arange(11) == 2, 9.0, STD)}
    fig = figures.profile(X, MEAN, STD, measured=SEEN, truth=TRUTH, best=-0.25, scores=scores)
    free = [j for j in range(11) if j not in SEEN]
    for name, values in scores.items():
        best = X[max(free, key=lambda j: values[j])]  # what was measured is not chosen
        assert named(fig, f"{name}, chosen")[0].x[0] == pytest.approx(best, abs=1e-3)
        assert named(fig, f"{name}, choice")[0].x[0] == pytest.approx(best, abs=1e-3)
        strip = named(fig, name)[0]
        assert (min(strip.y), max(strip.y)) == (0, 1)
        assert (strip.x0, strip.dx) == (0, pytest.approx(0.1))
    line = named(fig, "best so far")[0]
    assert (list(line.x), list(line.y)) == ([0, 1], [-0.25, -0.25])
    assert "best value so far is −0.25" in fig.layout.meta["alt"]
    assert "explore at 0.50" in fig.layout.meta["alt"]


def test_a_flat_score_is_drawn_without_a_division_by_zero() -> None:
    fig = figures.profile(
        X, MEAN, STD, measured=SEEN, truth=TRUTH, best=0.0, scores={"exploit": np.full(11, 2.0)}
    )
    assert set(named(fig, "exploit")[0].y) == {0}


def test_improvement_shades_what_is_better_and_says_both_numbers() -> None:
    fig = figures.improvement(mean=[0.15, -0.1], std=[0.2, 0.8], best=0.0)
    for name in ("the safe one, better", "the doubtful one, better"):
        assert min(named(fig, name)[0].x) == 0
    shown = " ".join(note.text for note in fig.layout.annotations)
    assert "PI 0.77, EI 0.18" in shown
    assert "PI 0.45, EI 0.27" in shown
    safe = named(fig, "the safe one, better")[0]
    assert trapezoid(safe.y, safe.x) == pytest.approx(0.77, abs=0.02)


def test_maps_put_marks_where_the_candidates_are() -> None:
    truth = np.arange(16.0).reshape(4, 4)
    fig = figures.maps(
        truth, {"exploit": [0, 5, 14], "explore": [0, 3, 12]}, n_initial=1,
        errors={"exploit": 2.0, "explore": 1.0},
    )  # fmt: skip
    chosen = named(fig, "exploit, chosen")[0]
    np.testing.assert_allclose(chosen.x, [1 / 3, 2 / 3], atol=1e-3)
    np.testing.assert_allclose(chosen.y, [1 / 3, 1], atol=1e-3)
    assert len(named(fig, "truth")) == 2
    assert "Exploit found 14.00; its model errs by 2.00." in fig.layout.meta["alt"]
    assert "Explore found 12.00" in fig.layout.meta["alt"]


def test_regret_stands_beside_random_search_at_equal_measurements() -> None:
    blind = np.linspace(2, 0.2, 10)
    bands = {"EI": band([1.8, 1.0, 0.2]), "random": band([1.8, 1.6, 1.4])}
    fig = outcomes.regret(bands, random=blind, n_initial=2)
    assert len(named(fig, "random search")) == 2
    np.testing.assert_allclose(named(fig, "random search")[0].y, blind[1:4], atol=1e-4)
    line = named(fig, "EI")[0]
    assert list(line.x) == [2, 3, 4]
    np.testing.assert_allclose(line.customdata[:, 1], [2.0, 1.2, 0.4])
    assert "After 4 measurements: EI 0.200" in fig.layout.meta["alt"]


def test_the_trade_off_has_bars_and_names_no_setting_over_another() -> None:
    curves = {
        "UCB": (["β = 0", "β = 2", "β = 20"], [0.7, 0.5, 0.3], band([0.4, 0.1, 0.3])),
        "EI": (["ξ = 0", "ξ = 1", "ξ = 3"], [0.5, 0.4, 0.3], band([0.1, 0.2, 0.3])),
    }
    fig = outcomes.trade_off(curves, step=5)
    line = named(fig, "UCB")[0]
    np.testing.assert_allclose(line.x, [0.7, 0.5, 0.3])
    np.testing.assert_allclose(line.error_y.array, 0.2)
    np.testing.assert_allclose(line.error_y.arrayminus, 0.1)
    assert [note.text for note in fig.layout.annotations] == ["β = 0", "β = 20", "β = 2"]
    assert fig.layout.yaxis.title.text == "Mean regret after 5 choices"
    assert "least regret 0.10 at β = 2" in fig.layout.meta["alt"]


def test_wrong_deviations_are_drawn_on_a_logarithmic_axis() -> None:
    fig = outcomes.wrong_std(
        [0.1, 1, 10], {"EI": band([0.4, 0.1, 0.3]), "UCB": band([0.5, 0.2, 0.6])}, step=5
    )
    assert fig.layout.xaxis.type == "log"
    assert named(fig, "EI")[0].line.dash == "dot"
    np.testing.assert_allclose(named(fig, "UCB")[0].y, [0.5, 0.2, 0.6])
    assert "UCB: 0.50 at 0.1, 0.20 where it is right, 0.60 at 10." in fig.layout.meta["alt"]


def test_vanishing_parts_zeros_from_numbers() -> None:
    log_ei = np.log(10) * np.array([-5.0, -400.0, -10.0])
    ei = np.array([1e-5, 0.0, 1e-10])
    fig = outcomes.vanishing([0, 0.5, 1], ei, log_ei, available=[True, True, True])
    np.testing.assert_allclose(named(fig, "EI is a number")[0].y, [-5, -10])
    np.testing.assert_allclose(named(fig, "EI is exactly 0")[0].y, [-400])
    fig = outcomes.vanishing([0, 0.5, 1], ei, log_ei, available=[True, False, True])
    assert "For 0 of them" in fig.layout.meta["alt"]
    check_traces(fig)


def test_dice_are_sorted_by_their_mean() -> None:
    repeats = np.array([[1.0, 0.8], [0.0, 0.2]])
    fig = outcomes.dice(repeats, [0.3, 0.1], step=5)
    assert list(named(fig, "Thompson, one repeat")[0].y) == [0.0, 0.2, 1.0, 0.8]
    assert list(named(fig, "EI")[0].y) == [0.1, 0.3]
    assert "between 0.80 and 1.00 on the worst" in fig.layout.meta["alt"]


def test_batches_number_their_choices() -> None:
    fig = figures.batch_choices(
        X, MEAN, STD, measured=SEEN, picks={"top k": [4, 5], "kriging believer": [4, 9]}
    )
    believer = named(fig, "kriging believer, chosen")[0]
    assert list(believer.text) == ["1", "2"]
    np.testing.assert_allclose(believer.x, [0.4, 0.9])
    assert "0.10 with top k, 0.50 with kriging believer" in fig.layout.meta["alt"]


def test_batches_count_measurements_not_steps() -> None:
    fig = outcomes.batch_regret(
        {"top k": band([1.0, 0.5]), "one at a time": band([1.0, 0.8, 0.6])}, n_initial=2, k=4
    )
    assert list(named(fig, "top k")[0].x) == [2, 6]
    assert list(named(fig, "one at a time")[0].x) == [2, 3, 4]
    assert fig.layout.xaxis.title.text == "Measurements"
    assert fig.layout.meta["alt"].startswith("Mean regret")
