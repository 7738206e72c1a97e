"""A forest's spread is a standard deviation, and what is judged was never fitted."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from matinf.background import forest_spread as fs


@pytest.fixture(scope="module")
def noise() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 5))
    return X, X[:, 0] + rng.normal(0, 0.3, 400)


def test_tree_spread_is_mean_and_std_of_the_trees(noise: tuple) -> None:
    X, y = noise
    forest = RandomForestRegressor(7, random_state=1).fit(X, y)
    mean, std = fs.tree_spread(forest, X[:20])
    trees = np.array([tree.predict(X[:20]) for tree in forest.estimators_])
    assert mean == pytest.approx(forest.predict(X[:20]))
    assert std == pytest.approx(np.sqrt(((trees - trees.mean(axis=0)) ** 2).mean(axis=0)))


def test_tree_spread_follows_the_unit(noise: tuple) -> None:
    """A variance would grow by the square."""
    X, y = noise
    spreads = [
        fs.tree_spread(RandomForestRegressor(7, random_state=1).fit(X, v), X[:20])[1]
        for v in (y, 1024 * y)  # a power of two: thresholds round alike
    ]
    assert spreads[1] == pytest.approx(1024 * spreads[0])


def test_coverage_keeps_its_value_in_another_unit_and_a_variance_does_not() -> None:
    rng = np.random.default_rng(1)
    std = rng.uniform(0.1, 0.6, 2000)
    stated = fs.Predicted(y=rng.normal(0, std), mean=np.zeros(2000), std=std)
    assert stated.coverage(0.9) == pytest.approx(0.9, abs=0.02)
    assert stated.in_unit(1000).coverage(0.9) == stated.coverage(0.9)
    wrong = stated.with_std(std**2).coverage(0.9)
    in_mev = stated.in_unit(1000)
    assert wrong < 0.7
    assert in_mev.with_std(in_mev.std**2).coverage(0.9) == 1.0


def test_recalibration_leaves_test_and_groups_alone(noise: tuple) -> None:
    X, y = noise
    groups = np.repeat(np.arange(100), 4)
    split = np.arange(300), np.arange(300, 400)
    found = fs.recalibrate(X, y, groups, split=split, rng=np.random.default_rng(2), n_trees=20)
    assert np.array_equal(found.test.y, y[300:])
    assert len(found.held_out.y) == 60  # a fifth of the 75 training groups
    assert not set(found.held_out.y) & set(found.test.y)
    assert found.recalibrated.std == pytest.approx(found.scale * found.test.std)
    # targets of the test cannot change what is stated for them
    moved = np.where(np.arange(400) < 300, y, 99.0)
    again = fs.recalibrate(X, moved, groups, split=split, rng=np.random.default_rng(2), n_trees=20)
    assert np.array_equal(again.recalibrated.std, found.recalibrated.std)


def test_shift_reports_kinds_in_order_with_their_chance(noise: tuple) -> None:
    X, y = noise
    kinds = ["b"] * 250 + ["a"] * 150
    found = fs.coverage_under_shift(
        X, y, np.arange(400), kinds, rng=np.random.default_rng(3), n_trees=10
    )
    assert found.names == ["a", "b"]
    assert found.n_samples.tolist() == [150, 250]
    assert found.known == pytest.approx([0.9, 0.9], abs=0.08)
    assert found.new == pytest.approx([0.9, 0.9], abs=0.1)  # kinds at random: no shift
    low, high = found.chance()
    assert (low < 0.9).all()
    assert (high > 0.9).all()
    assert high[0] - low[0] > high[1] - low[1]
    assert found.loss.estimate == pytest.approx((found.known - found.new).mean())
