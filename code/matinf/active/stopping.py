"""When a campaign stops. No rule looks at the truth: none could in a laboratory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from matinf.active.goal import Goal
from matinf.active.result import Measurement, StepRecord, best_so_far


@dataclass(frozen=True, kw_only=True)
class SoFar:
    """What a stopping rule may know.

    Attributes:
        record: What is known now; its ``phase`` is that of the batch about to be chosen.
        measurements: All so far.
        goal: What is sought.
    """

    record: StepRecord
    measurements: tuple[Measurement, ...]
    goal: Goal


class StoppingRule(Protocol):
    """Says, before a batch is chosen, whether there should be one. A frozen dataclass."""

    def reason(self, so_far: SoFar) -> str | None:
        """Why to stop now, in words, or nothing."""
        ...


@dataclass(frozen=True, kw_only=True)
class LittleToGain:
    """Stop when no candidate promises more than ``tolerance`` by expected improvement.

    As good as the model's uncertainty: an overconfident model stops too early.

    Attributes:
        tolerance: In the target's unit, above 0.
    """

    tolerance: float

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a tolerance that is not positive."""
        if not self.tolerance > 0:
            raise ValueError(f"tolerance: expected above 0, got {self.tolerance}")

    def reason(self, so_far: SoFar) -> str | None:
        """Why to stop now, or nothing; see :class:`StoppingRule`."""
        gain = so_far.record.expected_improvement
        if np.isnan(gain) or gain >= self.tolerance:
            return None
        few = f"no candidate promises more than {self.tolerance:g}"
        return f"{few}: at most {gain:.3g} is expected"


@dataclass(frozen=True, kw_only=True)
class NoImprovement:
    """Stop when the best has not moved for a number of steps.

    Attributes:
        n_steps: How many steps without a better value, 1 or more.
    """

    n_steps: int

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a number below 1."""
        if self.n_steps < 1:
            raise ValueError(f"n_steps: expected 1 or more, got {self.n_steps}")

    def reason(self, so_far: SoFar) -> str | None:
        """Why to stop now, or nothing; see :class:`StoppingRule`."""
        best = best_so_far(np.array([m.value for m in so_far.measurements]), so_far.goal)
        steps = np.array([m.step for m in so_far.measurements])
        before = best[steps < so_far.record.step - self.n_steps]
        if not before.size or np.isnan(before[-1]) or best[-1] != before[-1]:
            return None
        return f"nothing better in {self.n_steps} steps"


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Stop when so many candidates have been asked for, failures included.

    A batch is never cut: the last one may not begin if the budget is spent.

    Attributes:
        n_measurements: The budget, 1 or more.
    """

    n_measurements: int

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a number below 1."""
        if self.n_measurements < 1:
            raise ValueError(f"n_measurements: expected 1 or more, got {self.n_measurements}")

    def reason(self, so_far: SoFar) -> str | None:
        """Why to stop now, or nothing; see :class:`StoppingRule`."""
        if len(so_far.measurements) < self.n_measurements:
            return None
        return f"the budget of {self.n_measurements} measurements is spent"
