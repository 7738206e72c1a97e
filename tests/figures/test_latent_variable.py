"""The figures of the latent variable draw what they are given, and say it in words."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from matinf.figures import check_traces
from matinf.figures import latent_variable as figures
from matinf.intervals import Interval
from matinf.quantities import Quantity
from matinf.transfer.evaluation import LearningCurves
from matinf.transfer.latent_variable_results import Row
from matinf.transfer.latent_variable_study import BEST, FOREST
from matinf.transfer.published import PublishedResult


def drawn(fig: go.Figure) -> dict[str, go.Scatter]:
    return {trace.name: trace for trace in check_traces(fig).data}


def about(estimate: float) -> Interval:
    return Interval(estimate=estimate, low=estimate - 0.02, high=estimate + 0.03)


@pytest.fixture
def curves() -> LearningCurves:
    sizes = np.array([25, 50, 100, 200, 400, 1000, 3695])
    noise = np.random.default_rng(0).normal(scale=0.01, size=(5, 7))
    plain = 2 * sizes**-0.2 + noise
    errors = {"none": plain, "removed": plain - 0.1 + noise, "all": plain - 0.2 - noise}
    return LearningCurves(sizes=sizes, errors=errors, test_share=0.2)


def test_base_model_sets_holes_beside_electrons_best_first() -> None:
    names = ["power_factor_p", "power_factor_n", "seebeck_p", "seebeck_n"]
    quantities = [Quantity(name=n, label=n, symbol="q", unit="") for n in names]
    fig = figures.base_model(quantities, [0.3, 0.2, 0.6, 0.5])
    assert list(fig.layout.yaxis.ticktext) == ["Seebeck coefficient", "power factor"]
    assert list(drawn(fig)["holes"].x) == [0.6, 0.3]
    assert list(drawn(fig)["electrons"].x) == [0.5, 0.2]
    assert "power factor 0.3 and 0.2" in fig.layout.meta["alt"]


def test_gap_against_latent_spreads_metals_below_zero_and_keeps_gaps() -> None:
    x, y = np.arange(60.0), np.where(np.arange(60) < 30, 0.0, np.arange(60) / 10)
    quantity = Quantity(name="s", label="Seebeck coefficient, holes", symbol="S", unit="µV/K")
    fig = figures.gap_against_latent(x, y, [f"A{i}" for i in range(60)], quantity=quantity)
    traces = drawn(fig)
    assert np.all(np.asarray(traces["metals"].y) < -0.1)
    assert np.all(np.asarray(traces["metals"].customdata) == 0)
    np.testing.assert_allclose(traces["with a gap"].y, y[30:], atol=0.01)
    assert "Seebeck coefficient, holes (µV/K)" in fig.layout.xaxis.title.text
    assert list(traces["mean gap"].y) == sorted(traces["mean gap"].y)
    with pytest.raises(ValueError, match="one length"):
        figures.gap_against_latent(x, y[1:], [], quantity=quantity)


def test_parity_pair_draws_both_on_equal_axes_with_their_notes() -> None:
    y = np.array([0.0, 1.0, 4.0])
    predicted = {"no transfer": y + 0.5, "latent variables": y + 0.1}
    notes = {"no transfer": "MAE 0.50 eV", "latent variables": "MAE 0.10 eV"}
    fig = figures.parity_pair(y, predicted, notes=notes)
    traces = drawn(fig)
    np.testing.assert_allclose(traces["no transfer"].y, y + 0.5)
    np.testing.assert_allclose(traces["latent variables"].y, y + 0.1)
    assert fig.layout.xaxis.range == fig.layout.yaxis.range == fig.layout.xaxis2.range
    assert "no transfer: MAE 0.50 eV." in fig.layout.meta["alt"]


def test_learning_curve_draws_three_sources_and_the_floor(curves: LearningCurves) -> None:
    fig = figures.learning_curve(curves, floor=0.06, method="random forest")
    traces = drawn(fig)
    for source, name in (
        ("none", "no transfer"),
        ("removed", "calculations of other compounds"),
        ("all", "all calculations"),
    ):
        np.testing.assert_allclose(traces[name].y, curves.errors[source].mean(0), atol=1e-4)
        low = [curves.interval(source, int(n)).low for n in curves.sizes]
        np.testing.assert_allclose(traces[name].customdata[:, 0], low, atol=1e-4)
    assert any(shape.y0 == 0.06 for shape in fig.layout.shapes)
    assert list(fig.layout.xaxis.tickvals) == [50, 200, 1000, 3695]
    said = fig.layout.meta["alt"]
    assert f"With 200 gaps: no transfer {curves.interval('none', 200).estimate:.2f} eV" in said
    assert "0.06 eV" in said


def test_gain_is_with_minus_without(curves: LearningCurves) -> None:
    fig = figures.gain({FOREST: curves, BEST: curves})
    expected = (curves.errors["removed"] - curves.errors["none"]).mean(0)
    for name in (FOREST, BEST):
        np.testing.assert_allclose(drawn(fig)[name].y, expected, atol=1e-4)
    assert any(shape.y0 == 0 for shape in fig.layout.shapes)
    assert "−0.1" in fig.layout.meta["alt"]


def test_sources_set_models_apart_on_one_line() -> None:
    rows = [
        Row(name=name, kind=kind, interval=about(value))
        for name, value in (("all", -0.1), ("removed", 0.01))
        for kind in (FOREST, BEST)
    ]
    fig = figures.sources({"Few": rows, "Many": rows[:2]})
    first = [trace for trace in check_traces(fig).data if trace.yaxis == "y"]
    assert [list(trace.x) for trace in first] == [[-0.1, 0.01]] * 2
    assert first[0].y[0] != first[1].y[0]
    assert list(first[0].error_x.arrayminus) == [0.02, 0.02]
    assert list(first[0].error_x.array) == [0.03, 0.03]
    assert fig.layout.yaxis.ticktext[0] == "all calculations"
    assert "Few: all calculations, random forest −0.100 eV" in fig.layout.meta["alt"]
    assert "Many: all calculations" in fig.layout.meta["alt"]


def test_outputs_draw_both_sources_and_the_floor() -> None:
    rows = [
        Row(name="seebeck", kind="all", interval=about(0.4)),
        Row(name="seebeck", kind="removed", interval=about(0.5)),
        Row(name="all ten", kind="removed", interval=about(0.6)),
    ]
    fig = figures.outputs(rows, floor=0.06)
    traces = drawn(fig)
    assert list(traces["all calculations"].x) == [0.4]
    assert list(traces["calculations of other compounds"].x) == [0.5, 0.6]
    assert list(fig.layout.yaxis.ticktext) == ["seebeck", "all ten"]
    assert any(shape.x0 == 0.06 for shape in fig.layout.shapes)


def test_standing_sorts_ours_among_the_published() -> None:
    published = [
        PublishedResult(name="A", mae=0.3, std=0.01, what="a", source="a"),
        PublishedResult(name="B", mae=0.4, std=0.02, what="b", source="b"),
    ]
    ours = [
        Row(name="Ours: one", kind="all", interval=about(0.26)),
        Row(name="Ours: other", kind="none", interval=about(0.35)),
    ]
    fig = figures.standing(published, ours, floor=0.06)
    assert list(fig.layout.yaxis.ticktext) == ["Ours: one", "A", "Ours: other", "B"]
    listed = drawn(fig)["published"]
    assert list(listed.x) == [0.3, 0.4]
    halves = [entry.interval.width / 2 for entry in published]
    np.testing.assert_allclose(listed.error_x.array, halves, atol=1e-4)
    assert list(drawn(fig)["no transfer"].y) == [2.0]
