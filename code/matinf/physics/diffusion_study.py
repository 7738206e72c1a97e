"""Plans of the studies behind the page on diffusion: coverage of D's intervals, cost, windows.

One gear: the thermometer says 925 °C, the furnace is at 940 °C. The table gives a coefficient for
the first; readings of the case, eight hours later, are to give that of the second.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from scipy.constants import R, zero_Celsius

from matinf.physics.checks import Vector
from matinf.physics.crank_nicolson import crank_nicolson
from matinf.physics.diffusion import CARBON_IN_AUSTENITE, Carburising, agren_diffusivity
from matinf.physics.diffusion_fit import DepthReadings, fit_diffusion, read_depths
from matinf.physics.diffusion_inverse import INVERSE, DiffusionEstimate, learn_diffusion
from matinf.physics.diffusion_network import Coordinates
from matinf.physics.diffusion_pinn import DiffusionConfig, DiffusionField, solve_diffusion
from matinf.physics.diffusion_surface import (
    SurfaceHistory,
    by_grid,
    fit_history,
    learn_with_surface,
)
from matinf.physics.network import NetworkShape
from matinf.physics.optimise import LevenbergMarquardt
from matinf.physics.pinn import relative_error
from matinf.studies import Study

HOUR = 3600.0
HOURS = 8.0
BELIEVED, ACTUAL = 925.0, 940.0  # °C: what the thermometer says, and what is
ASSUMED = Carburising(D=CARBON_IN_AUSTENITE.at(BELIEVED), c0=0.2, cs=1.1, thickness=2e-3)
TRUTH = replace(ASSUMED, D=CARBON_IN_AUSTENITE.at(ACTUAL))
DEPTHS: Vector = np.linspace(1e-4, 1.2e-3, 10)
NOISE = 0.02  # wt%, standard deviation of one reading

SHAPE = NetworkShape(n_inputs=2, hidden_sizes=(16, 16), sharpness=2.0)
FORWARD = DiffusionConfig(shape=SHAPE, n_collocation=16, optimiser=LevenbergMarquardt(max_steps=40))
SETTINGS = replace(INVERSE, shape=SHAPE)
"""Settings of the inverse problem where it starts from a field that was solved before."""

TIGHT = replace(FORWARD, optimiser=LevenbergMarquardt(max_steps=100))
"""A start solved to the end; from one solved loosely, as in the study, some draws get lost."""

LEVELS = (0.8, 0.95)
N_DRAWS = 200
PACKAGES = ("numpy", "scipy", "torch")


def case_readings(*, rng: np.random.Generator) -> DepthReadings:
    """Ten readings of the gear's case after eight hours."""
    return read_depths(TRUTH, DEPTHS, HOURS * HOUR, noise=NOISE, rng=rng)


@cache
def solved_guess() -> DiffusionField:
    """The field that the table expects, from which every draw starts."""
    return solve_diffusion(
        ASSUMED, t_end=HOURS * HOUR, rng=np.random.default_rng(2026), config=FORWARD
    )


# -- how often the intervals hold the truth ------------------------------------------------------


def estimates(_: int, rng: np.random.Generator) -> pd.DataFrame:
    """D from one draw of readings, by the network and by least squares, with its spread."""
    noise, weights = rng.spawn(2)
    readings = case_readings(rng=noise)
    c0, cs, thickness = TRUTH.c0, TRUTH.cs, float(TRUTH.thickness)
    fit = fit_diffusion(readings, c0=c0, cs=cs, thickness=thickness)
    learned = learn_diffusion(
        readings,
        c0=c0,
        cs=cs,
        thickness=thickness,
        D_guess=ASSUMED.D,
        start=solved_guess(),
        rng=weights,
        config=SETTINGS,
    )
    rows = []
    for way, found in (("classical", fit), ("physics", learned)):
        ends = {
            f"{end}_{round(100 * level)}": getattr(found.interval(level=level), end)
            for level in LEVELS
            for end in ("low", "high")
        }
        rows.append({"way": way, "D": found.steel.D, "std": found.std["D"], **ends})
    return pd.DataFrame(rows)


