"""Intervals over repeats that share their data: folds and hold-outs of one data set."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from matinf.intervals import Interval, finite_vector


def corrected_interval(values: ArrayLike, *, test_share: float, level: float = 0.95) -> Interval:
    r"""Interval of a mean over repeated hold-outs of one data set :cite:`nadeau2003`.

    :math:`\bar x \pm t_{J-1} \, s \sqrt{1/J + n_\mathrm{test}/n_\mathrm{train}}`. The second
    term pays for training sets that overlap: more repeats never make the interval vanish.

    Args:
        values: One result per repeat, shape ``(n_repeats,)``, two or more.
        test_share: Share of the rows held back each time, between 0 and 1.
        level: Confidence of the interval.

    Raises:
        ValueError: if there are fewer than two results or ``test_share`` is no share.
    """
    sample = finite_vector(values, "values", at_least=2)
    if not 0 < test_share < 1:
        raise ValueError(f"test_share: expected a share between 0 and 1, got {test_share}")
    variance = sample.var(ddof=1) * (1 / sample.size + test_share / (1 - test_share))
    half = float(stats.t.ppf((1 + level) / 2, sample.size - 1) * np.sqrt(variance))
    mean = float(sample.mean())
    return Interval(estimate=mean, low=mean - half, high=mean + half, level=level)
