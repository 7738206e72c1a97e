"""Gaussian processes over curves: beliefs on a line, small enough to be written out.

For pools of molecules there are :mod:`matinf.active.surrogate` and
:mod:`matinf.active.posterior`; here each formula is as long as on paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from matinf.active.hyperparameters import Hyperparameters, Vector, log_marginal_likelihood
from matinf.active.pairs import Matrix, Pool, squared_distance
from matinf.datasets import load_experimental_gaps
from matinf.features import element_fractions


@dataclass(frozen=True, kw_only=True, eq=False)
class Belief:
    """What is believed of a curve: a joint normal distribution of its values at some places.

    Attributes:
        x: The places, shape ``(n,)``.
        mean: Expected values, shape ``(n,)``, in the curve's unit.
        covariance: How values vary together, shape ``(n, n)``, in the squared unit.
    """

    x: Vector
    mean: Vector
    covariance: Matrix

    @property
    def std(self) -> Vector:
        """Standard deviation at each place, shape ``(n,)``."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0))

    def draws(self, n_curves: int, *, rng: np.random.Generator) -> Matrix:
        """Curves that are as likely as they are believed, shape ``(n_curves, n)``.

        Args:
            n_curves: How many.
            rng: Source of randomness.
        """
        # A smooth curve is known from a few of its values: the rest needs a grain of its own.
        grain = 1e-8 * np.diag(self.covariance).max() * np.eye(len(self.x))
        factor = np.linalg.cholesky(self.covariance + grain)
        return self.mean + rng.standard_normal((n_curves, len(self.x))) @ factor.T


