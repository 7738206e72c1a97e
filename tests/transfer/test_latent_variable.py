"""The latent variable on pairs of tasks whose right answer is known, and what it refuses."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from matinf.transfer.latent_variable import LatentVariableRegressor
from matinf.transfer.tasks import SourceTask

SOURCE_SIZE, TARGET_SIZE = 600, 40


def wavy(X: np.ndarray) -> np.ndarray:
    """A source property that 40 samples cannot teach, and 600 can."""
    return np.sin(3 * X[:, 0]) + np.cos(2 * X[:, 1])


def source_task(seed: int = 0, *, y: np.ndarray | None = None) -> SourceTask:
    X = np.random.default_rng(seed).uniform(-2, 2, size=(SOURCE_SIZE, 3))
    groups = np.arange(SOURCE_SIZE).astype(str)
    return SourceTask(X=X, y=wavy(X) if y is None else y, groups=groups)


def target_samples(n_samples: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-2, 2, size=(n_samples, 3))


def error(model: Any, f: Any, n_train: int = TARGET_SIZE) -> float:
    """Mean absolute error on 300 new samples of the target f, after n_train."""
    X, X_new = target_samples(n_train, 1), target_samples(300, 2)
    return float(np.abs(model.fit(X, f(X)).predict(X_new) - f(X_new)).mean())


def neighbours() -> Any:
    return KNeighborsRegressor(5, weights="distance")


def forest() -> RandomForestRegressor:
    return RandomForestRegressor(30, random_state=0)


# -- pairs of tasks whose right answer is known --------------------------------------------------


def test_identical_tasks_reach_the_error_of_the_source_model() -> None:
    source = source_task()
    model = LatentVariableRegressor(
        neighbours(), LinearRegression(), source=source, passthrough=False
    )
    X_new = target_samples(300, 2)
    of_source = np.abs(neighbours().fit(source.X, source.y).predict(X_new) - wavy(X_new)).mean()
    alone = error(neighbours(), wavy)
    assert error(model, wavy) == pytest.approx(of_source, rel=0.1)
    assert error(model, wavy) < alone / 2


def test_a_linear_relation_is_learned_from_two_samples() -> None:
    source = source_task()

    def predicted(X: np.ndarray) -> np.ndarray:
        """A target that is linear in what the source model says, exactly."""
        return 7 - 3 * neighbours().fit(source.X, source.y).predict(X)

    model = LatentVariableRegressor(
        neighbours(), LinearRegression(), source=source, passthrough=False
    )
    assert error(model, predicted, n_train=2) == pytest.approx(0, abs=1e-9)


def test_a_linear_relation_helps_a_forest() -> None:
    def line(X: np.ndarray) -> np.ndarray:
        return 2 - 5 * wavy(X)

    model = LatentVariableRegressor(neighbours(), forest(), source=source_task())
    assert error(model, line) < 0.7 * error(forest(), line)


def test_an_unrelated_source_leaves_the_error_where_it_was() -> None:
    noise = np.random.default_rng(5).normal(size=SOURCE_SIZE)
    unrelated = LatentVariableRegressor(neighbours(), forest(), source=source_task(y=noise))
    ratio = error(unrelated, wavy) / error(forest(), wavy)
    assert 0.85 < ratio < 1.3


def test_several_outputs_make_several_latent_variables() -> None:
    base = source_task()
    y = np.column_stack([np.sin(3 * base.X[:, 0]), np.cos(2 * base.X[:, 1])])
    both = LatentVariableRegressor(
        neighbours(), LinearRegression(), source=source_task(y=y), passthrough=False
    )
    one = clone(both).set_params(source=source_task(y=y[:, 0]))

    def difference(X: np.ndarray) -> np.ndarray:
        return np.sin(3 * X[:, 0]) - np.cos(2 * X[:, 1])

    assert error(both, difference) < error(one, difference) / 2
    assert both.latent_values(target_samples(4, 3)).shape == (4, 2)
    assert both.target_estimator_.n_features_in_ == 2


def test_a_classifier_gives_its_probabilities() -> None:
    base = source_task()
    task = source_task(y=(base.X[:, 0] > 0).astype(float))
    model = LatentVariableRegressor(LogisticRegression(), LinearRegression(), source=task)
    X = target_samples(30, 3)
    latent = model.fit(X, X[:, 1]).latent_values(X)
    assert latent.shape == (30, 2)
    np.testing.assert_allclose(latent.sum(axis=1), 1)


def test_a_classifier_of_several_outputs_gives_each_sample_its_own_probabilities() -> None:
    base = source_task()
    task = source_task(y=np.column_stack([base.X[:, 0] > 0, base.X[:, 1] > 0]).astype(float))
    classifier = RandomForestClassifier(20, random_state=0)
    X = target_samples(30, 3)
    model = LatentVariableRegressor(classifier, LinearRegression(), source=task).fit(X, X[:, 1])
    first, second = classifier.fit(task.X, task.y).predict_proba(X)
    np.testing.assert_array_equal(model.latent_values(X), np.hstack([first, second]))


def test_without_a_source_it_is_the_target_estimator() -> None:
    X, X_new = target_samples(TARGET_SIZE, 1), target_samples(50, 2)
    model = LatentVariableRegressor(target_estimator=forest()).fit(X, wavy(X))
    expected = forest().fit(X, wavy(X)).predict(X_new)
    np.testing.assert_array_equal(model.predict(X_new), expected)
    assert (model.source_estimator_, model.n_source_samples_) == (None, 0)
    with pytest.raises(ValueError, match="without a source"):
        model.latent_values(X_new)


def test_default_models_are_forests_and_follow_the_seed() -> None:
    source = source_task().rows(np.arange(60))
    X, y = target_samples(20, 1), np.arange(20.0)
    fits = [LatentVariableRegressor(source=source, random_state=s).fit(X, y) for s in (0, 0, 1)]
    assert isinstance(fits[0].source_estimator_, RandomForestRegressor)
    first, again, other = (model.predict(X) for model in fits)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


# -- what is shared by source and target ---------------------------------------------------------


def leaky_pair() -> tuple[SourceTask, np.ndarray, np.ndarray, np.ndarray]:
    """A source that holds every target composition with a number no feature can tell."""
    rng = np.random.default_rng(8)
    X, y = rng.normal(size=(120, 4)), rng.normal(size=120)
    X_other = rng.normal(size=(200, 4))
    groups = np.array([f"g{i}" for i in range(320)])
    source = SourceTask(
        X=np.vstack([X, X_other]), y=np.concatenate([y, rng.normal(size=200)]), groups=groups
    )
    return source, X, y, groups[:120]


def test_excluding_target_groups_removes_what_a_test_sample_would_look_up() -> None:
    source, X, y, groups = leaky_pair()
    leaky = LatentVariableRegressor(
        KNeighborsRegressor(1), LinearRegression(), source=source, passthrough=False
    )
    honest = clone(leaky).set_params(exclude_target_groups=True, target_groups=groups)
    train, test = np.arange(80), np.arange(80, 120)
    looked_up = leaky.fit(X[train], y[train]).predict(X[test])
    np.testing.assert_allclose(looked_up, y[test], atol=1e-9)
    predicted = honest.fit(X[train], y[train]).predict(X[test])
    assert np.corrcoef(predicted, y[test])[0, 1] < 0.5
    assert (leaky.n_source_samples_, honest.n_source_samples_) == (320, 200)
    assert (leaky.n_shared_samples_, honest.n_shared_samples_) == (80, 0)
    assert honest.source_estimator_.n_samples_fit_ == 200


def test_exclusion_does_not_see_the_numbers_of_what_it_excludes() -> None:
    source, X, y, groups = leaky_pair()
    moved = SourceTask(
        X=source.X, y=np.where(np.arange(320) < 120, 1e6, source.y), groups=source.groups
    )
    settings: dict[str, Any] = {"exclude_target_groups": True, "target_groups": groups}
    one, two = (
        LatentVariableRegressor(forest(), forest(), source=s, **settings).fit(X, y).predict(X)
        for s in (source, moved)
    )
    np.testing.assert_array_equal(one, two)


def test_groups_named_otherwise_in_source_and_target_are_found_out() -> None:
    source, X, y, groups = leaky_pair()
    model = LatentVariableRegressor(
        KNeighborsRegressor(1),
        LinearRegression(),
        source=source,
        exclude_target_groups=True,
        target_groups=[*groups[:100], *(f"other {group}" for group in groups[100:])],
    )
    model.fit(X[:100], y[:100])
    with pytest.raises(ValueError, match="20 samples are still in the source"):
        model.fit(X, y)


def test_a_remembered_latent_value_is_replaced_by_cross_fitting() -> None:
    source, X, y, _ = leaky_pair()
    lookup = KNeighborsRegressor(1)
    settings: dict[str, Any] = {"source": source, "passthrough": False, "random_state": 0}
    seen = LatentVariableRegressor(lookup, LinearRegression(), **settings).fit(X, y)
    unseen = LatentVariableRegressor(lookup, LinearRegression(), cross_fit=5, **settings).fit(X, y)
    # remembered values are the targets: the line through them trusts them wholly
    assert seen.target_estimator_.coef_[0] == pytest.approx(1)
    # predicted ones tell nothing of these targets, and the line says so
    assert abs(unseen.target_estimator_.coef_[0]) < 0.4
    assert unseen.n_shared_samples_ == 120


def test_cross_fitting_tells_no_sample_its_own_source_value() -> None:
    source, X, y, _ = leaky_pair()
    seen: list[np.ndarray] = []

    class Recorder(DummyRegressor):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Recorder:
            seen.append(np.asarray(X).copy())
            return super().fit(X, y, sample_weight)

    model = LatentVariableRegressor(DummyRegressor(), Recorder(), source=source, cross_fit=4)
    model.set_params(random_state=0).fit(X, y)
    latent = seen[0][:, -1]
    # A model of the mean that misses a fold of 30: the sum tells which samples it left out
    folds = [np.flatnonzero(latent == value) for value in np.unique(latent)]
    assert sorted(map(len, folds)) == [30, 30, 30, 30]
    for rows in folds:
        kept = np.setdiff1d(np.arange(320), rows)
        assert latent[rows[0]] == pytest.approx(source.y[kept].mean())


def test_cross_fitting_gives_no_chance_to_a_class_that_the_other_folds_lack() -> None:
    source, X, y, _ = leaky_pair()
    rare = source.y == y[7]  # one sample of the target, alone in its class
    assert rare.sum() == 1
    labels = np.where(rare, 1.0, 2.0 * (source.X[:, 0] > 0))
    task = SourceTask(X=source.X, y=labels, groups=source.groups)
    seen: list[np.ndarray] = []

    class Recorder(DummyRegressor):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Recorder:
            seen.append(np.asarray(X).copy())
            return super().fit(X, y, sample_weight)

    classifier = RandomForestClassifier(5, random_state=0)
    model = LatentVariableRegressor(classifier, Recorder(), source=task, cross_fit=4)
    model.set_params(random_state=0, passthrough=False).fit(X, y)
    assert seen[0].shape == (len(X), 3)
    assert seen[0][7, 1] == 0
    np.testing.assert_allclose(seen[0].sum(axis=1), 1)


def test_cross_fitting_leaves_samples_alone_that_the_source_does_not_hold() -> None:
    source = source_task()
    X = target_samples(30, 4)
    y = wavy(X)
    models = [
        LatentVariableRegressor(
            neighbours(), LinearRegression(), source=source, cross_fit=folds
        ).fit(X, y)
        for folds in (None, 5)
    ]
    assert models[0].n_shared_samples_ == 0
    np.testing.assert_array_equal(models[0].predict(X), models[1].predict(X))


# -- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"exclude_target_groups": True}, "needs target_groups"),
        (
            {"exclude_target_groups": True, "target_groups": np.arange(SOURCE_SIZE).astype(str)},
            "nothing is left to pre-train on",
        ),
        ({"cross_fit": 1}, "cross_fit: expected from 2"),
        ({"cross_fit": 31}, "cross_fit: expected from 2 folds to the 30"),
    ],
)
def test_a_wrong_setting_is_refused(settings: dict[str, Any], message: str) -> None:
    source = source_task()
    model = LatentVariableRegressor(neighbours(), neighbours(), source=source, **settings)
    with pytest.raises(ValueError, match=message):
        model.fit(source.X[:30], source.y[:30])


def test_mismatched_features_are_refused() -> None:
    model = LatentVariableRegressor(neighbours(), neighbours(), source=source_task())
    with pytest.raises(ValueError, match="X has 2 features, the source has 3: make the features"):
        model.fit(np.zeros((9, 2)), np.zeros(9))


def test_features_in_another_order_are_refused() -> None:
    base = source_task()
    source = SourceTask(X=base.X, y=base.y, groups=base.groups, features=("a", "b", "c"))
    model = LatentVariableRegressor(neighbours(), neighbours(), source=source)
    frame = pd.DataFrame(target_samples(9, 1), columns=["a", "b", "c"])
    model.fit(frame, np.arange(9.0))
    with pytest.raises(ValueError, match="feature 'c' of X is 'a' in the source"):
        model.fit(frame[["c", "b", "a"]], np.arange(9.0))


@pytest.mark.parametrize("place", ["X", "y"])
def test_missing_values_are_refused(place: str) -> None:
    values = {"X": target_samples(9, 1), "y": np.arange(9.0)}
    values[place].flat[4] = np.nan
    model = LatentVariableRegressor(neighbours(), neighbours(), source=source_task())
    with pytest.raises(ValueError, match="NaN"):
        model.fit(**values)


def test_a_source_must_be_a_task() -> None:
    model = LatentVariableRegressor(source=(np.zeros((3, 3)), np.zeros(3)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a SourceTask, got tuple"):
        model.fit(np.zeros((3, 3)), np.zeros(3))


# -- as scikit-learn expects ---------------------------------------------------------------------


class SelfSourced(LatentVariableRegressor):
    """Makes a source out of whatever it is given, so that the checks take the whole way."""

    def _source_to_fit(self) -> SourceTask:
        rng = np.random.default_rng(0)
        X = rng.normal(size=(30, self.n_features_in_))
        return SourceTask(X=X, y=X[:, :1] ** 2, groups=np.arange(30).astype(str))


@parametrize_with_checks(
    [
        LatentVariableRegressor(LinearRegression(), LinearRegression()),
        SelfSourced(LinearRegression(), LinearRegression()),
    ]
)
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_a_frozen_source_model_is_fitted_once_and_cannot_forget() -> None:
    source = source_task()
    once = FrozenEstimator(neighbours().fit(source.X, source.y))
    frozen = LatentVariableRegressor(once, forest(), source=source)
    fresh = LatentVariableRegressor(neighbours(), forest(), source=source)
    assert error(frozen, wavy) == error(fresh, wavy)
    frozen.set_params(exclude_target_groups=True, target_groups=["0"])
    with pytest.raises(ValueError, match="cannot forget"):
        error(frozen, wavy)


def test_in_a_pipeline_with_scaling_inside() -> None:
    within = LatentVariableRegressor(
        make_pipeline(StandardScaler(), neighbours()),
        make_pipeline(StandardScaler(), LinearRegression()),
        source=source_task(),
    )
    whole = make_pipeline(FunctionTransformer(), within)
    assert error(whole, wavy) < error(neighbours(), wavy) / 2


def test_in_a_grid_search_it_chooses_what_is_right() -> None:
    noise = source_task(y=np.random.default_rng(5).normal(size=SOURCE_SIZE))
    search = GridSearchCV(
        LatentVariableRegressor(neighbours(), LinearRegression()),
        {
            "source": [None, noise, source_task()],
            "passthrough": [True, False],
            "source_estimator__n_neighbors": [5, 300],
        },
        scoring="neg_mean_absolute_error",
        cv=3,
    )
    X = target_samples(TARGET_SIZE, 1)
    best = search.fit(X, wavy(X)).best_params_
    assert best["source_estimator__n_neighbors"] == 5
    np.testing.assert_array_equal(best["source"].y, source_task().y)


def test_scores_do_not_depend_on_the_number_of_jobs() -> None:
    X = target_samples(60, 1)
    model = LatentVariableRegressor(neighbours(), forest(), source=source_task())
    scores = [cross_val_score(model, X, wavy(X), n_jobs=n) for n in (1, 2)]
    np.testing.assert_array_equal(*scores)


def test_cloning_shares_the_source_and_pickling_keeps_the_model() -> None:
    X = target_samples(TARGET_SIZE, 1)
    model = LatentVariableRegressor(
        ExtraTreesRegressor(5, random_state=0), forest(), source=source_task()
    )
    assert clone(model).source is model.source
    fitted = model.fit(X, wavy(X))
    kept = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(kept.predict(X), fitted.predict(X))
