"""The periodic table: every element in its place, every symbol readable in both themes."""

import math
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from colour_vision import contrast
from matinf.figures.colour_bar import ColourMap
from matinf.figures.elements import ELEMENTS, chemical_order
from matinf.figures.palette import BLACK, INK, PAPER
from matinf.figures.periodic_table import _DIVERGING_LIMITS, _RISING_LIMITS, periodic_table
from matinf.figures.template import check_traces, themes

ALT = "Periodic table coloured by how many measured compounds hold each element."
COUNTS = {"O": 1000.0, "Fe": 100.0, "La": 10.0, "U": 1.0, "He": math.nan}


def table(**settings: object) -> go.Figure:
    options = {"label": "Measured compounds", "alt": ALT, "log": True, **settings}
    return periodic_table(options.pop("values", COUNTS), **options)


def symbols_written(fig: go.Figure) -> list[str]:
    cells = [s for trace in fig.data[:2] for row in trace.text for s in row if s]
    return cells + [s for trace in fig.data[2:] for s in trace.text]


def test_elements_agree_with_the_data_table() -> None:
    datasets = pytest.importorskip("matinf.datasets")
    numbers = datasets.load_elements()["Number"]
    assert len(ELEMENTS) == 118
    assert [e.number for e in ELEMENTS.values()] == list(range(1, 119))
    assert {symbol: ELEMENTS[symbol].number for symbol in numbers.index} == numbers.to_dict()


# Period, group and, where it stands apart, the column it is drawn in.
@pytest.mark.parametrize(
    ("symbol", "period", "group", "row", "column"),
    [
        ("H", 1, 1, 1, 1),
        ("He", 1, 18, 1, 18),
        ("B", 2, 13, 2, 13),
        ("Mg", 3, 2, 3, 2),
        ("Sc", 4, 3, 4, 3),
        ("Fe", 4, 8, 4, 8),
        ("Kr", 4, 18, 4, 18),
        ("Ba", 6, 2, 6, 2),
        ("La", 6, 0, 9, 3),
        ("Yb", 6, 0, 9, 16),
        ("Lu", 6, 3, 6, 3),
        ("Hf", 6, 4, 6, 4),
        ("U", 7, 0, 10, 6),
        ("Lr", 7, 3, 7, 3),
        ("Og", 7, 18, 7, 18),
    ],
)
def test_places(symbol: str, period: int, group: int, row: int, column: int) -> None:
    element = ELEMENTS[symbol]
    assert (element.period, element.group, element.row, element.column) == (
        period,
        group,
        row,
        column,
    )


def test_no_two_elements_share_a_place() -> None:
    assert len({(e.row, e.column) for e in ELEMENTS.values()}) == 118


def test_families_are_neighbours_in_chemical_order() -> None:
    order = [e.symbol for e in sorted(ELEMENTS.values(), key=chemical_order)]
    assert order[:3] == ["H", "Li", "Na"]
    assert order.index("La") == order.index("Ra") + 1
    assert order.index("No") + 1 == order.index("Sc")
    assert order[-7:] == ["He", "Ne", "Ar", "Kr", "Xe", "Rn", "Og"]
    families = [ELEMENTS[symbol].family for symbol in order]
    changes = sum(a != b for a, b in pairwise(families))
    assert changes + 1 == len(set(families))


def test_every_symbol_is_written_once() -> None:
    assert sorted(symbols_written(table())) == sorted(ELEMENTS)


def test_values_are_coloured_and_said_with_their_unit() -> None:
    fig = table(unit="eV", log=False, value_format=".1f")
    filled = fig.data[1]
    assert np.isfinite(np.asarray(filled.z, dtype=float)).sum() == 4
    assert filled.z[3][7] == 100  # iron: period 4, group 8
    assert filled.customdata[3][7] == "<b>iron</b> Fe, 26<br>100.0 eV"
    assert filled.colorbar.title.text.replace("<br>", " ") == "Measured compounds (eV)"
    assert fig.data[0].customdata[0][17] == "<b>helium</b> He, 2<br>no data"


def test_a_logarithmic_bar_has_its_decades() -> None:
    filled = table().data[1]
    assert filled.z[3][7] == pytest.approx(2)
    assert (filled.zmin, filled.zmax) == (0, 3)
    assert list(filled.colorbar.tickvals) == [0, 1, 2, 3]
    assert list(filled.colorbar.ticktext) == ["1", "10", "100", "1,000"]


def test_a_middle_takes_the_middle_of_a_diverging_scale() -> None:
    filled = table(values={"O": 0.5, "Fe": 1.0, "La": 4.0}, middle=1).data[1]
    assert filled.z[3][7] == 0
    assert filled.zmin == pytest.approx(-filled.zmax)
    assert filled.zmax == pytest.approx(math.log10(4))
    assert filled.autocolorscale
    assert "1" in filled.colorbar.ticktext


