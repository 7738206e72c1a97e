"""Fonts of formulas hold what the formulas show, set as in the whole fonts, and little more."""

from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from matinf_book import assets
from matinf_book.used_fonts import FORMULA_FONTS, characters_of_formulas, cut_font

MAIN = "KaTeX_Main-Regular.woff2"


@pytest.fixture(scope="module")
def whole() -> Path:
    """Folder of the whole fonts."""
    return assets.prepare() / "static" / FORMULA_FONTS


def test_kept_characters_keep_their_widths_and_the_others_go(whole: Path) -> None:
    font = (whole / MAIN).read_bytes()
    cut = cut_font(font, frozenset("Kx=∑"))
    before, after = TTFont(BytesIO(font)), TTFont(BytesIO(cut))
    kept = after.getBestCmap()
    assert set(map(chr, kept)) == set("Kx=∑") & set(map(chr, before.getBestCmap()))
    for code, glyph in kept.items():
        assert after["hmtx"][glyph] == before["hmtx"][before.getBestCmap()[code]]
    assert len(cut) < len(font) / 3


def test_cutting_gives_the_same_bytes(whole: Path) -> None:
    font = (whole / MAIN).read_bytes()
    assert cut_font(font, frozenset("abc")) == cut_font(font, frozenset("cba"))


def test_the_site_shows_no_formula_that_its_fonts_do_not_hold(
    fixture_site: Path, whole: Path
) -> None:
    shown = characters_of_formulas(fixture_site)
    assert {"σ", "K", "Φ"} <= shown
    held: set[str] = set()
    could: set[str] = set()
    for source in whole.glob("*.woff2"):
        site_font = fixture_site / "_static" / FORMULA_FONTS / source.name
        held |= set(map(chr, TTFont(site_font).getBestCmap()))
        could |= set(map(chr, TTFont(source).getBestCmap()))
        assert site_font.stat().st_size < source.stat().st_size
    assert shown & could <= held
