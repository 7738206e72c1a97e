"""Methods compared on the same splits: cross-validation and learning curves.

A method is any regressor of scikit-learn's kind. All methods see the same training and test
samples, and the same seed, in each split: what is left of the difference is the method's. What
comes out, with its intervals and paired differences, stands in ``comparisons``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from operator import index
from typing import Any

import joblib
import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from matinf.splits import Split, grouped_folds
from matinf.transfer.comparisons import CrossValidated, LearningCurves, Matrix
from matinf.transfer.tasks import TargetTask

__all__ = [
    "CrossValidated",
    "LearningCurves",
    "cross_validated",
    "learning_curve",
    "repeated_folds",
]


Methods = Mapping[str, Any]


def repeated_folds(
    groups: ArrayLike, *, n_splits: int = 5, n_repeats: int = 1, rng: np.random.Generator
) -> list[Split]:
    """Grouped k-fold, drawn anew ``n_repeats`` times: no composition is in training and test.

    Args:
        groups: Group of each sample, say its composition, shape ``(n_samples,)``.
        n_splits: Number of folds, at most the number of groups.
        n_repeats: How often to draw.
        rng: Source of all shuffles.

    Returns:
        ``n_repeats * n_splits`` pairs of row numbers, repeat after repeat.

    Raises:
        ValueError: if there are fewer groups than folds, or no repeat.
    """
    if n_repeats < 1:
        raise ValueError(f"n_repeats: expected 1 or more, got {n_repeats}")
    return [s for _ in range(n_repeats) for s in grouped_folds(groups, n_splits=n_splits, rng=rng)]


def cross_validated(
    methods: Methods,
    target: TargetTask,
    *,
    n_splits: int = 5,
    n_repeats: int = 1,
    splits: Sequence[Split] | None = None,
    rng: np.random.Generator,
    n_jobs: int = 1,
) -> CrossValidated:
    """Predict every target sample by models that saw no sample of its group.

    Args:
        methods: Regressors by name; clones of them are fitted.
        target: The target task.
        n_splits: Number of folds.
        n_repeats: How often the folds are drawn.
        splits: The folds themselves, ``n_repeats * n_splits`` of them; drawn by default.
        rng: Source of folds and seeds.
        n_jobs: Number of processes, each on one thread. A single one, the default, leaves
            methods the jobs that they ask for themselves.

    Raises:
        ValueError: if there is no method, fewer groups than folds, or if the given folds do not
            test each sample once per repeat, or let a group be in training and test.
    """
    if splits is None:
        splits = repeated_folds(target.groups, n_splits=n_splits, n_repeats=n_repeats, rng=rng)
    folds = _fold_numbers(splits, target.groups, n_splits=n_splits, n_repeats=n_repeats)
    predicted = _predictions(methods, target, splits, rng=rng, n_jobs=n_jobs)
    table = {name: np.empty((n_repeats, len(target))) for name in methods}
    for number, (_, test) in enumerate(splits):
        for name in methods:
            table[name][number // n_splits, test] = predicted[name][number]
    return CrossValidated(y=target.y, groups=target.groups, folds=folds, predictions=table)


def _fold_numbers(
    splits: Sequence[Split], groups: NDArray[np.str_], *, n_splits: int, n_repeats: int
) -> NDArray[np.intp]:
    """Fold in which each sample is tested, shape ``(n_repeats, n_samples)``, after checks."""
    if len(splits) != n_splits * n_repeats:
        raise ValueError(f"splits: expected {n_splits * n_repeats}, got {len(splits)}")
    folds = np.full((n_repeats, len(groups)), -1, dtype=np.intp)
    for number, (train, test) in enumerate(splits):
        repeat, fold = divmod(number, n_splits)
        if (folds[repeat, test] >= 0).any():
            raise ValueError("splits: a sample is tested twice in one repeat")
        if np.isin(groups[train], groups[test]).any():
            raise ValueError("splits: a group is in training and test")
        folds[repeat, test] = fold
    if (folds < 0).any():
        raise ValueError("splits: a sample is never tested")
    return folds


def learning_curve(
    methods: Methods,
    target: TargetTask,
    *,
    sizes: Sequence[int] | NDArray[np.intp],
    n_repeats: int,
    n_splits: int = 5,
    rng: np.random.Generator,
    n_jobs: int = 1,
) -> LearningCurves:
    """Train every method on more and more target samples; test on a fold of them.

    Each repeat holds ``1 / n_splits`` of the groups back and draws training samples from the
    rest: the larger training set holds the smaller.

    Args:
        methods: Regressors by name; clones of them are fitted.
        target: The target task.
        sizes: Numbers of training samples, rising.
        n_repeats: Number of repeats, two or more for an interval.
        n_splits: One part in so many is tested on.
        rng: Source of hold-outs, training samples and seeds.
        n_jobs: Number of processes, each on one thread. A single one, the default, leaves
            methods the jobs that they ask for themselves.

    Raises:
        ValueError: if there is no method or repeat, or a size is more than what is left to
            train on.
    """
    if n_repeats < 1:
        raise ValueError(f"n_repeats: expected 1 or more, got {n_repeats}")
    numbers = [index(size) for size in sizes]
    splits, shares = [], []
    for _ in range(n_repeats):
        train, test = next(grouped_folds(target.groups, n_splits=n_splits, rng=rng))
        _check_sizes(numbers, most=train.size)
        order = rng.permutation(train)
        splits += [(order[:size], test) for size in numbers]
        shares.append(test.size / len(target))
    predicted = _predictions(methods, target, splits, rng=rng, n_jobs=n_jobs)
    errors = {
        name: np.array(
            [
                np.abs(values - target.y[test]).mean()
                for values, (_, test) in zip(predicted[name], splits, strict=True)
            ]
        ).reshape(n_repeats, len(numbers))
        for name in methods
    }
    return LearningCurves(
        sizes=np.asarray(numbers, dtype=np.intp), errors=errors, test_share=float(np.mean(shares))
    )


def _predictions(
    methods: Methods,
    target: TargetTask,
    splits: Sequence[Split],
    *,
    rng: np.random.Generator,
    n_jobs: int,
) -> dict[str, list[Matrix]]:
    """Fit every method to every split: for each method what it predicts of the tests."""
    if not methods:
        raise ValueError("methods: expected one regressor or more, got none")
    seeds = rng.integers(2**31, size=len(splits)).tolist()
    jobs = [
        joblib.delayed(_predicted)(_prepared(method, seed, alone=n_jobs == 1), target, *split)
        for method in methods.values()
        for seed, split in zip(seeds, splits, strict=True)
    ]
    with _one_thread_each(n_jobs):
        found = joblib.Parallel(n_jobs=n_jobs)(jobs)
    n = len(splits)
    return {name: found[i * n : (i + 1) * n] for i, name in enumerate(methods)}


def _predicted(
    method: Any, target: TargetTask, train: NDArray[np.intp], test: NDArray[np.intp]
) -> Matrix:
    return np.asarray(method.fit(target.X[train], target.y[train]).predict(target.X[test]))


def _prepared(method: Any, seed: int, *, alone: bool) -> Any:
    """A clone with this seed; unless it runs alone, it must not share its own work out."""
    copy = clone(method)
    last = {name: name.rpartition("__")[2] for name in copy.get_params(deep=True)}
    settings = {name: seed for name, word in last.items() if word == "random_state"}
    if not alone:
        settings |= {name: 1 for name, word in last.items() if word == "n_jobs"}
    return copy.set_params(**settings)


def _one_thread_each(n_jobs: int) -> AbstractContextManager[Any]:
    """Keep linear algebra in each job to one thread, so that jobs do not crowd each other out."""
    if n_jobs == 1:
        return threadpool_limits(1)
    return joblib.parallel_config("loky", inner_max_num_threads=1)


def _check_sizes(sizes: Sequence[int], *, most: int) -> None:
    rising = all(a < b for a, b in pairwise(sizes))
    if not sizes or sizes[0] < 1 or not rising or sizes[-1] > most:
        raise ValueError(
            f"sizes: expected rising numbers from 1 to the {most} samples left to train on, "
            f"got {list(sizes)}"
        )
