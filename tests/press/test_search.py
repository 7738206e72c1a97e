"""The search: a dialog that can be read, and results that read as the page does."""

from pathlib import Path
from typing import Any

import pytest

from matinf_book.served import served

pytestmark = pytest.mark.browser


def test_the_dialog_stands_on_paper_of_its_own(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    with served(fixture_site) as address:
        page.goto(address + "pages/plain.html")
        page.keyboard.press("Control+k")
        dialog = page.locator("#pst-search-dialog[open]")
        dialog.wait_for()
        paper = dialog.evaluate("dialog => getComputedStyle(dialog).backgroundColor")
        raised = "getComputedStyle(document.documentElement).getPropertyValue('--raised')"
        assert page.evaluate(raised) == "#ffffff"
        assert paper == "rgb(255, 255, 255)"
    page.close()


def test_a_result_shows_each_formula_once_and_whole_words(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page()
    with served(fixture_site) as address:
        page.goto(address + "pages/formulas.html")
        words = page.locator("article").inner_text()
        page.goto(address + "search.html?q=formula")
        context = page.locator("#search-results li:has(a[href*='formulas']) p.context").first
        context.wait_for()
        shown = context.inner_text()
    page.close()
    assert "\\mathbf" not in shown, "TeX stands in the formula for copying, not for reading"
    assert shown.endswith("\u00a0…")
    assert shown.removesuffix("\u00a0…").split()[-1] in words.split()
