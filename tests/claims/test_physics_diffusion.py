"""What the page on diffusion says, held to the stored studies and to closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, spearmanr

from matinf.physics import diffusion_study as study
from matinf.physics.diffusion import agren_diffusivity
from matinf.physics.diffusion_fit import cramer_rao_bound, fit_diffusion, sensitivities
from matinf.physics.diffusion_inverse import learn_diffusion
from matinf.physics.diffusion_pinn import solve_diffusion
from matinf.physics.diffusion_results import Draws, load_coverage, load_surface, temperature_of
from matinf.studies import load_study

T_END = study.HOURS * study.HOUR


@pytest.fixture(scope="module")
def found() -> Draws:
    return load_coverage()


@pytest.fixture(scope="module")
def errors() -> pd.DataFrame:
    """Least and greatest error of each way in each window."""
    return load_study("diffusion-windows").groupby(["way", "window"])["error"].agg(["min", "max"])


# -- what it costs -----------------------------------------------------------------------------


def test_a_grid_is_as_good_in_a_fiftieth_of_the_time() -> None:
    table = load_study("diffusion-cost")
    grids = table[table["way"] == "classical"]
    for row in table[(table["way"] == "physics") & (table["size"] >= 10)].itertuples():
        as_good = grids[grids["error"] <= row.error]
        assert as_good["seconds"].min() < row.seconds / 50


def test_networks_err_by_less_than_a_thousandth() -> None:
    table = load_study("diffusion-cost")
    assert table[(table["way"] == "physics") & (table["size"] >= 20)]["error"].max() < 1e-3


# -- D and its interval ------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_hold_what_they_state(found: Draws, level: float) -> None:
    for way in ("physics", "classical"):
        share = found.covered(way, level)
        assert abs(share.estimate - level) < 0.045
        if way == "physics":
            assert not share.excludes(level)


def test_the_network_is_behind_least_squares_by_its_lost_draws_alone(found: Draws) -> None:
    lost = found.lost("physics")
    assert 0 < lost.sum() < 0.05 * found.n_draws
    far = np.abs(found.errors("physics") - found.errors("classical")) > 0.1 * found.bound
    np.testing.assert_array_equal(lost, far)  # no draw is lost that does not say so
    std = found.of("physics")["std"].to_numpy()
    assert std[lost].min() > 1.5 * np.median(std) > 1.25 * std[~lost].max()
    assert not found.lost("classical").any()
    rms = {way: found.spread(way).estimate for way in ("physics", "classical")}
    assert 1.02 < rms["physics"] / rms["classical"] < 1.2
    others = found.without(lost)
    rms = {way: others.spread(way).estimate for way in ("physics", "classical")}
    assert rms["physics"] / rms["classical"] == pytest.approx(1, abs=0.01)
    apart = np.abs(others.errors("physics") - others.errors("classical"))
    assert np.median(apart) < 0.01 * found.bound


def test_least_squares_is_near_the_bound(found: Draws) -> None:
    spread = found.spread("classical")
    assert spread.low < 1.1 * found.bound
    assert spread.estimate > 0.9 * found.bound


def test_least_squares_falls_short_by_the_stored_noise_alone(found: Draws) -> None:
    assert found.covered("classical", 0.95).excludes(0.95)
    known = {"c0": study.TRUTH.c0, "cs": study.TRUTH.cs, "thickness": study.TRUTH.thickness}
    fresh = [np.random.default_rng([7, number]) for number in range(200)]
    fits = [fit_diffusion(study.case_readings(rng=rng), **known).interval() for rng in fresh]
    held = np.mean([fit.low <= study.TRUTH.D <= fit.high for fit in fits])
    assert 0.93 < held < 0.98
    wider = found.of("physics")["std"].to_numpy() / found.of("classical")["std"].to_numpy()
    assert 1.05 < np.median(wider) < 1.15


def test_a_start_solved_to_the_end_loses_none(found: Draws) -> None:
    net = solve_diffusion(
        study.ASSUMED, t_end=T_END, rng=np.random.default_rng(2026), config=study.TIGHT
    )
    known = {"c0": study.TRUTH.c0, "cs": study.TRUTH.cs, "thickness": study.TRUTH.thickness}
    settings = {"D_guess": study.ASSUMED.D, "start": net, "config": study.SETTINGS}
    for number in np.flatnonzero(found.lost("physics"))[::4]:
        readings = study.case_readings(rng=np.random.default_rng([2026, number]).spawn(2)[0])
        again = learn_diffusion(readings, rng=np.random.default_rng(0), **known, **settings)
        fit = found.of("classical").iloc[number]
        assert pytest.approx(fit["D"], rel=2e-3) == again.steel.D
        assert again.std["D"] < 1.3 * fit["std"]


def test_the_case_tells_the_temperature_to_a_few_degrees(found: Draws) -> None:
    off = np.array([temperature_of(D) for D in found.of("physics")["D"]]) - study.ACTUAL
    assert np.sqrt(np.mean(off**2)) < 5
    assert abs(off.mean()) < 1


# -- a surface that nobody has measured --------------------------------------------------------


def test_a_constant_surface_is_precisely_wrong() -> None:
    slow = load_surface()
    off, stated = slow.errors("constant"), slow.of("constant")["std"] / slow.of("constant")["D"]
    assert off.max() < -0.3
    assert stated.max() < 0.06
    for part in range(3):
        rng = np.random.default_rng([2026, part]).spawn(2)[0]
        fit = fit_diffusion(study.slow_readings(rng=rng), c0=study.TRUTH.c0)
        assert fit.p_value() < 1e-6


def test_the_network_needs_no_surface_and_is_level_with_pieces() -> None:
    slow = load_surface()
    net, pieces = slow.spread("physics"), slow.spread("pieces")
    assert net.high < 0.08
    assert net.low < pieces.high
    assert pieces.low < net.high
    stated = {
        way: (slow.of(way)["std"] / slow.of(way)["D"]).median() for way in ("physics", "pieces")
    }
    assert stated["physics"] > net.high
    assert pieces.low < stated["pieces"] < pieces.high
    late = slow.of("physics")["surface_8"] - study.SLOW_SURFACE.at_surface(8 * study.HOUR)
    assert np.sqrt(np.mean(late**2)) < 0.05


def test_a_grid_inside_least_squares_does_as_well_and_states_its_error_better() -> None:
    slow = load_surface()
    grid, net, pieces = (slow.spread(w) for w in ("grid", "physics", "pieces"))
    assert abs(grid.estimate - pieces.estimate) < 0.005
    assert grid.estimate < net.high
    stated = {w: (slow.of(w)["std"] / slow.of(w)["D"]).median() for w in ("grid", "physics")}
    assert grid.low < stated["grid"] < grid.high
    assert stated["physics"] - net.estimate > 2 * abs(stated["grid"] - grid.estimate)


def test_a_wrong_law_is_read_as_a_hot_furnace_and_only_residuals_tell() -> None:
    read, residuals = study.read_as_constant(study.BELIEVED, rng=np.random.default_rng(5))
    assert 1000 < read.mean() < 1025
    assert read.std() < 8
    assert 2 < residuals.mean() < 4
    start = float(agren_diffusivity(np.array([study.TRUTH.c0]), temperature=study.BELIEVED)[0])
    assert study.BELIEVED + 10 < temperature_of(start) < read.mean() - 50
    _, many = study.read_as_constant(study.BELIEVED, n_draws=200, rng=np.random.default_rng(6))
    assert 0.35 < np.mean(chi2.sf(9 * many, 9) < 0.01) < 0.8, "residuals do not always tell"
    right = study.case_readings(rng=np.random.default_rng(5))
    fit = fit_diffusion(right, c0=0.2, cs=1.1, thickness=2e-3)
    assert fit.chi_squared / fit.degrees_of_freedom < residuals.mean()


# -- failures ----------------------------------------------------------------------------------


def test_sharp_fronts_need_the_corner(errors: pd.DataFrame) -> None:
    for window in study.WINDOWS[:-1]:
        assert errors.loc[("plain", window), "min"] > 3 * errors.loc[("corner", window), "max"]
    assert errors.loc[("plain", 0.01), "min"] > 0.2
    assert errors.loc[("corner", 0.01), "max"] < 1e-3


def test_long_windows_need_a_logarithm(errors: pd.DataFrame) -> None:
    for window in (10.0, 30.0):
        assert errors.loc[("corner", window), "min"] > 1.5 * errors.loc[("late", window), "max"]
    assert errors.loc[("corner", 30.0), "min"] > 0.01
    assert errors.loc[("corner", 1.0), "max"] < 1e-3


def test_raw_units_give_the_least_loss_and_the_greatest_error(errors: pd.DataFrame) -> None:
    table = load_study("diffusion-windows")
    losses = table[table["way"] != "classical"].groupby("way")["loss"]
    assert losses.max()["raw"] < 1e-15 < losses.min().drop("raw").min()
    steel = study.ASSUMED  # and so it would be with the law counted as in the other losses
    unit = (steel.D / steel.thickness**2) ** 2
    assert losses.max()["raw"] / unit < losses.min().drop("raw").min() / 5
    assert errors.loc[("raw", 0.06), "min"] > 2


def test_in_one_unit_the_loss_ranks_the_errors_and_across_units_it_does_not() -> None:
    runs = load_study("diffusion-windows").query("way != 'classical'")
    same = runs[runs["way"] != "raw"]
    assert len(same) == 63
    assert spearmanr(same["loss"], same["error"]).statistic > 0.85
    assert spearmanr(runs["loss"], runs["error"]).statistic < 0.2


def test_raw_units_say_the_surface_everywhere_from_the_first_minute() -> None:
    config = replace(study.FORWARD, coordinates="raw")
    field = solve_diffusion(study.ASSUMED, t_end=T_END, rng=np.random.default_rng(0), config=config)
    depths = np.linspace(0, float(study.ASSUMED.thickness), 3)
    np.testing.assert_allclose(field.concentration(depths, 0.0), study.ASSUMED.c0, atol=1e-3)
    np.testing.assert_allclose(field.concentration(depths, 60.0), study.ASSUMED.cs, atol=1e-3)


# -- exercises ---------------------------------------------------------------------------------


def test_a_reading_tells_most_at_the_root_of_two_dt() -> None:
    x, scale = np.linspace(1e-5, 2e-3, 2000), np.sqrt(study.ASSUMED.D * T_END)
    J = sensitivities(study.ASSUMED, x, np.full(x.size, T_END))[:, 0]
    best = x[np.argmax(J)]
    assert best / scale == pytest.approx(2**0.5, rel=0.01)
    three, spread = np.full(3, best), np.linspace(0.2, 3, 3) * scale
    here, there = (
        cramer_rao_bound(study.ASSUMED, where, T_END, noise=0.02)["D"] for where in (three, spread)
    )
    assert here < 0.9 * there
