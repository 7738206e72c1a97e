"""How many bytes a first visit to a page transfers, reckoned from the files of the site.

Text is counted as gzip makes it, fonts and pictures as they are. A font counts where the page
shows something that needs it; Plotly counts on every page with a figure, and the modules of a
laboratory on its page, although they are only loaded when the reader comes near.
`browser_checks` does not measure this: a test compares the two once.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from matinf.live import modules

from . import live_modules
from .built_site import BuiltPage, pages, requests_of, urls_in_style

KILOBYTE = 1000
BUDGETS = {"plain": 200, "formulas": 300, "figures": 750}  # KB
PACKED = {".woff2", ".woff", ".png", ".jpg", ".jpeg", ".webp", ".gif"}
LAZY = ("plot-themes.js", "vendor/plotly.min.js")  # what plot.js asks for

EXPLORE = "explore.js"
LABORATORY = 40  # KB that the modules of one laboratory may have

_FACE = re.compile(r"@font-face\s*\{([^}]*)\}")
# Font family -> classes of which one must be on the page; a family that is not here is a text
# face, and counts where the page has a character of its range.
_SHOWN_BY = {
    "KaTeX_Main": {"normal 400": {"katex"}, "normal 700": {"mathbf", "textbf"}},
    "KaTeX_Math": {"italic 400": {"mathnormal"}, "italic 700": {"boldsymbol"}},
    "KaTeX_AMS": {"": {"amsrm", "mathbb", "textbb"}},
    "KaTeX_Caligraphic": {"": {"mathcal"}},
    "KaTeX_Fraktur": {"": {"mathfrak", "textfrak"}},
    "KaTeX_SansSerif": {"": {"mathsf", "textsf"}},
    "KaTeX_Script": {"": {"mathscr", "textscr"}},
    "KaTeX_Typewriter": {"": {"mathtt", "texttt"}},
    "KaTeX_Size1": {"": {"size1", "small-op", "delim-size1"}},
    "KaTeX_Size2": {"": {"size2", "large-op"}},
    "KaTeX_Size3": {"": {"size3"}},
    "KaTeX_Size4": {"": {"size4", "delim-size4"}},
    "Font Awesome 6 Free": {"normal 900": {"fa-solid", "fas", "admonition"}},
    "Font Awesome 6 Brands": {"": {"fa-brands", "fab"}},
}
_ITALIC_MAIN = {"mathit", "textit"}
_ICON_REGULAR = {"fa-regular", "far"}


@dataclass(frozen=True, kw_only=True)
class Weight:
    """The weight of one page."""

    kind: str  # a key of BUDGETS
    parts: dict[str, int] = field(repr=False)  # file below the site -> bytes

    @property
    def total(self) -> int:
        """Bytes of a first visit."""
        return sum(self.parts.values())

    @property
    def allowed(self) -> int:
        """Bytes that the page may have."""
        return BUDGETS[self.kind] * KILOBYTE


@lru_cache(maxsize=1024)
def _size(path: Path, stamp: int) -> int:
    content = path.read_bytes()
    return len(content) if path.suffix in PACKED else len(gzip.compress(content, 6, mtime=0))


def transferred(path: Path) -> int:
    """Bytes that the file takes on its way."""
    return _size(path, path.stat().st_mtime_ns)


def page_weights(site: Path) -> dict[str, Weight]:
    """Weight of each page of a site, by its path."""
    return {page.name: weight(page) for page in pages(site) if not page.leads_on}


def weight(page: BuiltPage) -> Weight:
    """Everything that a first visit to the page loads."""
    files = {page.site / page.name}
    for _, address in requests_of(page):
        target = page.resolve(address)
        if target is not None and target.is_file():
            files |= {target}
            if target.suffix == ".css":
                files |= _files_of_style(page, target)
    kind = "formulas" if page.soup.select_one(".katex") else "plain"
    if page.soup.select_one(".plot"):
        kind = "figures"
        static = page.site / "_static"
        files |= {static / name for name in LAZY if (static / name).is_file()}
    files |= modules_of(page)
    names = sorted(
        (path.resolve().relative_to(page.site.resolve()).as_posix(), path) for path in files
    )
    return Weight(kind=kind, parts={name: transferred(path) for name, path in names})


def modules_of(page: BuiltPage, *, only: str | None = None) -> set[Path]:
    """Modules that laboratories and explored figures of the page load, or one laboratory alone.

    Args:
        page: The page.
        only: Name of a laboratory's module; by default all count.
    """
    folder = live_modules.folder_of(page)
    names = {str(lab["data-module"]) for lab in page.soup.select(".lab[data-module]")}
    names |= {EXPLORE} if page.soup.select_one(".explore") else set()
    wanted = names if only is None else {only}
    there = {name for name in wanted if (folder / name).is_file()}
    return {folder / file for name in there for file in modules.files_of(name, (folder,))}


def _files_of_style(page: BuiltPage, style: Path) -> set[Path]:
    css = style.read_text(encoding="utf-8")
    wanted = [
        urls_in_style(face)[0]
        for face in _FACE.findall(css)
        if urls_in_style(face) and _is_shown(page, face)
    ]
    wanted += urls_in_style(_FACE.sub("", css))
    found = {(style.parent / url.split("?")[0].split("#")[0]) for url in wanted if ":" not in url}
    files = {path for path in found if path.is_file()}
    for path in [path for path in files if path.suffix == ".css" and path != style]:
        files |= _files_of_style(page, path)
    return files


def _property(face: str, name: str, default: str) -> str:
    match = re.search(rf"(?:^|;)\s*{name}\s*:\s*([^;]+)", face)
    return match[1].replace("\\", "").strip(" \"'") if match else default


def _is_shown(page: BuiltPage, face: str) -> bool:
    family = _property(face, "font-family", "")
    if family in _SHOWN_BY:
        style = f"{_property(face, 'font-style', 'normal')} {_property(face, 'font-weight', '400')}"
        return not _classes_for(family, style).isdisjoint(page.classes)
    return _has_character(page.text, _property(face, "unicode-range", "U+0-10FFFF"))


def _classes_for(family: str, style: str) -> set[str]:
    if family == "KaTeX_Main" and style == "italic 400":
        return _ITALIC_MAIN
    if family == "Font Awesome 6 Free" and style == "normal 400":
        return _ICON_REGULAR
    known = _SHOWN_BY[family]
    return known.get(style, known.get("", set()))


def _has_character(text: str, ranges: str) -> bool:
    points = {ord(character) for character in set(text)}
    for part in ranges.split(","):
        low, _, high = part.strip().removeprefix("U+").replace("?", "0").partition("-")
        last = int(high, 16) if high else int(part.strip().removeprefix("U+").replace("?", "F"), 16)
        if any(int(low, 16) <= point <= last for point in points):
            return True
    return False
