"""Which features a forest uses, and what correlation does to the answer.

Everything is measured on compositions that the forest has not seen, held back by whole chemical
systems, and repeated over splits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import GroupShuffleSplit

RANDOM_COLUMN = "random numbers"


@dataclass(frozen=True, kw_only=True)
class ForestConfig:
    """How each forest is grown and tested; counts are samples, trees and repeats."""

    n_trees: int = 60
    max_features: float = 1 / 3
    min_samples_leaf: int = 2
    n_train: int = 800
    n_test: int = 300
    n_repeats: int = 10

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for counts that are not positive, or a single repeat."""
        if min(self.n_trees, self.min_samples_leaf, self.n_train, self.n_test) < 1:
            raise ValueError(f"expected positive counts, got {self}")
        if self.n_repeats < 2:
            raise ValueError(f"expected two repeats or more, got {self.n_repeats}")


@dataclass(frozen=True, kw_only=True)
class ImportanceResult:
    """Importances over repeats; rows are repeats, errors and increases in the target's unit."""

    impurity: pd.DataFrame  # (n_repeats, n_features), each row sums to 1
    permutation: pd.DataFrame  # (n_repeats, n_features), increase of the mean absolute error
    together: pd.DataFrame  # (n_repeats, n_groups), the same for groups shuffled as one
    groups: Mapping[str, tuple[str, ...]]
    errors: NDArray[np.float64]  # (n_repeats,), mean absolute error on the test samples


@dataclass(frozen=True, kw_only=True)
class CopiesResult:
    """What copies of one column do to its importance; arrays ``(n_counts, n_repeats)``."""

    feature: str
    counts: tuple[int, ...]  # number of copies beside the original
    impurity_original: NDArray[np.float64]  # share of the forest's total
    impurity_together: NDArray[np.float64]
    permutation_original: NDArray[np.float64]  # increase of the mean absolute error
    permutation_together: NDArray[np.float64]
    errors: NDArray[np.float64] = field(repr=False)

    @property
    def split_evenly(self) -> NDArray[np.float64]:
        r"""Impurity importance of one of :math:`k + 1` equal columns if they share evenly."""
        return self.impurity_original[0].mean() / (1 + np.array(self.counts))


