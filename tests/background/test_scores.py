"""Scores agree with scikit-learn, their intervals with closed forms, baselines with their word."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from matinf.background import scores


def test_scores_are_those_of_scikit_learn_and_lie_in_their_intervals() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(2, 1, 300)
    predicted = y + rng.normal(0, 0.5, 300)
    found = scores.score_intervals(y, predicted, np.arange(300), rng=rng)
    assert found["MAE"].estimate == pytest.approx(mean_absolute_error(y, predicted))
    assert found["RMSE"].estimate == pytest.approx(root_mean_squared_error(y, predicted))
    assert found["R²"].estimate == pytest.approx(r2_score(y, predicted))
    for interval in found.values():
        assert interval.low < interval.estimate < interval.high
    # the standard error of a mean, for a large sample
    se = np.std(np.abs(y - predicted)) / np.sqrt(300)
    assert found["MAE"].width == pytest.approx(2 * 1.96 * se, rel=0.1)


def test_copies_of_a_sample_do_not_narrow_the_interval_of_groups() -> None:
    rng = np.random.default_rng(4)
    y, error = rng.normal(2, 1, 100), rng.normal(0, 0.5, 100)
    once = scores.score_intervals(y, y + error, np.arange(100), rng=rng)["MAE"]
    copies = np.repeat(y, 5), np.repeat(y + error, 5), np.repeat(np.arange(100), 5)
    assert scores.score_intervals(*copies, rng=rng)["MAE"].width == pytest.approx(
        once.width, rel=0.15
    )


def test_worst_share_by_hand() -> None:
    assert scores.worst_share([3.0, -1, 1, 1], top=0.25) == (0.5, 0.75)
    with pytest.raises(ValueError, match="top"):
        scores.worst_share([1.0], top=0)


def test_out_of_fold_baselines_never_see_the_group() -> None:
    """Two groups: each is predicted by the other's mean and median."""
    y = np.concatenate([np.zeros(30), np.full(30, 5.0)])
    X = np.random.default_rng(5).normal(size=(60, 20))
    groups = np.repeat(np.arange(6), 10)
    predicted = scores.out_of_fold(X, y, groups, rng=np.random.default_rng(6), n_trees=5)
    assert list(predicted) == [
        "mean",
        "median",
        "nearest neighbour",
        "forest, mean",
        "forest, median",
    ]
    assert not predicted.isna().to_numpy().any()
    # every test fold lacks its own values: a fold of zeros sees more fives than zeros
    assert predicted["mean"].nunique() > 1
    assert (predicted["mean"].to_numpy()[:30] > 2.5).mean() > 0.5
