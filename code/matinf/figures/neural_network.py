"""Figures of "An ordinary neural network": what it fits, makes up, and is sure of."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matinf.figures.marks import add_intervals, add_limit, interval_bars
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.panels import panels
from matinf.figures.template import new_figure
from matinf.intervals import Interval
from matinf.physics.cooling import Readings
from matinf.physics.extrapolation import Belief
from matinf.physics.learning_course import LearningCourse

Vector = NDArray[np.float64]
PLAIN, LAW, TRUTH = COLOURS["plain"], COLOURS["classical"], COLOURS["truth"]


def carried_on(
    readings: Readings, t: Vector, *, truth: Vector, network: Vector, law: Vector | None = None
) -> go.Figure:
    """A network of the readings, carried on beyond them.

    Args:
        readings: What it has learned from.
        t: Times in s, shape ``(n,)``, as of all that follows.
        truth: True temperatures, °C.
        network: The network's, °C.
        law: Those of the law fitted by least squares, °C, where they are shown.
    """
    last = float(readings.t[-1])
    off = np.abs(network - truth)
    fig = new_figure(
        alt=f"{len(readings)} readings of a cooling body up to {last:.0f} s and a network's curve "
        f"up to {t[-1]:.0f} s. Among the readings it is off by {off[t <= last].max():.1f} K at "
        f"most; at the end it says {network[-1]:.0f} °C where {truth[-1]:.0f} °C is true."
        + ("" if law is None else f" Newton's law, fitted, says {law[-1]:.0f} °C."),
        height=420,
    )
    _unmeasured(fig, last, float(t[-1]))
    if law is not None:  # under the truth, on which it lies
        _line(fig, t, law.round(2), "Newton's law, least squares", with_alpha(LAW, 0.6))
        fig.data[-1].line.width = 6
    _line(fig, t, network.round(2), "plain network", PLAIN)
    _line(fig, t, truth.round(2), "truth", TRUTH, dash="dash")
    _points(fig, readings)
    fig.update_yaxes(title_text="Temperature (°C)")
    return fig.update_xaxes(title_text="Time (s)")


def course(seen: LearningCourse, *, noise: float) -> go.Figure:
    """Three errors of one network while it learns, and the noise of a reading.

    Args:
        seen: Its errors after each step.
        noise: Standard deviation of one reading, K.
    """
    lines = (
        ("beyond the readings, against the truth", seen.beyond, PLAIN, "solid"),
        ("among the readings, against the truth", seen.among, TRUTH, "dash"),
        ("at the readings, which it learns from", seen.at_readings, COLOURS["data"], "dot"),
    )
    steps = np.arange(len(seen.beyond), dtype=float)
    fig = new_figure(
        alt="Root-mean-square error while a network learns. After the last step: "
        + "; ".join(f"{name} {errors[-1]:.2g} K" for name, errors, *_ in lines)
        + f". A dashed line marks the noise of a reading, {noise:.1f} K.",
        height=420,
    )
    for name, errors, colour, dash in lines:
        digits = np.array([float(f"{value:.3g}") for value in errors])
        _line(fig, steps, digits, name, colour, dash=dash, unit="K")
    add_limit(fig, noise, name=f"noise of a reading, {noise:.1f} K", side="end")
    fig.update_yaxes(title_text="Error (K)", type="log", dtick=1)
    fig.update_layout(legend={"orientation": "v", "y": 1, "yanchor": "bottom", "x": 0})
    return fig.update_xaxes(title_text="Training step")


def confident(readings: Readings, belief: Belief, *, truth: Vector) -> go.Figure:
    """An ensemble, the band of twice its spread, and below both the spread and the error.

    Args:
        readings: What all members have learned from.
        belief: The ensemble's, at the times to draw.
        truth: True temperatures at these times, °C.
    """
    t, error = belief.t, np.abs(belief.mean - truth)
    fig = panels(
        2,
        height=600,
        shared_xaxes=True,
        vertical_spacing=0.08,
        row_heights=[0.62, 0.38],
        alt=f"Above, {len(belief.members)} networks of the same readings and the band of twice "
        f"their standard deviation, with the true curve. Below, at {t[-1]:.0f} s the spread is "
        f"{belief.std[-1]:.1f} K and the error of their mean {error[-1]:.1f} K.",
    )
    edge = np.concatenate([belief.mean + 2 * belief.std, (belief.mean - 2 * belief.std)[::-1]])
    fig.add_scatter(
        x=np.concatenate([t, t[::-1]]).round(1), y=edge.round(2), fill="toself", mode="lines",
        fillcolor=with_alpha(PLAIN, 0.2), line={"width": 0}, hoverinfo="skip",
        name="mean ± 2 standard deviations", row=1, col=1,
    )  # fmt: skip
    for k, member in enumerate(belief.members):
        fig.add_scatter(
            x=t[::4].round(1), y=member[::4].round(2), mode="lines", row=1, col=1,
            line={"color": with_alpha(PLAIN, 0.45), "width": 1}, hoverinfo="skip",
            name="each network", legendgroup="each", showlegend=k == 0,
        )  # fmt: skip
    _line(fig, t, truth.round(2), "truth", TRUTH, dash="dash", row=1, col=1)
    _points(fig, readings, row=1, col=1)
    _unmeasured(fig, float(readings.t[-1]), float(t[-1]), row=1, col=1)
    for name, values, dash in (
        ("error of the mean", error, "solid"),
        ("spread", belief.std, "dot"),
    ):
        shown = np.maximum(values, 1e-3)
        digits = np.array([float(f"{value:.3g}") for value in shown])
        _line(fig, t, digits, name, PLAIN, dash=dash, unit="K", row=2, col=1)
    fig.update_yaxes(title_text="Temperature (°C)", row=1)
    fig.update_yaxes(title_text="Size (K)", type="log", dtick=1, row=2)
    return fig.update_xaxes(title_text="Time (s)", row=2)


def believed(
    t: Vector,
    beliefs: Mapping[str, tuple[Sequence[Interval], Sequence[Interval]]],
    *,
    last_reading: float,
) -> go.Figure:
    """Error and stated standard deviation against time, a panel for each model, over draws.

    Args:
        t: Times in s.
        beliefs: By the model's name, intervals of the mean absolute error and of the mean stated
            standard deviation at each time, K; a name with "law" in it has the law's colour.
        last_reading: When the readings end, s.
    """
    ends = {
        name: (errors[-1].estimate, stds[-1].estimate) for name, (errors, stds) in beliefs.items()
    }
    fig = panels(
        1,
        len(beliefs),
        height=440,
        wide=True,
        shared_yaxes=True,
        horizontal_spacing=0.05,
        subplot_titles=[f"<b>{name.replace(', ', ',<br>')}</b>" for name in beliefs],
        alt="Mean error and mean stated standard deviation against time. "
        + " ".join(
            f"{name}, at {t[-1]:.0f} s: error {error:.2g} K, stated {std:.2g} K."
            for name, (error, std) in ends.items()
        ),
    )
    for col, (model, (errors, stds)) in enumerate(beliefs.items(), start=1):
        own = LAW if "law" in model else PLAIN
        for name, found, dash in (("error", errors, "solid"), ("stated", stds, "dot")):
            colour = own if name == "error" else COLOURS["data"]
            add_intervals(fig, t, found, colour=colour, name=name, unit="K", place=(1, col))
            fig.data[-1].update(line_dash=dash, showlegend=col == 1, legendgroup=name)
        fig.add_vline(
            x=last_reading, line={"color": COLOURS["data"], "width": 1, "dash": "dash"},
            row=1, col=col,
        )  # fmt: skip
    fig.update_annotations(font={"size": 13})
    fig.update_layout(margin={"t": 96}, legend={"y": 1.17, "yref": "paper", "yanchor": "bottom"})
    fig.update_yaxes(type="log", dtick=1)
    fig.update_yaxes(title_text="Kelvin", col=1)
    return fig.update_xaxes(title_text="Time (s)", dtick=300, tickangle=0)


def what_helps(
    rows: Mapping[str, Mapping[str, tuple[Interval, float]]], *, law: float, at: float
) -> go.Figure:
    """Error far beyond the readings under one change at a time, and what the ensemble states.

    Args:
        rows: By group and name of the change, the mean absolute error with its interval and the
            mean stated standard deviation, K.
        law: Mean absolute error of the law fitted to the same readings, K.
        at: The time at which all is compared, s.
    """
    flat = [(group, name, *found) for group, of in rows.items() for name, found in of.items()]
    fig = new_figure(
        alt=f"Mean error at {at:.0f} s: "
        + "; ".join(
            f"{name} {error.estimate:.2g} K, stated {std:.2g} K" for _, name, error, std in flat
        )
        + f". The law fitted by least squares: {law:.2g} K.",
        height=70 + 30 * len(flat),
        wide=True,
    )
    heights = list(range(len(flat)))
    fig.add_scatter(
        **interval_bars([error for *_, error, _ in flat], colour=PLAIN), y=heights, mode="markers",
        marker={"color": PLAIN, "size": 10}, name="error",
        customdata=[f"{name}: {error.text('K', digits=2)}" for _, name, error, _ in flat],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    fig.add_scatter(
        x=[float(f"{std:.3g}") for *_, std in flat], y=heights, mode="markers", name="stated",
        marker={"color": COLOURS["data"], "size": 11, "symbol": "line-ns-open"},
        hovertemplate="stated standard deviation %{x:.2g} K<extra></extra>",
    )  # fmt: skip
    for row in range(1, len(flat)):
        if flat[row][0] != flat[row - 1][0]:
            fig.add_hline(y=row - 0.5, line={"color": COLOURS["muted"], "width": 0.7})
    fig.add_shape(
        type="line", x0=law, x1=law, y0=0, y1=1, yref="y domain", name="law",
        line={"color": LAW, "width": 1.5, "dash": "dash"},
    )  # fmt: skip
    fig.add_annotation(
        x=np.log10(law), y=1, yref="y domain", yanchor="bottom", xanchor="left",
        text=f"the law, fitted: {law:.2g} K", font={"size": 12},
    )  # fmt: skip
    fig.update_layout(margin={"t": 84}, legend={"y": 1.06, "yref": "paper", "yanchor": "bottom"})
    fig.update_yaxes(
        tickvals=heights, ticktext=[name for _, name, *_ in flat], showgrid=False,
        range=[len(flat) - 0.4, -0.6],
    )  # fmt: skip
    return fig.update_xaxes(title_text=f"At {at:.0f} s (K)", type="log", dtick=1)


def _line(
    fig: go.Figure, t: Vector, T: Vector, name: str, colour: str, *,
    dash: str = "solid", unit: str = "°C", **place: int,
) -> None:  # fmt: skip
    fig.add_scatter(
        x=t.round(1), y=T, mode="lines", name=name, line={"color": colour, "dash": dash},
        hovertemplate=f"{name}<br>%{{y:.3~g}} {unit}<extra></extra>", **place,
    )  # fmt: skip


def _points(fig: go.Figure, readings: Readings, **place: int) -> None:
    fig.add_scatter(
        x=readings.t.round(1), y=readings.T.round(2), mode="markers", name="readings",
        marker={"color": COLOURS["data"], "size": 8},
        hovertemplate="reading, %{y:.1f} °C<extra></extra>", **place,
    )  # fmt: skip


def _unmeasured(fig: go.Figure, start: float, end: float, **place: int) -> None:
    """Shade the times of which nothing was measured."""
    fig.add_vrect(
        x0=start, x1=end, fillcolor=COLOURS["muted"], opacity=0.12, line_width=0,
        name="no readings", **place,
    )  # fmt: skip
    fig.add_annotation(
        x=end, y=1, yref="y domain", xanchor="right", yanchor="top", text="no readings here",
        font={"size": 12},
    )  # fmt: skip
