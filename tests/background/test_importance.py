import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor

from matinf.background.importance import (
    RANDOM_COLUMN,
    ForestConfig,
    importance_with_copies,
    importances,
    permutation_importance,
)

CONFIG = ForestConfig(n_trees=15, n_train=120, n_test=60, n_repeats=3)


def problem(n: int = 300) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    a, b, useless = rng.normal(size=(3, n))
    X = pd.DataFrame({"a": a, "a again": a + 0.01 * rng.normal(size=n), "b": b, "useless": useless})
    return X, 3 * a + b, np.arange(n) // 2


class Sum:
    """A model whose importances have closed forms."""

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X[:, 0] + X[:, 1]


def test_permutation_of_a_linear_model_meets_its_closed_form() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 3))
    found = permutation_importance(Sum(), X, X[:, 0] + X[:, 1], [[0], [0, 1], [2]], rng=rng)
    # Shuffled, the error is a difference of normals: std sqrt(2) per column, mean |.| 2/sqrt(pi).
    np.testing.assert_allclose(found[0], 2 / np.sqrt(np.pi), rtol=0.05)
    np.testing.assert_allclose(found[1], 2 * np.sqrt(2 / np.pi), rtol=0.05)
    assert found[2] == 0


def test_a_group_is_shuffled_by_one_permutation() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=500)
    X = np.stack([a, -a], axis=1)  # their sum is always zero, as long as they stay together
    found = permutation_importance(Sum(), X, np.zeros(500), [[0, 1], [0]], rng=rng)
    assert found[0] == 0
    assert found[1] > 0.5


def test_permutation_leaves_the_features_as_they_were() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(50, 2))
    before = X.copy()
    model = RandomForestRegressor(5, random_state=0).fit(X, X[:, 0])
    permutation_importance(model, X, X[:, 0], [[0], [1]], rng=rng)
    np.testing.assert_array_equal(X, before)


def test_importances_name_their_columns_and_groups() -> None:
    X, y, systems = problem()
    clusters = [("a", "a again"), ("b",), ("useless",)]
    result = importances(X, y, systems, clusters, rng=np.random.default_rng(1), config=CONFIG)
    assert list(result.impurity.columns) == [*X.columns, RANDOM_COLUMN]
    assert list(result.together.columns) == ["a", "b", "useless", RANDOM_COLUMN]
    np.testing.assert_allclose(result.impurity.sum(axis=1), 1)
    assert result.errors.shape == (3,)
    assert result.together["a"].mean() > 1.5 * result.permutation["a"].mean()
    assert result.permutation["b"].mean() > 10 * abs(result.permutation["useless"].mean())


def test_the_same_generator_gives_the_same_result() -> None:
    X, y, systems = problem()
    runs = [
        importances(X, y, systems, [("a",)], rng=np.random.default_rng(1), config=CONFIG)
        for _ in range(2)
    ]
    pd.testing.assert_frame_equal(runs[0].impurity, runs[1].impurity)
    pd.testing.assert_frame_equal(runs[0].together, runs[1].together)


def test_without_copies_original_and_all_are_one() -> None:
    X, y, systems = problem()
    result = importance_with_copies(
        X, y, systems, "b", counts=(0, 2), rng=np.random.default_rng(1), config=CONFIG
    )
    np.testing.assert_array_equal(result.impurity_original[0], result.impurity_together[0])
    assert (result.impurity_original[1] < result.impurity_together[1]).all()
    assert result.split_evenly[1] == pytest.approx(result.impurity_original[0].mean() / 3)
    assert result.errors.shape == (2, 3)


def test_no_chemical_system_is_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y, systems = problem()
    X = X.assign(system=systems)
    seen: list[tuple[np.ndarray, np.ndarray]] = []
    fit, predict = RandomForestRegressor.fit, RandomForestRegressor.predict

    def spy_fit(self: RandomForestRegressor, X: np.ndarray, y: np.ndarray) -> object:
        seen.append((X[:, 4], np.empty(0)))
        return fit(self, X, y)

    def spy_predict(self: RandomForestRegressor, X: np.ndarray) -> np.ndarray:
        seen[-1] = (seen[-1][0], X[:, 4])
        return predict(self, X)

    monkeypatch.setattr(RandomForestRegressor, "fit", spy_fit)
    monkeypatch.setattr(RandomForestRegressor, "predict", spy_predict)
    importance_with_copies(X, y, systems, "a", rng=np.random.default_rng(1), config=CONFIG)
    assert len(seen) == 15
    assert all(len(tested) and not set(trained) & set(tested) for trained, tested in seen)


def test_settings_are_checked() -> None:
    X, y, systems = problem()
    with pytest.raises(ValueError, match="positive"):
        ForestConfig(n_trees=0)
    with pytest.raises(ValueError, match="two repeats"):
        ForestConfig(n_repeats=1)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="0 first"):
        importance_with_copies(X, y, systems, "a", counts=(1,), rng=rng, config=CONFIG)
    with pytest.raises(ValueError, match="'c'"):
        importance_with_copies(X, y, systems, "c", rng=rng, config=CONFIG)
    with pytest.raises(ValueError, match="samples"):
        importance_with_copies(X, y, systems, "a", rng=rng)
