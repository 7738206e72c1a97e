"""What a covariance depends on, and how likely it makes what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize

from matinf.active.pairs import KERNELS, KernelName, Matrix, covariance, lengthscale_slope

Vector = NDArray[np.float64]
SMALLEST_NOISE: Final = 1.1e-3
"""Standardised; GPflow keeps the noise variance above 1e-6, which also keeps matrices regular."""
_REACH: Final = 1e4  # how far from the start, as a factor, optimisation may go
_TOLERANCE: Final = 1e-8  # relative change of the log likelihood at which it stops


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
            expected = f"at least {SMALLEST_NOISE}, in units of the target's standard deviation"
            raise ValueError(f"noise_std: expected {expected}, got {self.noise_std}")

    def covariance(self, pairs: Matrix) -> Matrix:
        """Covariance of samples with these similarities or squared distances, without noise."""
        return covariance(
            pairs, kernel=self.kernel, variance=self.variance, lengthscale=self.lengthscale
        )


def log_marginal_likelihood(
    z: Vector, pairs: Matrix, hyperparameters: Hyperparameters
) -> tuple[float, Vector]:
    r"""How likely measurements are before they are made, averaged over all curves of the prior.

    :math:`\log p(z) = -\tfrac12 z^\top C^{-1} z - \tfrac12 \log|C| - \tfrac n2 \log 2\pi` with
    :math:`C = K + \sigma_n^2 I` :cite:`rasmussen2006`. GPflow's value, with the gradient in closed
    form: :math:`\tfrac12 \operatorname{tr}\bigl((\alpha\alpha^\top - C^{-1}) \,
    \partial C / \partial \theta\bigr)`, :math:`\alpha = C^{-1} z`.

    Args:
        z: Standardised targets, shape ``(n_samples,)``.
        pairs: Similarities or squared distances, shape ``(n_samples, n_samples)``.
        hyperparameters: Where it is asked.

    Returns:
        The value, and its derivatives by the logarithms of variance, lengthscale and noise.

    Raises:
        numpy.linalg.LinAlgError: if the covariance is not positive definite in double precision.
    """
    n_samples, noise = len(z), hyperparameters.noise_std**2
    C = hyperparameters.covariance(pairs)
    C.flat[:: n_samples + 1] += noise
    factor = linalg.cholesky(C, lower=True, overwrite_a=True, check_finite=False)
    alpha = linalg.cho_solve((factor, True), z, check_finite=False)
    half_log_det = np.log(np.diag(factor)).sum()
    value = -(z @ alpha + n_samples * np.log(2 * np.pi)) / 2 - half_log_det
    inverse, _ = linalg.lapack.dpotri(factor, lower=True, overwrite_c=True)
    # Of C = K + noise, K scales with the variance: its two traces follow from those of the noise.
    of_noise = noise * (alpha @ alpha - np.trace(inverse))
    of_variance = (z @ alpha - n_samples - of_noise) / 2
    of_lengthscale = _lengthscale_gradient(alpha, inverse, pairs, hyperparameters)
    return float(value), np.array([of_variance, of_lengthscale, of_noise])


def _lengthscale_gradient(
    alpha: Vector, inverse: Matrix, pairs: Matrix, hyperparameters: Hyperparameters
) -> float:
    if hyperparameters.kernel == "tanimoto":
        return 0.0
    slope = lengthscale_slope(
        pairs,
        kernel=hyperparameters.kernel,
        variance=hyperparameters.variance,
        lengthscale=hyperparameters.lengthscale,
    )
    # The slope is 0 on the diagonal, and LAPACK fills the lower half of the inverse alone.
    return float(alpha @ slope @ alpha / 2 - np.einsum("ij,ij->", np.tril(inverse, -1), slope))


def maximised(
    z: Vector,
    pairs: Matrix,
    start: Hyperparameters,
    *,
    noise_trainable: bool = True,
    max_evaluations: int = 100,
) -> Hyperparameters:
    """Hyperparameters of the largest marginal likelihood, by L-BFGS on their logarithms.

    The optimum that GPflow's optimiser finds on its ``GPR``, several times faster: no graph is
    built, and the gradient needs one inverse instead of one pass back through the factorisation.

    Args:
        z: Standardised targets, shape ``(n_samples,)``.
        pairs: Similarities or squared distances, shape ``(n_samples, n_samples)``.
        start: Where to begin; the noise stays at its value unless it is trainable.
        noise_trainable: Whether the noise is optimised too.
        max_evaluations: Largest number of evaluations.
    """
    first = np.log([start.variance, start.lengthscale, start.noise_std])
    reach = np.log(_REACH) * np.array([1.0, start.kernel != "tanimoto", noise_trainable])
    low = first - reach
    low[2] = max(low[2], np.log(SMALLEST_NOISE))

    def loss(logs: Any) -> tuple[float, Any]:
        value, gradient = log_marginal_likelihood(z, pairs, _of_logs(logs, start.kernel))
        return -value, -gradient

    found = optimize.minimize(
        loss,
        first,
        jac=True,
        method="L-BFGS-B",
        bounds=optimize.Bounds(low, first + reach),
        options={"maxfun": max_evaluations, "ftol": _TOLERANCE},
    )
    return _of_logs(found.x, start.kernel)


def leave_one_out(
    z: Vector, pairs: Matrix, hyperparameters: Hyperparameters
) -> tuple[Vector, Vector]:
    r"""Each measurement as predicted from all the others, without fitting once for each.

    Mean :math:`z_i - \alpha_i / [C^{-1}]_{ii}` and variance :math:`1 / [C^{-1}]_{ii}`, noise
    included :cite:`rasmussen2006`.

    Args:
        z: Standardised targets, shape ``(n_samples,)``.
        pairs: Similarities or squared distances, shape ``(n_samples, n_samples)``.
        hyperparameters: Of the process.

    Returns:
        Mean and standard deviation, each of shape ``(n_samples,)``, standardised.
    """
    C = hyperparameters.covariance(pairs)
    C.flat[:: len(z) + 1] += hyperparameters.noise_std**2
    factor = linalg.cholesky(C, lower=True, overwrite_a=True, check_finite=False)
    alpha = linalg.cho_solve((factor, True), z, check_finite=False)
    inverse, _ = linalg.lapack.dpotri(factor, lower=True, overwrite_c=True)
    precision = np.diag(inverse)
    return z - alpha / precision, 1 / np.sqrt(precision)


def _of_logs(logs: Vector, kernel: KernelName) -> Hyperparameters:
    variance, lengthscale, noise_std = (float(value) for value in np.exp(logs))
    return Hyperparameters(
        kernel=kernel,
        variance=variance,
        lengthscale=lengthscale,
        noise_std=max(noise_std, SMALLEST_NOISE),  # exp(log(x)) may fall one rounding below x
    )
