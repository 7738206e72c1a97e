"""Figures of "Gaussian processes": belief in a curve, before and after measurements.

Evidence, errors and reliability are drawn in ``gaussian_process_scores``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.active.curves import Belief
from matinf.figures.even_line import add_even_line
from matinf.figures.gaussian_process_scores import (
    KERNEL_NAMES,
    evidence,
    learning_curve,
    reliability,
)
from matinf.figures.marks import add_band
from matinf.figures.palette import CATEGORICAL, COLOURS, with_alpha
from matinf.figures.template import new_figure, said
from matinf.intervals import decimal

__all__ = [
    "KERNEL_NAMES",
    "Report",
    "belief",
    "evidence",
    "fit",
    "fits",
    "kernels",
    "learning_curve",
    "reliability",
]


_HALF = 1.96  # standard deviations to each side of a 95 % interval
SHARE, GAP = "Share of phosphorus <i>x</i>", "Band gap (eV)"


@dataclass(frozen=True, kw_only=True)
class Report:
    """A measurement that the model was not given.

    Attributes:
        x: Place.
        y: Value.
        name: What is written beside it.
    """

    x: float
    y: float
    name: str


def belief(
    found: Belief,
    *,
    curves: ArrayLike,
    measured: tuple[ArrayLike, ArrayLike] = ((), ()),
    withheld: Report | None = None,
    gaps: tuple[float, float],
) -> go.Figure:
    """A belief over gaps of an alloy: mean, band of 95 %, and some curves drawn from it.

    Args:
        found: The belief, eV.
        curves: Curves drawn from it, shape ``(n_curves, n)``, eV.
        measured: Places and gaps that it was given, eV.
        withheld: A report that it was not given.
        gaps: Range of the vertical axis, eV, the same for figures to be compared.
    """
    x, y = (np.asarray(part, dtype=float) for part in measured)
    drawn = np.asarray(curves, dtype=float)
    width = 2 * _HALF * found.std
    narrow, wide = width.min(), width.max()
    given = f"after {len(x)} measurements" if len(x) else "before any measurement"
    alt = (
        f"Mean, 95 % band and {len(drawn)} drawn curves of the gap of an alloy {given}. The band "
        f"is {narrow:.2f} eV wide where it is narrowest and {wide:.2f} eV at its widest."
    )
    if withheld is not None:
        alt += f" A report that was withheld, {withheld.y:.2f} eV at {withheld.x:g}, is marked."
    fig = new_figure(alt=alt, height=340, wide=True)
    _belief(fig, found, drawn)
    if x.size:
        _measured(fig, x, y)
    if withheld is not None:
        _withheld(fig, withheld)
    fig.update_xaxes(title_text=SHARE, range=[-0.01, 1.01])
    return fig.update_yaxes(title_text=GAP, range=list(gaps))


def _belief(
    fig: go.Figure,
    found: Belief,
    curves: NDArray[np.float64],
    *,
    row: int | None = None,
    name: str = "mean",
) -> None:
    low, high = found.mean - _HALF * found.std, found.mean + _HALF * found.std
    where: dict[str, Any] = {} if row is None else {"row": row, "col": 1}
    add_band(
        fig,
        found.x,
        estimate=found.mean.round(3),
        low=low.round(3),
        high=high.round(3),
        colour=COLOURS["accent"],
        name=name,
        unit="eV",
        place=None if row is None else (row, 1),
    )
    for number, curve in enumerate(curves, start=1):
        _curve(fig, found.x, curve, f"drawn curve {number}", where)


def _curve(
    fig: go.Figure,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    name: str,
    where: Mapping[str, int],
    **line: Any,
) -> None:
    style = {"color": with_alpha(COLOURS["accent"], 0.55), "width": 1.2} | line
    add_even_line(fig, x, y, name, where=where, line=style, digits=3)


def _measured(
    fig: go.Figure, x: NDArray[np.float64], y: NDArray[np.float64], *, row: int | None = None
) -> None:
    where: dict[str, Any] = {} if row is None else {"row": row, "col": 1}
    fig.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"color": COLOURS["data"], "size": 10},
        name="measured",
        hovertemplate="measured<br>x = %{x:.2f}: %{y:.2f} eV<extra></extra>",
        showlegend=False,
        **where,
    )


def _withheld(fig: go.Figure, report: Report) -> None:
    fig.add_scatter(
        x=[report.x],
        y=[report.y],
        text=[f"{report.name} "],
        mode="markers+text",
        textposition="middle left",
        marker={"color": COLOURS["truth"], "size": 12, "symbol": "diamond"},
        name=report.name,
        hovertemplate=f"{report.name}<br>x = %{{x:.2f}}: %{{y:.2f}} eV<extra></extra>",
        showlegend=False,
    )


def kernels(draws: Mapping[str, tuple[Belief, ArrayLike]]) -> go.Figure:
    """Curves drawn from several priors, one panel each, from the same random numbers.

    Args:
        draws: For each name the prior and curves drawn from it, all at the same places.
    """
    drawn = {name: np.asarray(curves, dtype=float) for name, (_, curves) in draws.items()}
    rough = {
        name: float(np.abs(np.diff(curves, n=2)).mean() / np.abs(np.diff(curves)).mean())
        for name, curves in drawn.items()
    }
    fig = new_figure(
        alt="Curves drawn from priors with different kernels and the same lengthscale. How much "
        "the slope changes from one point to the next, as a share of the slope: "
        + ", ".join(f"{name} {share:.0%}" for name, share in rough.items())
        + ".",
        height=160 + 130 * len(draws),
        wide=True,
    )
    fig.set_subplots(len(draws), 1, shared_xaxes=True, vertical_spacing=0.06)
    for row, (name, (prior, _)) in enumerate(draws.items(), start=1):
        for number, curve in enumerate(drawn[name], start=1):
            colour = CATEGORICAL[number - 1]
            where = {"row": row, "col": 1}
            title = f"{name}, curve {number}"
            _curve(fig, prior.x, curve, title, where, color=colour, width=1.8)
        _panel_title(fig, name, row)
    fig.update_yaxes(range=[-3.2, 3.8], tickvals=[-2, 0, 2])
    fig.update_yaxes(title_text="Property (standard deviations)", row=(len(draws) + 1) // 2, col=1)
    return fig.update_xaxes(title_text="Place, in lengthscales", row=len(draws), col=1)


def _panel_title(fig: go.Figure, text: str, row: int) -> None:
    fig.add_annotation(
        x=0.01,
        y=1,
        xref="x domain",
        yref="y domain",
        xanchor="left",
        yanchor="top",
        text=f"<b>{text}</b>",
        row=row,
        col=1,
    )


def fits(
    found: Mapping[str, Belief],
    *,
    measured: tuple[ArrayLike, ArrayLike],
    gaps: tuple[float, float],
) -> go.Figure:
    """The same measurements as several models see them, one panel each.

    Args:
        found: Belief of each model by name, eV.
        measured: Places and gaps, eV.
        gaps: Range of the vertical axes, eV.
    """
    x, y = (np.asarray(part, dtype=float) for part in measured)
    widest = {name: 2 * _HALF * b.std.max() for name, b in found.items()}
    fig = new_figure(
        alt="Mean and 95 % band of models that differ in lengthscale and noise. Widest point of "
        "the band: " + ", ".join(f"{name} {w:.2f} eV" for name, w in widest.items()) + ".",
        height=150 + 150 * len(found),
        wide=True,
    )
    fig.set_subplots(len(found), 1, shared_xaxes=True, vertical_spacing=0.06)
    for row, (name, one) in enumerate(found.items(), start=1):
        _belief(fig, one, np.empty((0, len(one.x))), row=row, name=name)
        _measured(fig, x, y, row=row)
        _panel_title(fig, name, row)
    fig.update_yaxes(range=list(gaps))
    fig.update_yaxes(title_text=GAP, row=(len(found) + 1) // 2, col=1)
    return fig.update_xaxes(title_text=SHARE, range=[-0.01, 1.01], row=len(found), col=1)


def fit(
    found: Belief,
    *,
    noise: float,
    evidence: float,
    measured: tuple[ArrayLike, ArrayLike],
    gaps: tuple[float, float],
) -> go.Figure:
    """One model of the measurements, and how probable it held them before they were made.

    Args:
        found: Belief in the curve, eV.
        noise: Standard deviation of a measurement's noise, eV.
        evidence: Log marginal likelihood.
        measured: Places and gaps, eV.
        gaps: Range of the vertical axis, eV.
    """
    x, y = (np.asarray(part, dtype=float) for part in measured)
    missed = float(np.abs(np.interp(x, found.x, found.mean) - y).max())
    told = f"Log evidence {decimal(evidence, 1)}."
    widest = 2 * _HALF * float(found.std.max())
    fig = new_figure(
        alt=f"Mean and 95 % band of a model of {len(x)} measured gaps. The mean misses them by up "
        f"to {missed:.2f} eV, the noise is {noise:.2g} eV, and the band is at most {widest:.2f} eV "
        f"wide. {told}",
        height=340,
        wide=True,
    )
    _belief(fig, found, np.empty((0, len(found.x))))
    _measured(fig, x, y)
    fig.update_yaxes(range=list(gaps), title_text=GAP)
    fig.update_xaxes(title_text=SHARE, range=[-0.01, 1.01])
    return said(fig, f"{told} The mean misses the measured gaps by up to {missed:.2f} eV.")
