"""The Gaussian process against GPflow's own numbers and against conditioning by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from matinf.active.hyperparameters import (
    SMALLEST_NOISE,
    Hyperparameters,
    leave_one_out,
    log_marginal_likelihood,
    maximised,
)
from matinf.active.kernels import OfPairs, make_kernel
from matinf.active.pairs import KERNELS, KernelName, Matrix, Pool
from matinf.active.surrogate import FittedSurrogate, Surrogate, standardisation
from matinf.active.tensorflow import gpflow

Vector = NDArray[np.float64]


@pytest.fixture
def measured() -> tuple[Matrix, Vector]:
    """A smooth property of fingerprint-like features, in an unhandy unit."""
    rng = np.random.default_rng(1)
    X = (rng.random((40, 30)) < 0.3).astype(float)
    return X, 300 + 0.02 * (X @ rng.normal(size=30) + 0.1 * rng.normal(size=40))


def given(kernel: KernelName, **changed: float) -> Hyperparameters:
    values = {"variance": 1.4, "lengthscale": 2.2, "noise_std": 0.3} | changed
    return Hyperparameters(kernel=kernel, **values)


def gpr(z: Vector, pairs: Matrix, hyperparameters: Hyperparameters) -> gpflow.models.GPR:
    base = make_kernel(
        hyperparameters.kernel,
        variance=hyperparameters.variance,
        lengthscale=hyperparameters.lengthscale,
    )
    data = (np.arange(len(z), dtype=float)[:, None], z[:, None])
    return gpflow.models.GPR(
        data, OfPairs(base, pairs), noise_variance=hyperparameters.noise_std**2
    )


def by_hand(
    fitted: FittedSurrogate, X: Matrix, y: Vector, new: Matrix
) -> tuple[Vector, Vector, float]:
    """Mean, variance and noise variance in the target's unit, by one inverse."""
    pool, used = Pool(np.vstack([X, new])), fitted.hyperparameters
    K = used.covariance(pool.pairs(np.arange(len(pool)), kernel=used.kernel))
    n, shift, scale = len(y), y.mean(), y.std()
    inverse = np.linalg.inv(K[:n, :n] + used.noise_std**2 * np.eye(n))
    mean = shift + K[n:, :n] @ inverse @ (y - shift)
    variance = np.diag(K[n:, n:] - K[n:, :n] @ inverse @ K[:n, n:])
    return mean, scale**2 * variance, (scale * used.noise_std) ** 2


@pytest.mark.parametrize("kernel", ["tanimoto", "matern12"])
def test_predicts_mean_and_standard_deviation(
    kernel: KernelName, measured: tuple[Matrix, Vector]
) -> None:
    X, y = measured
    train, new = slice(0, 30), X[30:]
    fitted = Surrogate(kernel=kernel).fit(X[train], y[train], optimise=False, start=given(kernel))
    mean, variance, noise_variance = by_hand(fitted, X[train], y[train], new)
    np.testing.assert_allclose(fitted.predict(new).mean, mean, rtol=1e-9)
    np.testing.assert_allclose(fitted.predict(new).std, np.sqrt(variance), rtol=1e-6)
    np.testing.assert_allclose(fitted.predict_measurement(new).mean, mean, rtol=1e-9)
    np.testing.assert_allclose(
        fitted.predict_measurement(new).std, np.sqrt(variance + noise_variance), rtol=1e-6
    )


def test_the_deviation_is_gpflows_variance_under_a_root(measured: tuple[Matrix, Vector]) -> None:
    X, y = measured
    fitted = Surrogate().fit(X[:20], y[:20], optimise=False)
    _, variance = fitted.model.predict_f(X[20:])
    found = fitted.predict(X[20:]).std
    np.testing.assert_allclose(found, y[:20].std() * np.sqrt(variance.numpy()[:, 0]), rtol=1e-12)
    assert not np.allclose(found, y[:20].std() ** 2 * variance.numpy()[:, 0], rtol=0.1)


@pytest.mark.parametrize(("factor", "offset"), [(1.0, 0.0), (27.2, -5.0), (-1e-3, 1e3)])
def test_predictions_follow_the_unit_of_the_target(
    factor: float, offset: float, measured: tuple[Matrix, Vector]
) -> None:
    X, y = measured
    plain = Surrogate().fit(X[:25], y[:25])
    other = Surrogate().fit(X[:25], offset + factor * y[:25])
    found = other.predict(X[25:])
    np.testing.assert_allclose(found.mean, offset + factor * plain.predict(X[25:]).mean, rtol=1e-4)
    np.testing.assert_allclose(found.std, abs(factor) * plain.predict(X[25:]).std, rtol=1e-3)


@pytest.mark.parametrize("kernel", ["tanimoto", "matern12"])
def test_nearly_exact_measurements_are_certain_and_never_nan(kernel: KernelName) -> None:
    X = np.repeat(np.eye(6), 2, axis=0)  # every sample measured twice
    y = np.repeat(np.arange(6.0), 2)
    start = given(kernel, noise_std=SMALLEST_NOISE, variance=500.0, lengthscale=50.0)
    predicted = Surrogate(kernel=kernel).fit(X, y, optimise=False, start=start).predict(X)
    assert np.isfinite(predicted.std).all()
    assert (predicted.std >= 0).all()
    assert predicted.std.max() < 2 * SMALLEST_NOISE * y.std()
    np.testing.assert_allclose(predicted.mean, y, atol=1e-3)


