"""The part of README.md that says how the book measures, made from `benchmarks/results/*.json`.

python benchmarks/readme_table.py            rewrite it
python benchmarks/readme_table.py --check    exit 1 where it is not what the results say
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN = "<!-- measured: made by benchmarks/readme_table.py from benchmarks/results -->"
END = "<!-- end of measured -->"


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


def table(result: dict[str, Any]) -> str:
    """One benchmark: its command, its machine, its measurements."""
    machine = dict(result["machine"])
    where = f"{machine.pop('cores')} cores, {machine.pop('system')}"
    versions = ", ".join(f"{package} {version}" for package, version in machine.items())
    lines = [
        f"**`{result['command']}`** on {where}; {versions}.",
        "",
        "| what | median | least to largest (runs) | asked |",
        "|---|--:|---|---|",
        *(row(measurement) for measurement in result["measurements"]),
    ]
    return "\n".join(lines)


def section(results: Path) -> str:
    """All tables, between the marks that README.md keeps them in."""
    files = sorted(results.glob("*.json"))
    tables = [table(json.loads(path.read_text(encoding="utf-8"))) for path in files]
    return "\n\n".join([BEGIN, *tables, END])


def replaced(text: str, *, results: Path) -> str:
    """The text with its measured part made anew.

    Raises:
        ValueError: if the marks are not there, once each and in order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in after:
        raise ValueError(f"expected one part between\n{BEGIN}\nand\n{END}")
    return before + section(results) + after


def main() -> int:
    """Rewrite README.md, or compare it with the results."""
    options = argparse.ArgumentParser(description="The measured part of README.md.")
    options.add_argument("--check", action="store_true", help="change nothing; exit 1 if stale")
    check = options.parse_args().check
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    wanted = replaced(text, results=ROOT / "benchmarks" / "results")
    if text != wanted and check:
        print("README.md is stale: run python benchmarks/readme_table.py")
        return 1
    readme.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
