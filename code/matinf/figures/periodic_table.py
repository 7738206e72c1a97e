"""The periodic table of the book: one number per element, as colour."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matinf.figures.colour_bar import ColourMap
from matinf.figures.elements import ELEMENTS, Element
from matinf.figures.palette import BLACK, COLOURS, QUIET_FILL
from matinf.figures.template import new_figure

_GAP = 0.35  # between the table and the rows that stand apart, in cells
_COLUMN_EDGES = np.arange(19) + 0.5
_ROW_EDGES = np.array([0, 1, 2, 3, 4, 5, 6, 7, 7 + _GAP, 8 + _GAP, 9 + _GAP])
_CELL_HEIGHT = 38  # px; on a phone a cell is 20 px wide

_SYMBOL_FONT: dict[str, Any] = {"size": 11, "weight": 600}
# Up to which depth of colour (0 is the paper's, 1 the far end) ink can be read, and black.
_RISING_LIMITS, _DIVERGING_LIMITS = (0.36, 0.62), (0.5, 0.8)
_LIFT = 0.05  # rows: text traces sit 2 px higher in their cells than a heatmap's own text

# The colour bar lies in the empty place above the transition metals.
_BAR: dict[str, Any] = {
    "orientation": "h",
    "x": 7 / 18,
    "xanchor": "center",
    "y": 1,
    "yanchor": "top",
    "len": 7 / 18,  # its end ticks stay clear of the cells beside it, on a phone too
    "xpad": 0,
}


def periodic_table(
    values: Mapping[str, float],
    *,
    label: str,
    alt: str,
    unit: str = "",
    log: bool = False,
    middle: float | None = None,
    span: tuple[float, float] | None = None,
    value_format: str = ",.3g",
    missing: str = "no data",
    highlight: Iterable[str] = (),
    highlight_name: str = "",
    wide: bool = True,
) -> go.Figure:
    """Colour the elements by a number; those without one are drawn quietly.

    Args:
        values: Number per element symbol; NaN counts as missing.
        label: What the numbers are, as the colour bar says it: ``"Measured compounds"``.
        alt: Alternative text.
        unit: Unit of the numbers, empty for counts.
        log: Colour by the logarithm; then all numbers must be positive.
        middle: A number to diverge from (1 for a ratio, 0 for a difference): blue is below,
            rust above. Without it the colours run from little to much.
        span: Smallest and largest number that the colours tell apart; beyond them the end
            colours stay. By default the range of the numbers; set it where a stray number
            would leave no colours for the others, or to compare two tables.
        value_format: Format of a number in hover text.
        missing: What hover text says of an element without a number.
        highlight: Symbols to outline.
        highlight_name: What the outlined elements are, written beside the table.
        wide: Draw it wider than the text where the screen allows.

    Raises:
        ValueError: if a symbol is no element, no value is finite, or a logarithm is asked of
            numbers that are not positive.
    """
    known = _checked(values, log=log)
    low, high = span or (min(known.values()), max(known.values()))
    colours = ColourMap(low=low, high=high, log=log, middle=middle)
    hover = {s: f"{format(value, value_format)} {unit}".strip() for s, value in known.items()}
    z = dict(zip(known, colours.z(list(known.values())).tolist(), strict=True))
    filled = _cells(z, hover)
    filled.update(name=label, **colours.trace_settings(_title(label, unit), **_BAR))
    _say_what_lies_beyond(filled, list(z.values()))
    height = round(_CELL_HEIGHT * _ROW_EDGES[-1]) + 12
    fig = new_figure(alt=alt, height=height, wide=wide)
    fig.add_traces([_empty_cells(set(known), missing), filled])
    limits = _RISING_LIMITS if middle is None else _DIVERGING_LIMITS
    _write_symbols(fig, colours.depths(known), limits)
    fig.update_layout(margin={"l": 0, "r": 0, "t": 6, "b": 6})
    fig.update_xaxes(visible=False, range=[0.5, 18.5], fixedrange=True)
    fig.update_yaxes(visible=False, range=[_ROW_EDGES[-1], 0], fixedrange=True)
    return _outlined(fig, list(highlight), highlight_name)


def _checked(values: Mapping[str, float], *, log: bool) -> dict[str, float]:
    strangers = sorted(set(values) - set(ELEMENTS))
    if strangers:
        raise ValueError(f"values: expected element symbols, got {', '.join(strangers)}")
    known = {symbol: float(value) for symbol, value in values.items() if np.isfinite(value)}
    if not known:
        raise ValueError("values: expected a finite number for one element or more, got none")
    if log and min(known.values()) <= 0:
        raise ValueError("values: expected positive numbers for a logarithm")
    return known


def _title(label: str, unit: str) -> str:
    return f"{label} ({unit})" if unit else label


def _grid(cells: Mapping[str, Any], empty: object) -> NDArray[Any]:
    """Lay cells out in the table: shape (10 rows, one of them the gap, 18 columns)."""
    grid = np.full((_ROW_EDGES.size - 1, 18), empty, dtype=object)
    for symbol, cell in cells.items():
        row, column = _place(ELEMENTS[symbol])
        grid[row, column] = cell
    return grid


def _place(element: Element) -> tuple[int, int]:
    return element.row - 1, element.column - 1


def _cells(z: Mapping[str, float], hover: Mapping[str, str]) -> go.Heatmap:
    names = {s: f"<b>{ELEMENTS[s].name}</b> {s}, {ELEMENTS[s].number}" for s in z}
    return go.Heatmap(
        x=_COLUMN_EDGES,
        y=_ROW_EDGES,
        z=_grid(z, np.nan).astype(np.float32),
        text=_grid({symbol: symbol for symbol in z}, "").tolist(),
        customdata=_grid({s: f"{names[s]}<br>{hover[s]}" for s in z}, "").tolist(),
        texttemplate="%{text}",
        textfont={"size": 11},
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
        xgap=2,
        ygap=2,
    )


def _empty_cells(known: set[str], missing: str) -> go.Heatmap:
    empty = [symbol for symbol in ELEMENTS if symbol not in known]
    cells = _cells(dict.fromkeys(empty, 0.0), dict.fromkeys(empty, missing))
    return cells.update(
        name=missing,
        showscale=False,
        colorscale=[[0, QUIET_FILL], [1, QUIET_FILL]],
        textfont={"color": COLOURS["muted"]},
    )


def _write_symbols(
    fig: go.Figure, depths: Mapping[str, float], limits: tuple[float, float]
) -> None:
    """Write the symbols of coloured cells so that they can be read in both themes.

    Near the paper the theme's ink reads best, on middle colours black, and far from the paper
    what Plotly chooses by itself (white on dark, grey on pale).
    """
    ink = [s for s, depth in depths.items() if depth < limits[0]]
    black = [s for s, depth in depths.items() if limits[0] <= depth <= limits[1]]
    far = {s: s for s in depths if s not in {*ink, *black}}
    fig.data[1].update(text=_grid(far, "").tolist(), textfont=_SYMBOL_FONT)
    nowhere: list[Any] = [None]  # tables have as many traces, whatever their numbers
    for symbols, font in ((ink, {}), (black, {"color": BLACK})):
        places = [_place(ELEMENTS[s]) for s in symbols]
        fig.add_scatter(
            x=[column + 1 for _, column in places] or nowhere,
            y=[(_ROW_EDGES[row] + _ROW_EDGES[row + 1]) / 2 + _LIFT for row, _ in places] or nowhere,
            text=symbols,
            mode="text",
            textfont={**_SYMBOL_FONT, **font},
            hoverinfo="skip",
            showlegend=False,
            name="symbols",
        )


def _say_what_lies_beyond(filled: go.Heatmap, z: list[float]) -> None:
    """Write ``≤`` or ``≥`` before an end tick where numbers lie beyond the colours."""
    bar = filled.colorbar
    said = list(bar.ticktext)
    for end, beyond, sign in (
        (0, min(z) < filled.zmin and np.isclose(bar.tickvals[0], filled.zmin, atol=1e-4), "≤"),
        (-1, max(z) > filled.zmax and np.isclose(bar.tickvals[-1], filled.zmax, atol=1e-4), "≥"),
    ):
        said[end] = f"{sign} {said[end]}" if beyond else said[end]
    bar.ticktext = said


def _outlined(fig: go.Figure, symbols: list[str], name: str) -> go.Figure:
    """Draw one path around the cells of ``symbols``, in the theme's ink."""
    if not symbols:
        return fig
    fig.add_shape(type="path", path=" ".join(map(_box, symbols)), line={"width": 2}, name=name)
    return fig.add_annotation(x=7.5, y=2.72, text=f"▢ {name}", font={"size": 12})


def _box(symbol: str) -> str:
    row, column = _place(ELEMENTS[symbol])
    left, top, bottom = column + 0.5, _ROW_EDGES[row], _ROW_EDGES[row + 1]
    return f"M{left},{top:g}H{left + 1}V{bottom:g}H{left}Z"
