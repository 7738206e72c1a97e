"""A stage for zeros: its median is that of the mixture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from quantile_forest import ExtraTreesQuantileRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from matinf.transfer.stages import HurdleRegressor


@pytest.mark.parametrize("n_zeros", [0, 20, 40, 49, 60, 100])
def test_the_prediction_is_the_median_of_all_samples_where_features_tell_nothing(
    n_zeros: int,
) -> None:
    y = np.concatenate([np.zeros(n_zeros), np.random.default_rng(0).exponential(2, 100 - n_zeros)])
    X = np.zeros((100, 1))  # one leaf holds everything
    forest = ExtraTreesQuantileRegressor(1, max_samples_leaf=None, random_state=0)
    model = HurdleRegressor(DummyClassifier(), forest)
    assert model.fit(X, y).predict(X[:1])[0] == pytest.approx(np.median(y), abs=0.06)


def two_kinds(n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Zero left of 0, a line right of it."""
    X = np.random.default_rng(seed).uniform(-1, 1, size=(n_samples, 2))
    return X, np.where(X[:, 0] > 0, 3 + 2 * X[:, 1], 0.0)


def test_zeros_are_told_apart_and_the_rest_is_regressed() -> None:
    X, y = two_kinds(300, 0)
    X_new, y_new = two_kinds(200, 1)
    sure = np.abs(X_new[:, 0]) > 0.1
    predicted = HurdleRegressor(random_state=0).fit(X, y).predict(X_new)
    zero = sure & (y_new == 0)
    np.testing.assert_array_equal(predicted[zero], np.zeros(zero.sum()))
    assert np.abs(predicted - y_new)[sure & (y_new > 0)].mean() < 0.2


def test_a_regressor_without_quantiles_predicts_its_own_value() -> None:
    X, y = two_kinds(200, 0)
    model = HurdleRegressor(LogisticRegression(C=100), DummyRegressor()).fit(X, y)
    predicted = model.predict(np.array([[0.9, 0.0], [-0.9, 0.0]]))
    assert predicted == pytest.approx([y[y > 0].mean(), 0])


def test_one_kind_alone_needs_no_classifier() -> None:
    X, y = two_kinds(50, 0)
    nothing = HurdleRegressor().fit(X, np.zeros(50))
    np.testing.assert_array_equal(nothing.predict(X), np.zeros(50))
    all_above = HurdleRegressor(regressor=DummyRegressor()).fit(X, y + 1)
    assert all_above.predict(X[:1])[0] == pytest.approx((y + 1).mean())
    assert (nothing.regressor_, all_above.classifier_) == (None, None)


def test_a_negative_target_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 0 or more, got -1"):
        HurdleRegressor().fit(np.zeros((3, 1)), np.array([0.0, 1.0, -1.0]))


def test_the_same_seed_gives_the_same_numbers() -> None:
    X, y = two_kinds(100, 0)
    noisy = y * np.random.default_rng(1).uniform(0, 2, 100)
    first, again, other = (
        HurdleRegressor(random_state=seed).fit(X, noisy).predict(X + 0.01) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


@parametrize_with_checks(
    [
        HurdleRegressor(
            ExtraTreesClassifier(5, random_state=0), ExtraTreesRegressor(5, random_state=0)
        )
    ]
)
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)
