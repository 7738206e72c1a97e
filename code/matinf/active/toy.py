"""A small Gaussian process over a few hundred candidates, and campaigns on it.

For looking at acquisition functions: prior and noise are known, nothing is fitted, and a campaign
takes a few milliseconds, so that hundreds of them fit on a page. Real pools want
:class:`matinf.active.posterior.PoolPosterior`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.active.batches import top_k

Vector = NDArray[np.float64]


def matern52(X: ArrayLike, *, lengthscale: float) -> NDArray[np.float64]:
    r"""Prior covariance of unit variance, smooth enough to have slopes and no more.

    :math:`k = (1 + s + s^2/3)\,e^{-s}` with :math:`s = \sqrt 5\,\lVert x - x' \rVert / \ell`.

    Args:
        X: Positions of the candidates, shape ``(n,)`` or ``(n, n_dimensions)``.
        lengthscale: Distance over which the property changes, in the unit of ``X``, positive.

    Returns:
        Covariance, shape ``(n, n)``.
    """
    if not lengthscale > 0:
        raise ValueError(f"lengthscale: expected a positive number, got {lengthscale}")
    points = np.asarray(X, dtype=float)
    points = points.reshape(len(points), -1)
    s = np.sqrt(5) * np.linalg.norm(points[:, None] - points, axis=2) / lengthscale
    return np.asarray((1 + s + s**2 / 3) * np.exp(-s), dtype=float)


@dataclass(frozen=True, kw_only=True)
class ToyPosterior:
    """Belief over all candidates: a joint normal distribution.

    Attributes:
        mean: Predictive mean, shape ``(n_pool,)``.
        covariance: Predictive covariance, shape ``(n_pool, n_pool)``.
        noise_std: Standard deviation of a measurement's error, unit of the mean, positive.
    """

    mean: Vector
    covariance: NDArray[np.float64]
    noise_std: float = 1e-3

    @property
    def std(self) -> Vector:
        """Predictive standard deviation, shape ``(n_pool,)``."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0))

    def measured(self, j: int, y: float) -> ToyPosterior:
        r"""What is believed once candidate j gave the value y: all others learn their share.

        :math:`\mu_i \to \mu_i + \frac{\Sigma_{ij}}{\Sigma_{jj} + \sigma_n^2}(y - \mu_j)` and
        :math:`\Sigma_{ik} \to \Sigma_{ik} -
        \frac{\Sigma_{ij}\Sigma_{jk}}{\Sigma_{jj} + \sigma_n^2}`.
        """
        row = self.covariance[j]
        share = row / (row[j] + self.noise_std**2)
        return ToyPosterior(
            mean=self.mean + share * (y - self.mean[j]),
            covariance=self.covariance - np.outer(share, row),
            noise_std=self.noise_std,
        )

    def fantasise(self, indices: ArrayLike, y: ArrayLike) -> ToyPosterior:
        """The belief as if ``y`` had been measured at ``indices``; this one stays as it is."""
        posterior = self
        for j, value in zip(np.atleast_1d(indices), np.atleast_1d(y), strict=True):
            posterior = posterior.measured(int(j), float(value))
        return posterior

    def sample(self, *, rng: np.random.Generator) -> Vector:
        """One joint draw over all candidates, shape ``(n_pool,)``."""
        jitter = 1e-8 * np.eye(self.mean.size)
        lower = np.linalg.cholesky(self.covariance + jitter)
        return self.mean + lower @ rng.standard_normal(self.mean.size)


@dataclass(frozen=True, kw_only=True)
class State:
    """What a strategy may know before it chooses: never the value of an unmeasured candidate.

    Attributes:
        posterior: Belief over the pool.
        best: Largest value measured.
        available: Which candidates are not measured, boolean, shape ``(n_pool,)``.
        rng: Source of randomness, for strategies that draw.
    """

    posterior: ToyPosterior
    best: float
    available: NDArray[np.bool_]
    rng: np.random.Generator

    @property
    def mean(self) -> Vector:
        """Predictive mean, shape ``(n_pool,)``."""
        return self.posterior.mean

    @property
    def std(self) -> Vector:
        """Predictive standard deviation, shape ``(n_pool,)``."""
        return self.posterior.std


Strategy = Callable[[State], Vector]


@dataclass(frozen=True, kw_only=True)
class ToyCampaign:
    """A finished campaign: what was measured, and what was believed and scored before each choice.

    Attributes:
        truth: Value of every candidate, shape ``(n_pool,)``.
        measured: Candidates in the order of measurement, first ones included.
        n_initial: How many were measured before the first choice.
        mean: Posterior mean before each choice and after the last, ``(n_steps + 1, n_pool)``;
            empty unless the campaign was told to remember.
        std: Posterior standard deviation, likewise.
        scores: Score of each candidate before each choice, ``(n_steps, n_pool)``, likewise.
        final: Belief after the last measurement.
    """

    truth: Vector
    measured: NDArray[np.intp]
    n_initial: int
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    scores: NDArray[np.float64]
    final: ToyPosterior

    @property
    def regret(self) -> Vector:
        """What is missing to the best candidate after the first ones and after each choice."""
        best = np.maximum.accumulate(self.truth[self.measured])[self.n_initial - 1 :]
        return self.truth.max() - best

    @property
    def model_error(self) -> float:
        """Root mean squared error of the last belief's mean over the whole pool."""
        return float(np.sqrt(np.mean((self.final.mean - self.truth) ** 2)))


def run_toy_campaign(
    truth: ArrayLike,
    prior: ToyPosterior,
    strategy: Strategy,
    *,
    initial: ArrayLike,
    n_steps: int,
    rng: np.random.Generator,
    remember: bool = False,
) -> ToyCampaign:
    """Measure the first candidates, then one at a time where the strategy scores highest.

    Args:
        truth: Value of every candidate, shape ``(n_pool,)``; only measured ones are looked at.
        prior: Belief before any measurement.
        strategy: Scores from a :class:`State`, larger is better.
        initial: Candidates measured first, shape ``(n_initial,)``, one or more.
        n_steps: Number of choices.
        rng: Source of randomness for the strategy.
        remember: Keep belief and scores at every step.

    Raises:
        ValueError: if there are not so many candidates.
    """
    values, measured = np.asarray(truth, dtype=float), [int(j) for j in np.atleast_1d(initial)]
    available = np.ones(values.size, dtype=bool)
    available[measured] = False
    if available.sum() < n_steps:
        raise ValueError(f"n_steps: expected up to {available.sum()} candidates, got {n_steps}")
    posterior = prior.fantasise(measured, values[measured])
    beliefs, history = [posterior], []
    for _ in range(n_steps):
        best = float(values[measured].max())
        state = State(posterior=posterior, best=best, available=available.copy(), rng=rng)
        scores = strategy(state)
        j = int(top_k(scores, 1, available=available)[0])
        posterior = posterior.measured(j, float(values[j]))
        available[j] = False
        measured.append(j)
        if remember:
            beliefs.append(posterior)
            history.append(scores)
    kept = beliefs if remember else []
    return ToyCampaign(
        truth=values,
        measured=np.array(measured, dtype=np.intp),
        n_initial=len(measured) - n_steps,
        mean=np.array([belief.mean for belief in kept]).reshape(-1, values.size),
        std=np.array([belief.std for belief in kept]).reshape(-1, values.size),
        scores=np.array(history).reshape(-1, values.size),
        final=posterior,
    )
