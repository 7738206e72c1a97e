"""What was measured is stored whole, and keeps what the project asks of itself.

Speed is never timed here: a busy machine would fail the test, and an idle one would pass it.
"""

import json
import re
import statistics
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
STORED = sorted((FOLDER / "results").glob("*.json"))
ASKED = re.compile(r"(under|at most|at least) ([\d.]+(?:e-?\d+)?)")


def holds(value: float, asked: str) -> bool:
    """Whether a measured value keeps a limit such as "at most 90"."""
    match = ASKED.fullmatch(asked)
    if match is None:
        raise ValueError(f"expected a limit like 'at most 90', got {asked!r}")
    limit = float(match[2])
    return {"under": value < limit, "at most": value <= limit, "at least": value >= limit}[match[1]]


def stored(name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((FOLDER / "results" / f"{name}.json").read_text())
    return result


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_results_are_those_of_a_benchmark_that_is_there(path: Path) -> None:
    result = json.loads(path.read_text())
    assert (FOLDER / f"bench_{path.stem}.py").exists()
    assert result["command"] == f"make bench ARGS={path.stem}"
    assert {"cores", "system", "python"} <= set(result["machine"])
    for measured in result["measurements"]:
        assert measured["median"] == pytest.approx(statistics.median(measured["runs"]))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_what_is_asked_is_kept(path: Path) -> None:
    missed = [
        f"{measured['name']}: {measured['median']:.4g}, asked {measured['limit']}"
        for measured in json.loads(path.read_text())["measurements"]
        if measured["limit"] and not holds(measured["median"], measured["limit"])
    ]
    assert not missed, missed


def test_every_benchmark_has_results() -> None:
    scripts = {path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py")}
    assert scripts == {path.stem for path in STORED}


@pytest.mark.parametrize("name", ["datasets", "features", "press"])
def test_times_come_from_several_runs_and_limits_are_set(name: str) -> None:
    measurements = stored(name)["measurements"]
    times = [m for m in measurements if m["unit"] == "s"]
    assert times
    assert all(len(m["runs"]) >= 3 for m in times)
    assert any(m["limit"] for m in measurements)


def test_each_factor_of_a_campaign_is_the_ratio_of_two_times_that_differ_in_one_thing() -> None:
    runs = {one["name"]: one["runs"] for one in stored("active")["measurements"]}
    step, tenth = "a fit at every step", "a fit at every tenth"
    book, ours = (f"{whose}, 30 steps, " for whose in ("textbook", "ours"))
    factors = {
        f"ours instead of the textbook, {step}": (book + step, ours + step),
        f"ours instead of the textbook, {tenth}": (book + tenth, ours + tenth),
        f"{tenth} instead of {step}, textbook": (book + step, book + tenth),
        f"{tenth} instead of {step}, ours": (ours + step, ours + tenth),
        "posterior added to instead of rebuilt": (
            f"{ours}{tenth}, posterior rebuilt",
            ours + tenth,
        ),
        "Tanimoto instead of Matérn-1/2": (ours + tenth, f"{ours}{tenth}, Tanimoto"),
    }
    for name, (slow, quick) in factors.items():
        ratios = [a / b for a, b in zip(runs[slow], runs[quick], strict=True)]
        assert runs[f"{name}: times faster"] == pytest.approx(ratios)


def test_limits_are_read_as_they_are_meant() -> None:
    assert holds(2.0, "at most 2")
    assert not holds(2.0, "under 2")
    assert holds(137.2, "at least 50")
    assert not holds(1e-8, "at most 1e-9")
    with pytest.raises(ValueError, match="got '90 s'"):
        holds(1.0, "90 s")
