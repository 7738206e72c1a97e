"""How every figure of the book looks, and how a figure is begun.

``new_figure`` begins one; its colours come from ``COLOURS``; the press swaps the light and
dark templates of :func:`themes` in the browser. Whatever a figure leaves unset follows the
theme: text, grid, and the colour scales of heatmaps. So leave ``colorscale`` unset for "more is
stronger"; for values around a middle set ``zmid`` and ``autocolorscale=True``.
"""

from typing import Any

import plotly.graph_objects as go

from matinf.figures.palette import (
    CATEGORICAL,
    COLOURS,
    DIVERGING,
    DIVERGING_DARK,
    GRID,
    INK,
    PAPER,
    QUIET_FILL,
    QUIET_INK,
    SEQUENTIAL,
    colour_scale,
    with_alpha,
)

__all__ = [
    "CATEGORICAL",
    "COLOURS",
    "DIVERGING",
    "DIVERGING_DARK",
    "FONT_FAMILY",
    "PAPER",
    "QUIET_FILL",
    "SEQUENTIAL",
    "SITE_TRACES",
    "check_traces",
    "describe",
    "new_figure",
    "said",
    "themes",
    "with_alpha",
]

# The site's own sans-serif stack (`--sans` of its style sheet): system faces, nothing to load.
FONT_FAMILY = (
    'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, '
    "sans-serif"
)

# What the site's own bundle of Plotly can draw.
SITE_TRACES = frozenset({"bar", "contour", "heatmap", "scatter"})

_SHORTEST_ALT = 20


def new_figure(*, alt: str, height: int = 420, wide: bool = False) -> go.Figure:
    """Begin a figure in the book's style.

    Args:
        alt: What the figure shows, for those who do not see it: a sentence of 20 characters
            or more that says what is plotted and what is to be seen.
        height: Height in pixels; the width follows the page.
        wide: Draw it wider than the text where the screen allows.

    Raises:
        ValueError: if ``alt`` is missing or too short to describe anything.
    """
    figure = go.Figure(layout={"template": themes()["light"], "height": height})
    return describe(figure, alt=alt, wide=wide)


def describe(fig: go.Figure, *, alt: str, wide: bool | None = None) -> go.Figure:
    """Give a figure its alternative text (in ``fig.layout.meta``) and return it.

    Args:
        fig: The figure; changed in place.
        alt: As in :func:`new_figure`.
        wide: As in :func:`new_figure`; ``None`` keeps what the figure says.

    Raises:
        ValueError: as :func:`new_figure`.
    """
    text = " ".join(alt.split())
    if len(text) < _SHORTEST_ALT:
        raise ValueError(
            f"alt: expected a sentence of {_SHORTEST_ALT} characters or more, got {text!r}"
        )
    before = dict(fig.layout.meta or {})
    kept = before.get("wide", False) if wide is None else wide
    fig.layout.meta = {**before, "alt": text, "wide": bool(kept)}
    return fig


def said(fig: go.Figure, sentence: str) -> go.Figure:
    """Give a figure to explore a sentence of its result, and return it.

    It stands under the controls, and is read aloud when they move. Without one the alternative
    text is read aloud, and nothing is printed.

    Args:
        fig: The figure; changed in place.
        sentence: For example ``"The error is 0.31 eV."``.
    """
    fig.layout.meta = {**dict(fig.layout.meta or {}), "said": " ".join(sentence.split())}
    return fig


def check_traces(fig: go.Figure) -> go.Figure:
    """Return the figure if the site can draw it.

    Raises:
        ValueError: if it holds a trace type that is not in ``SITE_TRACES``.
    """
    unknown = sorted({trace.type for trace in fig.data} - SITE_TRACES)
    if unknown:
        raise ValueError(f"the site cannot draw {', '.join(unknown)}; use {sorted(SITE_TRACES)}")
    return fig


