"""Intervals: what an estimate could have been, had the samples fallen otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy  # its modules are imported where they are first used: statistics take a second
from numpy.typing import ArrayLike, NDArray

Statistic = Callable[..., Any]
_BATCH_VALUES = 2_000_000  # resampled numbers held in memory at once (16 MB)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate and the interval it lies in with confidence ``level``, all in one unit."""

    estimate: float
    low: float
    high: float
    level: float = 0.95

    def __post_init__(self) -> None:
        """Check that the bounds are in order and the level is a probability."""
        _check_level(self.level)
        if np.isnan(self.estimate):
            raise ValueError("estimate: expected a number, got NaN")
        if not self.low <= self.high:
            raise ValueError(f"expected low <= high, got {self.low} and {self.high}")

    @property
    def width(self) -> float:
        """Distance between the bounds, in the unit of the estimate."""
        return self.high - self.low

    def excludes(self, value: float) -> bool:
        """Whether ``value`` lies outside the interval (0 for a difference: a clear winner)."""
        return not self.low <= value <= self.high

    def text(self, unit: str = "", *, digits: int | None = None) -> str:
        """Write the interval out: ``0.123 eV (95% interval 0.105 to 0.142 eV)``.

        Args:
            unit: Unit to print after the numbers, empty for none.
            digits: Decimals; by default as many as show two digits of the interval's width.
        """
        places = _decimals(self.width or self.estimate) if digits is None else digits
        estimate, low, high = (decimal(v, places) for v in (self.estimate, self.low, self.high))
        space = f" {unit}" if unit else ""
        return f"{estimate}{space} ({100 * self.level:.3g}% interval {low} to {high}{space})"

    def __str__(self) -> str:
        """Write the interval out without a unit."""
        return self.text()


def decimal(value: float, digits: int) -> str:
    """Write a number as prose prints it: a minus sign, not a hyphen, and none before a zero.

    Args:
        value: The number.
        digits: Decimals to show.
    """
    return f"{value:z.{digits}f}".replace("-", "−")


