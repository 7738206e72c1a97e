"""Formulas as HTML."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from matinf_book import formulas


def test_a_formula_is_both_drawn_and_readable_by_machines() -> None:
    soup = BeautifulSoup(formulas.render(r"\sigma^2", display=False), "html.parser")
    assert soup.select_one("math annotation").get_text() == r"\sigma^2"  # type: ignore[union-attr]
    assert soup.select_one(".katex-html[aria-hidden=true]")
    assert not soup.select_one(".katex-display")


@pytest.mark.parametrize("latex", [r"\frac{1}", r"\nosuchthing", r"x^2^3", r"\begin{align}x"])
def test_what_katex_cannot_read_is_an_error(latex: str) -> None:
    with pytest.raises(formulas.FormulaError):
        formulas.render(latex, display=True)
    assert "katex" in formulas.render("x", display=True), "the process must live on"


def test_what_katex_merely_tolerates_is_an_error_too() -> None:
    with pytest.raises(formulas.FormulaError):
        formulas.render(r"ä", display=False)


def test_rows_are_not_numbered_beside_the_number_of_the_page() -> None:
    html = formulas.render(r"\begin{align} a &= b \\ c &= d \end{align}", display=True)
    assert "eqn-num" not in html


def test_equations_have_numbers_and_references_find_them(fixture_site: Path) -> None:
    page = (fixture_site / "pages" / "formulas.html").read_text()
    soup = BeautifulSoup(page, "html.parser")
    number = soup.select_one("#equation-eq-improvement .eqno")
    assert number is not None
    assert number.get_text().startswith("(1)")
    reference = soup.select_one('p a[href="#equation-eq-improvement"]')
    assert reference is not None
    assert reference.get_text() == "(1)"


def test_only_pages_with_formulas_load_their_style(fixture_site: Path) -> None:
    with_formulas = (fixture_site / "pages" / "formulas.html").read_text()
    without = (fixture_site / "pages" / "plain.html").read_text()
    assert "katex.min.css" in with_formulas
    assert "katex" not in without
    scripts = BeautifulSoup(with_formulas, "html.parser").find_all("script")
    assert not [script for script in scripts if "mathjax" in str(script).lower()]
