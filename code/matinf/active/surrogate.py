"""A Gaussian process that stands for the measurement: GPflow's GPR on standardised targets.

GPflow returns **variances**; everything here is a **standard deviation** in the target's unit.
Kernel variance, lengthscale and noise are in the units of the standardised target and of the
features: they keep their meaning when the target's unit or offset changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.active.pairs import KERNELS, KernelName, Matrix, Pool

Vector = NDArray[np.float64]
SMALLEST_NOISE = 2e-3
"""GPflow keeps the noise variance above 1e-6: a smaller noise would not be what was asked."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a surrogate expects, in the unit of the target.

    Attributes:
        mean: Predictive mean, shape ``(n_samples,)``.
        std: Predictive standard deviation (not variance), same shape, not negative.
    """

    mean: Vector
    std: Vector


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """All that a covariance depends on, in units of the standardised target.

    Attributes:
        kernel: One of ``KERNELS``.
        variance: Variance of the prior.
        lengthscale: Distance over which it varies, in units of the features; Tanimoto has none.
        noise_std: Standard deviation of a repeated measurement.
    """

    kernel: KernelName
    variance: float = 1.0
    lengthscale: float = 1.0
    noise_std: float = 0.1

    def __post_init__(self) -> None:
        if self.kernel not in KERNELS:
            raise ValueError(f"kernel: expected one of {', '.join(KERNELS)}, got {self.kernel!r}")
        for name in ("variance", "lengthscale"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name}: expected a positive number, got {getattr(self, name)}")
        if not SMALLEST_NOISE <= self.noise_std < np.inf:
            expected = f"at least {SMALLEST_NOISE} (GPflow's smallest)"
            raise ValueError(f"noise_std: expected {expected}, got {self.noise_std}")


@dataclass(frozen=True, kw_only=True)
class Surrogate:
    """Settings of a Gaussian process; :meth:`fit` makes a fitted one and changes nothing here.

    Attributes:
        kernel: ``"tanimoto"`` for fingerprints; ``"matern12"``, ``"matern32"``, ``"matern52"``
            or ``"rbf"``, with one lengthscale for all features.
        variance: Initial variance of the prior, in units of the standardised target.
        lengthscale: Initial lengthscale; by default the median distance of two samples.
        noise_std: Initial standard deviation of the noise, in units of the standardised target.
        noise_trainable: Whether the noise is optimised too.
        max_evaluations: Largest number of evaluations of the marginal likelihood per fit.
    """

    kernel: KernelName = "tanimoto"
    variance: float = 1.0
    lengthscale: float | None = None
    noise_std: float = 0.1
    noise_trainable: bool = True
    max_evaluations: int = 100

    def __post_init__(self) -> None:
        Hyperparameters(
            kernel=self.kernel,
            variance=self.variance,
            lengthscale=1.0 if self.lengthscale is None else self.lengthscale,
            noise_std=self.noise_std,
        )

    def initial(self, pairs: Matrix) -> Hyperparameters:
        """Hyperparameters to begin with, for samples of these similarities or distances."""
        lengthscale = self.lengthscale
        if lengthscale is None:
            apart = np.sqrt(pairs[pairs > 0]) if self.kernel != "tanimoto" else np.empty(0)
            lengthscale = float(np.median(apart)) if apart.size else 1.0
        return Hyperparameters(
            kernel=self.kernel,
            variance=self.variance,
            lengthscale=lengthscale,
            noise_std=self.noise_std,
        )

    def optimised(
        self, pairs: Matrix, y: ArrayLike, *, start: Hyperparameters | None = None
    ) -> Hyperparameters:
        """Hyperparameters of the largest marginal likelihood, found by GPflow's L-BFGS.

        Args:
            pairs: Similarities or squared distances of the samples (:meth:`Pool.pairs`), shape
                ``(n_samples, n_samples)``.
            y: Targets in any unit, shape ``(n_samples,)``; standardised here.
            start: Where to begin; by default :meth:`initial`. The optimum of a few points less
                is a good start.
        """
        raise NotImplementedError

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        optimise: bool = True,
        start: Hyperparameters | None = None,
    ) -> FittedSurrogate:
        """Condition the process on measurements, with its hyperparameters optimised if asked.

        Args:
            X: Features, shape ``(n_samples, n_features)``, finite.
            y: Targets, shape ``(n_samples,)``, finite, in any unit.
            optimise: Maximise the marginal likelihood; otherwise keep ``start``.
            start: Hyperparameters to begin with; by default :meth:`initial`.

        Raises:
            ValueError: if shapes do not belong together or numbers are not finite.
        """
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class FittedSurrogate:
    """A Gaussian process conditioned on measurements.

    Attributes:
        model: GPflow's ``GPR`` on the features and the standardised target.
        hyperparameters: Those it uses.
        target_mean: Mean of the targets, in their unit.
        target_std: Standard deviation of the targets, in their unit (1 if they are all alike).
        log_marginal_likelihood: Of the standardised targets.
    """

    model: Any
    hyperparameters: Hyperparameters
    target_mean: float
    target_std: float
    log_marginal_likelihood: float

    def predict(self, X: ArrayLike) -> Prediction:
        """The property itself: mean and standard deviation, without the noise of a measurement."""
        raise NotImplementedError

    def predict_measurement(self, X: ArrayLike) -> Prediction:
        """A measurement of it: the same mean, and the noise added to the standard deviation."""
        raise NotImplementedError


__all__ = ["FittedSurrogate", "Hyperparameters", "Pool", "Prediction", "Surrogate"]
