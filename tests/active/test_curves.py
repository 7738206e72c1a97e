"""Beliefs on a line: against GPflow, against their own draws, and the alloys' table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matinf.active.curves import CurveProcess, alloy_series, landscape
from matinf.active.hyperparameters import Hyperparameters, log_marginal_likelihood
from matinf.active.pairs import KERNELS, Pool
from matinf.active.surrogate import Surrogate

X = np.array([0.1, 0.3, 0.35, 0.8])
Y = np.array([1.2, 1.9, 2.0, 2.2])
PROCESS = CurveProcess(
    hyperparameters=Hyperparameters(kernel="matern52", lengthscale=0.4, noise_std=0.1),
    mean=2.0,
    scale=0.5,
)


def test_the_posterior_is_gpflows() -> None:
    fitted = Surrogate(kernel="matern52").fit(
        X[:, None], Y, optimise=False, start=PROCESS.hyperparameters
    )
    ours = CurveProcess(
        hyperparameters=PROCESS.hyperparameters, mean=fitted.target_mean, scale=fitted.target_std
    )
    places = np.linspace(0, 1, 21)
    found, expected = ours.posterior(places, X, Y), fitted.predict(places[:, None])
    np.testing.assert_allclose(found.mean, expected.mean, atol=1e-10)
    np.testing.assert_allclose(found.std, expected.std, atol=1e-8)
    noisy = fitted.predict_measurement(places[:, None]).std
    np.testing.assert_allclose(np.hypot(found.std, ours.noise_std), noisy, atol=1e-8)


def test_the_prior_is_the_same_everywhere() -> None:
    prior = PROCESS.prior(np.linspace(0, 1, 11))
    np.testing.assert_allclose(prior.mean, 2.0)
    np.testing.assert_allclose(prior.std, 0.5)


def test_without_measurements_the_posterior_is_the_prior() -> None:
    found, prior = PROCESS.posterior(X, [], []), PROCESS.prior(X)
    np.testing.assert_allclose(found.mean, prior.mean)
    np.testing.assert_allclose(found.covariance, prior.covariance)


def test_the_uncertainty_does_not_look_at_values() -> None:
    places = np.linspace(0, 1, 11)
    np.testing.assert_array_equal(
        PROCESS.posterior(places, X, Y).std, PROCESS.posterior(places, X, 10 * Y).std
    )


def test_drawn_curves_have_the_belief_as_their_distribution() -> None:
    belief = PROCESS.posterior(np.array([0.0, 0.3, 0.6, 1.0]), X, Y)
    drawn = belief.draws(40_000, rng=np.random.default_rng(1))
    np.testing.assert_array_less(np.abs(drawn.mean(axis=0) - belief.mean), 0.03 * belief.std)
    scale = np.outer(belief.std, belief.std)
    np.testing.assert_array_less(np.abs(np.cov(drawn.T) - belief.covariance), 0.04 * scale)


@pytest.mark.parametrize("kernel", [name for name in KERNELS if name != "tanimoto"])
def test_curves_of_every_kernel_can_be_drawn_finely(kernel: str) -> None:
    used = Hyperparameters(kernel=kernel, lengthscale=1.0)  # type: ignore[arg-type]
    prior = CurveProcess(hyperparameters=used).prior(np.linspace(0, 1, 300))
    assert np.isfinite(prior.draws(2, rng=np.random.default_rng(1))).all()


def test_a_landscape_is_the_best_evidence_over_the_prior_variance() -> None:
    start = PROCESS.hyperparameters
    found = landscape(
        X, Y, start, lengthscales=np.array([0.1, 0.5]), noise_stds=np.array([0.05, 0.3, 1.0])
    )
    assert found.values.shape == (3, 2)
    z, pairs = (Y - Y.mean()) / Y.std(), Pool(X[:, None]).pairs(np.arange(4), kernel="matern52")
    for row, noise in enumerate(found.noise_stds):
        for column, lengthscale in enumerate(found.lengthscales):
            used = replace(start, lengthscale=float(lengthscale), noise_std=float(noise))
            values = [
                log_marginal_likelihood(z, pairs, replace(used, variance=variance))[0]
                for variance in np.geomspace(0.01, 100, 401)
            ]
            assert found.values[row, column] == pytest.approx(max(values), abs=5e-3)
    noise, lengthscale = np.unravel_index(found.values.argmax(), (3, 2))
    assert found.best == (found.lengthscales[lengthscale], found.noise_stds[noise])


def test_an_alloy_series_holds_true_alloys_alone() -> None:
    found = alloy_series("Ga", "As", "P")
    assert found["formula"].str.fullmatch(r"GaAs[\d.]+P[\d.]+").all()
    assert found["x"].is_monotonic_increasing
    assert found["x"].between(0, 1, inclusive="neither").all()
    assert found.set_index("formula").loc["GaAs0.3P0.7", "x"] == pytest.approx(0.7)
    other = alloy_series("Ga", "P", "As")
    np.testing.assert_allclose(np.sort(1 - other["x"]), found["x"])


def test_the_evidence_of_a_process_is_the_joint_density_of_its_measurements() -> None:
    from scipy.stats import multivariate_normal

    C = PROCESS.covariance(X, X) + PROCESS.noise_std**2 * np.eye(len(X))
    joint = multivariate_normal(np.full(len(X), PROCESS.mean), C).logpdf(Y)
    # Standardised, the density is per unit of the scale.
    expected = joint + len(X) * np.log(PROCESS.scale)
    assert PROCESS.log_evidence(X, Y) == pytest.approx(expected, abs=1e-9)
