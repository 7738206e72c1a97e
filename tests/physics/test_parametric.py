"""A network for a range of conditions, an ordinary one for none, and the look of a loss."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from matinf.physics.cooling import Cooling, Readings, newton_cooling, read_thermometer
from matinf.physics.landscape import loss_landscape
from matinf.physics.network import NetworkShape
from matinf.physics.optimise import LevenbergMarquardt
from matinf.physics.parametric import (
    OutsideTrainedRange,
    ParametricConfig,
    ParametricNetwork,
    TrainedRange,
    scattered,
    train_parametric,
)
from matinf.physics.pinn import PinnConfig, law_of_cooling, relative_error, solve_cooling
from matinf.physics.regression import (
    RegressionConfig,
    fit_network,
    network_ensemble,
)

BOX = TrainedRange(T0=90.0, T_env=(-20.0, 60.0), r=(2e-3, 2e-2), t_end=600.0)
TIMES = np.linspace(0, 600, 121)


@pytest.fixture(scope="module")
def trained() -> ParametricNetwork:
    config = ParametricConfig(
        shape=NetworkShape(n_inputs=3, hidden_sizes=(14, 14), sharpness=1.0),
        n_collocation=500,
        optimiser=LevenbergMarquardt(max_steps=25),
    )
    return train_parametric(BOX, rng=np.random.default_rng(0), config=config)


def test_any_condition_of_the_box_is_answered(trained: ParametricNetwork) -> None:
    rng = np.random.default_rng(1)
    errors = []
    for _ in range(40):
        T_env, r = rng.uniform(-20, 60), 2e-3 * 10 ** rng.uniform()
        exact = newton_cooling(TIMES, r=r, T0=90.0, T_env=T_env)
        found = trained.temperature(TIMES, T_env=T_env, r=r)
        errors.append(relative_error(found, exact, origin=T_env))
    assert np.median(errors) < 1e-3
    assert max(errors) < 1e-2


def test_the_start_is_exact_and_edges_are_inside(trained: ParametricNetwork) -> None:
    for T_env in BOX.T_env:
        for r in BOX.r:
            T = trained.temperature([[0.0, 600.0]], T_env=T_env, r=r)
            assert T.shape == (1, 2)
            assert T[0, 0] == 90


@pytest.mark.parametrize(
    ("t", "T_env", "r", "message"),
    [
        (10.0, 61.0, 0.01, "T_env: the network was trained from -20 to 60 °C .* 61 °C"),
        (10.0, -21.0, 0.01, "T_env"),
        (10.0, 20.0, 0.03, "r: the network was trained from 0.002 to 0.02 1/s"),
        (10.0, 20.0, 0.001, "r: the network"),
        (601.0, 20.0, 0.01, "t = 601: .* 0 to 600 s"),
        (-1.0, 20.0, 0.01, "t = -1"),
    ],
)
def test_what_was_not_trained_is_said(
    trained: ParametricNetwork, t: float, T_env: float, r: float, message: str
) -> None:
    with pytest.raises(OutsideTrainedRange, match=message):
        trained.temperature(t, T_env=T_env, r=r)


def test_impossible_conditions_are_refused(trained: ParametricNetwork) -> None:
    with pytest.raises(ValueError, match="r: expected a number above 0"):
        trained.temperature(1.0, T_env=20.0, r=-0.01)
    with pytest.raises(ValueError, match="t: expected finite"):
        trained.temperature([np.nan], T_env=20.0, r=0.01)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"r": (0.0, 0.1)}, "r: expected a number above 0"),
        ({"T_env": (20.0, 20.0)}, "T_env: expected a lower and a higher end"),
        ({"t_end": 0.0}, "t_end"),
    ]
    for change, message in wrong:
        with pytest.raises(ValueError, match=message):
            TrainedRange(**{"T0": 90.0, "T_env": (0.0, 1.0), "r": (0.1, 1.0), "t_end": 1} | change)
    with pytest.raises(ValueError, match="three inputs"):
        ParametricConfig(shape=NetworkShape())
    with pytest.raises(ValueError, match="n_collocation"):
        ParametricConfig(n_collocation=5)


def test_points_are_scattered_over_the_whole_box() -> None:
    t, T_env, r = scattered(BOX, 300, rng=np.random.default_rng(2)).T
    assert t.min() >= 0
    assert t.max() <= 600 * (1 + 1e-12)
    for values, (low, high) in ((T_env, BOX.T_env), (np.log(r), np.log(BOX.r))):
        share = (values - low) / (high - low)
        assert 0 <= share.min() < 0.01
        assert 0.99 < share.max() <= 1 + 1e-12
    again = scattered(BOX, 300, rng=np.random.default_rng(2)).T
    np.testing.assert_array_equal(again, [t, T_env, r])


HOT = Cooling(r=0.005, T0=90.0, T_env=20.0)


def early_readings(n: int = 15, noise: float = 0.3) -> Readings:
    t = np.linspace(0, 150, n)
    return read_thermometer(HOT, t, noise=noise, rng=np.random.default_rng(3))


def test_an_ordinary_network_fits_and_does_not_extrapolate() -> None:
    readings = early_readings()
    inside, beyond = np.linspace(0, 150, 50), np.linspace(400, 600, 20)
    config = RegressionConfig(optimiser=LevenbergMarquardt(max_steps=25, least_gain=1e-9))
    members = network_ensemble(readings, n_members=4, rng=np.random.default_rng(4), config=config)
    fits = np.stack([member.temperature(inside) for member in members])
    assert np.abs(fits - HOT.temperature(inside)).max() < 3
    far = np.stack([member.temperature(beyond) for member in members])
    off = np.abs(far.mean(axis=0) - HOT.temperature(beyond)).mean()
    assert off > 5
    law = solve_cooling(HOT, t_end=600, rng=np.random.default_rng(4))
    np.testing.assert_allclose(law.temperature(beyond), HOT.temperature(beyond), atol=1e-4)


def test_weight_decay_smooths() -> None:
    readings = early_readings(noise=2.0)
    errors = []
    for decay in (1e-10, 1e-2):
        config = RegressionConfig(weight_decay=decay)
        fit = fit_network(readings, rng=np.random.default_rng(5), config=config)
        errors.append(np.std(fit.temperature(readings.t) - readings.T))
        assert fit.history.part("weights")[-1] > 0
    assert errors[0] < errors[1]


def test_exact_readings_are_passed_through_whatever_their_unit() -> None:
    t = np.linspace(0, 150, 8)
    exact = Readings(t=t, T=HOT.temperature(t), noise=0.1)
    config = RegressionConfig(weight_decay=0.0)
    fit = fit_network(exact, rng=np.random.default_rng(6), config=config)
    np.testing.assert_allclose(fit.temperature(t), exact.T, atol=1e-3)
    minutes = Readings(t=t / 60, T=exact.T + 273.15, noise=0.1)
    same = fit_network(minutes, rng=np.random.default_rng(6), config=config)
    np.testing.assert_allclose(same.temperature(t / 60) - 273.15, fit.temperature(t), atol=1e-3)


def test_ordinary_networks_are_drawn_from_rng_alone() -> None:
    config = RegressionConfig(optimiser=LevenbergMarquardt(max_steps=5))
    one, same, other = (
        network_ensemble(
            early_readings(), n_members=2, rng=np.random.default_rng(seed), config=config
        )
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one[1].theta, same[1].theta)
    assert not np.array_equal(one[0].theta, one[1].theta)
    assert not np.array_equal(one[0].theta, other[0].theta)
    with pytest.raises(ValueError, match="n_members"):
        network_ensemble(early_readings(), n_members=1, rng=np.random.default_rng(1))
    still = Readings(t=np.ones(3), T=np.ones(3), noise=0.1)
    with pytest.raises(ValueError, match="two different times"):
        fit_network(still, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="weight_decay"):
        RegressionConfig(weight_decay=-1.0)


def test_a_landscape_has_its_minimum_in_the_middle() -> None:
    config = PinnConfig(shape=NetworkShape(hidden_sizes=(12,)), n_collocation=40)
    curve = solve_cooling(HOT, t_end=600, rng=np.random.default_rng(7), config=config)
    objective = law_of_cooling(curve.network, config)
    steps, losses = loss_landscape(
        objective.vector, curve.theta, reach=0.5, n_points=5, rng=np.random.default_rng(8)
    )
    assert losses.shape == (5, 5)
    assert steps[2] == 0
    assert losses[2, 2] == losses.min() == pytest.approx(curve.history.loss[-1])
    assert losses.max() > 1e3 * losses.min()
    for n_points in (1, 4):
        with pytest.raises(ValueError, match="odd number"):
            loss_landscape(
                objective.vector,
                curve.theta,
                reach=1,
                n_points=n_points,
                rng=np.random.default_rng(8),
            )
    assert torch.is_tensor(objective.reach)
