"""What the figures of "Diffusion" are drawn with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matinf.figures.palette import COLOURS
from matinf.figures.panels import panels

Vector = NDArray[np.float64]


NAMES: Mapping[str, str] = {
    "classical": "Crank–Nicolson",
    "corner": "about the corner",
    "late": "the same, logarithmic",
    "plain": "depth and time",
    "raw": "metres and seconds",
}
COLOUR_OF: Mapping[str, str] = {
    "classical": COLOURS["classical"],
    "corner": COLOURS["physics"],
    "late": COLOURS["limit"],
    "plain": COLOURS["plain"],
    "raw": COLOURS["exploit"],
}
HOUR, MM = 3600.0, 1e-3
DEPTH, TIME, CARBON = "Depth (mm)", "Time (h)", "Carbon (wt%)"


def wide_panels(rows: int, cols: int, *, height: int, alt: str, **settings: Any) -> go.Figure:
    """Begin a wide figure of several panels."""
    fig = panels(rows, cols, height=height, alt=alt, wide=True, **settings)
    return fig.update_annotations(font_size=13)
