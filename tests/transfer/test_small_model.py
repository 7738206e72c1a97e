"""Small models of the gap: coarse features, compact trees, intervals that hold."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from matinf.datasets import load_gap_task
from matinf.features import magpie_features
from matinf.transfer.binned_forest import LEAF, Bins, CompactTrees, LevelForest
from matinf.transfer.gap_forest import GapForest, kept_tail
from matinf.transfer.latent_variable_study import few, folds
from matinf.transfer.measured import distances, far_limit, measured_gaps
from matinf.transfer.small_model import small_bins, small_models, small_source
from matinf.transfer.small_model_results import SmallModelScores
from matinf.transfer.small_model_study import ELEMENTS, small_scores
from matinf.transfer.tasks import load_target_task


def sample(n: int = 400, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Zero on one side; on the other a slope with noise that grows along the second feature."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (n, 3))
    y = 3 + 0.5 * X[:, 0] + (1.1 + X[:, 1]) * rng.uniform(-1, 1, n)
    return X, np.where(X[:, 2] < -0.2, 0.0, np.maximum(y, 0.1))


BINS = Bins(low=np.full(3, -1.0), high=np.full(3, 1.0))


# -- bins and trees -------------------------------------------------------------------------------


def test_levels_run_from_one_end_of_a_range_to_the_other() -> None:
    bins = Bins(low=np.array([0.0, 5.0]), high=np.array([2.0, 5.0]))
    X = np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0], [-3.0, 4.0], [9.0, 999.0]])
    assert bins.levels(X)[:, 0].tolist() == [0, 128, 255, 0, 255]
    assert bins.levels(X)[:, 1].tolist() == [0, 0, 0, 0, 255]
    with pytest.raises(ValueError, match="expected 2 features, got 3"):
        bins.levels(np.ones((1, 3)))


def test_rounding_of_the_last_digit_moves_no_feature_to_another_level() -> None:
    X = load_target_task().X
    levels = small_bins().levels(X)
    for nudge in (1 - 1e-12, 1 + 1e-12):
        np.testing.assert_array_equal(small_bins().levels(X * nudge), levels)


def test_levels_of_latent_variables_stay_as_they_are() -> None:
    bins = BINS.beside(1)
    levels = np.arange(256)[:, None] * 1.0
    X = np.hstack([np.zeros((256, 3)), levels])
    np.testing.assert_array_equal(bins.levels(X)[:, 3], np.arange(256))


def test_compact_trees_are_those_of_scikit_learn() -> None:
    X, y = sample()
    levels = BINS.levels(X)
    forest = ExtraTreesRegressor(7, random_state=1).fit(levels.astype(np.float32), y)
    trees = CompactTrees.of(forest)
    assert trees.n_leaves == sum(tree.get_n_leaves() for tree in forest.estimators_)
    new = BINS.levels(sample(seed=1)[0])
    ours, theirs = trees.leaves(new), forest.apply(new.astype(np.float32))
    for own, expected in zip(ours.T, theirs.T, strict=True):
        pairs = set(zip(own.tolist(), expected.tolist(), strict=True))
        assert len(pairs) == len(set(own.tolist())) == len(set(expected.tolist()))
    assert (trees.feature == LEAF).sum() == trees.n_leaves


def test_the_base_model_orders_as_its_outputs_do() -> None:
    X, y = sample()
    outputs = np.stack([y, -2 * y], axis=1)
    base = LevelForest(BINS, random_state=0).fit(X, outputs)
    found = base.predict(sample(seed=1)[0])
    assert found.shape == (400, 2)
    assert found.min() >= 0
    assert found.max() <= 255
    true = sample(seed=1)[1]
    assert np.corrcoef(found[:, 0], true)[0, 1] > 0.7
    assert np.corrcoef(found[:, 1], true)[0, 1] < -0.7


# -- the quantile forest --------------------------------------------------------------------------


@cache
def fitted() -> GapForest:
    return GapForest(BINS, random_state=0).fit(*sample(1500))


def test_weights_are_shares_of_leaves() -> None:
    X, _ = sample(20, seed=2)
    forest = fitted()
    weights, leaves = forest.weights(X), forest.trees_.leaves(BINS.levels(X))
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    i = 3
    by_hand = [
        np.mean([(a == b) / forest.sizes_[a] for a, b in zip(leaves[i], theirs, strict=True)])
        for theirs in forest.leaves_
    ]
    np.testing.assert_allclose(weights[i], by_hand)


def test_the_median_splits_the_weight_in_halves() -> None:
    X, _ = sample(50, seed=3)
    forest = fitted()
    medians = forest.predict(X)
    for weights, median in zip(forest.weights(X), medians, strict=True):
        assert weights[forest.y_ < median].sum() < 0.5
        assert weights[forest.y_ <= median].sum() >= 0.5 - 1e-9


def test_one_leaf_gives_the_median_of_all() -> None:
    X, y = np.zeros((101, 1)), np.arange(101.0)
    bins = Bins(low=np.zeros(1), high=np.ones(1))
    forest = GapForest(bins, random_state=0).fit(X, y)
    assert forest.predict(X[:1])[0] == 50
    assert forest.chance_at_most(X[:1], 24.0)[0] == pytest.approx(25 / 101)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_intervals_hold_the_share_that_they_are_asked_for(level: float) -> None:
    held = []
    for seed in range(3):
        forest = GapForest(BINS, level=level, random_state=0).fit(*sample(800, seed=10 + seed))
        X, y = sample(1500, seed=20 + seed)
        low, high = forest.intervals(X).T
        held.append(((low <= y) & (y <= high))[y > 0].mean())
    # Each tail is chosen from some 480 values: the share is off by sqrt(p (1 - p) / 480) or so.
    assert np.mean(held) == pytest.approx(level, abs=0.04)


def test_intervals_are_wide_where_the_noise_is() -> None:
    X = np.array([[0.0, -0.9, 0.8], [0.0, 0.9, 0.8]])
    quiet, noisy = np.diff(fitted().intervals(X))[:, 0]
    assert noisy > 1.5 * quiet


def test_a_value_is_inside_as_long_as_the_tail_is_no_more_than_its_depth() -> None:
    X, y = sample(100, seed=4)
    forest = fitted()
    low, high = forest.intervals(X).T
    depths, inside = forest.depths(X, y), (low <= y) & (y <= high)
    np.testing.assert_array_equal(inside, depths >= forest.tail_ - 1e-9)


def test_the_tail_is_that_of_split_conformal_prediction() -> None:
    assert kept_tail(np.arange(1, 10) / 10, level=0.8) == pytest.approx(0.2)
    assert kept_tail(np.arange(1, 10) / 10, level=0.95) == 0


# -- neighbours -----------------------------------------------------------------------------------


def test_distances_are_mean_differences_in_hundredths() -> None:
    one, other = (
        np.array([[0, 255]], dtype=np.uint8),
        np.array([[255, 255], [0, 0]], dtype=np.uint8),
    )
    np.testing.assert_allclose(distances(one, other), [[50, 50]])
    np.testing.assert_allclose(distances(one, one), [[0]])


def test_one_in_a_hundred_measured_compounds_is_as_lonely_as_the_limit() -> None:
    levels = small_bins().levels(load_target_task().X)[::10]
    apart = distances(levels, levels)
    np.fill_diagonal(apart, np.inf)
    assert (apart.min(axis=1) > far_limit(levels)).mean() == pytest.approx(0.01, abs=0.005)


def test_compounds_whose_reports_differ_are_kept_with_their_range() -> None:
    measured, task = measured_gaps(), load_gap_task()
    assert measured.formulas[: measured.n_task].tolist() == task["formula"].tolist()
    assert (measured.low[: measured.n_task] == task["gap"]).all()
    spread = (measured.high - measured.low)[measured.n_task :]
    assert len(spread) > 200
    assert (spread > 0.1).all()
    assert (measured.n_reports[measured.n_task :] >= 2).all()
    names = measured.formulas.tolist()
    for formula, low, high in (("GaN", 3, 4), ("AlN", 5.5, 6.5)):
        found = names.index(formula)
        assert found >= measured.n_task, "the page says that neither model has seen it"
        assert low < measured.low[found] < measured.high[found] < high


# -- what they are worth --------------------------------------------------------------------------


def test_the_base_model_sees_no_composition_of_the_target() -> None:
    assert not np.isin(small_source().groups, load_target_task().groups).any()


def test_a_model_learns_from_the_training_rows_alone() -> None:
    train, test = few(folds()[0], 150)
    found = small_scores(small_models(seed=0)["removed"], (train, test[::4]))
    assert found["n_train"] == 150
    assert 0.2 < found["mae"] < 1
    assert found["held"] > 0.85


@cache
def scores() -> SmallModelScores:
    return SmallModelScores.stored()


@pytest.mark.parametrize("size", [200, 0])
@pytest.mark.parametrize("way", ["none", "removed"])
def test_the_small_models_are_hardly_worse_than_the_large_ones(way: str, size: int) -> None:
    behind = scores().minus_large(way=way, size=size)
    assert behind.estimate < 0.05
    assert behind.high < 0.1
    assert scores().minus_large(way=way, size=size, method="random forest").high < 0


@pytest.mark.parametrize("size", [200, 0])
@pytest.mark.parametrize("way", ["none", "removed"])
def test_nine_of_ten_non_metals_lie_in_their_interval(way: str, size: int) -> None:
    held = scores().interval("held_gapped", way=way, size=size)
    assert held.estimate == pytest.approx(0.9, abs=0.025)
    assert not held.excludes(0.9)
    assert scores().interval("held_metals", way=way, size=size).low > 0.98


def test_intervals_fail_on_elements_that_were_never_met() -> None:
    left_out = scores().left_out
    assert set(left_out["element"]) == set(ELEMENTS)
    held = left_out[left_out["source"] == "none"].set_index("element")["held_gapped"]
    assert (held[["N", "O", "F"]] < 0.65).all()
    assert held.min() < 0.6
    assert (held[["S", "Se", "Te"]] > 0.9).all()


def test_small_features_are_the_books() -> None:
    formula = load_gap_task()["formula"].iloc[:3]
    np.testing.assert_array_equal(
        small_bins().levels(magpie_features(formula).to_numpy()),
        small_bins().levels(load_target_task().X[:3]),
    )
