"""A name that points at what it names."""

from __future__ import annotations

import plotly.graph_objects as go


def add_pointer(
    fig: go.Figure,
    text: str,
    *,
    at: tuple[float, float],
    stands: tuple[float, float],
    colour: str,
    anchor: str = "center",
) -> None:
    """Draw a name that stands apart, with a line to what it names; in data coordinates."""
    fig.add_annotation(
        x=at[0],
        y=at[1],
        ax=stands[0],
        ay=stands[1],
        axref="x",
        ayref="y",
        text=text,
        align="left",
        xanchor=anchor,
        showarrow=True,
        arrowhead=0,
        arrowwidth=1.5,
        arrowcolor=colour,
        font={"size": 12},
    )
