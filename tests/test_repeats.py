"""Intervals over repeats that share their data are their closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from matinf.repeats import corrected_interval


def test_corrected_interval_is_its_formula() -> None:
    values = [0.4, 0.5, 0.45, 0.55]
    found = corrected_interval(values, test_share=0.2)
    half = stats.t.ppf(0.975, 3) * np.std(values, ddof=1) * np.sqrt(1 / 4 + 0.2 / 0.8)
    assert found.estimate == pytest.approx(0.475)
    assert found.high - found.estimate == pytest.approx(half)


def test_corrected_interval_does_not_vanish_with_repeats() -> None:
    many = np.random.default_rng(0).normal(1.0, 0.1, 10_000)
    assert corrected_interval(many, test_share=0.2).width == pytest.approx(
        2 * 1.96 * 0.1 * np.sqrt(0.25), rel=0.03
    )


def test_corrected_interval_asks_for_a_share() -> None:
    with pytest.raises(ValueError, match="test_share"):
        corrected_interval([1.0, 2.0], test_share=20)
