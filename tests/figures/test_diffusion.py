"""The figures of diffusion draw the results that they are given, and say them in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from matinf.figures import check_traces
from matinf.figures import diffusion as figures
from matinf.figures.palette import COLOURS
from matinf.physics.diffusion_fit import DepthReadings
from matinf.physics.diffusion_results import Draws

X, T = np.linspace(0, 2e-3, 5), np.linspace(0, 8 * 3600.0, 9)


def named(fig: go.Figure) -> dict[str, list[go.Scatter]]:
    found: dict[str, list[go.Scatter]] = {}
    for trace in check_traces(fig).data:
        found.setdefault(trace.name, []).append(trace)
    return found


def test_the_map_has_depth_downwards_and_profiles_at_their_times() -> None:
    c = 0.2 + 0.9 * np.exp(-np.outer(1 / (1 + T / 3600), X / 1e-3))
    fig = figures.concentration(X, T, c, hours=(1, 8))
    traces = named(fig)
    (heat,) = traces["carbon"]
    assert np.shape(heat.z) == (5, 9)
    assert (heat.dx, heat.dy) == (1.0, 0.5)
    assert fig.layout.yaxis.autorange == "reversed"
    np.testing.assert_allclose(traces["8 h"][0].y, c[8], atol=1e-3)
    assert [a.text for a in fig.layout.annotations][-2:] == ["1 h", "8 h"]
    assert (fig.layout.yaxis2.title.text, fig.layout.xaxis2.title.text) == (
        "Carbon (wt%)",
        "Depth (mm)",
    )
    assert "mm at 8 h" in fig.layout.meta["alt"]


def test_errors_share_one_logarithmic_scale() -> None:
    small = np.full((9, 5), -1e-5)
    fig = figures.error_maps(X, T, {"grid": small, "network": 100 * small})
    traces = named(fig)
    assert traces["grid"][0].z[0][0] == -5
    assert traces["network"][0].z[0][0] == -3
    assert traces["grid"][0].zmin == traces["network"][0].zmin == -7
    assert [t.showscale for t in fig.data] == [True, False]
    assert "grid: median 1e-05 wt%" in fig.layout.meta["alt"]


def test_cost_has_a_course_for_the_grid_and_one_for_every_start() -> None:
    table = pd.DataFrame(
        {
            "part": [0, 0, 1, 1, 2, 2],
            "way": ["classical"] * 2 + ["physics"] * 4,
            "size": [40, 80, 10, 20, 10, 20],
            "error": [5e-3, 1e-3, 1e-3, 3e-4, 2e-3, 1e-4],
            "seconds": [0.003, 0.006, 1.0, 2.0, 1.1, 2.1],
        }
    )
    fig = figures.cost(table)
    traces = named(fig)
    assert list(traces["Crank–Nicolson"][0].x) == [0.003, 0.006]
    assert len(traces["network"]) == 2
    assert traces["network"][0].line.color == COLOURS["physics"]
    assert fig.layout.xaxis.type == fig.layout.yaxis.type == "log"
    assert "the best reaches 1e-04 in 2 s" in fig.layout.meta["alt"]


def test_windows_draw_medians_and_ranges() -> None:
    table = pd.DataFrame(
        [
            {"part": part, "way": way, "window": window, "error": (2 + part) * 1e-3 * window}
            for part in range(3)
            for way in figures.NAMES
            for window in (0.1, 10.0)
        ]
    )
    fig = figures.windows(table)
    line = named(fig)["depth and time"][0]
    np.testing.assert_allclose(line.y, [3e-4, 3e-2])
    np.testing.assert_allclose(line.error_y.array, [1e-4, 1e-2])
    assert line.line.color == COLOURS["plain"]
    assert "depth and time: 3e-04 in the shortest, 3e-02 in the longest" in fig.layout.meta["alt"]


def test_a_case_shows_readings_and_three_profiles() -> None:
    readings = DepthReadings(
        x=np.array([1e-4, 5e-4]), t=np.full(2, 3600.0), c=np.array([1.0, 0.5]), noise=0.02
    )
    truth = np.linspace(1.1, 0.2, 5)
    fig = figures.case(readings, X, truth=truth, assumed=truth - 0.05, learned=truth + 0.01)
    traces = named(fig)
    assert list(traces["readings"][0].x) == [0.1, 0.5]
    assert traces["readings"][0].error_y.value == 0.02
    assert traces["learned"][0].line.color == COLOURS["physics"]
    assert "off by up to 0.050 wt%; the learned one by 0.010 wt%" in fig.layout.meta["alt"]


def draws(*ways: str) -> Draws:
    rows = [
        {"part": part, "way": way, "D": 1 + 0.01 * part, "std": 0.02}
        | {"low_80": 0.99, "high_80": 1.2, "low_95": 0.9 + 0.05 * part, "high_95": 1.2}
        for part in range(4)
        for way in ways
    ]
    return Draws(table=pd.DataFrame(rows), D=1.0, bound=0.02)


def test_coverage_sets_draws_beside_the_bound_and_shares_beside_what_is_stated() -> None:
    fig = figures.coverage(draws("classical", "physics"))
    traces = named(fig)
    np.testing.assert_allclose(traces["a draw"][0].x, [0, 1, 2, 3])
    lines = sorted(shape.x0 for shape in fig.layout.shapes)
    np.testing.assert_allclose(lines, [-2, 2, 80, 95])
    assert list(traces["network"][0].x) == [100, 75]
    assert traces["network"][0].error_x.arrayminus[1] > 10
    assert "network: 100.0% of 80%, 75.0% of 95%" in fig.layout.meta["alt"]


def test_surfaces_show_histories_above_and_coefficients_below() -> None:
    ways = tuple(figures.SURFACE_NAMES)
    flat = {way: np.full(9, 1.0) for way in ways}
    fig = figures.surfaces(T, truth=np.linspace(0.2, 1.1, 9), learned=flat, found=draws(*ways))
    traces = named(fig)
    history, cloud = traces["network, surface free"]
    assert list(history.y) == [1.0] * 9
    np.testing.assert_allclose(cloud.x, [0, 1, 2, 3])
    assert cloud.y[0] == pytest.approx(3)
    assert list(fig.layout.yaxis2.ticktext) == ["constant", "by pieces", "on a grid", "network"]
    assert "surface taken as constant, 2 %" in fig.layout.meta["alt"]
