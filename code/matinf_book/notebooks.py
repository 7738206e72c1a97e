"""Each executed page as a notebook, to be downloaded or opened elsewhere.

Beside ``page.html`` the site gets three files:

    page.ipynb            clean: text in plain Markdown, cells without outputs
    page.outputs.ipynb    the same with what the cells showed when the book was printed
    page.md               the source of the page, for whoever works with MyST

Numbers in the text are those that the page was printed with. All three hold the same bytes in
every build of the same sources.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.application import Sphinx

from .execute import read_page
from .launch import Launch
from .plain_markdown import Cell, Piece, PlainMarkdown

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
CLEAN, WITH_OUTPUTS, SOURCE = ".ipynb", ".outputs.ipynb", ".md"


def notebook(
    pieces: Sequence[Piece],
    cells: Sequence[nbformat.NotebookNode],
    *,
    outputs: bool,
    first: str = "",
) -> nbformat.NotebookNode:
    """Put text and cells together.

    Args:
        pieces: The page in plain Markdown, with the places of its cells.
        cells: All cells of the executed page; the pieces name them by number.
        outputs: Keep what the cells showed.
        first: Code of a cell to stand before all others, where there is one.
    """
    made = [_code(first, {}, [])] if first else []
    for group in _grouped(_with_hidden(pieces, cells)):
        made.append(
            _copied(cells[group.index], outputs) if isinstance(group, Cell) else _text(group)
        )
    for number, cell in enumerate(made):
        cell["id"] = f"cell-{number}"
    whole = new_notebook(cells=made, metadata={"kernelspec": KERNEL, "language_info": _LANGUAGE})
    nbformat.validate(whole)
    return whole


_LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}


def _with_hidden(
    pieces: Sequence[Piece], cells: Sequence[nbformat.NotebookNode]
) -> Iterator[Piece]:
    """The pieces with the cells that a page does not show: later cells use what they define."""
    hidden = [
        k for k, cell in enumerate(cells) if cell.cell_type == "code" and Cell(k) not in set(pieces)
    ]
    for piece in pieces:
        while isinstance(piece, Cell) and hidden and hidden[0] < piece.index:
            yield Cell(hidden.pop(0))
        yield piece
    yield from map(Cell, hidden)


def _grouped(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbouring blocks of text in one; a new cell of text begins at every heading."""
    text: list[str] = []
    for piece in pieces:
        if text and (isinstance(piece, Cell) or piece.startswith("#")):
            yield "\n\n".join(text)
            text = []
        if isinstance(piece, Cell):
            yield piece
        else:
            text.append(piece)
    if text:
        yield "\n\n".join(text)


def _text(source: str) -> nbformat.NotebookNode:
    return new_markdown_cell(source)


def _code(source: str, metadata: dict[str, Any], outputs: list[Any]) -> nbformat.NotebookNode:
    return new_code_cell(source, metadata=metadata, outputs=outputs)


def _copied(cell: nbformat.NotebookNode, outputs: bool) -> nbformat.NotebookNode:
    tags = set(cell.metadata.get("tags", []))
    metadata: dict[str, Any] = {"tags": sorted(tags)} if tags else {}
    if tags & {"remove-input", "remove-cell", "hide-input"}:
        metadata["jupyter"] = {"source_hidden": True}
    shown = outputs and not tags & {"remove-output", "remove-cell"}
    copied = _code(cell.source, metadata, list(cell.outputs) if shown else [])
    copied["execution_count"] = cell.execution_count if outputs else None
    return copied


def executed_cells(root: Path, page: Path, cache: Path) -> list[nbformat.NotebookNode]:
    """All cells of a page, those of code with what they showed when the book was printed."""
    read = read_page(root, page)
    if read is None:
        return []
    _, whole = get_cache(cache).merge_match_into_notebook(read.notebook)
    return list(whole.cells)


def _write(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if app.builder.format != "html" or docname == app.config.root_doc:
        return
    source = Path(app.env.doc2path(docname))
    cells = executed_cells(Path(app.srcdir), source, Path(app.config.nb_execution_cache_path))
    if not cells:
        return
    numbered = app.env.toc_fignumbers.get(docname, {}).values()
    numbers = {name: number for kind in numbered for name, number in kind.items()}
    writer = PlainMarkdown(
        link=lambda address: _site_address(app, docname, address),
        number=lambda name: ".".join(map(str, numbers.get(name, ()))),
    )
    pieces = writer.pieces(doctree)
    first = Launch.of(app.config).colab_cell()
    target = Path(app.outdir) / docname
    target.parent.mkdir(parents=True, exist_ok=True)
    for suffix, outputs in ((CLEAN, False), (WITH_OUTPUTS, True)):
        whole = notebook(pieces, cells, outputs=outputs, first=first)
        nbformat.write(whole, target.with_name(target.name + suffix))
    shutil.copy(source, target.with_name(target.name + SOURCE))


def _site_address(app: Sphinx, docname: str, address: str) -> str | None:
    """Address on the published site, where it is known, of one that a page uses."""
    base = app.config.html_baseurl
    if not base or not address:
        return None
    path, _, fragment = address.partition("#")
    here = app.builder.get_target_uri(docname)
    whole = normpath(join(dirname(here), path)) if path else here
    return f"{base.rstrip('/')}/{whole}" + (f"#{fragment}" if fragment else "")


def setup(app: Sphinx) -> None:
    """Write the notebooks of a page when all of its references are resolved."""
    app.connect("doctree-resolved", _write, priority=900)
