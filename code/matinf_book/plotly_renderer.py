"""Render Plotly figures: an author ends a cell with ``fig``, the page gets a figure.

The page holds the figure's data and a sentence on what it shows; ``plot.js`` loads Plotly from
the site itself when the figure comes near the window, and draws it in the reader's theme.

A figure must say in words what it shows, in ``fig.layout.meta["alt"]``
(``matinf.figures.template.describe`` puts it there). One that does not is a fault, kept with its
page in the environment until the page is read again: see `check_faults`.
"""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from docutils import nodes
from myst_nb.core import render as myst_nb_render
from myst_nb.core.render import MimeData, NbElementRenderer
from numpy.typing import NDArray
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from . import faults

PLOTLY_MIME = "application/vnd.plotly.v1+json"
DEFAULT_HEIGHT = 420  # px
# What the site's bundle draws: `frontend/bundle-plotly.js` names the same.
TRACES = frozenset(["scatter", "bar", "heatmap", "contour"])

COORDINATES = ("x", "y", "z")


class FigureError(ValueError):
    """A figure that must not be published: says why."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What a page needs of one Plotly figure."""

    alt: str
    wide: bool
    height: int
    narrow_height: int  # where the figure takes its scale from the width of a phone
    traces: int
    payload: str  # JSON, safe inside a script element


def read_figure(content: Mapping[str, Any]) -> Figure:
    """Check a figure and make it small: no template, no digit that nobody sees.

    Args:
        content: The figure as Plotly writes it: ``data``, ``layout`` and perhaps ``frames``.

    Raises:
        FigureError: if it has no alt text, controls of Plotly's own, which only a mouse can
            move, or traces that the bundle cannot draw.
    """
    data = list(content.get("data") or [])
    layout = {key: value for key, value in content.get("layout", {}).items() if key != "template"}
    meta = layout.get("meta") if isinstance(layout.get("meta"), Mapping) else {}
    alt = " ".join(str((meta or {}).get("alt") or "").split())
    if not alt:
        raise FigureError("it has no alt text: say in fig.layout.meta['alt'] what it shows")
    if layout.get("sliders") or layout.get("updatemenus"):
        raise FigureError("its controls are out of reach of the keyboard: use matinf.live.explore")
    unknown = sorted({trace.get("type", "scatter") for trace in data} - TRACES)
    if unknown:
        raise FigureError(f"the site's Plotly bundle cannot draw {', '.join(unknown)} traces")
    figure = {"data": data, "layout": layout}
    if content.get("frames"):
        figure["frames"] = content["frames"]
    figure = shrunk(figure)
    shown = [trace for trace in figure["data"] if trace.get("visible") is not False]
    if "frames" not in figure:
        _refuse_blank(shown)
    height = int(layout.get("height") or DEFAULT_HEIGHT)
    return Figure(
        alt=alt,
        wide=bool((meta or {}).get("wide")),
        height=height,
        narrow_height=int((meta or {}).get("narrow_height") or height),
        traces=len(shown),
        payload=payload(figure),
    )


def _refuse_blank(traces: Sequence[Mapping[str, Any]]) -> None:
    """Refuse traces of which nothing would be seen: empty, or without a single finite number.

    One point without coordinates is an entry of the legend, and may stand beside what is drawn.
    """
    blank = {
        number: all(len(values) == 1 for values in _coordinates(trace))
        for number, trace in enumerate(traces, start=1)
        if not all(any(value is not None for value in values) for values in _coordinates(trace))
        or not _coordinates(trace)
    }
    if len(blank) == len(traces):
        raise FigureError("nothing of it would be drawn: no trace has data that are numbers")
    if faulty := [number for number, legend_only in blank.items() if not legend_only]:
        raise FigureError(f"nothing of trace {faulty[0]} of {len(traces)} would be drawn")


def _coordinates(trace: Mapping[str, Any]) -> list[list[Any]]:
    """The arrays that place what a trace draws, each flat."""
    arrays = (trace[name] for name in COORDINATES if isinstance(trace.get(name), list))
    return [np.asarray(array, dtype=object).ravel().tolist() for array in arrays]


