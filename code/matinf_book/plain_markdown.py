"""A printed page in plain Markdown, which every notebook front end can show.

MyST's directives and roles mean nothing to Jupyter or Colab. What Sphinx has made of a page does
not need them: numbers are filled in, references resolved, citations written out. This module writes
that document down again, in the Markdown that all of them share, and says where the cells stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from textwrap import indent
from typing import TypeAlias

from docutils import nodes


@dataclass(frozen=True)
class Cell:
    """The place of a code cell, by its number among all cells of the page."""

    index: int


Piece: TypeAlias = "str | Cell"  # a block of Markdown, or a code cell
SKIPPED = (nodes.target, nodes.comment, nodes.substitution_definition, nodes.system_message)
LANGUAGES = {"ipython3": "python", "default": "", "none": ""}
_ARIA_LABEL = re.compile(r'aria-label="([^"]*)"')
_SPECIAL = re.compile(r"([\\*_<$`])")


@dataclass(frozen=True, kw_only=True)
class PlainMarkdown:
    """Writes one page.

    Attributes:
        link: Address to write for one inside the site, or None to keep the words alone.
        number: Number of a figure or an exercise on the site, by its id; "" where it has none.
    """

    link: Callable[[str], str | None] = field(default=lambda address: None)
    number: Callable[[str], str] = field(default=lambda figure: "")

    def pieces(self, page: nodes.Node) -> list[Piece]:
        """Blocks and cells of a page, in order."""
        return list(self._blocks(page, depth=0))

    def _blocks(self, node: nodes.Node, *, depth: int) -> Iterator[Piece]:
        for child in node.children:
            if not isinstance(child, SKIPPED):
                yield from self._block(child, depth=depth)

    def _block(self, node: nodes.Node, *, depth: int) -> Iterator[Piece]:
        if isinstance(node, nodes.section):
            yield from self._section(node, depth=depth)
        elif isinstance(node, nodes.container):
            yield from self._container(node, depth=depth)
        elif isinstance(node, nodes.Admonition | nodes.sidebar):
            yield from self._statement(node, depth=depth)
        elif isinstance(node, nodes.figure):
            yield from self._blocks(node, depth=depth)
        elif (writer := _WRITERS.get(type(node).__name__)) is not None:
            if text := writer(self, node):
                yield text
        elif isinstance(node, nodes.TextElement | nodes.Text):
            if text := self.inline(node):
                yield text
        else:
            yield from self._blocks(node, depth=depth)

    def _section(self, node: nodes.section, *, depth: int) -> Iterator[Piece]:
        # sphinx-exercise keeps the text of an exercise in a section without a title.
        has_title = bool(node.children) and isinstance(node[0], nodes.title)
        depth += has_title
        for child in node.children:
            if isinstance(child, nodes.title):
                yield f"{'#' * depth} {self.inline(child)}"
            elif not isinstance(child, SKIPPED):
                yield from self._block(child, depth=depth)

    def _container(self, node: nodes.container, *, depth: int) -> Iterator[Piece]:
        if node.get("nb_element") == "cell_code":
            yield Cell(int(node["cell_index"]))
            for figure in node.findall(nodes.figure):
                yield self._caption(figure)
        elif node.get("nb_element") == "mime_bundle":
            label = next(filter(None, map(_label_of, node.findall(nodes.raw))), "")
            if label:
                yield f"*Figure on the site: {label}*"
        else:
            yield from self._blocks(node, depth=depth)

    def _caption(self, figure: nodes.figure) -> str:
        words = " ".join(self.inline(caption) for caption in figure.findall(nodes.caption))
        number = next(filter(None, map(self.number, figure.get("ids", []))), "")
        return f"**Figure {number}.** {words}" if number else words

    def _statement(self, node: nodes.Element, *, depth: int) -> Iterator[Piece]:
        """An admonition: quoted, unless cells stand in it, which nothing can quote."""
        titles = [child for child in node.children if isinstance(child, nodes.title)]
        title = " ".join(map(self.inline, titles)) or type(node).__name__.title()
        if number := next(filter(None, map(self.number, node.get("ids", []))), ""):
            title = f"{node['title']} {number}{title}"  # the HTML writer does the same
        rest = [child for child in node.children if child not in titles]
        inner = [piece for child in rest for piece in self._block(child, depth=depth)]
        pieces: list[Piece] = [f"**{title}**", *inner]
        if any(isinstance(piece, Cell) for piece in pieces):
            yield from pieces
        else:
            yield _quoted("\n\n".join(str(piece) for piece in pieces))

    def paragraph(self, node: nodes.Element) -> str:
        """Its words in one line, as source lines mean nothing."""
        return " ".join(self.inline(node).split("\n"))

    def math_block(self, node: nodes.Element) -> str:
        """The formula, with the number that it has on the site."""
        tag = f" \\tag{{{node['number']}}}" if node.get("number") else ""
        return f"$$\n{node.astext().strip()}{tag}\n$$"

    def code(self, node: nodes.Element) -> str:
        """A listing, which is not a cell: what the package holds, or what to type in a shell."""
        language = str(node.get("language", ""))
        return f"```{LANGUAGES.get(language, language)}\n{node.astext().rstrip()}\n```"

    def caption(self, node: nodes.Element) -> str:
        """The name of a listing's file."""
        return f"*{self.inline(node)}*"

    def rubric(self, node: nodes.Element) -> str:
        """The title of what is folded, or of a tab."""
        return f"**{self.inline(node)}**"

    def listing(self, node: nodes.Element) -> str:
        """A list, its items marked and indented."""
        ordered = isinstance(node, nodes.enumerated_list)
        start = int(node.get("start", 1))
        marks = [f"{start + k}." if ordered else "-" for k in range(len(node.children))]
        items = [
            self._indented(item, mark) for item, mark in zip(node.children, marks, strict=True)
        ]
        return "\n".join(items)

    def _indented(self, item: nodes.Node, mark: str) -> str:
        text = "\n\n".join(str(piece) for piece in self._blocks(item, depth=6))
        return f"{mark} " + indent(text, " " * (len(mark) + 1)).lstrip()

    def definitions(self, node: nodes.Element) -> str:
        """Terms in bold, each before what it means."""
        items = []
        for item in node.children:
            terms = [self.inline(term) for term in item.findall(nodes.term)]
            meaning = [
                str(piece)
                for definition in item.findall(nodes.definition)
                for piece in self._blocks(definition, depth=6)
            ]
            items.append(f"- **{', '.join(terms)}**: " + "\n\n  ".join(meaning))
        return "\n".join(items)

    def table(self, node: nodes.Element) -> str:
        """A table between pipes; what has several paragraphs in a cell is set in one."""
        rows = [
            [" ".join(map(self.inline, entry.children)) for entry in row.findall(nodes.entry)]
            for row in node.findall(nodes.row)
        ]
        if not rows:
            return ""
        rows.insert(1, ["---"] * len(rows[0]))
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)

    def picture(self, node: nodes.Element) -> str:
        """Raw HTML is a drawing of the page's own: its words stand for it."""
        return f"*Picture on the site: {label}*" if (label := _label_of(node)) else ""

    def inline(self, node: nodes.Node) -> str:
        """Words of a node, with their emphasis, formulas and links."""
        if isinstance(node, nodes.Text):
            return _SPECIAL.sub(r"\\\1", node.astext())
        if isinstance(node, nodes.math):
            return f"${node.astext()}$"
        if isinstance(node, nodes.literal):
            return self._literal(node)
        if isinstance(node, nodes.raw | nodes.comment):
            return ""
        text = "".join(map(self.inline, node.children))
        if isinstance(node, nodes.reference):
            return self._reference(node, text)
        before, after = _AROUND.get(type(node).__name__, ("", ""))
        return f"{before}{text}{after}"

    def _literal(self, node: nodes.Element) -> str:
        # A reference written as code, such as that to a figure, is words.
        return node.astext() if "xref" in node.get("classes", []) else f"`{node.astext()}`"

    def _reference(self, node: nodes.Element, text: str) -> str:
        address = str(node.get("refuri", ""))
        if "://" not in address:
            address = self.link(address) or ""
        return f"[{text}]({address})" if address else text


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _label_of(raw: nodes.Element) -> str:
    match = _ARIA_LABEL.search(raw.astext())
    return match[1] if match else ""


_AROUND = {
    "exercise_subtitle": (": ", ""),
    "emphasis": ("*", "*"),
    "strong": ("**", "**"),
    "subscript": ("<sub>", "</sub>"),
    "superscript": ("<sup>", "</sup>"),
}
_WRITERS: dict[str, Callable[[PlainMarkdown, nodes.Element], str]] = {
    "paragraph": PlainMarkdown.paragraph,
    "math_block": PlainMarkdown.math_block,
    "literal_block": PlainMarkdown.code,
    "caption": PlainMarkdown.caption,
    "rubric": PlainMarkdown.rubric,
    "bullet_list": PlainMarkdown.listing,
    "enumerated_list": PlainMarkdown.listing,
    "definition_list": PlainMarkdown.definitions,
    "table": PlainMarkdown.table,
    "raw": PlainMarkdown.picture,
}
