"""Figures of the page on representations: features, molecules, the matrix and its outliers."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

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
        x=first["mean"],
        y=-0.24,
        text="average deviation",
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


def feature_correlation(
    found: CorrelationClusters, *, labels: Mapping[str, str], step: int = 2
) -> go.Figure:
    """How strongly every column goes with every other, related columns side by side.

    Args:
        found: From :func:`matinf.background.feature_matrix.correlation_clusters`.
        labels: What up to three of the clusters say, by any of their columns; these are outlined.
        step: Correlations are rounded to so many hundredths, which keeps the page light.

    Raises:
        KeyError: if no cluster holds a column that is to be labelled.
        ValueError: if there are more labels than there is room for.
    """
    if len(labels) > len(_HEIGHTS):
        raise ValueError(f"labels: expected at most {len(_HEIGHTS)}, got {len(labels)}")
    names, rho = list(found.correlation.columns), found.correlation.to_numpy()
    named = {words: found.containing(column) for column, words in labels.items()}
    alt = (
        f"Absolute rank correlation between {len(names)} features as a triangular map. Blocks "
        f"along the diagonal are groups of related features, {len(found.clusters)} in all; "
        + ", ".join(f"{len(cluster)} columns on {words}" for words, cluster in named.items())
    )
    fig = new_figure(alt=f"{alt}.", height=560)
    fig.layout.meta = {**fig.layout.meta, "narrow_height": 420}
    percent = (np.round(100 * rho / step) * step).astype(int)
    fig.add_heatmap(
        z=[row[: i + 1] + [None] * (len(row) - i - 1) for i, row in enumerate(percent.tolist())],
        x=names,
        y=names,
        zmin=0,
        zmax=100,
        colorbar=_BAR_IN_THE_CORNER,
        hovertemplate="%{x}<br>%{y}<br>|ρ| = %{z} %<extra></extra>",
        hoverongaps=False,
    )
    places = sorted((names.index(cluster[0]), words) for words, cluster in named.items())
    for (first, words), height in zip(places, _HEIGHTS, strict=False):
        _point_out(fig, first, len(named[words]), words, height * len(names))
    bare = {"showticklabels": False, "showgrid": False, "constrain": "domain"}
    fig.update_xaxes(**bare)
    fig.update_yaxes(**bare, autorange="reversed", scaleanchor="x", scaleratio=1)
    return fig.update_layout(margin={"l": 8, "r": 8, "b": 52, "t": 8})


_BAR_IN_THE_CORNER = {
    "title": {"text": "|ρ| (%)", "side": "top"},
    "tickvals": [0, 50, 100],
    "orientation": "h",
    "len": 0.45,
    "x": 0,
    "xanchor": "left",
    "y": -0.02,
    "yanchor": "top",
    "ypad": 0,
}


# Where the names of up to three blocks stand in the empty half, from the first block to the last,
# as a share of its height: none crosses the line of another.
_HEIGHTS = (0.1, 0.29, 0.18)


def _point_out(fig: go.Figure, first: int, size: int, words: str, height: float) -> None:
    """Outline a block on the diagonal, and name it from the empty half of the map."""
    low, high = first - 0.5, first + size - 0.5
    fig.add_shape(type="rect", x0=low, x1=high, y0=low, y1=high, name=words)
    fig.add_shape(type="line", x0=high, x1=high, y0=height, y1=low, name=f"to {words}")
    fig.add_annotation(x=high, y=height, xanchor="right", text=f"{words} ({size})", xshift=-4)


def neighbour_map(
    table: pd.DataFrame, formulas: Sequence[str], *, named: Sequence[str], usual: float = 0.9
) -> go.Figure:
    """How lonely each composition is, against how much its gap differs from its neighbours'.

    Args:
        table: From :func:`matinf.background.outliers.neighbour_check`.
        formulas: Name of each row.
        named: Formulas to point out.
        usual: Share of the rows, by distance and by difference, that get no name to hover over:
            they only make the cloud, and leave the page light.
    """
    names = np.asarray(formulas, dtype=object)
    distance, surprise = table["distance"].to_numpy(), table["surprise"].to_numpy()
    alt = (
        f"{len(table)} compositions: distance to the five nearest others (logarithmic) against "
        f"the gap minus the median gap of those five. Most lie between "
        f"{np.quantile(surprise, 0.05):.1f} and {np.quantile(surprise, 0.95):.1f} eV; "
        f"{', '.join(named)} are pointed out."
    )
    fig = new_figure(alt=alt, height=460)
    chosen = np.isin(names, list(named))
    far = distance > np.quantile(distance, usual)
    unlike = np.abs(surprise) > np.quantile(np.abs(surprise), usual)
    for mask, colour, size in (
        (~chosen & ~far & ~unlike, with_alpha(COLOURS["data"], 0.5), 5),
        (~chosen & (far | unlike), with_alpha(COLOURS["data"], 0.7), 5),
        (chosen, COLOURS["truth"], 9),
    ):
        _add_compositions(fig, distance[mask], surprise[mask], names[mask], colour, size)
    fig.data[0].update(text=None, hoverinfo="skip", hovertemplate=None, name="usual")
    for row in np.flatnonzero(chosen):
        fig.add_annotation(
            x=np.log10(distance[row]),
            y=surprise[row],
            text=_subscripted(names[row]),
            **({"xanchor": "right", "xshift": -8} if distance[row] > 20 else {"yshift": 13}),
        )
    fig.update_xaxes(
        type="log",
        title_text="Distance to its five nearest (standard deviations)",
        tickvals=[0.3, 1, 3, 10, 30, 100],
    )
    return fig.update_yaxes(title_text="Gap minus that of its neighbours (eV)")


def _add_compositions(
    fig: go.Figure,
    distance: NDArray[np.float64],
    surprise: NDArray[np.float64],
    names: NDArray[np.object_],
    colour: str,
    size: int,
) -> None:
    fig.add_scatter(  # lists of few digits: a third of the weight of packed floats
        x=[float(f"{value:.3g}") for value in distance],
        y=[round(float(value), 2) for value in surprise],
        text=list(names),
        mode="markers",
        marker={"size": size, "color": colour},
        hovertemplate="<b>%{text}</b><br>%{y:+.2f} eV from its neighbours<br>"
        "at a distance of %{x}<extra></extra>",
        showlegend=False,
        name="unusual",
    )


def _subscripted(formula: str) -> str:
    """``SrTiO3`` with its numbers set low, in the HTML that Plotly reads."""
    return re.sub(r"([0-9.]+)", r"<sub>\1</sub>", formula)
