"""Figures of "What makes materials data different": small, sparse, biased, clustered, noisy."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.background.generalisation import FAMILIES, CompositionMap, LearningCurve, LeftOut
from matinf.background.materials_data import Emphasis, Replicates
from matinf.figures.element_pairs import element_pairs
from matinf.figures.marks import add_band, add_limit
from matinf.figures.palette import CATEGORICAL, COLOURS, with_alpha
from matinf.figures.periodic_table import periodic_table
from matinf.figures.template import new_figure

_FAMILY_COLOURS = dict(zip(FAMILIES, CATEGORICAL, strict=True))


def learning_curve(curve: LearningCurve, *, floor: float) -> go.Figure:
    """Error against training size on log axes, continued at its last pace down to ``floor``.

    Args:
        curve: The measured errors, eV.
        floor: Replicate error, eV, below the errors of the curve.
    """
    mean = curve.errors.mean(axis=0)
    bounds = [curve.interval(size) for size in curve.sizes]
    needed = float(curve.sizes[-1] * 2 ** curve.doublings_to(floor).estimate)
    fig = new_figure(
        alt=f"Line on logarithmic axes: the error on compositions left aside falls from "
        f"{mean[0]:.2f} eV with {curve.sizes[0]} training compositions to {mean[-1]:.2f} eV with "
        f"{curve.sizes[-1]:,}. Continued at its last pace it meets the replicate error of "
        f"{floor:.2f} eV near {_rounded(needed)} compositions.",
        height=440,
        wide=True,
    )
    fig.add_scatter(
        x=[float(curve.sizes[-1]), needed],
        y=[float(mean[-1]), floor],
        mode="lines",
        line={"color": COLOURS["accent"], "dash": "dot", "width": 1.5},
        hoverinfo="skip",
        showlegend=False,
        name="at the pace of the last doubling",
    )
    add_band(
        fig,
        curve.sizes,
        estimate=mean.round(4),
        low=np.round([b.low for b in bounds], 4),
        high=np.round([b.high for b in bounds], 4),
        colour=COLOURS["accent"],
        name="random forest",
        unit="eV",
        markers=True,
    )
    fig.add_scatter(
        x=[needed],
        y=[floor],
        mode="markers",
        marker={"color": COLOURS["accent"], "symbol": "circle-open", "size": 11},
        hovertemplate=f"{_rounded(needed)} compositions<extra></extra>",
        showlegend=False,
        name="floor reached",
    )
    add_limit(fig, floor, name=f"replicate error, {floor:.2f} eV", side="start")
    middle = float(np.sqrt(curve.sizes[-1] * needed))
    _note(fig, curve.sizes[3], mean[3], "measured", xanchor="left", yshift=16)
    slope_y = float(np.sqrt(mean[-1] * floor))
    _note(
        fig, middle, slope_y, "if the pace of the last<br>doubling held", xanchor="left", xshift=10
    )
    _note(fig, needed, floor, f"<b>{_rounded(needed)}</b><br>compositions", yshift=30, xshift=16)
    fig.update_xaxes(title_text="Training compositions", type="log", dtick=1)
    return fig.update_yaxes(
        title_text="Mean absolute error on non-metals (eV)",
        type="log",
        tickvals=[0.1, 0.2, 0.5, 1.0],
        range=[np.log10(0.09), np.log10(1.5)],
    )


def pair_coverage(counts: pd.DataFrame) -> go.Figure:
    """Draw which elements were ever measured together, families side by side.

    Args:
        counts: Compounds that hold both elements, from ``pair_counts``.
    """
    pairs = counts.to_numpy()[np.tril_indices(len(counts), -1)]
    widest = counts.gt(0).sum().idxmax()
    alt = (
        f"Triangle of cells, one for each pair of {len(counts)} elements. {np.sum(pairs > 0):,} of "
        f"{pairs.size:,} are filled; {widest} has been measured with the most elements."
    )
    return element_pairs(counts, label="Measured compounds", alt=alt)


def element_emphasis(emphasis: Emphasis) -> go.Figure:
    """Draw on the periodic table how over- or under-represented each element is."""
    over, under = emphasis.extremes(4)
    return periodic_table(
        emphasis.ratio.to_dict(),
        label="Share of measured over share of computed compounds",
        log=True,
        middle=1.0,
        value_format=".2f",
        missing="not in both sets",
        alt=f"Periodic table coloured by how often an element occurs among measured gaps, relative "
        f"to a computed set. Most over-represented are {', '.join(over)}; most under-represented "
        f"are {', '.join(under)}.",
    )


def gap_histogram(gaps: ArrayLike, *, width: float = 0.25) -> go.Figure:
    """Distribution of gaps, eV: those that are exactly zero stand as one bar of their own."""
    values = np.asarray(gaps, dtype=float)
    zeros, positive = int(np.sum(values == 0)), values[values > 0]
    edges = np.arange(0, positive.max() + width, width)
    counts = np.histogram(positive, edges)[0]
    fig = new_figure(
        alt=f"Histogram of {values.size:,} gaps. One bar of {zeros:,} stands at exactly zero; the "
        f"highest of the others, {width:g} eV wide, holds {counts.max()}.",
        height=300,
    )
    for name, x, y, bar, colour in (
        ("exactly zero", [-width / 2], [zeros], width, COLOURS["truth"]),
        ("measured", edges[:-1] + width / 2, counts, width, COLOURS["data"]),
    ):
        fig.add_bar(
            x=x,
            y=y,
            width=bar * 0.92,
            marker={"color": colour},
            name=name,
            showlegend=False,
            hovertemplate=f"{name}: %{{y:,}} compositions<extra></extra>",
        )
    said = f"<b>{zeros:,}</b> of {values.size:,}<br>exactly zero"
    fig.add_annotation(x=0.2, y=zeros, text=said, xanchor="left", yanchor="top", align="left")
    fig.update_xaxes(title_text="Band gap (eV)", showgrid=False, dtick=2)
    return fig.update_yaxes(title_text="Compositions")


def composition_map(drawn: CompositionMap) -> go.Figure:
    """Draw the map of composition space, coloured by chemical family, families named on it."""
    points = drawn.points
    fig = new_figure(
        alt=f"Map of {len(points):,} compositions in which neighbours have similar features. "
        "Families, which the map was not told, fall into islands: "
        f"{', '.join(f for f in FAMILIES if (points['family'] == f).any())}.",
        height=540,
        wide=True,
    )
    for family, colour in _FAMILY_COLOURS.items():
        of_family = points[points["family"] == family]
        fig.add_scatter(
            x=of_family["x"].round(2),
            y=of_family["y"].round(2),
            customdata=of_family["gap"].round(2),
            text=of_family["formula"],
            mode="markers",
            marker={"color": with_alpha(colour, 0.75), "size": 5},
            name=family,
            hovertemplate=f"<b>%{{text}}</b>, %{{customdata}} eV<br>{family}<extra></extra>",
        )
    fig.update_layout(legend={"itemsizing": "constant"}, margin={"l": 0, "r": 0, "b": 4})
    fig.update_xaxes(visible=False)
    return fig.update_yaxes(visible=False, scaleanchor="x")


def left_out(clusters: LeftOut, elements: LeftOut) -> go.Figure:
    """Error when a group is held back whole against the error of random folds, group by group."""
    largest = elements.names[int(np.argmax(elements.optimism))]
    fig = new_figure(
        alt=f"Scatter on logarithmic axes of {len(clusters.names)} clusters and "
        f"{len(elements.names)} elements: error when held back whole against error of a random "
        f"split on the same compounds. {int(np.sum(clusters.optimism > 1))} clusters and "
        f"{int(np.sum(elements.optimism > 1))} elements lie above the line of equal errors; "
        f"{largest} lies farthest, {elements.optimism.max():.1f} times above it.",
        height=560,
        wide=True,
    )
    values = np.concatenate(
        [clusters.random, elements.random, clusters.left_out, elements.left_out]
    )
    low, high = values.min() / 1.15, values.max() * 1.15
    for factor, name in ((1, "as good as promised"), (2, "twice the error"), (3, "three times")):
        _ray(fig, factor, name, low, high)
    fig.add_scatter(**_groups(clusters, "cluster", "markers", COLOURS["explore"]))
    fig.add_scatter(**_groups(elements, "element", "text", COLOURS["exploit"]))
    fig.update_xaxes(title_text="Error promised by random folds (eV)", **_log_axis(low, high))
    return fig.update_yaxes(title_text="Error when held back whole (eV)", **_log_axis(low, high))


def replicate_strips(reports: Replicates, *, n: int = 16, highlight: str = "AlP") -> go.Figure:
    """Every report of the most reported compositions as a dot, one row per composition.

    Args:
        reports: The replicated measurements, eV.
        n: How many compositions, the most reported; ``highlight`` is always among them.
        highlight: The composition that stands out.
    """
    chosen = list(reports.counts.index[:n])
    chosen = chosen if highlight in chosen else [*chosen[:-1], highlight]
    table = reports.reports[reports.reports["composition"].isin(chosen)]
    gaps: Mapping[str, pd.Series] = dict(iter(table.groupby("composition")["gap"]))
    order = sorted(chosen, key=lambda c: gaps[c].median())
    marked = gaps[highlight]
    fig = new_figure(
        alt=f"Rows of dots: all reported gaps of {n} compositions. The reports of {highlight} run "
        f"from {marked.min():.2f} to {marked.max():.2f} eV.",
        height=70 + 27 * n,
        wide=True,
    )
    for composition in order:
        values = np.sort(gaps[composition].to_numpy())
        colour = COLOURS["truth"] if composition == highlight else COLOURS["data"]
        fig.add_scatter(
            x=values,
            y=[composition] * values.size,
            mode="lines+markers",
            line={"color": with_alpha(colour, 0.4), "width": 1.5},
            marker={"color": with_alpha(colour, 0.7), "size": 9},
            name=composition,
            showlegend=False,
            hovertemplate=f"{composition}: %{{x}} eV, one of {values.size} reports<extra></extra>",
        )
    fig.update_xaxes(title_text="Reported band gap (eV)", rangemode="tozero")
    return fig.update_yaxes(showgrid=False, tickfont={"size": 12})


def _groups(groups: LeftOut, kind: str, mode: str, colour: str) -> dict[str, object]:
    return {
        "x": groups.random.round(4),
        "y": groups.left_out.round(4),
        "text": groups.names,
        "customdata": np.stack([groups.optimism.round(2), groups.n_test], axis=1),
        "mode": mode,
        "marker": {"color": with_alpha(colour, 0.35), "size": 16, "line": {"color": colour}},
        "textfont": {"color": colour, "size": 14},
        "name": kind,
        "showlegend": False,
        "hovertemplate": f"{kind} <b>%{{text}}</b>, %{{customdata[1]}} compositions<br>random "
        "folds %{x:.2f} eV, held back %{y:.2f} eV<br>%{customdata[0]:.1f} times<extra></extra>",
    }


def _ray(fig: go.Figure, factor: int, name: str, low: float, high: float) -> None:
    end = high / factor
    dash = "dash" if factor == 1 else "dot"
    line = {"color": COLOURS["limit" if factor == 1 else "muted"], "width": 1.25, "dash": dash}
    fig.add_scatter(
        x=[low, end],
        y=[low * factor, high],
        mode="lines",
        line=line,
        hoverinfo="skip",
        showlegend=False,
        name=name,
    )
    start = float(np.log10(low * 1.05)), float(np.log10(low * factor * 1.05))
    fig.add_annotation(
        x=start[0], y=start[1], text=name, xanchor="left", yanchor="bottom", font={"size": 12}
    )


def _log_axis(low: float, high: float) -> dict[str, object]:
    ticks = [tick for tick in (0.05, 0.1, 0.2, 0.5, 1.0, 2.0) if low <= tick <= high]
    return {"type": "log", "range": [np.log10(low), np.log10(high)], "tickvals": ticks}


def _note(fig: go.Figure, x: float, y: float, text: str, **place: object) -> None:
    at = {"x": float(np.log10(x)), "y": float(np.log10(y))}
    fig.add_annotation(**at, text=text, align="left", font={"size": 12}, **place)


def _rounded(count: float) -> str:
    """Write a guess of a count with one digit: ``4 million``, ``300,000``."""
    digit = 10 ** int(np.floor(np.log10(count)))
    value = round(count / digit) * digit
    return f"{value / 1e6:,.0f} million" if value >= 1e6 else f"{value:,}"
