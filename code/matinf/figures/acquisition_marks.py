"""What the figures of "Acquisition functions" are drawn with."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from matinf.figures.even_line import add_even_line
from matinf.figures.marks import add_band
from matinf.figures.palette import CATEGORICAL, COLOURS, with_alpha

STRATEGY_COLOURS: Mapping[str, str] = {
    "exploit": COLOURS["exploit"],
    "explore": COLOURS["explore"],
    "PI": CATEGORICAL[1],
    "EI": COLOURS["accent"],
    "log EI": COLOURS["accent"],
    "UCB": CATEGORICAL[3],
    "Thompson": COLOURS["data"],
    "random": COLOURS["random"],
}
PROPERTY = "Property (prior standard deviations)"
PLACE = "Composition <i>x</i>"
HALF = 1.96  # standard deviations to each side of a 95 % interval


def add_posterior(
    fig: go.Figure,
    x: ArrayLike,
    mean: ArrayLike,
    std: ArrayLike,
    seen: NDArray[np.intp],
    truth: ArrayLike | None,
    *,
    place: tuple[int, int] | None = None,
    small: bool = False,
) -> None:
    """Mean, 95 % band, truth and measurements; small ones say nothing when pointed at."""
    centre, spread, places = (np.asarray(a, dtype=float) for a in (mean, std, x))
    where = {} if place is None else {"row": place[0], "col": place[1]}
    low, high = centre - HALF * spread, centre + HALF * spread
    if small:
        for edge, fill in ((low, "none"), (high, "tonexty")):
            band = {"fill": fill, "fillcolor": with_alpha(COLOURS["accent"], 0.2)}
            add_curve(fig, places, edge, "model, interval", where, width=0, **band)
        add_curve(fig, places, centre, "model", where, color=COLOURS["accent"], width=1.5)
    else:
        add_band(
            fig, places, estimate=centre.round(2), low=low.round(2), high=high.round(2),
            colour=COLOURS["accent"], name="model", place=place,
        )  # fmt: skip
    values = centre if truth is None else np.asarray(truth, dtype=float)
    if truth is not None:
        add_curve(
            fig, places, values, "truth", where, color=COLOURS["truth"], width=1.5, dash="dot"
        )
    fig.add_scatter(
        x=places[seen].round(3),
        y=values[seen].round(2),
        mode="markers",
        marker={"color": COLOURS["data"], "size": 6 if small else 9},
        name="measured",
        hovertemplate="measured<br>%{x:.2f}: %{y:.2f}<extra></extra>",
        showlegend=False,
        **where,
    )


def add_curve(
    fig: go.Figure,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    name: str,
    where: Mapping[str, int],
    *,
    fill: str = "none",
    fillcolor: str | None = None,
    **line: Any,
) -> None:
    """Draw a line over evenly spaced candidates; what is not named is its style."""
    add_even_line(fig, x, y, name, where=where, line=line, digits=2, fill=fill, fillcolor=fillcolor)
