"""The figures of the page on the laboratory, read by their traces."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.figures import laboratory as figures
from matinf.figures.template import check_traces
from matinf.intervals import mean_interval

RNG = np.random.default_rng(4)
X = np.array([10.0, 15.0, 20.0])
HITS = RNG.poisson([1.0, 4.0, 9.0], size=(12, 3))
CURVES = [
    figures.Curve(name="a", colour=figures.CHANCE, hits=HITS),
    figures.Curve(name="b", colour=figures.CLOSEST, hits=HITS + 1),
]


def named(fig: object, name: str) -> object:
    return next(trace for trace in fig.data if trace.name == name)  # type: ignore[attr-defined]


def test_a_curve_is_the_mean_of_its_campaigns_with_its_interval() -> None:
    fig = check_traces(figures.course(X, CURVES, random_share=0.05, n_initial=10))
    mean = mean_interval(HITS[:, -1])
    line = named(fig, "a")
    assert line.y[-1] == pytest.approx(mean.estimate, abs=0.01)
    np.testing.assert_allclose(line.customdata[-1], [mean.low, mean.high], atol=0.01)
    assert fig.layout.xaxis.title.text == "Experiments"
    assert fig.layout.yaxis.title.text == "Hits found"
    assert f"a has found {mean.estimate:.1f}" in fig.layout.meta["alt"]


def test_random_search_and_the_limit_are_where_they_belong() -> None:
    fig = figures.course(X, CURVES, random_share=0.05, n_initial=10)
    assert list(named(fig, "random search").y) == [0, 1]
    limit = named(fig, "limit")
    slope = (limit.y[1] - limit.y[0]) / (limit.x[1] - limit.x[0])
    assert slope == pytest.approx(1, rel=1e-3), "every choice a hit"
    assert (limit.x[0], limit.y[0]) == (10, 0.5)


def test_costs_draw_each_random_search_by_its_rate() -> None:
    fig = check_traces(figures.costs(X, CURVES, random_rates={"cheap": 0.1, "all": 0.01}))
    assert list(named(fig, "cheap").y) == [0, 2]
    assert list(named(fig, "all").y) == [0, 0.2]
    assert "cheap 2.0" in fig.layout.meta["alt"]
    assert "Spent" in fig.layout.xaxis.title.text


def test_troubles_stand_in_their_order() -> None:
    outcomes = {"quiet": HITS[:, 2], "loud<br>bench": HITS[:, 1]}
    fig = check_traces(figures.troubles(outcomes, random_hits=2.0))
    assert list(fig.layout.yaxis.ticktext) == list(outcomes)
    assert named(fig, "loud bench").x[0] == pytest.approx(HITS[:, 1].mean(), abs=1e-3)
    assert sorted(named(fig, "quiet, campaigns").x) == sorted(HITS[:, 2])
    assert fig.layout.shapes[0].x0 == 2.0


def test_a_control_that_moves_is_marked() -> None:
    readings = np.array([0.0, 0.01, -0.02, 0.2, 0.5])
    fig = check_traces(figures.control_chart(readings, noise_std=0.05))
    symbols = list(named(fig, "control").marker.symbol)
    assert symbols == ["circle"] * 3 + ["diamond"] * 2
    assert "first in batch 4" in fig.layout.meta["alt"]
    assert fig.layout.shapes[0].y1 == pytest.approx(2 * np.sqrt(2) * 0.05)
    assert "eV" in fig.layout.yaxis.title.text
    quiet = figures.control_chart(readings[:3], noise_std=0.05)
    assert "never" in quiet.layout.meta["alt"]