def read_as_constant(
    temperature: float, *, n_draws: int = 20, rng: np.random.Generator
) -> tuple[Vector, Vector]:
    """What a constant D makes of a case in which D rises with the carbon :cite:`agren1986`.

    Args:
        temperature: Of the furnace, in °C.
        n_draws: Draws of the noise.
        rng: Source of the noise.

    Returns:
        The temperature in °C that each fit reads by the table's law, and its squared residuals
        over what the noise explains, each of shape ``(n_draws,)``.
    """
    t_end, c0, cs = HOURS * HOUR, TRUTH.c0, TRUTH.cs
    thickness = float(TRUTH.thickness)
    field = crank_nicolson(
        ASSUMED, t_end=t_end, D_of_c=lambda c: agren_diffusivity(c, temperature=temperature)
    )
    exact, read = np.interp(DEPTHS, field.x, field.c[-1]), []
    for _ in range(n_draws):
        c = exact + NOISE * rng.standard_normal(DEPTHS.size)
        readings = DepthReadings(x=DEPTHS, t=np.full(DEPTHS.size, t_end), c=c, noise=NOISE)
        fit = fit_diffusion(readings, c0=c0, cs=cs, thickness=thickness)
        law = CARBON_IN_AUSTENITE
        kelvin = law.Q / (R * np.log(law.D0 / fit.steel.D))
        read.append((kelvin - zero_Celsius, fit.chi_squared / fit.degrees_of_freedom))
    celsius, residuals = np.array(read).T
    return celsius, residuals


# -- a surface that nobody has measured ----------------------------------------------------------

SETTLING = 1.5 * HOUR
"""Time that the furnace's surface takes to come up, in s."""

_EARLY: Vector = np.concatenate([[0.0], np.geomspace(60, HOURS * HOUR, 80)])
SLOW_SURFACE = SurfaceHistory(
    D=TRUTH.D,
    c0=TRUTH.c0,
    knots=_EARLY,
    surface=TRUTH.cs - (TRUTH.cs - TRUTH.c0) * np.exp(-_EARLY / SETTLING),
)
"""The truth: the surface comes up as :math:`1 - e^{-t / 1.5\\,\\mathrm{h}}`."""

PULLED: Vector = np.array([1.0, 2.0, 4.0, 8.0]) * HOUR  # when samples are taken out
KNOTS: Vector = np.array([0.0, 1.0, 2.0, 4.0, 8.0]) * HOUR
N_SLOW = 40


def slow_readings(*, rng: np.random.Generator) -> DepthReadings:
    """Eight depths in each of four samples, none at the surface."""
    x = np.repeat(np.linspace(1e-4, 8e-4, 8), PULLED.size)
    t = np.tile(PULLED, 8)
    c = SLOW_SURFACE.concentration(x, t) + NOISE * rng.standard_normal(x.size)
    return DepthReadings(x=x, t=t, c=c, noise=NOISE)


@cache
def first_slow_field() -> DiffusionField:
    """A field learned from readings that no draw uses, from which every draw starts."""
    rng = np.random.default_rng([2026, 7])
    return learn_slow(slow_readings(rng=rng), rng=rng).field


def learn_slow(
    readings: DepthReadings, *, rng: np.random.Generator, start: DiffusionField | None = None
) -> DiffusionEstimate:
    """Learn D and the surface of those samples."""
    return learn_with_surface(
        readings,
        c0=TRUTH.c0,
        thickness=float(ASSUMED.thickness),
        D_guess=ASSUMED.D,
        start=start,
        rng=rng,
        config=SETTINGS,
    )


def unknown_surface(_: int, rng: np.random.Generator) -> pd.DataFrame:
    """D from one draw: surface held constant, made of pieces, or left to the network."""
    noise, weights = rng.spawn(2)
    readings = slow_readings(rng=noise)
    constant = fit_diffusion(readings, c0=TRUTH.c0)
    pieces, std = fit_history(readings, c0=TRUTH.c0, knots=KNOTS, D_guess=ASSUMED.D)
    learned = learn_slow(readings, rng=weights, start=first_slow_field())
    at_surface = learned.field.concentration(0.0, PULLED)
    rows = [
        {"way": "constant", "D": constant.steel.D, "std": constant.std["D"]},
        {"way": "pieces", "D": pieces.D, "std": std},
        {"way": "physics", "D": learned.steel.D, "std": learned.std["D"]},
    ]
    hours = [f"surface_{t / HOUR:.0f}" for t in PULLED]
    surfaces = [np.full(PULLED.size, constant.steel.cs), pieces.at_surface(PULLED), at_surface]
    return pd.DataFrame(
        [
            row | dict(zip(hours, surface, strict=True))
            for row, surface in zip(rows, surfaces, strict=True)
        ]
    )


