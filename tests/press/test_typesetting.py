"""What stays on one line, and titles, each on the markup that it is for."""

import pytest
from bs4 import BeautifulSoup

from matinf_book.typesetting import keep_together, typeset

MATH = '<span class="math"><math><annotation>{tex}</annotation></math></span>'
HELD = f'<span class="unbroken">{MATH},</span> and'


def _set(markup: str) -> str:
    soup = BeautifulSoup(f"<article>{markup}</article>", "html.parser")
    typeset(soup)
    return soup.article.decode_contents() if soup.article else ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a 95% interval", "a 95\u00a0% interval"),
        ("a 95 % interval", "a 95\u00a0% interval"),
        ("a 95\u202f% interval", "a 95\u00a0% interval"),
        ("at 2.84 eV and 925 °C", "at 2.84\u00a0eV and 925\u00a0°C"),
        ("at 2.84\neV", "at 2.84\u00a0eV"),
        ("carbon, 2 wt%", "carbon, 2 wt%"),
        ("10 sheets, 3 Kelvins", "10 sheets, 3 Kelvins"),
        ("Fig. 12", "Fig.\u00a012"),
        ("no number", "no number"),
    ],
)
def test_a_number_keeps_its_unit(typed: str, kept: str) -> None:
    assert keep_together(typed) == kept


@pytest.mark.parametrize("name", ["code", "pre", "script"])
def test_what_was_typed_as_code_is_left(name: str) -> None:
    assert _set(f"<{name}>x = 5 % 3 # 95%</{name}>") == f"<{name}>x = 5 % 3 # 95%</{name}>"


def test_a_comma_stays_with_its_formula_unless_that_is_long() -> None:
    assert _set(MATH.format(tex="M") + ", and") == HELD.format(tex="M")
    long = MATH.format(tex="x" * 40) + ", and"
    assert _set(long) == long
    assert _set(MATH.format(tex="M") + " and") == MATH.format(tex="M") + " and"


def test_the_name_of_an_exercise_stands_beside_its_number_once() -> None:
    number = '<span class="caption-number">Exercise\u00a04</span>'
    exercise = (
        f'<div class="exercise"><p class="admonition-title">{number} (Again (twice))</p></div>'
    )
    assert f'{number}<span class="exercise-name">Again (twice)</span>' in _set(exercise)
    unnamed = f'<div class="exercise"><p class="admonition-title">{number}</p></div>'
    assert _set(unnamed) == unnamed
    link = '<a href="#e">Exercise 4 (Again (twice))</a>'
    solution = f'<div class="solution"><p class="admonition-title">Solution to{link}</p></div>'
    assert '<a href="#e">Exercise\u00a04</a>' in _set(solution)
