"""Figure of "Diffusion": where to read a case, and how well the furnace is then known.

The page draws it for more than a hundred plans; so it is put together as plain data, which Plotly
checks once, and not changed step by step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from matinf.figures.diffusion import DEPTH
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.template import describe, said, themes
from matinf.intervals import Interval, decimal
from matinf.physics.checks import Vector
from matinf.physics.diffusion import CARBON_IN_AUSTENITE, Carburising
from matinf.physics.diffusion_plan import DepthPlan

Part = dict[str, Any]

_MM = 1e-3
_POINTS = 41  # of a drawn profile
_UPPER, _LOWER = [0.53, 0.95], [0.0, 0.37]  # shares of the height
_MORE = [-0.07, 0.13]  # wt%, the axis of the upper panel
_WARMTH = [890, 990]  # °C, that of the lower
_95 = 1.96


def plan(plans: Mapping[float, DepthPlan], *, deepest: float, claimed: float) -> go.Figure:
    """Readings of one plan, and the profile as they leave it; below, the furnace by each plan.

    The profile is drawn less the one that the thermometer promises: what is left is the sign of a
    furnace that is hotter.

    Args:
        plans: Plans of as many readings of one steel, by their deepest in mm, rising.
        deepest: The plan that is shown, a key of ``plans``.
        claimed: Temperature in °C that the thermometer says.
    """
    chosen = plans[deepest]
    warm = {depth: one.furnace() for depth, one in plans.items()}
    cooler = replace(chosen.steel, D=CARBON_IN_AUSTENITE.at(claimed))
    true = warm[deepest].estimate
    layout = _axes(widest=1.03 * max(plans)) | {
        "template": themes()["light"],
        "height": 580,
        "margin": {"t": 8},
        "showlegend": False,
        "annotations": [
            *_titles(claimed),
            _name(f"furnace, {true:.0f}\u00a0°C", true, above=True),
            _name(f"thermometer, {claimed:.0f}\u00a0°C", claimed, above=False),
        ],
        "shapes": [
            _level("as promised", 0, "muted", "dot", panel=""),
            _level("thermometer", claimed, "muted", "dot", panel="2"),
            _level("furnace", true, "truth", "dash", panel="2"),
        ],
    }
    fig = go.Figure(data=[*_profile(chosen, cooler), *_warmth(warm, deepest)], layout=layout)
    return _told(fig, chosen, warm, deepest=deepest, claimed=claimed)


def _axes(*, widest: float) -> Part:
    x: Part = {"range": [0, widest]}
    return {
        "xaxis": x | {"title": {"text": DEPTH}},
        "xaxis2": x | {"title": {"text": "Deepest reading (mm)"}, "anchor": "y2"},
        "yaxis": {"title": {"text": "Difference (wt%)"}, "range": _MORE, "domain": _UPPER},
        "yaxis2": {
            "title": {"text": "Temperature (°C)"},
            "range": _WARMTH,
            "domain": _LOWER,
            "anchor": "x2",
        },
    }


def _profile(chosen: DepthPlan, cooler: Carburising) -> list[Part]:
    """The true profile less that of a cooler furnace, its interval, and where it will be read."""

    def more(x: Vector) -> Vector:
        return chosen.steel.concentration(x, chosen.t) - cooler.concentration(x, chosen.t)

    x = np.linspace(0, chosen.steel.thickness, _POINTS)
    c, half, mm = more(x), _95 * chosen.profile_std(x), x / _MM
    line = {
        "x": mm.round(3), "y": c.round(4), "mode": "lines", "name": "truth",
        "line": {"color": COLOURS["truth"], "dash": "dash"},
        "hovertemplate": "%{x:.2f} mm: %{y:.3f} wt% more<extra>truth</extra>",
    }  # fmt: skip
    points = {
        "x": (chosen.x / _MM).round(3), "y": more(chosen.x).round(4), "mode": "markers",
        "name": "readings", "marker": {"color": COLOURS["data"], "size": 8},
        "error_y": {"type": "constant", "value": chosen.noise, "thickness": 1.2, "width": 0},
        "hovertemplate": "%{x:.2f} mm<extra>will be read</extra>",
    }  # fmt: skip
    return [_band(mm, c - half, c + half, digits=4, name="profile, 95 % interval"), line, points]


def _warmth(warm: Mapping[float, Interval], deepest: float) -> list[Part]:
    """The interval of the furnace's temperature by every plan, and a bar at the chosen one."""
    low, high = (np.array([getattr(one, end) for one in warm.values()]) for end in ("low", "high"))
    band = _band(np.array(list(warm)), low, high, digits=1, name="furnace, 95 % interval")
    here = warm[deepest]
    bar = {
        "x": [deepest, deepest], "y": [round(here.low, 1), round(here.high, 1)],
        "mode": "lines+markers", "name": "this plan", "xaxis": "x2", "yaxis": "y2",
        "line": {"color": COLOURS["limit"], "width": 3}, "marker": {"size": 7},
        "hovertemplate": "%{y:.0f} °C<extra></extra>",
    }  # fmt: skip
    return [band | {"xaxis": "x2", "yaxis": "y2"}, bar]


