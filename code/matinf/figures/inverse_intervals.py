"""Figures of "The inverse problem": intervals of a rate, and how often they hold the truth."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.inverse_marks import DASH, ROOM, Vector, in_per_cent
from matinf.figures.marks import add_limit, interval_bars
from matinf.figures.palette import COLOURS, with_alpha
from matinf.figures.panels import panels
from matinf.figures.template import new_figure
from matinf.physics.inverse_study import RateStudy

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


def every_interval(study: RateStudy, *, n_draws: int = 40, level: float = 0.95) -> go.Figure:
    """Intervals of two ensembles, draw by draw; those that miss the truth stand out.

    Args:
        study: With both ensembles.
        n_draws: How many draws to show.
        level: Level of the intervals, one that was studied.
    """
    names = ("weights", "resampled")
    held = {name: int(study.is_inside(name, level=level)[:n_draws].sum()) for name in names}
    fig = panels(
        2,
        layout=ROOM,
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
        fig.add_hline(y=1e3 * study.truth, line={**DASH, "color": COLOURS["truth"]},
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
        found = [in_per_cent(share) for share in shares[level]]
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
