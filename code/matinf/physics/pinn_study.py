"""Plans of the studies behind the page on physics-informed networks, and how they are read.

How much the law should weigh, whether weights that adapt help, and what an answer costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp

from matinf.physics.checks import Vector
from matinf.physics.cooling_fit import CoolingFit, fit_cooling
from matinf.physics.inverse import LIKELIHOOD, InverseConfig, learn_cooling
from matinf.physics.network import one_thread
from matinf.physics.optimise import AdamLBFGS, LevenbergMarquardt, Optimiser
from matinf.physics.pinn import CoolingCurve, PinnConfig, relative_error, solve_cooling
from matinf.physics.regression import fit_network
from matinf.physics.scenario import BODY, LAST_READING, WINDOW, early_readings
from matinf.studies import Study

SLACKS = (1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3)
"""How far the law may be off, in standard deviations of a reading."""

TEXTBOOK = AdamLBFGS(adam_steps=400, lbfgs_steps=200)

TIMES: Vector = np.linspace(0, WINDOW, 241)
"""Where errors are taken, in s."""


def forward_error(curve: CoolingCurve) -> float:
    """Relative error of a solved curve against the closed form, over the window."""
    exact = BODY.temperature(TIMES)
    return relative_error(curve.temperature(TIMES), exact, origin=BODY.T_env)


def error_beyond(temperature: Callable[[Vector], Vector]) -> float:
    """Root-mean-square error in K from the last reading to the end of the window."""
    t = TIMES[TIMES >= LAST_READING]
    return float(np.sqrt(np.mean((temperature(t) - BODY.temperature(t)) ** 2)))


# -- how much the law weighs ---------------------------------------------------------------------


def weighing(_: int, rng: np.random.Generator) -> pd.DataFrame:
    """Errors beyond the readings of one draw of noise, for every slack and the rivals."""
    noise, first, plain = rng.spawn(3)
    readings = early_readings(rng=noise)
    known = fit_cooling(readings, T_env=BODY.T_env).body
    rows = [
        {"way": "least squares", "error": error_beyond(known.temperature)},
        {"way": "plain", "error": error_beyond(fit_network(readings, rng=plain).temperature)},
    ]
    seed = int(first.integers(2**63))
    for slack in SLACKS:
        pinn = PinnConfig(optimiser=LIKELIHOOD, n_collocation=60)
        found = learn_cooling(
            readings,
            rng=np.random.default_rng(seed),
            T_env=BODY.T_env,
            t_end=WINDOW,
            config=InverseConfig(pinn=pinn, slack=slack),
        )
        error = error_beyond(found.curve.temperature)
        rows.append({"way": "informed", "slack": slack, "error": error})
    return pd.DataFrame(rows, columns=["way", "slack", "error"])


# -- weights that adapt --------------------------------------------------------------------------

START_WEIGHTS = (1.0, 1e-3)


def balancing(_: int, rng: np.random.Generator) -> pd.DataFrame:
    """Errors of one draw of weights with a soft start, its weight fixed or adapted."""
    rows, seed = [], int(rng.integers(2**63))
    for weight in START_WEIGHTS:
        for every in (0, 10):
            how = replace(TEXTBOOK, balance_every=every)
            after_adam, error = _soft(seed, how, weight)
            name = "adaptive" if every else "fixed"
            rows.append((name, weight, after_adam, error))
        error = _soft(seed, LevenbergMarquardt(max_steps=40, tolerance=1e-17), weight)[1]
        rows.append(("damped", weight, np.nan, error))
    return pd.DataFrame(rows, columns=["way", "start_weight", "error_adam", "error"])


def _soft(seed: int, how: Optimiser, start_weight: float) -> tuple[float, float]:
    """Errors after Adam and at the end."""
    seen = {}

    def watch(step: int, curve: CoolingCurve) -> None:
        if step == TEXTBOOK.adam_steps:
            seen["adam"] = forward_error(curve)

    config = PinnConfig(start="soft", start_weight=start_weight, n_collocation=60, optimiser=how)
    rng = np.random.default_rng(seed)
    curve = solve_cooling(BODY, t_end=WINDOW, rng=rng, config=config, watch=watch)
    return seen.get("adam", np.nan), forward_error(curve)


# -- what an answer costs ------------------------------------------------------------------------

DAMPED_STEPS = (2, 4, 6, 8, 100)
BUDGETS = ((100, 60), (400, 200), (1500, 500), (1500, 3500))  # steps of Adam, of L-BFGS
TOLERANCES = (1e-2, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12)


def cost(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Processor time and error of every way to the same curve; the textbook's in odd parts."""
    if number % 2:
        return pd.DataFrame(
            [
                ("textbook", f"{adam}+{lbfgs}", *_solved(PinnConfig(optimiser=how), rng, rounds=1))
                for adam, lbfgs in BUDGETS
                for how in [AdamLBFGS(adam_steps=adam, lbfgs_steps=lbfgs)]
            ],
            columns=["way", "setting", "seconds", "error"],
        )
    rows = [
        ("damped", f"{steps}", *_solved(PinnConfig(optimiser=how), rng))
        for steps in DAMPED_STEPS
        for how in [LevenbergMarquardt(max_steps=steps)]
    ]
    rows += [("runge-kutta", f"{rtol:g}", *_integrated(rtol)) for rtol in TOLERANCES]
    rows.append(("closed form", "", seconds(lambda: BODY.temperature(TIMES), 2000), 0.0))
    return pd.DataFrame(rows + _inverse(rng), columns=["way", "setting", "seconds", "error"])


