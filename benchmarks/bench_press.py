"""How long the book takes to print, cold and unchanged, and what its pages weigh.

Builds a copy of the sources, so that the reader's own `_build` is left alone. The baseline of the
cold build is the cells' own compute in the very same build.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from record import Measurement, record

ROOT = Path(__file__).parents[1]
REPEATS = 3


def build(copy: Path, *options: str) -> float:
    """Wall seconds of one `book` command in this environment."""
    command = [sys.executable, "-m", "matinf_book", "--here", "--root", str(copy), "book"]
    started = time.perf_counter()
    subprocess.run([*command, "--no-browser-checks", *options], check=True, capture_output=True)
    return time.perf_counter() - started


def compute_seconds(copy: Path) -> float:
    """Seconds that the cells of the last build took, added up."""
    report = json.loads((copy / "_build" / "report" / "build.json").read_text(encoding="utf-8"))
    return sum(sum(page["cells"]) for page in report["pages"].values())


def main() -> None:
    """Build cold and unchanged several times and write the results."""
    from matinf_book.reproducible import copy_sources
    from matinf_book.site_checks import page_weights

    cold, ratio, unchanged, prose = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "book"
        copy_sources(ROOT, copy)
        for _ in range(REPEATS):
            cold.append(build(copy, "--fresh"))
            ratio.append(cold[-1] / compute_seconds(copy))
            unchanged.append(build(copy))
            page = copy / "book" / "appendix" / "notation.md"
            page.write_text(
                page.read_text(encoding="utf-8") + "\nOne more sentence.\n", encoding="utf-8"
            )
            prose.append(build(copy))
        weights = page_weights(copy / "_build" / "html")
    kilobytes = [
        Measurement(
            name=f"first visit: {page}",
            unit="kB",
            runs=[round(weight.total / 1000, 1)],
            limit=f"at most {weight.allowed // 1000}",
        )
        for page, weight in sorted(weights.items())
    ]
    record(
        "press",
        [
            Measurement(
                name="cold build, dependencies installed", unit="s", runs=cold, limit="at most 600"
            ),
            Measurement(
                name="cold build / cells' own compute", unit="", runs=ratio, limit="at most 1"
            ),
            Measurement(name="unchanged rebuild", unit="s", runs=unchanged, limit="at most 5"),
            Measurement(name="rebuild after an edit of prose", unit="s", runs=prose),
            *kilobytes,
        ],
        *("jupyter-book", "sphinx", "myst-nb", "plotly"),
    )


if __name__ == "__main__":
    main()
