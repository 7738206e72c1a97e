"""Read a page as the book reads it: its prose, its code cells, its exercises.

The text is parsed by MyST's own parser, with the extensions that ``_config.yml`` switches on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

ROOT = Path(__file__).parents[1]
NOT_PROSE = {
    *("bibliography", "code", "code-block", "code-cell", "csv-table", "glue", "glue:figure"),
    *("image", "include", "literalinclude", "math", "raw", "sourcecode", "tableofcontents"),
    *("toctree", "only", "eval-rst"),
}
ARGUMENT_IS_NO_TITLE = {"figure", "solution", "solution-start", "glossary", "div", "list-table"}


@dataclass(frozen=True, kw_only=True)
class Directive:
    """One directive of a page.

    Attributes:
        name: Such as ``code-cell`` or ``exercise``.
        argument: What follows the name.
        options: Its options; from YAML or from ``:key: value`` lines.
        body: Its content, one text.
        line: Where it begins, counted from 1.
        body_line: Where its content begins.
    """

    name: str
    argument: str
    options: dict[str, Any]
    body: str
    line: int
    body_line: int

    @property
    def tags(self) -> set[str]:
        """The tags of a code cell."""
        tags = self.options.get("tags") or []
        return set(tags if isinstance(tags, list) else str(tags).strip("[]").split(", "))

    @property
    def is_shown(self) -> bool:
        """Whether a code cell's code is on the page without a click."""
        return not self.tags & {"remove-cell", "remove-input", "hide-input", "hide-cell"}


def pages() -> list[Path]:
    """Every page of the book."""
    return sorted((ROOT / "book").rglob("*.md"))


@cache
def _parser() -> MarkdownIt:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    extensions = set(config["parse"]["myst_enable_extensions"])
    return create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)


def _options(content: str) -> tuple[dict[str, Any], int]:
    """The options at the head of a directive, and how many lines they take."""
    lines = content.splitlines()
    if lines and lines[0].strip() == "---":
        end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
        return yaml.safe_load("\n".join(lines[1:end])) or {}, end + 1
    count = next((i for i, s in enumerate(lines) if not s.lstrip().startswith(":")), len(lines))
    pairs = (line.strip()[1:].split(":", 1) for line in lines[:count])
    return {key: value.strip() for key, value in (p for p in pairs if len(p) == 2)}, count


def _directive(token: Token, offset: int) -> Directive | None:
    if token.type not in {"fence", "colon_fence"} or not token.info.strip().startswith("{"):
        return None
    name, _, argument = token.info.strip()[1:].partition("}")
    options, taken = _options(token.content)
    line = offset + (token.map[0] if token.map else 0) + 1
    body = "\n".join(token.content.splitlines()[taken:])
    return Directive(
        name=name,
        argument=argument.strip(),
        options=options,
        body=body,
        line=line,
        body_line=line + 1 + taken,
    )


def directives(text: str, offset: int = 0) -> Iterator[Directive]:
    """Every directive, those inside others included, in the order of the page."""
    for token in _parser().parse(text):
        if found := _directive(token, offset):
            yield found
            if found.name not in NOT_PROSE:
                yield from directives(found.body, found.body_line - 1)


def cells(text: str) -> list[Directive]:
    """The code cells of a page."""
    return [directive for directive in directives(text) if directive.name == "code-cell"]


def code(text: str) -> str:
    """The code of a page's cells, at the lines where it stands; magics are left out."""
    lines = [""] * len(text.splitlines())
    for cell in cells(text):
        for number, line in enumerate(cell.body.splitlines(), cell.body_line - 1):
            lines[number] = "" if line.lstrip().startswith(("%", "!")) else line
    return "\n".join(lines)


def prose(text: str, offset: int = 0) -> Iterator[tuple[int, str]]:
    """The words that a reader reads as prose, as pairs of line number and text.

    Left out are code, mathematics, roles, citations, the targets of links, HTML and comments.
    Titles of directives and captions of figures are prose.
    """
    for token in _parser().parse(text):
        line = offset + (token.map[0] if token.map else 0) + 1
        if token.type == "inline":
            yield from _inline(token, line)
        elif found := _directive(token, offset):
            yield from _of_directive(found)


def _inline(token: Token, line: int) -> Iterator[tuple[int, str]]:
    words = ""
    for child in token.children or []:
        if child.type in {"softbreak", "hardbreak"}:
            yield line, words
            line, words = line + 1, ""
        else:
            words += child.content if child.type == "text" else " "
            line += child.content.count("\n") if child.type != "text" else 0
    yield line, words


def _of_directive(directive: Directive) -> Iterator[tuple[int, str]]:
    figure = (directive.options.get("mystnb") or {}) if directive.name == "code-cell" else {}
    for caption in _captions(figure):
        yield from ((directive.line, words) for _, words in prose(caption))
    if directive.name in NOT_PROSE:
        return
    if directive.argument and directive.name not in ARGUMENT_IS_NO_TITLE:
        yield from ((directive.line, words) for _, words in prose(directive.argument))
    yield from prose(directive.body, directive.body_line - 1)


def _captions(options: dict[str, Any]) -> list[str]:
    figure = options.get("figure") or {}
    return [str(figure[key]) for key in ("caption", "alt") if key in figure]
