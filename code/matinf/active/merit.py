"""A posterior over the pool, and the same belief in terms of merit: larger is better."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.active.goal import Goal


class Posterior(Protocol):
    """What a campaign needs of a belief over the pool (``PoolPosterior`` has it)."""

    @property
    def mean(self) -> NDArray[np.float64]:
        """Predictive mean of the latent value, shape ``(n_pool,)``, in the target's unit."""
        ...

    @property
    def std(self) -> NDArray[np.float64]:
        """Predictive standard deviation of the latent value, same shape and unit."""
        ...

    def fantasise(self, indices: ArrayLike, y: ArrayLike) -> Posterior:
        """The posterior as if ``y`` had been measured at ``indices``; this one stays as it is."""
        ...

    def sample(
        self, n_samples: int, *, indices: ArrayLike | None = None, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Joint draws of the latent values, shape ``(n_samples, n_indices)``."""
        ...


class MeritPosterior:
    """Mean and fantasies in terms of merit, for acquisition functions that seek a maximum.

    For a target value the mean's merit says how near the prediction is; its standard deviation
    is no longer that of a Gaussian, so only the mean and the std themselves may be used.
    """

    def __init__(self, posterior: Posterior, goal: Goal) -> None:
        self._posterior, self._goal = posterior, goal

    @property
    def mean(self) -> NDArray[np.float64]:
        """Merit of the predictive mean, shape ``(n_pool,)``."""
        return self._goal.merit(self._posterior.mean)

    @property
    def std(self) -> NDArray[np.float64]:
        """Predictive standard deviation, same shape and unit."""
        return self._posterior.std

    def fantasise(self, indices: ArrayLike, y: ArrayLike) -> MeritPosterior:
        """The belief as if merits ``y`` had been measured; for a maximum or a minimum.

        Raises:
            ValueError: for a target value, whose merit does not say on which side it lies.
        """
        if self._goal.target is not None:
            raise ValueError("a merit does not say on which side of the target a value lies")
        values = self._goal.merit(y)  # minimising: the merit of a merit is the value
        return MeritPosterior(self._posterior.fantasise(indices, values), self._goal)
