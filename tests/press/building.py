"""Copy the fixture book, and build it: with the press, or by the field's plain habit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ROOT / "code"
FIXTURE = ROOT / "tests" / "fixture_book"


def copy_fixture(target: Path) -> Path:
    """A copy of the fixture book's sources, wherever it lies."""
    book = Path(shutil.copytree(FIXTURE, target, ignore=shutil.ignore_patterns("_build")))
    config = book / "_config.yml"
    config.write_text(config.read_text().replace("../../code", str(CODE)))
    return book


def environment() -> dict[str, str]:
    """In which the press is found without an install."""
    return {**os.environ, "PYTHONPATH": str(CODE)}


def command(book: Path, *options: str) -> list[str]:
    """`make book` of another book, in this environment."""
    program = [sys.executable, "-m", "matinf_book", "--here", "--root", str(book), "book"]
    return [*program, "--no-browser-checks", *options]


def make_book(book: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it."""
    return subprocess.run(
        command(book, *options), env=environment(), capture_output=True, text=True, check=False
    )


def build(book: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`jupyter-book build`, as a reader of its manual would type it."""
    program = "from jupyter_book.cli.main import main; main()"
    arguments = [sys.executable, "-c", program, "build", str(book), *options]
    return subprocess.run(
        arguments, cwd=book, env=environment(), capture_output=True, text=True, check=False
    )


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
