"""Cut fonts and the theme's style to what the book uses.

The theme ships three icon fonts of 300 KB and 1,900 style rules to name their icons; the pages
show some twenty icons. What is kept stands in `ICONS`; a check of the built site finds an icon
that was used but not kept.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.varLib import instancer  # type: ignore[import-untyped]

Limits = dict[str, float | tuple[float, float]]  # axis of a variable font -> what is kept of it

# Class names of the icons on the pages: the theme's own, and those of our templates.
ICONS = frozenset(
    [
        "angle-left",
        "angle-right",
        "arrow-up",
        "arrow-right",
        "arrow-left",
        "bars",
        "book-open",
        "chevron-down",
        "chevron-right",
        "circle-half-stroke",
        "code",
        "copy",
        "download",
        "expand",
        "file",
        "file-lines",
        "file-pdf",
        "home",
        "house",
        "lightbulb",
        "list",
        "magnifying-glass",
        "moon",
        "outdent",
        "pencil",
        "play",
        "rocket",
        "sun",
        "xmark",
        "github",
    ]
)
THEME_CSS = "pydata-sphinx-theme.css"
ICON_FONTS = {"solid": "fa-solid-900", "regular": "fa-regular-400", "brands": "fa-brands-400"}

# Basic Latin, Latin-1, Latin Extended-A, Greek, dashes, quotes, arrows and the signs of the field.
TEXT_RANGES = "U+20-7E,U+A0-17F,U+2BC,U+2C6,U+2DA,U+2DC,U+391-3A9,U+3B1-3C9,U+3D1,U+3D5,U+2010-2015"
TEXT_RANGES += ",U+2018-201E,U+2020-2022,U+2026,U+2030,U+2032-2033,U+2039-203A,U+2044,U+2070-209C"
TEXT_RANGES += ",U+20AC,U+2122,U+2126,U+2190-2193,U+2202,U+2206,U+2211-2212,U+221A,U+221E,U+2248"
TEXT_RANGES += ",U+2260,U+2264-2265"
TEXT_FACES = {
    "serif-roman": "source-serif-4/files/source-serif-4-{script}-wght-normal.woff2",
    "serif-italic": "source-serif-4/files/source-serif-4-{script}-wght-italic.woff2",
}
SCRIPTS = ("latin", "latin-ext", "greek")
# Upright text is set in several weights, italic text in one: that halves the italic face.
WEIGHTS: dict[str, Limits] = {
    "serif-roman": {"wght": (400.0, 700.0)},
    "serif-italic": {"wght": 400.0},
}
# Headings and large numbers, in the design that the family has for large sizes.
DISPLAY_FACE = "serif-display-latin"
DISPLAY_SOURCE = "source-serif-4/files/source-serif-4-latin-opsz-normal.woff2"
DISPLAY_LIMITS: Limits = {"wght": 560.0, "opsz": 44.0}
DISPLAY_RANGES = "U+20-7E,U+A0,U+C0-FF,U+2013-2014,U+2018-2019,U+201C-201D,U+2026,U+2212"
FEATURES = ["kern", "liga", "mark", "mkmk", "ccmp", "locl", "calt", "tnum", "lnum"]


def _ranges(text: str) -> list[int]:
    unicodes: list[int] = subset.parse_unicodes(text.replace("U+", ""))
    return unicodes


def _cut(source: Path, target: Path, unicodes: list[int], limits: Limits | None) -> None:
    """Write a woff2 of the given characters, its axes limited; the same bytes on every run."""
    options = subset.Options(
        flavor="woff2",
        layout_features=FEATURES,
        hinting=False,
        recalc_timestamp=False,
    )
    with subset.load_font(str(source), options) as font:
        if limits:
            instancer.instantiateVariableFont(font, limits, inplace=True)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=unicodes)
        cutter.subset(font)
        target.parent.mkdir(parents=True, exist_ok=True)
        subset.save_font(font, str(target), options)


def cut_text_fonts(packages: Path, target: Path) -> None:
    """Cut each text face, script by script, so that a page loads only the scripts it shows."""
    for name, pattern in TEXT_FACES.items():
        for script in SCRIPTS:
            source = packages / pattern.format(script=script)
            _cut(source, target / f"{name}-{script}.woff2", _ranges(TEXT_RANGES), WEIGHTS[name])
    display = target / f"{DISPLAY_FACE}.woff2"
    _cut(packages / DISPLAY_SOURCE, display, _ranges(DISPLAY_RANGES), DISPLAY_LIMITS)


def theme_static() -> Path:
    """The installed theme's folder of static files."""
    package = Path(str(resources.files("pydata_sphinx_theme")))
    return package / "theme" / "pydata_sphinx_theme" / "static"


def cut_theme(target: Path) -> None:
    """Write the theme's style and icon fonts, cut to `ICONS` and to the theme's own variables."""
    source = theme_static()
    css = (source / "styles" / THEME_CSS).read_text(encoding="utf-8")
    css, kept = cut_icon_rules(css)
    (target / "styles").mkdir(parents=True)
    (target / "styles" / THEME_CSS).write_text(css, encoding="utf-8")
    folder = Path("vendor") / "fontawesome" / "webfonts"
    for name in ICON_FONTS.values():
        font = source / folder / f"{name}.woff2"
        with TTFont(font) as whole:
            present = set(whole.getBestCmap())
        _cut(font, target / folder / f"{name}.woff2", sorted(kept & present), None)


def cut_icon_rules(css: str) -> tuple[str, set[int]]:
    """Drop the rules of icons that are not kept.

    Returns:
        The shorter style, and the code points that it still shows.
    """
    kept: set[int] = set()

    def keep(rule: re.Match[str]) -> str:
        names = re.findall(r"\.fa-([a-z0-9-]+):before", rule["names"])
        if ICONS.isdisjoint(names):
            return ""
        kept.add(_code_point(rule["content"]))
        return rule[0]

    pattern = r'(?P<names>(?:\.fa-[a-z0-9-]+:before,?)+)\{content:"(?P<content>[^"]+)"\}'
    css = re.sub(pattern, keep, css)
    for content in re.findall(r'--pst-icon-[a-z-]+:"([^"]+)"', css):
        kept.add(_code_point(content))
    css = re.sub(r',url\([^)]*\.ttf\) format\("truetype"\)', "", css)
    return re.sub(r"/\*# sourceMappingURL=[^*]*\*/", "", css), kept


def _code_point(content: str) -> int:
    """Code point of one character, or of its style escape such as ``\\f053``."""
    return int(content[1:], 16) if content.startswith("\\") else ord(content)
