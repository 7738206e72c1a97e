"""Batches: several candidates at once, before any of them has been measured.

The k best scores of one posterior are often k neighbours, and measuring one would have told most
of the others. Kriging believer and local penalisation choose one after the other instead, each
choice taken into account without its measurement. All return indices into the pool.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr

from matinf.active.checks import finite_number, prediction

Indices = NDArray[np.intp]
Distances = Callable[[int], ArrayLike]


class Posterior(Protocol):
    """What a batch needs of a posterior over the pool (``PoolPosterior`` has it)."""

    @property
    def mean(self) -> NDArray[np.float64]:
        """Predictive mean, shape ``(n_pool,)``."""
        ...

    @property
    def std(self) -> NDArray[np.float64]:
        """Predictive standard deviation, shape ``(n_pool,)``."""
        ...

    def fantasise(self, indices: ArrayLike, y: ArrayLike) -> "Posterior":
        """The posterior as if ``y`` had been measured at ``indices``; this one stays as it is."""
        ...


class Acquisition(Protocol):
    """A score from mean, standard deviation and the best value so far."""

    def __call__(
        self, mean: NDArray[np.float64], std: NDArray[np.float64], /, *, best: float
    ) -> NDArray[np.float64]:
        """Scores, shape ``(n_pool,)``, larger is better."""
        ...


def top_k(scores: ArrayLike, k: int, *, available: ArrayLike | None = None) -> Indices:
    """Take the k largest scores, largest first; among equal scores the first in the pool.

    Args:
        scores: Shape ``(n_pool,)``; ``-inf`` is a score, NaN is not.
        k: How many to take, 1 or more.
        available: Boolean, shape ``(n_pool,)``: which candidates may be taken; by default all.

    Returns:
        Indices into the pool, shape ``(k,)``, no two alike.

    Raises:
        ValueError: if fewer than ``k`` candidates are available, or a score of one is NaN.
    """
    values = np.asarray(scores, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"scores: expected a vector (n_pool,), got shape {values.shape}")
    pool = np.flatnonzero(_mask(available, values.size))
    if not 1 <= k <= pool.size:
        raise ValueError(f"k: expected 1 to {pool.size}, the available candidates, got {k}")
    if np.isnan(values[pool]).any():
        raise ValueError("scores: expected numbers, got NaN")
    order = np.argsort(-values[pool], kind="stable")
    return pool[order[:k]]


def kriging_believer(
    posterior: Posterior,
    acquisition: Acquisition,
    k: int,
    *,
    best: float,
    available: ArrayLike | None = None,
) -> Indices:
    r"""Choose one after the other, each time believing the prediction :cite:`ginsbourger2010`.

    After :math:`j = \arg\max a` the posterior goes on as if :math:`y_j = \mu_j` had been measured:
    the mean stays, the standard deviation around :math:`j` shrinks, and the next choice goes
    elsewhere. The best value so far becomes :math:`\max(y^*, \mu_j)`.

    Args:
        posterior: Mean and standard deviation over the pool; it is left as it is.
        acquisition: Called as ``acquisition(mean, std, best=best)``.
        k: Size of the batch, 1 or more.
        best: Largest value measured so far.
        available: Boolean, shape ``(n_pool,)``: which candidates may be taken; by default all.

    Returns:
        Indices into the pool in the order of choice, shape ``(k,)``.

    Raises:
        ValueError: as :func:`top_k`.
    """
    free = _mask(available, posterior.mean.size).copy()
    if not 1 <= k <= free.sum():
        raise ValueError(f"k: expected 1 to {free.sum()}, the available candidates, got {k}")
    chosen: list[int] = []
    for _ in range(k):
        if chosen:  # believe the last choice, then look again
            believed = float(posterior.mean[chosen[-1]])
            posterior, best = posterior.fantasise(chosen[-1:], [believed]), max(best, believed)
        scores = acquisition(posterior.mean, posterior.std, best=best)
        chosen.append(int(top_k(scores, 1, available=free)[0]))
        free[chosen[-1]] = False
    return np.array(chosen, dtype=np.intp)


def local_penalisation(
    log_scores: ArrayLike,
    mean: ArrayLike,
    std: ArrayLike,
    k: int,
    *,
    best: float,
    lipschitz: float,
    distances: Distances,
    available: ArrayLike | None = None,
) -> Indices:
    r"""Choose one after the other, keeping away from what is chosen :cite:`gonzalez2016`.

    If the target changes by at most :math:`L` per unit of distance and is nowhere above
    :math:`M`, the maximum is no nearer to :math:`x_j` than :math:`(M - f(x_j))/L`. The score is
    multiplied, for each chosen :math:`j`, by the probability of not being that near,
    :math:`\phi_j(x) = \Phi\bigl((L \lVert x - x_j \rVert - M + \mu_j) / \sigma_j\bigr)`.

    Args:
        log_scores: Logarithm of a positive acquisition function, shape ``(n_pool,)``: log EI, or
            :func:`log_softplus` of one that takes both signs.
        mean: Predictive mean, shape ``(n_pool,)``.
        std: Predictive standard deviation, same shape and unit.
        k: Size of the batch, 1 or more.
        best: Estimate of the maximum :math:`M`, as a rule the largest value so far.
        lipschitz: Estimate of :math:`L`, positive; :func:`steepest_slope` gives one.
        distances: ``distances(j)`` gives the distance of every candidate from candidate ``j``,
            shape ``(n_pool,)``, not negative.
        available: Boolean, shape ``(n_pool,)``: which candidates may be taken; by default all.

    Returns:
        Indices into the pool in the order of choice, shape ``(k,)``.

    Raises:
        ValueError: as :func:`top_k`, or if ``lipschitz`` is not positive.
    """
    centre, spread = prediction(mean, std)
    scores = np.array(log_scores, dtype=float)
    if scores.shape != centre.shape:
        raise ValueError(f"log_scores: expected shape {centre.shape}, got {scores.shape}")
    if finite_number(lipschitz, "lipschitz") <= 0:
        raise ValueError(f"lipschitz: expected a positive number, got {lipschitz}")
    free = _mask(available, scores.size).copy()
    if not 1 <= k <= free.sum():
        raise ValueError(f"k: expected 1 to {free.sum()}, the available candidates, got {k}")
    chosen = []
    for _ in range(k):
        j = int(top_k(scores, 1, available=free)[0])
        chosen.append(j)
        free[j] = False
        room = (
            lipschitz * _distances(distances, j, scores.size)
            - finite_number(best, "best")
            + centre[j]
        )
        scores = scores + _log_penalty(room, float(spread[j]))
    return np.array(chosen, dtype=np.intp)


def steepest_slope(mean: ArrayLike, distances: Distances, *, anchors: ArrayLike) -> float:
    r"""Largest slope of the mean between an anchor and any candidate: an estimate of :math:`L`.

    :math:`\max_{j \in \mathrm{anchors}} \max_i \lvert \mu_i - \mu_j \rvert / \lVert x_i - x_j
    \rVert` over candidates that are apart; a pool has no gradient to ask. It is 0 where the mean is
    flat, and then no estimate of anything.

    Args:
        mean: Predictive mean, shape ``(n_pool,)``.
        distances: As in :func:`local_penalisation`.
        anchors: Candidates from which slopes are taken, shape ``(n_anchors,)``.

    Raises:
        ValueError: if there is no anchor, or no two candidates that are apart.
    """
    centre = np.asarray(mean, dtype=float)
    slopes = [0.0]
    for j in np.atleast_1d(np.asarray(anchors, dtype=np.intp)):
        away = _distances(distances, int(j), centre.size)
        apart = away > 0
        slopes.extend((np.abs(centre - centre[j])[apart] / away[apart]).tolist())
    if len(slopes) == 1:
        raise ValueError("expected an anchor and a candidate at a distance from it, found none")
    return float(max(slopes))


def log_softplus(scores: ArrayLike, *, scale: float) -> NDArray[np.float64]:
    r"""Logarithm of a positive version of any score, :math:`\log\log(1 + e^{a / s})`.

    Args:
        scores: Scores :math:`a` of any sign, shape ``(n_pool,)``.
        scale: What counts as one unit :math:`s`, positive; their standard deviation, say.

    Raises:
        ValueError: if ``scale`` is not positive.
    """
    if finite_number(scale, "scale") <= 0:
        raise ValueError(f"scale: expected a positive number, got {scale}")
    a = np.asarray(scores, dtype=float) / scale
    # Far below zero log(1 + e^a) is e^a, whose logarithm is a.
    return np.asarray(np.where(a < -30, a, np.log(np.logaddexp(0, np.maximum(a, -30)))))


def _log_penalty(room: NDArray[np.float64], std: float) -> NDArray[np.float64]:
    if std > 0:
        with np.errstate(over="ignore"):  # so sure that only the sign matters
            return np.asarray(log_ndtr(room / std), dtype=float)
    return np.where(room >= 0, 0.0, -np.inf)


def _distances(distances: Distances, j: int, n_pool: int) -> NDArray[np.float64]:
    away = np.asarray(distances(j), dtype=float)
    if away.shape != (n_pool,) or not (away >= 0).all():
        raise ValueError(f"distances({j}): expected {n_pool} numbers of 0 or more")
    return away


def _mask(available: ArrayLike | None, n_pool: int) -> NDArray[np.bool_]:
    if available is None:
        return np.ones(n_pool, dtype=bool)
    mask = np.asarray(available)
    if mask.dtype != bool or mask.shape != (n_pool,):
        raise ValueError(
            f"available: expected {n_pool} booleans, got {mask.dtype} of shape {mask.shape}"
        )
    return mask