def on_a_grid(_: int, rng: np.random.Generator) -> pd.DataFrame:
    """D from the readings of the same draw, with a grid inside least squares, and its seconds."""
    readings = slow_readings(rng=rng.spawn(2)[0])
    started = time.process_time()
    found, std = fit_history(readings, c0=TRUTH.c0, knots=KNOTS, D_guess=ASSUMED.D, model=by_grid)
    seconds = time.process_time() - started
    return pd.DataFrame([{"way": "grid", "D": found.D, "std": std, "seconds": seconds}])


# -- what an answer costs, and where it goes wrong -----------------------------------------------


def common_points(t_end: float) -> tuple[Vector, Vector]:
    """Depths ``(1, 41)`` and times ``(20, 1)`` that lie on every grid compared here.

    Times are dense early on, where the field changes most.
    """
    x = np.linspace(0, float(ASSUMED.thickness), 41)[None]
    return x, ((np.arange(1, 21) / 20) ** 2 * t_end)[:, None]


def network_error(field: DiffusionField, t_end: float) -> float:
    """Relative error of a field against the closed form, at the common points."""
    x, t = common_points(t_end)
    exact = ASSUMED.concentration(x, t)
    return relative_error(field.concentration(x, t), exact, origin=ASSUMED.c0)


def grid_error(n: int, t_end: float) -> tuple[float, float]:
    """The same of Crank-Nicolson with ``n`` intervals and steps, and its seconds.

    Args:
        n: A multiple of 40.
        t_end: Length of the window in s.
    """
    started = time.process_time()
    field = crank_nicolson(ASSUMED, t_end=t_end, n_depths=n + 1, n_times=n)
    seconds = time.process_time() - started
    c = field.c[n // 20 :: n // 20, :: n // 40]
    exact = ASSUMED.concentration(*common_points(t_end))
    return relative_error(c, exact, origin=ASSUMED.c0), seconds


GRIDS = (40, 80, 160, 320, 640, 1280)
STEPS = (5, 10, 20, 40, 80)
N_STARTS = 3


def cost(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Error and seconds of every grid, for the first part, or of networks from one start."""
    t_end = HOURS * HOUR
    if number == 0:
        tries = [(n, [grid_error(n, t_end) for _ in range(3)]) for n in GRIDS]
        rows = [("classical", n, t[0][0], min(seconds for _, seconds in t)) for n, t in tries]
        return pd.DataFrame(rows, columns=["way", "size", "error", "seconds"])
    rows, seed = [], int(rng.integers(2**31))
    for n in STEPS:  # the first of a process pays for loading as well
        config = replace(FORWARD, optimiser=LevenbergMarquardt(max_steps=n))
        started = time.process_time()
        field = solve_diffusion(
            ASSUMED, t_end=t_end, rng=np.random.default_rng(seed), config=config
        )
        seconds = time.process_time() - started
        rows.append(("physics", n, network_error(field, t_end), seconds))
    return pd.DataFrame(rows, columns=["way", "size", "error", "seconds"])


WINDOWS = (0.01, 0.06, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Lengths of windows in units of :math:`L^2 / D`."""

WAYS: tuple[Coordinates, ...] = ("corner", "late", "plain", "raw")


def failures(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Error of every choice of coordinates in one window, from one start."""
    window, seed = WINDOWS[number % len(WINDOWS)], int(rng.integers(2**31))
    t_end = window * float(ASSUMED.thickness) ** 2 / ASSUMED.D
    rows = [("classical", window, grid_error(200, t_end)[0], 0.0)]
    for way in WAYS:
        config = replace(FORWARD, coordinates=way)
        field = solve_diffusion(
            ASSUMED, t_end=t_end, rng=np.random.default_rng(seed), config=config
        )
        rows.append((way, window, network_error(field, t_end), field.history.loss[-1]))
    return pd.DataFrame(rows, columns=["way", "window", "error", "loss"])


STUDIES = (
    Study(name="diffusion-coverage", part=estimates, n_parts=N_DRAWS, packages=PACKAGES),
    Study(name="diffusion-surface", part=unknown_surface, n_parts=N_SLOW, packages=PACKAGES),
    Study(name="diffusion-grid", part=on_a_grid, n_parts=N_SLOW, packages=PACKAGES[:2]),
    Study(name="diffusion-cost", part=cost, n_parts=1 + N_STARTS, packages=PACKAGES),
    Study(name="diffusion-windows", part=failures, n_parts=3 * len(WINDOWS), packages=PACKAGES),
)
