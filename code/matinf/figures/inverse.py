"""Figures of "The inverse problem": a rate found, how sure it is, and what a wrong law does."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from matinf.figures.marks import add_band, add_limit, interval_bars
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import describe, new_figure, themes
from matinf.intervals import Interval
from matinf.physics.cooling import Readings
from matinf.physics.inverse_study import RateStudy
from matinf.physics.wrong_law import WrongLaw

Vector = NDArray[np.float64]

NAMES: Mapping[str, str] = {
    "least squares": "least squares",
    "network": "network, Laplace",
    "profile": "network, profile likelihood",
    "weights": "ensemble of first weights",
    "resampled": "ensemble of readings",
}
"""What a method is called where a reader sees it."""

_COLOURS: Mapping[str, str] = {
    name: COLOURS["classical" if name == "least squares" else "physics"] for name in NAMES
}
_DASH = {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"}


def _panels(rows: int, *, height: int, alt: str, **settings: object) -> go.Figure:
    fig = make_subplots(rows=rows, cols=1, **settings)
    fig.update_layout(template=themes()["light"], height=height, margin={"t": 44})
    return describe(fig, alt=alt)


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
    fig = _panels(
        2,
        height=560,
        vertical_spacing=0.16,
        row_heights=[0.62, 0.38],
        alt=f"Two panels. Above, {len(readings)} readings up to {readings.t[-1]:.0f} s and the "
        f"network's curve after each of {last} steps: it nears the true curve, which the last one "
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
    _line(fig, t, truth, "truth", dash="dash", place=1)
    _readings(fig, readings, place=1)
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
    fig.add_hline(y=1e3 * rival, line={**_DASH, "color": COLOURS["classical"]}, row=2, col=1)
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


def every_interval(study: RateStudy, *, n_draws: int = 40, level: float = 0.95) -> go.Figure:
    """Intervals of two ensembles, draw by draw; those that miss the truth stand out.

    Args:
        study: With both ensembles.
        n_draws: How many draws to show.
        level: Level of the intervals, one that was studied.
    """
    names = ("weights", "resampled")
    held = {name: int(study.is_inside(name, level=level)[:n_draws].sum()) for name in names}
    fig = _panels(
        2,
        height=540,
        shared_xaxes=True,
        vertical_spacing=0.12,
        subplot_titles=[f"<b>{NAMES[name]}</b>" for name in names],
        alt=f"Intervals of {level:.0%} for the rate in {n_draws} draws, with the truth as a "
        f"dashed line. Ensembles of first weights: too narrow to be seen, {held['weights']} hold "
        f"the truth. Ensembles of readings: wide, {held['resampled']} hold it.",
    )
    for place, name in enumerate(names, start=1):
        rows = study.rows(name).head(n_draws)
        inside = study.is_inside(name, level=level)[:n_draws]
        for is_held in (True, False):
            values = 1e3 * rows[inside == is_held][["r", *_ends(level)]].to_numpy(dtype=float)
            draws = np.flatnonzero(inside == is_held) + 1
            if draws.size:
                _whiskers(fig, values, draws, is_held=is_held, place=place)
        fig.add_hline(y=1e3 * study.truth, line={**_DASH, "color": COLOURS["truth"]},
                      row=place, col=1)  # fmt: skip
    fig.update_layout(margin={"t": 76}, legend={"y": 1.07, "traceorder": "reversed"})
    fig.update_annotations(font_size=13)
    fig.update_xaxes(title_text="Draw of the noise", row=2, col=1)
    return fig.update_yaxes(title_text="r (10⁻³ s⁻¹)", matches="y")


def _ends(level: float) -> list[str]:
    return [f"low_{level:g}", f"high_{level:g}"]


def _whiskers(
    fig: go.Figure, values: Vector, draws: ArrayLike, *, is_held: bool, place: int
) -> None:
    """Dots with bars for rows of estimate, low and high."""
    colour = COLOURS["physics" if is_held else "exploit"]
    fig.add_scatter(
        x=np.asarray(draws),
        y=values[:, 0].round(4),
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (values[:, 2] - values[:, 0]).round(4),
            "arrayminus": (values[:, 0] - values[:, 1]).round(4),
            "width": 0,
            "thickness": 2,
            "color": with_alpha(colour, 0.7),
        },
        mode="markers",
        marker={"color": colour, "size": 6, "symbol": "circle" if is_held else "diamond"},
        name="holds the truth" if is_held else "misses it",
        legendgroup=str(is_held),
        showlegend=place == 1 + is_held,
        hovertemplate="draw %{x}: %{y:.3f}<extra></extra>",
        row=place,
        col=1,
    )


def coverages(study: RateStudy, *, levels: Sequence[float] = (0.8, 0.95)) -> go.Figure:
    """Share of draws in which the interval of each method holds the truth."""
    shares = {
        level: [study.coverage(name, level=level) for name in NAMES] for level in levels
    }  # by level, in the order of the names
    fig = new_figure(
        alt="Share of intervals that hold the truth, by method. "
        + " ".join(
            f"{NAMES[name]}: "
            + ", ".join(f"{shares[p][at].estimate:.0%} of those of {p:.0%}" for p in levels)
            + "."
            for at, name in enumerate(NAMES)
        ),
        height=400,
        wide=True,
    )
    for level, symbol in zip(levels, ("circle-open", "circle"), strict=True):
        found = [_in_per_cent(share) for share in shares[level]]
        fig.add_scatter(
            **interval_bars(found, colour=COLOURS["muted"]),
            y=list(range(len(NAMES))),
            mode="markers",
            marker={
                "color": list(_COLOURS.values()),
                "size": 11,
                "symbol": symbol,
                "line": {"width": 2, "color": list(_COLOURS.values())},
            },
            name=f"intervals of {level:.0%}",
            showlegend=False,
            text=[share.text("%", digits=0) for share in found],
            hovertemplate=f"intervals of {level:.0%}: %{{text}}<extra></extra>",
        )
        name = f"{level:.0%}".replace("%", "\u202f%")
        add_limit(fig, 100 * level, name="", axis="x")
        fig.add_annotation(
            x=100 * level, y=1, yref="y domain", yanchor="bottom", text=name,
            xanchor="right" if level < max(levels) else "left",
        )  # fmt: skip
    fig.update_yaxes(
        tickvals=list(range(len(NAMES))),
        ticktext=[name.replace(", ", ",<br>").replace("ensemble of ", "ensemble of<br>")
                  for name in NAMES.values()],
        range=[len(NAMES) - 0.5, -0.5],
        showgrid=False,
    )  # fmt: skip
    return fig.update_xaxes(
        title_text="Intervals that hold the truth", range=[-3, 103], ticksuffix="\u202f%"
    )


def _in_per_cent(share: Interval) -> Interval:
    return Interval(
        estimate=100 * share.estimate, low=100 * share.low, high=100 * share.high, level=share.level
    )


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
    found = [_in_per_cent(interval) for interval in measured.values()]
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
        line=_DASH,
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
    fig = _panels(
        3,
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
        _line(fig, t, T, name, colour=COLOURS[_LAW_COLOURS[colour]], place=1, unit="°C")
    _readings(fig, readings, place=1)
    fig.add_scatter(
        x=readings.t, y=errors.round(2), mode="lines+markers", showlegend=False, name="errors",
        line={"color": with_alpha(COLOURS["exploit"], 0.4), "width": 1},
        marker={"color": COLOURS["exploit"], "size": 6},
        hovertemplate="%{y:.1f} σ<extra></extra>", row=2, col=1,
    )  # fmt: skip
    fig.add_hrect(y0=-2, y1=2, fillcolor=with_alpha(COLOURS["limit"], 0.3), line_width=0,
                  row=2, col=1)  # fmt: skip
    _line(fig, t, residual, f"residual of the network {loose}", place=3, unit="K/s", named=False,
          colour=COLOURS["physics"])  # fmt: skip
    _line(fig, t, missing, "what is missing", dash="dash", place=3, colour=COLOURS["truth"],
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
    fig = _panels(
        2,
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
        _line(fig, at.round(3), chances, name, colour=COLOURS[colour], place=2, named=False,
              unit="%")  # fmt: skip
    fig.add_hline(y=0, line={**_DASH, "color": COLOURS["truth"]}, row=1, col=1)
    fig.add_hline(y=100 * false_alarm, line=_DASH, row=2, col=1)
    fig.update_yaxes(title_text="Error of r", ticksuffix="\u202f%", row=1, col=1)
    fig.update_yaxes(title_text="Chance to notice", ticksuffix="\u202f%", range=[-4, 104],
                     row=2, col=1)  # fmt: skip
    return fig.update_xaxes(title_text=x_title, row=2, col=1)


def _readings(fig: go.Figure, readings: Readings, *, place: int) -> None:
    fig.add_scatter(
        x=readings.t.round(2),
        y=readings.T.round(2),
        mode="markers",
        marker={"color": COLOURS["data"], "size": 8},
        name="readings",
        hovertemplate="%{x:.0f} s: %{y:.1f} °C<extra></extra>",
        row=place,
        col=1,
    )


def _line(
    fig: go.Figure,
    x: ArrayLike,
    y: Vector,
    name: str,
    *,
    place: int,
    colour: str = COLOURS["truth"],
    dash: str = "solid",
    unit: str = "°C",
    named: bool = True,
) -> None:
    fig.add_scatter(
        x=x,
        y=np.asarray(y, dtype=float).round(3),
        mode="lines",
        line={"color": colour, "width": 2, "dash": dash},
        name=name,
        showlegend=named,
        hovertemplate=f"{name}: %{{y:.2f}} {unit}<extra></extra>",
        row=place,
        col=1,
    )
