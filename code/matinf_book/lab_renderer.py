"""Render laboratories: a cell that ends with one gives the page its element and a still picture.

The element's module is loaded by ``live/loader.js`` when it comes near the window. A laboratory
without words for its still picture, or whose module the site does not have, is a fault of its page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from myst_nb.core import render as myst_nb_render
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from . import faults, lab_assets

LAB_MIME = "application/vnd.matinf.lab+json"
LIVE = Path(__file__).resolve().parents[1] / "matinf" / "live" / "static"
PARTS = ("element", "module", "title", "alt", "still", "data")
FOLDER = "live"  # below the site's static folder
ELEMENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
MODULE = re.compile(r"[\w-]+\.js")
RUNS = re.compile(r"<script|\son\w+\s*=|javascript:", re.IGNORECASE)


class LabError(ValueError):
    """A laboratory that must not be published: says why."""


def read_lab(content: Mapping[str, Any]) -> dict[str, Any]:
    """Check what a laboratory gave, and return it.

    Raises:
        LabError: if a part is missing or unusable.
    """
    for part in PARTS:
        if part not in content:
            raise LabError(f"it has no {part}")
    if not " ".join(str(content["alt"]).split()):
        raise LabError("it has no alt text: say what the still picture shows")
    if not str(content["title"]).strip():
        raise LabError("it has no title")
    if not ELEMENT.fullmatch(str(content["element"])):
        raise LabError(f"{content['element']!r} is no name of a custom element")
    if not MODULE.fullmatch(str(content["module"])):
        raise LabError(f"{content['module']!r} is no name of a module")
    if not str(content["still"]).lstrip().startswith("<svg") or RUNS.search(str(content["still"])):
        raise LabError("its still picture is no plain SVG")
    for name, text in content.get("assets", {}).items():
        if (size := lab_assets.packed(text)) > lab_assets.LARGEST:
            raise LabError(f"{name} has {size} bytes packed, more than {lab_assets.LARGEST}")
    return dict(content)


def static_folders(config: Any, source: Path) -> Iterator[Path]:
    """Where the site's static files come from, as far as laboratories may stand there."""
    yield from (source / path / FOLDER for path in config.html_static_path)


class LabRenderer:
    """MyST-NB's plug-in for the mime type of laboratories."""

    mime_priority_overrides: ClassVar = [("*", LAB_MIME, 1)]

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Node] | None:
        """Nodes of a laboratory; None for any other output."""
        if data.mime_type != LAB_MIME:
            return None
        env: BuildEnvironment = renderer.renderer.sphinx_env
        content = data.content if isinstance(data.content, Mapping) else json.loads(data.string)
        try:
            if inline:
                raise LabError("it is glued inside a sentence")
            lab = read_lab(content)
            folders = list(static_folders(env.config, Path(env.srcdir)))
            if not any((folder / lab["module"]).is_file() for folder in folders):
                raise LabError(f"the site has no module {FOLDER}/{lab['module']}")
        except LabError as error:
            cell = (
                "a glued laboratory" if data.cell_index is None else f"cell {data.cell_index + 1}"
            )
            message = f"{cell}: this laboratory cannot be published: {error}"
            faults.note(env, message, line=data.line)
            return [nodes.inline()]
        from matinf.live.frame import element_html  # late: plotly is slow to import

        number = env.new_serialno(f"matinf_{lab['element']}")
        name = lab["element"] if number == 0 else f"{lab['element']}-{number + 1}"
        addresses = lab_assets.keep(env, lab.get("assets", {}))
        html = element_html(lab, name=name, addresses=addresses)
        return [nodes.raw(text=html, format="html")]


def setup(app: Sphinx) -> None:
    """Register the renderer with MyST-NB, as `plotly_renderer` does."""
    lab_assets.setup(app)
    plugins = myst_nb_render.load_mime_renders()
    plugins[:] = [plugin for plugin in plugins if plugin.__name__ != LabRenderer.__name__]
    plugins.append(LabRenderer)
