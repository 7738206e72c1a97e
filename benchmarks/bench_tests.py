"""How long `make test` takes, with a browser and without, and which tests take longest.

    make bench ARGS=tests
    PYTHONPATH=code .venv/bin/python benchmarks/bench_tests.py --before REVISION

The second form measures the suite of an earlier revision, with the packages of today, and keeps
it beside as "tests-before".
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from record import Measurement, record

ROOT = Path(__file__).parents[1]
SLOWEST = 20


def run_suite(root: Path, *, browser: bool) -> tuple[float, dict[str, float]]:
    """Run all tests of a tree; minutes of the whole, and seconds of each test with its fixtures.

    Raises:
        RuntimeError: if a test fails, for then nothing was measured.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        # The tree's own code, whichever tree the environment was made for.
        env = {**os.environ, "PYTHONPATH": str(root / "code")}
        if not browser:
            env["CHROMIUM"] = str(Path(folder) / "no-browser")
        command = [sys.executable, "-m", "matinf_book", "--here", "--root", str(root), "test"]
        started = time.perf_counter()
        done = subprocess.run([*command, f"--junitxml={report}", "-q"], cwd=root, env=env)
        minutes = (time.perf_counter() - started) / 60
        if done.returncode:
            raise RuntimeError(f"the tests failed, with exit code {done.returncode}")
        cases = ElementTree.parse(report).getroot().iter("testcase")
        names = {f"{c.get('classname')}::{c.get('name')}": float(c.get("time", 0)) for c in cases}
    return minutes, names


def slowest(seconds: dict[str, float]) -> list[Measurement]:
    """The tests that take longest, the slowest first."""
    first = sorted(seconds, key=lambda name: -seconds[name])[:SLOWEST]
    return [
        Measurement(name=name.removeprefix("tests."), unit="s", runs=[seconds[name]])
        for name in first
    ]


def main() -> None:
    """Measure the tree as it is, or an earlier revision of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--before", metavar="REVISION", help="measure this revision instead")
    revision = options.parse_args().before
    if revision is None:
        without, _ = run_suite(ROOT, browser=False)
        minutes, seconds = run_suite(ROOT, browser=True)
        totals = [
            Measurement(name="all tests", unit="min", runs=[minutes], limit="at most 9"),
            Measurement(name="without a browser", unit="min", runs=[without], limit="at most 7"),
        ]
        record("tests", [*totals, *slowest(seconds)], "pytest")
        return
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", str(tree), revision], check=True)
        try:
            minutes, seconds = run_suite(tree, browser=True)
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)
    whole = Measurement(name="all tests", unit="min", runs=[minutes])
    record("tests-before", [whole, *slowest(seconds)], "pytest", revision=revision)


if __name__ == "__main__":
    main()
