"""What the figures of "When it hurts" are drawn with."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.marks import add_intervals, interval_bars
from matinf.figures.palette import COLOURS
from matinf.intervals import Interval

LATENT, TUNED = COLOURS["transfer"], COLOURS["explore"]


METHODS: Mapping[str, tuple[str, str]] = {
    "latent variable": (LATENT, "circle"),
    "fine-tuning": (TUNED, "diamond"),
    "latent variables alone": (LATENT, "circle-open"),
    "two layers frozen": (TUNED, "diamond-open"),
}


ZERO = {"color": COLOURS["limit"], "width": 1.5, "dash": "dash"}
GAIN = "Gain: error without − with (eV)"


def add_dots(
    fig: go.Figure,
    found: Sequence[Interval],
    heights: Sequence[float],
    method: str,
    names: Sequence[str],
) -> None:
    """Draw the gains of one method, of :data:`METHODS`, on rows at the given heights."""
    colour, symbol = METHODS[method]
    fig.add_scatter(
        **interval_bars(found, colour=colour),
        y=list(heights),
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": symbol, "line": {"width": 2}},
        name=method,
        customdata=[
            f"{name}<br>{method}: {i.text('eV', digits=3)}"
            for name, i in zip(names, found, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def add_gain_band(
    fig: go.Figure,
    sizes: ArrayLike,
    found: Sequence[Interval],
    colour: str,
    name: str,
    *,
    place: tuple[int, int] | None = None,
    legend: bool = True,
) -> None:
    """Draw gains in eV against sizes of training sets."""
    add_intervals(
        fig,
        sizes,
        found,
        colour=colour,
        name=name,
        unit="eV",
        place=place,
    )
    fig.data[-1].update(showlegend=legend, legendgroup=name)


def size_axis(fig: go.Figure, sizes: ArrayLike, **where: int) -> None:
    """A logarithmic axis of sizes of training sets."""
    values = np.asarray(sizes).tolist()
    fig.update_xaxes(
        type="log",
        tickvals=values,
        ticktext=[f"{n:,}" for n in values],
        title_text="Measured compositions to train on",
        **where,
    )


def add_note(fig: go.Figure, x: float, y: float, text: str, **place: Any) -> None:
    """Write a short text at a point."""
    fig.add_annotation(x=x, y=y, text=text, font={"size": 12}, **place)
