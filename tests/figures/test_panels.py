"""Figures of several panels are begun as figures of one are."""

from __future__ import annotations

import pytest

from matinf.figures.panels import panels
from matinf.figures.template import new_figure

ALT = "Two panels with nothing in them."


def test_the_style_is_that_of_a_figure_of_one_panel_and_nothing_else() -> None:
    fig = panels(2, 1, height=500, alt=ALT, wide=True, layout={"margin": {"t": 44}})
    one = new_figure(alt=ALT, height=500, wide=True)
    assert fig.layout.template == one.layout.template
    assert (fig.layout.meta, fig.layout.height) == (one.layout.meta, 500)
    assert fig.layout.margin.t == 44
    assert fig.layout.yaxis2.domain[1] < fig.layout.yaxis.domain[0]


def test_a_figure_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="alt: expected a sentence"):
        panels(1, 2, height=300, alt="two")
