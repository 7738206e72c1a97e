"""Random search without replacement, in closed form: what any strategy is to be compared with."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import hypergeom

from matinf.intervals import finite_vector


def random_expected_best(y_pool: ArrayLike, n_max: int) -> NDArray[np.float64]:
    r"""Mean of the best value among n candidates drawn without replacement, n from 1 on.

    With the values sorted upwards, all n draws come from the i lowest of N with probability
    :math:`F_n(i) = \binom{i}{n} / \binom{N}{n}`, so that
    :math:`\mathbb{E}\max = \sum_i y_{(i)} \bigl(F_n(i) - F_n(i-1)\bigr)`.

    Args:
        y_pool: Value of every candidate, shape ``(n_pool,)``.
        n_max: Largest number of draws, 1 to ``n_pool``.

    Returns:
        Expected best after 1, 2, ... ``n_max`` draws, shape ``(n_max,)``, in the unit of ``y``.

    Raises:
        ValueError: if the values are no finite vector, or ``n_max`` is out of range.
    """
    y = np.sort(finite_vector(y_pool, "y_pool", at_least=1))
    if not 1 <= n_max <= y.size:
        raise ValueError(f"n_max: expected 1 to {y.size}, got {n_max}")
    lower = np.arange(1, y.size + 1)  # i
    F = np.ones(y.size)
    expected = np.empty(n_max)
    for n in range(1, n_max + 1):
        # The n-th draw too is from the i lowest, of which n - 1 are gone.
        F *= np.maximum(lower - n + 1, 0) / (y.size - n + 1)
        expected[n - 1] = y @ np.diff(F, prepend=0.0)
    return expected


def random_expected_recall(n: ArrayLike, *, n_pool: int) -> NDArray[np.float64]:
    r"""Expected share of the k best among n random draws: :math:`n / N`, whatever k.

    Args:
        n: Number of draws, 0 to ``n_pool``, any shape.
        n_pool: Size of the pool.

    Raises:
        ValueError: if a number of draws is out of range.
    """
    draws = np.asarray(n, dtype=float)
    if n_pool < 1 or not ((draws >= 0) & (draws <= n_pool)).all():
        raise ValueError(f"n: expected 0 to n_pool = {n_pool} draws")
    return draws / n_pool


def random_mean_draws(m: int, *, k: int, n_pool: int) -> float:
    r"""Mean number of draws until m of the k best are held: :math:`m (N + 1) / (k + 1)`.

    The mean of the negative hypergeometric distribution, the last draw included.

    Args:
        m: How many of the best are wanted, 1 to ``k``.
        k: How many count as the best, up to ``n_pool``.
        n_pool: Size of the pool.

    Raises:
        ValueError: unless ``1 <= m <= k <= n_pool``.
    """
    _check_order(m, k, n_pool)
    return m * (n_pool + 1) / (k + 1)


def random_chance_to_hold(n: ArrayLike, m: int, *, k: int, n_pool: int) -> NDArray[np.float64]:
    r"""Probability that n random draws hold m or more of the k best.

    :math:`P(T \le n) = P(H \ge m)` with :math:`H` hypergeometric: n draws from N, k of them good.

    Args:
        n: Number of draws, 0 to ``n_pool``, any shape.
        m: How many of the best are wanted, 1 to ``k``.
        k: How many count as the best, up to ``n_pool``.
        n_pool: Size of the pool.

    Raises:
        ValueError: unless ``1 <= m <= k <= n_pool`` and the draws are in range.
    """
    _check_order(m, k, n_pool)
    draws = np.asarray(n)
    if not ((draws >= 0) & (draws <= n_pool)).all():
        raise ValueError(f"n: expected 0 to n_pool = {n_pool} draws")
    return np.asarray(hypergeom.sf(m - 1, n_pool, k, draws), dtype=float)


def random_draws_quantile(m: int, *, k: int, n_pool: int, level: float = 0.5) -> int:
    """Fewest draws that hold m of the k best with probability ``level``; by default the median.

    Args:
        m: How many of the best are wanted, 1 to ``k``.
        k: How many count as the best, up to ``n_pool``.
        n_pool: Size of the pool.
        level: Probability, above 0 and below 1.

    Raises:
        ValueError: as :func:`random_chance_to_hold`, or if ``level`` is no probability.
    """
    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability between 0 and 1, got {level}")
    chance = random_chance_to_hold(np.arange(n_pool + 1), m, k=k, n_pool=n_pool)
    return int(np.searchsorted(chance, level - 1e-12))


def _check_order(m: int, k: int, n_pool: int) -> None:
    if not 1 <= m <= k <= n_pool:
        raise ValueError(f"expected 1 <= m <= k <= n_pool, got m = {m}, k = {k}, n_pool = {n_pool}")
