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
from matinf.figures.template import describe, new_figure

_FAMILY_COLOURS = dict(zip(FAMILIES, CATEGORICAL, strict=True))


def learning_curve(curve: LearningCurve, *, floor: float) -> go.Figure:
    """Error against training size on log axes, continued at its last pace down to ``floor``.

    Args:
        curve: The measured errors, eV; the last doubling must have helped beyond doubt.
        floor: Replicate error, eV, below the errors of the curve.
    """
    mean = curve.errors.mean(axis=0)
    bounds = [curve.interval(size) for size in curve.sizes]
    doublings = curve.doublings_to(floor)
    few, likely, many = (
        float(curve.sizes[-1] * 2**k) for k in (doublings.low, doublings.estimate, doublings.high)
    )
    needed = f"{_rounded(few)} to {_rounded(many)}"
    fig = new_figure(
        alt=f"Line on logarithmic axes: the error on compositions left aside falls from "
        f"{mean[0]:.2f} eV with {curve.sizes[0]} training compositions to {mean[-1]:.2f} eV with "
        f"{curve.sizes[-1]:,}. Continued at its last pace it meets the replicate error, at most "
        f"{floor:.2f} eV, at {needed} compositions.",
        height=440,
        wide=True,
    )
    _wedge(fig, float(curve.sizes[-1]), float(mean[-1]), few, likely, many, floor)
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
    add_limit(fig, floor, name=f"replicate error, at most {floor:.2f} eV", side="start")
    mid = curve.sizes.size // 2
    _note(fig, curve.sizes[mid], mean[mid], "<b>measured</b>", xanchor="left", yanchor="bottom")
    halfway = float(np.sqrt(curve.sizes[-1] * likely)), float(np.sqrt(mean[-1] * floor))
    said = f"<b>at the last pace</b><br>{needed}<br>compositions to the floor"
    _note(fig, *halfway, said, xanchor="left", yanchor="bottom", xshift=14, yshift=8)
    fig.update_xaxes(
        title_text="Training compositions",
        type="log",
        tickvals=[1e2, 1e4, 1e6, 1e8],
        ticktext=["100", "10,000", "1<br>million", "100<br>million"],
        tickangle=0,
    )
    return fig.update_yaxes(
        title_text="Mean absolute error, non-metals (eV)",
        type="log",
        tickvals=[0.1, 0.2, 0.5, 1.0],
        range=[np.log10(0.09), np.log10(1.5)],
    )


def pair_coverage(counts: pd.DataFrame) -> go.Figure:
    """Draw which elements stand together in some compound, families side by side.

    Args:
        counts: Compounds that hold both elements, from ``pair_counts``.
    """
    pairs = counts.to_numpy()[np.tril_indices(len(counts), -1)]
    widest = counts.gt(0).sum().idxmax()
    alt = (
        f"Triangle of cells, one for each pair of {len(counts)} elements. {np.sum(pairs > 0):,} of "
        f"{pairs.size:,} are filled; {widest} stands with the most elements."
    )
    fig = element_pairs(counts, label="Compounds", alt=alt, height=620)
    # Room beside the diagonal for the families' names, on a phone too.
    fig.update_xaxes(range=[-0.5, 1.22 * len(counts)])
    return describe(fig, alt=alt, wide=True)


def element_emphasis(emphasis: Emphasis) -> go.Figure:
    """Draw on the periodic table how over- or under-represented each element is."""
    over, under = emphasis.extremes(4)
    return periodic_table(
        {str(symbol): float(ratio) for symbol, ratio in emphasis.ratio.items()},
        label="Share in the table / share computed",
        log=True,
        middle=1.0,
        value_format=".2f",
        missing="not in both sets",
        alt=f"Periodic table coloured by how often an element occurs in the table, relative to a "
        f"computed set. Most over-represented are {', '.join(over)}; most under-represented "
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
        "Families, which the map was not told, keep together: "
        f"{', '.join(f for f in FAMILIES if (points['family'] == f).any())}.",
        height=600,
        wide=True,
    )
    for family, colour in _FAMILY_COLOURS.items():
        # In alphabetical order the formulas of a trace compress to two thirds.
        of_family = points[points["family"] == family].sort_values("formula")
        if of_family.empty:
            continue
        fig.add_scatter(
            x=of_family["x"].round(1),
            y=of_family["y"].round(1),
            text=of_family["formula"],
            mode="markers",
            marker={"color": with_alpha(colour, 0.75), "size": 7},
            name=family,
            hovertemplate=f"<b>%{{text}}</b><br>{family}<extra></extra>",
        )
    fig.update_layout(legend={"itemsizing": "constant"}, margin={"l": 0, "r": 0, "b": 4})
    fig.update_xaxes(visible=False)
    return fig.update_yaxes(visible=False)


