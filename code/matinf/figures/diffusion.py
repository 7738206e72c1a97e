"""Figures of "Diffusion": a field, and where solvers of it err.

Their cost is drawn in ``diffusion_cost``, learned coefficients in ``diffusion_learned``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from matinf.figures.colour_bar import ColourMap
from matinf.figures.diffusion_cost import cost, windows
from matinf.figures.diffusion_learned import SURFACE_NAMES, case, coverage, surfaces
from matinf.figures.diffusion_marks import CARBON, DEPTH, HOUR, MM, NAMES, TIME, Vector, wide_panels
from matinf.figures.palette import COLOURS, with_alpha

__all__ = [
    "CARBON",
    "DEPTH",
    "NAMES",
    "SURFACE_NAMES",
    "TIME",
    "case",
    "concentration",
    "cost",
    "coverage",
    "error_maps",
    "surfaces",
    "windows",
]


def concentration(x: Vector, t: Vector, c: Vector, *, hours: Sequence[float]) -> go.Figure:
    """A field over time and depth, and its profiles at some times.

    Args:
        x: Depths in m, shape ``(n_depths,)``, evenly spaced.
        t: Times in s, shape ``(n_times,)``, evenly spaced.
        c: Concentrations in wt%, shape ``(n_times, n_depths)``.
        hours: Times of the profiles, in h, on the grid of ``t``.
    """
    rows = [int(np.argmin(np.abs(t - h * HOUR))) for h in hours]
    half = [float(np.interp(-0.5 * (c[0, -1] + c[-1, 0]), -c[k], x)) / MM for k in rows]
    reached = ", ".join(f"{depth:.2f} mm at {h:g} h" for depth, h in zip(half, hours, strict=True))
    fig = wide_panels(
        2, 1, height=660, vertical_spacing=0.14, row_heights=[0.5, 0.5],
        alt=f"Above, a map of carbon over time to {t[-1] / HOUR:g} h and depth to "
        f"{x[-1] / MM:g} mm. Below, profiles. Half of the surface's step is reached at {reached}.",
    )  # fmt: skip
    scale = ColourMap(low=float(c.min()), high=float(c.max()))
    settings = scale.trace_settings("wt%", len=0.46, y=1, yanchor="top")
    fig.add_heatmap(
        x0=0, dx=t[1] / HOUR, y0=0, dy=x[1] / MM, z=c.T.round(3), zsmooth="best",
        hovertemplate="%{x:.1f} h, %{y:.2f} mm: %{z:.2f} wt%<extra></extra>", name="carbon",
        **settings, row=1, col=1,
    )  # fmt: skip
    for number, (k, h) in enumerate(zip(rows, hours, strict=True)):
        colour = with_alpha(COLOURS["accent"], 0.25 + 0.75 * (number + 1) / len(rows))
        fig.add_scatter(
            x0=0, dx=x[1] / MM, y=c[k].round(3), mode="lines", name=f"{h:g} h", showlegend=False,
            line={"color": colour, "width": 2.5},
            hovertemplate=f"{h:g} h, %{{x:.2f}} mm: %{{y:.2f}} wt%<extra></extra>", row=2, col=1,
        )  # fmt: skip
        level = c[0, -1] + (0.16 + 0.16 * number) * (c[k, 0] - c[0, -1])
        fig.add_annotation(
            x=float(np.interp(-level, -c[k], x)) / MM, y=level, text=f"{h:g} h", xanchor="left",
            yanchor="bottom", font={"size": 12}, row=2, col=1,
        )  # fmt: skip
    fig.update_xaxes(title_text=TIME, showgrid=False, row=1, col=1)
    fig.update_yaxes(title_text=DEPTH, autorange="reversed", showgrid=False, row=1, col=1)
    fig.update_xaxes(title_text=DEPTH, row=2, col=1)
    return fig.update_yaxes(title_text=CARBON, row=2, col=1)


def error_maps(x: Vector, t: Vector, errors: Mapping[str, Vector]) -> go.Figure:
    """Size of the error over time and depth, one panel for each way, on one logarithmic scale.

    Args:
        x: Depths in m, shape ``(n_depths,)``, evenly spaced.
        t: Times in s, shape ``(n_times,)``, evenly spaced.
        errors: By title of the panel, in wt%, shape ``(n_times, n_depths)``.
    """
    worst = {name: float(np.abs(e).max()) for name, e in errors.items()}
    usual = {name: float(np.median(np.abs(e))) for name, e in errors.items()}
    said = "; ".join(f"{n}: median {usual[n]:.0e} wt%, at most {worst[n]:.0e} wt%" for n in errors)
    fig = wide_panels(
        1, len(errors), height=400, shared_yaxes=True, horizontal_spacing=0.03,
        subplot_titles=[f"<b>{name}</b>" for name in errors],
        alt=f"Maps of the size of the error over time and depth. {said}.",
    )  # fmt: skip
    scale = ColourMap(low=1e-7, high=1e-1, log=True)
    settings = scale.trace_settings(
        "Error (wt%)", orientation="h", y=-0.32, yanchor="top", x=0.5, xanchor="center", len=0.7
    )
    settings["colorbar"]["ticktext"] = [f"10<sup>{p}</sup>".replace("-", "−") for p in range(-7, 0)]
    settings["colorbar"]["tickvals"] = list(range(-7, 0))
    for col, (name, error) in enumerate(errors.items(), start=1):
        z = scale.z(np.maximum(np.abs(error), 1e-7)).T.round(2)
        fig.add_heatmap(
            x0=t[0] / HOUR, dx=(t[1] - t[0]) / HOUR, y0=x[0] / MM, dy=(x[1] - x[0]) / MM, z=z,
            name=name, hovertemplate="%{x:.1f} h, %{y:.2f} mm: 10<sup>%{z:.1f}</sup> wt%"
            "<extra></extra>", **{**settings, "showscale": col == 1}, row=1, col=col,
        )  # fmt: skip
    fig.update_xaxes(title_text=TIME, showgrid=False)
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.update_yaxes(title_text=DEPTH, col=1)
    return fig.update_layout(margin={"t": 40, "b": 108})
