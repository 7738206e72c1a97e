"""What the page on physics-informed networks says, held to stored studies and to networks here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.physics import pinn_views as views
from matinf.physics.checks import Vector
from matinf.physics.cooling import Cooling, newton_cooling
from matinf.physics.cooling_fit import fit_cooling
from matinf.physics.inverse import InverseConfig, learn_cooling
from matinf.physics.landscape import loss_landscape
from matinf.physics.network import NetworkShape
from matinf.physics.optimise import AdamLBFGS, LevenbergMarquardt
from matinf.physics.parametric import ParametricConfig, TrainedRange, train_parametric
from matinf.physics.pinn import PinnConfig, law_of_cooling, solve_cooling
from matinf.physics.pinn_study import BUDGETS
from matinf.physics.scenario import BODY, WINDOW, early_readings
from matinf.studies import load_study

T = np.linspace(0, WINDOW, 121)
TRUTH = BODY.temperature(T)


# -- the law and its weight ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def weighed() -> pd.DataFrame:
    return load_study("physics-weight")


def errors(table: pd.DataFrame, way: str, slack: float | None = None) -> Vector:
    rows = table[(table["way"] == way) & ((table["slack"] == slack) | (slack is None))]
    return rows.sort_values("part")["error"].to_numpy(dtype=float)


def test_the_law_makes_the_whole_gain_and_the_network_none(weighed: pd.DataFrame) -> None:
    informed, fit = errors(weighed, "informed", 1e-2), errors(weighed, "least squares")
    assert len(informed) == 24
    assert np.abs(informed - fit).max() < 1e-3
    assert np.median(errors(weighed, "plain")) > 50 * np.median(informed)
    assert errors(weighed, "plain").min() > informed.max()


def test_a_true_law_cannot_weigh_too_much_and_can_weigh_too_little(weighed: pd.DataFrame) -> None:
    slacks, spans = views.errors_by_slack(weighed)
    fit = views.errors_of(weighed, "least squares")
    for slack, span in zip(slacks, spans, strict=True):
        assert span.excludes(fit.estimate) == (slack >= 10), slack
    assert spans[-3].low > 1.5 * fit.estimate
    assert spans[-1].low > 5 * spans[-3].high
    assert spans[-1].high < np.median(errors(weighed, "plain"))


def test_adam_takes_a_heavy_law_for_the_whole_loss() -> None:
    readings = early_readings(rng=np.random.default_rng(2026))
    best = fit_cooling(readings, T_env=20.0).body.r
    adam = PinnConfig(optimiser=AdamLBFGS(adam_steps=200, lbfgs_steps=0), n_collocation=60)
    off = [
        abs(
            learn_cooling(readings, T_env=20.0, rng=np.random.default_rng(1), config=config).body.r
            / best
            - 1
        )
        for config in (InverseConfig(slack=1e-2), InverseConfig(slack=1e-2, pinn=adam))
    ]
    assert off[0] < 1e-3
    assert off[1] > 0.2


def test_within_a_slack_of_one_the_median_stays_and_single_draws_move(
    weighed: pd.DataFrame,
) -> None:
    hard, one = errors(weighed, "informed", 1e-2), errors(weighed, "informed", 1.0)
    assert np.median(one) == pytest.approx(np.median(hard), rel=0.1)
    assert 6 < (one > hard).sum() < 18
    assert np.abs(one - hard).max() > np.median(hard)


# -- weights that adapt --------------------------------------------------------------------------


def test_adaptive_weights_rescue_adam_stopped_early_and_harm_otherwise() -> None:
    table = load_study("physics-balance")
    fair, bad = (table[table["start_weight"] == weight] for weight in (1.0, 1e-3))
    assert views.ratio_of(bad, "adaptive", "fixed", column="error_adam").high < 0.05
    for rows, column in ((fair, "error_adam"), (fair, "error"), (bad, "error")):
        assert views.ratio_of(rows, "adaptive", "fixed", column=column).low > 2
    mended = views.errors_of(bad, "fixed")
    assert mended.high < 0.01 * views.errors_of(bad, "fixed", column="error_adam").low
    for rows in (fair, bad):
        assert views.errors_of(rows, "damped").high < 1e-8
    assert 0.3 < views.errors_of(bad, "fixed", column="error_adam").estimate < 0.7, "half-way"


# -- what it costs -------------------------------------------------------------------------------


def test_a_solver_is_faster_and_damped_steps_beat_the_textbook() -> None:
    costs = views.typical_costs(load_study("physics-cost"))

    def seconds(way: str, error: float) -> float:
        return views.fastest(costs, way, error=error)

    for error in (1e-4, 1e-6, 1e-8, 1e-10):
        assert seconds("damped", error) > 5 * seconds("runge-kutta", error)
    assert seconds("textbook", 1.0) > 10 * seconds("damped", 1e-8)
    assert seconds("runge-kutta", 1.0) > 10 * seconds("closed form", 1.0)
    readings = [seconds(f"from readings, {way}", 1.0) for way in ("network", "least squares")]
    assert readings[0] > 10 * readings[1]
    least = costs.groupby("way")["error"].min()
    assert least["runge-kutta"] < least["damped"] < 1e-9


def test_the_textbook_is_slow_and_meets_no_floor() -> None:
    table = load_study("physics-cost")
    ways = [f"{adam}+{lbfgs}" for adam, lbfgs in BUDGETS]
    textbook = table[table["way"] == "textbook"].pivot(
        index="part", columns="setting", values="error"
    )[ways]
    assert (np.diff(np.log(textbook), axis=1) < 0).all(), "each further step helps each draw"
    costs = views.typical_costs(table).sort_values("seconds")
    (two, *_), (*_, last) = (costs[costs["way"] == way].iloc for way in ("damped", "textbook"))
    assert last["setting"] == ways[-1]
    assert last["error"] < 1e-7, "far below the 2e-5 of an unscaled loss"
    assert two["error"] < last["error"]
    assert 100 * two["seconds"] < last["seconds"]


# -- a curve from an equation --------------------------------------------------------------------


def test_the_first_damped_step_is_all_but_the_answer_and_adam_takes_hundreds() -> None:
    adam = PinnConfig(optimiser=AdamLBFGS(adam_steps=200, lbfgs_steps=0), n_collocation=60)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        seen = views.walk(BODY, T, steps=(1,), config=PinnConfig(), rng=rng)
        off = [np.abs(temperature - TRUTH).max() for temperature, _ in seen.values()]
        assert off[1] < 1e-10 * (90 - 20)
        assert off[0] < 1e-7 * (90 - 20)
    (last, _) = views.walk(BODY, T, steps=(), config=adam, rng=rng)[200]
    assert 0.01 < np.abs(last - TRUTH).max() < 5


def test_a_law_that_is_not_linear_takes_more_than_one_step() -> None:
    glowing = Cooling(r=0.002, T0=800, T_env=20, radiation=1e-12)
    rng = np.random.default_rng(3)
    seen = views.walk(glowing, T, steps=(1, 2, 3), config=PinnConfig(), rng=rng)
    off = [np.abs(temperature - glowing.temperature(T)).max() for temperature, _ in seen.values()]
    assert off[0] > 10 > 2 > off[1] > 1e-3 > off[2] > off[-1]


def test_one_network_answers_any_room_of_the_box() -> None:
    box = TrainedRange(T0=90, T_env=(-20, 60), r=(4e-3, 6e-3), t_end=WINDOW)
    small = ParametricConfig(
        shape=NetworkShape(n_inputs=3, hidden_sizes=(14, 14), sharpness=1.0),
        n_collocation=500,
        optimiser=LevenbergMarquardt(max_steps=40),
    )
    network = train_parametric(box, rng=np.random.default_rng(3), config=small)
    off = [
        np.abs(
            network.temperature(T, T_env=T_env, r=r) - newton_cooling(T, r=r, T0=90, T_env=T_env)
        ).max()
        for T_env in np.linspace(-20, 60, 9)
        for r in np.linspace(4e-3, 6e-3, 7)
    ]
    assert 1e-4 < max(off) < 0.02


# -- where it fails ------------------------------------------------------------------------------


def test_a_small_loss_is_not_a_small_error_and_the_residual_between_tells() -> None:
    for n_points, is_good in ((5, False), (10, False), (80, True)):
        config = PinnConfig(n_collocation=n_points)
        for seed in range(3):
            rng = np.random.default_rng(seed)
            curve = solve_cooling(BODY, t_end=WINDOW, config=config, rng=rng)
            error = np.abs(curve.temperature(T) - TRUTH).max()
            assert curve.history.loss[-1] < 1e-18
            assert (error < 1e-6) == is_good
            assert is_good or error > 0.05
            fine = np.linspace(0, WINDOW, 2001)
            assert error < np.abs(curve.residual(fine)).max() / BODY.r


def test_a_random_plane_shows_one_bent_valley() -> None:
    curve = solve_cooling(BODY, t_end=WINDOW, rng=np.random.default_rng(2))
    law = law_of_cooling(curve.network, PinnConfig())
    settings = {"reach": 1.0, "n_points": 31, "rng": np.random.default_rng(0)}
    steps, losses = loss_landscape(law.vector, curve.theta, **settings)
    bottom = steps[losses.argmin(axis=1)]
    assert bottom[0] < -0.3 < bottom[15] == 0 < 0.3 < bottom[-1], "it crosses the plane"
    assert np.diff(bottom).min() > -0.2, "and does not turn back"
    assert (losses.min(axis=1) < 0.3 * losses[:, [0, -1]].max(axis=1)).all(), "with walls"
    assert losses[15, 15] < 1e-10 * losses.max()


def test_it_is_narrow_and_knows_nothing_beyond_its_window() -> None:
    curve = solve_cooling(BODY, t_end=WINDOW, rng=np.random.default_rng(2))
    values = views.stiffness(law_of_cooling(curve.network, PinnConfig()), curve.theta)
    assert values[0] > 1e14 * values[-1], "down to rounding"
    assert (values[:-1] < 1e3 * values[1:]).all(), "without a gap"
    assert 2 * (values > 1e-3 * values[0]).sum() < values.size, "fewer stiff ones than flat"
    inside = np.abs(curve.temperature(T) - TRUTH).max()
    beyond = curve.temperature(4 * WINDOW, extrapolate=True) - BODY.temperature(4 * WINDOW)
    assert inside < 1e-6
    assert abs(float(beyond)) > 0.05
