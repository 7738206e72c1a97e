"""Diffusion: two series against each other, Crank-Nicolson against both, fits against the bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from matinf.physics.crank_nicolson import Field, crank_nicolson
from matinf.physics.diffusion import (
    CARBON_IN_AUSTENITE,
    Arrhenius,
    Carburising,
    agren_diffusivity,
    depth_reached,
    half_space,
    slab_images,
    slab_waves,
)
from matinf.physics.diffusion_fit import (
    DepthReadings,
    cramer_rao_bound,
    fit_diffusion,
    read_depths,
    sensitivities,
)

HOUR = 3600.0
L = 2e-3
STEEL = Carburising(D=1.1e-11, c0=0.2, cs=1.1)
PLATE = replace(STEEL, thickness=L)
DEPTHS = np.linspace(1e-4, 1.5e-3, 12)


def test_both_series_hold_where_they_meet() -> None:
    x = np.linspace(0, L, 41)
    for share in (0.05, 0.1, 0.3, 0.5, 1.0):
        t = np.full(x.shape, share * L**2 / STEEL.D)
        images = slab_images(x, t, D=STEEL.D, thickness=L)
        waves = slab_waves(x, t, D=STEEL.D, thickness=L)
        np.testing.assert_allclose(images, waves, atol=1e-14)


def test_a_slab_is_a_half_space_until_the_wall_is_felt() -> None:
    x, t = np.linspace(0, L, 41), 0.01 * L**2 / STEEL.D
    np.testing.assert_allclose(PLATE.concentration(x, t), STEEL.concentration(x, t), atol=1e-10)
    late = 0.5 * L**2 / STEEL.D
    assert PLATE.concentration(L, late) > STEEL.concentration(L, late) + 0.1


def test_surface_start_wall_and_end() -> None:
    t = np.array([0.0, 1.0, HOUR, 1e9])
    for steel in (STEEL, PLATE):
        np.testing.assert_allclose(steel.concentration(0.0, t), 1.1)
        np.testing.assert_allclose(steel.concentration([1e-5, 1e-3, L], 0.0), 0.2)
    assert PLATE.concentration(L, 1e9) == pytest.approx(1.1)
    h, late = 1e-7, 0.3 * L**2 / STEEL.D  # nothing passes the wall
    slope = (PLATE.concentration(L, late) - PLATE.concentration(L - h, late)) / h
    steep = (PLATE.concentration(h, late) - PLATE.concentration(0, late)) / h
    assert abs(slope) < 1e-3 * abs(steep)


@pytest.mark.parametrize("steel", [STEEL, PLATE], ids=["half-space", "slab"])
@pytest.mark.parametrize("share", [0.02, 0.299, 0.301, 0.8])
def test_the_closed_forms_obey_the_equation(steel: Carburising, share: float) -> None:
    x, t = np.linspace(0.1, 0.9, 9) * L, share * L**2 / STEEL.D
    dx, dt = 2e-3 * L, 1e-4 * t

    def c(x: np.ndarray, t: float) -> np.ndarray:
        return steel.concentration(x, t)

    rate = (c(x, t + dt) - c(x, t - dt)) / (2 * dt)
    bend = (c(x + dx, t) - 2 * c(x, t) + c(x - dx, t)) / dx**2
    np.testing.assert_allclose(rate, steel.D * bend, atol=2e-4 * np.abs(rate).max())


def test_the_depth_that_is_reached_has_its_concentration_and_grows_with_the_root() -> None:
    x = depth_reached(0.6, 8 * HOUR, steel=STEEL)
    assert STEEL.concentration(x, 8 * HOUR) == pytest.approx(0.6)
    assert depth_reached(0.6, 32 * HOUR, steel=STEEL) == pytest.approx(2 * x)
    assert half_space(np.array(0.0), np.array(0.0), D=1.0) == 1
    with pytest.raises(ValueError, match=r"c: expected between 0\.2 and 1\.1 wt%"):
        depth_reached(1.5, HOUR, steel=STEEL)


def test_literature_values() -> None:
    """Callister's table prints 5.9e-12 m²/s at 900 °C and 5.3e-11 m²/s at 1100 °C."""
    assert CARBON_IN_AUSTENITE.at(900) == pytest.approx(5.9e-12, rel=0.01)
    assert CARBON_IN_AUSTENITE.at(1100) == pytest.approx(5.3e-11, rel=0.03)
    # the book's design example: 0.6 wt% at 0.75 mm from 0.2 and 1.0 wt%; 29.6 h at 900 °C
    steel = Carburising(D=CARBON_IN_AUSTENITE.at(900), c0=0.2, cs=1.0)
    assert steel.concentration(7.5e-4, 29.6 * HOUR) == pytest.approx(0.6, abs=0.005)


