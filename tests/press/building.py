"""Copy the fixture book and build it by the field's plain habit."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests" / "fixture_book"


def copy_fixture(target: Path) -> Path:
    """A copy of the fixture book's sources."""
    return Path(shutil.copytree(FIXTURE, target, ignore=shutil.ignore_patterns("_build")))


def build(book: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`jupyter-book build`, as a reader of its manual would type it."""
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", str(book), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "code")}
    return subprocess.run(
        command, cwd=book, env=environment, capture_output=True, text=True, check=False
    )
