"""Coverage and calibration against closed forms, with guards against variance for std."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import integrate, stats

from matinf.metrics import calibration_curve, coverage, fit_std_scale, miscalibration_area

Sample = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
LEVELS = np.array([0.5, 0.68, 0.9, 0.95])


def honest(rng: np.random.Generator, n: int = 20_000) -> Sample:
    """Draw observations from the very normal distributions that are predicted."""
    mean, std = rng.uniform(0, 5, n), rng.uniform(0.05, 0.6, n)
    return rng.normal(mean, std), mean, std


def test_an_honest_model_covers_what_it_promises() -> None:
    y, mean, std = honest(np.random.default_rng(0))
    np.testing.assert_allclose(coverage(y, mean, std, levels=LEVELS), LEVELS, atol=0.012)


def test_passing_the_variance_for_the_standard_deviation_is_seen() -> None:
    y, mean, std = honest(np.random.default_rng(1))  # std below 1: the variance is smaller
    right, wrong = (coverage(y, mean, s, levels=[0.9])[0] for s in (std, std**2))
    assert right == pytest.approx(0.9, abs=0.01)
    assert wrong < 0.5
    assert miscalibration_area(y, mean, std**2) > 10 * miscalibration_area(y, mean, std)
    assert fit_std_scale(y, mean, std) == pytest.approx(1.0, abs=0.02)
    assert fit_std_scale(y, mean, std**2) > 2


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_coverage_of_a_wrongly_scaled_std_is_the_closed_form(factor: float) -> None:
    y, mean, std = honest(np.random.default_rng(2))
    expected = 2 * stats.norm.cdf(factor * stats.norm.ppf((1 + LEVELS) / 2)) - 1
    np.testing.assert_allclose(coverage(y, mean, factor * std, levels=LEVELS), expected, atol=0.012)


def test_coverage_counts_the_edge_as_inside_and_reaches_both_ends() -> None:
    one_std = 2 * stats.norm.cdf(1.0) - 1
    y, mean, std = np.array([1.0, -1.0, 3.0]), np.zeros(3), np.ones(3)
    found = coverage(y, mean, std, levels=[0.0, one_std + 1e-12, one_std - 1e-12, 1.0])
    np.testing.assert_allclose(found, [0.0, 2 / 3, 0.0, 1.0])


def test_a_std_of_zero_covers_a_hit_and_nothing_else() -> None:
    found = coverage([1.0, 1.0], [1.0, 1.1], [0.0, 0.0], levels=[0.0, 0.5, 0.999])
    np.testing.assert_allclose(found, [0.5, 0.5, 0.5])


def test_area_is_the_integral_of_the_curve_to_the_diagonal() -> None:
    rng = np.random.default_rng(3)
    y, mean, std = honest(rng, 57)
    levels = np.linspace(0, 1, 200_001)
    curve = coverage(y, mean, 0.6 * std, levels=levels)
    expected = integrate.trapezoid(np.abs(curve - levels), levels)
    assert miscalibration_area(y, mean, 0.6 * std) == pytest.approx(expected, abs=1e-4)


def test_area_at_its_extremes() -> None:
    zeros = np.zeros(100)
    assert miscalibration_area(zeros, zeros, zeros + 1) == pytest.approx(0.5)  # covers all at 0
    assert miscalibration_area(zeros + 9, zeros, zeros) == pytest.approx(0.5)  # covers nothing
    quantiles = stats.norm.ppf(0.5 + (np.arange(100) + 0.5) / 200)
    assert miscalibration_area(quantiles, zeros, zeros + 1) == pytest.approx(1 / 400)


def test_scale_is_the_most_likely_one_and_mends_an_overconfident_model() -> None:
    rng = np.random.default_rng(4)
    y, mean, std = honest(rng)
    half = y.size // 2
    fitted = fit_std_scale(y[:half], mean[:half], std[:half] / 3)
    assert fitted == pytest.approx(3.0, rel=0.03)
    held_out = (y[half:], mean[half:])
    before = miscalibration_area(*held_out, std[half:] / 3)
    after = miscalibration_area(*held_out, fitted * std[half:] / 3)
    assert after < 0.1 * before

    def loss(scale: float) -> float:
        return -float(np.mean(stats.norm.logpdf(y[:half], mean[:half], scale * std[:half] / 3)))

    assert loss(fitted) < min(loss(0.99 * fitted), loss(1.01 * fitted))


def test_curve_of_an_honest_model_stays_in_its_band() -> None:
    rng = np.random.default_rng(5)
    inside = []
    for child in rng.spawn(200):
        curve = calibration_curve(*honest(child, 100), levels=[0.5, 0.8])
        inside.append((curve.low <= curve.coverage) & (curve.coverage <= curve.high))
    # The binomial is discrete: its band holds at least 95 %, here up to about 97 %.
    assert 0.93 <= np.mean(inside) <= 0.99


def test_curve_runs_from_corner_to_corner_and_carries_its_area() -> None:
    sample = honest(np.random.default_rng(6), 50)
    curve = calibration_curve(*sample)
    assert (curve.levels[0], curve.levels[-1]) == (0.0, 1.0)
    assert (curve.coverage[0], curve.coverage[-1]) == (0.0, 1.0)
    assert (np.diff(curve.coverage) >= 0).all()
    assert ((curve.low >= 0) & (curve.low <= curve.high) & (curve.high <= 1)).all()
    assert curve.miscalibration_area == miscalibration_area(*sample)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (([1.0, 2.0], [1.0, 2.0], [0.1]), "one shape"),
        (([1.0, 2.0], [1.0], [0.1, 0.1]), "one shape"),  # would broadcast
        (([[1.0]], [[1.0]], [[0.1]]), "one shape"),
        (([], [], []), "one shape"),
        (([1.0], [1.0], [-0.1]), "negative"),
        (([1.0], [np.nan], [0.1]), "finite"),
    ],
)
def test_what_does_not_fit_together_is_refused(
    arrays: tuple[list[float], list[float], list[float]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        coverage(*arrays, levels=[0.5])


def test_levels_are_probabilities_and_zero_cannot_be_scaled() -> None:
    with pytest.raises(ValueError, match="probabilities"):
        coverage([1.0], [1.0], [0.1], levels=[95.0])
    with pytest.raises(ValueError, match="a vector of probabilities"):
        coverage([1.0], [1.0], [0.1], levels=[[0.5, 0.9]])
    with pytest.raises(ValueError, match="0 cannot scale"):
        fit_std_scale([1.0, 2.0], [1.0, 1.0], [0.0, 1.0])


def test_the_band_is_binomial_at_the_level_that_is_asked_for() -> None:
    sample = honest(np.random.default_rng(7), 100)
    narrow, wide = (calibration_curve(*sample, levels=[0.5], band=band) for band in (0.5, 0.99))
    assert (narrow.low[0], narrow.high[0]) == (0.47, 0.53)
    tails = stats.binom.ppf([0.005, 0.995], 100, 0.5) / 100
    assert (wide.low[0], wide.high[0]) == tuple(tails)


def test_the_curve_has_a_point_every_twentieth() -> None:
    curve = calibration_curve(*honest(np.random.default_rng(8), 30))
    np.testing.assert_allclose(np.diff(curve.levels), 0.05)


@pytest.mark.parametrize("band", [0.0, 1.0, 2.0, np.nan])
def test_a_band_that_is_no_probability_is_refused(band: float) -> None:
    with pytest.raises(ValueError, match="band: expected a probability"):
        calibration_curve([0.0, 1.0], [0.0, 0.0], [1.0, 1.0], band=band)
