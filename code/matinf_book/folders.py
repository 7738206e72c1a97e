"""Where a book keeps what is built from it, and how one site takes another's place.

_build/.jupyter_cache   outputs of the pages
_build/work             Sphinx's own working copy, kept so that an edit rebuilds little
_build/html             the site; replaced whole by a finished, checked one, or not at all
_build/report           what was built, how long each cell took, what was checked
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contents import sources_of
from .dependencies import digest, files_under
from .errors import BuildError
from .processors import arithmetic_key, kernel_environment

# What Sphinx notes for itself beside the pages: paths of this machine, nothing for a reader.
SPHINX_NOTES = shutil.ignore_patterns(".buildinfo*")
# What only who publishes knows, and every page shows.
SETTINGS = ("MATINF_SITE", "MATINF_REPOSITORY", "MATINF_COMMIT")
UNFINISHED = ".unfinished"  # in the working copy of a build that has not ended well


@dataclass(frozen=True, kw_only=True)
class Paths:
    """Where one book keeps what is built from it."""

    root: Path

    @property
    def build(self) -> Path:
        """Everything made by builds."""
        return self.root / "_build"

    @property
    def site(self) -> Path:
        """The published site."""
        return self.build / "html"

    @property
    def cache(self) -> Path:
        """Outputs of the pages."""
        return self.build / ".jupyter_cache"

    @property
    def work(self) -> Path:
        """Sphinx's working copy."""
        return self.build / "work"

    @property
    def report(self) -> Path:
        """What is told of a build beside the site."""
        return self.build / "report"


@contextmanager
def only_build(paths: Paths, *, wait: bool = False) -> Iterator[None]:
    """Let no other build of this book run at the same time; the system ends it with the process.

    Raises:
        BuildError: if another one runs and this one does not want to wait.
    """
    from filelock import FileLock, Timeout

    paths.build.mkdir(exist_ok=True)
    lock = FileLock(paths.build / ".lock", timeout=-1 if wait else 0)
    try:
        lock.acquire()
    except Timeout:
        raise BuildError("another build of this book is running; wait for it to end.") from None
    try:
        yield
    finally:
        lock.release()


def inputs_digest(root: Path) -> str:
    """Digest of everything that the site is made from."""
    settings = [os.environ.get(name, "") for name in SETTINGS]
    where = arithmetic_key(kernel_environment(root))
    return " ".join([digest(root, sources_of(root)), where, *settings])


def state_of(paths: Paths) -> dict[str, Any]:
    """The state left by the last published build, or nothing."""
    try:
        return json.loads((paths.build / "published.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def is_current(paths: Paths) -> bool:
    """Whether the published site was made from today's inputs and is as it was published."""
    state = state_of(paths)
    return (
        state.get("inputs") == inputs_digest(paths.root)
        and paths.site.exists()
        and state.get("site") == digest(paths.root, ["_build/html"])
    )


def remember(paths: Paths, inputs: str) -> None:
    """Note what the published site was made from, for `is_current`.

    `inputs` is the `inputs_digest` from before the build: what is edited meanwhile is not in it.
    """
    state = {
        "inputs": inputs,
        "site": digest(paths.root, ["_build/html"]),
        "files": len(files_under(paths.site)),
    }
    temporary = paths.build / "published.json.new"
    temporary.write_text(json.dumps(state) + "\n", encoding="utf-8")
    temporary.replace(paths.build / "published.json")


def exchange(new: Path, site: Path) -> None:
    """Put a finished folder in the site's place in one step, or not at all."""
    if not site.exists():
        site.parent.mkdir(parents=True, exist_ok=True)
        new.rename(site)
        return
    if not _swap(new, site):
        old = site.with_name("html.old")
        shutil.rmtree(old, ignore_errors=True)
        site.rename(old)
        new.rename(site)
        new = old
    shutil.rmtree(new, ignore_errors=True)


def _swap(one: Path, other: Path) -> bool:
    """Exchange two folders atomically where the system can (Linux); says whether it did."""
    if sys.platform != "linux":
        return False
    import ctypes

    at_working_folder, exchange_flag = -100, 2
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    names = os.fsencode(one), os.fsencode(other)
    if rename is None:
        return False
    return rename(at_working_folder, names[0], at_working_folder, names[1], exchange_flag) == 0


def recover(paths: Paths) -> None:
    """Undo what a killed build may have left; the published site itself is never half-written."""
    old = paths.site.with_name("html.old")
    if old.exists() and not paths.site.exists():
        old.rename(paths.site)
    for leftover in (old, paths.site.with_name("html.new")):
        shutil.rmtree(leftover, ignore_errors=True)
