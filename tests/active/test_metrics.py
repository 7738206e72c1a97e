"""Judging campaigns, and random search's closed forms against simulation and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import nhypergeom

from matinf.active import metrics


def test_best_and_regret_by_hand() -> None:
    y = [0.2, 0.1, 0.9, 0.9, 0.5]
    np.testing.assert_allclose(metrics.best_so_far(y), [0.2, 0.2, 0.9, 0.9, 0.9])
    np.testing.assert_allclose(metrics.simple_regret(y, optimum=1.0), [0.8, 0.8, 0.1, 0.1, 0.1])
    assert metrics.simple_regret([1.0], optimum=1.0)[0] == 0
    with pytest.raises(ValueError, match="exceeds"):
        metrics.simple_regret([1.2], optimum=1.0)
    with pytest.raises(ValueError, match="vector"):
        metrics.best_so_far([])
    with pytest.raises(ValueError, match="finite"):
        metrics.best_so_far([np.nan])


def test_recall_by_hand() -> None:
    y = np.array([5.0, 1.0, 4.0, 3.0, 2.0])
    np.testing.assert_allclose(metrics.top_k_recall([1, 0, 4, 2], y, k=2), [0, 0.5, 0.5, 1])
    np.testing.assert_allclose(metrics.top_k_recall([0, 0, 0], y, k=2), [0.5, 0.5, 0.5])
    np.testing.assert_allclose(metrics.top_k_recall(np.arange(5), y, k=5), np.arange(1, 6) / 5)
    assert metrics.top_k_recall(np.array([], dtype=int), y, k=1).shape == (0,)


def test_what_ties_with_the_last_of_the_best_counts_and_the_share_ends_at_one() -> None:
    y = np.array([3.0, 2.0, 2.0, 1.0])
    np.testing.assert_allclose(metrics.top_k_recall([2, 1, 0], y, k=2), [0.5, 1, 1])


@pytest.mark.parametrize(
    ("measured", "k", "said"),
    [([0], 0, "k: expected"), ([0], 4, "k: expected"), ([3], 1, "0 to 2"), ([-1], 1, "0 to 2"),
     ([0.0], 1, "indices"), ([[0]], 1, "indices")],
)  # fmt: skip
def test_recall_refuses(measured: list[int], k: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        metrics.top_k_recall(measured, [1.0, 2.0, 3.0], k=k)


def test_acceleration_by_hand() -> None:
    ours, theirs = [0.0, 0.5, 1.0], [0.0, 0.0, 0.1, 0.2, 0.5, 0.6]
    assert metrics.acceleration_factor(ours, theirs, level=0.5) == 2.5
    assert metrics.acceleration_factor(ours, theirs, level=1.0) == np.inf
    assert metrics.acceleration_factor(theirs, ours, level=1.0) == 0
    assert np.isnan(metrics.acceleration_factor(ours, theirs, level=2.0))
    assert metrics.acceleration_factor(ours, ours, level=0.2) == 1
    assert metrics.experiments_to_reach([0.3], 0.3) == 1


def test_enhancement_by_hand() -> None:
    found = metrics.enhancement_factor([0.0, 0.4, 0.6, 0.0], [0.0, 0.1, 0.3, 0.2])
    np.testing.assert_allclose(found, [np.nan, 4, 2, 0])
    assert metrics.enhancement_factor([0.1], [0.0])[0] == np.inf
    with pytest.raises(ValueError, match="one shape"):
        metrics.enhancement_factor([0.1], [0.1, 0.2])
    with pytest.raises(ValueError, match="zero"):
        metrics.enhancement_factor([-0.1], [0.1])


# -- random search -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def searches() -> tuple[np.ndarray, np.ndarray]:
    """A pool with ties, and 20,000 random orders in which it is measured."""
    rng = np.random.default_rng(6)
    y = np.round(rng.gumbel(size=30), 1)
    orders = rng.permuted(np.tile(np.arange(30), (20_000, 1)), axis=1)
    return y, orders


def test_expected_best_agrees_with_simulation(searches: tuple[np.ndarray, np.ndarray]) -> None:
    y, orders = searches
    best = np.maximum.accumulate(y[orders], axis=1)
    error = best.std(axis=0) / np.sqrt(len(best))
    expected = metrics.random_expected_best(y, 30)
    assert (np.abs(best.mean(axis=0) - expected) <= 5 * error + 1e-9).all()
    with_replacement = [
        np.sum(np.sort(y) * np.diff((np.arange(31) / 30) ** n)) for n in range(1, 31)
    ]
    assert np.abs(best.mean(axis=0) - with_replacement)[25] > 10 * error[25]


def test_expected_best_at_its_ends() -> None:
    y = np.array([3.0, 1.0, 8.0])
    np.testing.assert_allclose(metrics.random_expected_best(y, 3), [4, (3 + 8 + 8) / 3, 8])
    np.testing.assert_allclose(metrics.random_expected_best([5.0], 1), [5])
    np.testing.assert_allclose(metrics.random_expected_best(np.full(4, -2.0), 4), -2)
    # Of the numbers 1 to N the mean largest of n is n (N + 1) / (n + 1).
    n = np.arange(1, 1001)
    found = metrics.random_expected_best(np.arange(1, 10_001), 1000)
    np.testing.assert_allclose(found, n * 10_001 / (n + 1), rtol=1e-12)
    for wrong in (0, 4):
        with pytest.raises(ValueError, match="n_max"):
            metrics.random_expected_best(y, wrong)
    with pytest.raises(ValueError, match="vector"):
        metrics.random_expected_best([], 1)


def test_expected_recall_agrees_with_simulation(searches: tuple[np.ndarray, np.ndarray]) -> None:
    y = np.arange(30.0)
    recalls = np.stack([metrics.top_k_recall(order, y, k=7) for order in searches[1][:4000]])
    expected = metrics.random_expected_recall(np.arange(1, 31), n_pool=30)
    np.testing.assert_allclose(recalls.mean(axis=0), expected, atol=5 * 0.19 / np.sqrt(4000))
    assert metrics.random_expected_recall(0, n_pool=30) == 0
    with pytest.raises(ValueError, match="n_pool"):
        metrics.random_expected_recall(31, n_pool=30)


@pytest.mark.parametrize(("m", "k"), [(1, 1), (1, 4), (3, 4), (4, 4), (9, 10)])
def test_draws_agree_with_simulation(
    searches: tuple[np.ndarray, np.ndarray], m: int, k: int
) -> None:
    positions = np.argsort(searches[1], axis=1)[:, :k] + 1  # when each of the k best was drawn
    draws = np.sort(positions, axis=1)[:, m - 1]
    error = draws.std() / np.sqrt(draws.size)
    assert abs(draws.mean() - metrics.random_mean_draws(m, k=k, n_pool=30)) < 5 * error
    chance = metrics.random_chance_to_hold(np.arange(31), m, k=k, n_pool=30)
    simulated = np.mean(draws[:, None] <= np.arange(31), axis=0)
    np.testing.assert_allclose(chance, simulated, atol=5 * 0.5 / np.sqrt(draws.size))
    median = metrics.random_draws_quantile(m, k=k, n_pool=30)
    assert chance[median] >= 0.5 - 1e-12
    assert chance[median - 1] < 0.5


def test_draws_agree_with_scipys_negative_hypergeometric() -> None:
    # SciPy counts the draws that miss before the m-th hit, of N - k misses in the pool.
    m, k, n_pool = 9, 10, 400
    peer = nhypergeom(n_pool, n_pool - k, m)
    n = np.arange(m, n_pool + 1)
    np.testing.assert_allclose(
        metrics.random_chance_to_hold(n, m, k=k, n_pool=n_pool), peer.cdf(n - m), atol=1e-8
    )
    assert metrics.random_mean_draws(m, k=k, n_pool=n_pool) == pytest.approx(peer.mean() + m)
    assert metrics.random_draws_quantile(m, k=k, n_pool=n_pool) == peer.median() + m


def test_draws_of_the_main_case() -> None:
    assert metrics.random_mean_draws(9, k=10, n_pool=10_000) == pytest.approx(9 * 10_001 / 11)
    assert metrics.random_draws_quantile(1, k=1, n_pool=10_000) == 5000
    assert metrics.random_draws_quantile(5, k=5, n_pool=5) == 5


@pytest.mark.parametrize(("m", "k", "n_pool"), [(0, 1, 5), (2, 1, 5), (1, 6, 5)])
def test_impossible_wishes_are_refused(m: int, k: int, n_pool: int) -> None:
    for function in (metrics.random_mean_draws, metrics.random_draws_quantile):
        with pytest.raises(ValueError, match="1 <= m <= k <= n_pool"):
            function(m, k=k, n_pool=n_pool)
    with pytest.raises(ValueError, match="0 to n_pool"):
        metrics.random_chance_to_hold(6, 1, k=1, n_pool=5)
    with pytest.raises(ValueError, match="level"):
        metrics.random_draws_quantile(1, k=1, n_pool=5, level=1.0)