def test_agren_rises_with_concentration_and_agrees_with_the_table_in_size() -> None:
    D = agren_diffusivity(np.linspace(0, 1.2, 13), temperature=925)
    assert (np.diff(D) > 0).all()
    assert D[0] == pytest.approx(4.53e-7 * np.exp(-(1 / 1198.15 - 2.221e-4) * 17767))
    assert D[0] < CARBON_IN_AUSTENITE.at(925) * 1.5
    assert D[-1] / D[0] > 1.5
    with pytest.raises(ValueError, match="0 to below 100 wt%"):
        agren_diffusivity([-0.1], temperature=925)


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_crank_nicolson_reaches_the_series_with_second_order(share: float) -> None:
    t_end = share * L**2 / STEEL.D
    errors = []
    for n in (50, 100, 200):
        field = crank_nicolson(PLATE, t_end=t_end, n_depths=n + 1, n_times=n)
        exact = PLATE.concentration(field.x, field.t[-1])
        errors.append(np.linalg.norm(field.c[-1] - exact) / np.linalg.norm(exact))
    assert errors[-1] < 2e-5
    assert errors[0] / errors[1] > 3.3
    assert errors[1] / errors[2] > 3.3


def test_crank_nicolson_does_not_ring() -> None:
    field = crank_nicolson(PLATE, t_end=0.3 * L**2 / STEEL.D, n_depths=201, n_times=30)
    assert field.c.min() >= 0.2 - 1e-9
    assert field.c.max() <= 1.1 + 1e-9
    assert (np.diff(field.c, axis=1) <= 1e-9).all()


def test_carbon_is_conserved_behind_a_surface_that_lets_none_in() -> None:
    """What is below the surface changes by what flows through it."""
    field = crank_nicolson(PLATE, t_end=0.3 * L**2 / STEEL.D, n_depths=401, n_times=400)
    assert isinstance(field, Field)
    flow = -STEEL.D * np.gradient(field.c, field.x, axis=1, edge_order=2)[:, 0]
    late = slice(100, None)
    t = field.t[late]
    came = np.sum((flow[late][1:] + flow[late][:-1]) / 2 * np.diff(t))
    total = field.total()[late]
    assert total[-1] - total[0] == pytest.approx(came, rel=1e-3)


def test_a_coefficient_that_depends_on_concentration() -> None:
    def diffusivity(c: np.ndarray) -> np.ndarray:
        return agren_diffusivity(c, temperature=925)

    t_end = 0.1 * L**2 / STEEL.D
    field = crank_nicolson(PLATE, t_end=t_end, n_depths=101, n_times=100, D_of_c=diffusivity)
    dx = field.x[1]

    def rate(_: float, inner: np.ndarray) -> np.ndarray:
        c = np.concatenate([[1.1], inner, [inner[-2]]])  # the wall is the last grid point
        between = (diffusivity(c[1:]) + diffusivity(c[:-1])) / 2
        flow = between * np.diff(c) / dx
        flow[-1] = -flow[-2]
        return np.diff(flow) / dx

    start = np.full(100, 0.2)
    peer = solve_ivp(
        rate, (0, t_end), start, method="LSODA", rtol=1e-8, atol=1e-8, uband=1, lband=2
    )
    np.testing.assert_allclose(field.c[-1, 1:], peer.y[:, -1], atol=2e-4)
    constant = crank_nicolson(PLATE, t_end=t_end, n_depths=101, n_times=100)
    assert np.abs(field.c[-1] - constant.c[-1]).max() > 0.01
    same = crank_nicolson(
        PLATE, t_end=t_end, n_depths=101, n_times=100, D_of_c=lambda c: np.full(c.shape, PLATE.D)
    )
    np.testing.assert_array_equal(same.c, constant.c)


