"""The posterior over a whole pool, kept up to date as measurements come in.

With the measured candidates ``m``, covariance ``K`` and noise, let ``L`` be the Cholesky factor of
``K[m, m] + noise`` and ``A = L^-1 K[m, :]``, one row per measurement and one column per candidate.
Then mean and variance of every candidate are sums over the rows of ``A``, and a new measurement
adds a row: nothing that was computed before changes. A batch of b measurements after n costs about
``2 n b n_pool`` operations, linear in the pool.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.active.pairs import Matrix, Pool
from matinf.active.surrogate import Hyperparameters, Surrogate, Vector

Indices = NDArray[np.intp]


class PoolPosterior:
    """Mean and standard deviation of every candidate given what has been measured.

    Never changed: :meth:`add`, :meth:`fantasise` and :meth:`refit` return a new posterior that
    shares the rows of the old one, which stays valid; nothing is copied.

    Memory: ``n_measured * n_pool * 8`` bytes, 84 MB for 1,050 measurements of 10,000 candidates.

    Attributes:
        pool: The candidates.
        surrogate: Settings of the Gaussian process.
        hyperparameters: Those in use.
        indices: Row numbers in the pool of what was measured, in order, shape ``(n_measured,)``.
        y: What was measured, in its unit, same shape.
        mean: Predictive mean of every candidate, in the unit of ``y``, shape ``(n_pool,)``.
        std: Predictive standard deviation of every candidate (of the property, without the noise
            of a measurement), same unit and shape, not negative.
        noise_std: Standard deviation of the noise of a measurement, in the unit of ``y``.
        target_mean: Mean of ``y``.
        target_std: Standard deviation of ``y``: mean and deviation standardise the target.
    """

    pool: Pool
    surrogate: Surrogate
    hyperparameters: Hyperparameters
    indices: Indices
    y: Vector
    mean: Vector
    std: Vector
    noise_std: float
    target_mean: float
    target_std: float

    @classmethod
    def start(
        cls,
        surrogate: Surrogate,
        pool: Pool | ArrayLike,
        indices: ArrayLike,
        y: ArrayLike,
        *,
        optimise: bool = True,
        hyperparameters: Hyperparameters | None = None,
    ) -> Self:
        """Condition on first measurements.

        Args:
            surrogate: Settings of the Gaussian process.
            pool: The candidates, or their features, shape ``(n_pool, n_features)``.
            indices: Row numbers of what was measured, shape ``(n_measured,)``, at least one. A
                number may come twice: a repeated measurement.
            y: The measurements, same shape, finite.
            optimise: Maximise the marginal likelihood first, beginning at ``hyperparameters``.
            hyperparameters: Otherwise those to use; by default ``surrogate.initial``.

        Raises:
            ValueError: if shapes differ, numbers are not finite or a row is not in the pool.
        """
        raise NotImplementedError

    def add(self, indices: ArrayLike, y: ArrayLike) -> Self:
        """The posterior after further measurements, with the same hyperparameters.

        The target is standardised anew with all measurements, as if fitted afresh. Costs
        ``O(n_measured * n_new * n_pool)``. Arguments and errors as in :meth:`start`.
        """
        raise NotImplementedError

    def fantasise(self, indices: ArrayLike, y: ArrayLike | None = None) -> Self:
        """The posterior if these candidates were measured and gave ``y``; for planning a batch.

        As :meth:`add`, except that the standardisation stays that of the real measurements, and
        that ``y`` is by default the mean (kriging believer): then no mean changes, and the
        standard deviations shrink.
        """
        raise NotImplementedError

    def refit(self) -> Self:
        """Optimise the hyperparameters on all measurements, from the present ones; rebuild."""
        raise NotImplementedError

    def covariance(self, indices: ArrayLike) -> Matrix:
        """Joint predictive covariance of some candidates, unit of ``y`` squared, ``(n, n)``."""
        raise NotImplementedError

    def sample(
        self, n_samples: int, *, indices: ArrayLike | None = None, rng: np.random.Generator
    ) -> Matrix:
        """Joint draws of the property at some candidates, for Thompson sampling.

        Args:
            n_samples: How many draws.
            indices: Row numbers of the candidates, by default the whole pool. Costs the cube of
                their number: a few thousand take seconds.
            rng: Source of randomness.

        Returns:
            Shape ``(n_samples, n_indices)``, in the unit of ``y``.
        """
        raise NotImplementedError

    @property
    def log_marginal_likelihood(self) -> float:
        """Of the standardised measurements under the present hyperparameters."""
        raise NotImplementedError

    @property
    def nbytes(self) -> int:
        """Memory that the rows of this posterior hold, bytes."""
        raise NotImplementedError
