"""Figures: functions that take results and return Plotly figures, never training on data."""

from matinf.figures.element_pairs import element_pairs
from matinf.figures.marks import add_band, add_limit, label_line
from matinf.figures.parity import parity
from matinf.figures.periodic_table import periodic_table
from matinf.figures.template import (
    CATEGORICAL,
    COLOURS,
    DIVERGING,
    SEQUENTIAL,
    check_traces,
    describe,
    new_figure,
    themes,
)

__all__ = [
    "CATEGORICAL",
    "COLOURS",
    "DIVERGING",
    "SEQUENTIAL",
    "add_band",
    "add_limit",
    "check_traces",
    "describe",
    "element_pairs",
    "label_line",
    "new_figure",
    "parity",
    "periodic_table",
    "themes",
]
