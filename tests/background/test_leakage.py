"""The leaks leak, and their honest twins do not, on data whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.background import leakage


def test_products_are_those_of_ranks() -> None:
    Z = leakage.products(np.array([[1.0, 30.0], [2.0, 10.0], [9.0, 20.0]]))
    ranks = (np.array([[1, 3], [2, 1], [3, 2]]) - 0.5) / 3 - 0.5
    expected = np.column_stack([ranks[:, 0] ** 2, ranks[:, 0] * ranks[:, 1], ranks[:, 1] ** 2])
    np.testing.assert_allclose(Z, expected)


def test_most_correlated_is_numpys_correlation() -> None:
    rng = np.random.default_rng(0)
    Z, y = rng.normal(size=(50, 12)), rng.normal(size=50)
    Z[:, 3] = 1.0  # constant: correlates with nothing
    strength = [0.0 if j == 3 else abs(np.corrcoef(Z[:, j], y)[0, 1]) for j in range(12)]
    assert list(leakage.most_correlated(Z, y, n_selected=12)) == list(np.argsort(strength)[::-1])


def test_group_means_use_source_rows_alone() -> None:
    groups, y = pd.Series(["a", "a", "b", "c"]), np.array([1.0, 100.0, 4.0, 7.0])
    assert leakage.group_means(groups, y, source=np.array([0, 2])) == pytest.approx(
        [1.0, 1.0, 4.0, 2.5]  # "c" was not in the source: the mean of all
    )


def test_cross_fitted_means_tell_no_row_its_own_target() -> None:
    rng = np.random.default_rng(1)
    groups, y = pd.Series(np.repeat(list("abcde"), 8)), rng.normal(size=40)
    train = np.arange(30)
    for row in (0, 7, 29):
        moved = y.copy()
        moved[row] += 1e6
        before, after = (
            leakage.cross_fitted_means(groups, v, train=train, rng=np.random.default_rng(2))
            for v in (y, moved)
        )
        assert after[row] == before[row]
    # and no test target is used at all
    moved = np.where(np.arange(40) < 30, y, 1e6)
    assert leakage.cross_fitted_means(
        groups, moved, train=train, rng=np.random.default_rng(2)
    ) == pytest.approx(
        leakage.cross_fitted_means(groups, y, train=train, rng=np.random.default_rng(2))
    )


def test_target_leak_on_pure_noise_pretends_and_the_twin_does_not() -> None:
    rng = np.random.default_rng(3)
    X, y, systems = rng.normal(size=(150, 4)), rng.normal(size=150), np.arange(150).astype(str)
    leak = leakage.target_leak(X, y, systems, n_repeats=3, rng=rng, n_trees=10)
    assert leak.leaked.min() > 0.5
    assert leak.honest.max() < 0.2
    assert leak.optimism.estimate == pytest.approx((leak.leaked - leak.honest).mean())


def test_independent_repeats_and_hold_outs_have_their_own_intervals() -> None:
    values = np.array([0.1, 0.2, 0.3])
    free = leakage.Leak(name="a", leaked=values, honest=values)
    shared = leakage.Leak(name="a", leaked=values, honest=values, test_share=0.2)
    assert shared.interval(values).width > free.interval(values).width
