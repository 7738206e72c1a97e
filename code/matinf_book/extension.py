"""The press as a Sphinx extension: what turns pages into our site, whichever command builds it.

``jupyter-book build .`` and ``make book`` give the same site because everything lives here: the
figures, the formulas, the theme's templates and style, and the front-end assets, which are
prepared on the first build.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from . import (
    api,
    assets,
    executed,
    explore_renderer,
    faults,
    foot,
    formulas,
    lab_renderer,
    launch,
    notebooks,
    page_meta,
    plotly_renderer,
    processors,
    published,
    site_files,
)

THEME = Path(__file__).resolve().parent / "theme"
CODE = Path(__file__).resolve().parents[1]
PARTS = (
    api,
    executed,
    faults,
    plotly_renderer,
    explore_renderer,
    lab_renderer,
    formulas,
    launch,
    notebooks,
    page_meta,
    foot,
    site_files,
    published,
)
FOOTER = ["author.html", "copyright.html", foot.TEMPLATE]


def _configure(app: Sphinx, config: Config) -> None:
    try:
        prepared = assets.prepare()
    except assets.AssetsError as error:
        raise ExtensionError(str(error)) from None
    static = (THEME / "static", lab_renderer.LIVE, prepared / "static")
    config.html_static_path += [str(folder) for folder in static]
    config.exclude_patterns += [".*", "**/.*"]  # tools leave a README in their hidden folders
    config.templates_path.insert(0, str(THEME / "templates"))
    config.html_math_renderer = "katex"
    config.katex_prerender = True
    config.katex_css_path = formulas.KATEX_CSS
    site = os.environ.get("MATINF_SITE") or config.html_baseurl
    config.html_baseurl = site.rstrip("/") + "/" if site else ""
    config.html_use_index = False  # the glossary and the search are better than an empty index
    config.html_theme_options.setdefault("footer_content_items", FOOTER)
    config.html_theme_options.setdefault("navbar_persistent", [])  # the sidebar has the search
    config.html_context.setdefault("default_mode", "auto")  # as the reader's system is set
    config.html_last_updated_fmt = None  # a date would make two builds differ
    config.template_bridge = "matinf_book.page_cleanup.CleanTemplates"


def _prepare_kernels() -> None:
    """Let the pages' kernels import our packages from a plain checkout, and know why they run."""
    os.environ[processors.PRINTING] = "1"
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(CODE) not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(CODE), *filter(None, paths)])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all parts of the press."""
    _prepare_kernels()
    for part in PARTS:
        part.setup(app)
    app.connect("config-inited", _configure, priority=900)
    app.add_css_file("formulas.css", priority=800)
    app.add_css_file("plot.css", priority=800)
    app.add_css_file("book.css", priority=900)
    app.add_css_file("live/live.css", priority=900)
    app.add_css_file("api.css", priority=900)
    app.add_js_file("page.js", loading_method="defer")
    app.add_js_file("plot.js", loading_method="defer")
    app.add_js_file("live/loader.js", loading_method="defer")
    app.add_js_file("live/explore.js", type="module")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
