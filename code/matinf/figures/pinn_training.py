"""Figures of "A physics-informed network": the way down its loss, the law's weight, the cost."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.figures.marks import add_band, add_limit
from matinf.figures.palette import COLOURS
from matinf.figures.panels import panels
from matinf.figures.template import new_figure
from matinf.figures.ticks import power_ticks
from matinf.intervals import Interval

Vector = NDArray[np.float64]


WAYS: Mapping[str, tuple[str, str]] = {
    "damped": ("network, damped steps", COLOURS["physics"]),
    "textbook": ("network, Adam and L-BFGS", COLOURS["limit"]),
    "runge-kutta": ("Runge–Kutta", COLOURS["classical"]),
}
"""What a way to a curve is called where a reader sees it, and its colour."""


def landscape(steps: Vector, losses: Vector, *, singular: ArrayLike) -> go.Figure:
    """A plane through a minimum, and how steep the loss is along each of its own directions.

    Args:
        steps: Steps along either random direction, shape ``(n,)``, in lengths of the parameters.
        losses: Losses, shape ``(n, n)``.
        singular: Singular values of the Jacobian, largest first.
    """
    values = np.asarray(singular, dtype=float)
    depth = np.log10(np.maximum(losses, 1e-25))
    around = np.sort(depth.ravel())[1]  # the middle itself would take the whole scale
    spread = float(np.log10(values[0] / values[-1]))
    fig = panels(
        2, 1, height=720, vertical_spacing=0.14,
        alt=f"Above, the logarithm of the loss on a plane through the minimum: a valley, from "
        f"{depth.max():.1f} at the rim down to {around:.1f} around the middle, where it is "
        f"{depth.min():.0f}. Below, the "
        f"{values.size} singular values of the Jacobian that stand above rounding fall over "
        f"{spread:.0f} decades.",
    )  # fmt: skip
    fig.add_heatmap(
        x=steps.round(3), y=steps.round(3), z=np.maximum(depth, around).round(2), row=1, col=1,
        colorbar={"title": {"text": "log<sub>10</sub> loss"}, "len": 0.45, "y": 0.79},
        hovertemplate="%{z:.1f}<extra></extra>", zsmooth="best",
    )  # fmt: skip
    fig.add_scatter(
        x=[0], y=[0], mode="markers", showlegend=False, row=1, col=1, name="minimum",
        marker={"color": COLOURS["truth"], "size": 8},
        hovertemplate=f"minimum, {depth.min():.0f}<extra></extra>",
    )  # fmt: skip
    fig.add_scatter(
        x=1 + np.arange(values.size), y=[float(f"{v:.2e}") for v in values], mode="markers",
        marker={"color": COLOURS["physics"], "size": 5}, showlegend=False, row=2, col=1,
        name="singular value", hovertemplate="number %{x}<br>%{y:.0e}<extra></extra>",
    )  # fmt: skip
    fig.update_xaxes(title_text="First direction", row=1, col=1)
    fig.update_yaxes(title_text="Second direction", row=1, col=1)
    fig.update_yaxes(
        type="log", **power_ticks(-18, 6, every=3), title_text="Singular value", row=2, col=1
    )
    return fig.update_xaxes(title_text="Direction, stiffest first", row=2, col=1)


def weights(
    slacks: Sequence[float], errors: Sequence[Interval], *, rivals: Mapping[str, Interval]
) -> go.Figure:
    """Error beyond the readings against how far the law may be off.

    Args:
        slacks: In standard deviations of a reading, rising, shape ``(n,)``.
        errors: Of the physics-informed network in K, shape ``(n,)``.
        rivals: Errors in K of ``"least squares"`` and of ``"plain"``.
    """
    fit, plain = rivals["least squares"].estimate, rivals["plain"].estimate
    fig = new_figure(
        alt="Error beyond the readings against the slack of the law, with 95 percent intervals: "
        + ", ".join(f"{e.estimate:.2g} K at {s:g}" for s, e in zip(slacks, errors, strict=True))
        + f". Least squares: {fit:.2f} K; a plain network: {plain:.0f} K.",
        height=440,
    )
    add_band(
        fig,
        slacks,
        estimate=np.round([e.estimate for e in errors], 4),
        low=np.round([e.low for e in errors], 4),
        high=np.round([e.high for e in errors], 4),
        colour=COLOURS["physics"],
        name="physics-informed",
        unit="K",
        markers=True,
    )
    fig.data[-1].showlegend = True
    add_limit(fig, rivals["least squares"].estimate, name="least squares", side="end")
    fig.layout.shapes[-1].line.color = COLOURS["classical"]
    add_limit(fig, rivals["plain"].estimate, name="plain network", side="start")
    fig.layout.shapes[-1].line.color = COLOURS["plain"]
    fig.update_xaxes(type="log", **power_ticks(-4, 6), title_text="Slack (standard deviations)")
    ends = [min(e.low for e in errors) / 1.5, 2 * plain]
    fig.update_yaxes(type="log", title_text="Error beyond the readings (K)", dtick=1)
    return fig.update_yaxes(range=np.log10(ends).round(3).tolist())


def costs(table: pd.DataFrame) -> go.Figure:
    """Processor time against error for every way to the same curve.

    Args:
        table: Medians with columns ``way`` (of :data:`WAYS`, or ``"closed form"``),
            ``seconds``, ``error``.
    """
    exact = float(table.loc[table["way"] == "closed form", "seconds"].iloc[0])
    ways = {way: table[table["way"] == way].sort_values("seconds") for way in WAYS}
    fig = new_figure(
        alt="Processor time against relative error, both logarithmic. "
        + " ".join(
            f"{WAYS[way][0]}: {rows['seconds'].iloc[-1]:.1g} s for an error of "
            f"{rows['error'].iloc[-1]:.0e}."
            for way, rows in ways.items()
        )
        + f" A dashed line marks the closed form, {exact:.0e} s.",
        height=460,
    )
    for way, rows in ways.items():
        name, colour = WAYS[way]
        fig.add_scatter(
            x=[float(f"{e:.2e}") for e in rows["error"]],
            y=[float(f"{s:.2e}") for s in rows["seconds"]],
            mode="lines+markers", name=name, line={"color": colour}, marker={"color": colour},
            hovertemplate=f"{name}<br>error %{{x:.0e}}<br>%{{y:.1e}} s<extra></extra>",
        )  # fmt: skip
    add_limit(fig, exact, name="closed form", side="end")
    fig.layout.shapes[-1].line.color = COLOURS["truth"]
    fig.update_xaxes(
        type="log", autorange="reversed", **power_ticks(-16, 2, every=2),
        title_text="Relative error (smaller to the right)",
    )  # fmt: skip
    return fig.update_yaxes(type="log", **power_ticks(-9, 4), title_text="Processor time (s)")
