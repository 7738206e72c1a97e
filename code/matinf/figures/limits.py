"""Lines that mark what cannot be passed, with their names."""

from typing import Literal

import plotly.graph_objects as go

from matinf.figures.palette import COLOURS


def add_limit(
    fig: go.Figure,
    value: float,
    *,
    name: str,
    axis: Literal["x", "y"] = "y",
    side: Literal["start", "end"] = "end",
) -> go.Figure:
    """Draw what cannot be passed: a thin dashed line across the plot with its name on it.

    Args:
        fig: The figure; changed in place and returned.
        value: Where, in data coordinates.
        name: What limits, with its value and unit: ``"replicate error, 0.12 eV"``.
        axis: The axis on which ``value`` lies; ``"y"`` draws a horizontal line.
        side: Which end of the line carries the name.
    """
    across = "x" if axis == "y" else "y"
    ends = {f"{across}0": 0, f"{across}1": 1, f"{across}ref": f"{across} domain"}
    return fig.add_shape(
        type="line",
        **ends,
        **{f"{axis}0": value, f"{axis}1": value, f"{axis}ref": axis},
        line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
        label={"text": name, "textposition": side, "yanchor": "bottom", "font": {"size": 12}},
        name=name,
    )


def add_limit_above(
    fig: go.Figure,
    value: float,
    name: str,
    *,
    colour: str = COLOURS["limit"],
    anchor: Literal["left", "center", "right"] | None = None,
    room: int = 44,
) -> None:
    """Draw a dashed vertical line whose name lies flat above it.

    Args:
        fig: The figure; changed in place.
        value: Where, in data coordinates.
        name: What limits; may have several lines.
        colour: Of the line.
        anchor: Which part of the name stands at the line.
        room: Pixels that the name needs above the plot, at least.
    """
    line = {"color": colour, "width": 1.5, "dash": "dash"}
    fig.add_shape(
        type="line", x0=value, x1=value, y0=0, y1=1, yref="y domain", line=line,
        name=name.replace("<br>", " "),
    )  # fmt: skip
    fig.add_annotation(
        x=value, y=1, yref="y domain", yanchor="bottom", xanchor=anchor, text=name,
        font={"size": 12},
    )  # fmt: skip
    fig.layout.margin.t = max(fig.layout.margin.t or 0, room)
