"""Figures of "The inverse problem": what the slack of a law costs, and what a wrong law does."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.inverse_marks import DASH, ROOM, Vector, add_line, add_readings, in_per_cent
from matinf.figures.marks import add_band, interval_bars
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.panels import panels
from matinf.figures.template import new_figure
from matinf.intervals import Interval
from matinf.physics.cooling import Readings
from matinf.physics.wrong_law import WrongLaw


def slack_cost(
    slack: Vector,
    *,
    errs: Vector,
    stated: Vector,
    measured: Mapping[float, Interval],
    said: Mapping[float, float],
    bound: float,
) -> go.Figure:
    """Error of the rate, and the one that is stated, against the slack of the law.

    Args:
        slack: Shares of the noise, shape ``(n,)``, rising, for both lines.
        errs: Error by theory, in units of the true rate, shape ``(n,)``.
        stated: Standard deviation that the estimate states, by theory, likewise.
        measured: Root mean squared error of networks over draws, by slack, likewise.
        said: Mean standard deviation that they state, by slack, likewise.
        bound: The Cramér-Rao bound, likewise.
    """
    fig = new_figure(
        alt="Error of the rate against the slack of the law, both on logarithmic axes. It stays "
        f"at the bound of {bound:.1%} up to a slack of the noise itself and is "
        f"{errs[-1]:.1%} at {slack[-1]:g}; the stated error rises to {stated[-1]:.1%}. "
        "Networks: " + ", ".join(f"{i.estimate:.1%} at {s:g}" for s, i in measured.items()) + ".",
        height=440,
    )
    for name, values, dash in (("stated", stated, "dot"), ("true", errs, "solid")):
        fig.add_scatter(
            x=slack.round(4),
            y=(100 * values).round(4),
            mode="lines",
            line={"color": COLOURS["classical"], "width": 2, "dash": dash},
            name=f"{name}, theory",
            hovertemplate=f"{name}: %{{y:.2f}} %<extra></extra>",
        )
    found = [in_per_cent(interval) for interval in measured.values()]
    bars = interval_bars(found, colour=COLOURS["physics"])
    fig.add_scatter(
        x=list(said),
        y=[round(100 * value, 4) for value in said.values()],
        mode="markers",
        marker={"color": COLOURS["physics"], "size": 10, "symbol": "circle-open",
                "line": {"width": 2}},
        name="stated, networks",
        hovertemplate="stated: %{y:.2f} %<extra></extra>",
    )  # fmt: skip
    fig.add_scatter(
        x=list(measured),
        y=bars["x"],
        error_y=bars["error_x"],
        mode="markers",
        marker={"color": COLOURS["physics"], "size": 10},
        name="true, networks",
        text=[i.text("%") for i in found],
        hovertemplate="%{text}<extra></extra>",
    )
    fig.add_scatter(
        x=slack[[0, -1]].tolist(),
        y=[round(100 * bound, 4)] * 2,
        mode="lines",
        line=DASH,
        name="Cramér–Rao bound",
        hoverinfo="skip",
    )
    ticks = [v for v in (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30) if slack[0] <= v <= slack[-1]]
    fig.update_xaxes(title_text="Slack of the law, in units of the noise", type="log",
                     tickvals=ticks, ticktext=[f"{v:g}" for v in ticks])  # fmt: skip
    shares = [v for v in (0.5, 1, 2, 5, 10, 20) if v < 130 * stated[-1]]
    return fig.update_yaxes(
        title_text="Error of r", type="log", tickvals=shares,
        ticktext=[f"{v:g}\u202f%" for v in shares],
        range=np.log10([0.42, 130 * stated[-1]]).tolist(),
    )  # fmt: skip


def betrayed(
    readings: Readings,
    t: Vector,
    *,
    curves: Mapping[str, Vector],
    errors: Vector,
    residual: Vector,
    missing: Vector,
) -> go.Figure:
    """Newton's law on a body that radiates: curves, what readings say, what the residual says.

    Args:
        readings: Of the body.
        t: Times in s, shape ``(n,)``.
        curves: Temperatures in °C of both networks, by name, each of shape ``(n,)``; the first
            is held to the law, the second may break it.
        errors: Readings less the first network's curve, in units of the noise.
        residual: Of the second network in the law, K/s, shape ``(n,)``.
        missing: What the law would have to say beyond what it says, K/s, shape ``(n,)``.
    """
    strict, loose = curves
    fig = panels(
        3,
        layout=ROOM,
        height=720,
        shared_xaxes=True,
        vertical_spacing=0.06,
        row_heights=[0.42, 0.29, 0.29],
        alt=f"Three panels against time. Above, readings of a glowing body with two networks: the "
        f"one {strict} misses by up to {np.abs(errors).max():.0f} times the noise, the one {loose} "
        "follows. In the middle, errors of the first: long runs of one sign. Below, the residual "
        f"of the second in the law, from {residual[0]:.1f} K/s at the start to "
        f"{residual[-1]:.2f} K/s, near what is missing from the law.",
    )
    for (name, T), colour in zip(curves.items(), ("plain", "physics"), strict=True):
        add_line(fig, t, T, name, colour=COLOURS[_LAW_COLOURS[colour]], place=1, unit="°C")
    add_readings(fig, readings, place=1)
    fig.add_scatter(
        x=readings.t, y=errors.round(2), mode="lines+markers", showlegend=False, name="errors",
        line={"color": with_alpha(COLOURS["exploit"], 0.4), "width": 1},
        marker={"color": COLOURS["exploit"], "size": 6},
        hovertemplate="%{y:.1f} σ<extra></extra>", row=2, col=1,
    )  # fmt: skip
    fig.add_hrect(y0=-2, y1=2, fillcolor=with_alpha(COLOURS["limit"], 0.3), line_width=0,
                  row=2, col=1)  # fmt: skip
    add_line(fig, t, residual, f"residual of the network {loose}", place=3, unit="K/s", named=False,
          colour=COLOURS["physics"])  # fmt: skip
    add_line(fig, t, missing, "what is missing", dash="dash", place=3, colour=COLOURS["truth"],
          unit="K/s")  # fmt: skip
    fig.update_yaxes(title_text="T (°C)", row=1, col=1)
    fig.update_yaxes(title_text="Error (σ)", row=2, col=1)
    fig.update_yaxes(title_text="Residual (K/s)", row=3, col=1)
    return fig.update_xaxes(title_text="Time (s)", row=3, col=1)


_LAW_COLOURS = {"plain": "exploit", "physics": "physics"}


def unnoticed(
    x: ArrayLike, series: Mapping[str, Sequence[WrongLaw]], *, truth: float, x_title: str
) -> go.Figure:
    """How far off a wrong law puts the rate, and the chance that its residuals tell.

    Args:
        x: What is wrong by how much, shape ``(n,)``, rising.
        series: Fits for each, by the name of the readings.
        truth: The true rate in 1/s.
        x_title: Title of the axis, with unit.
    """
    at, false_alarm = np.asarray(x, dtype=float), next(iter(series.values()))[0].false_alarm
    fig = panels(
        2,
        layout=ROOM,
        height=540,
        shared_xaxes=True,
        vertical_spacing=0.09,
        alt=f"Two panels against {x_title}. "
        + " ".join(
            f"{name}: the rate is off by {100 * (fits[0].r / truth - 1):.0f} % at {at[0]:g} and "
            f"{100 * (fits[-1].r / truth - 1):.0f} % at {at[-1]:g}, noticed with a chance of "
            f"{fits[0].chance:.0%} and {fits[-1].chance:.0%}."
            for name, fits in series.items()
        ),
    )
    for colour, (name, fits) in zip(("physics", "exploit"), series.items(), strict=False):
        off = np.array([100 * fit.r / truth for fit in fits])
        half = np.array([196 * fit.std / truth for fit in fits])
        add_band(fig, at.round(3), estimate=(off - 100).round(3), low=(off - 100 - half).round(3),
                 high=(off - 100 + half).round(3), colour=COLOURS[colour], name=name, unit="%",
                 place=(1, 1))  # fmt: skip
        fig.data[-1].update(showlegend=len(series) > 1)
        chances = np.array([100 * fit.chance for fit in fits])
        add_line(fig, at.round(3), chances, name, colour=COLOURS[colour], place=2, named=False,
              unit="%")  # fmt: skip
    fig.add_hline(y=0, line={**DASH, "color": COLOURS["truth"]}, row=1, col=1)
    fig.add_hline(y=100 * false_alarm, line=DASH, row=2, col=1)
    fig.update_yaxes(title_text="Error of r", ticksuffix="\u202f%", row=1, col=1)
    fig.update_yaxes(title_text="Chance to notice", ticksuffix="\u202f%", range=[-4, 104],
                     row=2, col=1)  # fmt: skip
    return fig.update_xaxes(title_text=x_title, row=2, col=1)