def _band(x: Vector, low: Vector, high: Vector, *, digits: int, name: str) -> Part:
    return {
        "x": np.concatenate([x, x[::-1]]).round(3),
        "y": np.concatenate([low, high[::-1]]).round(digits),
        "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "name": name,
        "fill": "toself", "fillcolor": with_alpha(COLOURS["limit"], 0.28),
    }  # fmt: skip


def _titles(claimed: float) -> list[Part]:
    return [
        _title(f"carbon, less that of {claimed:.0f} °C", _UPPER),
        _title("the furnace, as far as it is known", _LOWER),
    ]


def _title(text: str, domain: list[float]) -> Part:
    return {
        "text": f"<b>{text}</b>", "font": {"size": 13}, "x": 0, "xref": "paper", "xanchor": "left",
        "y": domain[1], "yref": "paper", "yanchor": "bottom",
    }  # fmt: skip


def _name(text: str, value: float, *, above: bool) -> Part:
    return {
        "text": text, "font": {"size": 12}, "x": 1, "xref": "x2 domain", "xanchor": "right",
        "y": round(value, 1), "yref": "y2", "yanchor": "bottom" if above else "top",
    }  # fmt: skip


def _level(text: str, value: float, role: str, dash: str, *, panel: str) -> Part:
    return {
        "type": "line", "name": text, "line": {"color": COLOURS[role], "width": 1.5, "dash": dash},
        "x0": 0, "x1": 1, "xref": f"x{panel} domain",
        "y0": round(value, 1), "y1": round(value, 1), "yref": f"y{panel}",
    }  # fmt: skip


def _told(
    fig: go.Figure,
    chosen: DepthPlan,
    warm: Mapping[float, Interval],
    *,
    deepest: float,
    claimed: float,
) -> go.Figure:
    n, best = len(chosen.x), min(warm, key=lambda depth: warm[depth].width)
    surface = "learned as well" if "cs" in chosen.unknown else "known"
    range_ = f"{warm[deepest].low:.0f} to {warm[deepest].high:.0f}\u00a0°C"
    chance = chosen.power(CARBON_IN_AUSTENITE.at(claimed))
    describe(
        fig,
        alt=f"Above, how much more carbon there is than {claimed:.0f} °C would give, against "
        f"depth: a hump with its 95 % interval, and on it {n} readings from "
        f"{chosen.x[0] / _MM:.1f} to {deepest:g} mm with their noise; the surface is {surface}. "
        f"Below, the 95 % interval of the furnace's temperature against the deepest reading: "
        f"{range_} for this plan, narrowest at {best:g} mm.",
        wide=True,
    )
    return said(
        fig,
        f"{n} readings give D to {decimal(100 * chosen.spread, 1)}\u00a0% at best (standard "
        f"deviation), and the furnace to {range_}. They rule out the thermometer's "
        f"{claimed:.0f}\u00a0°C in "
        f"{'over 99' if chance > 0.995 else f'{100 * chance:.0f}'}\u00a0% of cases.",
    )
