"""Figures of "Diffusion": a coefficient learned from readings, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from matinf.figures.diffusion_marks import CARBON, DEPTH, HOUR, MM, TIME, Vector, wide_panels
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import new_figure
from matinf.intervals import Interval
from matinf.physics.diffusion_fit import DepthReadings
from matinf.physics.diffusion_results import Draws


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
            x0=0, dx=x[1] / MM, y=c.round(4), mode="lines", name=name,
            line={"color": colour, "dash": dash, "width": 2.2},
            hovertemplate=f"{name}: %{{y:.3f}} wt%<extra></extra>",
        )  # fmt: skip
    fig.add_scatter(
        x=(readings.x / MM).round(4), y=readings.c.round(4), mode="markers", name="readings",
        marker={"color": COLOURS["data"], "size": 9},
        error_y={"type": "constant", "value": readings.noise, "thickness": 1.2, "width": 0},
        hovertemplate="%{x:.2f} mm: %{y:.3f} wt%<extra>reading</extra>",
    )  # fmt: skip
    fig.update_xaxes(title_text=DEPTH, range=[-0.03, x[-1] / MM])
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
    fig = wide_panels(
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
    "grid": "least squares, on a grid",
    "physics": "network, surface free",
}
_SURFACE_COLOURS: Mapping[str, str] = {
    "constant": COLOURS["exploit"],
    "pieces": COLOURS["classical"],
    "grid": COLOURS["classical"],
    "physics": COLOURS["physics"],
}


def surfaces(t: Vector, *, truth: Vector, learned: Mapping[str, Vector], found: Draws) -> go.Figure:
    """Histories of a surface that nobody measured, and D from many draws under each.

    Args:
        t: Times in s, shape ``(n,)``, as of the histories.
        truth: The true surface in wt%.
        learned: By way, the surface found in one draw, in wt%; the grid's may be left out, since it
            lies on that by pieces.
        found: Estimates of D in many draws.
    """
    spread = {way: 100 * found.errors(way) for way in SURFACE_NAMES}
    said = "; ".join(f"{SURFACE_NAMES[w]}, {np.median(e):.0f} %" for w, e in spread.items())
    fig = wide_panels(
        2, 1, height=620, vertical_spacing=0.17, row_heights=[0.62, 0.38],
        subplot_titles=["<b>the surface, one draw</b>", f"<b>D, {found.n_draws} draws</b>"],
        alt="Above, the true concentration of a surface against time, and what each way makes of "
        "it from readings below. Below, errors of D over draws; medians: " + said + ".",
    )  # fmt: skip
    fig.add_scatter(
        x=(t / HOUR).round(3), y=truth.round(3), mode="lines", name="truth",
        line={"color": COLOURS["truth"], "dash": "dash"},
        hovertemplate="truth: %{y:.2f} wt%<extra></extra>", row=1, col=1,
    )  # fmt: skip
    for number, (way, name) in enumerate(SURFACE_NAMES.items()):
        colour = _SURFACE_COLOURS[way]
        if way in learned:
            fig.add_scatter(
                x=(t / HOUR).round(3), y=learned[way].round(3), mode="lines", name=name,
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
    rows = ["constant", "by pieces", "on a grid", "network"]
    fig.update_yaxes(
        tickvals=[0, 1, 2, 3], ticktext=rows, range=[3.6, -0.6], showgrid=False, row=2, col=1
    )
    return fig.update_layout(margin={"t": 92}, legend={"y": 1.06, "yanchor": "bottom"})
