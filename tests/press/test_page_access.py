"""Repairs for readers who do not see the page, each on the markup that it is for."""

import pytest
from bs4 import BeautifulSoup

from matinf_book.page_access import repair


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '<summary aria-label="Toggle hidden content">Show code cell source</summary>',
            "<summary>Show code cell source</summary>",
        ),
        (
            '<button class="search-button-field" aria-label="Search">Search Ctrl K</button>',
            '<button class="search-button-field">Search Ctrl K</button>',
        ),
        ('<i class="fa-solid fa-sun"></i>', '<i aria-hidden="true" class="fa-solid fa-sun"></i>'),
        (
            '<table class="dataframe"><thead><tr><th></th><th>gap</th></tr></thead></table>',
            '<table class="dataframe"><thead><tr><td></td><th>gap</th></tr></thead></table>',
        ),
        ('<section id="exercise-content"></section>', "<section></section>"),
        ('<div class="citation" role="doc-biblioentry"></div>', '<div class="citation"></div>'),
        ('<button aria-label="Close">×</button>', '<button aria-label="Close">×</button>'),
    ],
)
def test_what_is_wrong_is_put_right_and_the_rest_is_left(before: str, after: str) -> None:
    soup = BeautifulSoup(before, "html.parser")
    repair(soup)
    assert soup == BeautifulSoup(after, "html.parser")
