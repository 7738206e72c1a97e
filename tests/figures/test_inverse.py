"""The figures of the inverse problem draw what they are given, and say it in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from matinf.figures import check_traces
from matinf.figures import inverse as figures
from matinf.figures.palette import COLOURS
from matinf.intervals import Interval
from matinf.physics.cooling import Readings
from matinf.physics.inverse_study import RateStudy
from matinf.physics.wrong_law import WrongLaw

T_AXIS = np.linspace(0, 100, 6)
READINGS = Readings(t=np.array([0.0, 20.0, 40.0]), T=np.array([90.0, 80.0, 71.0]), noise=0.5)


def drawn(fig: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in check_traces(fig).data}


def alt(fig: go.Figure) -> str:
    return str(fig.layout.meta["alt"])


@pytest.fixture
def study() -> RateStudy:
    """Four draws; the ensemble of first weights never holds the truth, the rest always do."""
    rows = []
    for draw, error in enumerate((-2e-5, 1e-5, 3e-5, -1e-5)):
        for method in figures.NAMES:
            half = 1e-9 if method == "weights" else 1e-4
            r = 5e-3 + error
            row = {"draw": draw, "method": method, "slack": np.nan, "r": r, "std": half / 2}
            for level in ("0.8", "0.95"):
                row |= {f"low_{level}": r - half, f"high_{level}": r + half}
            rows.append(row)
    return RateStudy(table=pd.DataFrame(rows), truth=5e-3)


def test_curves_of_all_steps_lead_to_the_last() -> None:
    curves = [np.full(6, 90.0), np.full(6, 70.0), np.linspace(90, 30, 6)]
    fig = figures.found_together(
        T_AXIS, curves, [0.012, 0.006, 0.005], readings=READINGS, truth=curves[-1], rival=0.0049
    )
    traces = drawn(fig)
    assert list(traces["network"].y) == pytest.approx(curves[-1])
    assert list(traces["step 0"].y) == [90] * 6
    assert list(traces["rate"].y) == [12, 6, 5]
    assert traces["rate"].yaxis == "y2"
    assert traces["truth"].line.dash == "dash"
    assert [shape.y0 for shape in fig.layout.shapes] == [pytest.approx(4.9)]
    assert "curve after each step" in alt(fig)
    assert "from 12.0 to 5.00 per 1000 s" in alt(fig)


def test_errors_are_drawn_in_per_cent_with_the_bound_on_both_sides(study: RateStudy) -> None:
    fig = figures.same_errors(study, bound=2.5e-5)
    points = drawn(fig)["draws"]
    assert list(points.x) == list(points.y) == pytest.approx([-0.4, 0.2, 0.6, -0.2])
    limits = sorted(shape.y0 for shape in fig.layout.shapes if shape.name != "equal")
    assert limits == pytest.approx([-0.5, 0.5])
    assert "0.50 %" in alt(fig)
    assert "4 draws" in alt(fig)


def test_intervals_that_miss_stand_out(study: RateStudy) -> None:
    fig = figures.every_interval(study, n_draws=3)
    missed, held = check_traces(fig).data
    assert (missed.name, held.name) == ("misses it", "holds the truth")
    assert missed.marker.color == COLOURS["exploit"] != held.marker.color
    assert (missed.yaxis, held.yaxis) == ("y", "y2")
    assert list(held.x) == [1, 2, 3]
    assert list(held.y) == pytest.approx([4.98, 5.01, 5.03])
    assert list(held.error_y.array) == pytest.approx([0.1] * 3)
    assert "0 hold the truth" in alt(fig)
    assert "3 hold it" in alt(fig)


def test_coverage_is_a_row_for_each_method(study: RateStudy) -> None:
    fig = figures.coverages(study)
    for level in (80, 95):
        dots = drawn(fig)[f"intervals of {level}%"]
        assert list(dots.x) == [100, 100, 100, 0, 100]
        assert min(dots.error_x.arrayminus) >= 0
        assert dots.error_x.array[3] > 20, "of four draws little is known"
    assert [shape.x0 for shape in fig.layout.shapes] == [80, 95]
    assert "ensemble of first weights: 0% of those of 80%, 0% of those of 95%." in alt(fig)
    assert fig.layout.meta["wide"]


def test_slack_is_drawn_as_theory_and_as_measured() -> None:
    fig = figures.slack_cost(
        np.array([0.01, 1.0, 10.0]),
        errs=np.array([0.007, 0.0072, 0.011]),
        stated=np.array([0.007, 0.012, 0.1]),
        measured={1.0: Interval(estimate=0.0071, low=0.006, high=0.008)},
        said={1.0: 0.0125},
        bound=0.007,
    )
    traces = drawn(fig)
    assert list(traces["true, theory"].y) == pytest.approx([0.7, 0.72, 1.1])
    assert list(traces["stated, theory"].y) == pytest.approx([0.7, 1.2, 10])
    assert traces["true, networks"].y == (0.71,)
    assert traces["true, networks"].error_y.array == pytest.approx((0.09,))
    assert traces["stated, networks"].y == (1.25,)
    assert list(traces["Cramér–Rao bound"].y) == pytest.approx([0.7, 0.7])
    assert {fig.layout.xaxis.type, fig.layout.yaxis.type} == {"log"}
    assert "0.7% at 1" in alt(fig)


def test_a_missing_term_shows_in_three_panels() -> None:
    fig = figures.betrayed(
        READINGS,
        T_AXIS,
        curves={"held": np.full(6, 80.0), "loosened": np.linspace(90, 60, 6)},
        errors=np.array([20.0, 0.0, -18.0]),
        residual=np.linspace(-1, 0.2, 6),
        missing=np.linspace(-1.5, 0.2, 6),
    )
    traces = drawn(fig)
    assert traces["loosened"].yaxis == "y"
    assert list(traces["errors"].y) == [20, 0, -18]
    assert traces["errors"].yaxis == "y2"
    assert traces["what is missing"].yaxis == "y3"
    assert [(s.y0, s.y1) for s in fig.layout.shapes] == [(-2, 2)]
    assert "the one held misses by up to 20 times the noise" in alt(fig)
    assert "from -1.0 K/s" in alt(fig)


def test_what_is_not_noticed_is_drawn_above_its_chance() -> None:
    fits = [
        WrongLaw(r=r, std=1e-4, misfit=1.0, chance=chance, false_alarm=0.01)
        for r, chance in ((4e-3, 0.9), (5e-3, 0.01), (7e-3, 1.0))
    ]
    fig = figures.unnoticed(
        [-5, 0, 5], {"early": fits, "late": fits}, truth=5e-3, x_title="Off (K)"
    )
    early = [trace for trace in check_traces(fig).data if trace.name == "early"]
    above, below = early
    assert list(above.y) == pytest.approx([-20, 0, 40])
    assert above.customdata[0].tolist() == pytest.approx([-23.92, -16.08])
    assert list(below.y) == [90, 1, 100]
    assert (above.yaxis, below.yaxis) == ("y", "y2")
    assert sum(bool(trace.showlegend) for trace in fig.data) == 2
    assert fig.layout.xaxis2.title.text == "Off (K)"
    assert "early: the rate is off by -20 % at -5 and 40 % at 5" in alt(fig)
    alone = figures.unnoticed([-5, 0, 5], {"early": fits}, truth=5e-3, x_title="Off (K)")
    assert not any(trace.showlegend for trace in alone.data)