def _solved(
    config: PinnConfig, rng: np.random.Generator, *, rounds: int = 3
) -> tuple[float, float]:
    seed, found = int(rng.integers(2**63)), []

    def solve() -> None:
        draws = np.random.default_rng(seed)
        found.append(solve_cooling(BODY, t_end=WINDOW, rng=draws, config=config))

    return seconds(solve, 1, rounds=rounds), forward_error(found[-1])


def _integrated(rtol: float) -> tuple[float, float]:
    def solve() -> Vector:
        T: Vector = solve_ivp(
            lambda _, T: BODY.slope(T),
            (0, WINDOW),
            [BODY.T0],
            method="DOP853",
            t_eval=TIMES,
            rtol=rtol,
            atol=rtol,
        ).y[0]
        return T

    exact = BODY.temperature(TIMES)
    return seconds(solve, 20), relative_error(solve(), exact, origin=BODY.T_env)


def _inverse(rng: np.random.Generator) -> list[tuple[str, str, float, float]]:
    """Both ways to a curve from readings; their error is that beyond the readings, in K."""
    noise, first = rng.spawn(2)
    readings, seed, found = early_readings(rng=noise), int(first.integers(2**63)), []

    def learn() -> None:
        draws = np.random.default_rng(seed)
        found.append(learn_cooling(readings, rng=draws, T_env=BODY.T_env, t_end=WINDOW))

    def fit() -> CoolingFit:
        return fit_cooling(readings, T_env=BODY.T_env)

    times = seconds(fit, 20), seconds(learn, 1)
    curves = fit().body.temperature, found[-1].curve.temperature
    names = ("from readings, least squares", "from readings, network")
    return [
        (name, "", spent, error_beyond(curve))
        for name, spent, curve in zip(names, times, curves, strict=True)
    ]


def seconds(work: Callable[[], object], n_times: int, *, rounds: int = 3) -> float:
    """Processor time of one call, the best of a few rounds of ``n_times``."""
    spent = []
    with one_thread():
        for _ in range(rounds):
            started = time.process_time()
            for _ in range(n_times):
                work()
            spent.append((time.process_time() - started) / n_times)
    return min(spent)


PACKAGES = ("numpy", "scipy", "torch")

STUDIES = (
    Study(name="physics-weight", part=weighing, n_parts=24, packages=PACKAGES),
    Study(name="physics-balance", part=balancing, n_parts=10, packages=PACKAGES),
    Study(name="physics-cost", part=cost, n_parts=6, packages=PACKAGES),
)