def payload(figure: Mapping[str, Any]) -> str:
    """The figure as JSON that may stand in a script element."""
    text = json.dumps(figure, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    # A script element ends at "</" and hides at "<!--", whatever its type.
    return text.replace("<", "\\u003c")


def shrunk(value: Any) -> Any:
    """The same value with its numbers written as short as a screen can tell.

    Plotly packs arrays as the bytes of doubles, of which a page would carry every bit of noise;
    as rounded decimals they are a third of the size once compressed.
    """
    if isinstance(value, Mapping):
        if isinstance(value.get("bdata"), str):
            return _rounded(_unpacked(value))
        return {key: shrunk(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        if value and all(type(item) in (int, float) for item in value):
            return _rounded(np.asarray(value))
        return [shrunk(item) for item in value]
    return value


def _unpacked(array: Mapping[str, Any]) -> NDArray[Any]:
    """The array that Plotly packed: its type, its bytes and, beyond one dimension, its shape."""
    flat = np.frombuffer(base64.b64decode(array["bdata"]), dtype=f"<{array['dtype']}")
    shape = [int(size) for size in str(array.get("shape") or flat.size).split(",")]
    return flat.reshape(shape)


def _rounded(array: NDArray[Any]) -> list[Any]:
    """Nested lists of numbers; what is not finite becomes null, a gap in the drawing.

    A number keeps five significant digits, and more where the array spans little around it: the
    error is below a hundred-thousandth of the number and of the span.
    """
    if array.dtype.kind != "f":
        listed: list[Any] = array.tolist()
        return listed
    finite = array[np.isfinite(array)]
    tolerance = float(np.ptp(finite)) * 1e-5 if finite.size else 0.0
    return _short(array, tolerance)


def _short(array: NDArray[Any], tolerance: float) -> list[Any]:
    if array.ndim > 1:
        return [_short(row, tolerance) for row in array]
    return [_digits(value, tolerance) for value in array.tolist()]


def _digits(value: float, tolerance: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    for digits in range(5, 18):
        short = float(f"{value:.{digits}g}")
        if abs(short - value) <= tolerance:
            break
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def figure_html(figure: Figure, *, number: int) -> str:
    """The HTML of one figure; ``number`` counts the figures of its page from 0."""
    alt = html.escape(figure.alt, quote=True)
    classes = "plot plot-wide" if figure.wide else "plot"
    return (
        f'<div class="{classes}" id="plot-{number}" data-traces="{figure.traces}"'
        f' style="--plot-height:{figure.height}px;--plot-height-narrow:{figure.narrow_height}px">\n'
        f'<div class="plot-canvas" role="img" aria-label="{alt}"></div>\n'
        f'<noscript><p class="plot-alt">Figure: {alt}</p></noscript>\n'
        f'<script type="application/json">{figure.payload}</script>\n'
        "</div>\n"
    )


class PlotlyRenderer:
    """MyST-NB's plug-in for Plotly's mime type, in cells and where a figure is glued."""

    mime_priority_overrides: ClassVar = [("*", PLOTLY_MIME, 1)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Node] | None:
        """Nodes of a figure; None for any other output."""
        if data.mime_type != PLOTLY_MIME:
            return None
        env: BuildEnvironment = renderer.renderer.sphinx_env
        content = data.content if isinstance(data.content, Mapping) else json.loads(data.string)
        try:
            if inline:
                raise FigureError("it is glued inside a sentence: use the glue:figure directive")
            figure = read_figure(content)
        except FigureError as error:
            cell = "a glued figure" if data.cell_index is None else f"cell {data.cell_index + 1}"
            faults.note(env, f"{cell}: this figure cannot be published: {error}", line=data.line)
            return [nodes.inline()]
        number = env.new_serialno("matinf_plot")
        return [nodes.raw(text=figure_html(figure, number=number), format="html")]


def _check_glued(app: Sphinx, doctree: nodes.document) -> None:
    """Find outputs that were glued empty.

    Plotly draws a figure the moment ``glue`` asks for it, and hands over nothing.
    """
    for node in doctree.findall(nodes.container):
        if node.get("nb_element") == "mime_bundle" and not node.children:
            message = (
                "what is glued here is empty. A Plotly figure cannot be glued: end its cell with "
                "the figure, and give the cell a caption and a name by mystnb: figure"
            )
            faults.note(app.env, message, line=node.line)


def setup(app: Sphinx) -> None:
    """Register the renderer with MyST-NB.

    MyST-NB looks its plug-ins up among the entry points of installed packages. The press also
    works from a plain checkout, where it is not installed; so it joins the list itself.
    """
    plugins = myst_nb_render.load_mime_renders()  # cached: the list that MyST-NB will use
    plugins[:] = [plugin for plugin in plugins if plugin.__name__ != PlotlyRenderer.__name__]
    plugins.append(PlotlyRenderer)
    app.connect("doctree-read", _check_glued)
