"""Fonts of formulas, cut to the characters that the formulas of the site show.

KaTeX's faces hold all of mathematics; a book shows some hundred of its signs. The formulas are
written at build time, so what they show is known, to the last character, when the pages stand.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]

from . import built_site

FORMULA_FONTS = "vendor/katex/fonts"


def characters_of_formulas(site: Path) -> frozenset[str]:
    """Every character that a formula on a page of the site shows."""
    return frozenset(
        character
        for page in built_site.pages(site)
        for formula in page.soup.select(".katex-html")
        for character in formula.get_text()
    )


def cut_font(font: bytes, characters: frozenset[str]) -> bytes:
    """The woff2 font with these characters alone; the same bytes on every run.

    Glyphs keep their metrics, so a formula is set to the pixel as it was with the whole font.
    """
    options = subset.Options(flavor="woff2", recalc_timestamp=False, notdef_outline=True)
    with subset.load_font(BytesIO(font), options) as loaded:
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(sorted(characters)))
        cutter.subset(loaded)
        out = BytesIO()
        subset.save_font(loaded, out, options)
    return out.getvalue()


def cut_formula_fonts(site: Path, whole: Path) -> None:
    """Write the site's formula fonts, cut from the whole ones.

    Args:
        site: The built site; every page is read.
        whole: Folder of static files that holds the whole fonts, never cut.
    """
    characters = characters_of_formulas(site)
    for source in sorted((whole / FORMULA_FONTS).glob("*.woff2")):
        target = site / "_static" / FORMULA_FONTS / source.name
        cut = cut_font(source.read_bytes(), characters)
        if not target.is_file() or target.read_bytes() != cut:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(cut)
