"""How every benchmark writes what it measured: one small JSON file, all runs kept.

{"benchmark": ..., "command": ..., "machine": {...}, "made": {...}, "measurements": [
    {"name": ..., "unit": ..., "runs": [...], "median": ..., "ratio_of": ..., "limit": ...}]}
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One quantity, measured several times in one run of a benchmark.

    Attributes:
        name: What was measured.
        unit: Unit of the runs; "" for a ratio.
        runs: Every value, in the order it was measured.
        limit: What the project asks for, in words, where it asks for something.
    """

    name: str
    unit: str
    runs: list[float]
    limit: str = ""
    median: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "median", statistics.median(self.runs))


def timed(function: Callable[[], Any], *, repeats: int) -> list[float]:
    """Wall seconds of each of several calls."""
    runs = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        runs.append(time.perf_counter() - started)
    return runs


def machine(*packages: str) -> dict[str, Any]:
    """The machine and the versions that a figure belongs to."""
    affinity = getattr(os, "sched_getaffinity", None)
    return {
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def record(
    benchmark: str, measurements: list[Measurement], *packages: str, **made: str | int
) -> Path:
    """Print what was measured and write it to `benchmarks/results/<benchmark>.json`.

    Args:
        benchmark: Name of the benchmark.
        measurements: What was measured.
        *packages: Those whose versions matter.
        **made: What else a result depends on, such as seed and date, kept under "made".
    """
    for m in measurements:
        asked = f"   asked: {m.limit}" if m.limit else ""
        print(f"  {m.name:<58} {m.median:10.4g} {m.unit:<4} ({len(m.runs)} runs){asked}")
    result = {
        "benchmark": benchmark,
        "command": f"make bench ARGS={benchmark}",
        "machine": machine(*packages),
        **({"made": made} if made else {}),
        "measurements": [asdict(m) for m in measurements],
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{benchmark}.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return path
