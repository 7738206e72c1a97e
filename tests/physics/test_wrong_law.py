"""Wrong laws and soft ones: closed forms against Monte Carlo, limits, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matinf.physics.cooling import Cooling, radiation_coefficient, read_thermometer
from matinf.physics.cooling_fit import cramer_rao_bound, fit_cooling
from matinf.physics.inverse import LIKELIHOOD, InverseConfig, learn_cooling
from matinf.physics.network import NetworkShape
from matinf.physics.pinn import PinnConfig
from matinf.physics.wrong_law import (
    BALL,
    BALL_NOISE,
    BALL_TIMES,
    fit_wrong_law,
    soft_law_errors,
)

BODY = Cooling(r=0.005, T0=90.0, T_env=20.0)
TIMES = np.linspace(0, 150, 15)


def test_a_true_law_is_found_and_rejected_as_often_as_allowed() -> None:
    for T_env in (20.0, None):
        found = fit_wrong_law(BODY, TIMES, noise=0.3, T_env=T_env, false_alarm=0.05)
        assert found.r == pytest.approx(BODY.r, rel=1e-6)
        assert found.misfit < 1e-6
        assert found.chance == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize("T_env", [28.0, 11.0])
def test_the_rate_and_the_chance_are_those_of_noisy_fits(T_env: float) -> None:
    times = np.linspace(0, 300, 12)
    found = fit_wrong_law(BODY, times, noise=1.0, T_env=T_env, false_alarm=0.05)
    assert 0.2 < found.chance < 0.9, "neither always nor never, or the test would tell nothing"
    rng = np.random.default_rng(1)
    fits = [
        fit_cooling(read_thermometer(BODY, times, noise=1.0, rng=rng), T_env=T_env)
        for _ in range(250)
    ]
    rejected = np.mean([fit.p_value() < 0.05 for fit in fits])
    assert rejected == pytest.approx(found.chance, abs=0.1)  # three times the binomial error
    rates = np.array([fit.body.r for fit in fits])
    assert rates.mean() == pytest.approx(found.r, abs=4 * found.std / 250**0.5)
    assert abs(found.r - BODY.r) > 5 * found.std


def test_a_law_with_enough_unknowns_has_no_misfit_and_no_bias() -> None:
    wrong = fit_wrong_law(BODY, TIMES, noise=0.3, T_env=30.0)
    free = fit_wrong_law(BODY, TIMES, noise=0.3, T_env=None)
    assert wrong.misfit > 1 > 1e-6 > free.misfit
    assert free.std > wrong.std


def test_the_ball_is_of_steel() -> None:
    radius, density, capacity = 0.01, 7850.0, 500.0
    area, mass = 4 * np.pi * radius**2, 4 / 3 * np.pi * radius**3 * density
    assert BALL.r == pytest.approx(15 * area / (mass * capacity))
    assert BALL.radiation == pytest.approx(
        radiation_coefficient(emissivity=0.8, area=area, mass=mass, heat_capacity=capacity)
    )


def test_radiation_is_seen_hot_and_hides_cool() -> None:
    starts = [replace(BALL, T0=T0) for T0 in (50.0, 700.0)]
    cool, hot = (fit_wrong_law(b, BALL_TIMES, noise=BALL_NOISE, T_env=20.0) for b in starts)
    # near the environment T⁴ is a straight line: 4 κ T_env³ is added to the rate
    added = 4 * BALL.radiation * (20 + 273.15) ** 3
    assert cool.r == pytest.approx(BALL.r + added, rel=0.06)
    assert cool.chance < 0.02
    assert hot.chance > 0.999
    assert hot.r > 2 * BALL.r


def test_a_soft_law_tends_to_the_bound_and_to_nothing_known() -> None:
    bound = cramer_rao_bound(BODY, TIMES, noise=0.3, unknown=("r", "T0"))["r"]
    errs, stated = soft_law_errors(BODY, TIMES, noise=0.3, slack=[1e-4, 0.1, 1.0, 10.0])
    assert errs[0] == pytest.approx(bound, rel=1e-6)
    assert stated[0] == pytest.approx(bound, rel=1e-6)
    assert (np.diff(errs) > 0).all()
    assert (np.diff(stated) > 0).all()
    assert (errs[1:] < stated[1:]).all()
    assert (errs >= bound * (1 - 1e-9)).all()


def test_networks_state_and_err_as_the_theory_of_soft_laws_says() -> None:
    pinn = PinnConfig(
        shape=NetworkShape(hidden_sizes=(16,), sharpness=3.0),
        n_collocation=60,
        optimiser=LIKELIHOOD,
    )
    config = InverseConfig(pinn=pinn, slack=2.0, r_guess=BODY.r)
    [err], [stated] = soft_law_errors(BODY, TIMES, noise=0.3, slack=[2.0])
    rng = np.random.default_rng(2)
    found = [
        learn_cooling(
            read_thermometer(BODY, TIMES, noise=0.3, rng=rng), rng=rng, T_env=20.0, config=config
        )
        for _ in range(6)
    ]
    assert [one.std["r"] for one in found] == pytest.approx([stated] * 6, rel=0.02)
    errors = np.array([one.body.r for one in found]) - BODY.r
    assert 0.3 * err < np.sqrt(np.mean(errors**2)) < 2 * err  # 99.9% of chi with 6 degrees


def test_impossible_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="false_alarm"):
        fit_wrong_law(BODY, TIMES, noise=0.3, T_env=20.0, false_alarm=1.0)
    with pytest.raises(ValueError, match="2 readings leave no residuals"):
        fit_wrong_law(BODY, [0.0, 100.0], noise=0.3, T_env=20.0)
    with pytest.raises(ValueError, match="noise"):
        soft_law_errors(BODY, TIMES, noise=0.0, slack=[1.0])
    with pytest.raises(ValueError, match="slack"):
        soft_law_errors(BODY, TIMES, noise=0.3, slack=[np.nan])
