"""Execute the pages that need it, several at once, and remember their outputs.

Outputs go where MyST-NB looks for them, a jupyter-cache; the build that follows reads them back.
A page is executed when its cells have no stored outputs, or when the stored ones were made from
other code, data or libraries (see `dependencies`), or on another kind of processor (`processors`).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import nbformat
from jupyter_cache.base import JupyterCacheAbstract
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_core.utils import run_sync
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .dependencies import page_digest
from .processors import arithmetic_key, kernel_environment
from .stored import code_cells, full_disk_told, is_fresh, open_cache, store

DRAFT = "MATINF_DRAFT"  # tells Sphinx to write the pages that it reads, and no others


class PageError(Exception):
    """A page that cannot be executed: names the page and the cell."""


@dataclass(kw_only=True)
class Page:
    """A page with code: its notebook, and the digest of what its outputs depend on."""

    name: str
    path: Path
    notebook: nbformat.NotebookNode
    digest: str
    seconds: float = 0.0
    cells: list[float] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One line of news: a page has started, or has ended after some seconds."""

    page: str
    seconds: float | None
    left: int


Say = Callable[[Progress], None]


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One execution of several pages: where, how many at once, and what kernels may say."""

    root: Path
    cache: JupyterCacheAbstract
    log: Path  # what kernels print of themselves, not of their cells
    jobs: int
    timeout: int
    say: Say


def cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def read_page(root: Path, path: Path) -> Page | None:
    """Read one page; None when it holds no code."""
    name = path.relative_to(root).with_suffix("").as_posix()
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = f"byte {error.object[error.start]:#x}"
        raise PageError(
            f"{name}: expected text in UTF-8, found {found} ({path.name}:{line}); save it as UTF-8"
        ) from None
    if not is_myst_markdown_notebook(text):
        return None
    config = MdParserConfig(enable_extensions={"colon_fence", "dollarmath", "amsmath", "deflist"})
    notebook = read_myst_markdown_notebook(text, config=config, add_source_map=True, path=path)
    sources = [cell.source for cell in code_cells(notebook)]
    if not sources:
        return None
    where = arithmetic_key(kernel_environment(root))
    digest = hashlib.sha256(f"{page_digest(root, sources)} {where}".encode()).hexdigest()
    return Page(name=name, path=path, notebook=notebook, digest=digest)


def _refuse_shared_outputs(cache: JupyterCacheAbstract, pages: Sequence[Page]) -> None:
    """The cache knows a page by its cells: two alike would show the outputs of whichever ran last.

    From one folder the outputs are the same; from two, a relative path means two files.
    """
    known: dict[str, Page] = {}
    for page in pages:
        _, key = cache.create_hashed_notebook(page.notebook)
        other = known.setdefault(key, page)
        if (other.path.parent, other.digest) != (page.path.parent, page.digest):
            raise PageError(
                f"{page.name}: its cells are those of {other.name}, and outputs are stored by the "
                "cells' text; let one cell differ, if only by a comment"
            )


async def _execute(page: Page, run: _Run) -> None:
    started: dict[int, float] = {}
    spent: dict[int, float] = {}

    def begin(cell: Any, cell_index: int) -> None:
        started[cell_index] = time.perf_counter()

    def end(cell: Any, cell_index: int, **_: Any) -> None:
        spent[cell_index] = time.perf_counter() - started[cell_index]

    client = _Client(
        page.notebook,
        timeout=run.timeout,
        on_cell_execute=begin,
        on_cell_executed=end,
        record_timing=False,
        coalesce_streams=True,  # what a cell prints comes in pieces, cut by the clock
        extra_arguments=["--log-level=ERROR"],  # kernels warn of their transport otherwise
        resources={"metadata": {"path": str(page.path.parent)}},
    )
    before = time.perf_counter()
    try:
        with run.log.open("a", encoding="utf-8") as log:
            await client.async_execute(env=kernel_environment(run.root), stderr=log)
    except (CellExecutionError, CellTimeoutError, RuntimeError, NoSuchKernel) as error:
        raise PageError(_explain(page, max(started, default=0), error, run.timeout)) from None
    page.seconds = time.perf_counter() - before
    page.cells = [round(spent[index], 4) for index in sorted(spent)]


def _explain(page: Page, index: int, error: Exception, timeout: int) -> str:
    code = [i for i, cell in enumerate(page.notebook.cells) if cell.cell_type == "code"]
    line = page.notebook.metadata["source_map"][index]
    if isinstance(error, CellTimeoutError):
        what = f"it ran for longer than {timeout} s; make it faster or raise execute.timeout"
    elif isinstance(error, DeadKernelError):
        what = "its kernel died (out of memory, or a crash in a compiled library)"
    elif isinstance(error, RuntimeError | NoSuchKernel):
        what = f"its kernel did not start: {error}"
    else:
        what = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
    number = code.index(index) + 1 if index in code else "?"
    return f"{page.name}: cell {number} of {len(code)} ({page.path.name}:{line}) failed: {what}"


class _Client(NotebookClient):
    """A client that can be stopped at any moment, also when its kernel is gone already.

    nbclient would say with a traceback that there is nothing left to end or to look after.
    """

    async def _async_cleanup_kernel(self) -> None:
        if self.km is not None:
            await super()._async_cleanup_kernel()

    _cleanup_kernel = run_sync(_async_cleanup_kernel)

    async def _async_check_alive(self) -> None:
        if self.kc is not None:
            await super()._async_check_alive()


class _Loop(asyncio.SelectorEventLoop):
    """A loop that keeps to itself what an interrupt means: all pages end, and their kernels.

    nbclient would take the signal for the page that started last, and let the others run on; it
    expects that some loops refuse.
    """

    def add_signal_handler(self, *_: object) -> NoReturn:
        raise RuntimeError("this loop is interrupted as a whole")


async def _execute_all(pages: Sequence[Page], run: _Run) -> list[str]:
    """Execute pages side by side; returns what failed."""
    gate, left, failures = asyncio.Semaphore(run.jobs), len(pages), []

    async def one(page: Page) -> None:
        nonlocal left
        async with gate:
            run.say(Progress(page=page.name, seconds=None, left=left))
            try:
                await _execute(page, run)
                store(run.cache, page)
            except PageError as error:
                failures.append(str(error))
            left -= 1
            run.say(Progress(page=page.name, seconds=page.seconds, left=left))

    await asyncio.gather(*(one(page) for page in pages))
    return failures


@full_disk_told()
def execute_pages(
    root: Path,
    paths: Sequence[Path],
    *,
    cache_path: Path,
    timeout: int,
    jobs: int | None = None,
    say: Say = lambda progress: None,
) -> tuple[list[Page], int]:
    """Bring the outputs of these pages up to date.

    Args:
        root: The book's folder.
        paths: Source files of the pages; those without code are passed over.
        cache_path: Folder of the jupyter-cache that the build reads.
        timeout: Longest time a single cell may take, in seconds.
        jobs: How many pages run at once; by default one per core.
        say: Called when a page starts and when it ends.

    Returns:
        All pages with code, with times, and how many of them were executed now.

    Raises:
        PageError: naming page and cell of every failure; the other pages' outputs are kept.
    """
    cache = open_cache(cache_path)
    pages = [page for path in paths if (page := read_page(root, path))]
    _refuse_shared_outputs(cache, pages)
    stale = [page for page in pages if not is_fresh(cache, page)]
    # The longest first, so that no long page runs alone at the end.
    stale.sort(key=lambda page: len(page.notebook.cells), reverse=True)
    if stale:
        run = _Run(
            root=root,
            cache=cache,
            log=cache_path / "kernels.log",
            jobs=jobs or cores(),
            timeout=timeout,
            say=say,
        )
        with asyncio.Runner(loop_factory=_Loop) as runner:
            failures = runner.run(_execute_all(stale, run))
        if failures:
            raise PageError("\n".join(failures))
    return pages, len(stale)
