"""What a compositor sees to: what must stay on one line, and titles that say a thing once."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

NO_BREAK = "\u00a0"
UNITS = ("meV", "eV", "K", "°C", "σ", "mm", "µm", "nm", "min", "s", "h", "kB", "MB", "GB")
PERCENT = re.compile(r"(?<=\d)[ \u00a0\u202f]?%")
UNIT = re.compile(rf"(?<=\d)[ \n](?=(?:{'|'.join(UNITS)})(?!\w))")
REFERENCE = re.compile(r"^(Fig\.|Table|Listing|Exercise) (?=\d)")
AS_TYPED = ("pre", "code", "script", "style", "math", "annotation", "svg", "textarea", "title")
CLOSING = re.compile(r"[,.;:)?!]+")
LONGEST_UNBROKEN = 24  # characters of TeX; a longer formula may be wider than a phone


def typeset(soup: BeautifulSoup) -> None:
    """Set one page in place."""
    for article in soup.find_all("article"):
        _keep_together(article)
        _hold_punctuation(soup, article)
        _short_titles(soup, article)


def keep_together(text: str) -> str:
    """The text with its numbers, per cent signs and units on one line."""
    text = PERCENT.sub(f"{NO_BREAK}%", text)
    text = UNIT.sub(NO_BREAK, text)
    return REFERENCE.sub(rf"\1{NO_BREAK}", text)


def _keep_together(article: Tag) -> None:
    for text in article.find_all(string=re.compile(r"\d")):
        if text.find_parent(AS_TYPED) is None and (kept := keep_together(text)) != text:
            text.replace_with(kept)


def _hold_punctuation(soup: BeautifulSoup, article: Tag) -> None:
    """A comma does not begin a line because a formula stands before it."""
    for formula in article.select("span.math"):
        after, tex = formula.next_sibling, formula.find("annotation")
        if not isinstance(after, NavigableString) or tex is None:
            continue
        mark = CLOSING.match(after)
        if mark is None or len(tex.get_text()) > LONGEST_UNBROKEN:
            continue
        after.replace_with(after[mark.end() :])
        formula.wrap(soup.new_tag("span", attrs={"class": "unbroken"})).append(mark[0])


def _short_titles(soup: BeautifulSoup, article: Tag) -> None:
    """An exercise has its name beside its number; its solution does not repeat the name."""
    for title in article.select(".exercise > .admonition-title"):
        texts = title.find_all(string=True, recursive=False)
        name = texts[0].strip() if len(texts) == 1 else ""
        if name.startswith("(") and name.endswith(")"):
            texts[0].replace_with(_span(soup, "exercise-name", name[1:-1]))
    for link in article.select(".solution > .admonition-title a"):
        link.string = re.sub(r"\s*\(.*\)$", "", link.get_text(), flags=re.DOTALL)


def _span(soup: BeautifulSoup, name: str, text: str) -> Tag:
    span = soup.new_tag("span", attrs={"class": name})
    span.string = text
    return span