def permutation_importance(
    model: RandomForestRegressor,
    X: ArrayLike,
    y: ArrayLike,
    groups: Sequence[Sequence[int]],
    *,
    rng: np.random.Generator,
    n_shuffles: int = 2,
) -> NDArray[np.float64]:
    r"""How much the error grows when columns lose their link to the target.

    :math:`I_G = \mathrm{MAE}(X^{\pi(G)}) - \mathrm{MAE}(X)`, where :math:`X^{\pi(G)}` has the
    columns of group :math:`G` shuffled among the samples, all by one permutation :math:`\pi`, so
    that they still agree with each other :cite:`breiman2001`.

    Args:
        model: A fitted regressor.
        X: Features of samples it has not seen, shape ``(n_samples, n_features)``.
        y: Their target, shape ``(n_samples,)``.
        groups: Column numbers of each group; a group of one is the usual importance.
        rng: Source of the permutations.
        n_shuffles: Permutations per group, averaged.

    Returns:
        Increase of the mean absolute error per group, shape ``(n_groups,)``, in the target's
        unit; around 0 for columns of no use.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    baseline = np.abs(y - model.predict(X)).mean()
    increase = np.empty(len(groups))
    for number, group in enumerate(groups):
        shuffled = np.tile(X, (n_shuffles, 1))
        order = [n * len(X) + rng.permutation(len(X)) for n in range(n_shuffles)]
        shuffled[:, group] = shuffled[np.concatenate(order)][:, group]
        errors = np.abs(np.tile(y, n_shuffles) - model.predict(shuffled))
        increase[number] = errors.mean() - baseline
    return increase


def importances(
    X: pd.DataFrame,
    y: ArrayLike,
    systems: ArrayLike,
    clusters: Sequence[Sequence[str]],
    *,
    rng: np.random.Generator,
    config: ForestConfig | None = None,
) -> ImportanceResult:
    """Measure three kinds of importance, beside a column of random numbers, over repeats.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Target, shape ``(n_samples,)``.
        systems: Chemical system of each sample; none is in training and test.
        clusters: Groups of columns to shuffle together, each named by its first column.
        rng: Source of splits, forests, permutations and random numbers.
        config: Size of the experiment.
    """
    config = config or ForestConfig()
    everything = X.assign(**{RANDOM_COLUMN: rng.random(len(X))})
    names = list(everything.columns)
    groups = {c[0]: tuple(c) for c in [*clusters, (RANDOM_COLUMN,)]}
    numbers = [[names.index(name) for name in group] for group in groups.values()]
    singles = [[i] for i in range(len(names))]
    impurity, permutation, errors = [], [], []
    for train, test in _splits(systems, config, rng):
        model = _forest(config, rng).fit(everything.to_numpy()[train], np.asarray(y)[train])
        seen = (everything.to_numpy()[test], np.asarray(y)[test])
        impurity.append(model.feature_importances_)
        permutation.append(permutation_importance(model, *seen, singles + numbers, rng=rng))
        errors.append(np.abs(seen[1] - model.predict(seen[0])).mean())
    increases = np.array(permutation)
    return ImportanceResult(
        impurity=pd.DataFrame(impurity, columns=names),
        permutation=pd.DataFrame(increases[:, : len(names)], columns=names),
        together=pd.DataFrame(increases[:, len(names) :], columns=list(groups)),
        groups=groups,
        errors=np.array(errors),
    )


def importance_with_copies(
    X: pd.DataFrame,
    y: ArrayLike,
    systems: ArrayLike,
    feature: str,
    *,
    rng: np.random.Generator,
    counts: Sequence[int] = (0, 1, 2, 4, 8),
    noise: float = 0.0,
    config: ForestConfig | None = None,
) -> CopiesResult:
    """Append copies of one column, and watch what happens to its importance.

    Each repeat uses one split for all numbers of copies.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Target, shape ``(n_samples,)``.
        systems: Chemical system of each sample; none is in training and test.
        feature: Name of the column to copy.
        rng: Source of splits, noise, forests and permutations.
        counts: Numbers of copies, the first of them 0.
        noise: Standard deviation of what is added to each copy, in that of the column.
        config: Size of the experiment.

    Raises:
        ValueError: if the counts do not begin with 0, or no column has that name.
    """
    if not counts or counts[0] != 0:
        raise ValueError(f"counts: expected 0 first, got {counts}")
    config = config or ForestConfig()
    original, n_features = list(X.columns).index(feature), X.shape[1]
    matrix, target = X.to_numpy(dtype=float), np.asarray(y, dtype=float)
    column = matrix[:, [original]]
    added = noise * column.std() * rng.standard_normal((len(X), max(counts)))
    matrix = np.hstack([matrix, column + added])
    table = np.empty((5, len(counts), config.n_repeats))
    for repeat, (train, test) in enumerate(_splits(systems, config, rng)):
        for row, count in enumerate(counts):
            some = matrix[:, : n_features + count]
            model = _forest(config, rng).fit(some[train], target[train])
            all_of_it = [original, *range(n_features, n_features + count)]
            table[0, row, repeat] = model.feature_importances_[original]
            table[1, row, repeat] = model.feature_importances_[all_of_it].sum()
            table[2:4, row, repeat] = permutation_importance(
                model, some[test], target[test], [[original], all_of_it], rng=rng, n_shuffles=5
            )
            table[4, row, repeat] = np.abs(target[test] - model.predict(some[test])).mean()
    return CopiesResult(
        feature=feature,
        counts=tuple(counts),
        impurity_original=table[0],
        impurity_together=table[1],
        permutation_original=table[2],
        permutation_together=table[3],
        errors=table[4],
    )


def _splits(
    systems: ArrayLike, config: ForestConfig, rng: np.random.Generator
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Random splits by whole chemical systems, cut to the sizes asked for."""
    labels = np.asarray(systems)
    if len(labels) < config.n_train + config.n_test:
        raise ValueError(f"expected {config.n_train + config.n_test} samples, got {len(labels)}")
    seed = int(rng.integers(2**32))
    halves = GroupShuffleSplit(config.n_repeats, test_size=0.3, random_state=seed)
    return [
        (rng.permutation(train)[: config.n_train], rng.permutation(test)[: config.n_test])
        for train, test in halves.split(labels, groups=labels)
    ]


def _forest(config: ForestConfig, rng: np.random.Generator) -> RandomForestRegressor:
    return RandomForestRegressor(
        config.n_trees,
        max_features=config.max_features,
        min_samples_leaf=config.min_samples_leaf,
        random_state=int(rng.integers(2**32)),
    )
