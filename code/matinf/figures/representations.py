"""Figures of the page on representations: features, the matrix, and importances."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from matinf.background.importance import RANDOM_COLUMN, CopiesResult, ImportanceResult
from matinf.background.representations import CorrelationClusters, FeatureSteps
from matinf.features import magpie_quantities
from matinf.figures.molecule import molecule
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import describe, new_figure
from matinf.intervals import mean_interval

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
    unit = f" ({quantity.unit})" if quantity.unit else ""
    fig.update_xaxes(title_text=f"{label}{unit}")
    return fig.update_yaxes(
        tickvals=list(range(len(steps))),
        ticktext=[f"<b>{s.formula}</b>" for s in reversed(steps)],
        range=[-0.55, len(steps) - 0.35],
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
            text=formulas[row],
            yshift=13,
            xanchor="right" if distance[row] > 20 else "center",
        )
    fig.update_xaxes(
        type="log",
        title_text="Distance to its five nearest (standard deviations)",
        tickvals=[0.3, 1, 3, 10, 30, 100],
    )
    return fig.update_yaxes(title_text="Gap minus that of its neighbours (eV)")


def importance_of_copies(
    every_column: CopiesResult, some_columns: CopiesResult, *, some: str
) -> go.Figure:
    """What a feature seems worth when copies of it stand beside it, in two kinds of forest.

    Args:
        every_column: From a forest whose every split may use every column.
        some_columns: From a forest whose splits see a random part of the columns.
        some: That part in words: ``"A third"``.
    """
    titles = ["All columns per split", f"{some} per split"]
    fig = make_subplots(
        2, 2, shared_yaxes=True, shared_xaxes=True, subplot_titles=[*titles, "", ""],
        vertical_spacing=0.09, horizontal_spacing=0.06,
    )  # fmt: skip
    frame = new_figure(alt=_copies_alt(every_column, some_columns), height=600)
    fig.update_layout(template=frame.layout.template, height=600, meta=frame.layout.meta)
    for column, result in enumerate((every_column, some_columns), start=1):
        x = 1 + np.array(result.counts)
        for row, kind in enumerate(("impurity", "permutation"), start=1):
            scale = 100 if kind == "impurity" else 1
            for part, colour in (("together", "explore"), ("original", "no_transfer")):
                values = scale * getattr(result, f"{kind}_{part}")
                _add_repeats(fig, x, values, part, COLOURS[colour], (row, column))
        fig.add_scatter(
            x=x,
            y=100 * result.split_evenly,
            mode="lines",
            line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
            hovertemplate="shared evenly: %{y:.1f} %<extra></extra>",
            showlegend=False,
            name="shared evenly",
            row=1,
            col=column,
        )
    return _finish_copies(fig, every_column)


def _finish_copies(fig: go.Figure, result: CopiesResult) -> go.Figure:
    counts = 1 + np.array(result.counts)
    fig.update_xaxes(type="log", tickvals=counts, ticktext=[str(c) for c in counts])
    fig.update_xaxes(title_text="Equal columns", row=2)
    fig.update_yaxes(rangemode="tozero")
    fig.update_yaxes(title_text="Impurity importance (%)", row=1, col=1)
    fig.update_yaxes(title_text="Permutation importance (eV)", row=2, col=1)
    fig.update_annotations(font={"size": 13})
    labels = (
        ("all of them", "explore", result.impurity_together, 0),
        ("the original", "no_transfer", result.impurity_original, 0),
    )
    for text, colour, values, place in labels:
        fig.add_annotation(
            x=np.log10(counts[place]) + 0.32,
            y=100 * values[2 if text == "all of them" else 1].mean(),
            yshift=18,
            text=f'<span style="color:{COLOURS[colour]}">●</span> {text}',
            row=1,
            col=1,
        )
    fig.add_annotation(
        x=np.log10(counts[-1]),
        y=100 * result.split_evenly[-1],
        text="shared evenly",
        xanchor="right",
        yshift=-13,
        font={"size": 12},
        row=1,
        col=1,
    )
    return fig


def _add_repeats(
    fig: go.Figure,
    x: NDArray[np.int64],
    values: NDArray[np.float64],
    name: str,
    colour: str,
    place: tuple[int, int],
) -> None:
    """Mean over repeats as a line, its interval as a band."""
    intervals = [mean_interval(row) for row in values]
    mean, low, high = (
        np.array([getattr(i, end) for i in intervals]).round(4)
        for end in ("estimate", "low", "high")
    )
    where = {"row": place[0], "col": place[1]}
    fig.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([low, high[::-1]]),
        fill="toself",
        fillcolor=with_alpha(colour, 0.2),
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
        name=f"{name}, interval",
        **where,
    )
    fig.add_scatter(
        x=x,
        y=mean,
        mode="lines+markers",
        line={"color": colour},
        marker={"color": colour},
        customdata=np.stack([low, high], axis=1),
        hovertemplate=f"{name}: %{{y:.3~g}} (%{{customdata[0]:.3~g}} to %{{customdata[1]:.3~g}})"
        "<extra></extra>",
        showlegend=False,
        name=name,
        **where,
    )


def _copies_alt(every: CopiesResult, some: CopiesResult) -> str:
    def change(result: CopiesResult, kind: str) -> str:
        values = getattr(result, f"impurity_{kind}").mean(axis=1)
        return f"from {100 * values[0]:.0f} to {100 * values[-1]:.0f} percent"

    return (
        f"Importance of one feature as equal columns grow from 1 to {1 + every.counts[-1]}. Where "
        f"a split sees all columns, the original's impurity importance goes "
        f"{change(every, 'original')} and that of all copies together {change(every, 'together')}; "
        f"where it sees some of them, {change(some, 'original')} and {change(some, 'together')}. "
        f"Permutation importance of the original falls as well."
    )


def importance_three_ways(result: ImportanceResult, *, n_groups: int = 8) -> go.Figure:
    """Groups of related features: share of impurity, worth of the best column, worth of all.

    Args:
        result: From :func:`matinf.background.importance.importances`.
        n_groups: How many groups, those worth most when shuffled together; the column of random
            numbers is added below.
    """
    worth = result.together.mean().drop(RANDOM_COLUMN).sort_values(ascending=False)
    keys = [*worth.index[:n_groups], RANDOM_COLUMN]
    best = {key: str(result.permutation[list(result.groups[key])].mean().idxmax()) for key in keys}
    fig = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.07)
    frame = new_figure(alt=_three_ways_alt(result, keys, best), height=110 + 52 * len(keys))
    fig.update_layout(template=frame.layout.template, height=frame.layout.height)
    describe(fig, alt=frame.layout.meta["alt"])
    rows = np.arange(len(keys))[::-1]
    columns = [best[key] for key in keys]
    _add_dots(fig, rows, 100 * result.impurity[columns], "best column", "muted", 1)
    _add_dots(fig, rows, result.permutation[columns], "best column alone", "no_transfer", 2)
    _add_dots(fig, rows, result.together[keys], "whole group", "explore", 2)
    for row, key in zip(rows, keys, strict=True):
        fig.add_annotation(
            text=_group_label(best[key], len(result.groups[key])),
            x=0,
            xref="paper",
            xanchor="left",
            y=row + 0.42,
            yref="y",
            font={"size": 12},
        )
    chance = 100 * result.impurity[RANDOM_COLUMN].mean()
    for row in rows:  # a dashed line, interrupted where the names stand
        for x, column, name in ((chance, 1, "random numbers"), (0, 2, "of no use")):
            fig.add_shape(
                type="line",
                x0=x,
                x1=x,
                y0=row - 0.35,
                y1=row + 0.22,
                layer="below",
                line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
                name=name,
                row=1,
                col=column,
            )
    fig.update_yaxes(visible=False, range=[-0.5, len(keys) - 0.35])
    fig.update_xaxes(title_text="Impurity (%)", rangemode="tozero", row=1, col=1)
    fig.update_xaxes(title_text="Permutation (eV)", row=1, col=2)
    return fig.update_layout(legend={"y": 1.0}, margin={"l": 12})


def _add_dots(
    fig: go.Figure, rows: NDArray[np.int64], values: pd.DataFrame, name: str, role: str, col: int
) -> None:
    mean, std = values.mean().to_numpy(), values.std().to_numpy()
    fig.add_scatter(
        x=mean.round(4),
        y=rows,
        error_x={"array": std.round(4), "thickness": 1.5, "width": 0},
        mode="markers",
        marker={"color": COLOURS[role], "size": 9},
        hovertemplate=f"{name}: %{{x:.3~g}} ± %{{error_x.array:.2~g}}<extra></extra>",
        showlegend=col == 2,
        name=name,
        row=1,
        col=col,
    )


def _group_label(column: str, size: int) -> str:
    if column == RANDOM_COLUMN:
        return "A column of random numbers"
    more = f" <i>+ {size - 1}</i>" if size > 1 else ""
    return f"{magpie_quantities()[column].label}{more}"


def _three_ways_alt(result: ImportanceResult, keys: list[str], best: dict[str, str]) -> str:
    top = keys[0]
    alone, together = result.permutation[best[top]].mean(), result.together[top].mean()
    return (
        f"Importance of {len(keys) - 1} groups of related features and of a column of random "
        f"numbers. Shuffled as one, the first group of {len(result.groups[top])} columns adds "
        f"{together:.2f} eV to the error; its best column alone adds {alone:.2f} eV. Bars are one "
        f"standard deviation over {len(result.errors)} repeats."
    )
