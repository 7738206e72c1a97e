"""The stored studies of diffusion: parts of them computed again, and how they are read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.physics import diffusion_study as study
from matinf.physics.diffusion import CARBON_IN_AUSTENITE
from matinf.physics.diffusion_results import Draws, load_coverage, load_surface, temperature_of
from matinf.studies import load_study


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
