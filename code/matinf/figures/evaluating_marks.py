"""What the figures of "Evaluating models" are drawn with."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.marks import interval_bars
from matinf.figures.palette import with_alpha
from matinf.intervals import Interval


def add_repeats(
    fig: go.Figure, values: ArrayLike, row: float, colour: str, name: str, unit: str = ""
) -> None:
    """Draw single repeats on a row."""
    points = np.asarray(values, dtype=float).round(4)
    fig.add_scatter(
        x=points,
        y=[row] * points.size,
        mode="markers",
        marker={"color": with_alpha(colour, 0.35), "size": 7},
        showlegend=False,
        name=name,
        hovertemplate=f"{name}: %{{x:.2f}} {unit}<extra></extra>",
    )


def add_mean(
    fig: go.Figure,
    mean: Interval,
    row: float,
    colour: str,
    name: str,
    unit: str = "",
    symbol: str = "circle",
) -> None:
    """Draw a mean with its interval on a row."""
    fig.add_scatter(
        **interval_bars([mean], colour=with_alpha(colour, 0.6), thickness=3),
        y=[row],
        mode="markers",
        marker={"color": colour, "size": 12, "symbol": symbol},
        showlegend=False,
        name=name,
        hovertemplate=f"{name}<br>{mean.text(unit)}<extra></extra>",
    )


def add_value(fig: go.Figure, x: float, y: float, text: str, **place: Any) -> None:
    """Write a short text at a point, in data coordinates, moved by pixels."""
    fig.add_annotation(x=x, y=y, text=text, font={"size": 12}, **place)
