"""Two cold builds, side by side, must be the same to the last byte."""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import tempfile
from pathlib import Path

from .dependencies import files_under
from .publish import publish

MADE = {"_build", ".venv", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


def tracked_files(root: Path) -> list[Path]:
    """The book's source files, as git sees them: tracked, or new and not ignored.

    In a copy without its history, or without git, all but what builds make.
    """
    if shutil.which("git") is None or not (root / ".git").exists():
        return [file for file in files_under(root) if MADE.isdisjoint(file.relative_to(root).parts)]
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    answer = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=True)
    return [root / name for name in answer.stdout.split("\0") if name and (root / name).is_file()]


def copy_sources(root: Path, target: Path) -> None:
    """Copy what a fresh clone would hold."""
    for file in tracked_files(root):
        copy = target / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)


def differences(one: Path, other: Path) -> list[str]:
    """Lines that name the files in which two folders differ."""
    names = [
        {f.relative_to(folder).as_posix() for f in files_under(folder)} for folder in (one, other)
    ]
    lines = [f"only in one build: {name}" for name in sorted(names[0] ^ names[1])]
    common = sorted(names[0] & names[1])
    _, differing, unreadable = filecmp.cmpfiles(one, other, common, shallow=False)
    return lines + [f"differs: {name}" for name in [*differing, *unreadable]]


def compare_two_builds(root: Path) -> list[str]:
    """Build the book twice in fresh copies of its sources; returns what differs."""
    sites = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "second"):
            copy = Path(folder) / name / "book"
            copy_sources(root, copy)
            print(f"Building the {name} copy", flush=True)
            sites.append(publish(copy).site)
        return differences(*sites)
