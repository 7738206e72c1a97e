"""Figures of several panels, in the book's style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from matinf.figures.template import describe, themes


def panels(
    rows: int,
    cols: int = 1,
    *,
    height: int,
    alt: str,
    wide: bool = False,
    layout: Mapping[str, Any] | None = None,
    **subplots: Any,
) -> go.Figure:
    """Begin a figure of several panels, as :func:`~matinf.figures.template.new_figure` does of one.

    Args:
        rows: Panels below each other.
        cols: Panels beside each other.
        height: Of all of them, in pixels.
        alt: What the figure shows.
        wide: Draw it wider than the text where the screen allows.
        layout: What else is to be said of the whole figure.
        **subplots: How panels stand, as Plotly's ``make_subplots`` takes it.
    """
    fig = make_subplots(rows=rows, cols=cols, **subplots)
    fig.layout.template = themes()["light"]  # an update would leave parts of Plotly's own in it
    fig.update_layout(height=height, **layout or {})
    return describe(fig, alt=alt, wide=wide)
