"""The figures draw the arrays that they are given, and say them in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from matinf.figures import check_traces
from matinf.figures import pinn as figures
from matinf.figures.palette import COLOURS
from matinf.intervals import Interval
from matinf.physics.cooling import Readings, newton_cooling

T = np.linspace(0, 600, 31)
TRUTH = newton_cooling(T, r=0.005, T0=90, T_env=20)


def traces(fig: go.Figure, name: str) -> list[go.Scatter]:
    return [trace for trace in check_traces(fig).data if trace.name == name]


def alt(fig: go.Figure) -> str:
    return str(fig.layout.meta["alt"])


def test_beyond_draws_curves_above_and_errors_below() -> None:
    readings = Readings(t=np.array([0.0, 150.0]), T=np.array([90.0, 53.0]), noise=0.3)
    curves = {"plain": TRUTH + 20, "physics": TRUTH + 0.2, "fit": TRUTH + 0.1}
    fig = figures.beyond(readings, T, truth=TRUTH, **curves)
    (plain,) = traces(fig, "plain network")
    assert plain.line.color == COLOURS["plain"]
    np.testing.assert_allclose(plain.y, TRUTH + 20, atol=1e-3)
    above, below = traces(fig, "physics-informed")
    assert (above.yaxis, below.yaxis) == ("y", "y2")
    np.testing.assert_allclose(below.y, 0.2)
    assert traces(fig, "readings")[0].x.tolist() == [0, 150]
    np.testing.assert_allclose(traces(fig, "least squares")[0].y, 0.1)
    assert "leaves the true curve by 20 K" in alt(fig)
    assert "0.20 K of the physics-informed network, 0.10 K" in alt(fig)
    names = [trace.name for trace in fig.data if trace.showlegend is not False]
    assert len(names) == len(set(names)) == 5


def test_emergence_has_a_column_for_each_optimiser() -> None:
    flat, none = np.full(T.size, 90.0), np.zeros(T.size)
    walks = {
        "Adam": {0: (flat, flat / 1000), 10: (TRUTH + 5, -flat / 1e4)},
        "Damped": {0: (flat, flat / 1000), 1: (TRUTH, none), 9: (TRUTH, none)},
    }
    fig = figures.emergence(T, walks, truth=TRUTH)
    assert [len(traces(fig, f"step {step}")) for step in (0, 10, 1, 9)] == [4, 2, 2, 2]
    residual = traces(fig, "step 10")[1]
    np.testing.assert_allclose(residual.y, 0.009)
    assert min(traces(fig, "step 9")[1].y) > 0, "a logarithm has no place for zero"
    assert fig.layout.yaxis3.type == fig.layout.yaxis4.type == "log"
    assert "Adam: off by 5.0e+00 K at most after 10 steps." in alt(fig)
    notes = " ".join(note.text for note in fig.layout.annotations)
    assert all(f"step {step}" in notes for step in (0, 1, 9, 10))


def test_the_answer_stands_out_among_the_others() -> None:
    rooms = {value: newton_cooling(T, r=0.005, T0=90, T_env=value) for value in (-20.0, 60.0)}
    asked = newton_cooling(T, r=0.005, T0=90, T_env=-5)
    fig = figures.answered(T, rooms, asked=(-5.0, asked + 0.01), exact=asked)
    (thick,) = traces(fig, "T<sub>env</sub> = −5 °C, network")
    assert thick.line.width > traces(fig, "−20 °C")[0].line.width
    assert [note.text for note in fig.layout.annotations] == ["−20 °C", "60 °C"]
    assert "within 0.01 K" in alt(fig)
    assert fig.layout.meta["said"].startswith("In an environment of −5 °C")
    other = figures.answered(T, rooms, asked=(60.0, rooms[60.0]), exact=rooms[60.0])
    assert other.layout.yaxis.range == fig.layout.yaxis.range, "states must stay comparable"


def test_few_points_marks_where_the_law_was_asked_for() -> None:
    bent = TRUTH + 4 * np.sin(T / 50)
    fig = figures.few_points(
        T, points=np.array([0.0, 300, 600]), found=bent, truth=TRUTH, residual=np.sin(T / 30) / 10
    )
    (points,) = traces(fig, "asked for the law")
    assert points.x.tolist() == [0, 300, 600]
    assert set(points.y) == {0}
    assert "at 3 times is up to 4 K off" in alt(fig)


def test_landscape_shows_the_plane_and_all_directions() -> None:
    steps = np.linspace(-1, 1, 5)
    losses = steps[:, None] ** 2 + steps[None, :] ** 2
    fig = figures.landscape(steps, losses, singular=[10.0, 0.1, 1e-7])
    heat = fig.data[0]
    assert heat.type == "heatmap"
    nearest = np.log10(0.25)
    assert heat.z[2][2] == heat.z.min() == pytest.approx(nearest, abs=0.01), "the pit is cut off"
    assert heat.z[0][0] == pytest.approx(0.3, abs=0.01)
    assert list(traces(fig, "singular value")[0].y) == [10.0, 0.1, 1e-7]
    assert "3 singular values of the Jacobian that stand above rounding fall over 8 decades" in alt(
        fig
    )


def test_weights_have_bands_and_two_rivals() -> None:
    errors = [Interval(estimate=e, low=e / 2, high=2 * e) for e in (0.1, 3.0)]
    rivals = {
        "least squares": Interval(estimate=0.12, low=0.1, high=0.2),
        "plain": Interval(estimate=12.0, low=9, high=15),
    }
    fig = figures.weights([1e-2, 1e3], errors, rivals=rivals)
    (line,) = traces(fig, "physics-informed")
    assert line.y.tolist() == [0.1, 3.0]
    assert [shape.y0 for shape in fig.layout.shapes] == [0.12, 12.0]
    assert [s.line.color for s in fig.layout.shapes] == [COLOURS["classical"], COLOURS["plain"]]
    assert fig.layout.xaxis.type == fig.layout.yaxis.type == "log"
    assert "0.1 K at 0.01, 3 K at 1000" in alt(fig)


def test_costs_join_each_way_from_fast_to_slow() -> None:
    rows = [
        ("damped", 0.1, 1e-11),
        ("damped", 0.05, 1e-5),
        ("textbook", 8.0, 2e-5),
        ("runge-kutta", 0.002, 7e-11),
        ("runge-kutta", 0.001, 1e-3),
        ("closed form", 5e-6, 0.0),
    ]
    fig = figures.costs(pd.DataFrame(rows, columns=["way", "seconds", "error"]))
    (line,) = traces(fig, "network, damped steps")
    assert list(line.x) == [1e-5, 1e-11]
    assert list(line.y) == [0.05, 0.1]
    assert [shape.y0 for shape in fig.layout.shapes] == [5e-6]
    assert fig.layout.xaxis.autorange == "reversed"
    assert "0.1 s for an error of 1e-11" in alt(fig)
