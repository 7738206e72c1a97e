"""The book's first figure: every measured band gap as one cell, in the colour of its light."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from matinf.figures.palette import COLOURS
from matinf.figures.template import check_traces, new_figure
from matinf.quantities import QUANTITIES

VISIBLE = (1.65, 3.26)  # eV: light of 750 to 380 nm, about what an eye can see
# Compounds that many readers have met, and what they are used for, beyond the visible light: there
# the stacks are low, and the names have room.
KNOWN = {"GaN": "blue LEDs", "AlN": "UV lamps", "NaCl": "table salt", "LiF": "UV windows"}
BIN_WIDTH = 0.1  # eV; many gaps are reported with one decimal, so bins are centred on those

# Photon energy in eV and the hue of that light. All have the OKLab lightness 0.63, so that each
# stands out from the light and the dark paper; chroma is 0.17, or the most that sRGB can show.
SPECTRUM: tuple[tuple[float, str], ...] = (
    (1.65, "#dd5559"),
    (1.94, "#dd5847"),
    (2.03, "#d86105"),
    (2.10, "#b67c0d"),
    (2.16, "#9e8901"),
    (2.23, "#6c9a0a"),
    (2.34, "#33a340"),
    (2.46, "#0ea175"),
    (2.53, "#0b9ba8"),
    (2.61, "#0290e1"),
    (2.76, "#627fef"),
    (2.92, "#8d71e6"),
    (3.10, "#a169da"),
    (3.26, "#ab66d2"),
)


def measured_gaps(measurements: pd.DataFrame, *, replicated: str = "AlP") -> go.Figure:
    """Stack one cell per composition over its band gap, coloured as the light it begins to absorb.

    A composition that was measured more than once stands at the median of its measurements.

    Args:
        measurements: Columns ``formula`` and ``gap`` (eV), one row per measurement; each
            composition spelled in one way.
        replicated: The composition whose measurements are all marked, to show how they differ.

    Raises:
        ValueError: if there are no measurements, or fewer than two of ``replicated``.
    """
    if measurements.empty:
        raise ValueError("measurements: expected at least one row, got none")
    repeats = np.sort(measurements.loc[measurements["formula"] == replicated, "gap"].to_numpy())
    if len(repeats) < 2:
        raise ValueError(f"replicated: expected a composition measured twice, got {replicated!r}")
    gaps = measurements.groupby("formula")["gap"].median().sort_values(kind="stable")
    energies, heights, names = _stacks(gaps)
    fig = new_figure(alt=_alt(gaps, replicated, repeats), height=460, wide=True)
    fig.add_trace(_cells(energies, heights, names))
    _mark_visible(fig)
    _mark_repeats(fig, replicated, repeats, y=0.62 * heights.max())
    _name_known(fig, gaps, heights)
    fig.update_xaxes(
        title=QUANTITIES["gap"].axis, range=[0, energies[-1] + 0.3], showgrid=False, dtick=1
    )
    fig.update_yaxes(title="Compositions", range=[0, heights.max() * 1.12], nticks=6)
    return check_traces(fig)


def share_visible(measurements: pd.DataFrame) -> float:
    """Share of the compositions whose gap (median) lies within the visible light, 0 to 1."""
    gaps = measurements.groupby("formula")["gap"].median()
    return float(gaps.between(*VISIBLE).mean())


def _stacks(gaps: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.int64], list[list[str]]]:
    """Bin centres (eV), compositions per bin, and their hover texts from the bottom up."""
    bins = np.rint(gaps.to_numpy() / BIN_WIDTH).astype(int)
    energies = BIN_WIDTH * np.arange(bins.max() + 1)
    heights = np.bincount(bins)
    names: list[list[str]] = [[] for _ in energies]
    for index, (formula, gap) in zip(bins, gaps.items(), strict=True):
        names[index].append(f"{formula}, {gap:.3g} eV")
    return energies, heights, names


def _cells(
    energies: NDArray[np.float64], heights: NDArray[np.int64], names: Sequence[Sequence[str]]
) -> go.Heatmap:
    """A heat map whose cells are the compositions; the rest stays paper."""
    rows = heights.max()
    filled = np.arange(rows)[:, None] < heights
    text = [[stack[row] if row < len(stack) else "" for stack in names] for row in range(rows)]
    return go.Heatmap(
        x=energies.round(3),
        y=np.arange(rows) + 0.5,
        z=np.where(filled, energies, np.nan),
        text=text,
        colorscale=_scale(energies[-1]),
        zmin=0,
        zmax=energies[-1],
        showscale=False,
        xgap=0.4,  # a column is two pixels wide on a phone
        ygap=0.8,
        hoverongaps=False,
        hovertemplate="%{text}<extra></extra>",
        name="Compositions",
    )


def _scale(top: float) -> list[list[float | str]]:
    """Grey where no eye sees, the spectrum between; ``top`` is the energy at 1."""
    grey = COLOURS["muted"]
    low, high = (limit / top for limit in VISIBLE)
    inside: list[list[float | str]] = [[energy / top, colour] for energy, colour in SPECTRUM]
    if high >= 1:
        raise ValueError(f"expected a gap above {VISIBLE[1]} eV, the largest is {top:.2f}")
    return [[0.0, grey], [low, grey], *inside, [high, grey], [1.0, grey]]


def _mark_visible(fig: go.Figure) -> None:
    """Name the infrared, the visible light and the ultraviolet above the cells."""
    low, high = VISIBLE
    places = {"infrared": (low, "right"), "visible": ((low + high) / 2, "center")}
    for name, (x, anchor) in {**places, "ultraviolet": (high, "left")}.items():
        shift = {"right": -4, "center": 0, "left": 4}[anchor]
        fig.add_annotation(
            x=x, xanchor=anchor, xshift=shift, y=1, yref="paper", yanchor="top", text=name
        )
    for limit in VISIBLE:
        fig.add_vline(x=limit, line={"width": 1, "dash": "dot", "color": COLOURS["muted"]})


def _mark_repeats(fig: go.Figure, formula: str, repeats: NDArray[np.float64], *, y: float) -> None:
    """One tick per measurement of the same compound, joined by a line, and named."""
    fig.add_scatter(
        x=repeats,
        y=np.full(len(repeats), y),
        mode="lines+markers",
        line={"color": COLOURS["exploit"], "width": 2},
        marker={"symbol": "line-ns", "size": 16, "line": {"width": 2, "color": COLOURS["exploit"]}},
        hovertemplate=f"{formula}: %{{x:.3~g}} eV<extra></extra>",
        showlegend=False,
        name=f"{formula}, all measurements",
    )
    fig.add_annotation(
        x=repeats[-1],
        y=y,
        xanchor="left",
        xshift=10,
        align="left",
        text=f"<b>{formula}</b>, measured {len(repeats)} times:<br>"
        f"from {repeats[0]:.2f} to {repeats[-1]:.2f} eV",
        font={"size": 13},
    )


def _name_known(fig: go.Figure, gaps: pd.Series, heights: NDArray[np.int64]) -> None:
    """Name the known compounds that were measured, each above the stack that holds it."""
    for formula, use in KNOWN.items():
        if formula not in gaps:
            continue
        bin_ = int(np.rint(gaps[formula] / BIN_WIDTH))
        anchor, right, up = _PLACES[formula]
        fig.add_annotation(
            x=round(BIN_WIDTH * bin_, 3),
            y=int(heights[bin_]),
            ax=right,
            ay=-up,
            xanchor=anchor,
            align=anchor,
            showarrow=True,
            arrowhead=0,
            text=f"<b>{formula}</b><br>{use}",
            font={"size": 12},
        )


# Side, and pixels to the right of the stack and above it: clear of the higher stacks at the left,
# of each other and of the edge, also on a phone.
_PLACES = {
    "GaN": ("left", 14, 30),
    "AlN": ("center", 0, 58),
    "NaCl": ("center", 0, 26),
    "LiF": ("right", 12, 58),
}


def _alt(gaps: pd.Series, formula: str, repeats: NDArray[np.float64]) -> str:
    share = 100 * gaps.between(*VISIBLE).mean()
    return (
        f"Stacked cells, one for each of {len(gaps):,} compositions, over their measured band "
        f"gaps from {gaps.min():.2f} to {gaps.max():.1f} eV. {share:.0f} % lie within the "
        f"visible light, from {VISIBLE[0]} to {VISIBLE[1]} eV, and have the colour of that light. "
        f"A line of ticks marks the {len(repeats)} measurements of {formula}, "
        f"from {repeats[0]:.2f} to {repeats[-1]:.2f} eV.{_alt_known(gaps)}"
    )


def _alt_known(gaps: pd.Series) -> str:
    known = [f"{name} ({gaps[name]:.1f} eV)" for name in KNOWN if name in gaps]
    return f" Named beyond it: {', '.join(known)}." if known else ""
