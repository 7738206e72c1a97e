"""What the site holds besides the pages: files written or cut once the pages stand.

Runs at the end of every build, also of one in which no page changed; Sphinx alone would then not
copy a static file that was edited.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import assets, page_meta, site_files

IMAGES = Path(__file__).resolve().parent / "theme" / "images"
THEME_JUNK = (
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.LICENSE.txt",
    "vendor/fontawesome/webfonts/*.ttf",
    "**/*.map",
    "*-macros.html",
    "locales",
)


def plot_themes() -> dict[str, Any]:
    """Plotly templates of the light and the dark theme."""
    try:
        from matinf.figures import template  # late: plotly is slow to import
    except ImportError:
        return {"light": {"layout": {}}, "dark": {"layout": {}}}
    themes: dict[str, Any] = template.themes()
    return themes


def write(path: Path, text: str) -> None:
    """Write a file unless it already says that."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    prepared = assets.prepare()
    shutil.copytree(prepared / "theme", static, dirs_exist_ok=True)
    for pattern in THEME_JUNK:
        for path in static.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    themes = json.dumps(plot_themes(), separators=(",", ":"), sort_keys=True)
    write(static / "plot-themes.js", f"window.matinfPlotThemes={themes};\n")
    if (card := IMAGES / page_meta.CARD).is_file():
        shutil.copy(card, static)
    site_files.write_sitemap(app)


def setup(app: Sphinx) -> None:
    """Finish the site when its pages are written."""
    app.connect("build-finished", _finish, priority=900)
