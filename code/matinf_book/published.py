"""What the site holds besides the pages: files written or cut once the pages stand.

Runs at the end of every build, also of one in which no page changed; Sphinx alone would then not
copy a static file that was edited.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import (
    assets,
    built_site,
    lab_renderer,
    live_modules,
    page_meta,
    site_files,
    used_style,
)

IMAGES = Path(__file__).resolve().parent / "theme" / "images"
THEME_JUNK = (
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.LICENSE.txt",
    "vendor/fontawesome/webfonts/*.ttf",
    "**/*.map",
    "*-macros.html",
    "locales",
)
# Sheets written for any site, cut to what ours uses.
BROAD_STYLES = (
    "styles/pydata-sphinx-theme.css",
    "styles/sphinx-book-theme.css",
    "sphinx-design.min.css",
    "basic.css",
    "mystnb.*.css",
)
ADDRESS = re.compile(
    r"""(?P<before>\b(?:href|src)=")(?P<address>[^":?#]*_static/[^"?#]+\.(?:css|js))(?:\?[^"#]*)?\""""
)
STAMP_LENGTH = 8  # characters of a SHA-256
# What `plot.js` loads once a figure comes near; its tag tells the addresses.
LOADED_LATER = ("plot-themes.js", "vendor/plotly.min.js")
PLOT = re.compile(
    r"""(?P<tag>\bsrc="(?P<static>[^":?#]*_static/)plot\.js(?:\?[^"#]*)?")"""
    r"""(?:[ ]data-later="[^"]*")?"""
)


def plot_themes() -> dict[str, Any]:
    """Plotly templates of the light and the dark theme."""
    from matinf.figures import template  # late: plotly is slow to import

    themes: dict[str, Any] = template.themes()
    return themes


def write(path: Path, text: str) -> None:
    """Write a file unless it already says that."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _cut_styles(site: Path) -> None:
    static = site / "_static"
    words: set[str] = set()
    for page in built_site.pages(site):
        words |= used_style.words_of_page(page)
    for script in sorted(static.rglob("*.js")):
        if "vendor" not in script.parts:  # Plotly styles its own drawing
            words |= used_style.words_of_script(script)
    for sheet in (path for pattern in BROAD_STYLES for path in static.glob(pattern)):
        write(sheet, used_style.cut(sheet.read_text(encoding="utf-8"), words))


def _tidy_search_index(path: Path) -> None:
    """Leave out words that are on no page any more; a build from nothing does not know them."""
    call, _, rest = path.read_text(encoding="utf-8").partition("(")
    index = json.loads(rest.removesuffix(")"))
    for terms in ("terms", "titleterms"):
        index[terms] = {word: pages for word, pages in index[terms].items() if pages != []}
    write(path, f"{call}({json.dumps(index, separators=(',', ':'), sort_keys=True)})")


def _stamp_addresses(site: Path) -> None:
    """Let each page name its styles and scripts with a digest of what they hold in the end.

    A reader's browser then never mixes an old style with a new page. Sphinx's own stamps tell
    what the files held before they were cut, and none of those that are copied last.
    """
    for page in built_site.pages(site):
        path = site / page.name

        def stamped(match: re.Match[str], folder: Path = path.parent) -> str:
            address = _stamped(folder, match["address"])
            return f'{match["before"]}{address}"' if address else match[0]

        def told(match: re.Match[str], folder: Path = path.parent) -> str:
            static = folder / match["static"]
            later = " ".join(_stamped(static, name) or name for name in LOADED_LATER)
            return f'{match["tag"]} data-later="{later}"'

        text = path.read_text(encoding="utf-8")
        write(path, PLOT.sub(told, ADDRESS.sub(stamped, text)))


def _stamped(folder: Path, address: str) -> str | None:
    """An address with the stamp of its file, or None where there is no file."""
    file = folder / address
    return f"{address}?v={_stamp(file, file.stat().st_mtime_ns)}" if file.is_file() else None


@lru_cache(maxsize=1024)
def _stamp(file: Path, modified: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:STAMP_LENGTH]


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    prepared = assets.prepare()
    shutil.copytree(prepared / "theme", static, dirs_exist_ok=True)
    for pattern in THEME_JUNK:
        for path in static.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    folders = lab_renderer.static_folders(app.config, Path(app.srcdir))
    live_modules.publish(Path(app.outdir), live_modules.sources(folders))
    _cut_styles(Path(app.outdir))
    themes = json.dumps(plot_themes(), separators=(",", ":"), sort_keys=True)
    write(static / "plot-themes.js", f"window.matinfPlotThemes={themes};\n")
    if (card := IMAGES / page_meta.CARD).is_file():
        shutil.copy(card, static)
    site_files.write_sitemap(app)
    _tidy_search_index(Path(app.outdir) / "searchindex.js")
    _stamp_addresses(Path(app.outdir))


def setup(app: Sphinx) -> None:
    """Finish the site when its pages are written."""
    app.connect("build-finished", _finish, priority=900)
