"""The figures draw the beliefs that they are given, and say them in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from matinf.active.curves import Belief, Landscape
from matinf.calibration import CalibrationCurve
from matinf.figures import check_traces
from matinf.figures import gaussian_processes as figures


def drawn(fig: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in check_traces(fig).data}


@pytest.fixture
def belief() -> Belief:
    return Belief(
        x=np.array([0.0, 0.5, 1.0]),
        mean=np.array([1.0, 2.0, 2.5]),
        covariance=np.diag([0.01, 0.04, 0.25]),
    )


def test_a_belief_draws_mean_band_and_curves(belief: Belief) -> None:
    curves = np.array([[1.1, 1.9, 2.0], [0.9, 2.2, 3.0]])
    fig = figures.belief(belief, curves=curves, gaps=(0.0, 4.0))
    traces = drawn(fig)
    assert set(traces) == {"mean", "mean, interval", "drawn curve 1", "drawn curve 2"}
    np.testing.assert_allclose(traces["mean"].y, belief.mean)
    band = traces["mean, interval"].y
    np.testing.assert_allclose(band[:3], belief.mean - 1.96 * belief.std, atol=1e-3)
    np.testing.assert_allclose(traces["drawn curve 2"].y, curves[1])
    assert (traces["drawn curve 1"].x0, traces["drawn curve 1"].dx) == (0.0, 0.5)
    assert fig.layout.yaxis.title.text == "Band gap (eV)"
    assert "before any measurement" in fig.layout.meta["alt"]
    assert "0.39 eV wide where it is narrowest and 1.96 eV" in fig.layout.meta["alt"]


def test_a_belief_marks_what_was_measured_and_what_was_withheld(belief: Belief) -> None:
    report = figures.Report(x=0.9, y=1.22, name="the table")
    fig = figures.belief(
        belief,
        curves=np.empty((0, 3)),
        measured=([0.0, 1.0], [1.0, 2.5]),
        withheld=report,
        gaps=(0.0, 4.0),
    )
    traces = drawn(fig)
    assert list(traces["measured"].y) == [1.0, 2.5]
    assert (traces["the table"].x[0], traces["the table"].y[0]) == (0.9, 1.22)
    assert "after 2 measurements" in fig.layout.meta["alt"]
    assert "1.22 eV at 0.9" in fig.layout.meta["alt"]


def test_kernels_have_a_panel_each_and_their_roughness_in_words() -> None:
    x = np.linspace(0, 1, 5)
    prior = Belief(x=x, mean=np.zeros(5), covariance=np.eye(5))
    straight, jagged = np.array([[0, 1, 2, 3, 4.0]]), np.array([[0, 1, 0, 1, 0.0]])
    fig = figures.kernels({"smooth": (prior, straight), "rough": (prior, jagged)})
    traces = drawn(fig)
    np.testing.assert_array_equal(traces["rough, curve 1"].y, jagged[0])
    assert traces["smooth, curve 1"].yaxis == "y"
    assert traces["rough, curve 1"].yaxis == "y2"
    assert "smooth 0%, rough 200%" in fig.layout.meta["alt"]


def test_fits_draw_the_same_measurements_in_every_panel(belief: Belief) -> None:
    fig = figures.fits({"A": belief, "B": belief}, measured=([0.5], [2.0]), gaps=(0, 4))
    measured = [trace for trace in check_traces(fig).data if trace.name == "measured"]
    assert [trace.yaxis for trace in measured] == ["y", "y2"]
    assert [annotation.text for annotation in fig.layout.annotations] == ["<b>A</b>", "<b>B</b>"]
    assert list(fig.layout.yaxis2.range) == [0, 4]
    assert "A 1.96 eV" in fig.layout.meta["alt"]


def test_evidence_is_drawn_in_the_unit_of_the_gap_and_cut_below() -> None:
    values = np.array([[-100.0, 0.0, 1.0], [-5.0, 0.5, 3.0]])
    found = Landscape(
        lengthscales=np.array([0.1, 1, 10]), noise_stds=np.array([0.01, 0.1]), values=values
    )
    fig = figures.evidence(found, unit=0.3, marked={"B": (10.0, 0.1)}, lowest=-20.0)
    traces = drawn(fig)
    contour = traces["log marginal likelihood"]
    np.testing.assert_allclose(contour.y, [0.003, 0.03])
    np.testing.assert_allclose(contour.z, np.maximum(values, -20))
    assert (traces["model B"].x[0], traces["model B"].y[0]) == (10.0, pytest.approx(0.03))
    assert (fig.layout.xaxis.type, fig.layout.yaxis.type) == ("log", "log")
    alt = fig.layout.meta["alt"]
    assert "value of 3.0 is at a lengthscale of 10 and a noise of 0.03 eV" in alt
    assert "within 1 of it lie 17% of the map" in alt


@pytest.fixture
def study() -> pd.DataFrame:
    rows = [
        {"part": part, "kernel": kernel, "n_train": n, "mae": mae + 0.01 * part}
        for n, level in ((50, 0.8), (300, 0.5), (1000, 0.4))
        for part in range(4)
        for kernel, mae in (("matern12", level), ("tanimoto", level - 0.02 - 0.001 * part))
    ]
    return pd.DataFrame(rows).assign(mae_of_median=1.1)


def test_a_learning_curve_draws_both_kernels_the_lead_and_the_limits(study: pd.DataFrame) -> None:
    fig = figures.learning_curve(study, floor=0.16)
    traces = drawn(fig)
    assert list(traces["Matérn-1/2"].x) == [50, 300, 1000]
    np.testing.assert_allclose(traces["Matérn-1/2"].y, [0.815, 0.515, 0.415])
    lead = traces["lead of Tanimoto"]
    np.testing.assert_allclose(lead.y, 0.0215, atol=1e-9)
    assert lead.yaxis == "y2"
    # Student's interval of four repeats, by hand: 3.182 s / 2.
    half = 3.182446 * np.std([0.020, 0.021, 0.022, 0.023], ddof=1) / 2
    np.testing.assert_allclose(lead.error_y.array, half, atol=5e-5)
    assert [shape.y0 for shape in fig.layout.shapes] == [0.16, pytest.approx(1.1)]
    assert fig.layout.yaxis.title.text == "Mean absolute error (eV)"
    assert "Always the median: 1.10 eV. Twins: 0.16 eV." in fig.layout.meta["alt"]


def test_reliability_draws_the_distance_from_honest() -> None:
    levels = np.array([0.0, 0.5, 1.0])
    curve = CalibrationCurve(
        levels=levels,
        coverage=np.array([0.0, 0.6, 1.0]),
        low=np.array([0.0, 0.45, 1.0]),
        high=np.array([0.0, 0.55, 1.0]),
        miscalibration_area=0.05,
    )
    fig = figures.reliability({"as stated": curve})
    traces = drawn(fig)
    np.testing.assert_allclose(traces["as stated"].y, [0, 10, 0])
    np.testing.assert_allclose(traces["chance"].y, [0, -5, 0, 0, 5, 0])
    assert fig.layout.shapes[0].y0 == 0
    assert "as stated 10%" in fig.layout.meta["alt"]


def test_a_fit_says_its_evidence_and_its_largest_miss(belief: Belief) -> None:
    measured = ([0.0, 0.5, 1.0], [1.0, 2.25, 2.5])
    fig = figures.fit(belief, noise=0.05, evidence=-7.62, measured=measured, gaps=(0.0, 4.0))
    assert {"mean", "mean, interval", "measured"} <= set(drawn(fig))
    assert fig.layout.meta["said"] == (
        "Log evidence −7.6. The mean misses the measured gaps by up to 0.25 eV."
    )
    assert "the noise is 0.05 eV" in fig.layout.meta["alt"]
    assert fig.layout.yaxis.range == (0.0, 4.0)
