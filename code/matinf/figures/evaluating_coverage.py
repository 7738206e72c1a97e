"""Figures of "Evaluating models": how often stated intervals hold the truth."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from matinf.background.forest_spread import ShiftedCoverage
from matinf.calibration import CalibrationCurve
from matinf.figures.evaluating_marks import add_value
from matinf.figures.interval_rows import name_rows
from matinf.figures.marks import add_chance_band, add_limit_above
from matinf.figures.palette import COLOURS, QUIET_FILL, with_alpha
from matinf.figures.template import new_figure


def reliability(curves: Mapping[str, CalibrationCurve]) -> go.Figure:
    """Coverage against stated level; the band is what chance leaves to an honest model.

    Args:
        curves: By name, of the same samples; drawn in this order.
    """
    first = next(iter(curves.values()))
    fig = new_figure(
        alt="Coverage against stated level, with the diagonal of honest uncertainties. At the "
        "level of 90 percent: "
        + ", ".join(f"{name} covers {_at(curve, 0.9):.0%}" for name, curve in curves.items())
        + ".",
        height=470,
    )
    add_chance_band(fig, first.levels, first.low.round(4), first.high.round(4))
    for (name, curve), colour, place in zip(
        curves.items(), _CURVE_COLOURS, _CURVE_NAMES, strict=False
    ):
        fig.add_scatter(
            x=curve.levels,
            y=curve.coverage.round(4),
            mode="lines",
            line={"color": colour},
            name=name,
            showlegend=False,
            hovertemplate=f"{name}<br>level %{{x:.0%}}, coverage %{{y:.1%}}<extra></extra>",
        )
        level, x, y = place
        fig.add_annotation(
            x=level,
            y=_at(curve, level),
            text=f"<b>{name}</b>",
            ax=x,
            ay=y,
            axref="x",
            ayref="y",
            showarrow=True,
            arrowhead=0,
            arrowwidth=1.5,
            arrowcolor=colour,
            font={"size": 12},
        )
    fig.add_shape(
        type="line",
        x0=0,
        y0=0,
        x1=1,
        y1=1,
        name="honest",
        line={"color": COLOURS["limit"], "width": 1.5, "dash": "dash"},
    )
    fig.update_xaxes(title_text="Stated level", tickformat=".0%", range=[0, 1.01], tickvals=_FIFTHS)
    return fig.update_yaxes(
        title_text="Coverage",
        tickformat=".0%",
        range=[0, 1.02],
        tickvals=_FIFTHS,
    )


_FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1]
_CURVE_COLOURS = (COLOURS["no_transfer"], COLOURS["truth"], COLOURS["random"], COLOURS["accent"])


# At which level the name's line touches the curve, and where the name stands (level, coverage).
_CURVE_NAMES = ((0.45, 0.3, 0.7), (0.75, 0.8, 0.42), (0.3, 0.36, 0.9), (0.55, 0.66, 0.22))


def shifted_coverage(result: ShiftedCoverage) -> go.Figure:
    """Coverage for each kind of compound: among known kinds, and held back whole."""
    order = np.argsort(-result.n_samples, kind="stable")
    low, high = result.chance()
    fig = new_figure(
        alt=f"Coverage of {result.level:.0%} intervals for {len(order)} families, when others of "
        "the family were in training and when none was: "
        + ", ".join(
            f"{result.names[k]} {result.known[k]:.0%} and {result.new[k]:.0%}" for k in order
        )
        + ".",
        height=400,
        wide=True,
    )
    for row, k in enumerate(order):
        fig.add_shape(
            type="rect",
            x0=low[k],
            x1=high[k],
            y0=row - 0.3,
            y1=row + 0.3,
            fillcolor=QUIET_FILL,
            line={"width": 0},
            layer="below",
            name="chance",
        )
        fig.add_scatter(
            x=[result.known[k], result.new[k]],
            y=[row, row],
            mode="lines+markers",
            line={"color": with_alpha(COLOURS["exploit"], 0.5), "width": 2},
            marker={"size": 12, "color": [COLOURS["accent"], COLOURS["exploit"]]},
            customdata=["others of its family in training", "no other of its family in training"],
            hovertemplate=f"{result.names[k]}, {result.n_samples[k]:,} compositions<br>"
            "%{customdata}: %{x:.0%}<extra></extra>",
            showlegend=False,
            name=result.names[k],
        )
    worst = int(np.argmin(result.new[order]))
    new, known = float(result.new[order][worst]), float(result.known[order][worst])
    add_value(fig, new, worst, "family held back", yshift=-20, xanchor="left", xshift=-8)
    add_value(fig, known, worst, "family known", yshift=20)
    add_limit_above(fig, result.level, f"promised: {result.level:.0%}", anchor="center")
    name_rows(fig, [f"{result.names[k]} ({result.n_samples[k]:,})" for k in order])
    return fig.update_xaxes(title_text="Share of gaps inside", tickformat=".0%")


def _at(curve: CalibrationCurve, level: float) -> float:
    return float(np.interp(level, curve.levels, curve.coverage))
