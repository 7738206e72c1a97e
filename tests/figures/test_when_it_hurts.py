"""The figures draw the gains that they are given, with their sign, and say them in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from matinf.figures import check_traces
from matinf.figures import when_it_hurts as figures
from matinf.intervals import Interval
from matinf.transfer.evaluation import LearningCurves

KINDS = {"good": "computed", "bad": "corrupted", "far": "elsewhere"}


def interval(value: float, half: float = 0.02) -> Interval:
    return Interval(estimate=value, low=value - half, high=value + half)


def drawn(fig: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in check_traces(fig).data}


@pytest.fixture
def curves() -> LearningCurves:
    rng = np.random.default_rng(0)
    sizes = np.array([25, 100, 400])
    base = np.array([0.8, 0.6, 0.5]) + 0.02 * rng.normal(size=(6, 1))
    change = {
        "none, latent": 0.0,
        "none, fine_tuned": 0.1,
        "a, latent": -0.05,
        "a, fine_tuned": 0.15,
        "a, averaged": -0.04,
        "a, stacked": -0.06,
    }
    errors = {name: base + shift for name, shift in change.items()}
    return LearningCurves(sizes=sizes, errors=errors, test_share=0.2)


def test_gains_keep_their_sign_and_their_rows() -> None:
    found = {
        "latent variable": {"good": interval(0.03), "bad": interval(-0.01), "far": interval(0)},
        "fine-tuning": {"good": interval(0.01), "bad": interval(-0.05), "far": interval(-0.07)},
    }
    fig = figures.gains(found, kinds=KINDS, n_labelled=100)
    traces = drawn(fig)
    assert list(traces["fine-tuning"].x) == [0.01, -0.05, -0.07]
    assert traces["fine-tuning"].error_x.array[0] == pytest.approx(0.02)
    assert all(
        a < b for a, b in zip(traces["latent variable"].y, traces["fine-tuning"].y, strict=True)
    )
    assert list(fig.layout.yaxis.ticktext) == ["good", "bad", "far"]
    assert "without − with (eV)" in fig.layout.xaxis.title.text
    assert "Fine-tuning: good 0.010 eV, bad −0.050 eV" in fig.layout.meta["alt"]
    named = [shape.name for shape in fig.layout.shapes]
    assert named.count("kind") == 2
    assert named.count("no transfer") == 1


def test_gain_curves_are_without_less_with(curves: LearningCurves) -> None:
    methods = {"latent variable": "latent", "fine-tuning": "fine_tuned"}
    fig = figures.gain_curves(curves, ["a"], methods=methods)
    lines = [t for t in check_traces(fig).data if t.name == "a"]
    np.testing.assert_allclose(lines[0].y, 0.05, atol=1e-4)
    np.testing.assert_allclose(lines[1].y, -0.05, atol=1e-4)
    assert [t.showlegend for t in lines] == [True, False]
    assert list(fig.layout.xaxis2.tickvals) == [25, 100, 400]
    assert "a 0.05 eV at 25, 0.050 eV at 400" in fig.layout.meta["alt"]


def test_foretold_draws_every_pair_by_its_kind() -> None:
    pairs = pd.DataFrame(
        {
            "source": ["good", "bad", "far"] * 2,
            "target": ["oxides"] * 3 + ["halides"] * 3,
            "m": [0.4, 0.0, 0.1, 0.3, -0.1, 0.2],
            "g": [0.05, -0.01, 0.0, 0.02, 0.01, -0.02],
        }
    )
    fig = figures.foretold(
        pairs,
        measures={"latent variable": ("m", "g")},
        kinds=KINDS,
        correlations={"latent variable": interval(0.5)},
    )
    traces = drawn(fig)
    assert list(traces["computed"].x) == [0.4, 0.3]
    assert list(traces["elsewhere"].y) == [0.0, -0.02]
    assert traces["corrupted"].customdata[1] == "bad<br>for halides"
    assert "6 pairs" in fig.layout.meta["alt"]
    assert "0.50 (95% interval 0.48 to 0.52)" in fig.layout.meta["alt"]


def test_measures_stand_in_rows_with_their_intervals() -> None:
    found = {
        "latent variable": {"one": interval(0.6, 0.2), "two": interval(0.1, 0.3)},
        "fine-tuning": {"one": interval(0.4, 0.2)},
    }
    fig = figures.measures(found)
    traces = drawn(fig)
    assert list(traces["latent variable"].x) == [0.6, 0.1]
    assert round(traces["fine-tuning"].y[0]) == 0
    assert "eV" not in " ".join(traces["latent variable"].customdata)
    assert list(fig.layout.yaxis.ticktext) == ["one", "two"]


def test_ways_show_errors_above_and_gains_over_the_reference_below(
    curves: LearningCurves,
) -> None:
    names = {
        "trees alone": "none, latent",
        "fine-tuning": "a, fine_tuned",
        "both, stacked": "a, stacked",
    }
    fig = check_traces(figures.ways(curves, names, reference="trees alone", floor=0.06))
    above = {t.name: t for t in fig.data if t.xaxis == "x"}
    below = {t.name: t for t in fig.data if t.xaxis == "x2" and "interval" not in t.name}
    assert list(above) == list(names)
    assert set(below) == {"fine-tuning", "both, stacked"}
    np.testing.assert_allclose(below["both, stacked"].y, 0.06, atol=1e-4)
    np.testing.assert_allclose(below["fine-tuning"].y, -0.15, atol=1e-4)
    assert 0.06 in [shape.y0 for shape in fig.layout.shapes]
    assert "replicate error, at most 0.06 eV" in fig.layout.meta["alt"]


def test_useless_and_spread_draw_what_they_are_given() -> None:
    fig = figures.useless([1, 10, 100], [interval(0), interval(-0.01), interval(-0.1)])
    assert list(drawn(fig)["useless latent variables"].y) == [0, -0.01, -0.1]
    assert "−0.100 eV with 100" in fig.layout.meta["alt"]
    values = {25: np.linspace(-3, 0.5, 21), 100: np.linspace(0.1, 0.4, 21)}
    fig = figures.spread(values, whole=0.3)
    assert min(drawn(fig)["25 labels"].x) == -1, "a draw off the axis stands at its edge"
    assert list(fig.layout.yaxis.ticktext) == ["25 labels", "100 labels"]
    assert "With all labels it is 0.30." in fig.layout.meta["alt"]
