"""Marks that figures share: a line with its band, a name at its end, a limit."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.figures.checks import same_shape
from matinf.figures.limits import add_limit, add_limit_above
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.parity import parity
from matinf.intervals import Interval

__all__ = [
    "add_band",
    "add_chance_band",
    "add_intervals",
    "add_limit",
    "add_limit_above",
    "interval_bars",
    "label_line",
    "parity",
]


def add_band(
    fig: go.Figure,
    x: ArrayLike,
    *,
    estimate: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    colour: str,
    name: str,
    unit: str = "",
    markers: bool = False,
    place: tuple[int, int] | None = None,
) -> go.Figure:
    """Draw an estimate as a line and its interval as a band, two traces.

    Args:
        fig: The figure; changed in place and returned.
        x: Positions, shape ``(n,)``, rising.
        estimate: Line, shape ``(n,)``.
        low: Lower edge of the band, shape ``(n,)``.
        high: Upper edge, shape ``(n,)``.
        colour: ``#rrggbb``, as a rule from ``COLOURS``.
        name: What the line is, for hover text and :func:`label_line`.
        unit: Unit of the values, for hover text.
        markers: Mark the computed points on the line.
        place: Row and column of the panel, where the figure has several.

    Raises:
        ValueError: if the shapes differ.
    """
    xs, mid, lower, upper = same_shape(x, estimate, low, high)
    where = {} if place is None else {"row": place[0], "col": place[1]}
    fig.add_scatter(
        x=np.concatenate([xs, xs[::-1]]),
        y=np.concatenate([lower, upper[::-1]]),
        fill="toself",
        fillcolor=with_alpha(colour, 0.2),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        name=f"{name}, interval",
        **where,
    )
    space = f" {unit}" if unit else ""
    return fig.add_scatter(
        x=xs,
        y=mid,
        customdata=np.stack([lower, upper], axis=1),
        mode="lines+markers" if markers else "lines",
        line={"color": colour},
        marker={"color": colour},
        name=name,
        showlegend=False,
        hovertemplate=f"{name}<br>%{{y:.3~g}}{space} (%{{customdata[0]:.3~g}} to "
        f"%{{customdata[1]:.3~g}}{space})<extra></extra>",
        **where,
    )


def add_chance_band(fig: go.Figure, x: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> None:
    """Draw the band in which chance alone would leave what is honest.

    Args:
        fig: The figure; changed in place.
        x: Places, shape ``(n,)``.
        low: Lower edge, same shape.
        high: Upper edge, same shape.
    """
    fig.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([low, high[::-1]]),
        fill="toself",
        fillcolor=with_alpha(COLOURS["limit"], 0.15),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        name="chance",
    )


def add_intervals(
    fig: go.Figure,
    x: ArrayLike,
    found: Sequence[Interval],
    *,
    colour: str,
    name: str,
    unit: str = "",
    place: tuple[int, int] | None = None,
) -> go.Figure:
    """Draw intervals along x as a line through marked points and its band: see :func:`add_band`.

    Args:
        fig: Drawn on, and returned.
        x: Where, shape ``(n,)``.
        found: An interval for each.
        colour: Of line and band.
        name: What is told of a point when it is pointed at.
        unit: Of the values.
        place: Row and column of a figure with several panels.
    """
    return add_band(
        fig,
        x,
        estimate=np.round([i.estimate for i in found], 4),
        low=np.round([i.low for i in found], 4),
        high=np.round([i.high for i in found], 4),
        colour=colour,
        name=name,
        unit=unit,
        markers=True,
        place=place,
    )


def interval_bars(
    found: Sequence[Interval], *, colour: str, thickness: float = 2
) -> dict[str, Any]:
    """Places and bars of dots that lie along x: ``x`` and ``error_x`` of a scatter trace.

    Args:
        found: An interval for each dot.
        colour: Of the bars.
        thickness: Of the bars, pixels.
    """
    return {
        "x": [round(i.estimate, 4) for i in found],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [round(i.high - i.estimate, 4) for i in found],
            "arrayminus": [round(i.estimate - i.low, 4) for i in found],
            "color": colour,
            "thickness": thickness,
            "width": 0,
        },
    }


def label_line(
    fig: go.Figure,
    *,
    x: float | str,
    y: float,
    text: str,
    colour: str,
    side: Literal["right", "left", "above", "below"] = "right",
) -> go.Figure:
    """Name a line where it is, instead of in a legend: a dot of its colour, then its name.

    The text is ink, so that it can be read in both themes; the dot carries the colour. A label
    at the right widens the right margin to its length.

    Args:
        fig: The figure; changed in place and returned.
        x: Position on the line, in data coordinates (plain numbers on a log axis too).
        y: Likewise.
        text: Name of the line; ``<br>`` breaks it.
        colour: Colour of the line.
        side: Side of the point on which the text stands.
    """
    if side == "right":
        room = 20 + 7 * max(len(line) for line in text.split("<br>"))
        fig.layout.margin.r = max(fig.layout.margin.r or 0, room)
    return fig.add_scatter(
        x=[x],
        y=[y],
        text=[f" {text} "],
        mode="markers+text",
        textposition=_TEXT_POSITIONS[side],
        marker={"color": colour, "size": 8},
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
        name=f"{text}, label",
    )


_TEXT_POSITIONS = {
    "right": "middle right",
    "left": "middle left",
    "above": "top center",
    "below": "bottom center",
}
