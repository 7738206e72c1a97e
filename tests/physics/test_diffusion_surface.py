"""A surface that changes: its closed form, its fit by pieces, and a network that finds it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from matinf.physics.diffusion import Carburising
from matinf.physics.diffusion_fit import DepthReadings
from matinf.physics.diffusion_inverse import INVERSE
from matinf.physics.diffusion_surface import (
    FreeSurface,
    SurfaceHistory,
    fit_history,
    learn_with_surface,
)
from matinf.physics.network import NetworkShape
from matinf.physics.optimise import LevenbergMarquardt

HOUR, D = 3600.0, 9.7e-12
KNOTS = np.array([0.0, 1.0, 2.0, 4.0, 8.0]) * HOUR
RISING = SurfaceHistory(D=D, c0=0.2, knots=KNOTS, surface=np.array([0.3, 0.7, 0.9, 1.0, 1.1]))
X = np.repeat(np.linspace(1e-4, 8e-4, 8), 4)
T = np.tile(np.array([1.0, 2.0, 4.0, 8.0]) * HOUR, 8)


def exact_readings(noise: float = 0.02) -> DepthReadings:
    return DepthReadings(x=X, t=T, c=RISING.concentration(X, T), noise=noise)


def test_a_surface_that_stays_is_the_error_function() -> None:
    stays = SurfaceHistory(D=D, c0=0.2, knots=np.array([0.0]), surface=np.array([1.1]))
    steel = Carburising(D=D, c0=0.2, cs=1.1)
    np.testing.assert_allclose(stays.concentration(X, T), steel.concentration(X, T), atol=1e-14)


def test_ramps_are_the_sum_of_many_small_steps() -> None:
    """Duhamel: each rise of the surface diffuses in from when it came."""
    steel = Carburising(D=D, c0=0.0, cs=1.0)
    for x, t in ((2e-4, 3 * HOUR), (5e-4, 8 * HOUR)):
        expected = 0.2 + 0.1 * steel.concentration(x, t)
        for start, end, rise in zip(KNOTS, KNOTS[1:], np.diff(RISING.surface), strict=False):
            last = min(end, t)
            if last > start:
                share = quad(lambda s, x=x, t=t: steel.concentration(x, t - s), start, last)[0]
                expected = expected + rise / (end - start) * share
        assert RISING.concentration(x, t) == pytest.approx(float(expected), abs=1e-9)


def test_start_surface_and_depth() -> None:
    np.testing.assert_allclose(RISING.concentration([1e-4, 1e-3], 0.0), 0.2)
    times = np.array([0.5, 3.0, 7.9]) * HOUR
    np.testing.assert_allclose(RISING.concentration(0.0, times), RISING.at_surface(times))
    assert RISING.concentration(5e-3, 8 * HOUR) == pytest.approx(0.2)


def test_pieces_give_exact_readings_back() -> None:
    found, std = fit_history(exact_readings(), c0=0.2, knots=KNOTS, D_guess=8e-12)
    assert pytest.approx(D, rel=1e-6) == found.D
    np.testing.assert_allclose(found.surface, RISING.surface, atol=1e-6)
    assert 0.02 < std / D < 0.1


def test_a_free_surface_knows_the_start_alone() -> None:
    shape = NetworkShape(n_inputs=2, hidden_sizes=(6,))
    steel = Carburising(D=D, c0=0.2, cs=1.0, thickness=2e-3)
    net = FreeSurface(shape=shape, steel=steel, t_end=8 * HOUR, unknown=("D",))
    theta = torch.ones(net.n_parameters, dtype=torch.float64)
    X, zero = (torch.tensor(s, dtype=torch.float64) for s in (0.3, 0.0))
    tau = torch.tensor(0.02, dtype=torch.float64)
    assert net.share(theta, X, zero).item() == pytest.approx(0, abs=1e-15)
    assert net.share(theta, zero, tau).item() != pytest.approx(1, abs=0.1)


def test_the_network_finds_coefficient_and_surface() -> None:
    config = replace(
        INVERSE, n_collocation=14, optimiser=LevenbergMarquardt(max_steps=25, tolerance=0)
    )
    known = {"c0": 0.2, "thickness": 2e-3, "D_guess": 8e-12, "config": config}
    rng = np.random.default_rng(0)
    found = learn_with_surface(exact_readings(), rng=rng, **known)
    assert abs(found.steel.D - D) < found.std["D"] < 0.2 * D
    times = np.array([2.0, 4.0, 8.0]) * HOUR
    surface = found.field.concentration(0.0, times)
    np.testing.assert_allclose(surface, RISING.at_surface(times), atol=0.06)
    again = learn_with_surface(
        exact_readings(),
        rng=rng,
        start=found.field,
        **(known | {"config": replace(config, optimiser=LevenbergMarquardt(max_steps=1))}),
    )
    assert again.field.history.loss[0] < 0.01 * found.field.history.loss[0]


def test_impossible_histories_are_refused() -> None:
    with pytest.raises(ValueError, match="the first at 0 s"):
        replace(RISING, knots=KNOTS + 1)
    with pytest.raises(ValueError, match="surface: expected 5 values"):
        replace(RISING, surface=np.ones(4))
    few = DepthReadings(x=X[:4].copy(), t=T[:4].copy(), c=np.ones(4), noise=0.02)
    with pytest.raises(ValueError, match="measurements for 6 unknowns"):
        fit_history(few, c0=0.2, knots=KNOTS, D_guess=8e-12)
