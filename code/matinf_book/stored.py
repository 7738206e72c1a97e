"""Outputs of pages in the jupyter-cache: which are those of today, and which can be taken over.

The cache knows a page by its cells, all that stands at their heads included: captions and tags.
Nothing of that but the tags of `HEEDED` reaches a kernel. So outputs are found again by the code
alone, and kept under the page's new key, where MyST-NB looks for them.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from nbformat import NotebookNode
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from .execute import Page

HEEDED = {"raises-exception", "skip-execution"}  # the tags that tell how a cell is executed
CARRIED = ("language_info", "widgets")  # what execution writes beside the cells


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Let a full disk be the OSError that it is: SQLite has an error of its own for it."""
    try:
        yield
    except (RuntimeError, SQLAlchemyError) as error:
        if "disk is full" not in f"{error} {error.__cause__} {error.__context__}":
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from None


def open_cache(path: Path) -> JupyterCacheAbstract:
    """The jupyter-cache in a folder; one whose index cannot be read is dropped and begun anew.

    All that it holds can be made again. A machine that went down may have left half an index.
    """
    try:
        cache = get_cache(str(path))
        cache.list_cache_records()
    except (RuntimeError, SQLAlchemyError):
        shutil.rmtree(path, ignore_errors=True)
        cache = get_cache(str(path))
        cache.list_cache_records()
    return cache


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that a kernel is given."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def cells_digest(notebook: NotebookNode) -> str:
    """SHA-256 over what a kernel is told: its name, and each cell with the tags that it heeds."""
    cells = [
        (cell.source, sorted(HEEDED.intersection(cell.metadata.get("tags", []))))
        for cell in code_cells(notebook)
    ]
    kernel = notebook.metadata.get("kernelspec", {}).get("name")
    return hashlib.sha256(json.dumps([kernel, cells]).encode()).hexdigest()


def is_fresh(cache: JupyterCacheAbstract, page: Page) -> bool:
    """Whether outputs of these very cells are stored that were made from today's code and data.

    Fills in the stored times when they are.
    """
    data = _under_its_key(cache, page) or _taken_over(cache, page)
    if data is None:
        return False
    page.seconds, page.cells = data["execution_seconds"], data["cell_seconds"]
    return True


def _under_its_key(cache: JupyterCacheAbstract, page: Page) -> dict[str, Any] | None:
    try:
        record = cache.match_cache_notebook(page.notebook)
        cache.get_cache_bundle(record.pk)  # a kill may have come between the record and its file
    except (KeyError, ValueError):
        return None
    data: dict[str, Any] = record.data
    return data if data.get("digest") == page.digest else None


def _taken_over(cache: JupyterCacheAbstract, page: Page) -> dict[str, Any] | None:
    """Store under the page's key what an edit at the head of a cell has left under another."""
    wanted = _facts(page)
    for record in cache.list_cache_records():
        if any(record.data.get(name) != value for name, value in wanted.items()):
            continue
        try:
            executed = cache.get_cache_bundle(record.pk).nb
        except (KeyError, ValueError):
            continue
        pairs = zip(code_cells(page.notebook), code_cells(executed), strict=True)
        for cell, known in pairs:
            cell.outputs, cell.execution_count = known.outputs, known.execution_count
        page.notebook.metadata |= {k: v for k, v in executed.metadata.items() if k in CARRIED}
        _write(cache, page, record.data)
        data: dict[str, Any] = record.data
        return data
    return None


def store(cache: JupyterCacheAbstract, page: Page) -> None:
    """Store the outputs of a page that was executed just now, and how long its cells took."""
    times = {"execution_seconds": page.seconds, "cell_seconds": page.cells}
    _write(cache, page, _facts(page) | times)


def _facts(page: Page) -> dict[str, str]:
    """What outputs must have been made from to be those of this page."""
    return {"page": page.name, "cells": cells_digest(page.notebook), "digest": page.digest}


def _write(cache: JupyterCacheAbstract, page: Page, data: dict[str, Any]) -> None:
    _, key = cache.create_hashed_notebook(page.notebook)
    # A kill may have left the folder without its file, on which the cache would stumble.
    shutil.rmtree(cache.path / "executed" / key, ignore_errors=True)
    bundle = CacheBundleIn(page.notebook, str(page.path), data=data)
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
