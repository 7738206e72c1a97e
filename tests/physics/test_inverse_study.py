"""The study of a learned rate: a part computed again, and how it is judged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.physics.cooling_fit import cramer_rao_bound
from matinf.physics.inverse_study import (
    METHODS,
    N_DRAWS,
    SLACKS,
    RateStudy,
    load_rate_study,
    share_interval,
)
from matinf.physics.scenario import BODY, LAST_READING


def test_the_stored_study_is_whole() -> None:
    study = load_rate_study()
    for method in METHODS:
        rows = study.rows(method)
        assert rows["draw"].is_unique
        every = 1 if method in {"least squares", "network"} else 2
        assert rows["draw"].tolist() == list(range(0, N_DRAWS, every))
        assert (rows["low_0.95"] <= rows["low_0.8"]).all()
        assert (rows["low_0.8"] <= rows["r"]).all()
        assert (rows["r"] <= rows["high_0.8"]).all()
        assert (rows["high_0.8"] <= rows["high_0.95"]).all()
    for slack in SLACKS:
        assert len(study.rows("loose", slack=slack)) == N_DRAWS // 2
    with pytest.raises(ValueError, match="not in the study"):
        study.rows("loose", slack=7.0)
    with pytest.raises(ValueError, match="oracle"):
        study.rows("oracle")


def test_the_error_over_draws_is_that_of_the_bound_and_intervals_cover() -> None:
    study, t = load_rate_study(), np.linspace(0, LAST_READING, 15)
    bound = cramer_rao_bound(BODY, t, noise=0.3, unknown=("r", "T0"))["r"]
    for method in ("least squares", "network"):
        errors = study.errors(method)
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(bound, rel=0.15)  # three times 5%
        for level, off in ((0.8, 0.085), (0.95, 0.046)):  # three binomial standard deviations
            inside = study.is_inside(method, level=level)
            assert inside.mean() == pytest.approx(level, abs=off)


@pytest.fixture
def small() -> RateStudy:
    rows = [
        {"draw": draw, "method": method, "slack": np.nan, "r": 2 + scale * error,
         "low_0.95": 2 + scale * error - 1.5, "high_0.95": 2 + scale * error + 1.5}
        for draw, error in ((1, 2.0), (0, -1.0), (3, 1.0), (2, -2.0))
        for method, scale in (("network", 1.0), ("least squares", 0.5))
    ]  # fmt: skip
    return RateStudy(table=pd.DataFrame(rows), truth=2.0)


def test_errors_are_by_draw_and_coverage_counts_them(small: RateStudy) -> None:
    assert small.errors("network").tolist() == [-1, 2, -2, 1]
    assert small.is_inside("network", level=0.95).tolist() == [True, False, False, True]
    assert small.coverage("network", level=0.95).estimate == 0.5
    assert small.coverage("least squares", level=0.95).estimate == 1
    rng = np.random.default_rng(0)
    found = small.root_mean_square("network", rng=rng)
    assert found.estimate == pytest.approx(np.sqrt(2.5))
    assert found.low < found.estimate < found.high


def test_a_loss_is_paired_by_draw(small: RateStudy) -> None:
    found = small.loss("network", "least squares", rng=np.random.default_rng(0))
    assert found.estimate == pytest.approx(2)
    assert (found.low, found.high) == pytest.approx((2, 2))  # twice the error in every draw


def test_wilson_is_sound_at_the_ends() -> None:
    none, half, every = (share_interval([True] * k + [False] * (50 - k)) for k in (0, 25, 50))
    assert none.low == pytest.approx(0, abs=1e-12)
    assert none.high == pytest.approx(1.96**2 / (50 + 1.96**2), rel=1e-3)  # its closed form
    assert (every.low, every.high) == pytest.approx((1 - none.high, 1))
    assert half.estimate == 0.5
    assert half.width == pytest.approx(0.267, abs=0.001)
    with pytest.raises(ValueError, match="one case"):
        share_interval([])


def test_wilson_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    hits = [
        not share_interval(rng.random(60) < 0.9).excludes(0.9) for _ in range(1000)
    ]  # the binomial distribution has steps, so 95% is met only nearly
    assert np.mean(hits) == pytest.approx(0.95, abs=0.03)
