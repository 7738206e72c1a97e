"""How good a campaign was, judged afterwards by one who knows the whole pool.

Nothing here may be asked during a campaign: it needs the values of candidates that were never
measured. Random search's closed forms (``matinf.active.random_search``) belong to it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.active.random_search import (
    random_chance_to_hold,
    random_draws_quantile,
    random_expected_best,
    random_expected_recall,
    random_mean_draws,
)
from matinf.intervals import finite_vector

__all__ = [
    "acceleration_factor",
    "best_so_far",
    "enhancement_factor",
    "experiments_to_reach",
    "random_chance_to_hold",
    "random_draws_quantile",
    "random_expected_best",
    "random_expected_recall",
    "random_mean_draws",
    "simple_regret",
    "top_k_recall",
]


def best_so_far(y_measured: ArrayLike) -> NDArray[np.float64]:
    """Largest value among the first n measurements, for each n, shape ``(n_measured,)``.

    Args:
        y_measured: Values in the order of measurement, shape ``(n_measured,)``.

    Raises:
        ValueError: if they are no finite vector of one or more.
    """
    return np.maximum.accumulate(finite_vector(y_measured, "y_measured", at_least=1))


def simple_regret(y_measured: ArrayLike, *, optimum: float) -> NDArray[np.float64]:
    r"""What is still missing to the best of the pool after each measurement.

    :math:`r_n = y_\mathrm{max} - \max_{i \le n} y_i`, in the unit of the target.

    Args:
        y_measured: Values in the order of measurement, shape ``(n_measured,)``.
        optimum: Largest value of the pool :math:`y_\mathrm{max}`.

    Raises:
        ValueError: if the values are no finite vector, or one exceeds the optimum.
    """
    regret = optimum - best_so_far(y_measured)
    if not regret[-1] >= 0:
        raise ValueError(f"optimum: a measurement exceeds {optimum}; is it of another pool?")
    return regret


def top_k_recall(measured: ArrayLike, y_pool: ArrayLike, *, k: int) -> NDArray[np.float64]:
    """Share of the k best candidates of the pool among the first n measured, for each n.

    Candidates that tie with the k-th best count as best too; the share ends at 1. A candidate
    that is measured twice counts once.

    Args:
        measured: Indices into the pool in the order of measurement, shape ``(n_measured,)``.
        y_pool: Value of every candidate, shape ``(n_pool,)``.
        k: How many count as the best, 1 to ``n_pool``.

    Returns:
        Recall between 0 and 1, shape ``(n_measured,)``.

    Raises:
        ValueError: if ``k`` or an index is out of range.
    """
    y = finite_vector(y_pool, "y_pool", at_least=1)
    order = np.asarray(measured)
    if not 1 <= k <= y.size:
        raise ValueError(f"k: expected 1 to {y.size}, got {k}")
    if order.ndim != 1 or (order.size and not np.issubdtype(order.dtype, np.integer)):
        raise ValueError(f"measured: expected a vector of indices, got {order.dtype} {order.shape}")
    if order.size and not (order.min() >= 0 and order.max() < y.size):
        raise ValueError(f"measured: expected indices from 0 to {y.size - 1}")
    good = y >= np.partition(y, y.size - k)[y.size - k]
    first = np.zeros(order.size, dtype=bool)
    first[np.unique(order, return_index=True)[1]] = True
    found = np.cumsum(good[order.astype(np.intp)] & first)
    return np.minimum(found / k, 1.0)


def experiments_to_reach(performance: ArrayLike, level: float) -> float:
    """Experiments after which a performance first reaches ``level``; infinite if it never does.

    Args:
        performance: Value after 1, 2, ... experiments, larger is better (best so far, recall),
            shape ``(n_experiments,)``.
        level: What is to be reached.
    """
    reached = np.flatnonzero(finite_vector(performance, "performance", at_least=1) >= level)
    return float(reached[0] + 1) if reached.size else np.inf


def acceleration_factor(performance: ArrayLike, reference: ArrayLike, *, level: float) -> float:
    r"""How many times fewer experiments reach a level :cite:`rohr2020,liang2021`.

    :math:`\mathrm{AF}(p) = n_\mathrm{reference}(p) / n_\mathrm{method}(p)`, with :math:`n(p)` of
    :func:`experiments_to_reach`. Above 1 is faster. It is infinite if the reference never reaches
    the level, 0 if the method does not, NaN if neither does.

    Args:
        performance: Method's value after 1, 2, ... experiments, larger is better.
        reference: The same for the reference, as a rule random search.
        level: What is to be reached, in the unit of both.
    """
    ours, theirs = (experiments_to_reach(curve, level) for curve in (performance, reference))
    return float("nan") if np.isinf(ours) and np.isinf(theirs) else theirs / ours


def enhancement_factor(performance: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    r"""How many times better after equally many experiments :cite:`rohr2020,liang2021`.

    :math:`\mathrm{EF}(n) = p_\mathrm{method}(n) / p_\mathrm{reference}(n)`. It is a ratio: the
    performance needs a zero that means something, as a recall has and an energy has not.

    Args:
        performance: Method's value after 1, 2, ... experiments, 0 or more, shape ``(n,)``.
        reference: The same for the reference, same shape.

    Returns:
        Shape ``(n,)``; infinite where only the reference is 0, NaN where both are.

    Raises:
        ValueError: if shapes differ or a performance is negative.
    """
    ours = finite_vector(performance, "performance", at_least=1)
    theirs = finite_vector(reference, "reference", at_least=1)
    if ours.shape != theirs.shape:
        raise ValueError(f"expected one shape, got {ours.shape} and {theirs.shape}")
    if (ours < 0).any() or (theirs < 0).any():
        raise ValueError("expected performances of 0 or more: a ratio needs a meaningful zero")
    with np.errstate(divide="ignore", invalid="ignore"):
        return ours / theirs