def themes() -> dict[str, dict[str, Any]]:
    """Plotly templates of the light and the dark theme, ready for JSON.

    Returns:
        ``{"light": template, "dark": template}``; a template is what ``layout.template``
        takes, ``{"layout": {...}, "data": {...}}``.
    """
    return {name: {"layout": _layout(name), "data": _data(name)} for name in ("light", "dark")}


def _scales(theme: str) -> dict[str, list[list[float | str]]]:
    dark = theme == "dark"
    rising = colour_scale(SEQUENTIAL[::-1] if dark else SEQUENTIAL)
    falling = colour_scale(SEQUENTIAL if dark else SEQUENTIAL[::-1])
    diverging = colour_scale(DIVERGING_DARK if dark else DIVERGING)
    return {"sequential": rising, "sequentialminus": falling, "diverging": diverging}


def _layout(theme: str) -> dict[str, Any]:
    ink, quiet, grid = INK[theme], QUIET_INK[theme], GRID[theme]
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT_FAMILY, "size": 13, "color": ink},
        "colorway": list(CATEGORICAL),
        "colorscale": _scales(theme),
        "coloraxis": {"colorbar": _colour_bar(theme)},
        "margin": {"l": 56, "r": 16, "t": 24, "b": 52, "pad": 0},
        "xaxis": _axis(quiet, grid),
        "yaxis": _axis(quiet, grid),
        "hovermode": "closest",
        "dragmode": False,  # a finger on a figure scrolls the page
        "hoverlabel": {
            "align": "left",
            "bgcolor": _RAISED[theme],
            "bordercolor": grid,
            "font": {"family": FONT_FAMILY, "size": 13, "color": ink},
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "bgcolor": "rgba(0,0,0,0)",
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "title": {"x": 0, "xref": "paper", "font": {"size": 15}},
        "annotationdefaults": {"showarrow": False, "arrowcolor": quiet, "arrowwidth": 1},
        "shapedefaults": {"line": {"color": ink, "width": 1}},
        "sliderdefaults": {
            "bgcolor": grid,
            "bordercolor": grid,
            "activebgcolor": quiet,
            "tickcolor": quiet,
            "font": {"color": quiet},
        },
        "updatemenudefaults": {
            "bgcolor": _RAISED[theme],
            "bordercolor": grid,
            "font": {"color": ink},
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": quiet, "activecolor": ink},
    }


_RAISED = {"light": "#ffffff", "dark": "#22252a"}


def _axis(quiet: str, grid: str) -> dict[str, Any]:
    return {
        "gridcolor": grid,
        "gridwidth": 1,
        "showline": False,
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "separatethousands": True,
        "exponentformat": "B",
        "minexponent": 6,
        "tickfont": {"color": quiet, "size": 12},
        "title": {"font": {"size": 13}, "standoff": 10},
    }


def _colour_bar(theme: str) -> dict[str, Any]:
    return {
        "outlinewidth": 0,
        "ticks": "",
        "thickness": 10,
        "tickfont": {"color": QUIET_INK[theme], "size": 11},
        "title": {"font": {"size": 12}},
    }


def _data(theme: str) -> dict[str, list[dict[str, Any]]]:
    rising, bar = _scales(theme)["sequential"], _colour_bar(theme)
    scaled = {"colorscale": rising, "colorbar": bar}
    marks = {"colorscale": rising, "colorbar": bar}
    return {
        "bar": [{"marker": {"line": {"width": 0}, **marks}}],
        "box": [{"line": {"width": 1.5}, "marker": {"size": 4}}],
        "contour": [{**scaled, "line": {"width": 0.5}}],
        "heatmap": [scaled],
        "histogram": [{"marker": {"line": {"width": 0}, **marks}}],
        "histogram2d": [scaled],
        "histogram2dcontour": [scaled],
        "scatter": [{"line": {"width": 2.5}, "marker": {"size": 7, **marks}}],
        "violin": [{"line": {"width": 1.5}, "marker": {"size": 4}}],
    }
