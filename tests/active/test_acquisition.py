"""Acquisition functions against Monte Carlo, high precision and their edges."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import log_ndtr

from matinf.active import acquisition as aq

MEAN = np.array([-1.0, 0.0, 0.3, 1.2, 2.0])
STD = np.array([0.5, 1.0, 0.3, 2.0, 0.3])
BEST = 0.8

TWO = [
    lambda mean, std: aq.probability_of_improvement(mean, std, best=BEST),
    lambda mean, std: aq.expected_improvement(mean, std, best=BEST),
    lambda mean, std: aq.log_expected_improvement(mean, std, best=BEST),
    lambda mean, std: aq.upper_confidence_bound(mean, std, beta=1.0),
]


@pytest.fixture(scope="module")
def draws() -> np.ndarray:
    return np.random.default_rng(1).normal(MEAN, STD, size=(400_000, MEAN.size))


def within(estimates: np.ndarray, expected: np.ndarray) -> bool:
    """Whether the expected mean lies within five standard errors of the estimates' mean."""
    error = estimates.std(axis=0) / np.sqrt(len(estimates))
    return bool((np.abs(estimates.mean(axis=0) - expected) <= 5 * error + 5 / len(estimates)).all())


@pytest.mark.parametrize("xi", [0.0, 0.4])
def test_improvement_agrees_with_monte_carlo(draws: np.ndarray, xi: float) -> None:
    chance = aq.probability_of_improvement(MEAN, STD, best=BEST, xi=xi)
    gain = aq.expected_improvement(MEAN, STD, best=BEST, xi=xi)
    assert within(draws > BEST + xi, chance)
    assert within(np.maximum(draws - BEST - xi, 0), gain)
    assert not within(np.maximum(draws - BEST - xi, 0), 1.02 * gain + 1e-4), "the test has teeth"


def test_the_deviation_is_not_taken_for_a_variance(draws: np.ndarray) -> None:
    assert not within(draws > BEST, aq.probability_of_improvement(MEAN, STD**2, best=BEST))
    upper = aq.upper_confidence_bound(MEAN, STD, beta=1.96)
    share = np.mean(draws <= upper, axis=0)
    np.testing.assert_allclose(share, 0.975, atol=0.002)


