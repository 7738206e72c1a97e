"""The inverse problem: recovery, the bound, Laplace, profiles and ensembles, wrong physics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from matinf.physics.cooling import Cooling, Readings, read_thermometer
from matinf.physics.cooling_fit import fit_cooling
from matinf.physics.inverse import (
    LIKELIHOOD,
    CoolingEstimate,
    InverseConfig,
    learn_cooling,
    look_at,
)
from matinf.physics.laplace import laplace
from matinf.physics.losses import Objective, Term
from matinf.physics.network import NetworkShape
from matinf.physics.optimise import LevenbergMarquardt
from matinf.physics.pinn import CoolingCurve, PinnConfig
from matinf.physics.uncertainty import Ensemble, Profile, cooling_ensemble, profile_rate

HOT = Cooling(r=0.01, T0=90.0, T_env=20.0)
TIMES = np.linspace(0, 300, 21)
SMALL = PinnConfig(
    shape=NetworkShape(hidden_sizes=(16,), sharpness=3.0),
    n_collocation=60,
    optimiser=LIKELIHOOD,
)


def config(**changes: Any) -> InverseConfig:
    return InverseConfig(**{"pinn": SMALL} | changes)


def readings(body: Cooling = HOT, *, seed: int = 0, noise: float = 0.5) -> Readings:
    return read_thermometer(body, TIMES, noise=noise, rng=np.random.default_rng(seed))


def learn(data: Readings, *, seed: int = 0, **settings: Any) -> CoolingEstimate:
    options: dict[str, Any] = {"T_env": 20.0, "config": config()} | settings
    return learn_cooling(data, rng=np.random.default_rng(seed), **options)


@pytest.fixture(scope="module")
def found() -> CoolingEstimate:
    """Of the first readings, with a hard law and a known environment."""
    return learn(readings())


@pytest.mark.parametrize("body", [HOT, Cooling(r=0.003, T0=-18.0, T_env=25.0)], ids=["hot", "cold"])
@pytest.mark.parametrize("is_known", [(True, True), (True, False), (False, False)])
def test_exact_readings_give_the_body_back(body: Cooling, is_known: tuple[bool, bool]) -> None:
    exact = Readings(t=TIMES, T=body.temperature(TIMES), noise=0.05)
    T_env = body.T_env if is_known[0] else None
    T0 = body.T0 if is_known[1] else None
    found = learn(exact, T_env=T_env, T0=T0)
    assert found.body.r == pytest.approx(body.r, rel=1e-4)
    assert abs(found.body.T0 - body.T0) < 1e-4 * 70
    assert abs(found.body.T_env - body.T_env) < 1e-3 * 70
    later = np.linspace(0, 300, 100)
    np.testing.assert_allclose(found.curve.temperature(later), body.temperature(later), atol=1e-2)


def test_the_estimate_is_that_of_least_squares_and_so_is_its_uncertainty() -> None:
    for seed in range(2):
        data = readings(seed=seed)
        for known in ({"T_env": 20.0}, {"T_env": 20.0, "T0": 90.0}, {"T_env": None}):
            found, rival = learn(data, **known), fit_cooling(data, **known)
            assert found.body.r == pytest.approx(rival.body.r, abs=0.01 * rival.std["r"])
            assert found.std == pytest.approx(dict(rival.std), rel=0.01)
            assert found.chi_squared == pytest.approx(rival.chi_squared, abs=0.01)
            assert found.physics < 0.01


@pytest.mark.parametrize("r_guess", [0.003, 0.05])
def test_a_rough_guess_is_enough_and_any_rate_is_positive(r_guess: float) -> None:
    found = learn(readings(), config=config(r_guess=r_guess))
    rival = fit_cooling(readings(), T_env=20.0)
    assert found.body.r == pytest.approx(rival.body.r, rel=1e-3)
    network = found.curve.network
    for p in (-50.0, 0.0, 50.0):
        theta = torch.tensor(found.curve.theta)
        theta[network.shape.n_weights] = p
        assert float(network.quantities(theta)["r"]) > 0


def test_soft_physics_costs_precision_and_says_so(found: CoolingEstimate) -> None:
    hard = found  # with a slack of a hundredth
    soft, softer = (learn(found.readings, config=config(slack=s)) for s in (0.3, 2.0))
    assert hard.std["r"] < soft.std["r"] < softer.std["r"]
    assert softer.std["r"] > 1.5 * hard.std["r"]
    assert softer.chi_squared < hard.chi_squared  # it follows the noise


def test_wrong_physics_is_betrayed() -> None:
    glowing = Cooling(r=0.005, T0=700.0, T_env=20.0, radiation=8e-12)
    data = readings(glowing, noise=2.0)
    wrong, right = (learn(data, radiation=k) for k in (0.0, glowing.radiation))
    assert wrong.chi_squared > 5 * right.chi_squared
    assert wrong.body.r > 1.3 * glowing.r
    assert abs(right.body.r - glowing.r) < 3 * right.std["r"]
    # given slack, the law gives way to the readings and its residual shows when
    loose = learn(data, config=config(slack=3.0))
    assert loose.chi_squared < 0.2 * wrong.chi_squared
    residual = np.abs(loose.curve.residual(np.array([10.0, 250.0])))
    assert residual[0] > 3 * residual[1]


def test_a_wrong_environment_biases_the_rate(found: CoolingEstimate) -> None:
    right, wrong = found, learn(found.readings, T_env=30.0)
    assert wrong.body.r - HOT.r > 5 * right.std["r"]
    assert wrong.chi_squared > 5 * right.chi_squared


def test_laplace_is_the_covariance_of_linear_least_squares() -> None:
    rng = np.random.default_rng(2)
    A = torch.tensor(rng.normal(size=(20, 5)))
    term = Term(
        name="linear",
        residual=lambda theta, row: row @ theta,
        points=A,
        weights=torch.full((20,), 2.0, dtype=torch.float64),
    )
    objective = Objective(terms=[term], reach=torch.ones(5, dtype=torch.float64))
    found = laplace(objective, torch.zeros(5, dtype=torch.float64), n_unknown=2)
    whole = np.linalg.inv(4 * A.numpy().T @ A.numpy())
    np.testing.assert_allclose(found, whole[-2:, -2:], rtol=1e-9)


def test_the_profile_agrees_with_laplace_where_the_likelihood_is_nearly_normal() -> None:
    found = learn(readings(noise=0.1))
    profile = profile_rate(found, how=LIKELIHOOD, n_values=7)
    assert profile.excess[3] == 0
    assert (np.diff(profile.excess[3:]) > 0).all()
    assert (np.diff(profile.excess[:4]) < 0).all()
    a, b = profile.interval(), found.interval()
    assert (a.low, a.high) == pytest.approx((b.low, b.high), rel=1e-3)
    assert a.width == pytest.approx(b.width, rel=0.05)
    short = Profile(values=profile.values[2:5], excess=profile.excess[2:5], estimate=found.body.r)
    with pytest.raises(ValueError, match="further out"):
        short.interval(level=0.999)
    with pytest.raises(ValueError, match="odd number"):
        profile_rate(found, how=LevenbergMarquardt(), n_values=6)


def test_first_weights_alone_do_not_make_an_ensemble_unsure(found: CoolingEstimate) -> None:
    same, drawn = (
        cooling_ensemble(
            found, n_members=n, resample=n > 3, rng=np.random.default_rng(3), config=config()
        )
        for n in (3, 6)
    )
    assert same.rates.std(ddof=1) < 0.02 * found.std["r"]
    assert 0.4 < drawn.rates.std(ddof=1) / found.std["r"] < 1.9  # 99.8% of chi with 5 degrees
    assert drawn.temperatures(TIMES).shape == (6, 21)
    assert isinstance(drawn, Ensemble)
    assert not drawn.interval(level=0.99).excludes(found.body.r)
    with pytest.raises(ValueError, match="n_members"):
        cooling_ensemble(found, n_members=1, resample=True, rng=np.random.default_rng(3))


def test_the_same_seed_gives_the_same_estimate(found: CoolingEstimate) -> None:
    one, same, other = found, learn(readings(), seed=0), learn(readings(), seed=1)
    np.testing.assert_array_equal(one.curve.theta, same.curve.theta)
    assert not np.array_equal(one.curve.theta, other.curve.theta)


def test_one_can_watch_the_rate_being_found(found: CoolingEstimate) -> None:
    seen: list[tuple[int, float]] = []

    def watch(step: int, curve: CoolingCurve) -> None:
        seen.append((step, curve.body.r))

    watched = learn(readings(), watch=watch)
    assert [step for step, _ in seen] == list(range(watched.curve.history.n_steps + 1))
    assert seen[0][1] == pytest.approx(look_at(readings()))
    assert seen[-1][1] == watched.body.r
    np.testing.assert_array_equal(watched.curve.theta, found.curve.theta)


def test_a_look_at_the_readings_is_not_far_off() -> None:
    for r in (0.005, 0.02, 0.1):
        guess = look_at(readings(replace(HOT, r=r), noise=1e-3))
        assert r / 3 < guess < 3 * r
    flat = Readings(t=TIMES, T=np.full(21, 20.0), noise=0.1)
    assert look_at(flat) > 0


def test_the_law_carries_a_curve_far_beyond_the_readings() -> None:
    t = np.linspace(0, 60, 15)  # until a share of 0.55 of the difference is left
    early = read_thermometer(HOT, t, noise=0.3, rng=np.random.default_rng(7))
    found = learn(early, t_end=600.0)
    rival = fit_cooling(early, T_env=20.0)
    assert found.body.r == pytest.approx(rival.body.r, abs=0.01 * rival.std["r"])
    later = np.linspace(0, 600, 61)
    np.testing.assert_allclose(
        found.curve.temperature(later), found.body.temperature(later), atol=0.02
    )
    assert np.abs(found.curve.temperature(later) - HOT.temperature(later)).max() < 3
    short = learn(early)
    with pytest.raises(ValueError, match="trained from 0 to 60 s"):
        short.curve.temperature(later)
    assert np.isfinite(short.curve.temperature(later, extrapolate=True)).all()
    with pytest.raises(ValueError, match="t_end: expected 60 s or more"):
        learn(early, t_end=30.0)


def test_impossible_questions_are_refused() -> None:
    rng = np.random.default_rng(0)
    two = Readings(t=np.array([0.0, 10.0]), T=np.array([90.0, 85.0]), noise=0.1)
    with pytest.raises(ValueError, match="2 measurements for 3 unknowns"):
        learn_cooling(two, rng=rng)
    none = Readings(t=np.zeros(3), T=np.full(3, 90.0), noise=0.1)
    with pytest.raises(ValueError, match="time 0"):
        learn_cooling(none, rng=rng, T_env=20.0)
    with pytest.raises(ValueError, match="slack"):
        InverseConfig(slack=0)
    with pytest.raises(ValueError, match="r_guess: expected a number above 0"):
        InverseConfig(r_guess=-1)
