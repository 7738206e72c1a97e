"""The stored studies of diffusion: parts of them computed again, and how they are read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.physics import diffusion_study as study
from matinf.physics.diffusion import CARBON_IN_AUSTENITE
from matinf.physics.diffusion_fit import fit_diffusion
from matinf.physics.diffusion_pinn import solve_diffusion
from matinf.physics.diffusion_results import Draws, load_coverage, load_surface, temperature_of
from matinf.physics.diffusion_surface import fit_history
from matinf.studies import load_study
from recompute import assert_recomputed

PLANS = {plan.name: plan for plan in study.STUDIES}


def test_a_draw_of_the_coverage_comes_out_as_stored() -> None:
    """To what training leaves open: a hundredth of the standard deviation of D."""
    assert_recomputed(PLANS["diffusion-coverage"], 3, rtol=5e-4)


def test_errors_of_the_grids_come_out_as_stored() -> None:
    assert_recomputed(PLANS["diffusion-cost"], 0, apart_from=["seconds"])


def test_the_rivals_under_an_unknown_surface_come_out_as_stored() -> None:
    stored = load_study("diffusion-surface").query("part == 5").set_index("way")
    readings = study.slow_readings(rng=np.random.default_rng([2026, 5]).spawn(2)[0])
    constant = fit_diffusion(readings, c0=study.TRUTH.c0)
    assert pytest.approx(stored.loc["constant", "D"], rel=1e-5) == constant.steel.D
    known = {"c0": study.TRUTH.c0, "knots": study.KNOTS, "D_guess": study.ASSUMED.D}
    pieces, std = fit_history(readings, **known)
    assert pytest.approx(stored.loc["pieces", "D"], rel=1e-4) == pieces.D
    assert std == pytest.approx(stored.loc["pieces", "std"], rel=1e-3)


@pytest.mark.parametrize("part", [0, 4])
def test_windows_in_metres_and_seconds_come_out_as_stored(part: int) -> None:
    stored = load_study("diffusion-windows").query(f"part == {part}").set_index("way")
    window = study.WINDOWS[part % len(study.WINDOWS)]
    t_end = window * float(study.ASSUMED.thickness) ** 2 / study.ASSUMED.D
    assert study.grid_error(200, t_end)[0] == pytest.approx(stored.loc["classical", "error"])
    seed = int(np.random.default_rng([2026, part]).integers(2**31))
    config = study.replace(study.FORWARD, coordinates="raw")
    raw = solve_diffusion(
        study.ASSUMED, t_end=t_end, rng=np.random.default_rng(seed), config=config
    )
    assert study.network_error(raw, t_end) == pytest.approx(stored.loc["raw", "error"], rel=1e-3)


def test_the_stored_studies_are_whole() -> None:
    assert load_coverage().n_draws == study.N_DRAWS
    assert load_surface().n_draws == study.N_SLOW
    cost, windows = load_study("diffusion-cost"), load_study("diffusion-windows")
    assert set(cost["size"]) == {*study.GRIDS, *study.STEPS}
    assert (windows.groupby(["way", "window"]).size() == 3).all()
    assert np.isfinite(cost["error"]).all()


def test_coverage_and_spread_are_counted() -> None:
    table = pd.DataFrame(
        {"part": range(4), "way": "physics", "D": [0.9, 1.1, 1.1, 0.9], "std": 0.1,
         "low_80": [0.8, 1.05, 0.9, 0.8], "high_80": [1.0, 1.2, 1.2, 1.0]}
    )  # fmt: skip
    found = Draws(table=table, D=1.0, bound=0.1)
    held = found.covered("physics", 0.8)
    assert held.estimate == 0.75
    assert 0.2 < held.low < 0.75 < held.high < 1
    assert found.spread("physics").estimate == pytest.approx(0.1)
    assert not found.lost("physics").any()
    table.loc[3, "std"] = 0.3
    np.testing.assert_array_equal(found.lost("physics"), [False, False, False, True])
    assert found.without(found.lost("physics")).n_draws == 3
    with pytest.raises(ValueError, match="way: expected one of physics, got 'other'"):
        found.errors("other")


def test_the_law_of_arrhenius_reads_backwards() -> None:
    for temperature in (850.0, 925.0, 1100.0):
        D = CARBON_IN_AUSTENITE.at(temperature)
        assert temperature_of(D) == pytest.approx(temperature)
    with pytest.raises(ValueError, match="D: expected above 0"):
        temperature_of(-1e-12)
