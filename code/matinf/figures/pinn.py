"""Figures of "A physics-informed network": the law at work, its weight, its cost, its limits."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from matinf.figures.marks import add_band, add_limit
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import describe, new_figure, said, themes
from matinf.figures.ticks import power_ticks
from matinf.intervals import Interval
from matinf.physics.cooling import Readings

Vector = NDArray[np.float64]

WAYS: Mapping[str, tuple[str, str]] = {
    "damped": ("network, damped steps", COLOURS["physics"]),
    "textbook": ("network, Adam and L-BFGS", COLOURS["limit"]),
    "runge-kutta": ("Runge–Kutta", COLOURS["classical"]),
}
"""What a way to a curve is called where a reader sees it, and its colour."""


def _panels(rows: int, cols: int, *, height: int, alt: str, **settings: object) -> go.Figure:
    fig = make_subplots(rows=rows, cols=cols, **settings)
    fig.update_layout(template=themes()["light"], height=height)
    return describe(fig, alt=alt)


def beyond(
    readings: Readings, t: Vector, *, truth: Vector, plain: Vector, physics: Vector, fit: Vector
) -> go.Figure:
    """Two networks and least squares of the same readings, and how far off they are.

    Args:
        readings: What all three have learned from.
        t: Times in s, shape ``(n,)``, as of all that follows.
        truth: True temperatures in °C.
        plain: Those of a network without the law.
        physics: Those of a network with it.
        fit: Those of the closed form, fitted by least squares.
    """
    off = [float(np.abs(T - truth).max()) for T in (plain, physics, fit)]
    fig = _panels(
        2, 1, height=560, shared_xaxes=True, vertical_spacing=0.09, row_heights=[0.62, 0.38],
        alt=f"Two panels against time. Above, {len(readings)} readings up to "
        f"{readings.t[-1]:.0f} s and two networks carried on to {t[-1]:.0f} s: the plain one "
        f"leaves the true curve by {off[0]:.0f} K, the physics-informed one lies on it. Below, "
        f"errors: at most {off[1]:.2f} K of the physics-informed network, {off[2]:.2f} K of "
        "least squares, whose line it covers.",
    )  # fmt: skip
    lines = (
        ("plain network", plain, COLOURS["plain"], "solid"),
        ("physics-informed", physics, COLOURS["physics"], "solid"),
        ("truth", truth, COLOURS["truth"], "dash"),
    )
    for name, T, colour, dash in lines:
        _line(fig, t, T.round(3), name, colour, dash=dash, unit="°C", row=1)
    fig.add_scatter(
        x=readings.t.round(1), y=readings.T.round(2), mode="markers", name="readings",
        marker={"color": COLOURS["data"], "size": 8}, row=1, col=1,
        hovertemplate="reading, %{y:.1f} °C<extra></extra>",
    )  # fmt: skip
    pair = (("physics-informed", physics, "physics", "solid"),
            ("least squares", fit, "classical", "dot"))  # fmt: skip
    for name, T, role, dash in pair:
        _line(fig, t, (T - truth).round(4), name, COLOURS[role], dash=dash, unit="K", row=2)
        fig.data[-1].showlegend = name == "least squares"
    fig.data[-1].line.width = 4
    fig.add_hline(y=0, line={"color": COLOURS["truth"], "width": 1.5, "dash": "dash"}, row=2)
    fig.update_yaxes(title_text="Temperature (°C)", row=1)
    fig.update_yaxes(title_text="Error (K)", row=2)
    return fig.update_xaxes(title_text="Time (s)", row=2)


def emergence(
    t: Vector, walks: Mapping[str, Mapping[int, tuple[Vector, Vector]]], *, truth: Vector
) -> go.Figure:
    """Curves and residuals on the way down, one column for each optimiser.

    Args:
        t: Times in s, shape ``(n,)``.
        walks: For each optimiser, by the number of steps done: temperatures in °C and residuals
            in K/s, shape ``(n,)``.
        truth: True temperatures in °C.
    """
    ends = {name: (max(w), float(np.abs(w[max(w)][0] - truth).max())) for name, w in walks.items()}
    fig = _panels(
        2, len(walks), height=600, shared_xaxes=True, shared_yaxes=True,
        vertical_spacing=0.08, horizontal_spacing=0.1,
        subplot_titles=[f"<b>{name}</b>" for name in walks],
        alt="For each optimiser, curves above and absolute residuals below, at several steps. "
        "All begin at the start and near the true curve. "
        + " ".join(f"{name}: off by {e:.1e} K at most after {n} steps."
                   for name, (n, e) in ends.items()),
    )  # fmt: skip
    fig.update_layout(meta={**fig.layout.meta, "wide": True})
    fig.update_annotations(font={"size": 13})
    for col, walk in enumerate(walks.values(), start=1):
        for k, (step, (T, residual)) in enumerate(walk.items()):
            colour = with_alpha(COLOURS["physics"], round(0.25 + 0.75 * k / (len(walk) - 1), 2))
            _line(fig, t, T.round(2), f"step {step}", colour, unit="°C", row=1, col=col)
            size = np.maximum(np.abs(residual), 1e-16)
            digits = np.array([float(f"{value:.2e}") for value in size])
            _line(fig, t, digits, f"step {step}", colour, unit="K/s", row=2, col=col)
            _name(fig, step, col=col, at=k, top=0.85 if len(walk) < 4 else 0.6)
        _line(fig, t, truth.round(2), "truth", COLOURS["truth"], dash="dash", row=1, col=col)
    fig.update_traces(showlegend=False)
    fig.update_yaxes(title_text="Temperature (°C)", row=1, col=1)
    fig.update_yaxes(title_text="|Residual| (K/s)", row=2, col=1)
    fig.update_yaxes(type="log", **power_ticks(-18, 6, every=3), row=2)
    return fig.update_xaxes(title_text="Time (s)", row=2)


def _name(fig: go.Figure, step: int, *, col: int, at: int, top: float) -> None:
    """Name a step where the residuals are not, one under the other."""
    alpha = fig.data[-1].line.color
    fig.add_annotation(
        text=f"<b style='color:{alpha}'>—</b> step {step}", x=0.97, y=top - 0.11 * at,
        xref="x domain", yref="y domain", xanchor="right", yanchor="top", showarrow=False,
        font={"size": 12}, row=2, col=col,
    )  # fmt: skip


def answered(
    t: Vector, answers: Mapping[float, Vector], *, asked: tuple[float, Vector], exact: Vector
) -> go.Figure:
    """The curve that was asked for, among others that the same network gives.

    Args:
        t: Times in s, shape ``(n,)``.
        answers: Temperatures in °C by the environment's.
        asked: The environment asked for in °C, and the answer.
        exact: The closed form there.
    """
    T_env, found = asked
    off = float(np.abs(found - exact).max())
    fig = new_figure(
        alt=f"Cooling curves of one network for environments of "
        f"{', '.join(f'{value:g}' for value in answers)} °C, thin, and for the {T_env:g} °C that "
        f"was asked for, thick; the closed form, dashed, is within {off:.2g} K of it.",
        height=420,
    )
    for value, T in answers.items():
        place = f"{value:g} °C".replace("-", "−")
        fig.add_scatter(
            x=t.round(1), y=T.round(2), mode="lines", showlegend=False,
            line={"color": with_alpha(COLOURS["physics"], 0.35), "width": 1.5},
            name=place,
            hovertemplate=f"T<sub>env</sub> = {place}<br>%{{y:.1f}} °C<extra></extra>",
        )  # fmt: skip
        fig.add_annotation(x=t[-1], y=float(T[-1]), text=place, xanchor="left",
                           showarrow=False, xshift=4, font={"size": 12})  # fmt: skip
    label = f"T<sub>env</sub> = {T_env:g} °C, network".replace("-", "−")
    _line(fig, t, found.round(3), label, COLOURS["physics"], unit="°C")
    fig.data[-1].line.width = 4
    _line(fig, t, exact.round(3), "closed form", COLOURS["truth"], dash="dash", unit="°C")
    fig.update_layout(margin={"r": 60})
    every = np.concatenate(list(answers.values()))
    fig.update_yaxes(title_text="Temperature (°C)", range=[every.min() - 4, every.max() + 4])
    fig.update_xaxes(title_text="Time (s)")
    return said(
        fig,
        f"In an environment of {_degrees(T_env)} the network's body ends at "
        f"{_degrees(round(float(found[-1]), 1))}. It is within {off:.2g} K of the closed form "
        "throughout.",
    )


def _degrees(T: float) -> str:
    return f"{T:g} °C".replace("-", "−")


def few_points(
    t: Vector, *, points: Vector, found: Vector, truth: Vector, residual: Vector
) -> go.Figure:
    """A curve that obeys the law at a few points and nowhere else.

    Args:
        t: Times in s, shape ``(n,)``.
        points: Times at which the law was asked for.
        found: Temperatures of the network in °C, shape ``(n,)``.
        truth: Those of the closed form.
        residual: Residuals of the network in K/s, shape ``(n,)``.
    """
    worst = int(np.argmax(np.abs(found - truth)))
    fig = _panels(
        2, 1, height=520, shared_xaxes=True, vertical_spacing=0.09,
        alt=f"Above, a network that was asked for the law at {points.size} times is up to "
        f"{abs(found[worst] - truth[worst]):.0f} K off the true curve, at {t[worst]:.0f} s. "
        "Below, its residual: zero at these times, marked, and up to "
        f"{np.abs(residual).max():.2g} K/s between them.",
    )  # fmt: skip
    _line(fig, t, truth.round(2), "truth", COLOURS["truth"], dash="dash", unit="°C", row=1)
    _line(fig, t, found.round(2), "network", COLOURS["physics"], unit="°C", row=1)
    _line(fig, t, residual.round(5), "residual", COLOURS["physics"], unit="K/s", row=2)
    fig.data[-1].showlegend = False
    fig.add_scatter(
        x=points.round(2), y=np.zeros(points.size), mode="markers", name="asked for the law",
        marker={"color": COLOURS["limit"], "size": 9}, row=2, col=1, hoverinfo="x",
    )  # fmt: skip
    fig.update_yaxes(title_text="Temperature (°C)", row=1)
    fig.update_yaxes(title_text="Residual (K/s)", row=2)
    return fig.update_xaxes(title_text="Time (s)", row=2)


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
    fig = _panels(
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


def _line(
    fig: go.Figure,
    x: Vector,
    y: Vector,
    name: str,
    colour: str,
    *,
    dash: str = "solid",
    unit: str = "°C",
    row: int | None = None,
    col: int | None = None,
) -> None:
    place = {} if row is None else {"row": row, "col": col or 1}
    fig.add_scatter(
        x=x.round(1),
        y=y,
        mode="lines",
        line={"color": colour, "dash": dash},
        name=name,
        hovertemplate=f"{name}<br>%{{y:.3~g}} {unit}<extra></extra>",
        **place,
    )
