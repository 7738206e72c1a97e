"""The studies of the latent variable keep their promises, and a part of each is computed again."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.frozen import FrozenEstimator

from matinf.transfer import latent_variable_study as study
from matinf.transfer.latent_variable import LatentVariableRegressor
from matinf.transfer.tasks import load_target_task


def test_scores_are_told_apart() -> None:
    y = np.array([0.0, 0.0, 1.0, 3.0])
    found = study.scores(y, np.array([1.0, 0.0, 1.0, 1.0]), computed=np.array([1, 1, 0, 0]) == 1)
    assert found == pytest.approx(
        {
            "mae": 0.75,
            "mae_metals": 0.5,
            "mae_gapped": 1.0,
            "mae_computed": 0.5,
            "mae_not_computed": 1.0,
            "r2": 1 - 5 / 6,
        }
    )


class Sees:
    """Stands in for the source model: remembers what it was given and says nothing."""

    seen: list[tuple[int, np.ndarray]]

    def __init__(self) -> None:
        type(self).seen = []

    def __call__(self, **_: object) -> Sees:
        return self

    def fit(self, X: np.ndarray, y: np.ndarray) -> Sees:
        self.number = len(self.seen)
        self.seen.append((self.number, X))
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.full((len(X), 10), float(self.number))


@pytest.fixture
def sees(monkeypatch: pytest.MonkeyPatch) -> Sees:
    model = Sees()
    monkeypatch.setattr(study, "source_model", model)
    monkeypatch.setattr(study, "latent_without", study.latent_without.__wrapped__)
    return model


def rows_of(X: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in np.asarray(X, dtype=np.float32)}


@pytest.mark.parametrize("source", ["test removed", "cross-fitted", "removed"])
def test_no_source_model_sees_what_it_is_tested_on(sees: Sees, source: str) -> None:
    target, (train, test) = load_target_task(), study.folds()[1 * study.N_SPLITS + 3]
    values = study.latent(source, split=(1, 3))
    models = dict(sees.seen)
    shared = study.is_computed()
    known = {number: rows_of(X) for number, X in models.items()}
    tested = known[int(values[test[0], 0])]
    assert not tested & rows_of(target.X[test])
    remembered = [row for row in train[shared[train]][:200] if source != "removed"]
    for row in remembered:
        key = np.asarray(target.X[row], dtype=np.float32).tobytes()
        assert (key in known[int(values[row, 0])]) == (source == "test removed")
    if source == "removed":
        assert not tested & rows_of(target.X)


def test_all_calculations_are_all(sees: Sees) -> None:
    study.latent("all")
    assert len(sees.seen[-1][1]) == len(study.transport())
    assert study.latent("none").shape == (len(load_target_task()), 0)


def test_columns_beside_the_features_are_what_the_estimator_makes() -> None:
    target = load_target_task()
    source = study.transport().without(target.groups).rows(np.arange(2000))
    base = ExtraTreesRegressor(3, random_state=0).fit(source.X, source.y)
    few, some = np.arange(0, 400), np.arange(400, 600)
    inputs = np.hstack([target.X, base.predict(target.X)])
    plain = study.target_models(seed=1)[study.FOREST].fit(inputs[few], target.y[few])
    whole = LatentVariableRegressor(
        FrozenEstimator(base), study.target_models(seed=1)[study.FOREST], source=source
    ).fit(target.X[few], target.y[few])
    np.testing.assert_array_equal(whole.predict(target.X[some]), plain.predict(inputs[some]))


def test_folds_and_sizes_are_drawn_once_for_all_sources() -> None:
    first = [study.curve_part(n, np.random.default_rng(0)) for n in (0, 1)]
    assert [table["n_train"][0] for table in first] == [25, 50]
    train, test = study.folds()[0]
    few, same = study.few((train, test), 200)
    assert few.size == 200
    assert np.isin(few, train).all()
    np.testing.assert_array_equal(same, test)
    np.testing.assert_array_equal(study.few((train, test), 200)[0], few)
    assert np.sort(study.few((train, test), 0)[0]).tolist() == sorted(train.tolist())
