"""The replicate floor: by hand, by simulation, and on the measured gaps."""

import numpy as np
import pytest

from matinf import metrics
from matinf.datasets import load_experimental_gaps
from matinf.metrics import replicate_floor


def test_floor_by_hand() -> None:
    formulas = ["A", "A", "B", "B", "B", "C"]
    values = [1.0, 2.0, 3.0, 3.0, 6.0, 9.0]
    floor = replicate_floor(formulas, values, rng=np.random.default_rng(0))
    # A: each from the other; B: 3 against 4.5 twice, 6 against 3; C has no other.
    np.testing.assert_allclose(floor.errors, [-1.0, 1.0, -1.5, -1.5, 3.0])
    assert list(floor.formulas) == ["A", "A", "B", "B", "B"]
    assert floor.mean_absolute_error.estimate == pytest.approx(8 / 5)
    assert (floor.n_compositions, floor.n_measurements) == (2, 5)


def test_floor_of_normal_noise_is_the_closed_form() -> None:
    # With n replicates of noise s, a leave-one-out error is normal with variance s² n / (n - 1).
    rng, s, n = np.random.default_rng(1), 0.1, 3
    formulas = np.repeat(np.arange(4000), n)
    values = rng.uniform(0, 5, 4000)[formulas] + rng.normal(0, s, formulas.size)
    floor = replicate_floor(formulas, values, rng=rng, n_resamples=500)
    expected = s * np.sqrt(n / (n - 1)) * np.sqrt(2 / np.pi)
    assert floor.mean_absolute_error.estimate == pytest.approx(expected, rel=0.02)
    assert not floor.mean_absolute_error.excludes(expected)


def test_floor_interval_resamples_compositions() -> None:
    # Twenty copies of each measurement's pair add no knowledge: the interval must not shrink.
    rng = np.random.default_rng(2)
    values = rng.normal(size=(60, 2))
    once = replicate_floor(np.repeat(np.arange(60), 2), values.ravel(), rng=rng)
    copies = np.tile(values, 20)
    often = replicate_floor(np.repeat(np.arange(60), 40), copies.ravel(), rng=rng)
    relative = [f.mean_absolute_error.width / f.mean_absolute_error.estimate for f in (once, often)]
    assert relative[1] == pytest.approx(relative[0], rel=0.2)


def test_floor_interval_takes_its_level() -> None:
    rng = np.random.default_rng(3)
    formulas, values = np.repeat(np.arange(60), 2), rng.normal(size=120)
    wide, narrow = (
        replicate_floor(formulas, values, rng=np.random.default_rng(4), level=level)
        for level in (0.95, 0.5)
    )
    assert narrow.mean_absolute_error.level == 0.5
    assert narrow.mean_absolute_error.width < 0.5 * wide.mean_absolute_error.width


def test_identical_replicates_have_no_floor() -> None:
    floor = replicate_floor(["A", "A", "B", "B"], [1.0, 1.0, 2.0, 2.0], rng=np.random.default_rng())
    assert floor.mean_absolute_error.estimate == 0.0
    assert floor.mean_absolute_error.width == 0.0


def test_floor_needs_replicates_of_two_compositions() -> None:
    with pytest.raises(ValueError, match="two compositions"):
        replicate_floor(["A", "A", "B"], [1.0, 2.0, 3.0], rng=np.random.default_rng(0))


def test_floor_of_the_measured_gaps_is_about_an_eighth_of_an_electronvolt() -> None:
    gaps = load_experimental_gaps()
    floor = replicate_floor(gaps["formula"], gaps["gap"], rng=np.random.default_rng(0))
    assert floor.mean_absolute_error.estimate == pytest.approx(0.12, abs=0.005)
    assert floor.mean_absolute_error.width < 0.03
    assert floor.n_compositions > 400


def test_everything_promised_is_there() -> None:
    missing = [name for name in metrics.__all__ if not hasattr(metrics, name)]
    assert not missing
