"""Beliefs beyond the readings: mean and standard deviation, not variance; the law's own."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.physics.cooling_fit import fit_cooling
from matinf.physics.extrapolation import (
    Belief,
    ensemble_belief,
    law_belief,
    resampled_ensemble,
)
from matinf.physics.extrapolation_results import load_beyond, time_below
from matinf.physics.extrapolation_study import plain
from matinf.physics.learning_course import learning_course
from matinf.physics.regression import Regression, network_ensemble
from matinf.physics.scenario import BODY, LAST_READING, WINDOW, early_readings

READINGS = early_readings(rng=np.random.default_rng(0))
T = np.array([50.0, 150.0, 400.0])


@pytest.fixture(scope="module")
def ensemble() -> tuple[Regression, ...]:
    return network_ensemble(READINGS, n_members=3, rng=np.random.default_rng(1), config=plain(5))


def test_an_ensembles_belief_is_the_mean_and_the_standard_deviation(
    ensemble: tuple[Regression, ...],
) -> None:
    belief = ensemble_belief(ensemble, T)
    curves = np.array([member.temperature(T) for member in ensemble])
    np.testing.assert_allclose(belief.mean, curves.mean(axis=0))
    np.testing.assert_allclose(belief.std**2, curves.var(axis=0, ddof=1))
    np.testing.assert_allclose(belief.errors(BODY), belief.mean - BODY.temperature(T))


def test_one_network_has_no_spread(ensemble: tuple[Regression, ...]) -> None:
    with pytest.raises(ValueError, match="two or more, got 1"):
        ensemble_belief(ensemble[:1], T)
    with pytest.raises(ValueError, match="expected 2 or more, got 1"):
        resampled_ensemble(READINGS, n_members=1, rng=np.random.default_rng(0))


def test_the_laws_belief_is_its_spread_over_draws_of_noise() -> None:
    """The standard deviation carried over linearly, against a Monte Carlo estimate."""
    rng = np.random.default_rng(3)
    fits = [fit_cooling(early_readings(rng=child), T_env=20.0) for child in rng.spawn(400)]
    curves = np.array([fit.body.temperature(T) for fit in fits])
    stated = np.array([law_belief(fit, T).std for fit in fits]).mean(axis=0)
    np.testing.assert_allclose(stated, curves.std(axis=0, ddof=1), rtol=0.12)


def test_resampled_members_see_other_readings(ensemble: tuple[Regression, ...]) -> None:
    redrawn = resampled_ensemble(
        READINGS, n_members=3, rng=np.random.default_rng(1), config=plain(5)
    )
    early = np.linspace(0, LAST_READING, 20)
    spread = ensemble_belief(redrawn, early).std.mean()
    assert spread > 2 * ensemble_belief(ensemble, early).std.mean()


def test_a_course_ends_with_the_network_and_its_errors() -> None:
    course = learning_course(
        READINGS, BODY, t_end=WINDOW, rng=np.random.default_rng(1), config=plain(5)
    )
    off = course.network.temperature(READINGS.t) - READINGS.T
    assert course.at_readings[-1] == pytest.approx(np.sqrt(np.mean(off**2)))
    assert course.at_readings[-1] < course.at_readings[0] / 10
    assert len(course.at_readings) == len(course.among) == len(course.beyond)
    with pytest.raises(ValueError, match="more than the last reading"):
        learning_course(READINGS, BODY, t_end=100.0, rng=np.random.default_rng(1))


def test_a_falling_curve_passes_a_limit_once() -> None:
    t = np.array([0.0, 10.0, 20.0])
    assert time_below(45.0, t, np.array([90.0, 50.0, 40.0])) == pytest.approx(15.0)
    assert time_below(45.0, t, np.array([40.0, 30.0, 20.0])) == 0.0
    assert np.isinf(time_below(45.0, t, np.array([90.0, 80.0, 70.0])))
    with pytest.raises(ValueError, match="one shape"):
        time_below(45.0, t, np.array([1.0]))


def test_what_was_not_studied_is_said() -> None:
    beyond = load_beyond()
    with pytest.raises(ValueError, match="'nothing' was not studied"):
        beyond.errors("nothing")
    with pytest.raises(ValueError, match="expected one of"):
        beyond.size("law", t=7.0)


def test_a_belief_knows_its_errors() -> None:
    belief = Belief(t=T, mean=BODY.temperature(T) + 2, std=np.ones(3), members=np.empty((0, 3)))
    np.testing.assert_allclose(belief.errors(BODY), 2.0)
