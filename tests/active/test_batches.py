"""Batches against brute force, and on posteriors whose answer is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import norm

from matinf.active.acquisition import expected_improvement, log_expected_improvement
from matinf.active.batches import (
    kriging_believer,
    local_penalisation,
    log_softplus,
    steepest_slope,
    top_k,
)
from matinf.active.posterior import PoolPosterior
from matinf.active.surrogate import Surrogate


@dataclass(frozen=True)
class Gaussian:
    """A posterior over a small pool, conditioned by the textbook formula."""

    mean: np.ndarray
    covariance: np.ndarray

    @property
    def std(self) -> np.ndarray:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0))

    def fantasise(self, indices: object, y: object) -> Gaussian:
        rows = np.asarray(indices)
        K = self.covariance[:, rows]
        inside = np.linalg.inv(K[rows] + 1e-10 * np.eye(rows.size))
        gain = K @ inside
        return Gaussian(
            self.mean + gain @ (np.asarray(y) - self.mean[rows]), self.covariance - gain @ K.T
        )


def line(n: int = 41, *, lengthscale: float = 0.15, seed: int = 0) -> tuple[np.ndarray, Gaussian]:
    """A pool on a line, its prior conditioned on four noiseless values."""
    x = np.linspace(0, 1, n)
    K = np.exp(-0.5 * ((x[:, None] - x) / lengthscale) ** 2) + 1e-10 * np.eye(n)
    rng = np.random.default_rng(seed)
    y = np.linalg.cholesky(K) @ rng.normal(size=n)
    seen = rng.choice(n, 4, replace=False)
    return x, Gaussian(np.zeros(n), K).fantasise(seen, y[seen])


# -- top k -------------------------------------------------------------------------------------


def test_top_k_takes_the_largest_first_and_the_first_of_equals() -> None:
    np.testing.assert_array_equal(top_k([1, 5, 3, 5, -np.inf], 3), [1, 3, 2])
    np.testing.assert_array_equal(top_k(np.zeros(5), 5), np.arange(5))
    assert top_k([-np.inf], 1).tolist() == [0]


def test_top_k_takes_only_what_is_available() -> None:
    free = np.array([True, False, True, True])
    np.testing.assert_array_equal(top_k([1, 9, 3, 2], 2, available=free), [2, 3])
    scores = np.array([1, np.nan, 3, 2])
    np.testing.assert_array_equal(top_k(scores, 1, available=free), [2])


@pytest.mark.parametrize(
    ("scores", "k", "available", "said"),
    [
        ([], 1, None, "expected 1 to 0"),
        ([1.0, 2.0], 3, None, "expected 1 to 2"),
        ([1.0, 2.0], 0, None, "expected 1 to 2"),
        ([1.0, 2.0], 2, [True, False], "expected 1 to 1"),
        ([1.0, np.nan], 1, None, "NaN"),
        ([[1.0]], 1, None, "vector"),
        ([1.0, 2.0], 1, [0, 1], "booleans"),
        ([1.0, 2.0], 1, [True], "booleans"),
    ],
)
def test_top_k_refuses(scores: object, k: int, available: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        top_k(scores, k, available=available)


# -- kriging believer --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_believer_chooses_what_refitting_by_hand_would(seed: int) -> None:
    _, posterior = line(seed=seed)
    free = np.ones(posterior.mean.size, dtype=bool)
    best, believed, expected = 0.5, posterior, []
    for _ in range(4):
        scores = np.where(free, expected_improvement(believed.mean, believed.std, best=best), -1)
        j = int(np.argmax(scores))
        expected.append(j)
        free[j] = False
        best = max(best, believed.mean[j])
        believed = posterior.fantasise(expected, posterior.mean[expected])
    before = posterior.mean.copy()
    found = kriging_believer(posterior, expected_improvement, 4, best=0.5)
    assert found.tolist() == expected
    np.testing.assert_array_equal(posterior.mean, before)


def test_a_believer_keeps_the_mean_and_raises_the_best() -> None:
    bests: list[float] = []
    means: list[np.ndarray] = []

    def greedy(mean: np.ndarray, std: np.ndarray, /, *, best: float) -> np.ndarray:
        bests.append(best)
        means.append(mean)
        return mean

    _, posterior = line()
    chosen = kriging_believer(posterior, greedy, 3, best=-5.0)
    assert bests == [-5.0, posterior.mean.max(), posterior.mean.max()]
    np.testing.assert_allclose(means[2], means[0], atol=1e-6)
    np.testing.assert_array_equal(chosen, top_k(posterior.mean, 3))


def test_batches_spread_where_the_top_k_crowd() -> None:
    nearest = {"top k": [], "believer": [], "penalised": []}
    for seed in range(8):
        x, posterior = line(201, seed=seed)
        best = float(posterior.mean.max()) + 0.1
        scores = expected_improvement(posterior.mean, posterior.std, best=best)
        logs = log_expected_improvement(posterior.mean, posterior.std, best=best)

        def away(j: int, x: np.ndarray = x) -> np.ndarray:
            return np.abs(x - x[j])

        batches = {
            "top k": top_k(scores, 4),
            "believer": kriging_believer(posterior, expected_improvement, 4, best=best),
            "penalised": local_penalisation(
                logs,
                posterior.mean,
                posterior.std,
                4,
                best=best,
                lipschitz=steepest_slope(posterior.mean, away, anchors=np.arange(201)),
                distances=away,
            ),
        }
        for name, chosen in batches.items():
            assert len(set(chosen.tolist())) == 4
            nearest[name].append(np.diff(np.sort(x[chosen])).min())
        assert len({int(chosen[0]) for chosen in batches.values()}) == 1
    assert np.allclose(nearest["top k"], 1 / 200)
    assert np.median(nearest["believer"]) > 5 / 200
    assert np.median(nearest["penalised"]) > 5 / 200


def test_a_batch_from_one_candidate_and_from_too_few() -> None:
    _, posterior = line(5)
    only = np.arange(5) == 2
    one = {"best": 0.0, "available": only}
    assert kriging_believer(posterior, expected_improvement, 1, **one).tolist() == [2]
    with pytest.raises(ValueError, match="expected 1 to 1"):
        kriging_believer(posterior, expected_improvement, 2, **one)
    empty = Gaussian(np.zeros(0), np.zeros((0, 0)))
    with pytest.raises(ValueError, match="expected 1 to 0"):
        kriging_believer(empty, expected_improvement, 1, best=0.0)
    assert only.sum() == 1


# -- local penalisation ------------------------------------------------------------------------


def test_the_penalty_is_the_chance_of_no_maximum_so_near() -> None:
    """Against Monte Carlo: the ball around x_j has the radius (M - f(x_j)) / L."""
    x = np.linspace(0, 1, 11)
    mean, std, best, slope = np.full(11, 0.2), np.full(11, 0.3), 0.9, 2.0
    scores = np.zeros(11)
    scores[0] = 1.0
    rng = np.random.default_rng(4)
    radius = (best - rng.normal(0.2, 0.3, 200_000)) / slope
    kept = np.array([np.mean(radius < d) for d in x])
    by_hand = np.log(kept) + scores
    by_hand[0] = -np.inf
    np.testing.assert_allclose(kept, norm.cdf((slope * x - best + 0.2) / 0.3), atol=0.005)
    found = local_penalisation(
        scores, mean, std, 2, best=best, lipschitz=slope, distances=lambda j: np.abs(x - x[j])
    )
    assert found.tolist() == [0, int(np.argmax(by_hand))]


def test_certain_values_forbid_a_ball_and_allow_the_rest() -> None:
    x = np.linspace(0, 1, 11)
    logs = -np.arange(11.0)  # prefers the nearest
    found = local_penalisation(
        logs,
        np.zeros(11),
        np.zeros(11),
        3,
        best=0.45,
        lipschitz=1.0,
        distances=lambda j: np.abs(x - x[j]),
    )
    assert found.tolist() == [0, 5, 10]


def test_a_steep_function_lets_neighbours_in() -> None:
    x = np.linspace(0, 1, 101)
    logs = -50 * (x - 0.5) ** 2
    spread = [
        np.ptp(
            x[
                local_penalisation(
                    logs,
                    np.zeros(101),
                    np.full(101, 0.1),
                    3,
                    best=0.5,
                    lipschitz=slope,
                    distances=lambda j: np.abs(x - x[j]),
                )
            ]
        )
        for slope in (1.0, 10.0, 1e6)
    ]
    assert spread[0] > spread[1] > spread[2]
    assert spread[2] == pytest.approx(0.02)


def test_the_steepest_slope_is_found_by_brute_force() -> None:
    rng = np.random.default_rng(5)
    X, mean = rng.normal(size=(30, 2)), rng.normal(size=30)
    X[7] = X[3]  # duplicates have no slope
    away = np.linalg.norm(X[:, None] - X, axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.where(away > 0, np.abs(mean[:, None] - mean) / away, 0)
    found = steepest_slope(mean, lambda j: away[j], anchors=np.arange(30))
    assert found == pytest.approx(slopes.max())
    assert steepest_slope(mean, lambda j: away[j], anchors=[2]) == pytest.approx(slopes[2].max())
    with pytest.raises(ValueError, match="found none"):
        steepest_slope([1.0], lambda j: np.zeros(1), anchors=[0])


def test_softplus_keeps_the_order_and_has_the_right_ends() -> None:
    scores = np.array([-1e4, -40.0, -30.0, -29.9, 0.0, 3.0, 800.0])
    found = log_softplus(scores, scale=1.0)
    assert (np.diff(found) > 0).all()
    np.testing.assert_allclose(found[:2], scores[:2])
    assert found[4] == pytest.approx(np.log(np.log(2)))
    assert found[-1] == pytest.approx(np.log(800))
    np.testing.assert_allclose(log_softplus(scores * 7, scale=7.0), found)
    with pytest.raises(ValueError, match="scale"):
        log_softplus(scores, scale=0.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lipschitz": 0.0}, "lipschitz"),
        ({"lipschitz": np.nan}, "lipschitz"),
        ({"best": np.nan}, "best"),
        ({"distances": lambda j: np.zeros(2)}, "distances"),
        ({"distances": lambda j: np.full(3, np.nan)}, "distances"),
        ({"k": 4}, "expected 1 to 3"),
        ({"log_scores": np.zeros(2)}, "log_scores"),
        ({"std": -np.ones(3)}, "negative"),
    ],
)
def test_local_penalisation_refuses(change: dict[str, object], said: str) -> None:
    given: dict[str, object] = {
        "log_scores": np.zeros(3),
        "mean": np.zeros(3),
        "std": np.ones(3),
        "k": 2,
        "best": 0.0,
        "lipschitz": 1.0,
        "distances": lambda j: np.ones(3),
    }
    with pytest.raises(ValueError, match=said):
        local_penalisation(**{**given, **change})


def test_a_believer_works_on_the_posterior_of_a_real_campaign() -> None:
    """Against a Gaussian process that is conditioned afresh on what is believed."""
    rng = np.random.default_rng(8)
    X = rng.random((60, 2))
    measured, y = np.arange(12), np.sin(5 * X[:12]).sum(axis=1)
    surrogate = Surrogate(kernel="matern52", lengthscale=0.4, noise_std=0.05)
    posterior = PoolPosterior.start(surrogate, X, measured, y, optimise=False)
    free = np.arange(60) >= 12
    believed, best, expected = posterior, float(y.max()), []
    for _ in range(3):
        scores = log_expected_improvement(believed.mean, believed.std, best=best)
        j = int(np.argmax(np.where(free, scores, -np.inf)))
        expected.append(j)
        free[j] = False
        best = max(best, float(posterior.mean[j]))
        believed = posterior.fantasise(expected)
    found = kriging_believer(
        posterior, log_expected_improvement, 3, best=float(y.max()), available=np.arange(60) >= 12
    )
    assert found.tolist() == expected
    assert posterior.indices.tolist() == measured.tolist()
