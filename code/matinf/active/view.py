"""What a strategy is shown, and what it must be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from matinf.active.goal import Goal
from matinf.active.merit import Posterior
from matinf.active.pairs import Pool
from matinf.active.result import StepRecord

Indices = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class View:
    """What a strategy may know.

    Attributes:
        pool: The candidates' features.
        available: Whether a candidate may be chosen, shape ``(n_pool,)``.
        labelled: Positions of those measured, shape ``(n_labelled,)``.
        y: Their values, same shape.
        posterior: Belief over the pool, or none before there are two measurements.
        goal: What is sought.
        r2: Leave-one-out R² on the labelled data; NaN without a model.
        steps: What was known at the steps before.
    """

    pool: Pool
    available: NDArray[np.bool_]
    labelled: Indices
    y: NDArray[np.float64]
    posterior: Posterior | None
    goal: Goal
    r2: float = np.nan
    steps: tuple[StepRecord, ...] = ()

    @property
    def best_merit(self) -> float:
        """Merit of the best value measured, in the target's unit."""
        return float(self.goal.merit(self.y).max())

    def believed(self) -> Posterior:
        """The posterior.

        Raises:
            ValueError: if there is none.
        """
        if self.posterior is None:
            raise ValueError("this strategy needs a model, and two measurements to fit it to")
        return self.posterior


class Strategy(Protocol):
    """Chooses batches. A frozen dataclass, so that a checkpoint can tell one from another."""

    @property
    def needs_model(self) -> bool:
        """Whether a posterior over the pool is wanted at all."""
        ...

    def phase(self, view: View, /) -> str:
        """What it is about to do, in a word, for the record."""
        ...

    def choose(self, view: View, k: int, *, rng: np.random.Generator) -> Indices:
        """Choose ``k`` available candidates, in order of preference, shape ``(k,)``."""
        ...
