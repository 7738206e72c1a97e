"""The figures draw the results that they are given, and say them in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from matinf.figures import check_traces
from matinf.figures import fine_tuning as figures
from matinf.figures.palette import COLOURS
from matinf.transfer.fine_tuning_results import Comparison
from matinf.transfer.forgetting import Course
from matinf.transfer.hidden_layer import HiddenMap

ERRORS = {"scratch": 0.8, "frozen": 0.9, "full": 0.7, "discriminative": 0.6, "trees": 0.5}


@pytest.fixture
def course() -> Course:
    names = ("scratch", "frozen", "full")
    return Course(
        epochs=np.array([0, 5, 10]),
        target={name: np.array([2.0, 1.0, ERRORS[name]]) for name in names},
        source={name: np.array([0.4, 0.5, ERRORS[name]]) for name in names},
        loss={name: np.linspace(1, 0.1, 10) for name in names},
        networks={},
    )


@pytest.fixture
def comparison() -> Comparison:
    rows = [
        {
            "fold": fold,
            "size": size,
            "strategy": name,
            "error": error * (1 + 0.02 * fold),
            "source": error,
            "source_reread": error - 0.1,
            "before": 0.42,
            "before_reread": 0.45,
            "median": 0.8,
        }
        for fold in range(3)
        for size in (25, 1000, 2000)
        for name, error in ERRORS.items()
        if size < 2000 or name not in {"frozen", "full"}
    ]
    return Comparison(table=pd.DataFrame(rows))


def drawn(fig: go.Figure) -> dict[str, list[go.Scatter]]:
    found: dict[str, list[go.Scatter]] = {}
    for trace in check_traces(fig).data:
        found.setdefault(trace.name, []).append(trace)
    return found


def test_the_course_shows_losses_above_and_errors_below(course: Course) -> None:
    fig = figures.course(course, n_train=100)
    loss, error = drawn(fig)["from scratch"]
    assert list(loss.x) == list(range(1, 11))
    assert list(error.x) == [0, 5, 10]
    assert error.y[-1] == 0.8
    assert (loss.yaxis, error.yaxis) == ("y", "y2")
    assert fig.layout.yaxis.type == "log"
    assert fig.layout.yaxis2.range[1] < 2, "the first look would flatten the rest"
    assert "0.8 eV from scratch" in fig.layout.meta["alt"]
    assert [trace.name for trace in fig.data if trace.showlegend] == [
        "from scratch",
        "frozen body",
        "full",
    ]


def test_forgetting_leaves_out_what_has_no_source(course: Course) -> None:
    fig = figures.forgetting(course, median=0.8)
    traces = drawn(fig)
    assert set(traces) == {"frozen body", "full", "frozen body, label", "full, label"}
    assert traces["full"][0].y[0] == 0.4
    for name in ("frozen body", "full"):
        line, (label,) = traces[name][0], traces[f"{name}, label"]
        assert (label.x[0], label.y[0]) in zip(line.x, line.y, strict=True)
        assert label.text[0].strip() == name
    assert not [trace.name for trace in fig.data if trace.showlegend]
    assert [shape.y0 for shape in fig.layout.shapes] == [0.8]
    assert "0.7 full" in fig.layout.meta["alt"]


def test_learning_curves_name_every_strategy_and_the_floor(comparison: Comparison) -> None:
    fig = figures.learning_curves(comparison, floor=0.06)
    traces = drawn(fig)
    line = traces["discriminative"][-1]
    assert line.line.color == COLOURS["transfer"]
    np.testing.assert_allclose(line.y, 0.612)
    assert list(traces["full"][0].x) == [25, 1000]
    assert [shape.y0 for shape in fig.layout.shapes] == [0.06]
    assert {t.name for t in fig.data if t.showlegend} == set(figures.NAMES.values())
    assert fig.layout.yaxis.rangemode == "tozero"


def test_gains_are_paired_and_above_zero_where_the_source_helps(comparison: Comparison) -> None:
    fig = figures.gains(comparison)
    traces = drawn(fig)
    expected = comparison.gain("full", 25)
    dot = traces["full"][0]
    assert dot.y[0] == pytest.approx(expected.estimate, abs=1e-4)
    assert dot.error_y.array[0] == pytest.approx(expected.width / 2, abs=1e-4)
    assert traces["frozen body"][0].y[0] < 0 < traces["discriminative"][0].y[0]
    assert [shape.y0 for shape in fig.layout.shapes] == [0]
    assert "−0.102 eV at 25" in fig.layout.meta["alt"]


def test_forgotten_draws_both_heads_up_to_where_both_were_measured(
    comparison: Comparison,
) -> None:
    fig = figures.forgotten(comparison)
    (old,), (new,) = (drawn(fig)[f"discriminative, {head} head"] for head in ("old", "new"))
    assert (old.line.dash, new.line.dash) == ("solid", "dot")
    assert list(old.x) == [25, 1000]
    np.testing.assert_allclose(np.subtract(old.y, new.y), 0.1)
    assert sorted(shape.y0 for shape in fig.layout.shapes) == pytest.approx([0.42, 0.8])


def test_hidden_maps_keep_metals_and_gaps_apart() -> None:
    points = np.random.default_rng(0).normal(size=(10, 2))
    gap = np.r_[np.zeros(4), np.linspace(1, 6, 6)]
    found = HiddenMap(before=points, after=-points, gap=gap, shown=(0.57, 0.5), old_plane=0.1)
    fig = figures.hidden_maps(found, apart=(0.91, 0.89), n_train=100)
    metals, others = drawn(fig)["metals"], drawn(fig)["non-metals"]
    assert [len(trace.x) for trace in metals + others] == [4, 4, 6, 6]
    np.testing.assert_allclose(np.array(others[0].x), -np.array(others[1].x))
    assert list(others[0].marker.color) == [1, 2, 3, 4, 5, 6]
    assert "about 60% shown" in fig.layout.annotations[0].text
    assert "in about 90% of pairs before and 90% after" in fig.layout.meta["alt"]
