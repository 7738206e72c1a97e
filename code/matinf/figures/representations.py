"""Figures of the page on representations: features, molecules, the matrix and its outliers."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.background.feature_matrix import CorrelationClusters
from matinf.background.representations import FeatureSteps
from matinf.figures.importance import importance_of_copies, importance_three_ways
from matinf.figures.molecule import molecule
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure

__all__ = [
    "feature_correlation",
    "importance_of_copies",
    "importance_three_ways",
    "molecule",
    "neighbour_map",
    "property_statistics",
]


_PLAIN = {"opacity": 1, "line": {"width": 0}}


def property_statistics(steps: Sequence[FeatureSteps]) -> go.Figure:
    """Each compound's elements on the axis of one property, and the statistics made of them.

    Args:
        steps: One per compound, all of one property.
    """
    quantity = steps[0].quantity
    label = quantity.label.removesuffix(", mean")
    alt = f"{label} of the elements in {', '.join(s.formula for s in steps)}, one row each: " + (
        "; ".join(
            f"{s.formula} has mean {s.statistics['mean']:.2f} and range {s.statistics['range']:.2f}"
            for s in steps
        )
    )
    fig = new_figure(alt=f"{alt}.", height=110 + 105 * len(steps))
    for row, step in enumerate(reversed(steps)):
        _draw_steps(fig, step, row)
    first = steps[-1].statistics  # name the marks once, in the lowest row
    fig.add_annotation(
        x=first["mean"] + first["avg_dev"],
        y=-0.16,
        text="one average deviation",
        xanchor="right",
        yanchor="top",
        font={"size": 11},
    )
    unit = f" ({quantity.unit})" if quantity.unit else ""
    fig.update_xaxes(title_text=f"{label}{unit}")
    return fig.update_yaxes(
        tickvals=list(range(len(steps))),
        ticktext=[f"<b>{_subscripted(s.formula)}</b>" for s in reversed(steps)],
        range=[-0.65, len(steps) - 0.35],
        showgrid=False,
    )


def _draw_steps(fig: go.Figure, step: FeatureSteps, row: int) -> None:
    mean, spread = step.statistics["mean"], step.statistics["avg_dev"]
    fig.add_shape(
        type="rect",
        x0=mean - spread,
        x1=mean + spread,
        y0=row - 0.16,
        y1=row + 0.16,
        line={"width": 0},
        fillcolor=with_alpha(COLOURS["accent"], 0.22),
        layer="below",
        name="average deviation",
    )
    ends = {"x0": step.statistics["minimum"], "x1": step.statistics["maximum"]}
    fig.add_shape(type="line", **ends, y0=row, y1=row, line={"width": 1}, layer="below")
    fig.add_shape(
        type="line",
        x0=mean,
        x1=mean,
        y0=row - 0.24,
        y1=row + 0.24,
        line={"width": 3, "color": COLOURS["accent"]},
    )
    fig.add_scatter(
        x=step.values,
        y=np.full(len(step.values), row),
        mode="markers",
        marker={"size": 9 + 26 * step.fractions, "color": COLOURS["no_transfer"], **_PLAIN},
        text=[f"{e}, {f:.0%} of atoms" for e, f in zip(step.elements, step.fractions, strict=True)],
        hovertemplate="%{text}: %{x:.2f}<extra></extra>",
        showlegend=False,
        name=step.formula,
    )
    for element, value in zip(step.elements, step.values, strict=True):
        fig.add_annotation(x=value, y=row, text=element, yshift=-26)
    fig.add_annotation(x=mean, y=row + 0.24, text=f"mean {mean:.2f}", yanchor="bottom")


def feature_correlation(found: CorrelationClusters, *, outlined: int = 6) -> go.Figure:
    """How strongly every column goes with every other, related columns side by side.

    Args:
        found: From :func:`matinf.background.representations.correlation_clusters`.
        outlined: How many of the largest clusters are outlined.
    """
    names, rho = list(found.correlation.columns), found.correlation.to_numpy()
    alt = (
        f"Absolute rank correlation between {len(names)} features as a square map. Blocks along "
        f"the diagonal are groups of related features; of {len(found.clusters)} groups the "
        f"largest holds {len(found.clusters[0])} columns."
    )
    fig = new_figure(alt=alt, height=560)
    fig.add_heatmap(
        z=np.round(100 * rho).astype(np.int8),
        x=names,
        y=names,
        zmin=0,
        zmax=100,
        colorbar={
            "title": {"text": "|ρ| (%)"},
            "tickvals": [0, 50, 100],
            "orientation": "h",
            "y": 1.0,
            "yanchor": "bottom",
            "len": 0.5,
            "x": 1.0,
            "xanchor": "right",
        },
        hovertemplate="%{x}<br>%{y}<br>|ρ| = %{z} %<extra></extra>",
    )
    for cluster in found.clusters[:outlined]:
        first = names.index(cluster[0]) - 0.5
        last = first + len(cluster)
        fig.add_shape(type="rect", x0=first, x1=last, y0=first, y1=last, name=cluster[0])
    hidden = {"showticklabels": False, "showgrid": False, "constrain": "domain"}
    fig.update_xaxes(**hidden)
    fig.update_yaxes(**hidden, autorange="reversed", scaleanchor="x", scaleratio=1)
    return fig.update_layout(margin={"l": 8, "r": 8, "b": 8, "t": 48})


def neighbour_map(
    table: pd.DataFrame,
    formulas: Sequence[str],
    gaps: ArrayLike,
    *,
    named: Sequence[str],
) -> go.Figure:
    """How lonely each composition is, against how much its gap differs from its neighbours'.

    Args:
        table: From :func:`matinf.background.representations.neighbour_check`.
        formulas: Name of each row.
        gaps: Measured gap of each row, eV.
        named: Formulas to point out.
    """
    distance, surprise = table["distance"].to_numpy(), table["surprise"].to_numpy()
    measured = np.asarray(gaps, dtype=float)
    alt = (
        f"{len(table)} compositions: distance to the five nearest others (logarithmic) against "
        f"the gap minus the median gap of those five. Most lie between "
        f"{np.quantile(surprise, 0.05):.1f} and {np.quantile(surprise, 0.95):.1f} eV; "
        f"{', '.join(named)} are pointed out."
    )
    fig = new_figure(alt=alt, height=460)
    chosen = np.isin(np.asarray(formulas, dtype=object), list(named))
    for mask, colour, size in ((~chosen, "data", 5), (chosen, "truth", 9)):
        fig.add_scatter(
            x=distance[mask].astype(np.float32),
            y=surprise[mask].astype(np.float32),
            customdata=measured[mask].astype(np.float32),
            text=np.asarray(formulas, dtype=object)[mask],
            mode="markers",
            marker={"size": size, "color": with_alpha(COLOURS[colour], 0.5 if size < 9 else 1)},
            hovertemplate="<b>%{text}</b>, %{customdata:.2f} eV<br>%{y:+.2f} eV from its "
            "neighbours<br>at a distance of %{x:.1f}<extra></extra>",
            showlegend=False,
            name="compositions" if colour == "data" else "pointed out",
        )
    for row in np.flatnonzero(chosen):
        fig.add_annotation(
            x=np.log10(distance[row]),
            y=surprise[row],
            text=_subscripted(formulas[row]),
            yshift=13,
            xanchor="right" if distance[row] > 20 else "center",
        )
    fig.update_xaxes(
        type="log",
        title_text="Distance to its five nearest (standard deviations)",
        tickvals=[0.3, 1, 3, 10, 30, 100],
    )
    return fig.update_yaxes(title_text="Gap minus that of its neighbours (eV)")


def _subscripted(formula: str) -> str:
    """``SrTiO3`` with its numbers set low, in the HTML that Plotly reads."""
    return re.sub(r"([0-9.]+)", r"<sub>\1</sub>", formula)
