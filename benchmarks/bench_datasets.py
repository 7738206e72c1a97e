"""Loading all the data, verified, against pandas reading the same files unverified.

Each run is an interpreter of its own, so that imports count as they do for a reader's first
cell; inside it the clock starts before the first import. The two alternate, so that a busy
machine slows both.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from record import Measurement, record

ROOT = Path(__file__).parents[1]
REPEATS = 7

VERIFIED = """
from matinf import datasets
tables = [
    datasets.load_experimental_gaps(), datasets.load_metals(), datasets.load_dft_transport(),
    datasets.load_elements(), datasets.load_qm9_sample(),
]
"""
PLAIN = """
import pathlib
import pandas as pd
tables = [pd.read_csv(path) for path in sorted(pathlib.Path("data").glob("*.csv*"))]
"""
CLOCK = """
import time
started = time.perf_counter()
{code}
seconds = time.perf_counter() - started
assert sum(map(len, tables)) == 64_194
print(seconds)
"""


def seconds_of(code: str) -> float:
    """Wall seconds of the code in a fresh interpreter, imports included."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "code")}
    run = subprocess.run(
        [sys.executable, "-c", CLOCK.format(code=code)],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    return float(run.stdout)


def main() -> None:
    """Time both, run by run, after one run of each to warm the file cache."""
    seconds_of(VERIFIED), seconds_of(PLAIN)
    ours, theirs = [], []
    for _ in range(REPEATS):
        ours.append(seconds_of(VERIFIED))
        theirs.append(seconds_of(PLAIN))
    ratios = [verified / plain for verified, plain in zip(ours, theirs, strict=True)]
    record(
        "datasets",
        [
            Measurement(name="matinf, verified", unit="s", runs=ours, limit="under 2"),
            Measurement(name="pandas.read_csv, unverified", unit="s", runs=theirs),
            Measurement(name="verified / unverified", unit="", runs=ratios),
        ],
        *("pandas", "pandera", "numpy"),
    )


if __name__ == "__main__":
    main()