@dataclass(frozen=True, kw_only=True)
class CurveProcess:
    """A prior over curves, in the unit of the property.

    Attributes:
        hyperparameters: Kernel and noise, in units of ``scale``; the lengthscale in units of x.
        mean: Value expected everywhere before anything is measured.
        scale: Unit of the hyperparameters.
    """

    hyperparameters: Hyperparameters
    mean: float = 0.0
    scale: float = 1.0

    def covariance(self, x: ArrayLike, other: ArrayLike) -> Matrix:
        """Prior covariance of two sets of places, shape ``(n, m)``.

        Args:
            x: Places, shape ``(n,)``.
            other: Places, shape ``(m,)``.
        """
        a, b = np.asarray(x, dtype=float), np.asarray(other, dtype=float)
        pairs = squared_distance(np.outer(a, b), np.square(a), np.square(b))
        return self.scale**2 * self.hyperparameters.covariance(pairs)

    @property
    def noise_std(self) -> float:
        """Standard deviation of a measurement's noise, in the property's unit."""
        return self.scale * self.hyperparameters.noise_std

    def prior(self, x: ArrayLike) -> Belief:
        """What is believed before any measurement.

        Args:
            x: Places, shape ``(n,)``.
        """
        places = np.asarray(x, dtype=float)
        return Belief(
            x=places,
            mean=np.full(len(places), self.mean),
            covariance=self.covariance(places, places),
        )

    def posterior(self, x: ArrayLike, x_measured: ArrayLike, y: ArrayLike) -> Belief:
        r"""What is believed after measurements.

        :math:`\mu = m + K_* C^{-1} (y - m)` and :math:`\Sigma = K_{**} - K_* C^{-1} K_*^\top`
        with :math:`C = K + \sigma_n^2 I` :cite:`rasmussen2006`.

        Args:
            x: Places, shape ``(n,)``.
            x_measured: Where was measured, shape ``(n_measured,)``.
            y: What was measured, same shape, in the property's unit.
        """
        prior, measured = self.prior(x), np.asarray(x_measured, dtype=float)
        C = self.covariance(measured, measured) + self.noise_std**2 * np.eye(len(measured))
        K_star = self.covariance(prior.x, measured)
        weights = np.linalg.solve(C, K_star.T).T
        return Belief(
            x=prior.x,
            mean=prior.mean + weights @ (np.asarray(y, dtype=float) - self.mean),
            covariance=prior.covariance - weights @ K_star.T,
        )

    def log_evidence(self, x_measured: ArrayLike, y: ArrayLike) -> float:
        """Log marginal likelihood of measurements, standardised by ``mean`` and ``scale``.

        Args:
            x_measured: Where was measured, shape ``(n_measured,)``.
            y: What was measured, same shape, in the property's unit.
        """
        places = np.asarray(x_measured, dtype=float)[:, None]
        z = (np.asarray(y, dtype=float) - self.mean) / self.scale
        pairs = Pool(places).pairs(np.arange(len(places)), kernel=self.hyperparameters.kernel)
        return log_marginal_likelihood(z, pairs, self.hyperparameters)[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class Landscape:
    """Log marginal likelihood over lengthscale and noise, the best prior variance at each.

    Attributes:
        lengthscales: Shape ``(n_lengthscales,)``, in the unit of x.
        noise_stds: Shape ``(n_noises,)``, in units of the standardised target.
        values: Shape ``(n_noises, n_lengthscales)``.
    """

    lengthscales: Vector
    noise_stds: Vector
    values: Matrix

    @property
    def best(self) -> tuple[float, float]:
        """Lengthscale and noise of the highest point of the grid."""
        noise, lengthscale = np.unravel_index(np.argmax(self.values), self.values.shape)
        return float(self.lengthscales[lengthscale]), float(self.noise_stds[noise])


def landscape(
    x: ArrayLike,
    y: ArrayLike,
    start: Hyperparameters,
    *,
    lengthscales: Vector,
    noise_stds: Vector,
) -> Landscape:
    """Log marginal likelihood on a grid, as a profile: the largest over the prior variance.

    Args:
        x: Where was measured, shape ``(n_measured,)``.
        y: What was measured, same shape; standardised here.
        start: Names the kernel.
        lengthscales: Those of the grid, in the unit of x.
        noise_stds: Those of the grid, in units of the standardised target.
    """
    places, targets = np.asarray(x, dtype=float)[:, None], np.asarray(y, dtype=float)
    z = (targets - targets.mean()) / targets.std()
    pairs = Pool(places).pairs(np.arange(len(places)), kernel=start.kernel)
    shapes = np.stack(
        [
            Hyperparameters(kernel=start.kernel, lengthscale=float(length)).covariance(pairs)
            for length in lengthscales
        ]
    )
    values = np.stack([_profile(z, shapes, noise**2) for noise in noise_stds])
    return Landscape(lengthscales=lengthscales, noise_stds=noise_stds, values=values)


_VARIANCES = np.geomspace(0.01, 100, 81)


def _profile(z: Vector, shapes: Matrix, noise_variance: float) -> Vector:
    """Largest log marginal likelihood over the prior variance, for each correlation matrix.

    With the eigenvalues of a correlation matrix, every variance costs one sum.
    """
    values, vectors = np.linalg.eigh(shapes)
    projected = np.einsum("lij,i->lj", vectors, z) ** 2
    scales = _VARIANCES[:, None, None] * np.maximum(values, 0) + noise_variance
    logs = -(projected / scales + np.log(scales) + np.log(2 * np.pi)).sum(axis=2) / 2
    return np.asarray(logs.max(axis=0))


def alloy_series(fixed: str, first: str, second: str) -> pd.DataFrame:
    """Measured gaps of the alloys between two binary compounds.

    Args:
        fixed: Element that makes up half of the atoms, such as ``"Ga"``.
        first: Element of the compound at x = 0, such as ``"As"``.
        second: Element of the compound at x = 1, such as ``"P"``.

    Returns:
        Reports of true alloys, replicates kept, by rising ``x``: ``formula``, ``x`` (share of
        ``second`` in the alloyed half) and ``gap`` (eV).
    """
    reports = load_experimental_gaps()
    shares = element_fractions(reports["formula"])
    series = np.isclose(shares[fixed], 0.5, atol=1e-3) & (shares[[first, second]] > 0).all(axis=1)
    series &= np.isclose(shares[[fixed, first, second]].sum(axis=1), 1)
    x = (2 * shares[second]).round(3)
    found = reports.assign(x=x)[series][["formula", "x", "gap"]]
    return found.sort_values("x", kind="stable", ignore_index=True)
