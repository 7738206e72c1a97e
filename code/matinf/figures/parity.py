"""Predicted against measured: a cloud of points, or its density where there are many."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.figures.checks import same_shape
from matinf.figures.colour_bar import ColourMap
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.figures.ticks import linear_ticks

_MOST_POINTS = 1500  # beyond this a cloud is drawn as a density: lighter, and easier to read


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
    x, y = same_shape(observed, predicted)
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
    shades = colours.z(np.where(counts > 0, counts, np.nan)).round(3)
    filled = [np.flatnonzero(row).max(initial=-1) + 1 for row in counts]
    return go.Heatmap(
        x=centres,
        y=centres,
        # Each row ends at its last sample: half the weight of a full square.
        z=[
            [None if np.isnan(v) else v for v in row[:n].tolist()]
            for row, n in zip(shades, filled, strict=True)
        ],
        customdata=[row[:n].astype(int).tolist() for row, n in zip(counts, filled, strict=True)],
        **colours.trace_settings("Samples", len=0.4, **bar),
        hovertemplate=f"measured %{{x:.2f}} {unit}<br>predicted %{{y:.2f}} {unit}<br>"
        "samples: %{customdata}<extra></extra>",
        hoverongaps=False,
    )
