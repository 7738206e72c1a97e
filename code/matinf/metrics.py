"""How good a prediction is, how sure we are of that, and how good it could be.

Plain errors (mean absolute error, R²) are scikit-learn's; here is what it does not have:
intervals (:mod:`matinf.intervals`), the truth of predicted uncertainties
(:mod:`matinf.calibration`), and the error floor that disagreeing measurements set.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.calibration import (
    CalibrationCurve,
    calibration_curve,
    coverage,
    fit_std_scale,
    miscalibration_area,
)
from matinf.intervals import (
    Interval,
    bootstrap_interval,
    finite_vector,
    group_codes,
    grouped_mean_interval,
    mean_interval,
    paired_difference_interval,
)

__all__ = [
    "CalibrationCurve",
    "Interval",
    "ReplicateFloor",
    "bootstrap_interval",
    "calibration_curve",
    "coverage",
    "fit_std_scale",
    "grouped_mean_interval",
    "mean_interval",
    "miscalibration_area",
    "paired_difference_interval",
    "replicate_floor",
]


@dataclass(frozen=True, kw_only=True)
class ReplicateFloor:
    """How far a measurement lies from the others of its composition."""

    mean_absolute_error: Interval
    errors: NDArray[np.float64]  # signed, one per replicated measurement
    formulas: NDArray[Any]  # the composition of each error
    n_compositions: int

    @property
    def n_measurements(self) -> int:
        """Number of measurements that have at least one other of their composition."""
        return self.errors.size


def replicate_floor(
    formulas: ArrayLike,
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_resamples: int = 2000,
) -> ReplicateFloor:
    r"""Leave-one-out error of replicates: about what a model of composition alone can reach.

    Each measurement is predicted by the mean of the others of its composition,
    :math:`e_i = y_i - \bar y_{-i} = \frac{n}{n-1}(y_i - \bar y)`; a composition measured once
    says nothing and is left out. The interval resamples compositions, not measurements. Even a
    model that knew every true value would gain a little, since the mean of the others is not one.

    Args:
        formulas: Composition of each measurement, shape ``(n_measurements,)``.
        values: Measured values, same shape, in the target's unit.
        rng: Source of the resampling.
        level: Confidence of the interval.
        n_resamples: Number of bootstrap samples.

    Raises:
        ValueError: if lengths differ or fewer than two compositions have replicates.
    """
    measured = finite_vector(values, "values", at_least=2)
    codes = group_codes(formulas, measured.size)
    counts = np.bincount(codes)
    means = np.bincount(codes, weights=measured) / counts
    kept = counts[codes] > 1
    n = counts[codes][kept]
    errors = (measured[kept] - means[codes][kept]) * n / (n - 1)
    if np.sum(counts > 1) < 2:
        raise ValueError("expected two compositions or more with replicates")
    return ReplicateFloor(
        mean_absolute_error=grouped_mean_interval(
            np.abs(errors), codes[kept], rng=rng, level=level, n_resamples=n_resamples
        ),
        errors=errors,
        formulas=np.asarray(formulas)[kept],
        n_compositions=int(np.sum(counts > 1)),
    )
