"""What the page on the inverse problem says, held to the stored study and to theory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import zero_Celsius

from matinf.physics.cooling import Readings, read_thermometer
from matinf.physics.cooling_fit import cramer_rao_bound, fit_cooling
from matinf.physics.inverse import CoolingEstimate, learn_cooling
from matinf.physics.inverse_study import (
    CONFIG,
    METHODS,
    N_DRAWS,
    SLACKS,
    RateStudy,
    load_rate_study,
)
from matinf.physics.scenario import BODY, WINDOW, early_readings
from matinf.physics.wrong_law import (
    BALL,
    BALL_NOISE,
    BALL_TIMES,
    fit_wrong_law,
    soft_law_errors,
)

KNOWN, OPEN = ("r", "T0"), ("r", "T0", "T_env")


@pytest.fixture(scope="module")
def study() -> RateStudy:
    return load_rate_study()


@pytest.fixture(scope="module")
def readings() -> Readings:
    return early_readings(rng=np.random.default_rng(2026))


@pytest.fixture(scope="module")
def bound(readings: Readings) -> float:
    return cramer_rao_bound(BODY, readings.t, noise=readings.noise, unknown=KNOWN)["r"]


@pytest.fixture(scope="module")
def glowing() -> Readings:
    rng = np.random.default_rng(2026)
    return read_thermometer(BALL, BALL_TIMES, noise=BALL_NOISE, rng=rng)


@pytest.fixture(scope="module")
def loose(glowing: Readings) -> CoolingEstimate:
    return learned(glowing, slack=3.0)


def learned(readings: Readings, *, slack: float = 0.01, **known: float) -> CoolingEstimate:
    config = replace(CONFIG, slack=slack)
    known = {"T_env": 20.0} | known
    return learn_cooling(readings, rng=np.random.default_rng(1), config=config, **known)


# -- how much is lost --------------------------------------------------------------------------


def test_nothing_is_lost_to_least_squares(study: RateStudy, bound: float) -> None:
    assert N_DRAWS == 200
    loss = study.loss("network", "least squares", rng=np.random.default_rng(1))
    assert 0.9999 < loss.low < loss.high < 1.0001
    apart = study.errors("network") - study.errors("least squares")
    assert np.abs(apart).max() < 1e-3 * bound


def test_the_error_is_that_of_the_bound_and_below_it_by_luck(
    study: RateStudy, bound: float
) -> None:
    for method in ("network", "least squares"):
        found = study.root_mean_square(method, rng=np.random.default_rng(2026))
        assert found.low < bound < found.high
        assert found.estimate < bound
    many = study.rows("profile")["draw"].to_numpy(dtype=int)
    assert np.sqrt(np.mean(study.errors("least squares")[many] ** 2)) < bound


# -- how sure ----------------------------------------------------------------------------------


def test_three_methods_hold_their_level_and_one_never_holds_the_truth(study: RateStudy) -> None:
    for level in (0.8, 0.95):
        for method in METHODS:
            share = study.coverage(method, level=level)
            if method == "weights":
                assert share.estimate == 0
                assert share.high < 0.05
            else:
                assert not share.excludes(level), (method, level)


def test_first_weights_agree_to_many_digits(study: RateStudy, bound: float) -> None:
    rows = study.rows("weights")
    assert (rows["std"] / rows["r"]).median() < 1e-7
    assert rows["std"].max() < 1e-2 * bound


def test_laplace_and_profile_agree(study: RateStudy) -> None:
    network = study.rows("network").set_index("draw")
    profile = study.rows("profile").set_index("draw")
    network = network.loc[profile.index]
    width = network["high_0.95"] - network["low_0.95"]
    for end in ("low_0.95", "high_0.95"):
        assert ((network[end] - profile[end]).abs() / width).max() < 0.05


# -- what slack costs --------------------------------------------------------------------------


def test_networks_with_slack_err_and_state_as_theory_says(
    study: RateStudy, readings: Readings, bound: float
) -> None:
    errs, stated = soft_law_errors(BODY, readings.t, noise=readings.noise, slack=SLACKS)
    for k, slack in enumerate(SLACKS):
        found = study.root_mean_square("loose", slack=slack, rng=np.random.default_rng(1))
        # bars of 95% may miss one in twenty; twice their half-width holds 99.99%
        half = found.width / 2
        assert abs(found.estimate - errs[k]) < 2 * half
        assert study.rows("loose", slack=slack)["std"].mean() == pytest.approx(stated[k], rel=0.02)
    one, ten = SLACKS.index(1.0), SLACKS.index(10.0)
    assert errs[one] < 1.05 * bound
    assert errs[ten] < 2 * bound
    assert stated[ten] > 10 * bound


# -- a wrong law -------------------------------------------------------------------------------


def test_a_hard_law_is_betrayed_and_a_loosened_one_shows_where(
    glowing: Readings, loose: CoolingEstimate
) -> None:
    hard, right = learned(glowing), learned(glowing, radiation=BALL.radiation)
    freedom = len(glowing) - 2
    assert hard.body.r > 2 * BALL.r
    assert hard.chi_squared > 50 * freedom
    assert loose.chi_squared < 2 * freedom
    assert right.chi_squared < 1.8 * freedom
    assert abs(right.body.r - BALL.r) < 3 * right.std["r"]
    errors = glowing.T - hard.curve.temperature(glowing.t)
    assert np.count_nonzero(np.diff(np.sign(errors))) <= 3, "long runs of one sign"
    t = np.linspace(0, 600, 121)
    residual = loose.curve.residual(t)
    missing = BALL.slope(BALL.temperature(t)) - loose.body.r * (20 - BALL.temperature(t))
    assert np.corrcoef(residual, missing)[0, 1] > 0.9
    # where the law is broken most is at the start, and there it lacks cooling
    assert np.argmin(residual) < 12
    assert residual[:12].mean() < 0


@pytest.mark.parametrize("seed", range(3))
def test_the_residual_draws_less_than_half_of_what_is_missing_at_the_start(seed: int) -> None:
    noise = np.random.default_rng([2026, seed])
    found = learned(read_thermometer(BALL, BALL_TIMES, noise=BALL_NOISE, rng=noise), slack=3.0)
    t = np.linspace(0, 600, 121)
    T = BALL.temperature(t)
    residual, missing = found.curve.residual(t), BALL.slope(T) - found.body.r * (20 - T)
    assert np.argmax(np.abs(missing)) == 0
    assert 0.2 < residual[0] / missing[0] < 0.47
    assert np.argmax(np.abs(missing - residual)) == 0  # it falls short most where most is missing


def test_more_slack_reads_more_of_the_radiation_off_the_residual(
    glowing: Readings, loose: CoolingEstimate
) -> None:
    t = np.linspace(0, 600, 121)

    def kappa(found: CoolingEstimate) -> float:
        T = found.curve.temperature(t)
        slope = found.curve.residual(t) + found.body.r * (20 - T)
        radiated = (20 + zero_Celsius) ** 4 - (T + zero_Celsius) ** 4
        A = np.column_stack([20 - T, 1e-9 * radiated])
        return float(1e-9 * np.linalg.lstsq(A, slope, rcond=None)[0][1] / BALL.radiation)

    less, more = kappa(loose), kappa(learned(glowing, slack=10.0))
    assert 0.6 < less < more < 1.05
    assert more > 0.85


def test_radiation_hides_in_the_rate_of_a_cool_body() -> None:
    for T0, is_seen in ((50.0, False), (100.0, False), (300.0, True), (400.0, True)):
        fit = fit_wrong_law(replace(BALL, T0=T0), BALL_TIMES, noise=BALL_NOISE, T_env=20.0)
        assert fit.r > 1.3 * BALL.r
        assert (fit.chance > 0.95) == is_seen
        assert (fit.chance < 0.02) != is_seen
    half = fit_wrong_law(replace(BALL, T0=250.0), BALL_TIMES, noise=BALL_NOISE, T_env=20.0)
    assert 0.2 < half.chance < 0.8, "here the residuals begin to tell"


# -- a wrong environment -----------------------------------------------------------------------


def test_a_wrong_environment_is_hidden_early_and_seen_late(readings: Readings) -> None:
    late = np.linspace(0, WINDOW, len(readings))
    early, whole = (
        fit_wrong_law(BODY, t, noise=readings.noise, T_env=BODY.T_env + 5)
        for t in (readings.t, late)
    )
    assert early.r - BODY.r > 10 * early.std
    assert early.chance < 0.06
    assert whole.r > early.r
    assert whole.chance > 0.99
    told = learned(readings, T_env=BODY.T_env + 5)
    assert told.interval().low > 1.05 * BODY.r
    assert fit_cooling(readings, T_env=BODY.T_env + 5).p_value() > 0.05
    assert told.chi_squared < 1.3 * (len(readings) - 2)


def test_an_unknown_environment_costs_ten_early_and_two_late(readings: Readings) -> None:
    cost = {}
    for last in (150, 300, 600):
        times = np.linspace(0, last, len(readings))
        known, free = (
            cramer_rao_bound(BODY, times, noise=readings.noise, unknown=unknown)["r"]
            for unknown in (KNOWN, OPEN)
        )
        cost[last] = free / known
    assert 9 < cost[150] < 10.5
    assert 2 < cost[600] < 2.5
    assert cost[150] > cost[300] > cost[600]
    found = learn_cooling(readings, rng=np.random.default_rng(1), config=CONFIG)
    assert abs(found.body.r - BODY.r) < 3 * found.std["r"]
    assert abs(found.body.T_env - BODY.T_env) < 3 * found.std["T_env"]
