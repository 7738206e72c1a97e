"""Which pairs of elements were ever measured together: maps of what data leave blank."""

from itertools import groupby

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from matinf.figures.colour_bar import ColourMap
from matinf.figures.elements import ELEMENTS, chemical_order
from matinf.figures.palette import QUIET_FILL
from matinf.figures.periodic_table import periodic_table
from matinf.figures.template import new_figure

_ROOM = 76  # px at the right, where the names of the last families stand
_RULE = "rgba(138, 133, 124, 0.55)"


def element_pairs(
    counts: pd.DataFrame, *, label: str = "Compounds", alt: str, height: int = 560
) -> go.Figure:
    """Colour each pair of elements by how many compounds hold both; blank pairs stay quiet.

    One triangle shows every pair once. Elements stand in families (``chemical_order``),
    named along the diagonal.

    Args:
        counts: Symmetric table, shape ``(n_elements, n_elements)``, index and columns the same
            symbols: compounds that hold both elements. The diagonal is not drawn.
        label: What is counted, as the colour bar says it.
        alt: Alternative text.
        height: Height in pixels.

    Raises:
        ValueError: if the table is not symmetric, holds a symbol that is no element or a
            negative count, or all its pairs are blank.
    """
    ordered = _checked(counts)
    pairs = np.tril(ordered.to_numpy(), -1)
    if not pairs.any():
        raise ValueError("counts: expected one measured pair or more, all are 0")
    symbols = [str(symbol) for symbol in ordered.index]
    below = np.tri(len(symbols), k=-1, dtype=bool)
    colours = ColourMap(low=1, high=float(pairs.max()), log=True)
    fig = new_figure(alt=alt, height=height)
    blank = np.where(below & (pairs == 0), 0.0, np.nan)
    fig.add_trace(_cells(symbols, blank, "never together"))
    fig.data[0].update(showscale=False, colorscale=[[0, QUIET_FILL], [1, QUIET_FILL]])
    measured = colours.z(np.where(below & (pairs > 0), pairs, np.nan))
    fig.add_trace(_cells(symbols, measured, f"%{{customdata:,}} {label.lower()}"))
    fig.data[1].update(
        customdata=pairs.astype(np.int32 if pairs.max() > 32_000 else np.int16),
        **_bar(colours, label),
    )
    _headline(fig, int((pairs > 0).sum()), int(below.sum()))
    return _frame(fig, symbols)


def partners(counts: pd.DataFrame, element: str) -> go.Figure:
    """Colour the periodic table by how many compounds hold an element together with one of them.

    The colours are those of all elements' tables: from one compound to the most of any pair.

    Args:
        counts: Symmetric table, shape ``(n_elements, n_elements)``, index and columns the same
            symbols: compounds that hold both elements.
        element: Symbol of the one whose partners are shown; it is outlined.

    Raises:
        ValueError: if the table is not as said, or the element is not in it or has no partner.
    """
    ordered = _checked(counts)
    if element not in ordered.index:
        raise ValueError(f"element: expected a symbol of the table of counts, got {element!r}")
    pairs = ordered.to_numpy(copy=True)
    np.fill_diagonal(pairs, 0)
    row = pd.Series(pairs[ordered.index.get_loc(element)], ordered.index)
    met = row[row > 0]
    if met.empty:
        raise ValueError(f"element: expected one with a partner, {element} stands with none")
    name, share = ELEMENTS[element].name, f"{len(met)} of {len(row) - 1}"
    return periodic_table(
        {str(symbol): float(count) for symbol, count in met.items()},
        label="Compounds",
        log=True,
        span=(1, float(pairs.max())),
        value_format=",.0f",
        missing=f"in no compound with {element}",
        highlight=[element],
        highlight_name=f"{name}, with {share}",
        alt=f"Periodic table coloured by how many compounds hold an element together with {name}: "
        f"{share} stand with it, most often {met.idxmax()} ({met.max():,}); the others are blank.",
    )


def _checked(counts: pd.DataFrame) -> pd.DataFrame:
    strangers = sorted(set(map(str, counts.index)) - set(ELEMENTS))
    if strangers:
        raise ValueError(f"counts: expected element symbols, got {', '.join(strangers)}")
    if list(counts.index) != list(counts.columns) or not np.array_equal(counts, counts.T):
        raise ValueError("counts: expected a symmetric table with the same symbols on both sides")
    if (counts.to_numpy() < 0).any():
        raise ValueError("counts: expected counts, got a negative number")
    order = sorted(counts.index, key=lambda symbol: chemical_order(ELEMENTS[symbol]))
    return counts.loc[order, order]


def _cells(symbols: list[str], z: NDArray[np.float64], said: str) -> go.Heatmap:
    return go.Heatmap(
        x=symbols,
        y=symbols,
        z=z.astype(np.float32),
        hovertemplate=f"<b>%{{y}} and %{{x}}</b><br>{said}<extra></extra>",
        hoverongaps=False,
    )


def _bar(colours: ColourMap, label: str) -> dict[str, object]:
    place = {"x": 1, "xanchor": "right", "xpad": 0, "len": 0.42}
    return colours.trace_settings(label, orientation="h", y=0.85, yanchor="top", **place)


def _headline(fig: go.Figure, measured: int, possible: int) -> None:
    """Write the one result of the figure into its empty corner."""
    corner = {"xref": "paper", "yref": "paper", "x": 1, "xanchor": "right"}
    share = f"<b>{measured / possible:.0%}</b> of pairs"
    fig.add_annotation(**corner, y=1, yanchor="top", text=share, font={"size": 22})
    said = f"{measured:,} of {possible:,}"
    fig.add_annotation(**corner, y=0.93, yanchor="top", text=said, font={"size": 12})


def _frame(fig: go.Figure, symbols: list[str]) -> go.Figure:
    """Name the families along the diagonal and rule them off from each other."""
    rules, start = [], 0
    for family, members in groupby(symbols, key=lambda symbol: ELEMENTS[symbol].family):
        end = start + len(list(members))
        rules += [f"M-0.5,{end - 0.5}H{end - 0.5}V{len(symbols) - 0.5}"]
        fig.add_annotation(
            x=(start + end) / 2,
            y=(start + end) / 2 - 0.5,
            text=family,
            xanchor="left",
            xshift=8,
            font={"size": 11},
        )
        start = end
    fig.add_shape(type="path", path=" ".join(rules), line={"color": _RULE, "width": 0.75})
    edge = [-0.5, len(symbols) - 0.5]
    fig.update_xaxes(visible=False, range=edge, fixedrange=True)
    fig.update_yaxes(visible=False, range=edge[::-1], fixedrange=True)
    return fig.update_layout(margin={"l": 0, "r": _ROOM, "t": 6, "b": 6})
