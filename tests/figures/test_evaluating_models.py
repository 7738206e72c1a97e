"""The figures draw the results that they are given, and say them in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from matinf.background.evaluating_models import SplitErrors
from matinf.background.forest_spread import ShiftedCoverage
from matinf.background.leakage import Leak
from matinf.calibration import calibration_curve
from matinf.figures import check_traces
from matinf.figures import evaluating_models as figures
from matinf.intervals import Interval


def drawn(fig: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in check_traces(fig).data}


@pytest.fixture
def splits() -> SplitErrors:
    errors = pd.DataFrame({"rows": [0.28, 0.3, 0.32], "compositions": [0.4, 0.45, 0.5]})
    return SplitErrors(
        errors=errors,
        replicated=errors / 2,
        r2=1 - errors,
        test_share=pd.Series({"rows": 0.2, "compositions": 0.2}),
    )


def test_split_errors_draw_repeats_means_and_limits(splits: SplitErrors) -> None:
    fig = figures.split_errors(splits, floor=0.12, median=1.08)
    traces = drawn(fig)
    assert list(traces["rows, one repeat"].x) == [0.28, 0.3, 0.32]
    assert traces["compositions"].x[0] == pytest.approx(0.45)
    interval = splits.interval("compositions")
    assert traces["compositions"].error_x.array[0] == pytest.approx(interval.width / 2, abs=1e-4)
    assert {shape.x0 for shape in fig.layout.shapes} == {0.12, 1.08}
    assert fig.layout.xaxis.title.text == "Mean absolute error (eV)"
    assert list(fig.layout.yaxis.ticktext) == ["rows", "compositions"]
    assert "compositions 0.45 eV" in fig.layout.meta["alt"]
    assert "0.12 eV" in fig.layout.meta["alt"]


def test_leaks_stand_beside_their_twins_inside_the_axis() -> None:
    leak = Leak(name="peeking", leaked=np.array([0.5, 0.7]), honest=np.array([-1.4, -0.2]))
    fig = figures.leaks([leak])
    traces = drawn(fig)
    assert traces["peeking<br>with the leak"].x[0] == 0.6
    assert traces["peeking<br>without"].x[0] == -0.8
    assert traces["peeking<br>without"].y[0] > traces["peeking<br>with the leak"].y[0]
    assert fig.layout.xaxis.range[0] < -1.4
    assert "Peeking: 0.60 with the leak, -0.80 without." in fig.layout.meta["alt"]


def test_parity_says_what_is_at_zero_and_what_is_wide() -> None:
    measured = np.array([0.0, 0.0, 2.0, 6.0])
    fig = check_traces(figures.parity(measured, np.array([0.1, 1.5, 2.0, 4.0])))
    assert "column of 2 compositions at zero is predicted up to 1.5 eV" in fig.layout.meta["alt"]
    assert "2.0 eV too small" in fig.layout.meta["alt"]
    assert fig.layout.yaxis.scaleanchor == "x"


def test_metrics_draw_both_with_their_floors() -> None:
    def interval(value: float) -> Interval:
        return Interval(estimate=value, low=value - 0.1, high=value + 0.2)

    scores = {
        "mean": {"MAE": interval(1.1), "RMSE": interval(1.4), "R²": interval(0.0)},
        "median": {"MAE": interval(0.9), "RMSE": interval(1.8), "R²": interval(-0.4)},
    }
    fig = figures.metrics(scores, floors={"MAE": 0.06, "RMSE": 0.12})
    traces = drawn(fig)
    assert traces["median, RMSE"].x[0] == 1.8
    assert traces["median, RMSE"].error_x.arrayminus[0] == pytest.approx(0.1)
    assert traces["median, RMSE"].error_x.array[0] == pytest.approx(0.2)
    assert [shape.x0 for shape in fig.layout.shapes] == [0.06, 0.12]
    assert list(fig.layout.yaxis.ticktext) == ["mean<br>R² 0.00", "median<br>R² −0.40"]
    assert "median 0.90 and 1.80 eV, R squared −0.40" in fig.layout.meta["alt"]


def test_reliability_draws_each_curve_and_the_diagonal() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=200)
    curves = {
        name: calibration_curve(y, np.zeros(200), np.full(200, std))
        for name, std in (("honest", 1.0), ("narrow", 0.3))
    }
    fig = figures.reliability(curves)
    traces = drawn(fig)
    np.testing.assert_allclose(traces["narrow"].y, curves["narrow"].coverage)
    assert [shape.name for shape in fig.layout.shapes] == ["honest"]
    assert fig.layout.yaxis.title.text == "Coverage"
    said = np.interp(0.9, curves["narrow"].levels, curves["narrow"].coverage)
    assert f"narrow covers {said:.0%}" in fig.layout.meta["alt"]


def test_shifted_coverage_orders_by_size_and_draws_chance() -> None:
    result = ShiftedCoverage(
        level=0.9,
        names=["few", "many"],
        n_samples=np.array([20, 400]),
        known=np.array([0.95, 0.91]),
        new=np.array([0.6, 0.9]),
    )
    fig = figures.shifted_coverage(result)
    assert list(drawn(fig)["few"].x) == [0.95, 0.6]
    assert list(fig.layout.yaxis.ticktext) == ["many (400)", "few (20)"]
    bars = [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert bars[0].x1 - bars[0].x0 < bars[1].x1 - bars[1].x0
    assert "few 95% and 60%" in fig.layout.meta["alt"]
