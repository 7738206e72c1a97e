"""Figures of the data cards."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.figures.template import COLOURS, new_figure
from matinf.quantities import Quantity


def distribution(
    values: ArrayLike, *, quantity: Quantity, n_bins: int = 60, height: int = 300
) -> go.Figure:
    """How often each value of one column occurs, as bars.

    Args:
        values: The column, shape ``(n,)``, in the quantity's unit; NaN is left out.
        quantity: What the column holds.
        n_bins: Number of bars, all equally wide.
        height: Height in pixels.

    Raises:
        ValueError: if no value is finite.
    """
    numbers = np.asarray(values, dtype=float).ravel()
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        raise ValueError(f"values: expected a finite {quantity.name}, got none")
    counts, edges = np.histogram(numbers, bins=n_bins)
    unit = f" {quantity.unit}" if quantity.unit else ""
    fig = new_figure(alt=_alt(numbers, quantity), height=height)
    fig.add_bar(
        x=np.round((edges[:-1] + edges[1:]) / 2, 6),
        y=counts,
        width=np.diff(edges).round(6),
        marker={"color": COLOURS["data"], "line": {"width": 0}},
        hovertemplate=f"%{{x:.4g}}{unit}: %{{y:,}}<extra></extra>",
        showlegend=False,
    )
    fig.update_layout(bargap=0.06)
    fig.update_xaxes(title_text=quantity.axis, showgrid=False)
    return fig.update_yaxes(title_text="Rows")


def _alt(numbers: NDArray[np.float64], quantity: Quantity) -> str:
    low, quarter, half, three_quarters, high = np.quantile(numbers, [0, 0.25, 0.5, 0.75, 1])
    unit = f" {quantity.unit}" if quantity.unit else ""
    return (
        f"Histogram. {quantity.label} of {numbers.size:,} rows runs from {low:.3g} to {high:.3g}"
        f"{unit}; half of them lie between {quarter:.3g} and {three_quarters:.3g}{unit}, "
        f"and the median is {half:.3g}{unit}."
    )
