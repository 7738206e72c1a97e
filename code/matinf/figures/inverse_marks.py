"""What the figures of "The inverse problem" are drawn with."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.figures.palette import COLOURS
from matinf.intervals import Interval
from matinf.physics.cooling import Readings

Vector = NDArray[np.float64]
DASH = {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"}
"""A line that nothing can pass, or that all should keep to."""


ROOM = {"margin": {"t": 44}}
"""Room for the titles of panels."""


def in_per_cent(share: Interval) -> Interval:
    """A share as a percentage."""
    return Interval(
        estimate=100 * share.estimate, low=100 * share.low, high=100 * share.high, level=share.level
    )


def add_readings(fig: go.Figure, readings: Readings, *, place: int) -> None:
    """Draw readings into a panel."""
    fig.add_scatter(
        x=readings.t.round(2),
        y=readings.T.round(2),
        mode="markers",
        marker={"color": COLOURS["data"], "size": 8},
        name="readings",
        hovertemplate="%{x:.0f} s: %{y:.1f} °C<extra></extra>",
        row=place,
        col=1,
    )


def add_line(
    fig: go.Figure,
    x: ArrayLike,
    y: Vector,
    name: str,
    *,
    place: int,
    colour: str = COLOURS["truth"],
    dash: str = "solid",
    unit: str = "°C",
    named: bool = True,
) -> None:
    """Draw a line into a panel."""
    fig.add_scatter(
        x=x,
        y=np.asarray(y, dtype=float).round(3),
        mode="lines",
        line={"color": colour, "width": 2, "dash": dash},
        name=name,
        showlegend=named,
        hovertemplate=f"{name}: %{{y:.2f}} {unit}<extra></extra>",
        row=place,
        col=1,
    )
