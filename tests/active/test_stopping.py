"""Stopping rules: they fire when they should, and cannot look at the truth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from matinf.active.goal import Goal
from matinf.active.result import Measurement, StepRecord
from matinf.active.stopping import Budget, LittleToGain, NoImprovement, SoFar


def so_far(values: list[float], *, gain: float = np.nan, goal: Goal | None = None) -> SoFar:
    """One measurement a step, about to choose the next one."""
    return SoFar(
        record=StepRecord(
            step=len(values), phase="ei", n_labelled=len(values), expected_improvement=gain
        ),
        measurements=tuple(Measurement(index=i, step=i, value=v) for i, v in enumerate(values)),
        goal=goal or Goal(),
    )


def test_little_to_gain() -> None:
    rule = LittleToGain(tolerance=0.01)
    assert rule.reason(so_far([1.0], gain=0.02)) is None
    assert rule.reason(so_far([1.0], gain=0.01)) is None
    assert "at most 0.009" in str(rule.reason(so_far([1.0], gain=0.009)))
    assert rule.reason(so_far([1.0])) is None, "without a model nothing is known"


def test_no_improvement() -> None:
    rule = NoImprovement(n_steps=2)
    assert rule.reason(so_far([3.0])) is None
    assert rule.reason(so_far([3.0, 1.0])) is None, "one step without"
    assert "nothing better in 2 steps" in str(rule.reason(so_far([3.0, 1.0, 2.0])))
    assert rule.reason(so_far([3.0, 1.0, 4.0])) is None
    assert rule.reason(so_far([3.0, 4.0, 1.0])) is None
    assert rule.reason(so_far([np.nan, np.nan, np.nan, np.nan])) is None, "no best at all"
    down = Goal(kind="minimise")
    assert rule.reason(so_far([3.0, 4.0, 5.0], goal=down)) is not None
    assert rule.reason(so_far([3.0, 2.0, 1.0], goal=down)) is None


def test_budget_counts_failures_too() -> None:
    assert Budget(n_measurements=3).reason(so_far([1.0, np.nan])) is None
    assert "3 measurements" in str(Budget(n_measurements=3).reason(so_far([1.0, np.nan, 2.0])))


def test_rules_are_told_nothing_of_the_pool() -> None:
    assert {f.name for f in dataclasses.fields(SoFar)} == {"record", "measurements", "goal"}
    assert not any("pool" in f.name for f in dataclasses.fields(StepRecord))


def test_settings_out_of_range_are_refused() -> None:
    for wrong in (
        lambda: LittleToGain(tolerance=0.0),
        lambda: NoImprovement(n_steps=0),
        lambda: Budget(n_measurements=0),
    ):
        with pytest.raises(ValueError, match="expected"):
            wrong()
