"""Plans of readings: the bound, what it leaves of the profile, and least squares beside it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from matinf.physics import diffusion_study as study
from matinf.physics.diffusion import CARBON_IN_AUSTENITE
from matinf.physics.diffusion_fit import (
    UNKNOWNS,
    cramer_rao_bound,
    fit_diffusion,
    read_depths,
    sensitivities,
)
from matinf.physics.diffusion_plan import DepthPlan, plan_readings

T_END = study.HOURS * study.HOUR
KNOWN = {"c0": study.TRUTH.c0, "thickness": study.TRUTH.thickness}


@pytest.mark.parametrize("unknown", [("D",), ("D", "cs"), UNKNOWNS])
def test_a_plan_knows_the_bound(unknown: tuple[str, ...]) -> None:
    plan = plan_readings(6, 1e-3, unknown)
    bound = cramer_rao_bound(study.TRUTH, plan.x, T_END, noise=study.NOISE, unknown=unknown)
    assert plan.spread * study.TRUTH.D == pytest.approx(bound["D"], rel=1e-12)
    found = plan.interval()
    assert found.estimate == study.TRUTH.D
    assert np.log(found.high / found.low) == pytest.approx(2 * 1.95996 * plan.spread, rel=1e-5)


def test_the_profile_is_as_unsure_as_its_unknowns_make_it() -> None:
    x = np.linspace(0, 2e-3, 9)
    plan = plan_readings(4, 8e-4, ("D", "cs"))
    draws = np.random.default_rng(0).multivariate_normal([0, 0], plan.covariance, size=20_000)
    slopes = sensitivities(study.TRUTH, x, np.full(9, T_END), unknown=("D", "cs"))
    np.testing.assert_allclose(plan.profile_std(x), (draws @ slopes.T).std(axis=0), rtol=0.03)
    assert plan.profile_std([0.0])[0] == pytest.approx(plan.covariance[1, 1] ** 0.5)
    assert plan_readings(4, 8e-4).profile_std([0.0])[0] == 0, "a known surface is known"


def test_the_furnace_is_read_off_the_coefficient() -> None:
    found, D = plan_readings(6, 8e-4).furnace(level=0.8), plan_readings(6, 8e-4).interval(level=0.8)
    assert found.estimate == pytest.approx(study.ACTUAL)
    assert CARBON_IN_AUSTENITE.at(found.low) == pytest.approx(D.low, rel=1e-9)
    assert CARBON_IN_AUSTENITE.at(found.high) == pytest.approx(D.high, rel=1e-9)
    assert found.level == 0.8


@pytest.mark.parametrize(("n", "deepest", "unknown"), [(3, 1e-3, ("D",)), (6, 6e-4, ("D", "cs"))])
def test_least_squares_rules_the_thermometer_out_as_often_as_the_plan_says(
    n: int, deepest: float, unknown: tuple[str, ...]
) -> None:
    plan, rng, draws = plan_readings(n, deepest, unknown), np.random.default_rng(1), 120
    known = KNOWN if "cs" in unknown else KNOWN | {"cs": study.TRUTH.cs}
    ruled_out = 0
    for _ in range(draws):
        readings = read_depths(study.TRUTH, plan.x, T_END, noise=study.NOISE, rng=rng)
        ruled_out += fit_diffusion(readings, **known).interval().excludes(study.ASSUMED.D)
    low, high = binom.interval(0.999, draws, plan.power(study.ASSUMED.D))
    assert 0.2 < plan.power(study.ASSUMED.D) < 0.9, "neither sure nor hopeless"
    assert low <= ruled_out <= high


def test_a_true_claim_is_ruled_out_as_seldom_as_the_level_says() -> None:
    plan = plan_readings(10, 1.2e-3)
    assert plan.power(study.TRUTH.D) == pytest.approx(0.05, rel=1e-9)
    assert plan.power(study.TRUTH.D, level=0.8) == pytest.approx(0.2, rel=1e-9)
    assert plan.power(2 * study.TRUTH.D) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"x": np.array([1e-4])}, "2"),
        ({"x": np.array([2e-4, 1e-4])}, "x"),
        ({"noise": 0.0}, "noise"),
        ({"unknown": ("cs", "D")}, "expected D to be the first"),
    ],
)
def test_what_is_no_plan_is_refused(change: dict[str, object], reason: str) -> None:
    good = {"steel": study.TRUTH, "x": np.array([1e-4, 5e-4]), "t": T_END, "noise": 0.02}
    with pytest.raises(ValueError, match=reason):
        DepthPlan(**{**good, "unknown": ("D", "cs"), **change})  # type: ignore[arg-type]
