"""What a comparison of methods on the same splits has given: errors, intervals, differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.intervals import Interval, grouped_mean_interval, mean_interval
from matinf.repeats import corrected_interval

Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class CrossValidated:
    """Out-of-fold predictions of several methods, each sample predicted once per repeat.

    Attributes:
        y: Measured values, shape ``(n_samples,)``.
        groups: Group of each sample, shape ``(n_samples,)``.
        folds: Fold in which each sample was tested, shape ``(n_repeats, n_samples)``.
        predictions: For each method shape ``(n_repeats, n_samples)``, in the unit of ``y``.
    """

    y: Matrix
    groups: NDArray[np.str_]
    folds: NDArray[np.intp]
    predictions: Mapping[str, Matrix]

    @property
    def n_splits(self) -> int:
        """Number of folds in each repeat."""
        return int(self.folds.max()) + 1

    def errors(self, method: str, *, where: ArrayLike | None = None) -> Matrix:
        """Mean absolute error in each fold, shape ``(n_repeats, n_splits)``.

        Args:
            method: Name of the method.
            where: Mask of the samples to count, shape ``(n_samples,)``; all by default.

        Raises:
            ValueError: if a fold has no sample to count.
        """
        missed = np.abs(self.predictions[method] - self.y)
        counted = np.ones(self.y.size, dtype=bool) if where is None else np.asarray(where)
        in_fold = (self.folds[:, None] == np.arange(self.n_splits)[:, None]) & counted
        if not in_fold.any(axis=2).all():
            raise ValueError("where: a fold has no sample to count")
        return (in_fold * missed[:, None]).sum(axis=2) / in_fold.sum(axis=2)

    def interval(self, method: str, *, where: ArrayLike | None = None) -> Interval:
        """Mean of the folds' errors, with the interval of :func:`corrected_interval`."""
        return self._corrected(self.errors(method, where=where))

    def difference(self, method: str, other: str, *, where: ArrayLike | None = None) -> Interval:
        """Error of ``method`` minus that of ``other``, paired by fold; below 0, it is better.

        The interval allows for other training data and other test data.
        """
        return self._corrected(self.errors(method, where=where) - self.errors(other, where=where))

    def sample_difference(
        self, method: str, other: str, *, rng: np.random.Generator, where: ArrayLike | None = None
    ) -> Interval:
        """The same, paired by sample: bootstrap over groups of the models as they were fitted.

        The interval allows for other test data, not for other training data.
        """
        sizes = [np.abs(self.predictions[m] - self.y).mean(axis=0) for m in (method, other)]
        counted = slice(None) if where is None else np.asarray(where)
        values = (sizes[0] - sizes[1])[counted]
        return grouped_mean_interval(values, self.groups[counted], rng=rng)

    def _corrected(self, values: Matrix) -> Interval:
        return corrected_interval(values.ravel(), test_share=1 / self.n_splits)


@dataclass(frozen=True, kw_only=True)
class LearningCurves:
    """Mean absolute errors of several methods against the number of target samples.

    Attributes:
        sizes: Numbers of training samples, shape ``(n_sizes,)``.
        errors: For each method shape ``(n_repeats, n_sizes)``, in the target's unit.
        test_share: Share of all samples that each repeat tests on.
        plain_up_to: Size up to which repeats share so few training samples that Student's
            interval over them is taken as it is.
    """

    sizes: NDArray[np.intp]
    errors: Mapping[str, Matrix]
    test_share: float
    plain_up_to: int = 0

    def interval(self, method: str, size: int) -> Interval:
        """Mean error at one size with the interval of :func:`corrected_interval`.

        The correction is that for the largest training sets. Small ones overlap less than that,
        so that there the interval is rather too wide, unless ``plain_up_to`` lifts it.
        """
        return self._corrected(self.errors[method], size)

    def difference(self, method: str, other: str, size: int) -> Interval:
        """Error of ``method`` minus that of ``other``, paired by repeat; below 0, it is better."""
        return self._corrected(self.errors[method] - self.errors[other], size)

    def _corrected(self, errors: Matrix, size: int) -> Interval:
        if size not in self.sizes:
            raise ValueError(f"size: expected one of {self.sizes.tolist()}, got {size}")
        column = int(np.flatnonzero(self.sizes == size)[0])
        if size <= self.plain_up_to:
            return mean_interval(errors[:, column])
        return corrected_interval(errors[:, column], test_share=self.test_share)
