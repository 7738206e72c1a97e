"""The stored campaigns: one of them is run again, and reading them is held to small examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.active.campaign_results import (
    median_curves,
    median_interval,
    read_campaigns,
    stopping_curve,
)
from matinf.active.campaign_study import N_SEEDS
from matinf.studies import load_study


def test_every_strategy_began_where_the_others_began() -> None:
    study = read_campaigns(load_study("campaigns"))
    starts = [runs.found == 0 for runs in study.values()]
    assert all(np.array_equal(start, starts[0]) for start in starts)
    assert {len(runs.found) for runs in study.values()} == {N_SEEDS}


def _table() -> pd.DataFrame:
    """Two campaigns of ten and ten others; the first finds ranks 1 and 2 at steps 3 and 0."""
    found = [[3, 0, *[-1] * 98], [5, 100, *[7] * 98]]
    return pd.DataFrame(
        {
            "strategy": "exploit",
            "seed": [1, 0],
            "r2_rest": [0.5, 0.25],
            "mae_rest": 0.1,
            "cpu_seconds": 1.0,
            "found": [" ".join(map(str, row)) for row in found],
            "best": ["0:0.05 3:0.09 50:0.1", "0:0.01 5:0.1"],
            "phases": ["0:initial 1:explore 6:exploit", "0:initial 1:exploit"],
            "r2_labelled": "0.5",
            "log_gain": [" ".join(["-100"] * 40 + ["-300"] * 60), " ".join(["-200"] * 100)],
        }
    )


def test_reading_a_campaign() -> None:
    runs = read_campaigns(_table())["exploit"]
    second, first = 0, 1  # sorted by seed
    assert runs.recall(2)[first, [0, 2, 3, 100]].tolist() == [0.5, 0.5, 1.0, 1.0]
    assert runs.recall(100)[second, [4, 5, 7, 100]].tolist() == [0.0, 0.01, 0.99, 1.0]
    assert runs.steps_to_hold(2, k=2).tolist() == [100.0, 3.0]
    assert runs.measurements_to_hold(1, k=2).tolist() == [100.0, 50.0]
    assert runs.measurements_to_hold(3, k=100).tolist() == [120.0, np.inf]
    assert runs.acceleration(0.5, k=100).tolist() == [5000 / 120, 0.0]
    np.testing.assert_allclose(runs.enhancement(k=2), 1 / 0.105)
    assert runs.switched.tolist() == [0, 6]
    assert runs.best[first, [0, 2, 3, 49, 50]].tolist() == [0.05, 0.05, 0.09, 0.09, 0.1]
    assert runs.stopped_at(tolerance=0.05).tolist() == [0.0, 40.0]
    assert runs.stopped_at(tolerance=0.0001).tolist() == [np.inf, np.inf]
    assert runs.idle_at(10).tolist() == [15.0, 13.0]
    assert runs.idle_at(60).tolist() == [65.0, np.inf]
    curve = stopping_curve(runs, {"idle 60": runs.idle_at(60)}, k=2)
    assert curve == [("idle 60", (700 + 1050) / 2, 0.75)]


def test_the_size_of_a_batch_stands_in_the_name() -> None:
    table = _table().assign(strategy="top_k 200", best="0:0.1", log_gain="none")
    runs = read_campaigns(table)["top_k 200"]
    assert runs.n_measured.tolist() == [50, 250, 450, 650, 850, 1050]
    noisy = read_campaigns(table.assign(strategy="exploit noise 0.02"))["exploit noise 0.02"]
    assert noisy.n_measured[-1] == 1050
    assert noisy.gain.shape == (2, 0)


def test_the_interval_of_a_median_keeps_its_level() -> None:
    rng = np.random.default_rng(3)
    draws = rng.exponential(size=(4000, 20))
    low, high = np.sort(draws, axis=1)[:, [5, 14]].T
    held = np.mean((low <= np.log(2)) & (np.log(2) <= high))
    assert 0.95 < held < 0.967
    interval = median_interval(draws[0])
    assert (interval.low, interval.high) == (low[0], high[0])
    assert interval.estimate == np.median(draws[0])


def test_never_is_a_value() -> None:
    values = [1.0, 2.0, 3.0, np.inf, np.inf, np.inf, np.inf]
    interval = median_interval(values)
    assert (interval.low, interval.estimate, interval.high) == (1.0, np.inf, np.inf)
    with pytest.raises(ValueError, match="5 are too few"):
        median_interval([1.0] * 5)
    with pytest.raises(ValueError, match="without NaN"):
        median_interval([np.nan] * 9)


def test_curves_of_medians() -> None:
    values = np.arange(20.0)[:, None] * [1.0, 2.0]
    median, low, high = median_curves(values)
    assert median.tolist() == [9.5, 19.0]
    assert low.tolist() == [5.0, 10.0]
    assert high.tolist() == [14.0, 28.0]
