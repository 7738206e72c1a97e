"""Evaluation: the same splits for all, groups kept together, differences paired."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_info, threadpool_limits

from matinf.repeats import corrected_interval
from matinf.transfer.evaluation import (
    CrossValidated,
    cross_validated,
    learning_curve,
    repeated_folds,
)
from matinf.transfer.latent_variable import LatentVariableRegressor
from matinf.transfer.tasks import SourceTask, TargetTask


def target(n_samples: int = 60, n_groups: int = 60) -> TargetTask:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, 3))
    y = X @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=n_samples)
    groups = (np.arange(n_samples) % n_groups).astype(str)
    return TargetTask(X=X, y=y, groups=groups)


METHODS = {"line": LinearRegression(), "mean": DummyRegressor()}


class Reporter(RegressorMixin, BaseEstimator):
    """Predicts what it was given: a checksum of its training rows, its seed, its threads."""

    def __init__(self, what: str = "rows", random_state: int = 0, n_jobs: int = 2) -> None:
        self.what = what
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any) -> Reporter:
        pools = max([pool["num_threads"] for pool in threadpool_info()], default=1)
        self.value_ = {
            "rows": float(np.sort(y).sum()),
            "seed": self.random_state,
            "threads": pools,
            "jobs": self.n_jobs,
        }[self.what]
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.value_, dtype=float)


def test_no_group_is_in_training_and_test() -> None:
    task = target(60, n_groups=12)
    splits = repeated_folds(task.groups, n_repeats=3, rng=np.random.default_rng(1))
    assert len(splits) == 15
    for train, test in splits:
        assert not set(task.groups[train]) & set(task.groups[test])
    for repeat in range(3):
        tested = np.concatenate([test for _, test in splits[5 * repeat : 5 * repeat + 5]])
        assert sorted(tested) == list(range(60))
    assert any(set(a[1]) != set(b[1]) for a, b in zip(splits[:5], splits[5:10], strict=True))


def test_predictions_are_those_of_models_that_did_not_see_the_sample() -> None:
    task = target()
    found = cross_validated(METHODS, task, rng=np.random.default_rng(2), n_repeats=2)
    for repeat in range(2):
        for fold in range(5):
            test = found.folds[repeat] == fold
            line = LinearRegression().fit(task.X[~test], task.y[~test])
            np.testing.assert_allclose(
                found.predictions["line"][repeat, test], line.predict(task.X[test])
            )


def test_all_methods_see_the_same_rows_and_the_same_seed() -> None:
    for what in ("rows", "seed"):
        methods = {"one": Reporter(what), "two": Reporter(what, random_state=9)}
        found = cross_validated(methods, target(), rng=np.random.default_rng(3)).predictions
        np.testing.assert_array_equal(found["one"], found["two"])
        assert len(np.unique(found["one"])) == 5
        curves = learning_curve(
            methods, target(), sizes=[5, 20], n_repeats=3, rng=np.random.default_rng(3)
        )
        np.testing.assert_array_equal(curves.errors["one"], curves.errors["two"])


def test_folds_can_be_given_and_are_checked() -> None:
    task = target(40, n_groups=20)
    drawn = repeated_folds(task.groups, rng=np.random.default_rng(1))
    given = cross_validated(METHODS, task, splits=drawn, rng=np.random.default_rng(2))
    for fold, (_, test) in enumerate(drawn):
        assert set(given.folds[0, test]) == {fold}
    rows = np.arange(40)
    halves = [(rows[20:], rows[:20]), (rows[:20], rows[20:])]  # groups are in both
    wrong = {
        "expected 5, got 4": drawn[:4],
        "never tested": [*drawn[:4], (drawn[4][0], drawn[4][1][:1])],
        "tested twice": [*drawn[:4], drawn[0]],
    }
    for message, splits in wrong.items():
        with pytest.raises(ValueError, match=message):
            cross_validated(METHODS, task, splits=splits, rng=np.random.default_rng(2))
    with pytest.raises(ValueError, match="a group is in training and test"):
        cross_validated(METHODS, task, n_splits=2, splits=halves, rng=np.random.default_rng(2))


def by_hand() -> CrossValidated:
    """Two folds of two samples; off by 1, 3 and 2, 6."""
    return CrossValidated(
        y=np.zeros(4),
        groups=np.array(list("abcd")),
        folds=np.array([[0, 0, 1, 1]]),
        predictions={"a": np.array([[1.0, -3.0, 2.0, 6.0]]), "b": np.array([[1.0, 1.0, 1.0, 1.0]])},
    )


def test_errors_and_differences_are_those_worked_out_by_hand() -> None:
    found = by_hand()
    np.testing.assert_allclose(found.errors("a"), [[2, 4]])
    np.testing.assert_allclose(found.errors("a", where=[True, False, True, True]), [[1, 4]])
    assert found.interval("a") == corrected_interval([2, 4], test_share=1 / 2)
    assert found.difference("a", "b") == corrected_interval([1, 3], test_share=1 / 2)
    assert found.sample_difference("a", "b", rng=np.random.default_rng(0)).estimate == 2
    with pytest.raises(ValueError, match="no sample to count"):
        found.errors("a", where=[True, True, False, False])


def test_pairing_finds_a_small_difference_that_the_errors_hide() -> None:
    task = target()
    methods = METHODS | {"worse": make_pipeline(StandardScaler(), KNeighborsRegressor(3))}
    found = cross_validated(methods, task, rng=np.random.default_rng(4), n_repeats=3)
    assert found.difference("line", "mean").high < 0
    sample = found.sample_difference("line", "worse", rng=np.random.default_rng(5))
    assert sample.high < 0
    assert sample.estimate == pytest.approx(found.difference("line", "worse").estimate, abs=1e-9)
    same = found.difference("line", "line")
    assert (same.low, same.estimate, same.high) == (0, 0, 0)


def test_a_learning_curve_falls_where_there_is_something_to_learn() -> None:
    curves = learning_curve(
        METHODS, target(200, 200), sizes=[5, 20, 150], n_repeats=6, rng=np.random.default_rng(6)
    )
    assert curves.errors["line"].shape == (6, 3)
    assert curves.test_share == pytest.approx(0.2)
    line = [curves.interval("line", size).estimate for size in (5, 20, 150)]
    assert line[0] > line[1] > line[2]
    assert line[2] == pytest.approx(0.1 * np.sqrt(2 / np.pi), rel=0.15)  # the noise's own error
    assert curves.difference("line", "mean", 150).high < 0
    assert curves.interval("line", 20) == corrected_interval(
        curves.errors["line"][:, 1], test_share=0.2
    )


def test_the_larger_training_set_holds_the_smaller() -> None:
    seen: dict[int, list[set[float]]] = {5: [], 20: []}

    class Recorder(DummyRegressor):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Recorder:
            seen[len(y)].append(set(y))
            return super().fit(X, y, sample_weight)

    learning_curve(
        {"r": Recorder()}, target(), sizes=[5, 20], n_repeats=3, rng=np.random.default_rng(7)
    )
    assert all(small < large for small, large in zip(seen[5], seen[20], strict=True))
    assert seen[5][0] != seen[5][1]


def test_the_same_seed_gives_the_same_numbers_however_many_jobs() -> None:
    methods = {"forest": RandomForestRegressor(5, n_jobs=2), "line": LinearRegression()}
    runs = [
        learning_curve(
            methods,
            target(),
            sizes=[10, 30],
            n_repeats=2,
            rng=np.random.default_rng(seed),
            n_jobs=n_jobs,
        ).errors["forest"]
        for seed, n_jobs in ((8, 1), (8, 2), (9, 1))
    ]
    # to rounding: a forest adds its trees' predictions in the order in which threads end
    np.testing.assert_allclose(runs[0], runs[1], rtol=1e-12)
    assert np.abs(runs[0] - runs[2]).max() > 0


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("what", ["threads", "jobs"])
def test_processes_and_threads_do_not_multiply(
    what: str, n_jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pool in ("OMP", "OPENBLAS", "MKL"):
        monkeypatch.setenv(f"{pool}_NUM_THREADS", "2")
    nested = make_pipeline(StandardScaler(), Reporter(what, n_jobs=2))
    with threadpool_limits(2):
        found = cross_validated(
            {"r": nested}, target(), rng=np.random.default_rng(9), n_jobs=n_jobs
        )
    kept = what == "jobs" and n_jobs == 1  # alone, a method may share out its own work
    assert np.unique(found.predictions["r"]) == [2 if kept else 1]


def test_transfer_is_compared_like_any_other_method() -> None:
    task = target(40)
    rng = np.random.default_rng(10)
    X = rng.normal(size=(300, 3))
    source = SourceTask(X=X, y=X @ [1.0, -2.0, 0.5], groups=np.arange(300).astype(str))
    transfer = LatentVariableRegressor(LinearRegression(), RandomForestRegressor(10), source=source)
    methods = {"forest": RandomForestRegressor(10), "transfer": transfer}
    found = cross_validated(methods, task, rng=rng, n_repeats=2, n_jobs=2)
    assert found.difference("transfer", "forest").high < 0


@pytest.mark.parametrize("sizes", [[], [0, 5], [5, 5], [20, 5], [5, 49]])
def test_wrong_sizes_are_refused(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="from 1 to the 48 samples left to train on"):
        learning_curve(METHODS, target(), sizes=sizes, n_repeats=2, rng=np.random.default_rng(0))


def test_no_method_and_no_repeat_and_an_unknown_size_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="methods: expected one"):
        cross_validated({}, target(), rng=rng)
    with pytest.raises(ValueError, match="n_repeats"):
        repeated_folds(target().groups, n_repeats=0, rng=rng)
    with pytest.raises(ValueError, match="n_repeats"):
        learning_curve(METHODS, target(), sizes=[9], n_repeats=0, rng=rng)
    curves = learning_curve(METHODS, target(), sizes=np.array([9]), n_repeats=2, rng=rng)
    with pytest.raises(ValueError, match=r"expected one of \[9\], got 10"):
        curves.interval("line", 10)
