"""JupyterLab on the reader's own machine, with the pages as notebooks.

The settings that open a page as a notebook stand in ``jupyter/labconfig``; Binder's ``postBuild``
puts the same file where JupyterLab looks for it. Nothing of the reader's own settings is changed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SETTINGS = Path(__file__).resolve().parent / "jupyter"
CODE = Path(__file__).resolve().parents[1]
FIRST = "book/index.md"


def command(root: Path, *options: str) -> list[str]:
    """The server, for this machine alone; its first page is the book's."""
    return [
        *(sys.executable, "-m", "jupyterlab"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{FIRST}",
        *options,
    ]


def environment() -> dict[str, str]:
    """The reader's, with our settings among those that Jupyter reads, and the book's packages."""
    found = dict(os.environ)
    for name, folder in (("JUPYTER_CONFIG_PATH", SETTINGS), ("PYTHONPATH", CODE)):
        found[name] = os.pathsep.join(filter(None, [str(folder), found.get(name, "")]))
    return found


def run(root: Path, options: list[str]) -> int:
    """Serve until Ctrl-C; returns the server's exit code."""
    return subprocess.call(command(root, *options), cwd=root, env=environment())
