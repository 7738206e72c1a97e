"""Put right what the theme gets wrong for readers who do not see the page."""

from __future__ import annotations

from bs4 import BeautifulSoup


def repair(soup: BeautifulSoup) -> None:
    """Repair one page in place."""
    _name_buttons(soup)
    _put_sidebar_in_landmark(soup)
    _plain_bibliography(soup)
    _hide_icons(soup)
    _unique_ids(soup)
    _empty_headings(soup)


def _name_buttons(soup: BeautifulSoup) -> None:
    """A button that shows words is named by them; the theme and MyST-NB name it otherwise."""
    named = soup.find_all("button", class_="search-button-field") + soup.find_all("summary")
    for button in named:
        button.attrs.pop("aria-label", None)


def _put_sidebar_in_landmark(soup: BeautifulSoup) -> None:
    """The logo and the search stand in the sidebar, outside any landmark."""
    for sidebar in soup.find_all(id="pst-primary-sidebar"):
        sidebar["role"] = "navigation"
        sidebar["aria-label"] = "Book"


def _plain_bibliography(soup: BeautifulSoup) -> None:
    """Sphinx's roles for citations are deprecated, and a list of them has no list items."""
    for role, name in (("list", "citation-list"), ("doc-biblioentry", "citation")):
        for entry in soup.find_all(role=role):
            if name in entry.get_attribute_list("class"):
                del entry["role"]


def _hide_icons(soup: BeautifulSoup) -> None:
    """An icon's character from the private area says nothing when read aloud."""
    for icon in soup.find_all("i"):
        if "fa-" in " ".join(icon.get_attribute_list("class")):
            icon["aria-hidden"] = "true"


def _unique_ids(soup: BeautifulSoup) -> None:
    """Every exercise and every solution of a page has its body under one and the same id."""
    for section in soup.find_all(id=["exercise-content", "solution-content"]):
        del section["id"]


def _empty_headings(soup: BeautifulSoup) -> None:
    """The corner of a table of pandas is a heading of nothing."""
    for cell in soup.select("table.dataframe thead th"):
        if not cell.get_text(strip=True):
            cell.name = "td"
