"""Figures of "Diffusion": fields, where solvers err and what they cost, learned coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from matinf.figures.colour_bar import ColourMap
from matinf.figures.marks import label_line
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.panels import panels
from matinf.figures.template import new_figure
from matinf.intervals import Interval
from matinf.physics.diffusion_fit import DepthReadings
from matinf.physics.diffusion_results import Draws

Vector = NDArray[np.float64]

NAMES: Mapping[str, str] = {
    "classical": "Crank–Nicolson",
    "corner": "about the corner",
    "late": "the same, logarithmic",
    "plain": "depth and time",
    "raw": "metres and seconds",
}
_COLOURS: Mapping[str, str] = {
    "classical": COLOURS["classical"],
    "corner": COLOURS["physics"],
    "late": COLOURS["limit"],
    "plain": COLOURS["plain"],
    "raw": COLOURS["exploit"],
}
_HOUR, _MM = 3600.0, 1e-3
DEPTH, TIME, CARBON = "Depth (mm)", "Time (h)", "Carbon (wt%)"


def _panels(rows: int, cols: int, *, height: int, alt: str, **settings: Any) -> go.Figure:
    fig = panels(rows, cols, height=height, alt=alt, wide=True, **settings)
    return fig.update_annotations(font_size=13)


def concentration(x: Vector, t: Vector, c: Vector, *, hours: Sequence[float]) -> go.Figure:
    """A field over time and depth, and its profiles at some times.

    Args:
        x: Depths in m, shape ``(n_depths,)``, evenly spaced.
        t: Times in s, shape ``(n_times,)``, evenly spaced.
        c: Concentrations in wt%, shape ``(n_times, n_depths)``.
        hours: Times of the profiles, in h, on the grid of ``t``.
    """
    rows = [int(np.argmin(np.abs(t - h * _HOUR))) for h in hours]
    half = [float(np.interp(-0.5 * (c[0, -1] + c[-1, 0]), -c[k], x)) / _MM for k in rows]
    reached = ", ".join(f"{depth:.2f} mm at {h:g} h" for depth, h in zip(half, hours, strict=True))
    fig = _panels(
        2, 1, height=660, vertical_spacing=0.14, row_heights=[0.5, 0.5],
        alt=f"Above, a map of carbon over time to {t[-1] / _HOUR:g} h and depth to "
        f"{x[-1] / _MM:g} mm. Below, profiles. Half of the surface's step is reached at {reached}.",
    )  # fmt: skip
    scale = ColourMap(low=float(c.min()), high=float(c.max()))
    settings = scale.trace_settings("wt%", len=0.46, y=1, yanchor="top")
    fig.add_heatmap(
        x0=0, dx=t[1] / _HOUR, y0=0, dy=x[1] / _MM, z=c.T.round(3), zsmooth="best",
        hovertemplate="%{x:.1f} h, %{y:.2f} mm: %{z:.2f} wt%<extra></extra>", name="carbon",
        **settings, row=1, col=1,
    )  # fmt: skip
    for number, (k, h) in enumerate(zip(rows, hours, strict=True)):
        colour = with_alpha(COLOURS["accent"], 0.25 + 0.75 * (number + 1) / len(rows))
        fig.add_scatter(
            x0=0, dx=x[1] / _MM, y=c[k].round(3), mode="lines", name=f"{h:g} h", showlegend=False,
            line={"color": colour, "width": 2.5},
            hovertemplate=f"{h:g} h, %{{x:.2f}} mm: %{{y:.2f}} wt%<extra></extra>", row=2, col=1,
        )  # fmt: skip
        level = c[0, -1] + (0.16 + 0.16 * number) * (c[k, 0] - c[0, -1])
        fig.add_annotation(
            x=float(np.interp(-level, -c[k], x)) / _MM, y=level, text=f"{h:g} h", xanchor="left",
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
    fig = _panels(
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
            x0=t[0] / _HOUR, dx=(t[1] - t[0]) / _HOUR, y0=x[0] / _MM, dy=(x[1] - x[0]) / _MM, z=z,
            name=name, hovertemplate="%{x:.1f} h, %{y:.2f} mm: 10<sup>%{z:.1f}</sup> wt%"
            "<extra></extra>", **{**settings, "showscale": col == 1}, row=1, col=col,
        )  # fmt: skip
    fig.update_xaxes(title_text=TIME, showgrid=False)
    fig.update_yaxes(autorange="reversed", showgrid=False)
    fig.update_yaxes(title_text=DEPTH, col=1)
    return fig.update_layout(margin={"t": 40, "b": 108})


def cost(table: pd.DataFrame) -> go.Figure:
    """Error against seconds: grids of Crank-Nicolson, and networks after so many steps.

    Args:
        table: Rows with ``part``, ``way``, ``size``, ``error`` and ``seconds``.
    """
    grids = table[table["way"] == "classical"]
    nets = table[table["way"] == "physics"]
    best = nets.loc[nets["error"].idxmin()]
    fig = new_figure(
        alt="Relative error against seconds of one processor, both logarithmic. Crank–Nicolson "
        f"goes from {grids['error'].max():.0e} in {grids['seconds'].min():.3f} s to "
        f"{grids['error'].min():.0e} in {grids['seconds'].max():.2f} s. Networks need seconds: "
        f"the best reaches {best['error']:.0e} in {best['seconds']:.0f} s.",
        height=420,
        wide=True,
    )
    _course(fig, grids, COLOURS["classical"], "%{text} intervals and steps")
    for _, rows in nets.groupby("part"):
        _course(fig, rows, COLOURS["physics"], "%{text} steps")
    label_line(
        fig, x=float(grids["seconds"].iloc[0]), y=float(grids["error"].iloc[0]),
        text="Crank–Nicolson, finer grids", colour=COLOURS["classical"],
    )  # fmt: skip
    ends = nets[nets["size"] == nets["size"].min()]
    label_line(
        fig, x=float(ends["seconds"].min()), y=float(ends["error"].max()),
        text="networks,<br>more steps", colour=COLOURS["physics"], side="above",
    )  # fmt: skip
    _decades(fig, "x", table["seconds"])
    _decades(fig, "y", table["error"])
    fig.update_layout(margin={"r": 16})
    fig.update_xaxes(title_text="Seconds on one processor")
    return fig.update_yaxes(title_text="Relative error")


def _course(fig: go.Figure, rows: pd.DataFrame, colour: str, said: str) -> None:
    fig.add_scatter(
        x=rows["seconds"].to_numpy().round(4),
        y=[float(f"{e:.3g}") for e in rows["error"]],
        text=[f"{n:g}" for n in rows["size"]],
        mode="lines+markers",
        line={"color": colour, "width": 2},
        marker={"size": 7},
        showlegend=False,
        name="Crank–Nicolson" if colour == COLOURS["classical"] else "network",
        hovertemplate=f"{said}: %{{y:.1e}} in %{{x:.2g}} s<extra></extra>",
    )


def _decades(fig: go.Figure, axis: str, values: pd.Series) -> None:
    low, high = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    powers = np.arange(low, high + 1, 1 if high - low < 9 else 3).astype(int)
    ticks = {
        "type": "log",
        "range": [low - 0.12, high + 0.12],
        "tickvals": [10.0**p for p in powers],
        "ticktext": [f"{10.0**p:g}" if -3 < p < 4 else f"10<sup>{p}</sup>" for p in powers],
    }
    ticks["ticktext"] = [text.replace("-", "−") for text in ticks["ticktext"]]
    fig.update_layout({f"{axis}axis": ticks})


def windows(table: pd.DataFrame) -> go.Figure:
    """Error of each choice of coordinates against the length of the window.

    Args:
        table: Rows with ``part``, ``way``, ``window`` (in :math:`L^2 / D`) and ``error``.
    """
    median = table.groupby(["way", "window"])["error"].median().unstack(0)
    said = "; ".join(
        f"{name}: {median[way].iloc[0]:.0e} in the shortest, {median[way].iloc[-1]:.0e} in the "
        "longest"
        for way, name in NAMES.items()
    )
    fig = new_figure(
        alt=f"Relative error against the length of the window, medians of three starts. {said}.",
        height=460,
        wide=True,
    )
    for way, name in NAMES.items():
        rows = table[table["way"] == way].groupby("window")["error"]
        middle, low, high = rows.median(), rows.min(), rows.max()
        x = middle.index.to_numpy(dtype=float)
        y = [float(f"{e:.2g}") for e in middle]
        fig.add_scatter(
            x=x, y=y, mode="lines+markers", name=name, marker={"size": 7},
            line={"color": _COLOURS[way], "width": 2, "dash": "dot" if way == "late" else "solid"},
            error_y={
                "type": "data", "symmetric": False, "array": (high - middle).to_numpy(),
                "arrayminus": (middle - low).to_numpy(), "thickness": 1.2, "width": 0,
            },
            hovertemplate=f"{name}: %{{y:.1e}}<extra></extra>",
        )  # fmt: skip
    _decades(fig, "x", table["window"])
    _decades(fig, "y", table["error"])
    fig.update_xaxes(title_text="Length of the window, <i>D t</i><sub>end</sub> / <i>L</i>²")
    return fig.update_yaxes(title_text="Relative error")


def case(
    readings: DepthReadings, x: Vector, *, truth: Vector, assumed: Vector, learned: Vector
) -> go.Figure:
    """Readings of a case, and three profiles: the table's, the true one and the learned one.

    Args:
        readings: What was measured, all at one time.
        x: Depths in m, shape ``(n,)``, evenly spaced from 0, as of all that follows.
        truth: True concentrations in wt%.
        assumed: What the table expects.
        learned: What the network has learned.
    """
    off = [float(np.abs(c - truth).max()) for c in (assumed, learned)]
    fig = new_figure(
        alt=f"{len(readings)} noisy readings of carbon against depth. The profile expected from "
        f"the table is off by up to {off[0]:.3f} wt%; the learned one by {off[1]:.3f} wt%.",
        height=380,
        wide=True,
    )
    for name, c, colour, dash in (
        ("expected at 925 °C", assumed, COLOURS["muted"], "dot"),
        ("truth", truth, COLOURS["truth"], "dash"),
        ("learned", learned, COLOURS["physics"], "solid"),
    ):
        fig.add_scatter(
            x0=0, dx=x[1] / _MM, y=c.round(4), mode="lines", name=name,
            line={"color": colour, "dash": dash, "width": 2.2},
            hovertemplate=f"{name}: %{{y:.3f}} wt%<extra></extra>",
        )  # fmt: skip
    fig.add_scatter(
        x=(readings.x / _MM).round(4), y=readings.c.round(4), mode="markers", name="readings",
        marker={"color": COLOURS["data"], "size": 9},
        error_y={"type": "constant", "value": readings.noise, "thickness": 1.2, "width": 0},
        hovertemplate="%{x:.2f} mm: %{y:.3f} wt%<extra>reading</extra>",
    )  # fmt: skip
    fig.update_xaxes(title_text=DEPTH, range=[-0.03, x[-1] / _MM])
    return fig.update_yaxes(title_text=CARBON)


def coverage(found: Draws, *, levels: Sequence[float] = (0.8, 0.95)) -> go.Figure:
    """Errors of two ways in each draw, and how often their intervals hold the truth."""
    pairs = {way: 100 * found.errors(way) for way in ("classical", "physics")}
    held = {way: [found.covered(way, level) for level in levels] for way in pairs}
    words = {"classical": "least squares", "physics": "network"}
    said = "; ".join(
        f"{words[way]}: "
        + ", ".join(f"{i.estimate:.1%} of {s:.0%}" for s, i in zip(levels, held[way], strict=True))
        for way in pairs
    )
    gaps = np.abs(pairs["physics"] - pairs["classical"])
    apart, most = float(np.median(gaps)), float(gaps.max())
    fig = _panels(
        2, 1, height=640, vertical_spacing=0.17, row_heights=[0.68, 0.32],
        subplot_titles=["<b>error of D, each draw</b>", "<b>intervals that hold it</b>"],
        alt=f"Above, error of the network's coefficient against that of least squares in "
        f"{found.n_draws} draws: half of them differ by less than {apart:.2f} percentage points, "
        f"some by up to {most:.0f}. Below, share of intervals that hold the truth; {said}.",
    )  # fmt: skip
    reach = 1.08 * max(float(np.abs(e).max()) for e in pairs.values())
    fig.add_scatter(
        x=pairs["classical"].round(2), y=pairs["physics"].round(2), mode="markers", name="a draw",
        marker={"color": with_alpha(COLOURS["physics"], 0.55), "size": 6}, showlegend=False,
        hovertemplate="least squares %{x:.1f} %, network %{y:.1f} %<extra></extra>", row=1, col=1,
    )  # fmt: skip
    for sign in (-1, 1):
        line = {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"}
        fig.add_vline(x=100 * sign * found.bound, line=line, name="bound", row=1, col=1)
    fig.add_annotation(
        x=100 * found.bound, y=-reach, text="bound, 1 σ", xanchor="left", yanchor="bottom",
        xshift=3, font={"size": 12}, row=1, col=1,
    )  # fmt: skip
    for lift, way in zip((-0.14, 0.14), pairs, strict=True):
        _held(fig, held[way], way=way, name=words[way], lift=lift)
    for row, level in enumerate(levels):
        fig.add_shape(
            type="line", x0=100 * level, x1=100 * level, y0=row - 0.4, y1=row + 0.4,
            line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"}, name="as stated",
            row=2, col=1,
        )  # fmt: skip
    fig.update_xaxes(title_text="Least squares (%)", range=[-reach, reach], row=1, col=1)
    fig.update_yaxes(title_text="Network (%)", range=[-reach, reach], row=1, col=1)
    fig.update_xaxes(title_text="Draws whose interval holds it (%)", row=2, col=1)
    fig.update_yaxes(
        tickvals=list(range(len(levels))), ticktext=[f"of {100 * s:.0f} %" for s in levels],
        range=[len(levels) - 0.4, -0.6], showgrid=False, row=2, col=1,
    )  # fmt: skip
    return fig.update_layout(margin={"t": 68}, legend={"y": 1.05, "x": 0})


def _held(fig: go.Figure, held: Sequence[Interval], *, way: str, name: str, lift: float) -> None:
    fig.add_scatter(
        x=[round(100 * i.estimate, 2) for i in held],
        y=[row + lift for row in range(len(held))],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [round(100 * (i.high - i.estimate), 2) for i in held],
            "arrayminus": [round(100 * (i.estimate - i.low), 2) for i in held],
            "thickness": 2,
            "width": 0,
        },
        mode="markers",
        marker={"color": COLOURS[way], "size": 10},
        name=name,
        hovertemplate=f"{name}: %{{x:.1f}} %<extra></extra>",
        row=2,
        col=1,
    )


SURFACE_NAMES: Mapping[str, str] = {
    "constant": "surface taken as constant",
    "pieces": "least squares, by pieces",
    "physics": "network, surface free",
}
_SURFACE_COLOURS: Mapping[str, str] = {
    "constant": COLOURS["exploit"],
    "pieces": COLOURS["classical"],
    "physics": COLOURS["physics"],
}


def surfaces(t: Vector, *, truth: Vector, learned: Mapping[str, Vector], found: Draws) -> go.Figure:
    """Histories of a surface that nobody measured, and D from many draws under each.

    Args:
        t: Times in s, shape ``(n,)``, as of the histories.
        truth: The true surface in wt%.
        learned: By way, the surface found in one draw, in wt%.
        found: Estimates of D in many draws.
    """
    spread = {way: 100 * found.errors(way) for way in SURFACE_NAMES}
    said = "; ".join(f"{SURFACE_NAMES[w]}, {np.median(e):.0f} %" for w, e in spread.items())
    fig = _panels(
        2, 1, height=620, vertical_spacing=0.17, row_heights=[0.62, 0.38],
        subplot_titles=["<b>the surface, one draw</b>", f"<b>D, {found.n_draws} draws</b>"],
        alt="Above, the true concentration of a surface against time, and what three ways make of "
        "it from readings below. Below, errors of D over draws; medians: " + said + ".",
    )  # fmt: skip
    fig.add_scatter(
        x=(t / _HOUR).round(3), y=truth.round(3), mode="lines", name="truth",
        line={"color": COLOURS["truth"], "dash": "dash"},
        hovertemplate="truth: %{y:.2f} wt%<extra></extra>", row=1, col=1,
    )  # fmt: skip
    for number, (way, name) in enumerate(SURFACE_NAMES.items()):
        colour = _SURFACE_COLOURS[way]
        fig.add_scatter(
            x=(t / _HOUR).round(3), y=learned[way].round(3), mode="lines", name=name,
            line={"color": colour, "width": 2.2},
            hovertemplate=f"{name}: %{{y:.2f}} wt%<extra></extra>", row=1, col=1,
        )  # fmt: skip
        lift = 0.16 * np.sin(np.arange(spread[way].size) * 2.4)
        fig.add_scatter(
            x=spread[way].round(2), y=(number + lift).round(2), mode="markers", name=name,
            marker={"color": with_alpha(colour, 0.6), "size": 6}, showlegend=False,
            hovertemplate=f"{name}: %{{x:.1f}} %<extra></extra>", row=2, col=1,
        )  # fmt: skip
    fig.add_vline(x=0, line={"color": COLOURS["truth"], "width": 1.5, "dash": "dash"}, row=2, col=1)
    fig.update_xaxes(title_text=TIME, row=1, col=1)
    fig.update_yaxes(title_text="Surface (wt%)", rangemode="tozero", row=1, col=1)
    fig.update_xaxes(title_text="Error of D (%)", row=2, col=1)
    rows = ["constant", "by pieces", "network"]
    fig.update_yaxes(
        tickvals=[0, 1, 2], ticktext=rows, range=[2.6, -0.6], showgrid=False, row=2, col=1
    )
    return fig.update_layout(margin={"t": 92}, legend={"y": 1.06, "yanchor": "bottom"})
