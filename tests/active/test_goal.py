"""What is better: a maximum, a minimum, a target; and the best so far by each."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.active.goal import Goal
from matinf.active.result import best_so_far

Y = np.array([1.0, 3.0, -2.0, 2.0])


@pytest.mark.parametrize(
    ("goal", "order", "best"),
    [
        (Goal(), [1, 3, 0, 2], [1, 3, 3, 3]),
        (Goal(kind="minimise"), [2, 0, 3, 1], [1, 1, -2, -2]),
        (Goal(kind="target", target=1.8), [3, 0, 1, 2], [1, 1, 1, 2]),
    ],
)
def test_merit_orders_by_what_is_sought(goal: Goal, order: list[int], best: list[float]) -> None:
    assert np.argsort(-goal.merit(Y)).tolist() == order
    assert best_so_far(Y, goal).tolist() == best


def test_the_best_so_far_passes_over_failures() -> None:
    values = np.array([np.nan, 1.0, np.nan, 0.5, 2.0])
    np.testing.assert_array_equal(best_so_far(values, Goal()), [np.nan, 1.0, 1.0, 1.0, 2.0])
    assert best_so_far(np.empty(0), Goal()).size == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "biggest"},
        {"kind": "target"},
        {"target": 1.0},
        {"kind": "target", "target": np.nan},
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"expected|belongs"):
        Goal(**wrong)  # type: ignore[arg-type]
