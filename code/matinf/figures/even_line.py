"""Lines over evenly spaced places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def add_even_line(
    fig: go.Figure,
    x: Vector,
    y: Vector,
    name: str,
    *,
    where: Mapping[str, int],
    line: Mapping[str, Any],
    digits: int,
    **more: Any,
) -> None:
    """Draw a line that needs no list of its places: pages stay light.

    Args:
        fig: The figure; changed in place.
        x: Places, shape ``(n,)``, evenly spaced.
        y: Heights, same shape.
        name: What it shows, for those who do not see it.
        where: Its panel, ``row`` and ``col``, or nothing.
        line: Its style, as Plotly takes it.
        digits: Digits kept of the heights.
        **more: What else is to be said of the line, such as ``fill``.
    """
    fig.add_scatter(
        x0=float(x[0]),
        dx=float(np.ptp(x)) / (x.size - 1),
        y=y.round(digits),
        mode="lines",
        line=dict(line),
        name=name,
        hoverinfo="skip",
        showlegend=False,
        **where,
        **more,
    )
