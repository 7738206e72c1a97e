"""How long the tests take, as a whole and one by one, beside those of an earlier commit.

    make bench ARGS=tests
    MATINF_BEFORE=<commit> make bench ARGS=tests

With a commit named, its tests run in the same run, from a clone of it and with the same Python and
packages. What has a browser is told apart from what needs none.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

from record import Measurement, record

ROOT = Path(__file__).parents[1]
SLOWEST = 20


def run(root: Path, folder: Path, *options: str) -> tuple[float, dict[str, float]]:
    """Run the tests of a checkout; wall seconds, and those of each test by name."""
    report = folder / f"{root.name}.xml"
    command = [sys.executable, "-m", "matinf_book", "--here", "--root", str(root), "test"]
    environment = {**os.environ, "PYTHONPATH": str(root / "code"), "CI": ""}
    started = time.perf_counter()
    subprocess.run(
        [*command, "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *options],
        cwd=root,
        env=environment,
        check=False,  # a test that fails takes its time too, and is told in the output
    )
    seconds = time.perf_counter() - started
    cases = ET.parse(report).getroot().iter("testcase")
    named = {f"{c.get('classname')}::{c.get('name')}": float(c.get("time", 0)) for c in cases}
    return seconds, {name.removeprefix("tests."): value for name, value in named.items()}


def measured(which: str, root: Path, folder: Path, limits: tuple[str, str]) -> list[Measurement]:
    """All tests, those without a browser, and the slowest."""
    whole, each = run(root, folder)
    plain, _ = run(root, folder, "-m", "not browser and not network")
    rows = [("all tests", whole, limits[0]), ("all tests without a browser", plain, limits[1])]
    slowest = sorted(each.items(), key=lambda item: -item[1])[:SLOWEST]
    rows += [(f"slow: {name}", seconds, "") for name, seconds in slowest]
    return [
        Measurement(name=f"{which}: {name}", unit="s", runs=[seconds], limit=limit)
        for name, seconds, limit in rows
    ]


def main() -> None:
    """Measure and record."""
    with tempfile.TemporaryDirectory() as name:
        folder, before = Path(name), os.environ.get("MATINF_BEFORE")
        rows = measured("now", ROOT, folder, ("at most 540", "at most 420"))
        if before:
            clone = folder / "before"
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
            subprocess.run(["git", "checkout", "--quiet", before], cwd=clone, check=True)
            rows += measured("before", clone, folder, ("", ""))
            ratio = rows[0].median / next(r for r in rows if r.name == "before: all tests").median
            rows.append(Measurement(name="all tests: now / before", unit="", runs=[ratio]))
    made = {"before": before} if before else {}
    record("tests", rows, "pytest", "pytest-xdist", **made)


if __name__ == "__main__":
    main()
