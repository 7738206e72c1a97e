"""Figures of the page on an ordinary neural network, read by their traces."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.figures import check_traces
from matinf.figures import neural_network as figures
from matinf.figures.palette import COLOURS
from matinf.intervals import Interval
from matinf.physics.extrapolation import Belief
from matinf.physics.extrapolation_study import plain
from matinf.physics.learning_course import learning_course
from matinf.physics.scenario import BODY, early_readings

T = np.linspace(0, 600, 61)
TRUTH = BODY.temperature(T)
READINGS = early_readings(rng=np.random.default_rng(0))


def interval(value: float) -> Interval:
    return Interval(estimate=value, low=0.8 * value, high=1.3 * value)


def test_carried_on_shows_readings_network_and_truth_and_says_how_far_it_is_off() -> None:
    fig = check_traces(figures.carried_on(READINGS, T, truth=TRUTH, network=TRUTH + 5))
    assert [trace.name for trace in fig.data] == ["plain network", "truth", "readings"]
    assert fig.data[0].line.color == COLOURS["plain"]
    assert "off by 5.0 K" in fig.layout.meta["alt"]
    (shade,) = fig.layout.shapes
    assert (shade.x0, shade.x1) == (READINGS.t[-1], 600)
    with_law = figures.carried_on(READINGS, T, truth=TRUTH, network=TRUTH, law=TRUTH)
    assert "Newton's law, least squares" in [trace.name for trace in with_law.data]


def test_course_shows_three_errors_and_the_noise() -> None:
    seen = learning_course(
        READINGS, BODY, t_end=600.0, rng=np.random.default_rng(1), config=plain(4)
    )
    fig = check_traces(figures.course(seen, noise=0.3))
    ends = [trace.y[-1] for trace in fig.data]
    np.testing.assert_allclose(
        ends, [seen.beyond[-1], seen.among[-1], seen.at_readings[-1]], rtol=5e-3
    )
    assert [shape.y0 for shape in fig.layout.shapes] == [0.3]
    assert "the noise of a reading, 0.3 K" in fig.layout.meta["alt"]


def test_confident_draws_twice_the_spread_and_its_size() -> None:
    members = TRUTH + np.array([[-1.0], [1.0]])
    belief = Belief(t=T, mean=TRUTH + 3, std=np.full(T.size, 1.5), members=members)
    fig = check_traces(figures.confident(READINGS, belief, truth=TRUTH))
    band = fig.data[0]
    half = len(band.y) // 2
    np.testing.assert_allclose(band.y[:half] - band.y[half:][::-1], 6.0, atol=0.02)
    traces = {trace.name: trace for trace in fig.data}
    assert set(traces["error of the mean"].y) == {3.0}
    assert set(traces["spread"].y) == {1.5}
    assert fig.layout.yaxis2.type == "log"
    assert "spread is 1.5 K and the error of their mean 3.0 K" in fig.layout.meta["alt"]
    assert len(fig.layout.shapes) == 1


def test_believed_has_a_panel_for_each_model() -> None:
    found = [interval(value) for value in (1.0, 2.0)]
    beliefs = {"a": (found, found), "the law, fitted": (found, found)}
    fig = check_traces(figures.believed(np.array([1.0, 2.0]), beliefs, last_reading=1.5))
    assert [a.text for a in fig.layout.annotations] == ["<b>a</b>", "<b>the law,<br>fitted</b>"]
    assert {trace.xaxis for trace in fig.data} == {"x", "x2"}
    assert fig.layout.yaxis.title.text == "Kelvin"
    colours = [trace.line.color for trace in fig.data if trace.name == "error"]
    assert colours == [COLOURS["plain"], COLOURS["classical"]]


def test_what_helps_has_a_row_for_each_change_and_the_law_as_a_limit() -> None:
    rows = {"one": {"a": (interval(3.0), 1.0)}, "two": {"b": (interval(0.3), 0.2)}}
    fig = check_traces(figures.what_helps(rows, law=0.1, at=300.0))
    error, stated = fig.data
    assert list(error.x) == [3.0, 0.3]
    assert list(stated.x) == [1.0, 0.2]
    assert list(fig.layout.yaxis.ticktext) == ["a", "b"]
    limit = [shape for shape in fig.layout.shapes if shape.name == "law"]
    assert limit[0].x0 == pytest.approx(0.1)
    assert fig.layout.annotations[0].text == "the law, fitted: 0.1 K"
