"""Ways to hold data back, from the kindest question to the hardest.

Each function yields pairs of integer index arrays ``(train, test)`` for scikit-learn. Random
folds ask about compositions like those already seen; grouped folds about new chemical systems;
leave-one-cluster-out :cite:`meredig2018` and leave-one-element-out about new chemistry.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.cluster import KMeans
from sklearn.model_selection import GroupKFold, KFold, LeaveOneGroupOut
from sklearn.preprocessing import StandardScaler

Split = tuple[NDArray[np.intp], NDArray[np.intp]]


def random_folds(n_samples: int, *, n_splits: int = 5, rng: np.random.Generator) -> Iterator[Split]:
    """Shuffled k-fold: every sample is tested once, whatever its relatives in training.

    Args:
        n_samples: Number of samples.
        n_splits: Number of folds, at most the number of samples.
        rng: Source of the shuffle.

    Raises:
        ValueError: if there are fewer samples than folds.
    """
    folds = KFold(n_splits, shuffle=True, random_state=_seed(rng))
    return _checked(folds.split(np.empty((n_samples, 1))))


def grouped_folds(
    groups: ArrayLike, *, n_splits: int = 5, rng: np.random.Generator
) -> Iterator[Split]:
    """K-fold that keeps each group on one side: no formula (or system) is in both.

    Args:
        groups: Group of each sample, shape ``(n_samples,)``: formulas, or
            :func:`chemical_systems`.
        n_splits: Number of folds, at most the number of groups.
        rng: Source of the shuffle.

    Raises:
        ValueError: if there are fewer groups than folds.
    """
    labels = _labels(groups)
    folds = GroupKFold(n_splits, shuffle=True, random_state=_seed(rng))
    return _checked(folds.split(labels, groups=labels))


def composition_clusters(
    X: ArrayLike, *, n_clusters: int = 10, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Group similar compositions: k-means on standardised features.

    Args:
        X: Features, shape ``(n_samples, n_features)``, finite.
        n_clusters: Number of clusters, at most ``n_samples``.
        rng: Source of the starting centres (best of ten starts).

    Returns:
        Cluster of each sample, shape ``(n_samples,)``, numbered from 0 by falling size.

    Raises:
        ValueError: if ``X`` is not a finite matrix or has fewer rows than clusters.
    """
    scaled = StandardScaler().fit_transform(np.asarray(X, dtype=float))
    model = KMeans(n_clusters, n_init=10, random_state=_seed(rng))
    labels: NDArray[np.intp] = model.fit_predict(scaled)
    by_size = np.argsort(-np.bincount(labels, minlength=n_clusters), kind="stable")
    rank = np.empty(n_clusters, dtype=np.intp)
    rank[by_size] = np.arange(n_clusters)
    renumbered: NDArray[np.intp] = rank[labels]
    return renumbered


def leave_one_cluster_out(clusters: ArrayLike) -> Iterator[Split]:
    """Test on each cluster in turn, in sorted order, after training on all others.

    Args:
        clusters: Cluster of each sample, shape ``(n_samples,)``, two clusters or more.

    Raises:
        ValueError: if there is only one cluster.
    """
    labels = _labels(clusters)
    return _checked(LeaveOneGroupOut().split(labels, groups=labels))


def elements_left_out(fractions: pd.DataFrame, *, min_test: int = 1) -> list[str]:
    """Elements that :func:`leave_one_element_out` tests, in the order of its splits.

    Args:
        fractions: Element fractions, shape ``(n_samples, n_elements)``, columns are symbols
            (:func:`matinf.features.element_fractions`).
        min_test: An element in fewer samples is not tested.

    Returns:
        Symbols found in at least ``min_test`` samples but not in all of them.
    """
    counts = _held(fractions).sum()
    return [str(s) for s in counts.index[(counts >= max(1, min_test)) & (counts < len(fractions))]]


def leave_one_element_out(fractions: pd.DataFrame, *, min_test: int = 1) -> Iterator[Split]:
    """Test on all compositions that hold an element, after training on those without it.

    The tests of two elements overlap: a compound of Ga and As is tested twice.

    Args:
        fractions: As in :func:`elements_left_out`, which names the element of each split.
        min_test: An element in fewer samples is not tested.

    Raises:
        ValueError: if no element can be left out.
    """
    elements = elements_left_out(fractions, min_test=min_test)
    if not elements:
        raise ValueError(f"expected an element in {min_test} samples or more, but not in all")
    present = _held(fractions)
    held = [present[element].to_numpy() for element in elements]
    return ((np.flatnonzero(~test), np.flatnonzero(test)) for test in held)


def chemical_systems(fractions: pd.DataFrame) -> NDArray[Any]:
    """Name the set of elements of each composition: ``Ga-As`` for GaAs and Ga2As alike.

    Args:
        fractions: As in :func:`elements_left_out`; symbols are joined in column order.

    Returns:
        One string per sample, shape ``(n_samples,)``.
    """
    symbols = np.asarray(fractions.columns, dtype=object)
    return np.array(["-".join(symbols[row]) for row in _held(fractions).to_numpy()])


def _checked(splits: Iterator[Any]) -> Iterator[Split]:
    """Raise scikit-learn's complaint at the call, not at the first fold."""
    first = next(splits)

    def replay() -> Iterator[Split]:
        yield first
        yield from splits

    return replay()


def _held(fractions: pd.DataFrame) -> pd.DataFrame:
    """Which sample holds which element; what is not known must not pass for absence."""
    if fractions.isna().any(axis=None):
        raise ValueError("fractions: expected numbers, got NaN")
    return fractions > 0


def _labels(groups: ArrayLike) -> NDArray[Any]:
    labels = np.asarray(groups)
    if labels.ndim != 1:
        raise ValueError(f"expected one group per sample, got an array of shape {labels.shape}")
    return labels


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**32))
