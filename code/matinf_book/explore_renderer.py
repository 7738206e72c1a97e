"""Render explored figures: one figure, what varies of it, and controls that a script makes of it.

The figure of the state to begin with is a figure like any other, drawn by ``plot.js``. Beside it
stand the controls' values and, for every place of the figure that varies, the values and which
state has which; ``live/explore.js`` puts them together. Every state is held to what a figure must
be, and a control that changes nothing is a fault.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from docutils import nodes
from myst_nb.core import render as myst_nb_render
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from . import faults
from .plotly_renderer import Figure, FigureError, figure_html, payload, read_figure, shrunk

EXPLORE_MIME = "application/vnd.matinf.explore+json"
MOST_BYTES = 120_000  # of all that varies, as gzip makes it


def read_explored(content: Mapping[str, Any]) -> tuple[Figure, str]:
    """Check an explored figure; its first figure, and the states as JSON.

    Raises:
        FigureError: if a state must not be published, a control is dead, or all is too large.
    """
    from matinf.live.delta import restored

    controls, varying = content["controls"], content["varying"]
    for state, words in enumerate(readings(controls)):
        try:
            read_figure(restored(content["figure"], varying, state))
        except FigureError as error:
            raise FigureError(f"with {words} {error}") from None
    for dead in dead_controls(controls, varying):
        raise FigureError(f"the control {dead!r} changes nothing")
    small = [{**one, "values": [shrunk(value) for value in one["values"]]} for one in varying]
    states = payload({"controls": controls, "varying": small})
    if (size := len(gzip.compress(states.encode(), 6, mtime=0))) > MOST_BYTES:
        raise FigureError(
            f"its states have {size / 1000:.0f} KB packed, and a page may give them "
            f"{MOST_BYTES / 1000:.0f} KB: take fewer values of "
            f"{max(controls, key=lambda control: len(control['texts']))['name']}, or fewer points"
        )
    return read_figure(content["figure"]), states


def readings(controls: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every state in words; the last control changes fastest."""
    found = [""]
    for control in controls:
        unit = f" {control['unit']}" if control["unit"] else ""
        found = [
            f"{before}{control['name']} = {text}{unit}, "
            for before in found
            for text in control["texts"]
        ]
    return [words.removesuffix(", ") + ":" for words in found]


def dead_controls(
    controls: Sequence[Mapping[str, Any]], varying: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Names of the controls whose every position shows the same, whatever the others say."""
    counts = [len(control["texts"]) for control in controls]
    dead, stride = [], 1
    for control, count in zip(reversed(controls), reversed(counts), strict=True):
        if not any(_changes(one["at"], count, stride) for one in varying):
            dead.append(str(control["name"]))
        stride *= count
    return dead[::-1]


def _changes(at: Sequence[int], count: int, stride: int) -> bool:
    """Whether a step of one control, all others held, ever changes the value."""
    return any(
        at[state] != at[state + stride]
        for state in range(len(at) - stride)
        if state // stride % count < count - 1
    )


def explored_html(figure: Figure, states: str, *, number: int) -> str:
    """The HTML of an explored figure; ``number`` counts the figures of its page from 0."""
    wide = " plot-wide" if figure.wide else ""
    return (
        f'<div class="explore{wide}" id="explore-{number}">\n{figure_html(figure, number=number)}'
        f'<script type="application/json" class="explore-states">{states}</script>\n</div>\n'
    )


class ExploreRenderer:
    """MyST-NB's plug-in for the mime type of explored figures."""

    mime_priority_overrides: ClassVar = [("*", EXPLORE_MIME, 1)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Node] | None:
        """Nodes of an explored figure; None for any other output."""
        if data.mime_type != EXPLORE_MIME:
            return None
        env: BuildEnvironment = renderer.renderer.sphinx_env
        content = data.content if isinstance(data.content, Mapping) else json.loads(data.string)
        try:
            if inline:
                raise FigureError("it is glued inside a sentence")
            figure, states = read_explored(content)
        except FigureError as error:
            cell = "a glued figure" if data.cell_index is None else f"cell {data.cell_index + 1}"
            message = f"{cell}: this explored figure cannot be published: {error}"
            faults.note(env, message, line=data.line)
            return [nodes.inline()]
        number = env.new_serialno("matinf_plot")
        return [nodes.raw(text=explored_html(figure, states, number=number), format="html")]


def setup(app: Sphinx) -> None:
    """Register the renderer with MyST-NB, as `plotly_renderer` does."""
    plugins = myst_nb_render.load_mime_renders()
    plugins[:] = [plugin for plugin in plugins if plugin.__name__ != ExploreRenderer.__name__]
    plugins.append(ExploreRenderer)