def bootstrap_interval(
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    statistic: Statistic = np.mean,
    level: float = 0.95,
    n_resamples: int = 2000,
) -> Interval:
    """Interval of a statistic by the bias-corrected, accelerated bootstrap :cite:`efron1987`.

    The values must be independent of each other: errors of replicates of one composition are
    not (use :func:`grouped_mean_interval`), and of fewer than about 15 values the interval is
    too narrow (use :func:`mean_interval`).

    Args:
        values: Sample, shape ``(n_samples,)``, ``n_samples >= 2``, finite.
        rng: Source of the resampling.
        statistic: Takes an array and ``axis``, as ``np.mean`` and ``np.median`` do.
        level: Confidence of the interval, between 0 and 1.
        n_resamples: Number of bootstrap samples.

    Raises:
        ValueError: if the sample is not a finite vector of two or more, or a setting is off.
    """
    sample = finite_vector(values, "values", at_least=2)
    _check_level(level)
    estimate = float(statistic(sample, axis=-1))
    if np.all(sample == sample[0]):  # nothing varies: resampling cannot either
        return Interval(estimate=estimate, low=estimate, high=estimate, level=level)
    result = scipy.stats.bootstrap(
        (sample,),
        statistic,
        n_resamples=n_resamples,
        batch=max(1, _BATCH_VALUES // sample.size),
        vectorized=True,
        confidence_level=level,
        rng=rng,
    )
    low, high = (float(bound) for bound in result.confidence_interval)
    return Interval(estimate=estimate, low=low, high=high, level=level)


def paired_difference_interval(
    a: ArrayLike,
    b: ArrayLike,
    *,
    rng: np.random.Generator,
    statistic: Statistic = np.mean,
    level: float = 0.95,
    n_resamples: int = 2000,
) -> Interval:
    """Interval of ``statistic(a - b)``: how much two models differ on the same samples.

    Pairing removes what both find hard; two separate intervals that overlap do not show that
    the models are equal.

    Args:
        a: One number per sample, say an error, shape ``(n_samples,)``.
        b: The same of the other model, in the order of the same samples.
        rng: Source of the resampling.
        statistic: Of the differences; by default their mean. See :func:`bootstrap_interval`.
        level: Confidence of the interval, between 0 and 1.
        n_resamples: Number of bootstrap resamples.

    Raises:
        ValueError: if the shapes differ, or as :func:`bootstrap_interval`.
    """
    first, second = finite_vector(a, "a", at_least=2), finite_vector(b, "b", at_least=2)
    _check_same_length(a=first, b=second)
    return bootstrap_interval(
        first - second, rng=rng, statistic=statistic, level=level, n_resamples=n_resamples
    )


def mean_interval(values: ArrayLike, *, level: float = 0.95) -> Interval:
    r"""Student's interval of a mean, for a handful of independent repeats :cite:`student1908`.

    :math:`\bar x \pm t_{n-1} \, s / \sqrt n`. It keeps its level down to two repeats where the
    bootstrap does not. Folds of one cross-validation share their training data and are not
    independent repeats.

    Args:
        values: One per repeat, shape ``(n_repeats,)``, two or more, finite.
        level: Confidence of the interval, between 0 and 1.

    Raises:
        ValueError: if there are fewer than two values, one is not finite, or the level is none.
    """
    sample = finite_vector(values, "values", at_least=2)
    _check_level(level)
    error = float(scipy.stats.sem(sample) * scipy.stats.t.ppf((1 + level) / 2, sample.size - 1))
    mean = float(sample.mean())
    return Interval(estimate=mean, low=mean - error, high=mean + error, level=level)


def grouped_mean_interval(
    values: ArrayLike,
    groups: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_resamples: int = 2000,
) -> Interval:
    """Bootstrap interval of a mean whose values come in groups: whole groups are resampled.

    Args:
        values: Sample, shape ``(n_samples,)``, finite.
        groups: Group of each value, shape ``(n_samples,)``, two groups or more.
        rng: Source of the resampling.
        level: Confidence of the interval (percentiles of the resampled means).
        n_resamples: Number of bootstrap samples.

    Raises:
        ValueError: if lengths differ or there are fewer than two groups.
    """
    sample = finite_vector(values, "values", at_least=2)
    codes = group_codes(groups, sample.size)
    _check_level(level)
    counts = np.bincount(codes)
    if counts.size < 2:
        raise ValueError("expected two groups or more to resample, got one")
    # How often each group is drawn is multinomial; a resampled mean is then a ratio of sums.
    times = rng.multinomial(counts.size, np.full(counts.size, 1 / counts.size), n_resamples)
    means = (times @ np.bincount(codes, weights=sample)) / (times @ counts)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Interval(estimate=float(sample.mean()), low=low, high=high, level=level)


def finite_vector(values: ArrayLike, name: str, *, at_least: int) -> NDArray[np.float64]:
    """Turn ``values`` into a vector of floats, or say why it is none."""
    vector = np.asarray(values, dtype=float)
    if vector.ndim != 1 or vector.size < at_least:
        raise ValueError(f"{name}: expected a vector of {at_least} or more, got {vector.shape}")
    if not np.isfinite(vector).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
    return vector


def group_codes(groups: ArrayLike, n_samples: int) -> NDArray[np.intp]:
    """Number the groups from 0, one code per sample."""
    labels = np.asarray(groups)
    if labels.shape != (n_samples,):
        raise ValueError(f"groups: expected shape ({n_samples},), got {labels.shape}")
    if pd.isna(labels).any():  # NumPy would make one group of all that is missing
        raise ValueError("groups: expected a label for each sample, got a missing one")
    codes: NDArray[np.intp] = np.unique(labels, return_inverse=True)[1]
    return codes


def _check_same_length(**vectors: NDArray[np.float64]) -> None:
    if len({vector.shape for vector in vectors.values()}) > 1:
        shapes = ", ".join(f"{name} {vector.shape}" for name, vector in vectors.items())
        raise ValueError(f"expected one shape, got {shapes}")


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability between 0 and 1, got {level}")


def _decimals(width: float) -> int:
    return max(0, 1 - int(np.floor(np.log10(abs(width))))) if width else 2
