"""Leakage made to happen: the same evaluation, once as it should be and once as it often is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from matinf.background.evaluating_models import seed
from matinf.intervals import Interval, mean_interval
from matinf.repeats import corrected_interval
from matinf.splits import random_folds

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Leak:
    """R² of one evaluation with a leak and without, one pair per repeat."""

    name: str
    leaked: Vector  # (n_repeats,)
    honest: Vector  # (n_repeats,)
    test_share: float | None = None  # of repeated hold-outs; None: repeats are independent

    def interval(self, values: Vector) -> Interval:
        """95% interval of the mean over repeats of ``leaked``, ``honest`` or a difference."""
        if self.test_share is None:
            return mean_interval(values)
        return corrected_interval(values, test_share=self.test_share)

    @property
    def optimism(self) -> Interval:
        """How much R² the leak pretends, repeat by repeat; paired where both see one draw."""
        return self.interval(self.leaked - self.honest)


# -- features chosen with the test set's help ---------------------------------------------------


def products(X: Matrix) -> Matrix:
    """Multiply every feature with every feature (itself too), each first turned into ranks.

    Args:
        X: Features, shape ``(n_samples, d)``.

    Returns:
        Shape ``(n_samples, d (d + 1) / 2)``; ranks run from -0.5 to 0.5, so that no product is
        ruled by one extreme sample.
    """
    ranks = (rankdata(X, axis=0) - 0.5) / len(X) - 0.5
    first, second = np.triu_indices(X.shape[1])
    return ranks[:, first] * ranks[:, second]


def most_correlated(Z: Matrix, y: Vector, *, n_selected: int) -> Rows:
    """Columns of ``Z`` that correlate most with ``y``, strongest first.

    Args:
        Z: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)``.
        n_selected: How many columns.

    Returns:
        Their numbers, shape ``(n_selected,)``.
    """
    centred = Z - Z.mean(axis=0)
    scale = centred.std(axis=0)
    strength = np.abs(centred.T @ (y - y.mean())) / np.where(scale > 1e-9, scale, np.inf)
    return np.argsort(-strength, kind="stable")[:n_selected]


def selection_leak(
    X: Matrix,
    y: Vector,
    *,
    n_repeats: int,
    rng: np.random.Generator,
    n_samples: int = 40,
    n_selected: int = 20,
) -> Leak:
    """Select features before the split, and inside it, where there is nothing to learn.

    Each repeat draws samples, shuffles their targets, and cross-validates a ridge regression
    on the columns most correlated with the target. Ranks and scales are those of all samples
    drawn, in both versions: they know no target, so that selection is the only leak.

    Args:
        X: Features, shape ``(n_all, n_features)``; their products are the columns to choose from.
        y: Targets, shape ``(n_all,)``.
        n_repeats: Number of draws.
        rng: Source of draws, shuffles and folds.
        n_samples: Samples of each draw.
        n_selected: Columns to select.
    """
    scores = []
    for _ in range(n_repeats):
        drawn = rng.choice(len(y), n_samples, replace=False)
        Z, shuffled = products(X[drawn]), rng.permutation(y[drawn])
        Z /= np.maximum(Z.std(axis=0), 1e-9)
        predicted = np.empty((2, n_samples))
        before = most_correlated(Z, shuffled, n_selected=n_selected)
        for train, test in random_folds(n_samples, rng=rng):
            inside = most_correlated(Z[train], shuffled[train], n_selected=n_selected)
            for row, columns in zip(predicted, (before, inside), strict=True):
                model = Ridge(alpha=10.0).fit(Z[train][:, columns], shuffled[train])
                row[test] = model.predict(Z[test][:, columns])
        scores.append([r2_score(shuffled, row) for row in predicted])
    leaked, honest = np.transpose(scores)
    return Leak(name="features selected on all rows", leaked=leaked, honest=honest)


# -- a feature made from the target -------------------------------------------------------------


def group_means(groups: pd.Series, y: Vector, *, source: Rows) -> Vector:
    """Mean target of each row's group among ``source`` rows, after :cite:`micci2001`.

    A row whose group has none takes the mean of all of them.

    Args:
        groups: Group of each row, length ``n_samples``.
        y: Targets, shape ``(n_samples,)``.
        source: Numbers of the rows whose targets may be used.

    Returns:
        One number per row, in the unit of ``y``, shape ``(n_samples,)``.
    """
    means = pd.Series(y[source]).groupby(groups.to_numpy()[source]).mean()
    return groups.map(means).fillna(float(y[source].mean())).to_numpy(dtype=float)


def cross_fitted_means(
    groups: pd.Series, y: Vector, *, train: Rows, rng: np.random.Generator
) -> Vector:
    """Make the same feature without telling any row its own target.

    Training rows take it from four other fifths of the training rows, test rows from all of
    them.

    Args:
        groups: Group of each row, length ``n_samples``.
        y: Targets, shape ``(n_samples,)``.
        train: Numbers of the training rows.
        rng: Source of the folds.
    """
    feature = group_means(groups, y, source=train)
    for others, rows in random_folds(train.size, rng=rng):
        feature[train[rows]] = group_means(groups, y, source=train[others])[train[rows]]
    return feature


def target_leak(
    X: Matrix,
    y: Vector,
    systems: Sequence[str] | NDArray[np.str_],
    *,
    n_repeats: int,
    rng: np.random.Generator,
    n_trees: int = 20,
) -> Leak:
    """Add the mean target of a row's chemical system as a feature, over all rows or honestly.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)``.
        systems: Chemical system of each sample.
        n_repeats: Number of hold-outs of a fifth.
        rng: Source of hold-outs and forests.
        n_trees: Trees per forest.
    """
    labels, everything = pd.Series(systems), np.arange(len(y))
    scores = []
    for _ in range(n_repeats):
        train, test = next(random_folds(len(y), rng=rng))
        features = (
            group_means(labels, y, source=everything),
            cross_fitted_means(labels, y, train=train, rng=rng),
        )
        forest = RandomForestRegressor(n_trees, max_features=0.2, random_state=seed(rng))
        pair = []
        for Z in (np.column_stack([X, feature]) for feature in features):
            forest.fit(Z[train], y[train])
            pair.append(r2_score(y[test], forest.predict(Z[test])))
        scores.append(pair)
    with_leak, without = np.transpose(scores)
    return Leak(
        name="feature made from the target", leaked=with_leak, honest=without, test_share=0.2
    )
