"""The posterior over a whole pool, kept up to date as measurements come in.

With the measured candidates ``m``, covariance ``K`` and noise, let ``L`` be the Cholesky factor of
``K[m, m] + noise`` and ``A = L^-1 K[m, :]``, one row per measurement and one column per candidate.
Then mean and variance of every candidate are sums over the rows of ``A``, and a new measurement
adds a row: nothing that was computed before changes. A batch of b measurements after n costs about
``2 n b n_pool`` operations, linear in the pool.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from matinf.active.factor_rows import FactorRows
from matinf.active.hyperparameters import Hyperparameters, Vector
from matinf.active.pairs import Matrix, Pool
from matinf.active.surrogate import (
    FittedSurrogate,
    Prediction,
    Surrogate,
    checked_targets,
    standardisation,
)

Indices = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, eq=False)
class PoolPosterior:
    """Mean and standard deviation of every candidate given what has been measured.

    Made by :meth:`start`. Never changed: :meth:`add`, :meth:`fantasise` and :meth:`refit` return
    a new posterior; the first two share the rows of the old one, which stays valid, and copy
    nothing. The same calls in the same order give the same bits on one thread.

    Memory: ``n_measured * (n_pool + n_measured)`` numbers of 8 bytes at most, 90 MB for 1,050
    measurements of 10,000 candidates.

    Attributes:
        pool: The candidates.
        surrogate: Settings of the Gaussian process.
        hyperparameters: Those in use.
        indices: Row numbers in the pool of what was measured, in order, shape ``(n_measured,)``.
        y: What was measured, in its unit, same shape.
        target_mean: Mean of ``y``; with the next it standardises the target.
        target_std: Standard deviation of ``y``.
        mean: Predictive mean of every candidate, in the unit of ``y``, shape ``(n_pool,)``.
        std: Predictive standard deviation of every candidate (of the property, without the noise
            of a measurement), same unit and shape, not negative.
    """

    pool: Pool = field(repr=False)
    surrogate: Surrogate
    hyperparameters: Hyperparameters
    indices: Indices = field(repr=False)
    y: Vector = field(repr=False)
    target_mean: float
    target_std: float
    mean: Vector = field(init=False, repr=False)
    std: Vector = field(init=False, repr=False)
    _rows: FactorRows = field(repr=False)

    def __post_init__(self) -> None:
        shift, scale, rows = self.target_mean, self.target_std, self._rows
        mean = shift + rows.of_targets - (shift - rows.origin) * rows.of_ones
        unexplained = self.hyperparameters.variance - rows.explained
        object.__setattr__(self, "mean", mean)
        # Rounding may leave less than nothing where a measurement was nearly exact.
        object.__setattr__(self, "std", scale * np.sqrt(np.maximum(unexplained, 0)))

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
        candidates = pool if isinstance(pool, Pool) else Pool(np.asarray(pool))
        measured = _checked_indices(indices, len(candidates))
        targets = checked_targets(y, len(measured))
        if targets.size == 0:
            raise ValueError("y: expected at least one measurement to start from")
        if optimise or hyperparameters is None:
            pairs = candidates.pairs(measured, measured, kernel=surrogate.kernel)
            begin = hyperparameters or surrogate.initial(pairs)
            hyperparameters = (
                surrogate.optimised(pairs, targets, start=begin) if optimise else begin
            )
        mean, std = standardisation(targets)
        rows = FactorRows.none(len(candidates), origin=mean)
        return cls(
            pool=candidates,
            surrogate=surrogate,
            hyperparameters=hyperparameters,
            indices=measured,
            y=targets,
            target_mean=mean,
            target_std=std,
            _rows=rows.appended(candidates, hyperparameters, measured, targets),
        )

    def add(self, indices: ArrayLike, y: ArrayLike) -> Self:
        """The posterior after further measurements, with the same hyperparameters.

        The target is standardised anew with all measurements, as if fitted afresh. Costs
        ``O(n_measured * n_new * n_pool)``.

        Args:
            indices: Row numbers of what was measured, shape ``(n_new,)``.
            y: The measurements, same shape, finite.

        Raises:
            ValueError: as :meth:`start`.
        """
        extended = self.fantasise(indices, y)
        mean, std = standardisation(extended.y)
        return replace(extended, target_mean=mean, target_std=std)

    def fantasise(self, indices: ArrayLike, y: ArrayLike | None = None) -> Self:
        """The posterior if these candidates were measured and gave ``y``; for planning a batch.

        As :meth:`add`, except that the standardisation stays that of the real measurements, and
        that ``y`` is by default the mean (kriging believer): then no mean changes, and the
        standard deviations shrink.

        Args:
            indices: Row numbers of what is thought measured, shape ``(n_new,)``.
            y: What it is thought to give, same shape, finite.

        Raises:
            ValueError: as :meth:`start`.
        """
        new = _checked_indices(indices, len(self.pool))
        targets = checked_targets(self.mean[new] if y is None else y, len(new))
        return replace(
            self,
            indices=np.concatenate([self.indices, new]),
            y=np.concatenate([self.y, targets]),
            _rows=self._rows.appended(self.pool, self.hyperparameters, new, targets),
        )

    def refit(self) -> Self:
        """Optimise the hyperparameters on all measurements, from the present ones; rebuild once."""
        return self.start(
            self.surrogate,
            self.pool,
            self.indices,
            self.y,
            hyperparameters=self.hyperparameters,
        )

    def fitted(self) -> FittedSurrogate:
        """The same process as GPflow's own model, for all that GPflow can do with it."""
        return self.surrogate.fit(
            self.pool.X[self.indices], self.y, optimise=False, start=self.hyperparameters
        )

    def covariance(self, indices: ArrayLike) -> Matrix:
        """Joint predictive covariance of some candidates, in the squared unit of ``y``.

        Args:
            indices: Their row numbers, shape ``(n,)``.

        Returns:
            Shape ``(n, n)``.
        """
        chosen = _checked_indices(indices, len(self.pool))
        prior = self.hyperparameters.covariance(
            self.pool.pairs(chosen, chosen, kernel=self.hyperparameters.kernel)
        )
        return self.target_std**2 * self._rows.remainder(prior, chosen, chosen)

    def sample(
        self, n_samples: int, *, indices: ArrayLike | None = None, rng: np.random.Generator
    ) -> Matrix:
        """Joint draws of the property at some candidates, for Thompson sampling.

        Args:
            n_samples: How many draws.
            indices: Row numbers of the candidates, by default the whole pool. Costs the cube of
                their number in time and the square in memory.
            rng: Source of randomness.

        Returns:
            Shape ``(n_samples, n_indices)``, in the unit of ``y``.
        """
        chosen = np.arange(len(self.pool)) if indices is None else np.asarray(indices)
        covariance = self.covariance(chosen)
        factor = _factor(covariance, self.target_std**2 * self.hyperparameters.variance)
        return self.mean[chosen] + rng.standard_normal((n_samples, len(chosen))) @ factor.T

    def leave_one_out(self) -> Prediction:
        r"""Each measurement as all the others predict it, in the order of ``indices``.

        With :math:`C = L L^\top`: mean :math:`y_i - [C^{-1} y]_i / [C^{-1}]_{ii}`, variance
        :math:`1 / [C^{-1}]_{ii}` :cite:`rasmussen2006`; both are kept up to date. The standard
        deviation is that of a measurement: it includes the noise. Hyperparameters, and the mean
        that standardises, stay those of all measurements.
        """
        rows = self._rows
        alpha = rows.alpha_targets - (self.target_mean - rows.origin) * rows.alpha_ones
        return Prediction(
            mean=self.y - alpha / rows.precision, std=self.target_std / np.sqrt(rows.precision)
        )

    @property
    def noise_std(self) -> float:
        """Standard deviation of the noise of one measurement, in the unit of ``y``."""
        return self.target_std * self.hyperparameters.noise_std

    @property
    def log_marginal_likelihood(self) -> float:
        """Of the standardised measurements under the present hyperparameters."""
        rows = self._rows
        shift = self.target_mean - rows.origin
        white = (rows.white_targets - shift * rows.white_ones) / self.target_std
        return float(-(white @ white + len(white) * np.log(2 * np.pi)) / 2 - rows.half_log_det)

    @property
    def nbytes(self) -> int:
        """Memory that the rows of this posterior hold, bytes."""
        return self._rows.nbytes


def _factor(covariance: Matrix, scale: float) -> Matrix:
    """Cholesky factor of a covariance that may be singular: what was measured has none left."""
    for jitter in (1e-10, 1e-8, 1e-6):
        try:
            return linalg.cholesky(
                covariance + jitter * scale * np.eye(len(covariance)), lower=True
            )
        except linalg.LinAlgError:
            continue
    raise ValueError("the predictive covariance is not positive definite to six digits")


def _checked_indices(indices: ArrayLike, n_pool: int) -> Indices:
    chosen = np.asarray(indices)
    if chosen.ndim != 1 or (chosen.size and not np.issubdtype(chosen.dtype, np.integer)):
        raise ValueError(f"indices: expected a vector of row numbers, got {chosen.dtype} values")
    if chosen.size and (chosen.min() < 0 or chosen.max() >= n_pool):
        raise ValueError(f"indices: expected row numbers from 0 to {n_pool - 1} of the pool")
    return chosen.astype(np.intp)
