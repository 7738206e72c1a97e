"""What readers are told of measurements, written from `benchmarks/results/*.json`.

README.md shows what the project asks of itself, benchmarks/README.md everything, and the page on
running this book what it takes to open each page as a notebook.

python benchmarks/readme_table.py            rewrite all
python benchmarks/readme_table.py --check    exit 1 where one is not what the results say
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
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
    """A table for each benchmark, and at the end what the long studies took."""
    tables = [f"{where(result)}\n\n{table(result['measurements'])}" for result in read(results)]
    return "\n\n".join([*tables, studies(STUDIES)])


def studies(folder: Path) -> str:
    """How long each long study took when its stored result was made."""
    rows = []
    for path in sorted(folder.glob("*.json")):
        made = json.loads(path.read_text(encoding="utf-8"))
        row = (made["study"], made["n_parts"], f"{made['seconds']:,.0f} s", made["cores"])
        rows.append(f"| {' | '.join(map(str, row))} |")
    head = [
        "**`make study`**: wall time of all parts, added up, on a machine with other work.",
        "",
        "| study | parts | took | cores |",
    ]
    return "\n".join([*head, "|---|--:|--:|--:|", *rows])


def replaced(text: str, section: str, *, begin: str = BEGIN, end: str = END) -> str:
    """The text with its measured part, between two marks, made anew.

    Raises:
        ValueError: if the marks are not there, once each and in order.
    """
    before, found_begin, rest = text.partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end or begin in after or end in after:
        raise ValueError(f"expected one part between\n{begin}\nand\n{end}")
    return f"{before}{begin}\n\n{section}\n\n{end}{after}"


def main() -> int:
    """Rewrite the files, or compare them with the results."""
    options = argparse.ArgumentParser(description="The measured parts of what is read.")
    options.add_argument("--check", action="store_true", help="change nothing; exit 1 if stale")
    check = options.parse_args().check
    stale = 0
    for path, (section, marks) in FILES.items():
        text = path.read_text(encoding="utf-8")
        wanted = replaced(text, section(RESULTS), **marks)
        if text != wanted and check:
            print(f"{path.relative_to(ROOT)} is stale: run python benchmarks/readme_table.py")
            stale = 1
        elif text != wanted:
            path.write_text(wanted, encoding="utf-8")
    return stale


def launch(results: Path) -> str:
    """What each page weighs as a notebook and how long it takes, a row a page."""
    path = results / "launch.json"
    if not path.is_file():
        return "Not measured yet."
    measured = json.loads(path.read_text(encoding="utf-8"))["measurements"]
    medians = {measurement["name"]: measurement["median"] for measurement in measured}
    pages = dict.fromkeys(name.partition(":")[0] for name in medians)
    columns = ("notebook", "notebook with outputs", "until the first figure", "all cells")
    lines = [
        "| page | notebook (kB) | with outputs (kB) | first figure (s) | all cells (s) |",
        "|---|--:|--:|--:|--:|",
    ]
    for page in pages:
        values = [medians.get(f"{page}: {column}") for column in columns]
        if values[0] is not None:
            shown = ["none" if value is None else f"{value:,.0f}" for value in values]
            lines.append(f"| {' | '.join([page, *shown])} |")
    return "\n".join(lines)


RESULTS = ROOT / "benchmarks" / "results"
STUDIES = ROOT / "data" / "studies"
NOTEBOOKS = {"begin": "<!-- notebooks: made as well -->", "end": "<!-- end of notebooks -->"}
FILES: dict[Path, tuple[Callable[[Path], str], dict[str, str]]] = {
    ROOT / "README.md": (short, {}),
    ROOT / "benchmarks" / "README.md": (whole, {}),
    # This page includes the part of README.md by its marks, and so needs others.
    ROOT / "book" / "appendix" / "running-this-book.md": (launch, NOTEBOOKS),
}


if __name__ == "__main__":
    raise SystemExit(main())
