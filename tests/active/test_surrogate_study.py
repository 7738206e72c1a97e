"""The study of kernels on molecules: recomputed in part, and its repairs by hand."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.active.surrogate_study import STUDIES, Trial, lumo_task, scores, trial
from matinf.datasets import load_qm9_sample
from recompute import assert_recomputed


@pytest.fixture(scope="module")
def one() -> Trial:
    order = np.random.default_rng(1).permutation(10_000)
    return trial("tanimoto", order[:80], order[80:580])


@pytest.mark.parametrize("number", [3, 31])
def test_a_part_is_what_is_stored(number: int) -> None:
    assert_recomputed(STUDIES[1], number, rtol=1e-4)  # an optimiser stops where rounding lets it


def test_a_part_of_the_rivals_is_what_is_stored() -> None:
    assert_recomputed(STUDIES[0], 7, rtol=1e-3)


def test_energies_are_in_electronvolts() -> None:
    pool, energies = lumo_task()
    hartree = load_qm9_sample()["lumo"].to_numpy()
    np.testing.assert_allclose(energies, 27.211386 * hartree, rtol=1e-6)
    assert len(pool) == len(energies)
    assert not energies.flags.writeable


def test_a_trial_keeps_training_and_test_apart(one: Trial) -> None:
    _, energies = lumo_task()
    order = np.random.default_rng(1).permutation(10_000)
    np.testing.assert_array_equal(one.y, energies[order[80:580]])
    np.testing.assert_array_equal(one.posterior.y, energies[order[:80]])
    fitted = one.posterior.fitted().predict_measurement(one.posterior.pool.X[order[80:580]])
    np.testing.assert_allclose(one.stated.mean, fitted.mean, atol=1e-6)
    np.testing.assert_allclose(one.stated.std, fitted.std, atol=1e-6)


def test_the_factor_makes_left_out_errors_as_large_as_stated(one: Trial) -> None:
    z = (one.posterior.y - one.left_out.mean) / one.left_out.std
    assert np.mean((z / one.factor) ** 2) == pytest.approx(1.0)
    np.testing.assert_allclose(one.mended.std, one.factor * one.stated.std)
    np.testing.assert_array_equal(one.mended.mean, one.stated.mean)


def test_quantiles_cover_the_left_out_molecules_as_promised(one: Trial) -> None:
    itself = Trial(
        posterior=one.posterior, y=one.posterior.y, stated=one.left_out, left_out=one.left_out
    )
    levels = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(itself.coverage_by_quantiles(levels), levels, atol=1 / 80)


def test_scores_are_those_of_the_trial(one: Trial) -> None:
    found, error = scores(one), one.y - one.stated.mean
    assert found["mae"] == pytest.approx(np.abs(error).mean())
    assert found["r2"] == pytest.approx(1 - error @ error / np.sum((one.y - one.y.mean()) ** 2))
    half = np.abs(error) <= 0.6744898 * one.stated.std
    assert found["coverage_50_stated"] == pytest.approx(half.mean())
    assert found["factor"] == one.factor
