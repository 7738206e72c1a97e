"""Figures of "Diffusion": what a solution costs, alone and in windows of time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from matinf.figures.diffusion_marks import COLOUR_OF, NAMES
from matinf.figures.marks import label_line
from matinf.figures.palette import COLOURS
from matinf.figures.template import new_figure


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
            line={"color": COLOUR_OF[way], "width": 2, "dash": "dot" if way == "late" else "solid"},
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
