"""What README.md and benchmarks/README.md say of measurements, from `benchmarks/results/*.json`.

README.md shows what the project asks of itself, benchmarks/README.md everything.

python benchmarks/readme_table.py            rewrite both
python benchmarks/readme_table.py --check    exit 1 where one is not what the results say
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN = "<!-- measured: made by benchmarks/readme_table.py from benchmarks/results -->"
END = "<!-- end of measured -->"
WEIGHT = "first visit: "


def printed(value: float) -> str:
    """A number to three significant digits, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(runs: list[float]) -> str:
    """The least and the largest of several runs, and how many there were."""
    if len(runs) == 1:
        return "one run"
    return f"{printed(min(runs))} to {printed(max(runs))} ({len(runs)})"


def row(measurement: dict[str, Any]) -> str:
    """One line of a table."""
    unit = f" {measurement['unit']}" if measurement["unit"] else ""
    cells = (
        measurement["name"],
        f"{printed(measurement['median'])}{unit}",
        spread(measurement["runs"]),
        measurement.get("limit") or "",
    )
    return f"| {' | '.join(cells)} |"


def where(result: dict[str, Any]) -> str:
    """The command of a benchmark and the machine that it ran on."""
    machine = dict(result["machine"])
    place = f"{machine.pop('cores')} cores, {machine.pop('system')}"
    versions = ", ".join(f"{package} {version}" for package, version in machine.items())
    return f"**`{result['command']}`** on {place}; {versions}."


def table(measurements: list[dict[str, Any]]) -> str:
    """Measurements, a row each."""
    head = ["| what | median | least to largest (runs) | asked |", "|---|--:|---|---|"]
    return "\n".join([*head, *map(row, measurements)])


def asked(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What has a limit; of the pages' weights the heaviest that shares a limit."""
    kept, heaviest = [], dict[str, dict[str, Any]]()
    for measurement in result["measurements"]:
        limit = measurement.get("limit")
        if limit and measurement["name"].startswith(WEIGHT):
            other = heaviest.setdefault(limit, measurement)
            heaviest[limit] = max(other, measurement, key=lambda one: one["median"])
        elif limit:
            kept.append(measurement)
    return [*kept, *heaviest.values()]


def read(results: Path) -> list[dict[str, Any]]:
    """All stored results, by name."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))]


def short(results: Path) -> str:
    """Every limit in one table, each row with the name of its benchmark."""
    rows = [
        {**measurement, "name": f"{result['benchmark']}: {measurement['name']}"}
        for result in read(results)
        for measurement in asked(result)
    ]
    return table(rows)


def whole(results: Path) -> str:
    """A table for each benchmark."""
    return "\n\n".join(
        f"{where(result)}\n\n{table(result['measurements'])}" for result in read(results)
    )


def replaced(text: str, section: str) -> str:
    """The text with its measured part made anew.

    Raises:
        ValueError: if the marks are not there, once each and in order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in after:
        raise ValueError(f"expected one part between\n{BEGIN}\nand\n{END}")
    return f"{before}{BEGIN}\n\n{section}\n\n{END}{after}"


def main() -> int:
    """Rewrite both files, or compare them with the results."""
    options = argparse.ArgumentParser(description="The measured parts of the READMEs.")
    options.add_argument("--check", action="store_true", help="change nothing; exit 1 if stale")
    check = options.parse_args().check
    stale = 0
    for path, section in FILES.items():
        text = path.read_text(encoding="utf-8")
        wanted = replaced(text, section(RESULTS))
        if text != wanted and check:
            print(f"{path.relative_to(ROOT)} is stale: run python benchmarks/readme_table.py")
            stale = 1
        elif text != wanted:
            path.write_text(wanted, encoding="utf-8")
    return stale


RESULTS = ROOT / "benchmarks" / "results"
FILES = {ROOT / "README.md": short, ROOT / "benchmarks" / "README.md": whole}


if __name__ == "__main__":
    raise SystemExit(main())
