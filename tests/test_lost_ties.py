"""The error with lost ties put back, held to tables of which the ties are known."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.lost_ties import error_with_ties
from matinf.metrics import replicate_floor

SPREADS = {
    "Laplace": lambda rng, size: rng.laplace(size=size) / np.sqrt(2),
    "normal": lambda rng, size: rng.normal(size=size),
    "Student, 3 degrees of freedom": lambda rng, size: rng.standard_t(3, size) / np.sqrt(3),
}


def error(formulas: np.ndarray, values: np.ndarray) -> float:
    """The replicate error of a table as it stands."""
    floor = replicate_floor(formulas, values, rng=np.random.default_rng(0), n_resamples=50)
    return floor.mean_absolute_error.estimate


@pytest.mark.parametrize("spread", SPREADS)
def test_the_error_of_the_whole_table_is_found_from_its_distinct_values(spread: str) -> None:
    whole, distinct, found = [], [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        reports = np.maximum(rng.poisson(rng.gamma(0.5, 2.0, 600)), 1)
        formulas = np.repeat(np.arange(600), reports)
        noise = 0.12 * np.exp(0.8 * rng.normal(size=600))[formulas]  # another for each
        values = rng.uniform(0.5, 5, 600)[formulas] + noise * SPREADS[spread](rng, formulas.size)
        step = rng.choice([0.1, 0.01, 0.001], p=[0.25, 0.65, 0.1], size=formulas.size)
        values = np.round(np.round(values / step) * step, 3)
        whole.append(error(formulas, values))
        kept = np.unique(np.stack([formulas, values], axis=1), axis=0).T
        distinct.append(error(*kept))
        found.append(error_with_ties(*kept))
    off = np.mean(found) / np.mean(whole) - 1
    assert np.mean(distinct) > 1.03 * np.mean(whole)
    assert abs(off) < 0.025
    assert abs(off) < 0.5 * (np.mean(distinct) / np.mean(whole) - 1)


def test_where_values_are_too_fine_to_agree_nothing_is_put_back() -> None:
    rng = np.random.default_rng(1)
    formulas = np.repeat(np.arange(40), 3)
    values = rng.normal(size=40)[formulas] + 0.2 * rng.normal(size=120)
    found = error_with_ties(formulas, values, steps=(1e-9,))
    assert found == pytest.approx(error(formulas, values), rel=1e-4)


def test_equal_values_of_a_composition_count_once_in_any_order() -> None:
    formulas = np.array(["A", "A", "B", "B", "C"])
    values = np.array([1.0, 1.2, 2.0, 2.1, 3.0])
    found = error_with_ties(formulas, values)
    again = [4, 0, 3, 0, 1, 2]
    assert error_with_ties(formulas[again], values[again]) == pytest.approx(found, rel=1e-9)


def test_a_table_without_replicates_is_refused() -> None:
    with pytest.raises(ValueError, match="composition with two values"):
        error_with_ties(["A", "B"], [1.0, 2.0])


def test_a_unit_in_which_values_lie_too_far_apart_is_refused() -> None:
    with pytest.raises(ValueError, match="found 1200 and 3400: give all values"):
        error_with_ties(["A", "A", "B"], [1200.0, 3400.0, 2000.0])
