import numpy as np
import pandas as pd
import pytest

from matinf.background.feature_matrix import correlation_clusters
from matinf.background.importance import RANDOM_COLUMN, CopiesResult, ImportanceResult
from matinf.background.molecules import molecule_layout
from matinf.background.outliers import neighbour_check
from matinf.background.representations import feature_steps
from matinf.figures import check_traces
from matinf.figures import representations as figures


def copies(factor: float) -> CopiesResult:
    ones = np.ones((3, 4)) + np.linspace(-0.01, 0.01, 4)
    shares = 0.2 * ones / np.array([[1], [2], [4]])
    return CopiesResult(
        feature="mode MeltingT",
        counts=(0, 1, 3),
        impurity_original=shares,
        impurity_together=0.2 * factor * ones,
        permutation_original=shares,
        permutation_together=0.3 * ones,
        errors=ones,
    )


def test_statistics_draw_every_element_where_its_property_is() -> None:
    steps = [feature_steps(f, name="Electronegativity") for f in ("GaAs", "SrTiO3")]
    fig = check_traces(figures.property_statistics(steps))
    drawn = {trace.name: trace for trace in fig.data}
    np.testing.assert_array_equal(drawn["SrTiO3"].x, steps[1].values)
    assert len(drawn["GaAs"].x) == 2
    assert fig.layout.xaxis.title.text == "Electronegativity (Pauling)"
    assert "GaAs has mean 2.00" in fig.layout.meta["alt"]
    assert list(fig.layout.yaxis.ticktext) == ["<b>SrTiO<sub>3</sub></b>", "<b>GaAs</b>"]


def test_statistics_name_the_unit_where_there_is_one() -> None:
    fig = figures.property_statistics([feature_steps("MgO", name="MeltingT")])
    assert fig.layout.xaxis.title.text == "Melting temperature (K)"


def test_molecule_has_a_stroke_per_bond_order_and_a_glow_per_radius() -> None:
    layout = molecule_layout("FC1=CNC(=O)NC1=O", centre=4)
    fig = check_traces(figures.molecule(layout, name="5-fluorouracil"))
    assert len(fig.layout.shapes) == layout.bonds[:, 2].sum()
    names = [trace.name for trace in fig.data]
    assert names[:3] == [
        f"radius {s.radius} sets bit {s.bit}" for s in reversed(layout.surroundings)
    ]
    assert len(fig.data[-1].text) == 9
    assert [a.text for a in fig.layout.annotations] == ["F", "NH", "O", "NH", "O"]
    assert "bit 980" in fig.layout.meta["alt"]


def test_bonds_stop_short_of_letters() -> None:
    layout = molecule_layout("CO", centre=0)
    (stroke,) = figures.molecule(layout, name="methanol").layout.shapes
    length = np.hypot(stroke.x1 - stroke.x0, stroke.y1 - stroke.y0)
    assert length < 1.3


def test_correlation_map_fills_half_and_names_clusters() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 100))
    found = correlation_clusters(pd.DataFrame({"a": a, "b": b, "2a": 2 * a}))
    fig = check_traces(figures.feature_correlation(found, labels={"2a": "the letter a"}))
    z = fig.data[0].z
    assert [row.count(None) for row in z] == [2, 1, 0]
    assert [row[i] for i, row in enumerate(z)] == [100, 100, 100]
    assert [shape.type for shape in fig.layout.shapes] == ["rect", "line"]
    assert fig.layout.shapes[0].x1 - fig.layout.shapes[0].x0 == 2
    assert [note.text for note in fig.layout.annotations] == ["the letter a (2)"]
    assert "2 columns on the letter a" in fig.layout.meta["alt"]
    with pytest.raises(KeyError):
        figures.feature_correlation(found, labels={"c": "not there"})
    with pytest.raises(ValueError, match="at most 3"):
        figures.feature_correlation(found, labels=dict.fromkeys("abcd", "words"))


def test_neighbour_map_points_out_the_named_and_draws_everyone() -> None:
    rng = np.random.default_rng(0)
    table = neighbour_check(rng.normal(size=(60, 2)), rng.random(60))
    formulas = [f"A{i}" for i in range(60)]
    fig = check_traces(figures.neighbour_map(table, formulas, named=["A3", "A12"]))
    usual, unusual, named = fig.data
    assert len(usual.x) + len(unusual.x) + len(named.x) == 60
    assert list(named.text) == ["A3", "A12"]
    assert usual.text is None
    assert max(np.abs(usual.y)) <= max(np.abs(unusual.y))
    assert max(usual.x) <= max(unusual.x)
    np.testing.assert_allclose(named.y, table["surprise"][[3, 12]], atol=0.005)
    assert [a.text for a in fig.layout.annotations] == ["A<sub>3</sub>", "A<sub>12</sub>"]
    assert fig.layout.xaxis.type == "log"
    assert fig.layout.yaxis.title.text.endswith("(eV)")


def test_copies_draw_two_lines_per_panel_and_the_even_share() -> None:
    fig = check_traces(figures.importance_of_copies(copies(1.0), copies(1.5), some="A third"))
    names = [trace.name for trace in fig.data]
    assert names.count("original") == names.count("together") == 4
    even = [trace for trace in fig.data if trace.name == "shared evenly"]
    np.testing.assert_allclose(even[0].y, [20, 10, 5])
    assert list(fig.data[0].x[:3]) == [1, 2, 4]
    assert "from 20 to 5 percent" in fig.layout.meta["alt"]
    assert fig.layout.yaxis.title.text == "Impurity importance (%)"
    assert fig.layout.yaxis3.title.text == "Permutation importance (eV)"


@pytest.fixture
def importances() -> ImportanceResult:
    columns = ["mean Row", "mean Number", "mode MeltingT", RANDOM_COLUMN]
    spread = np.linspace(0.9, 1.1, 4)[:, None]
    return ImportanceResult(
        impurity=pd.DataFrame(spread * [0.3, 0.2, 0.4, 0.1], columns=columns),
        permutation=pd.DataFrame(spread * [0.02, 0.03, 0.1, 0.0], columns=columns),
        together=pd.DataFrame(
            spread * [0.2, 0.1, 0.0], columns=["mean Row", "mode MeltingT", RANDOM_COLUMN]
        ),
        groups={
            "mean Row": ("mean Row", "mean Number"),
            "mode MeltingT": ("mode MeltingT",),
            RANDOM_COLUMN: (RANDOM_COLUMN,),
        },
        errors=np.ones(4),
    )


def test_three_ways_name_each_group_by_its_best_column(importances: ImportanceResult) -> None:
    fig = check_traces(figures.importance_three_ways(importances))
    assert [a.text for a in fig.layout.annotations] == [
        "Atomic number, mean <i>+ 1</i>",
        "Melting temperature, most abundant element",
        "A column of random numbers",
    ]
    impurity, alone, together = fig.data
    np.testing.assert_allclose(impurity.x, [20, 40, 10])
    np.testing.assert_allclose(alone.x, [0.03, 0.1, 0])
    np.testing.assert_allclose(together.x, [0.2, 0.1, 0])
    chance = [shape for shape in fig.layout.shapes if shape.name == "random numbers"]
    assert {round(shape.x0, 6) for shape in chance} == {10.0}
    assert "0.20 eV" in fig.layout.meta["alt"]


def test_three_ways_show_no_more_groups_than_asked(importances: ImportanceResult) -> None:
    fig = figures.importance_three_ways(importances, n_groups=1)
    assert len(fig.layout.annotations) == 2
