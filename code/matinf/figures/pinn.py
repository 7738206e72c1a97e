"""Figures of "A physics-informed network": the law at work, and what it is worth with few points.

The way down the loss, its weights and its cost are drawn in ``pinn_training``.
"""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.panels import panels
from matinf.figures.pinn_training import WAYS, Vector, costs, landscape, weights
from matinf.figures.template import new_figure, said
from matinf.figures.ticks import power_ticks
from matinf.physics.cooling import Readings

__all__ = ["WAYS", "answered", "beyond", "costs", "emergence", "few_points", "landscape", "weights"]


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
    fig = panels(
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
    fig = panels(
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
    fig = panels(
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