@pytest.mark.parametrize("y", [[3.0], [3.0, 3.0, 3.0], [0.0, 0.0]])
def test_targets_that_are_all_alike_are_no_division_by_zero(y: list[float]) -> None:
    assert standardisation(np.array(y)) == (y[0], 1.0)
    fitted = Surrogate().fit(np.eye(len(y)), y, optimise=False)
    np.testing.assert_allclose(fitted.predict(np.eye(len(y))).mean, y)


@pytest.mark.parametrize(
    ("X", "y", "what"),
    [
        (np.eye(3), [1.0, 2.0], r"expected shape \(3,\)"),
        (np.eye(2), [1.0, np.nan], "got NaN"),
        (np.eye(2), [[1.0], [2.0]], r"got \(2, 1\)"),
        (np.full((2, 2), np.nan), [1.0, 2.0], "finite features"),
        (np.arange(3.0), [1.0, 2.0, 3.0], "candidates and features"),
    ],
)
def test_what_cannot_be_fitted_is_refused(X: Matrix, y: list[float], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Surrogate().fit(X, y)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"kernel": "linear"}, "expected one of tanimoto"),
        ({"variance": 0.0}, "variance: expected a positive number"),
        ({"lengthscale": -1.0}, "lengthscale: expected"),
        ({"lengthscale": np.nan}, "lengthscale: expected"),
        ({"noise_std": 1e-4}, "noise_std: expected at least 0.0011"),
        ({"noise_std": np.inf}, "noise_std"),
    ],
)
def test_settings_check_themselves(changed: dict[str, float], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Surrogate(**changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_marginal_likelihood_is_gpflows(
    kernel: KernelName, measured: tuple[Matrix, Vector]
) -> None:
    X, y = measured
    z, pairs = (y - y.mean()) / y.std(), Pool(X).pairs(np.arange(40), kernel=kernel)
    value, gradient = log_marginal_likelihood(z, pairs, given(kernel))
    assert value == pytest.approx(float(gpr(z, pairs, given(kernel)).log_marginal_likelihood()))
    names = ("variance", "lengthscale", "noise_std")
    for name, slope in zip(names, gradient, strict=True):
        low, high = (
            float(
                gpr(
                    z, pairs, given(kernel, **{name: getattr(given(kernel), name) * np.exp(step)})
                ).log_marginal_likelihood()
            )
            for step in (-1e-4, 1e-4)
        )
        assert slope == pytest.approx((high - low) / 2e-4, abs=1e-5)


@pytest.mark.parametrize("kernel", ["tanimoto", "matern12"])
def test_the_optimum_is_gpflows(kernel: KernelName, measured: tuple[Matrix, Vector]) -> None:
    X, y = measured
    z, pairs = (y - y.mean()) / y.std(), Pool(X).pairs(np.arange(40), kernel=kernel)
    found = maximised(z, pairs, given(kernel))
    model = gpr(z, pairs, given(kernel))
    gpflow.optimizers.Scipy().minimize(model.training_loss, model.trainable_variables)
    ours = log_marginal_likelihood(z, pairs, found)[0]
    assert ours == pytest.approx(float(model.log_marginal_likelihood()), abs=1e-3)
    assert found.noise_std == pytest.approx(model.likelihood.variance.numpy() ** 0.5, rel=0.05)


def test_optimisation_is_asked_for_and_keeps_a_fixed_noise(
    measured: tuple[Matrix, Vector],
) -> None:
    X, y = measured
    start = given("matern12")
    asked = Surrogate(kernel="matern12").fit(X, y, start=start)
    kept = Surrogate(kernel="matern12").fit(X, y, start=start, optimise=False)
    fixed = Surrogate(kernel="matern12", noise_trainable=False).fit(X, y, start=start)
    assert kept.hyperparameters == start
    assert asked.log_marginal_likelihood > fixed.log_marginal_likelihood
    assert fixed.log_marginal_likelihood > kept.log_marginal_likelihood
    assert fixed.hyperparameters.noise_std == pytest.approx(start.noise_std)


def test_the_first_lengthscale_is_the_median_distance() -> None:
    X = np.array([[0.0], [1.0], [3.0]])
    pairs = Pool(X).pairs(np.arange(3), kernel="rbf")
    assert Surrogate(kernel="rbf").initial(pairs).lengthscale == pytest.approx(2.0)
    assert Surrogate(kernel="rbf", lengthscale=0.3).initial(pairs).lengthscale == 0.3
    assert Surrogate(kernel="rbf").initial(np.zeros((2, 2))).lengthscale == 1.0


def test_leaving_one_out_is_what_fitting_without_it_gives(
    measured: tuple[Matrix, Vector],
) -> None:
    X, y = measured
    z, used = (y - y.mean()) / y.std(), given("matern12")
    pairs = Pool(X).pairs(np.arange(40), kernel="matern12")
    mean, std = leave_one_out(z, pairs, used)
    K = used.covariance(pairs)
    for left in (0, 17, 39):
        others = np.delete(np.arange(40), left)
        weights = np.linalg.solve(
            K[np.ix_(others, others)] + used.noise_std**2 * np.eye(39), K[others, left]
        )
        assert mean[left] == pytest.approx(weights @ z[others])
        variance = K[left, left] - weights @ K[others, left] + used.noise_std**2
        assert std[left] == pytest.approx(np.sqrt(variance))
