"""Cut a style sheet to the rules that some page of the site can use.

The theme's sheet is written for every site that could be; ours shows a tenth of it. A rule is kept
when each class and id in its selector occurs in a page, or anywhere as a word in a script, which
may set it later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from pathlib import Path

from .built_site import BuiltPage

WORD = re.compile(r"[A-Za-z_][\w-]*")
NAME = re.compile(r"[.#]((?:\\.|[\w-])+)")
# What may stand inside these does not have to be on the page for the rule to apply.
INNER = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\]")
NESTING = ("@media", "@supports", "@layer", "@container")
TOKEN = re.compile(
    r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^)"']*\)|[{};]""", re.DOTALL
)


def words_of_page(page: BuiltPage) -> set[str]:
    """Classes and ids of a page."""
    return {*page.classes, *page.ids}


def words_of_script(path: Path) -> set[str]:
    """Every word of a script; some of them are classes that it sets."""
    return set(WORD.findall(path.read_text(encoding="utf-8")))


def cut(css: str, words: Set[str]) -> str:
    """The style sheet without rules that need a class or an id that is not among ``words``."""
    return "".join(_kept(css, words))


def _kept(css: str, words: Set[str]) -> Iterator[str]:
    for prelude, body in _rules(css):
        if body is None:
            yield prelude  # a statement such as @import, or a comment
        elif prelude.strip().startswith(NESTING):
            if inside := cut(body, words):
                yield f"{prelude}{{{inside}}}"
        elif prelude.strip().startswith("@"):
            yield f"{prelude}{{{body}}}"
        else:
            selectors = [one for one in _split(prelude) if _names(one) <= words]
            if selectors:
                yield f"{','.join(selectors)}{{{body}}}"


def _rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Rules of one level: what stands before the braces, and what stands in them."""
    start = depth = opened = 0
    for token in TOKEN.finditer(css):
        sign = token[0]
        if sign == "{":
            opened = token.start() if depth == 0 else opened
            depth += 1
        elif sign == "}":
            depth -= 1
            if depth == 0:
                yield css[start:opened], css[opened + 1 : token.start()]
                start = token.end()
        elif depth == 0 and (sign == ";" or sign.startswith("/*")):
            yield css[start : token.end()], None
            start = token.end()


def _split(selectors: str) -> list[str]:
    """Split at commas that stand outside parentheses and brackets."""
    return re.split(r",(?![^(]*\))(?![^\[]*\])", selectors)


def _names(selector: str) -> set[str]:
    plain = INNER.sub("", selector)
    return {re.sub(r"\\(.)", r"\1", name) for name in NAME.findall(plain)}
