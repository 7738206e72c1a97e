"""No leakage, full cover, and the promise each split makes."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from matinf.splits import (
    Split,
    chemical_systems,
    composition_clusters,
    elements_left_out,
    grouped_folds,
    leave_one_cluster_out,
    leave_one_element_out,
    random_folds,
)

FRACTIONS = pd.DataFrame(
    [
        [0.5, 0.5, 0.0, 0.0],  # GaAs
        [0.4, 0.6, 0.0, 0.0],  # Ga2As3
        [0.5, 0.0, 0.5, 0.0],  # GaN
        [0.0, 0.0, 0.5, 0.5],  # AlN
        [0.0, 0.5, 0.0, 0.5],  # AlAs
        [0.0, 0.0, 0.0, 1.0],  # Al
    ],
    columns=["Ga", "As", "N", "Al"],
)


def assert_partition(splits: Iterable[Split], n_samples: int) -> None:
    """Each split divides all samples; the tests together hold each sample once."""
    tested = []
    for train, test in splits:
        assert np.issubdtype(train.dtype, np.integer)
        assert test.size > 0
        assert train.size > 0
        np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(n_samples))
        tested.append(test)
    np.testing.assert_array_equal(np.sort(np.concatenate(tested)), np.arange(n_samples))


@pytest.mark.parametrize(("n_samples", "n_splits"), [(100, 5), (7, 3), (4, 4)])
def test_random_folds_cover_all_once(n_samples: int, n_splits: int) -> None:
    splits = list(random_folds(n_samples, n_splits=n_splits, rng=np.random.default_rng(0)))
    assert len(splits) == n_splits
    assert_partition(splits, n_samples)


def test_random_folds_follow_their_generator() -> None:
    first, again, other = (
        [test.tolist() for _, test in random_folds(50, rng=np.random.default_rng(seed))]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_grouped_folds_keep_groups_whole() -> None:
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 40, 300).astype(str)
    splits = list(grouped_folds(groups, n_splits=5, rng=rng))
    assert_partition(splits, 300)
    for train, test in splits:
        assert not set(groups[train]) & set(groups[test])


def test_grouped_folds_follow_their_generator() -> None:
    groups = np.repeat(np.arange(20), 3)
    draws = [
        [test.tolist() for _, test in grouped_folds(groups, rng=np.random.default_rng(seed))]
        for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]


@pytest.mark.parametrize("function", [chemical_systems, elements_left_out, leave_one_element_out])
def test_an_unknown_fraction_does_not_pass_for_an_absent_element(function) -> None:
    fractions = FRACTIONS.copy()
    fractions.iloc[0, 0] = np.nan
    with pytest.raises(ValueError, match="got NaN"):
        function(fractions)


def test_random_folds_do_leak_groups() -> None:
    """What grouped folds are for: the same replicates, split at random, sit on both sides."""
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(50), 4)
    shared = [set(groups[a]) & set(groups[b]) for a, b in random_folds(200, rng=rng)]
    assert min(map(len, shared)) > 10


def test_more_folds_than_groups_or_samples_is_refused_at_the_call() -> None:
    rng = np.random.default_rng(5)
    with pytest.raises(ValueError, match="n_splits=5"):
        grouped_folds(["a", "b", "b"], n_splits=5, rng=rng)
    with pytest.raises(ValueError, match="n_splits=5"):
        random_folds(4, n_splits=5, rng=rng)
    with pytest.raises(ValueError, match="one group per sample"):
        grouped_folds(np.zeros((3, 2)), n_splits=2, rng=rng)


def test_clusters_find_separate_clouds_whatever_the_scale_of_a_feature() -> None:
    rng = np.random.default_rng(6)
    truth = np.repeat([0, 1, 2], [60, 30, 10])
    centres = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    clouds = centres[truth] + rng.normal(size=(100, 2))
    noise = rng.normal(size=100) * 0.01
    X = np.column_stack([clouds * [1.0, 1e-4], noise, np.ones(100)])
    clusters = composition_clusters(X, n_clusters=3, rng=rng)
    np.testing.assert_array_equal(clusters, truth)  # numbered by falling size


def test_clusters_follow_their_generator_and_refuse_what_is_no_matrix() -> None:
    X = np.random.default_rng(7).normal(size=(80, 4))
    first, again = (
        composition_clusters(X, n_clusters=6, rng=np.random.default_rng(8)) for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)
    assert (np.diff(np.bincount(first)) <= 0).all()
    with pytest.raises(ValueError, match="NaN"):
        composition_clusters([[1.0], [np.nan]], n_clusters=2, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="n_clusters"):
        composition_clusters([[1.0], [2.0]], n_clusters=3, rng=np.random.default_rng(0))


def test_clusters_are_the_best_of_several_starts() -> None:
    """Where no clusters are, single starts of k-means end in valleys of very different depth."""

    def inertia(X: np.ndarray, labels: np.ndarray) -> float:
        return sum(((X[labels == k] - X[labels == k].mean(axis=0)) ** 2).sum() for k in range(12))

    for seed in range(6):
        X = StandardScaler().fit_transform(np.random.default_rng(seed).uniform(size=(150, 3)))
        single = [
            inertia(X, KMeans(12, n_init=1, random_state=s).fit_predict(X)) for s in range(12)
        ]
        found = composition_clusters(X, n_clusters=12, rng=np.random.default_rng(seed))
        assert inertia(X, found) < np.quantile(single, 0.35)


def test_leave_one_cluster_out_tests_each_cluster_alone_in_order() -> None:
    clusters = np.random.default_rng(9).integers(0, 5, 60)
    splits = list(leave_one_cluster_out(clusters))
    assert_partition(splits, 60)
    for wanted, (train, test) in enumerate(splits):
        assert set(clusters[test]) == {wanted}
        assert wanted not in clusters[train]


def test_one_cluster_cannot_be_left_out() -> None:
    with pytest.raises(ValueError, match="groups"):
        leave_one_cluster_out([0, 0, 0])


def test_leave_one_element_out_never_trains_on_the_element() -> None:
    splits = list(leave_one_element_out(FRACTIONS))
    elements = elements_left_out(FRACTIONS)
    assert elements == ["Ga", "As", "N", "Al"]
    assert len(splits) == len(elements)
    for element, (train, test) in zip(elements, splits, strict=True):
        held = FRACTIONS[element].to_numpy()
        assert (held[test] > 0).all()
        assert (held[train] == 0).all()
        np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(6))
    assert set(np.concatenate([test for _, test in splits])) == set(range(6))


def test_leave_one_element_out_skips_what_is_rare_or_everywhere() -> None:
    oxides = FRACTIONS.assign(O=0.1)
    assert elements_left_out(oxides, min_test=3) == ["Ga", "As", "Al"]
    assert [len(test) for _, test in leave_one_element_out(oxides, min_test=3)] == [3, 3, 3]
    with pytest.raises(ValueError, match="50 samples"):
        leave_one_element_out(FRACTIONS, min_test=50)


def test_an_element_that_no_sample_holds_is_never_left_out() -> None:
    fractions = FRACTIONS.assign(Og=0.0)
    assert elements_left_out(fractions, min_test=0) == elements_left_out(FRACTIONS)
    assert all(test.size for _, test in leave_one_element_out(fractions, min_test=0))


def test_a_trace_of_an_element_is_that_element() -> None:
    doped = pd.DataFrame([[0.5, 0.4999, 0.0001], [0.5, 0.5, 0.0]], columns=["Ga", "As", "Mn"])
    assert chemical_systems(doped).tolist() == ["Ga-As-Mn", "Ga-As"]
    assert elements_left_out(doped) == ["Mn"]
    [(train, test)] = leave_one_element_out(doped)
    assert (train.tolist(), test.tolist()) == ([1], [0])


def test_chemical_systems_forget_amounts() -> None:
    assert chemical_systems(FRACTIONS).tolist() == [
        "Ga-As",
        "Ga-As",
        "Ga-N",
        "N-Al",
        "As-Al",
        "Al",
    ]
