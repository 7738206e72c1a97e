"""A forest's spread as an uncertainty: read off the trees, judged, recalibrated, and misread."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import GroupShuffleSplit

from matinf.background.evaluating_models import seed
from matinf.calibration import coverage, fit_std_scale, needed_levels
from matinf.intervals import Interval, mean_interval
from matinf.splits import Split, grouped_folds, leave_one_cluster_out

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


def tree_spread(forest: RandomForestRegressor, X: Matrix) -> tuple[Vector, Vector]:
    r"""Mean and standard deviation of the trees of a forest, both in the target's unit.

    :math:`\mu = \frac{1}{T} \sum_t f_t(\mathbf{x})` and
    :math:`\sigma^2 = \frac{1}{T} \sum_t (f_t(\mathbf{x}) - \mu)^2`; returned is
    :math:`\sigma`, not :math:`\sigma^2`.

    Args:
        forest: A fitted forest of T trees.
        X: Features, shape ``(n_samples, n_features)``.
    """
    trees = np.stack([tree.predict(X) for tree in forest.estimators_])
    return trees.mean(axis=0), trees.std(axis=0)


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """Measured values, predictions and their standard deviations, all ``(n_samples,)``."""

    y: Vector
    mean: Vector
    std: Vector

    def in_unit(self, factor: float) -> "Predicted":
        """Write everything in another unit: 1000 turns eV into meV."""
        return Predicted(y=self.y * factor, mean=self.mean * factor, std=self.std * factor)

    def with_std(self, std: Vector) -> "Predicted":
        """Take other standard deviations for the same predictions."""
        return Predicted(y=self.y, mean=self.mean, std=std)

    def coverage(self, level: float) -> float:
        """Share of the measured values inside their interval of this level."""
        return float(coverage(self.y, self.mean, self.std, levels=[level])[0])


@dataclass(frozen=True, kw_only=True)
class Recalibration:
    """One forest's uncertainties: where the factor is fitted, and where it is judged."""

    held_out: Predicted  # fitted the factor, trained nothing
    test: Predicted  # trained nothing, fitted nothing
    scale: float

    @property
    def recalibrated(self) -> Predicted:
        """The test samples with standard deviations times the factor."""
        return self.test.with_std(self.scale * self.test.std)


def recalibrate(
    X: Matrix,
    y: Vector,
    groups: ArrayLike,
    *,
    split: Split,
    rng: np.random.Generator,
    n_trees: int = 100,
) -> Recalibration:
    """Train on part of the training rows, fit a factor on the rest of them, judge on the test.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)``.
        groups: Group of each sample; a fifth of the training groups fits the factor.
        split: Row numbers of training and test.
        rng: Source of the inner split and the forest.
        n_trees: Trees of the forest.
    """
    train, test = split
    inner = GroupShuffleSplit(1, test_size=0.2, random_state=seed(rng))
    fitted, held = next(inner.split(train, groups=np.asarray(groups)[train]))
    forest = RandomForestRegressor(n_trees, max_features="sqrt", random_state=seed(rng))
    forest.fit(X[train[fitted]], y[train[fitted]])
    held_out, tested = (
        Predicted(y=y[rows], mean=mean, std=std)
        for rows in (train[held], test)
        for mean, std in [tree_spread(forest, X[rows])]
    )
    scale = fit_std_scale(held_out.y, held_out.mean, held_out.std)
    return Recalibration(held_out=held_out, test=tested, scale=scale)


@dataclass(frozen=True, kw_only=True)
class ShiftedCoverage:
    """Coverage of recalibrated intervals for each kind of compound, ``(n_kinds,)`` each."""

    level: float
    names: list[str]
    n_samples: NDArray[np.intp]
    known: Vector  # tested by models that saw others of its kind
    new: Vector  # tested by models that saw none of its kind

    @property
    def loss(self) -> Interval:
        """Mean drop of coverage over kinds, with Student's 95% interval over kinds."""
        return mean_interval(self.known - self.new)

    def chance(self) -> tuple[Vector, Vector]:
        """Bounds of coverage that an honest level gives in 95% of cases (binomial)."""
        low, high = (
            stats.binom.ppf(tail, self.n_samples, self.level) / self.n_samples
            for tail in (0.025, 0.975)
        )
        return low, high


def coverage_under_shift(
    X: Matrix,
    y: Vector,
    systems: ArrayLike,
    kinds: Sequence[str],
    *,
    rng: np.random.Generator,
    level: float = 0.9,
    n_trees: int = 40,
) -> ShiftedCoverage:
    """Compare coverage among known kinds of compound with coverage on a kind held back whole.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)``.
        systems: Chemical system of each sample, never split.
        kinds: Kind of each sample, such as its chemical family.
        rng: Source of splits and forests.
        level: Level of the intervals.
        n_trees: Trees per forest.
    """
    names, codes = np.unique(np.asarray(kinds, dtype=str), return_inverse=True)

    def inside(splits: Iterator[Split]) -> Vector:
        hit = np.empty(len(y))
        for split in splits:
            judged = recalibrate(X, y, systems, split=split, rng=rng, n_trees=n_trees).recalibrated
            hit[split[1]] = needed_levels(judged.y, judged.mean, judged.std) <= level
        return np.bincount(codes, weights=hit) / np.bincount(codes)

    return ShiftedCoverage(
        level=level,
        names=names.tolist(),
        n_samples=np.bincount(codes),
        known=inside(grouped_folds(systems, rng=rng)),
        new=inside(leave_one_cluster_out(codes)),
    )
