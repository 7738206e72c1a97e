"""The explored figure of the page on diffusion: its states are the package's, its claims hold."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from matinf.live.delta import restored
from matinf.live.explore import Explored
from matinf.physics import diffusion_study as study
from matinf.physics.diffusion_fit import cramer_rao_bound
from matinf.physics.diffusion_plan import plan_readings
from matinf.physics.diffusion_results import temperature_of
from reading import ROOT, cells

PAGE = ROOT / "book" / "physics" / "diffusion.md"
KNOWN, LEARNED = ("D",), ("D", "cs")


@pytest.fixture(scope="module")
def explored() -> Explored:
    """As the page's own cells make it."""
    shown = [cell.body for cell in cells(PAGE.read_text(encoding="utf-8")) if "plan" in cell.body]
    first, second = (body for body in shown if "def planned(" in body or "explore(" in body)
    room: dict[str, Any] = {}
    exec(compile(first, str(PAGE), "exec"), room)
    *lines, last = second.split("\nexplore(")
    exec(compile("\n".join(lines) + f"\nfigure = explore({last}", str(PAGE), "exec"), room)
    figure: Explored = room["figure"]
    return figure


def bound(n: int, deepest: float, unknown: tuple[str, ...]) -> float:
    """Standard deviation of D as a share of it, from the bound of least squares."""
    x = np.linspace(1e-4, 1e-3 * deepest, n)
    t = study.HOURS * study.HOUR
    found = cramer_rao_bound(study.TRUTH, x, t, noise=study.NOISE, unknown=unknown)
    return found["D"] / study.TRUTH.D


def test_every_state_of_the_page_shows_the_interval_that_the_bound_gives(
    explored: Explored,
) -> None:
    printed = copy.deepcopy(explored.printed())
    heights = set()
    for number, state in enumerate(explored.states()):
        figure = restored(printed["figure"], printed["varying"], number)
        bar = next(trace for trace in figure["data"] if trace["name"] == "this plan")
        reach = np.exp(1.959964 * bound(**state))
        ends = [temperature_of(study.TRUTH.D / reach), temperature_of(study.TRUTH.D * reach)]
        np.testing.assert_allclose(bar["y"], ends, atol=0.06)
        assert bar["x"] == [state["deepest"]] * 2
        assert f"{state['n']} readings give" in figure["layout"]["meta"]["said"]
        heights.add(tuple(figure["layout"]["yaxis2"]["range"]))
    assert number == 119
    assert len(heights) == 1, "states can be compared"


def test_the_printed_state_is_the_readings_of_the_page(explored: Explored) -> None:
    start = list(explored.states())[explored.start]
    assert start == {"n": 10, "deepest": 1.2, "unknown": KNOWN}
    np.testing.assert_allclose(plan_readings(10, 1.2e-3).x, study.DEPTHS)


def test_three_readings_down_to_a_millimetre_beat_ten_near_the_surface() -> None:
    assert bound(3, 1, KNOWN) < 0.8 * bound(10, 0.2, KNOWN)
    assert bound(3, 2, KNOWN) > 1.3 * bound(3, 1, KNOWN), "too deep is no better"


def test_where_the_surface_is_learned_shallow_readings_lose_most() -> None:
    assert bound(20, 0.2, LEARNED) > 4 * bound(20, 0.2, KNOWN)
    assert bound(20, 1, LEARNED) < 1.7 * bound(20, 1, KNOWN)


def test_four_times_as_many_readings_halve_the_interval() -> None:
    assert bound(40, 1, KNOWN) == pytest.approx(bound(10, 1, KNOWN) / 2, rel=0.05)