def test_thompson_chooses_as_often_as_a_candidate_is_best(draws: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    n = 4000
    won = np.bincount([int(np.argmax(aq.thompson(rng.normal(MEAN, STD)))) for _ in range(n)])
    best = np.bincount(np.argmax(draws, axis=1), minlength=MEAN.size) / len(draws)
    np.testing.assert_allclose(won / n, best, atol=5 * np.sqrt(0.25 / n))


def log_h(z: float) -> float:
    r"""Log of phi(z) + z Phi(z) by a route without cancellation.

    h = \int_0^\infty t phi(t - z) dt; for z = -x it is phi(x) \int t exp(-t x - t^2 / 2) dt.
    """
    x = -z
    scaled = quad(lambda u: u * np.exp(-u - (u / x) ** 2 / 2), 0, 60, epsabs=0, epsrel=1e-13)[0]
    return float(-(x**2) / 2 - np.log(2 * np.pi) / 2 - 2 * np.log(x) + np.log(scaled))


@pytest.mark.parametrize("z", [-1.0, -1.001, -3.0, -8.0, -37.0, -60.0, -199.9, -200.1, -1e3, -1e5])
def test_log_ei_agrees_with_an_integral_far_below(z: float) -> None:
    found = aq.log_expected_improvement([z * 0.3], [0.3], best=0.0)[0] - np.log(0.3)
    assert abs(found - log_h(z)) < 3e-11 + 4e-16 * abs(found)


@pytest.mark.parametrize("z", [-1e3, -1e6, -1e12])
def test_log_ei_follows_the_tail_of_the_normal(z: float) -> None:
    # EI / sigma = phi(z) - |z| Phi(z) -> Phi(z) / |z|
    found = aq.log_expected_improvement([z], [1.0], best=0.0)[0]
    assert found == pytest.approx(log_ndtr(z) - np.log(-z), rel=1e-12, abs=3 / z**2)


def test_log_ei_is_the_log_of_ei_where_that_is_a_number() -> None:
    mean = np.linspace(-8, 8, 401)
    std = np.full(401, 1.0)
    plain = aq.expected_improvement(mean, std, best=0.0)
    logs = aq.log_expected_improvement(mean, std, best=0.0)
    near = mean > -5
    np.testing.assert_allclose(logs[near], np.log(plain[near]), atol=1e-9)
    assert (np.diff(logs) > 0).all()


def test_log_ei_ranks_where_ei_has_underflowed() -> None:
    mean = np.array([-60.0, -50.0, -40.0])
    assert (aq.expected_improvement(mean, np.ones(3), best=0.0) == 0).all()
    logs = aq.log_expected_improvement(mean, np.ones(3), best=0.0)
    assert np.isfinite(logs).all()
    assert (np.diff(logs) > 0).all()


def test_a_known_candidate_is_judged_without_a_chance() -> None:
    mean, std = np.array([0.7, 0.8, 0.9]), np.zeros(3)
    chance, gain, log_gain, bound = (f(mean, std) for f in TWO)
    np.testing.assert_array_equal(chance, [0, 0, 1])
    np.testing.assert_allclose(gain, [0, 0, 0.1])
    np.testing.assert_allclose(log_gain, [-np.inf, -np.inf, np.log(0.1)])
    np.testing.assert_array_equal(bound, mean)


def test_a_vanishing_deviation_is_the_limit_of_small_ones() -> None:
    for function in TWO:
        tiny = function(np.array([0.2, 1.2]), np.full(2, 5e-324))
        known = function(np.array([0.2, 1.2]), np.zeros(2))
        np.testing.assert_allclose(tiny, known)


@pytest.mark.parametrize("function", TWO)
def test_one_candidate_and_none(function: Callable[..., np.ndarray]) -> None:
    one = function([0.3], [0.2])
    assert one.shape == (1,)
    assert np.isfinite(one).all()
    assert function([], []).shape == (0,)
    assert aq.maximum_mean([]).shape == aq.random_scores(0, rng=np.random.default_rng(0)).shape


def test_equal_candidates_have_equal_scores() -> None:
    for function in TWO:
        assert np.ptp(function(np.full(4, 0.4), np.full(4, 0.7))) == 0


def test_more_mean_and_more_doubt_are_never_worth_less() -> None:
    grid = np.linspace(-2, 2, 81)
    for function in TWO:
        assert (np.diff(function(grid, np.full(81, 0.5))) >= 0).all()
    for function in TWO[1:]:
        assert (np.diff(function(np.zeros(81), np.linspace(0, 3, 81))[1:]) > 0).all()


def test_units_do_not_matter() -> None:
    milli = 1000.0
    ei = aq.expected_improvement(MEAN, STD, best=BEST, xi=0.1)
    scaled = aq.expected_improvement(milli * MEAN, milli * STD, best=milli * BEST, xi=milli * 0.1)
    np.testing.assert_allclose(scaled, milli * ei, rtol=1e-12)
    pi = aq.probability_of_improvement(MEAN + 7, STD, best=BEST + 7)
    np.testing.assert_allclose(pi, aq.probability_of_improvement(MEAN, STD, best=BEST))


def test_exploit_explore_and_target() -> None:
    np.testing.assert_array_equal(aq.maximum_mean(MEAN), MEAN)
    np.testing.assert_array_equal(aq.maximum_std(STD), STD)
    assert np.argmax(aq.closest_to_target(MEAN, target=0.9)) == 3
    assert aq.closest_to_target([0.9], target=0.9)[0] == 0
    np.testing.assert_allclose(aq.upper_confidence_bound(MEAN, STD, beta=0), MEAN)


def test_scores_are_no_views_of_what_came_in() -> None:
    mean = MEAN.copy()
    aq.maximum_mean(mean)[0] = 9
    aq.thompson(mean)[1] = 9
    np.testing.assert_array_equal(mean, MEAN)


def test_random_scores_are_an_order_and_every_order_is_as_likely() -> None:
    rng = np.random.default_rng(3)
    assert sorted(aq.random_scores(6, rng=rng)) == [0, 1, 2, 3, 4, 5]
    first = np.bincount([np.argmax(aq.random_scores(5, rng=rng)) for _ in range(5000)])
    np.testing.assert_allclose(first / 5000, 0.2, atol=0.03)
    with pytest.raises(ValueError, match="0 or more"):
        aq.random_scores(-1, rng=rng)


@pytest.mark.parametrize("function", TWO)
@pytest.mark.parametrize(
    ("mean", "std", "said"),
    [
        ([0.0, 1.0], [1.0], "one shape"),
        ([0.0], [-1e-9], "negative"),
        ([np.nan], [1.0], "mean: expected finite"),
        ([0.0], [np.nan], "std: expected finite"),
        ([0.0], [np.inf], "std: expected finite"),
        ([[0.0]], [[1.0]], "vector"),
        (0.0, 1.0, "vector"),
    ],
)
def test_what_is_no_prediction_is_refused(
    function: Callable[..., np.ndarray], mean: object, std: object, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        function(mean, std)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_setting_is_refused(bad: float) -> None:
    for name in ("best", "xi"):
        with pytest.raises(ValueError, match=name):
            aq.expected_improvement(MEAN, STD, **{"best": BEST, name: bad})
    with pytest.raises(ValueError, match="target"):
        aq.closest_to_target(MEAN, target=bad)
    with pytest.raises(ValueError, match="beta"):
        aq.upper_confidence_bound(MEAN, STD, beta=bad)
    with pytest.raises(ValueError, match="beta"):
        aq.upper_confidence_bound(MEAN, STD, beta=-1)
    with pytest.raises(ValueError, match="xi"):
        aq.probability_of_improvement(MEAN, STD, best=BEST, xi=-0.1)
    with pytest.raises(ValueError, match="sample"):
        aq.thompson([0.0, bad])


@pytest.mark.parametrize("improvement", [aq.expected_improvement, aq.log_expected_improvement])
def test_improvement_bears_any_number_of_deviations(
    improvement: Callable[..., np.ndarray],
) -> None:
    """Squares of such a z overflow; only its sign matters, and nothing may be warned of."""
    up, down = improvement([1e200, -1e200], [1.0, 1.0], best=0.0)
    assert up == pytest.approx(1e200 if improvement is aq.expected_improvement else np.log(1e200))
    assert down == (0 if improvement is aq.expected_improvement else -np.inf)
    sure = improvement([1e6, -1e6], [1e-200, 1e-200], best=0.0)
    assert sure[0] > sure[1]
