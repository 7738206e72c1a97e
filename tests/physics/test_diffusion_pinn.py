"""Networks of a diffusing field: residuals, conditions, accuracy, D and its interval, failures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from matinf.physics.diffusion import Carburising
from matinf.physics.diffusion_fit import DepthReadings, fit_diffusion, read_depths
from matinf.physics.diffusion_inverse import learn_diffusion
from matinf.physics.diffusion_network import DiffusionNetwork, collocation
from matinf.physics.diffusion_pinn import DiffusionConfig, DiffusionField, solve_diffusion
from matinf.physics.network import NetworkShape
from matinf.physics.optimise import LevenbergMarquardt
from matinf.physics.pinn import relative_error
from matinf.physics.uncertainty import profile_likelihood

HOUR = 3600.0
L = 2e-3
PLATE = Carburising(D=8.1e-12, c0=0.2, cs=1.1, thickness=L)
GUESS = replace(PLATE, D=1.2e-11)
DEPTHS = np.linspace(1e-4, 1.2e-3, 10)
SHAPE = NetworkShape(n_inputs=2, hidden_sizes=(12, 12), sharpness=2.0)
STEPS = LevenbergMarquardt(max_steps=40, tolerance=0, patience=3, least_gain=1e-3)
SMALL = DiffusionConfig(shape=SHAPE, n_collocation=14, optimiser=STEPS)


def network(**changes: Any) -> DiffusionNetwork:
    return DiffusionNetwork(**{"shape": SHAPE, "steel": PLATE, "t_end": 8 * HOUR} | changes)


class Waves(DiffusionNetwork):
    """The series of standing waves in place of the network."""

    def share(self, theta: torch.Tensor, X: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        u = torch.ones_like(X)
        for n in range(12):
            q = (2 * n + 1) * np.pi / 2
            u = u - 2 / q * torch.sin(q * X) * torch.exp(-(q**2) * tau)
        return u


class HalfSpace(DiffusionNetwork):
    """The error function in place of the network."""

    def share(self, theta: torch.Tensor, X: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        return torch.erfc(X / (2 * torch.sqrt(tau)))


@pytest.mark.parametrize("kind", [Waves, HalfSpace])
def test_the_exact_solution_leaves_no_residual(kind: type[DiffusionNetwork]) -> None:
    net = kind(shape=SHAPE, steel=PLATE, t_end=8 * HOUR)
    theta = torch.zeros(SHAPE.n_weights, dtype=torch.float64)
    for X in (0.1, 0.5, 0.9):
        for tau in (0.05, 0.3):
            at = (torch.tensor(s, dtype=torch.float64) for s in (X, tau))
            assert abs(net.residual(theta, *at).item()) < 1e-12
    late = torch.tensor(0.3, dtype=torch.float64)
    if kind is Waves:
        assert abs(net.at_wall(theta, late).item()) < 1e-12


def test_a_wrong_coefficient_leaves_its_share_of_the_curvature() -> None:
    net = HalfSpace(shape=SHAPE, steel=PLATE, t_end=8 * HOUR, unknown=("D",))
    theta = torch.zeros(net.n_parameters, dtype=torch.float64)
    theta[-1] = np.log(2)
    X, tau = (torch.tensor(s, dtype=torch.float64) for s in (0.3, 0.05))
    z = 0.3 / (2 * 0.05**0.5)
    curvature = 4 * z * np.exp(-(z**2)) / np.sqrt(np.pi) / (4 * 0.05)
    assert net.residual(theta, X, tau).item() == pytest.approx(-curvature)


def test_surface_and_start_are_built_in_for_any_weights() -> None:
    net = network()
    theta = torch.ones(net.n_parameters, dtype=torch.float64)
    field = DiffusionField(network=net, theta=theta.numpy(), history=None)  # type: ignore[arg-type]
    np.testing.assert_allclose(field.concentration(0.0, [1.0, HOUR]), 1.1, atol=1e-12)
    np.testing.assert_allclose(field.concentration(DEPTHS, 0.0), 0.2, atol=1e-12)
    assert not np.isclose(field.concentration(5e-4, HOUR), PLATE.concentration(5e-4, HOUR))


@pytest.mark.parametrize("coordinates", ["corner", "late", "plain", "raw"])
def test_collocation_fills_the_window_and_stays_in_it(coordinates: Any) -> None:
    net = network(coordinates=coordinates)
    X, tau = collocation(net, 20)
    assert X.min() > 0
    assert X.max() < 1
    assert tau.min() > 0
    assert tau.max() < net.window
    assert np.histogram2d(X, np.sqrt(tau), bins=3)[0].min() > 5


def errors_of(field: DiffusionField, steel: Carburising, t_end: float) -> float:
    x, t = np.linspace(0, L, 81)[None], np.linspace(0, t_end, 81)[1:, None]
    return relative_error(field.concentration(x, t), steel.concentration(x, t), origin=0.2)


@pytest.fixture(scope="module")
def solved() -> DiffusionField:
    """The field of the guess from which D is learned."""
    config = replace(SMALL, optimiser=LevenbergMarquardt(max_steps=40))
    return solve_diffusion(GUESS, t_end=8 * HOUR, rng=np.random.default_rng(0), config=config)


def test_corner_coordinates_solve_what_plain_ones_do_not(solved: DiffusionField) -> None:
    error = errors_of(solved, GUESS, 8 * HOUR)
    assert error < 1e-3
    config = replace(SMALL, coordinates="plain", optimiser=LevenbergMarquardt(max_steps=25))
    plain = solve_diffusion(GUESS, t_end=8 * HOUR, rng=np.random.default_rng(0), config=config)
    assert 10 * error < errors_of(plain, GUESS, 8 * HOUR) < 0.2


def test_a_logarithmic_radius_serves_windows_far_too_long() -> None:
    t_end = 10 * L**2 / PLATE.D
    config = replace(SMALL, coordinates="late", optimiser=LevenbergMarquardt(max_steps=20))
    late = solve_diffusion(PLATE, t_end=t_end, rng=np.random.default_rng(0), config=config)
    x, t = np.linspace(0, L, 41)[None], ((np.arange(1, 21) / 20) ** 2 * t_end)[:, None]
    found, exact = late.concentration(x, t), PLATE.concentration(x, t)
    assert relative_error(found, exact, origin=0.2) < 1e-2


def test_raw_units_satisfy_the_loss_and_are_wrong() -> None:
    config = replace(SMALL, coordinates="raw", optimiser=LevenbergMarquardt(max_steps=40))
    field = solve_diffusion(PLATE, t_end=8 * HOUR, rng=np.random.default_rng(0), config=config)
    assert field.history.part("physics")[-1] < 1e-9
    assert errors_of(field, PLATE, 8 * HOUR) > 0.3


def test_the_residual_has_its_unit() -> None:
    config = replace(SMALL, optimiser=LevenbergMarquardt(max_steps=3))
    field = solve_diffusion(PLATE, t_end=8 * HOUR, rng=np.random.default_rng(0), config=config)
    x, t, dx, dt = 5e-4, 4 * HOUR, 2e-6, 20.0
    c = field.concentration
    rate = (c(x, t + dt) - c(x, t - dt)) / (2 * dt)
    bend = (c(x + dx, t) - 2 * c(x, t) + c(x - dx, t)) / dx**2
    expected = float(rate - PLATE.D * bend)
    assert float(field.residual(x, t)) == pytest.approx(expected, rel=1e-3, abs=1e-9)


def test_exact_readings_give_the_coefficient_back(solved: DiffusionField) -> None:
    t = np.full(DEPTHS.shape, 8 * HOUR)
    exact = DepthReadings(x=DEPTHS, t=t, c=PLATE.concentration(DEPTHS, t), noise=0.02)
    config = replace(SMALL, n_collocation=16, optimiser=LevenbergMarquardt(max_steps=40))
    rng = np.random.default_rng(1)
    found = learn_diffusion(
        exact, c0=0.2, cs=1.1, thickness=L, D_guess=GUESS.D, rng=rng, start=solved, config=config
    )
    assert abs(found.steel.D / PLATE.D - 1) < 1e-4


@pytest.mark.parametrize("cs", [1.1, None], ids=["D", "D, cs"])
def test_estimate_and_interval_are_those_of_least_squares(
    cs: float | None, solved: DiffusionField
) -> None:
    rng = np.random.default_rng(2)
    readings = read_depths(PLATE, DEPTHS, 8 * HOUR, noise=0.02, rng=rng)
    rival = fit_diffusion(readings, c0=0.2, cs=cs, thickness=L)
    found = learn_diffusion(
        readings,
        c0=0.2,
        cs=cs,
        thickness=L,
        D_guess=GUESS.D,
        rng=rng,
        start=solved,
        config=SMALL,
    )
    assert abs(found.steel.D - rival.steel.D) < 0.15 * rival.std["D"]
    assert found.std == pytest.approx(dict(rival.std), rel=0.08)
    assert found.interval().width == pytest.approx(rival.interval().width, rel=0.08)
    assert found.chi_squared == pytest.approx(rival.chi_squared, abs=0.3)
    if cs is None:
        return
    net = found.field.network
    profile = profile_likelihood(
        found.objective,
        found.field.theta,
        index=net.shape.n_weights,
        estimate=found.steel.D,
        std=found.std["D"] / found.steel.D,
        head=slice(0, 0),  # it starts next to the minimum
        how=replace(STEPS, max_steps=5),
        n_values=5,
        reach=2.2,
    )
    assert profile.interval().width == pytest.approx(found.interval().width, rel=0.15)


def test_a_start_of_another_make_is_refused(solved: DiffusionField) -> None:
    readings = read_depths(PLATE, DEPTHS, 8 * HOUR, noise=0.02, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="start: expected a field of the same shape"):
        learn_diffusion(
            readings,
            c0=0.2,
            cs=1.1,
            thickness=L,
            D_guess=PLATE.D,
            rng=np.random.default_rng(0),
            start=solved,
            config=SMALL,
        )


def test_the_same_seed_gives_the_same_field() -> None:
    config = replace(SMALL, optimiser=LevenbergMarquardt(max_steps=2))
    one, same, other = (
        solve_diffusion(PLATE, t_end=HOUR, rng=np.random.default_rng(seed), config=config).theta
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: network(steel=replace(PLATE, thickness=np.inf)), "finite thickness"),
        (lambda: network(shape=NetworkShape()), "two inputs, depth and time; got 1"),
        (lambda: network(t_end=-1.0), "t_end: expected a number above 0 s"),
        (lambda: network(coordinates="polar"), "coordinates: expected"),
        (lambda: DiffusionConfig(n_collocation=4), "n_collocation"),
        (lambda: DiffusionConfig(slack=0), "slack"),
    ],
)
def test_impossible_settings_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_points_outside_the_window_are_refused() -> None:
    net = network()
    field = DiffusionField(
        network=net,
        theta=np.zeros(net.n_parameters),
        history=None,  # type: ignore[arg-type]
    )
    with pytest.raises(ValueError, match=r"depths of 0 to 0\.002 m"):
        field.concentration(3e-3, HOUR)
    with pytest.raises(ValueError, match="times of 0 to 28800 s"):
        field.concentration(1e-3, 9 * HOUR)
    one = DepthReadings(x=DEPTHS[:1], t=np.array([HOUR]), c=np.array([0.5]), noise=0.02)
    with pytest.raises(ValueError, match="1 measurements for 2 unknowns"):
        learn_diffusion(
            one, c0=0.2, thickness=L, D_guess=1e-11, rng=np.random.default_rng(0), config=SMALL
        )
