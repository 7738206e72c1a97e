"""Acquisition functions: how much each unmeasured candidate is worth measuring next.

Plain NumPy on a predictive mean and a predictive **standard deviation** (never the variance), one
score per candidate; larger targets are better, and larger scores. An empty pool has no scores.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfcx, ndtr

from matinf.active.checks import candidate_vector, deviations, finite_number, prediction

Scores = NDArray[np.float64]

_LOG_SQRT_2PI = 0.5 * np.log(2 * np.pi)


def maximum_mean(mean: ArrayLike) -> Scores:
    r"""Exploit: the predicted value itself, :math:`a = \mu`.

    Args:
        mean: Predictive mean, shape ``(n_candidates,)``, in the target's unit.

    Raises:
        ValueError: if it is no finite vector.
    """
    return candidate_vector(mean, "mean").copy()


def closest_to_target(mean: ArrayLike, *, target: float) -> Scores:
    r"""Exploit towards a value instead of a maximum: :math:`a = -\lvert \mu - t \rvert`.

    Args:
        mean: Predictive mean, shape ``(n_candidates,)``.
        target: The value sought :math:`t`, in the unit of ``mean``.

    Raises:
        ValueError: if an argument is not finite.
    """
    return -np.abs(candidate_vector(mean, "mean") - finite_number(target, "target"))


def maximum_std(std: ArrayLike) -> Scores:
    r"""Explore: measure where the model knows least, :math:`a = \sigma`.

    Args:
        std: Predictive standard deviation, shape ``(n_candidates,)``, not negative.

    Raises:
        ValueError: if it is no finite vector, or negative somewhere.
    """
    return deviations(std).copy()


def probability_of_improvement(
    mean: ArrayLike, std: ArrayLike, *, best: float, xi: float = 0.0
) -> Scores:
    r"""Chance that a candidate beats the best value so far by more than a margin.

    :math:`\mathrm{PI} = \Phi\bigl((\mu - y^* - \xi) / \sigma\bigr)` :cite:`kushner1964`.

    Args:
        mean: Predictive mean, shape ``(n_candidates,)``, in the target's unit.
        std: Predictive standard deviation, same shape and unit, not negative.
        best: Largest value so far :math:`y^*`, same unit.
        xi: Margin :math:`\xi \ge 0` by which it must be beaten, same unit.

    Returns:
        Probability per candidate, shape ``(n_candidates,)``; 0 or 1 where ``std`` is 0.

    Raises:
        ValueError: if shapes differ, something is not finite, or a ``std`` or ``xi`` is negative.
    """
    gain, std = _gain(mean, std, best, xi)
    return np.asarray(np.where(std > 0, ndtr(_z(gain, std)), gain > 0), dtype=float)


def expected_improvement(
    mean: ArrayLike, std: ArrayLike, *, best: float, xi: float = 0.0
) -> Scores:
    r"""Mean of the amount by which a candidate beats the best value so far.

    :math:`\mathrm{EI} = \mathbb{E}\max(f - y^* - \xi, 0) = (\mu - y^* - \xi)\,\Phi(z) +
    \sigma\,\varphi(z)` with :math:`z = (\mu - y^* - \xi)/\sigma` :cite:`mockus1975,jones1998`.
    Far below the best it underflows to 0; :func:`log_expected_improvement` does not.

    Args:
        mean: Predictive mean, shape ``(n_candidates,)``, in the target's unit.
        std: Predictive standard deviation, same shape and unit, not negative.
        best: Largest value so far :math:`y^*`, same unit.
        xi: Margin :math:`\xi \ge 0`, same unit.

    Returns:
        Expected improvement, shape ``(n_candidates,)``, in the target's unit, not negative.

    Raises:
        ValueError: as :func:`probability_of_improvement`.
    """
    gain, std = _gain(mean, std, best, xi)
    z = _z(gain, std)
    with np.errstate(over="ignore"):  # so far from the best that only the sign matters
        improvement = gain * ndtr(z) + std * np.exp(-0.5 * z**2 - _LOG_SQRT_2PI)
    return np.where(std > 0, np.maximum(improvement, 0), np.maximum(gain, 0))


def log_expected_improvement(
    mean: ArrayLike, std: ArrayLike, *, best: float, xi: float = 0.0
) -> Scores:
    r"""Logarithm of the expected improvement, to full accuracy where that is as good as 0.

    :math:`\log\mathrm{EI} = \log\sigma + \log h(z)` with :math:`h(z) = \varphi(z) + z\,\Phi(z)`.
    Below :math:`z = -1` the two terms of :math:`h` cancel, and later underflow; with
    :math:`x = -z` it is written as :math:`h = \varphi(x)\,\bigl(1 - \sqrt{\pi/2}\; x\,
    \mathrm{erfcx}(x/\sqrt 2)\bigr)`, following :cite:t:`ament2023`.

    Args:
        mean: Predictive mean, shape ``(n_candidates,)``, in the target's unit.
        std: Predictive standard deviation, same shape and unit, not negative.
        best: Largest value so far :math:`y^*`, same unit.
        xi: Margin :math:`\xi \ge 0`, same unit.

    Returns:
        Natural logarithm per candidate, shape ``(n_candidates,)``; ``-inf`` where ``std`` is 0
        and nothing is to be gained.

    Raises:
        ValueError: as :func:`probability_of_improvement`.
    """
    gain, std = _gain(mean, std, best, xi)
    z = _z(gain, std)
    near = (z > -1) | (std == 0)
    with np.errstate(divide="ignore"):  # log 0 is -inf, as it should be
        plain = np.log(expected_improvement(gain, std, best=0.0))
        far = np.log(std) + _log_h_below(np.where(near, -1.0, z))
    return np.where(near, plain, far)


def upper_confidence_bound(mean: ArrayLike, std: ArrayLike, *, beta: float) -> Scores:
    r"""Optimism: what a candidate could be, :math:`\mathrm{UCB} = \mu + \beta\,\sigma`.

    ``beta`` 0 exploits, a large one explores. The :math:`\beta_t` of :cite:t:`srinivas2012`
    stands under a root and is the square of this one.

    Args:
        mean: Predictive mean, shape ``(n_candidates,)``, in the target's unit.
        std: Predictive standard deviation, same shape and unit, not negative.
        beta: How many standard deviations to hope for, not negative.

    Returns:
        Upper bound, shape ``(n_candidates,)``, in the target's unit.

    Raises:
        ValueError: if shapes differ, something is not finite, or a ``std`` or ``beta`` negative.
    """
    mean, std = prediction(mean, std)
    return np.asarray(mean + finite_number(beta, "beta", at_least=0) * std, dtype=float)


def thompson(sample: ArrayLike) -> Scores:
    r"""Thompson sampling: one joint draw from the posterior, believed :cite:`thompson1933`.

    :math:`a = \tilde f` with :math:`\tilde f \sim \mathcal{N}(\boldsymbol\mu, \Sigma)` over all
    candidates: a candidate is chosen as often as it is believed to be the best. That holds for a
    joint draw (``PoolPosterior.sample``), in which neighbours rise and fall together.

    Args:
        sample: The draw, shape ``(n_candidates,)``, in the target's unit.

    Raises:
        ValueError: if it is no finite vector.
    """
    return candidate_vector(sample, "sample").copy()


def random_scores(n_candidates: int, *, rng: np.random.Generator) -> Scores:
    """Scores whose order is random: the best k of them are k candidates without replacement.

    Args:
        n_candidates: Size of the pool, 0 or more.
        rng: Source of the order.

    Returns:
        The numbers from 0 to ``n_candidates - 1`` in random order, as floats.

    Raises:
        ValueError: if the size is negative.
    """
    if n_candidates < 0:
        raise ValueError(f"n_candidates: expected 0 or more, got {n_candidates}")
    return rng.permutation(n_candidates).astype(float)


def _log_h_below(z: Scores) -> Scores:
    """Logarithm of phi(z) + z Phi(z) for ``z <= -1``, within about 1e-11 of it."""
    x = -z
    near = np.minimum(x, 200.0)
    factor = np.log1p(-np.sqrt(np.pi / 2) * near * erfcx(near / np.sqrt(2)))
    # Further out the difference from 1 drowns in rounding: its asymptotic series instead.
    far = np.maximum(x, 200.0)
    inverse = far**-2.0
    series = np.log(inverse) + np.log1p(inverse * (-3 + inverse * (15 - 105 * inverse)))
    with np.errstate(over="ignore"):
        gauss = -0.5 * x**2 - _LOG_SQRT_2PI
    return gauss + np.where(x <= 200, factor, series)


def _z(gain: Scores, std: Scores) -> Scores:
    """Gain in standard deviations; 0 where ``std`` is 0, infinite where it overflows."""
    with np.errstate(over="ignore"):
        return np.divide(gain, std, out=np.zeros_like(gain), where=std > 0)


def _gain(mean: ArrayLike, std: ArrayLike, best: float, xi: float) -> tuple[Scores, Scores]:
    mean, std = prediction(mean, std)
    return mean - finite_number(best, "best") - finite_number(xi, "xi", at_least=0), std
