"""Marks that figures share: a line with its band, a name at its end, a limit, a parity plot."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.figures.colour_bar import ColourMap
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.figures.ticks import linear_ticks

_MOST_POINTS = 1500  # beyond this a cloud is drawn as a density: lighter, and easier to read


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

    Raises:
        ValueError: if the shapes differ.
    """
    xs, mid, lower, upper = _same_shape(x, estimate, low, high)
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
    )


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


def parity(
    observed: ArrayLike,
    predicted: ArrayLike,
    *,
    label: str,
    unit: str,
    alt: str,
    text: Sequence[str] | None = None,
    colour: str = COLOURS["data"],
) -> go.Figure:
    """Predicted against observed on equal axes; a perfect model lies on the diagonal.

    Args:
        observed: Shape ``(n_samples,)``.
        predicted: Same shape and unit.
        label: What it is, lower case: ``"band gap"``.
        unit: Unit of both axes.
        alt: Alternative text.
        text: Name of each sample for hover text. Above 1,500 samples the figure shows how many
            fall into each small square instead, and names none.
        colour: Colour of the points.

    Raises:
        ValueError: if the shapes differ.
    """
    x, y = _same_shape(observed, predicted)
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    pad = 0.03 * (high - low or 1.0)
    span = (low - pad, high + pad)
    fig = new_figure(alt=alt, height=400)
    if x.size > _MOST_POINTS:
        fig.add_trace(_density(x, y, span, unit))
    else:
        fig.add_trace(_cloud(x, y, unit, text, colour))
    fig.add_shape(type="line", x0=span[0], y0=span[0], x1=span[1], y1=span[1], name="parity")
    both = {"range": span, "constrain": "domain", "tickvals": linear_ticks(*span)}
    fig.update_xaxes(title_text=f"Measured {label} ({unit})", constraintoward="left", **both)
    return fig.update_yaxes(
        title_text=f"Predicted {label} ({unit})", scaleanchor="x", scaleratio=1, **both
    )


def _cloud(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    unit: str,
    text: Sequence[str] | None,
    colour: str,
) -> go.Scatter:
    name = "<b>%{text}</b><br>" if text is not None else ""
    return go.Scatter(
        x=x,
        y=y,
        text=text,
        mode="markers",
        marker={"color": with_alpha(colour, 0.55), "size": 6},
        showlegend=False,
        hovertemplate=f"{name}measured %{{x:.3~g}} {unit}<br>predicted %{{y:.3~g}} {unit}"
        "<extra></extra>",
    )


def _density(
    x: NDArray[np.float64], y: NDArray[np.float64], span: tuple[float, float], unit: str
) -> go.Heatmap:
    edges = np.linspace(span[0], span[1], 61)
    counts = np.histogramdd((y, x), bins=(edges, edges))[0]
    centres = np.round((edges[:-1] + edges[1:]) / 2, 4)
    colours = ColourMap(low=1, high=float(counts.max()), log=True)
    # Beside the square on a wide screen, in its empty lower corner on a phone.
    bar = {"orientation": "h", "x": 1, "xanchor": "right", "y": 0.04, "yanchor": "bottom"}
    return go.Heatmap(
        x=centres,
        y=centres,
        z=colours.z(np.where(counts > 0, counts, np.nan)).astype(np.float32),
        customdata=counts.astype(np.int16),
        **colours.trace_settings("Samples", len=0.4, **bar),
        hovertemplate=f"measured %{{x:.2f}} {unit}<br>predicted %{{y:.2f}} {unit}<br>"
        "samples: %{customdata}<extra></extra>",
        hoverongaps=False,
    )


def _same_shape(*arrays: ArrayLike) -> list[NDArray[np.float64]]:
    vectors = [np.asarray(array, dtype=float) for array in arrays]
    shapes = [vector.shape for vector in vectors]
    if vectors[0].ndim != 1 or len(set(shapes)) > 1:
        raise ValueError(f"expected vectors of one length, got {shapes}")
    return vectors
