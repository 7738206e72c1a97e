"""Cooling: closed forms against integrators, bounds against Monte Carlo, and refusals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.constants import Stefan_Boltzmann, zero_Celsius
from scipy.integrate import solve_ivp

from matinf.physics.cooling import (
    Cooling,
    Readings,
    newton_cooling,
    radiation_coefficient,
    read_thermometer,
)
from matinf.physics.cooling_fit import (
    CoolingFit,
    cramer_rao_bound,
    fit_cooling,
    positive_interval,
    sensitivities,
)

TIMES = np.linspace(0, 600, 41)
HOT = Cooling(r=0.005, T0=90.0, T_env=20.0)
COLD = Cooling(r=0.005, T0=-10.0, T_env=35.0)


@pytest.mark.parametrize("body", [HOT, COLD], ids=["hot", "cold"])
@pytest.mark.parametrize("method", ["DOP853", "Radau", "LSODA"])
def test_the_closed_form_is_what_integrators_find(body: Cooling, method: str) -> None:
    found = solve_ivp(
        lambda _, T: body.r * (body.T_env - T),
        (0, 600),
        [body.T0],
        method=method,
        t_eval=TIMES,
        rtol=1e-9,
        atol=1e-9,
    ).y[0]
    np.testing.assert_allclose(body.temperature(TIMES), found, atol=1e-5)


def test_the_closed_form_begins_at_the_start_and_ends_at_the_environment() -> None:
    assert newton_cooling(0.0, r=0.01, T0=90, T_env=20) == 90
    assert newton_cooling(1e6, r=0.01, T0=90, T_env=20) == 20
    # after one time constant a share of 1/e of the difference is left
    assert newton_cooling(100.0, r=0.01, T0=90, T_env=20) == pytest.approx(20 + 70 / np.e)
    assert newton_cooling(TIMES, r=0.0, T0=90, T_env=20).tolist() == [90.0] * TIMES.size


def test_shapes_are_kept() -> None:
    t = np.arange(6.0).reshape(2, 3)
    glowing = Cooling(r=0.01, T0=800, T_env=20, radiation=1e-11)
    assert newton_cooling(t, r=0.1, T0=1, T_env=0).shape == (2, 3)
    assert glowing.temperature(t).shape == (2, 3)
    assert glowing.temperature(5.0).shape == ()
    np.testing.assert_allclose(
        glowing.temperature(t[::-1, ::-1]), glowing.temperature(t)[::-1, ::-1], rtol=1e-12
    )


def test_radiation_alone_follows_its_implicit_solution() -> None:
    body = Cooling(r=0.0, T0=900.0, T_env=20.0, radiation=2e-12)
    T = body.temperature(np.array([10.0, 100.0, 1000.0])) + zero_Celsius
    start, there = 900 + zero_Celsius, 20 + zero_Celsius

    def potential(T: np.ndarray | float) -> np.ndarray:
        return np.log((T + there) / (T - there)) + 2 * np.arctan(T / there)

    t = (potential(T) - potential(start)) / (4 * there**3 * body.radiation)
    np.testing.assert_allclose(t, [10, 100, 1000], rtol=1e-8)


def test_radiation_vanishes_with_its_coefficient_and_in_equilibrium() -> None:
    weak = Cooling(r=0.005, T0=90.0, T_env=20.0, radiation=1e-18)
    np.testing.assert_allclose(weak.temperature(TIMES), HOT.temperature(TIMES), atol=1e-6)
    still = Cooling(r=0.1, T0=20.0, T_env=20.0, radiation=1e-10)
    np.testing.assert_allclose(still.temperature(TIMES), 20)
    glowing = Cooling(r=0.005, T0=90.0, T_env=20.0, radiation=1e-12)
    assert (glowing.temperature(TIMES[1:]) < HOT.temperature(TIMES[1:])).all()


def test_the_slope_is_the_derivative() -> None:
    body = Cooling(r=0.005, T0=700.0, T_env=20.0, radiation=1e-12)
    t, h = np.linspace(10, 500, 9), 0.01
    change = (body.temperature(t + h) - body.temperature(t - h)) / (2 * h)
    np.testing.assert_allclose(body.slope(body.temperature(t)), change, rtol=1e-5)


def test_the_coefficient_of_radiation_has_its_units() -> None:
    # A black plate of 1 m² and 1 J/K at 1 K radiates σ watts, and cools by σ K/s.
    assert radiation_coefficient(emissivity=1, area=1, mass=1, heat_capacity=1) == pytest.approx(
        Stefan_Boltzmann
    )
    half = radiation_coefficient(emissivity=0.5, area=2, mass=4, heat_capacity=500)
    assert half == pytest.approx(0.5 * Stefan_Boltzmann * 2 / (4 * 500))


def test_units_scale_as_they_must() -> None:
    """Minutes instead of seconds, kelvin instead of °C: the same temperatures and bounds."""
    minutes = Cooling(r=HOT.r * 60, T0=HOT.T0, T_env=HOT.T_env)
    np.testing.assert_allclose(minutes.temperature(TIMES / 60), HOT.temperature(TIMES))
    kelvin = Cooling(r=HOT.r, T0=HOT.T0 + zero_Celsius, T_env=HOT.T_env + zero_Celsius)
    np.testing.assert_allclose(kelvin.temperature(TIMES) - zero_Celsius, HOT.temperature(TIMES))
    names = ("r", "T0", "T_env")
    bound = cramer_rao_bound(HOT, TIMES, noise=0.5, unknown=names)
    slow = cramer_rao_bound(minutes, TIMES / 60, noise=0.5, unknown=names)
    assert slow["r"] == pytest.approx(60 * bound["r"])
    assert slow["T0"] == pytest.approx(bound["T0"])
    twice = cramer_rao_bound(HOT, TIMES, noise=1.0, unknown=names)
    assert twice == pytest.approx({name: 2 * bound[name] for name in names})


def test_noise_is_drawn_from_rng_alone_and_has_its_size() -> None:
    t = np.linspace(0, 600, 20_000)
    one, same, other = (
        read_thermometer(HOT, t, noise=0.5, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.T, same.T)
    assert not np.array_equal(one.T, other.T)
    errors = one.T - HOT.temperature(t)
    assert errors.std() == pytest.approx(0.5, rel=0.02)
    assert errors.mean() == pytest.approx(0, abs=0.02)


def test_sensitivities_are_the_derivatives() -> None:
    names = ("r", "T0", "T_env")
    J = sensitivities(HOT, TIMES, unknown=names)
    for column, name in enumerate(names):
        h = 1e-6 * getattr(HOT, name)
        values = {n: getattr(HOT, n) for n in names}
        up, down = (Cooling(**values | {name: values[name] + s * h}) for s in (1, -1))
        change = (up.temperature(TIMES) - down.temperature(TIMES)) / (2 * h)
        np.testing.assert_allclose(J[:, column], change, atol=1e-6 * np.abs(change).max())


def test_the_bound_of_one_unknown_is_its_formula_and_more_unknowns_cost() -> None:
    J = -TIMES * 70 * np.exp(-HOT.r * TIMES)
    alone = cramer_rao_bound(HOT, TIMES, noise=0.5)
    assert alone["r"] == pytest.approx(0.5 / np.sqrt(J @ J))
    two = cramer_rao_bound(HOT, TIMES, noise=0.5, unknown=("r", "T0"))
    three = cramer_rao_bound(HOT, TIMES, noise=0.5, unknown=("r", "T0", "T_env"))
    assert alone["r"] < two["r"] < three["r"]


@pytest.mark.parametrize(
    "known", [{"T_env": 20.0, "T0": 90.0}, {"T_env": 20.0}, {}], ids=["r", "r, T0", "all"]
)
def test_least_squares_reaches_the_bound(known: dict[str, float]) -> None:
    unknown = tuple(name for name in ("r", "T0", "T_env") if name not in known)
    bound = cramer_rao_bound(HOT, TIMES, noise=0.5, unknown=unknown)
    rng = np.random.default_rng(3)
    fits = [
        fit_cooling(read_thermometer(HOT, TIMES, noise=0.5, rng=rng), **known) for _ in range(300)
    ]
    for name in unknown:
        errors = np.array([getattr(fit.body, name) for fit in fits]) - getattr(HOT, name)
        # the standard deviation of 300 draws is known to 4%: three of them
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(bound[name], rel=0.12)
        assert np.mean([fit.std[name] for fit in fits]) == pytest.approx(bound[name], rel=0.05)
        inside = [not fit.interval(name).excludes(getattr(HOT, name)) for fit in fits]
        assert np.mean(inside) == pytest.approx(0.95, abs=0.038)
    assert np.mean([fit.chi_squared for fit in fits]) == pytest.approx(
        TIMES.size - len(unknown), abs=1.5
    )


@pytest.mark.parametrize("r", [1e-3, 1e-2, 1e-1])
@pytest.mark.parametrize("T0", [90.0, -15.0])
def test_exact_readings_give_the_body_back(r: float, T0: float) -> None:
    body = Cooling(r=r, T0=T0, T_env=25.0)
    exact = Readings(t=TIMES, T=body.temperature(TIMES), noise=0.1)
    for known in ({"T_env": 25.0, "T0": T0}, {"T_env": 25.0}, {}):
        found = fit_cooling(exact, **known)
        assert found.body.r == pytest.approx(r, rel=1e-8)
        assert abs(found.body.T0 - T0) < 1e-6
        assert found.chi_squared < 1e-10


def test_wrong_physics_shows_in_the_residuals() -> None:
    glowing = Cooling(r=0.003, T0=700.0, T_env=20.0, radiation=3e-12)
    readings = read_thermometer(glowing, TIMES, noise=1.0, rng=np.random.default_rng(4))
    assert fit_cooling(readings, T_env=20.0).p_value() < 1e-6
    honest = read_thermometer(HOT, TIMES, noise=1.0, rng=np.random.default_rng(4))
    assert fit_cooling(honest, T_env=20.0).p_value() > 0.01


def test_a_positive_interval_is_symmetric_in_the_logarithm() -> None:
    interval = positive_interval(2.0, 0.1, level=0.9)
    assert (
        interval.high / 2.0
        == pytest.approx(2.0 / interval.low)
        == pytest.approx(np.exp(0.1645), rel=1e-3)
    )
    assert interval.level == 0.9
    widths = [positive_interval(2.0, 0.1, level=p).width for p in (0.5, 0.9, 0.99)]
    assert all(a < b for a, b in pairwise(widths))


WRONG_BODIES = {
    "r: expected a number of 0 or more": {"r": -0.1},
    "r: .*got nan": {"r": np.nan},
    "radiation: expected": {"radiation": -1e-12},
    "T0: expected a finite number": {"T0": np.inf},
    "T_env: expected -273.15 °C or more": {"T_env": -300.0},
}


@pytest.mark.parametrize(("message", "change"), WRONG_BODIES.items(), ids=WRONG_BODIES)
def test_impossible_bodies_are_refused(message: str, change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=message):
        Cooling(**{"r": 0.1, "T0": 90.0, "T_env": 20.0} | change)


@pytest.mark.parametrize(
    ("t", "message"),
    [
        ([0, 2, 1], "expected sorted numbers of 0 or more, got 1 after 2"),
        ([0, np.nan, 1], "NaN"),
        ([-1, 0, 1], "got -1"),
        ([[0, 1], [2, 3]], "expected a vector"),
        ([], "expected a vector"),
    ],
)
def test_impossible_times_are_refused(t: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_thermometer(HOT, t, noise=0.1, rng=np.random.default_rng(0))


def test_impossible_readings_are_refused() -> None:
    t = np.arange(3.0)
    with pytest.raises(ValueError, match="one shape"):
        Readings(t=t, T=np.zeros(2), noise=0.1)
    with pytest.raises(ValueError, match="T: expected finite"):
        Readings(t=t, T=np.array([1, np.nan, 2]), noise=0.1)
    for noise in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="noise"):
            read_thermometer(HOT, t, noise=noise, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match="t: expected times of 0 or more"):
        Cooling(r=0.1, T0=1, T_env=0, radiation=1e-12).temperature([-1.0])


def test_readings_that_cannot_fix_the_unknowns_are_refused() -> None:
    def readings(t: list[float]) -> Readings:
        times = np.array(t)
        return Readings(t=times, T=HOT.temperature(times), noise=0.1)

    with pytest.raises(ValueError, match="2 measurements for 3 unknowns"):
        fit_cooling(readings([10, 20]))
    with pytest.raises(ValueError, match="1 measurements for 2 unknowns"):
        cramer_rao_bound(HOT, [10.0], noise=0.1, unknown=("r", "T0"))
    with pytest.raises(ValueError, match="time 0"):
        fit_cooling(readings([0, 0, 0]), T_env=20)
    with pytest.raises(ValueError, match="say nothing"):
        cramer_rao_bound(Cooling(r=0.1, T0=20, T_env=20), TIMES, noise=0.1)
    with pytest.raises(ValueError, match="cannot tell"):
        cramer_rao_bound(HOT, [50.0, 50.0], noise=0.1, unknown=("r", "T0"))
    with pytest.raises(ValueError, match="unknown: expected some of r, T0, T_env"):
        cramer_rao_bound(HOT, TIMES, noise=0.1, unknown=("mass",))
    with pytest.raises(ValueError, match="radiation=0"):
        cramer_rao_bound(Cooling(r=0.1, T0=1, T_env=0, radiation=1e-12), TIMES, noise=0.1)


def test_a_fit_is_what_it_says() -> None:
    fit = fit_cooling(read_thermometer(HOT, TIMES, noise=0.5, rng=np.random.default_rng(5)))
    assert isinstance(fit, CoolingFit)
    assert fit.unknown == ("r", "T0", "T_env")
    assert fit.degrees_of_freedom == 38
    assert fit.interval("T0").low < fit.body.T0 < fit.interval("T0").high
    np.testing.assert_allclose(fit.covariance, fit.covariance.T)
