"""What the figures of "Fine-tuning" are drawn with."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from matinf.figures.palette import COLOURS

NAMES: Mapping[str, str] = {
    "scratch": "from scratch",
    "frozen": "frozen body",
    "full": "full",
    "discriminative": "discriminative",
    "trees": "extra trees",
}
"""How a strategy is called where a reader sees it."""


STRATEGY_COLOURS = {
    "scratch": COLOURS["no_transfer"],
    "frozen": COLOURS["random"],
    "full": COLOURS["explore"],
    "discriminative": COLOURS["transfer"],
    "trees": COLOURS["muted"],
}


def add_line(
    fig: go.Figure, x: ArrayLike, y: ArrayLike, name: str, *, unit: str, row: int | None = None
) -> None:
    """Draw a strategy's line, in a panel or in the only one."""
    fig.add_scatter(
        x=np.asarray(x),
        y=np.asarray(y, dtype=float).round(4),
        mode="lines",
        line={"color": STRATEGY_COLOURS[name], "width": 2},
        name=NAMES[name],
        showlegend=row != 2,
        hovertemplate=f"{NAMES[name]}: %{{y:.3f}} {unit}<extra></extra>",
        **({} if row is None else {"row": row, "col": 1}),
    )