def left_out(clusters: LeftOut, elements: LeftOut) -> go.Figure:
    """Optimism of random folds, group by group, against the error that they promise."""
    highest_two = " and ".join(
        elements.names[i] for i in np.argsort(-elements.optimism, kind="stable")[:2]
    )
    fig = new_figure(
        alt=f"Scatter of {len(clusters.names)} clusters and {len(elements.names)} elements: how "
        f"many times larger the error is when the group is held back whole than in random folds. "
        f"{int(np.sum(clusters.optimism > 1))} clusters and {int(np.sum(elements.optimism > 1))} "
        f"elements lie above 1; of the elements {highest_two} lie highest, up to "
        f"{elements.optimism.max():.1f}.",
        height=520,
        wide=True,
    )
    fig.add_scatter(**_groups(clusters, "cluster", "markers", COLOURS["explore"]))
    fig.add_scatter(**_groups(elements, "element", "text", COLOURS["exploit"]))
    for i in np.argsort(clusters.optimism, kind="stable")[-3:]:
        at = clusters.random[i], 10 ** clusters.optimism[i]  # _note takes the logarithm of both
        _note(fig, *at, clusters.names[i], yanchor="bottom", yshift=9)
    add_limit(fig, 1.0, name="as promised", side="start")
    promised = np.concatenate([clusters.random, elements.random])
    limits = np.log10([promised.min() / 1.3, promised.max() * 1.2])
    fig.update_xaxes(
        title_text="Error promised by random folds (eV)",
        type="log",
        range=limits.tolist(),
        tickvals=[0.05, 0.1, 0.2, 0.5, 1.0],
    )
    highest = max(clusters.optimism.max(), elements.optimism.max())
    return fig.update_yaxes(
        title_text="Held back whole: times the promised error",
        range=[min(0.85, clusters.optimism.min(), elements.optimism.min()), highest + 0.2],
    )


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
        "y": groups.optimism.round(3),
        "text": groups.names,
        "customdata": np.stack([groups.left_out.round(3), groups.n_test], axis=1),
        "mode": mode,
        "marker": {
            "color": with_alpha(colour, 0.5),
            "size": 15,
            "line": {"color": colour, "width": 1.5},
        },
        "textfont": {"color": colour, "size": 14},
        "name": kind,
        "showlegend": False,
        "hovertemplate": f"{kind} <b>%{{text}}</b>, %{{customdata[1]}} compositions<br>random "
        "folds %{x:.2f} eV, held back %{customdata[0]:.2f} eV<br>%{y:.2f} times<extra></extra>",
    }


def _wedge(
    fig: go.Figure, size: float, error: float, few: float, likely: float, many: float, floor: float
) -> None:
    """Continue a curve from its last point down to the floor: a dotted line in a wedge."""
    blue = COLOURS["accent"]
    quiet = {"hoverinfo": "skip", "showlegend": False, "mode": "lines"}
    fig.add_scatter(
        x=[size, many, few],
        y=[error, floor, floor],
        fill="toself",
        fillcolor=with_alpha(blue, 0.1),
        line={"width": 0},
        name="range of the pace",
        **quiet,
    )
    dotted = {"color": blue, "dash": "dot", "width": 1.5}
    fig.add_scatter(
        x=[size, likely], y=[error, floor], line=dotted, name="at the last pace", **quiet
    )


def _note(fig: go.Figure, x: float, y: float, text: str, **place: object) -> None:
    at = {"x": float(np.log10(x)), "y": float(np.log10(y))}
    fig.add_annotation(**at, text=text, align="left", font={"size": 12}, **place)


def _rounded(count: float) -> str:
    """Write a guess of a count with one digit: ``4 million``, ``300,000``."""
    digit = 10 ** int(np.floor(np.log10(count)))
    value = round(count / digit) * digit
    return f"{value / 1e6:,.0f} million" if value >= 1e6 else f"{value:,}"