def test_a_span_keeps_a_stray_number_from_taking_all_colours() -> None:
    filled = table(span=(10, 1000)).data[1]
    assert (filled.zmin, filled.zmax) == (1, 3)
    assert list(filled.colorbar.ticktext) == ["≤ 10", "100", "1,000"]  # uranium has 1
    assert list(table(span=(1, 100)).data[1].colorbar.ticktext) == ["1", "10", "≥ 100"]
    assert filled.customdata[9][5].endswith("<br>1")  # uranium's own number is still said
    assert sorted(symbols_written(table(span=(10, 100)))) == sorted(ELEMENTS)


def test_a_long_title_is_broken_into_even_lines() -> None:
    title = table(label="Compounds with a measured gap").data[1].colorbar.title.text
    assert title == "Compounds with a<br>measured gap"


def test_one_value_alone_is_drawn() -> None:
    filled = table(values={"Si": 5.0}).data[1]
    assert filled.zmin < filled.zmax
    assert list(filled.colorbar.ticktext) == ["5"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"values": {"Xx": 1.0, "Fe": 2.0}}, "Xx"),
        ({"values": {"Fe": math.nan}}, "one element or more"),
        ({"values": {}}, "one element or more"),
        ({"values": {"Fe": 0.0, "O": 1.0}}, "logarithm"),
        ({"middle": -1.0}, "logarithm"),
        ({"span": (100, 10)}, "low <= high"),
        ({"alt": "short"}, "20 characters"),
    ],
)
def test_what_cannot_be_drawn_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        table(**settings)


def test_a_group_is_outlined_by_one_path_with_its_name() -> None:
    fig = table(highlight=["O", "S", "Se"], highlight_name="chalcogens")
    (outline,) = fig.layout.shapes
    assert outline.type == "path"
    assert outline.path.count("M") == 3
    assert outline.path.startswith("M15.5,1H16.5V2")
    assert "chalcogens" in fig.layout.annotations[0].text
    assert not table().layout.shapes


def test_colours_follow_the_theme_and_the_site_can_draw_them() -> None:
    fig = check_traces(table())
    assert fig.data[1].colorscale is None  # from the theme
    assert fig.layout.meta["alt"] == ALT
    assert fig.layout.xaxis.visible is False
    assert fig.layout.width is None


def test_the_table_is_light() -> None:
    values = {symbol: float(e.number) for symbol, e in ELEMENTS.items()}
    fig = table(values=values)
    fig.layout.template = None
    assert len(fig.to_json()) < 16_000


def colour_at(scale: list[list[float | str]], position: float) -> str:
    """The colour of a Plotly scale at a position, interpolated in RGB as Plotly does."""
    stops = [float(stop) for stop, _ in scale]
    channels = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for _, c in scale])
    rgb = [round(float(np.interp(position, stops, channels[:, i]))) for i in range(3)]
    return "#" + "".join(f"{channel:02x}" for channel in rgb)


def chosen_by_plotly(cell: str) -> str:
    """White or its default grey, whichever contrasts more, as plotly.js 4 chooses."""
    return max("#ffffff", "#444444", key=lambda text: contrast(text, cell))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("kind", "limits"), [("sequential", _RISING_LIMITS), ("diverging", _DIVERGING_LIMITS)]
)
def test_symbols_can_be_read_on_every_colour(
    kind: str, limits: tuple[float, float], theme: str
) -> None:
    scale = themes()[theme]["layout"]["colorscale"][kind]
    for depth in np.linspace(0, 1, 101):
        ends = [depth] if kind == "sequential" else [0.5 - depth / 2, 0.5 + depth / 2]
        for cell in (colour_at(scale, end) for end in ends):
            if depth < limits[0]:
                text = INK[theme]
            else:
                text = BLACK if depth <= limits[1] else chosen_by_plotly(cell)
            assert contrast(text, cell) >= 3.4, (depth, cell, text)


def test_depth_is_the_distance_from_the_papers_end() -> None:
    rising = ColourMap(low=1, high=100, log=True).depths({"a": 1, "b": 10, "c": 100})
    assert rising == pytest.approx({"a": 0, "b": 0.5, "c": 1})
    around = ColourMap(low=-1, high=2, middle=0).depths({"a": -1, "b": 0, "c": 2})
    assert around == pytest.approx({"a": 0.5, "b": 0, "c": 1})


def test_missing_symbols_are_quiet_but_there() -> None:
    colour = table().data[0].textfont.color
    for paper in PAPER.values():
        assert 3 <= contrast(colour, paper) <= 5.5