def test_sensitivities_are_those_of_the_error_function() -> None:
    t = np.full(DEPTHS.shape, 8 * HOUR)
    z = DEPTHS / (2 * np.sqrt(STEEL.D * t))
    J = sensitivities(STEEL, DEPTHS, t, unknown=("D", "cs", "c0"))
    np.testing.assert_allclose(J[:, 0], 0.9 * z * np.exp(-(z**2)) / np.sqrt(np.pi), atol=1e-9)
    np.testing.assert_allclose(J[:, 1:].sum(axis=1), 1)


@pytest.mark.parametrize(
    "known", [{"cs": 1.1, "c0": 0.2}, {"c0": 0.2}, {}], ids=["D", "D, cs", "all"]
)
def test_least_squares_reaches_the_bound(known: dict[str, float]) -> None:
    unknown = tuple(name for name in ("D", "cs", "c0") if name not in known)
    bound = cramer_rao_bound(STEEL, DEPTHS, 8 * HOUR, noise=0.02, unknown=unknown)
    rng = np.random.default_rng(1)
    fits = [
        fit_diffusion(read_depths(STEEL, DEPTHS, 8 * HOUR, noise=0.02, rng=rng), **known)
        for _ in range(200)
    ]
    for name in unknown:
        errors = np.array([getattr(fit.steel, name) for fit in fits]) - getattr(STEEL, name)
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(bound[name], rel=0.15)
        assert np.mean([fit.std[name] for fit in fits]) == pytest.approx(bound[name], rel=0.05)
    covered = np.mean([not fit.interval(level=0.8).excludes(STEEL.D) for fit in fits])
    assert covered == pytest.approx(0.8, abs=0.085)
    p_values = [fit.p_value() for fit in fits]
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize("steel", [STEEL, PLATE], ids=["half-space", "slab"])
def test_exact_readings_give_the_steel_back(steel: Carburising) -> None:
    t = np.full(DEPTHS.shape, 40 * HOUR)
    exact = DepthReadings(x=DEPTHS, t=t, c=steel.concentration(DEPTHS, t), noise=0.01)
    found = fit_diffusion(exact, thickness=steel.thickness)
    assert found.interval().estimate == pytest.approx(steel.D, rel=1e-6)
    assert found.steel.cs == pytest.approx(steel.cs, rel=1e-6)


WRONG = {
    "D: expected a number above 0": {"D": -1e-11},
    "c0: expected a number of 0 or more": {"c0": -0.1},
    "cs: .*nan": {"cs": np.nan},
    "thickness: expected a length above 0": {"thickness": 0.0},
}


@pytest.mark.parametrize(("message", "change"), WRONG.items(), ids=WRONG)
def test_impossible_steel_is_refused(message: str, change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=message):
        replace(STEEL, **change)


def test_impossible_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="x: expected depths"):
        PLATE.concentration(2 * L, HOUR)
    with pytest.raises(ValueError, match="t: expected times"):
        STEEL.concentration(L, -1.0)
    with pytest.raises(ValueError, match="finite thickness"):
        crank_nicolson(STEEL, t_end=HOUR)
    with pytest.raises(ValueError, match="n_depths >= 3"):
        crank_nicolson(PLATE, t_end=HOUR, n_depths=2)
    with pytest.raises(ValueError, match="temperature"):
        Arrhenius(D0=1e-5, Q=1e5).at(-300)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="x: expected sorted"):
        read_depths(STEEL, [2e-3, 1e-3], HOUR, noise=0.1, rng=rng)
    with pytest.raises(ValueError, match="t: expected times above 0"):
        read_depths(STEEL, [1e-3, 2e-3], 0.0, noise=0.1, rng=rng)
    with pytest.raises(ValueError, match="noise"):
        read_depths(STEEL, [1e-3, 2e-3], HOUR, noise=0.0, rng=rng)
    with pytest.raises(ValueError, match="2 measurements for 3 unknowns"):
        fit_diffusion(read_depths(STEEL, [1e-3, 2e-3], HOUR, noise=0.1, rng=rng))
    with pytest.raises(ValueError, match="unknown: expected some of D, cs, c0"):
        cramer_rao_bound(STEEL, DEPTHS, HOUR, noise=0.1, unknown=("Q",))
