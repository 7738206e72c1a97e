"""Figures of "The inverse problem": a rate found, how sure it is, and what a wrong law does.

Intervals are drawn in ``inverse_intervals``, the slack of a law and wrong laws in ``inverse_laws``.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from matinf.figures.inverse_intervals import NAMES, coverages, every_interval
from matinf.figures.inverse_laws import betrayed, slack_cost, unnoticed
from matinf.figures.inverse_marks import DASH, ROOM, Vector, add_line, add_readings
from matinf.figures.marks import add_limit
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.panels import panels
from matinf.figures.template import new_figure
from matinf.physics.cooling import Readings
from matinf.physics.inverse_study import RateStudy

__all__ = [
    "NAMES",
    "betrayed",
    "coverages",
    "every_interval",
    "found_together",
    "same_errors",
    "slack_cost",
    "unnoticed",
]


def found_together(
    t: Vector,
    curves: Sequence[Vector],
    rates: Sequence[float],
    *,
    readings: Readings,
    truth: Vector,
    rival: float,
) -> go.Figure:
    """Curve and rate after each step of training.

    Args:
        t: Times in s, shape ``(n,)``.
        curves: Temperatures in °C after each step, the first before any, each of shape ``(n,)``.
        rates: Rate in 1/s at the same moments.
        readings: What the network learns from.
        truth: True temperatures in °C.
        rival: Rate in 1/s by least squares.
    """
    last = len(curves) - 1
    fig = panels(
        2,
        layout=ROOM,
        height=560,
        vertical_spacing=0.16,
        row_heights=[0.62, 0.38],
        alt=f"Two panels. Above, {len(readings)} readings up to {readings.t[-1]:.0f} s and the "
        f"network's curve after each step: it nears the true curve, which the last one "
        f"covers up to {t[-1]:.0f} s. Below, the rate by step, from {1e3 * rates[0]:.1f} to "
        f"{1e3 * rates[-1]:.2f} per 1000 s, where least squares is.",
    )
    for step, T in enumerate(curves):
        colour = with_alpha(COLOURS["physics"], 1.0 if step == last else 0.35 + 0.3 * step / last)
        fig.add_scatter(
            x=t,
            y=T.round(2),
            mode="lines",
            line={"color": colour, "width": 3 if step == last else 1.5},
            name="network" if step == last else f"step {step}",
            showlegend=step == last,
            hovertemplate=f"step {step}: %{{y:.1f}} °C<extra></extra>",
            row=1,
            col=1,
        )
    add_line(fig, t, truth, "truth", dash="dash", place=1)
    add_readings(fig, readings, place=1)
    fig.add_scatter(
        x=list(range(last + 1)),
        y=(1e3 * np.array(rates)).round(4),
        mode="lines+markers",
        line={"color": COLOURS["physics"]},
        name="rate",
        showlegend=False,
        hovertemplate="step %{x}: %{y:.3f} per 1000 s<extra></extra>",
        row=2,
        col=1,
    )
    fig.add_hline(y=1e3 * rival, line={**DASH, "color": COLOURS["classical"]}, row=2, col=1)
    fig.add_annotation(
        x=last, y=1e3 * rival, text="least squares", yanchor="top", xanchor="right", yshift=-4,
        font={"size": 12}, row=2, col=1,
    )  # fmt: skip
    fig.update_xaxes(title_text="Time (s)", row=1, col=1)
    fig.update_xaxes(title_text="Step of training", row=2, col=1)
    fig.update_yaxes(title_text="Temperature (°C)", row=1, col=1)
    return fig.update_yaxes(title_text="r (10⁻³ s⁻¹)", row=2, col=1)


def same_errors(study: RateStudy, *, bound: float) -> go.Figure:
    """Error of the network's rate against that of least squares, draw by draw, in per cent.

    Args:
        study: Both on the same draws.
        bound: Cramér-Rao bound of the rate in 1/s.
    """
    scale = 100 / study.truth
    x, y = (scale * study.errors(name) for name in ("least squares", "network"))
    limit, reach = scale * bound, 1.08 * float(np.abs([x, y]).max())
    fig = new_figure(
        alt=f"Error of the network's rate against that of least squares in {x.size} draws: all "
        f"points lie on the diagonal, at most {np.abs(y - x).max():.1g} % from it, and spread as "
        f"far as the bound says, {limit:.2f} %.",
        height=460,
    )
    fig.add_shape(
        type="line", x0=-reach, x1=reach, y0=-reach, y1=reach, layer="below",
        line={"color": COLOURS["muted"], "width": 1}, name="equal",
    )  # fmt: skip
    fig.add_scatter(
        x=x.round(3),
        y=y.round(3),
        mode="markers",
        marker={"color": with_alpha(COLOURS["physics"], 0.55), "size": 8},
        showlegend=False,
        name="draws",
        hovertemplate="least squares %{x:.2f} %<br>network %{y:.2f} %<extra></extra>",
    )
    for sign in (-1, 1):
        add_limit(fig, sign * limit, name="± the bound" if sign > 0 else "", side="start")
    ticks = {"range": [-reach, reach], "ticksuffix": "\u202f%"}
    fig.update_xaxes(title_text="Error of r by least squares", **ticks)
    return fig.update_yaxes(title_text="Error of r by the network", **ticks)
