"""The study beyond the readings: one change at a time, the same noise for all, read rightly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.physics import extrapolation_study as study
from matinf.physics.extrapolation import law_beliefs
from matinf.physics.extrapolation_results import Beyond, load_beyond
from matinf.physics.scenario import BODY, early_readings


@pytest.mark.parametrize("name", list(study.SETTINGS))
def test_each_setting_changes_one_thing(name: str) -> None:
    base, setting = study.SETTINGS["as on the page"], study.SETTINGS[name]
    parts = ("n_readings", "until", "resampled")
    changed = [part for part in parts if getattr(setting, part) != getattr(base, part)]
    parts = ("shape", "weight_decay", "optimiser")
    changed += [p for p in parts if getattr(setting.config, p) != getattr(base.config, p)]
    assert len(changed) == (name != "as on the page")


def test_settings_that_measure_alike_share_their_readings() -> None:
    base, other = (study.drawn(study.SETTINGS[name], 2) for name in ("as on the page", "Adam"))
    np.testing.assert_array_equal(base.T, other.T)
    assert not np.array_equal(base.T, study.drawn(study.SETTINGS["Adam"], 3).T)
    later = study.drawn(study.SETTINGS["until 600 s"], 2)
    assert (len(later), later.t[-1]) == (15, 600.0)
    np.testing.assert_allclose(base.t, early_readings(rng=np.random.default_rng(0)).t)


def test_who_does_not_know_the_room_is_less_sure_of_the_end() -> None:
    both = law_beliefs(early_readings(rng=np.random.default_rng(1)), study.TIMES, T_env=BODY.T_env)
    assert both["law, room unknown"].std[-1] > 5 * both["law"].std[-1]


def test_the_stored_study_is_whole() -> None:
    table = load_beyond().table
    counts = table.groupby("setting")["repeat"].nunique()
    assert set(counts.index) == {*study.SETTINGS, "law", "law, room unknown"}
    assert (counts == study.N_REPEATS).all()
    assert table.notna().all(axis=None)
    assert (table.filter(like="std_") >= 0).all(axis=None)


def test_errors_spreads_and_hits_are_read_by_setting_and_time() -> None:
    truth = BODY.temperature(study.TIMES)
    rows = [
        {"setting": name, "repeat": k}
        | {f"mean_{t:.0f}": T + off + k for t, T in zip(study.TIMES, truth, strict=True)}
        | {f"std_{t:.0f}": 0.5 for t in study.TIMES}
        for name, off in (("a", -1.0), ("b", 5.0))
        for k in (1, 0, 2)
    ]
    found = Beyond(table=pd.DataFrame(rows))
    np.testing.assert_allclose(found.errors("a")[:, 0], [-1, 0, 1], atol=1e-12)
    assert found.size("a", t=600.0).estimate == pytest.approx(2 / 3)
    assert found.spread("b", t=600.0).estimate == 0.5
    assert [found.holds("a", t=600.0, factor=f) for f in (1.0, 2.1)] == [1, 3]
    assert found.holds("b", t=600.0) == 0
