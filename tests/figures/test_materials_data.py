"""The figures of "What makes materials data different": traces, axes and alt texts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.background import generalisation as g
from matinf.background import materials_data as md
from matinf.figures import check_traces
from matinf.figures import materials_data as figures


@pytest.fixture
def curve() -> g.LearningCurve:
    errors = np.array([[1.0, 0.8, 0.640], [1.1, 0.9, 0.721], [1.05, 0.85, 0.681]])
    return g.LearningCurve(sizes=np.array([50, 100, 200]), errors=errors, n_test=10)


@pytest.fixture
def groups() -> tuple[g.LeftOut, g.LeftOut]:
    clusters = g.LeftOut(
        names=["Se, S", "Ni, Al", "O, Li", "Pd"],
        n_test=np.array([40, 30, 20, 10]),
        random=np.array([0.4, 0.2, 0.8, 0.1]),
        left_out=np.array([0.6, 0.18, 1.6, 0.3]),
    )
    elements = g.LeftOut(
        names=["O", "Li"],
        n_test=np.array([50, 20]),
        random=np.array([0.8, 0.5]),
        left_out=np.array([1.6, 0.6]),
    )
    return clusters, elements


@pytest.fixture
def repeated() -> md.Replicates:
    formulas = ["AlP"] * 2 + ["ZnO"] * 4 + ["GaAs"] * 3
    gaps = [2.4, 3.6, 3.3, 3.4, 3.2, 3.3, 1.4, 1.42, 1.5]
    return md.replicates(formulas, gaps, rng=np.random.default_rng(0))


def test_learning_curve_ends_on_the_floor(curve: g.LearningCurve) -> None:
    fig = check_traces(figures.learning_curve(curve, floor=0.2))
    traces = {trace.name: trace for trace in fig.data}
    onward = traces["at the last pace"]
    assert onward.x[0] == 200
    assert onward.y[-1] == 0.2
    assert onward.x[-1] == pytest.approx(200 * 2 ** curve.doublings_to(0.2).estimate)
    np.testing.assert_allclose(traces["random forest"].y, curve.errors.mean(axis=0), atol=1e-4)
    assert fig.layout.shapes[0].y0 == 0.2
    assert fig.layout.yaxis.title.text.endswith("(eV)")
    assert "0.20 eV" in fig.layout.meta["alt"]


def test_pair_coverage_says_how_many_cells_are_filled() -> None:
    fig = check_traces(figures.pair_coverage(md.pair_counts(["GaAs", "InAs", "InP"])))
    assert "3 of 6 are filled" in fig.layout.meta["alt"]
    assert fig.layout.meta["wide"]


def test_emphasis_diverges_from_one() -> None:
    emphasis = md.element_emphasis(["ZnO", "ZnS", "NaCl"], ["ZnO", "MgO", "CaO", "NaCl"])
    fig = check_traces(figures.element_emphasis(emphasis))
    drawn = fig.data[1]
    assert drawn.zmin == -drawn.zmax
    assert "over-represented are Zn" in fig.layout.meta["alt"]


def test_zeros_stand_alone() -> None:
    fig = check_traces(figures.gap_histogram([0, 0, 0, 0.1, 0.2, 0.3, 5.0]))
    zero, rest = fig.data
    assert list(zero.y) == [3]
    assert zero.x[0] < 0
    assert sum(rest.y) == 4
    assert rest.y[0] == 2
    assert fig.layout.xaxis.title.text == "Band gap (eV)"
    assert "One bar of 3" in fig.layout.meta["alt"]


def test_map_has_a_trace_for_each_family() -> None:
    points = pd.DataFrame(
        {
            "formula": ["ZnO", "NaCl", "AuZn"],
            "gap": [3.3, 8.5, 0.0],
            "family": ["oxides", "halides", "intermetallics"],
            "x": [0.0, 1.0, 2.0],
            "y": [2.0, 1.0, 0.0],
        }
    )
    drawn = g.CompositionMap(points=points, neighbour_agreement=0.0, chance_agreement=1 / 3)
    fig = check_traces(figures.composition_map(drawn))
    assert {trace.name: list(trace.text) for trace in fig.data} == {
        "oxides": ["ZnO"],
        "halides": ["NaCl"],
        "intermetallics": ["AuZn"],
    }
    assert len({trace.marker.color for trace in fig.data}) == 3


def test_left_out_shows_promise_and_truth(groups: tuple[g.LeftOut, g.LeftOut]) -> None:
    fig = check_traces(figures.left_out(*groups))
    clusters, elements = fig.data
    assert list(clusters.y) == pytest.approx(groups[0].optimism)
    assert list(elements.x) == list(groups[1].random)
    assert list(elements.text) == ["O", "Li"]
    assert fig.layout.xaxis.type == "log"
    assert fig.layout.yaxis.type is None
    assert fig.layout.shapes[0].y0 == fig.layout.shapes[0].y1 == 1
    named = {note.text: note.y for note in fig.layout.annotations}
    assert named["Pd"] == pytest.approx(3.0)
    assert "Ni, Al" not in named  # the least surprising cluster needs no name
    assert "3 clusters and 2 elements lie above 1" in fig.layout.meta["alt"]
    assert "O and Li lie highest, up to 2.0" in fig.layout.meta["alt"]


def test_replicates_are_one_row_each_sorted_by_gap(repeated: md.Replicates) -> None:
    fig = check_traces(figures.replicate_strips(repeated, n=2))
    assert [trace.name for trace in fig.data] == ["AlP", "ZnO"]
    highlighted = next(trace for trace in fig.data if trace.name == "AlP")
    other = next(trace for trace in fig.data if trace.name != "AlP")
    assert list(highlighted.x) == [2.4, 3.6]
    assert highlighted.marker.color != other.marker.color
    assert "from 2.40 to 3.60 eV" in fig.layout.meta["alt"]
