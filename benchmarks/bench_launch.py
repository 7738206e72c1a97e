"""What a launch costs: the environment, the notebooks, and the wait for the first figure.

The environment is made as Binder makes it, without Docker: a clean clone, a clean virtual
environment, and `binder/postBuild` in it. One page is then run there from another folder. The wait
for a figure is measured in the environment at hand, in a fresh kernel for each page of the printed
site, from its start.

    make book && make bench ARGS=launch

Where PyTorch's index of CPU builds cannot be reached, MATINF_TORCH_INDEX names another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from record import Measurement, record

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
PLOTLY = "application/vnd.plotly.v1+json"
REPLAYED = "book/background/what-it-is"
RUN_ELSEWHERE = """\
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
print(sum("application/vnd.plotly.v1+json" in output.get("data", {})
          for cell in notebook.cells for output in cell.get("outputs", [])))
"""


def one(name: str, value: float, unit: str, limit: str = "") -> Measurement:
    """A measurement of one run."""
    return Measurement(name=name, unit=unit, runs=[value], limit=limit)


def megabytes(folder: Path) -> float:
    """Size of all files in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def replay(folder: Path) -> list[Measurement]:
    """A launch's own environment, and a page run in it from elsewhere."""
    clone, venv, elsewhere = folder / "clone", folder / "venv", folder / "elsewhere"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PATH"] = f"{venv / 'bin'}{os.pathsep}{environment['PATH']}"
    started = time.perf_counter()
    subprocess.run(["./binder/postBuild"], cwd=clone, env=environment, check=True, stdout=2)
    seconds = time.perf_counter() - started
    elsewhere.mkdir()
    command = [str(venv / "bin" / "python"), "-c", RUN_ELSEWHERE, str(SITE / f"{REPLAYED}.ipynb")]
    started = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=elsewhere,
        env=environment,
        check=True,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if int(done.stdout) < 1:
        raise SystemExit(f"{REPLAYED} drew no figure in the environment of a launch")
    return [
        one("environment: steps of postBuild, packages from a cache nearby", seconds, "s"),
        one("environment: installed", megabytes(venv), "MB"),
        one(f"environment: {REPLAYED} run from another folder", time.perf_counter() - started, "s"),
    ]


def opened(path: Path) -> tuple[float, float]:
    """Seconds from the start of a kernel to the first figure, and to the end of the page."""
    notebook = nbformat.read(path, as_version=4)
    first: list[float] = []

    def note(cell: Any, **_: Any) -> None:
        if not first and any(PLOTLY in output.get("data", {}) for output in cell.outputs):
            first.append(time.perf_counter() - started)

    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=600, resources=resources, on_cell_executed=note)
        started = time.perf_counter()
        client.execute()
    return first[0] if first else float("nan"), time.perf_counter() - started


def notebooks() -> list[Measurement]:
    """Size and waiting time of each page's notebook."""
    rows = []
    clean = [path for path in sorted(SITE.rglob("*.ipynb")) if ".outputs." not in path.name]
    for path in clean:
        name = path.relative_to(SITE / "book").with_suffix("").as_posix()
        shown = path.with_name(path.stem + ".outputs.ipynb")
        rows.append(one(f"{name}: notebook", path.stat().st_size / 1000, "kB"))
        rows.append(one(f"{name}: notebook with outputs", shown.stat().st_size / 1000, "kB"))
        figure, whole = opened(path)
        if figure == figure:  # a page without a figure has none to wait for
            rows.append(one(f"{name}: until the first figure", figure, "s"))
        rows.append(one(f"{name}: all cells", whole, "s"))
        print(json.dumps([name, round(figure, 1), round(whole, 1)]), flush=True)
    return rows


def main() -> None:
    """Measure the notebooks of the printed site and the environment of a launch."""
    if not (SITE / "index.html").is_file():
        raise SystemExit("there is no printed site: run `make book` first")
    rows = notebooks()
    with tempfile.TemporaryDirectory(prefix="matinf-launch-") as folder:
        rows += replay(Path(folder))
    record("launch", rows, "jupyterlab", "jupytext", "nbclient", "plotly")


if __name__ == "__main__":
    main()
