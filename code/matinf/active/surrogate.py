"""A Gaussian process that stands for the measurement: GPflow's GPR on standardised targets.

GPflow returns **variances**; everything here is a **standard deviation** in the target's unit.
Kernel variance, lengthscale and noise are in the units of the standardised target and of the
features: they keep their meaning when the target's unit or offset changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from matinf.active.hyperparameters import Hyperparameters, Vector, maximised
from matinf.active.pairs import KernelName, Matrix, Pool


@dataclass(frozen=True, kw_only=True, eq=False)
class Prediction:
    """What a surrogate expects, in the unit of the target.

    Attributes:
        mean: Predictive mean, shape ``(n_samples,)``.
        std: Predictive standard deviation (not variance), same shape, not negative.
    """

    mean: Vector
    std: Vector


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
        self._with_lengthscale(1.0 if self.lengthscale is None else self.lengthscale)

    def initial(self, pairs: Matrix) -> Hyperparameters:
        """Hyperparameters to begin with, for samples of these similarities or distances."""
        if self.lengthscale is not None or self.kernel == "tanimoto":
            return self._with_lengthscale(self.lengthscale or 1.0)
        apart = pairs[pairs > 0]
        return self._with_lengthscale(float(np.sqrt(np.median(apart))) if apart.size else 1.0)

    def optimised(
        self, pairs: Matrix, y: ArrayLike, *, start: Hyperparameters | None = None
    ) -> Hyperparameters:
        """Hyperparameters of the largest marginal likelihood.

        Args:
            pairs: Similarities or squared distances of the samples (:meth:`Pool.pairs`), shape
                ``(n_samples, n_samples)``.
            y: Targets in any unit, shape ``(n_samples,)``; standardised here.
            start: Where to begin; by default :meth:`initial`. The optimum of a few points less
                is a good start.
        """
        targets = checked_targets(y, len(pairs))
        mean, std = standardisation(targets)
        return maximised(
            (targets - mean) / std,
            pairs,
            start or self.initial(pairs),
            noise_trainable=self.noise_trainable,
            max_evaluations=self.max_evaluations,
        )

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
        samples = Pool(np.asarray(X))
        targets = checked_targets(y, len(samples))
        if start is None or optimise:
            pairs = samples.pairs(np.arange(len(samples)), kernel=self.kernel)
            start = start or self.initial(pairs)
            start = self.optimised(pairs, targets, start=start) if optimise else start
        return _conditioned(np.asarray(samples.X, dtype=float), targets, start)

    def _with_lengthscale(self, lengthscale: float) -> Hyperparameters:
        return Hyperparameters(
            kernel=self.kernel,
            variance=self.variance,
            lengthscale=lengthscale,
            noise_std=self.noise_std,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedSurrogate:
    """A Gaussian process conditioned on measurements.

    Attributes:
        model: GPflow's ``GPR`` on the features and the standardised target.
        hyperparameters: Those it uses.
        target_mean: Mean of the targets, in their unit.
        target_std: Standard deviation of the targets, in their unit (1 if they are all alike).
        log_marginal_likelihood: GPflow's, of the standardised targets.
    """

    model: Any
    hyperparameters: Hyperparameters
    target_mean: float
    target_std: float
    log_marginal_likelihood: float

    def predict(self, X: ArrayLike) -> Prediction:
        """The property itself: mean and standard deviation, without the noise of a measurement.

        Args:
            X: Features, shape ``(n_samples, n_features)``.
        """
        return self._in_unit(*self.model.predict_f(np.asarray(X, dtype=float)))

    def predict_measurement(self, X: ArrayLike) -> Prediction:
        """A measurement of it: the same mean, and the noise added to the variance.

        Args:
            X: Features, shape ``(n_samples, n_features)``.
        """
        return self._in_unit(*self.model.predict_y(np.asarray(X, dtype=float)))

    def _in_unit(self, mean: Any, variance: Any) -> Prediction:
        # GPflow's variance may fall below 0 by rounding where a measurement was nearly exact.
        std = np.sqrt(np.maximum(variance.numpy()[:, 0], 0))
        return Prediction(
            mean=self.target_mean + self.target_std * mean.numpy()[:, 0], std=self.target_std * std
        )


def _conditioned(X: Matrix, y: Vector, hyperparameters: Hyperparameters) -> FittedSurrogate:
    from matinf.active.kernels import make_kernel  # TensorFlow takes seconds to import
    from matinf.active.tensorflow import gpflow

    mean, std = standardisation(y)
    kernel = make_kernel(
        hyperparameters.kernel,
        variance=hyperparameters.variance,
        lengthscale=hyperparameters.lengthscale,
    )
    data = (X, ((y - mean) / std)[:, None])
    model = gpflow.models.GPR(data, kernel, noise_variance=hyperparameters.noise_std**2)
    return FittedSurrogate(
        model=model,
        hyperparameters=hyperparameters,
        target_mean=mean,
        target_std=std,
        log_marginal_likelihood=float(model.log_marginal_likelihood().numpy()),
    )


def standardisation(y: Vector) -> tuple[float, float]:
    """Mean and standard deviation of targets; a deviation of 1 where they are all alike."""
    mean, std = float(y.mean()), float(y.std())
    return mean, std if std > 1e-12 * max(abs(mean), 1e-300) else 1.0


def checked_targets(y: ArrayLike, n_samples: int) -> Vector:
    """Targets as numbers, one per sample, all finite.

    Raises:
        ValueError: otherwise.
    """
    targets = np.asarray(y, dtype=float)
    if targets.shape != (n_samples,):
        raise ValueError(f"y: expected shape ({n_samples},), got {targets.shape}")
    if not np.isfinite(targets).all():
        raise ValueError("y: expected finite measurements, got NaN or infinity")
    return targets


__all__ = ["FittedSurrogate", "Hyperparameters", "Pool", "Prediction", "Surrogate"]
