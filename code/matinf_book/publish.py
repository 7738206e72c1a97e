"""From pages to a published site: build beside the old one, check, and only then exchange."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import assets
from .contents import config_of, pages_of
from .dependencies import digest
from .errors import BuildError
from .execute import DRAFT, Page, PageError, Progress, execute_pages
from .folders import (
    SETTINGS,
    SPHINX_NOTES,
    UNFINISHED,
    Paths,
    exchange,
    inputs_digest,
    recover,
    remember,
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a build did."""

    pages: int
    executed: int
    site: Path
    seconds: float
    compute_seconds: float


def execute(
    paths: Paths, *, jobs: int | None, say: Callable[[Progress], None]
) -> tuple[list[Page], int]:
    """Bring the pages' outputs up to date; raises BuildError naming page and cell."""
    settings = config_of(paths.root).get("execute", {})
    try:
        return execute_pages(
            paths.root,
            pages_of(paths.root),
            cache_path=paths.cache,
            timeout=settings.get("timeout", 300),
            jobs=jobs,
            say=say,
        )
    except PageError as error:
        raise BuildError(str(error)) from None


def _clear_stale_work(paths: Paths) -> None:
    """Drop Sphinx's working copy where reusing it could hide a warning or keep an old page."""
    sources = ["code/matinf_book", "_config.yml", "_toc.yml", "requirements.txt"]
    settings = [os.environ.get(name, "") for name in SETTINGS]
    frame = " ".join([digest(paths.root, sources), *settings])
    mark = paths.work / "frame"
    interrupted = (paths.work / UNFINISHED).exists()
    if interrupted or not mark.exists() or mark.read_text(encoding="utf-8") != frame:
        shutil.rmtree(paths.work, ignore_errors=True)
    paths.work.mkdir(parents=True, exist_ok=True)
    (paths.work / UNFINISHED).touch()
    mark.write_text(frame, encoding="utf-8")


def build_html(paths: Paths, *, draft: bool = False) -> Path:
    """Run Jupyter Book with every warning an error; returns the folder of the new site.

    Args:
        paths: Where the book is.
        draft: Write the edited pages alone, which is quick; what other pages show of them is as
            it was until a build that is no draft.

    Raises:
        BuildError: with the lines of Sphinx's output that say what is wrong.
    """
    _clear_stale_work(paths)
    program = "import matinf_book; from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", str(paths.root), "-W", "-n"]
    options = ["--keep-going", "-q", "--path-output", str(paths.work)]
    answer = subprocess.run(
        [*command, *options],
        cwd=paths.root,
        env={**os.environ, **({DRAFT: "1"} if draft else {})},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    log = answer.stdout + answer.stderr
    paths.report.mkdir(parents=True, exist_ok=True)
    (paths.report / "sphinx.log").write_text(log, encoding="utf-8")
    if answer.returncode:
        raise BuildError(_reasons(log, paths.root))
    return paths.work / "_build" / "html"


def _reasons(log: str, root: Path) -> str:
    if os.strerror(errno.ENOSPC) in log:  # said once, not for each file
        return "no space is left on the disk. Free some, then run this again."
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log).replace(f"{root}/", "")
    lines = plain.splitlines()
    told = [line for line in lines if "WARNING" in line or "ERROR" in line]
    errors = [line for line in lines if "Error" in line and line not in told]
    return "\n".join(dict.fromkeys(told or errors or lines[-15:]))


def publish(
    root: Path,
    *,
    jobs: int | None = None,
    say: Callable[[Progress], None] = lambda progress: None,
    check: Callable[[Path], None] = lambda site: None,
) -> Result:
    """Execute, build, check, exchange.

    Args:
        root: The book's folder.
        jobs: How many pages are executed at once; by default one per core.
        say: Told when a page starts and ends.
        check: Looks at the finished site; raises BuildError where it is not fit to publish.

    Raises:
        Stop: the published site is then as it was before.
    """
    started = time.perf_counter()
    paths = Paths(root=root)
    recover(paths)
    inputs = inputs_digest(root)
    assets.prepare()
    pages, executed = execute(paths, jobs=jobs, say=say)
    executed_at = time.perf_counter()
    built = build_html(paths)
    built_at = time.perf_counter()
    check(built)
    new = paths.site.with_name("html.new")
    shutil.copytree(built, new, ignore=SPHINX_NOTES)
    exchange(new, paths.site)
    remember(paths, inputs)
    (paths.work / UNFINISHED).unlink()
    published_at = time.perf_counter()
    steps = {
        "execute": executed_at - started,
        "build": built_at - executed_at,
        "check and publish": published_at - built_at,
    }
    _write_report(paths, pages, steps)
    return Result(
        pages=len(pages_of(root)),
        executed=executed,
        site=paths.site,
        seconds=published_at - started,
        compute_seconds=sum(sum(page.cells) for page in pages),
    )


def _write_report(paths: Paths, pages: list[Page], steps: dict[str, float]) -> None:
    """Times go beside the site, so that the pages stay the same from build to build."""
    report = {
        "seconds": {name: round(value, 2) for name, value in steps.items()},
        "pages": {
            page.name: {"seconds": round(page.seconds, 2), "cells": page.cells} for page in pages
        },
    }
    paths.report.mkdir(parents=True, exist_ok=True)
    (paths.report / "build.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
