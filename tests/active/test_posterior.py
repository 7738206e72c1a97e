"""The posterior over a pool, grown step by step, against GPflow fitted afresh."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from matinf.active import factor_rows
from matinf.active.hyperparameters import SMALLEST_NOISE, Hyperparameters, leave_one_out
from matinf.active.kernels import OfPairs, make_kernel
from matinf.active.pairs import KernelName, Matrix, Pool
from matinf.active.posterior import PoolPosterior
from matinf.active.surrogate import Surrogate
from matinf.active.tensorflow import gpflow

Vector = NDArray[np.float64]
KERNELS: tuple[KernelName, ...] = ("tanimoto", "matern12")
HARTREE = 0.05  # a target far from standardised: small, and off zero


def fingerprints(n: int, *, seed: int = 1, n_bits: int = 60) -> Matrix:
    return (np.random.default_rng(seed).random((n, n_bits)) < 0.15).astype(float)


def targets(X: Matrix, *, seed: int = 2) -> Vector:
    rng = np.random.default_rng(seed)
    return 1.0 + HARTREE * (X @ rng.normal(size=X.shape[1]) + 0.1 * rng.normal(size=len(X)))


def given(kernel: KernelName, **changed: float) -> Hyperparameters:
    values = {"variance": 1.4, "lengthscale": 2.2, "noise_std": 0.1} | changed
    return Hyperparameters(kernel=kernel, **values)


def started(
    X: Matrix, y: Vector, n: int, used: Hyperparameters, *, pool: Pool | None = None
) -> PoolPosterior:
    surrogate = Surrogate(kernel=used.kernel)
    return PoolPosterior.start(
        surrogate, pool or Pool(X), np.arange(n), y[:n], optimise=False, hyperparameters=used
    )


def gpflow_posterior(
    found: PoolPosterior, *, y: Vector | None = None, of_features: bool = False
) -> tuple[Vector, Vector]:
    """Mean and standard deviation over the pool, standardised, of a fresh ``GPR``."""
    used, pool, measured = found.hyperparameters, found.pool, found.indices
    base = make_kernel(used.kernel, variance=used.variance, lengthscale=used.lengthscale)
    numbers = np.arange(len(pool), dtype=float)[:, None]
    kernel: Any = base
    X = np.asarray(pool.X, dtype=float)
    if not of_features:
        kernel, X = OfPairs(base, pool.pairs(np.arange(len(pool)), kernel=used.kernel)), numbers
    z = ((found.y if y is None else y) - found.target_mean) / found.target_std
    data = (X[measured], z[:, None])
    model = gpflow.models.GPR(data, kernel, noise_variance=used.noise_std**2)
    mean, variance = model.predict_f(X)
    return mean.numpy()[:, 0], np.sqrt(np.maximum(variance.numpy()[:, 0], 0))


def assert_is_gpflows(found: PoolPosterior, *, of_features: bool = False) -> None:
    mean, std = gpflow_posterior(found, of_features=of_features)
    ours = (found.mean - found.target_mean) / found.target_std
    np.testing.assert_allclose(ours, mean, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.std / found.target_std, std, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_thousand_points_in_tens_end_where_gpflow_does(kernel: KernelName) -> None:
    X = fingerprints(1100)
    y = targets(X)
    found = started(X, y, 50, given(kernel))
    for first in range(50, 1050, 10):
        found = found.add(np.arange(first, first + 10), y[first : first + 10])
    assert len(found.indices) == 1050
    assert found.target_mean == pytest.approx(y[:1050].mean())
    assert found.target_std == pytest.approx(y[:1050].std())
    assert_is_gpflows(found, of_features=True)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("variance", [1.0, 1000.0])
def test_nearly_singular_covariances_end_where_gpflow_does(
    kernel: KernelName, variance: float
) -> None:
    X = np.repeat(fingerprints(60, n_bits=12), 3, axis=0)  # every candidate thrice, and more
    y = targets(X)
    used = given(kernel, variance=variance, lengthscale=50.0, noise_std=SMALLEST_NOISE)
    found = started(X, y, 20, used)
    for first in range(20, 150, 10):
        found = found.add(np.arange(first, first + 10), y[first : first + 10])
    assert np.isfinite(found.std).all()
    assert (found.std >= 0).all()
    assert_is_gpflows(found)


@pytest.mark.parametrize("kernel", KERNELS)
def test_repeated_measurements_end_where_gpflow_does(kernel: KernelName) -> None:
    X = fingerprints(40)
    y = targets(X)
    found = started(X, y, 10, given(kernel))
    found = found.add([3, 3, 20], y[[3, 3, 20]] + [0.01, -0.02, 0.0]).add([3], [y[3] + 0.03])
    assert found.indices.tolist() == [*range(10), 3, 3, 20, 3]
    assert_is_gpflows(found, of_features=True)


@pytest.mark.parametrize("kernel", ["matern32", "matern52", "rbf"])
def test_features_that_are_no_bits_end_where_gpflow_does(kernel: KernelName) -> None:
    X = np.random.default_rng(3).normal(size=(80, 4))
    y = targets(X)
    found = started(X, y, 5, given(kernel))
    for new in range(5, 40):
        found = found.add([new], y[[new]])
    assert_is_gpflows(found, of_features=True)


@pytest.mark.parametrize("kernel", KERNELS)
def test_steps_of_any_size_end_at_the_same_posterior(kernel: KernelName) -> None:
    X = fingerprints(90)
    y = targets(X)
    at_once = started(X, y, 60, given(kernel))
    in_steps = started(X, y, 1, given(kernel)).add(np.arange(1, 8), y[1:8])
    in_steps = in_steps.add([], []).add(np.arange(8, 60), y[8:60])
    np.testing.assert_allclose(in_steps.mean, at_once.mean, atol=1e-10)
    np.testing.assert_allclose(in_steps.std, at_once.std, atol=1e-10)
    assert in_steps.log_marginal_likelihood == pytest.approx(at_once.log_marginal_likelihood)


def test_columns_are_worked_on_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    X = fingerprints(90)
    y = targets(X)
    whole = started(X, y, 20, given("matern12")).add(np.arange(20, 30), y[20:30])
    monkeypatch.setattr(factor_rows, "_CHUNK", 64)
    pieces = started(X, y, 20, given("matern12")).add(np.arange(20, 30), y[20:30])
    np.testing.assert_allclose(pieces.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(pieces.std, whole.std, rtol=1e-9)


def test_adding_leaves_the_old_posterior_as_it_was() -> None:
    X = fingerprints(50)
    y = targets(X)
    old = started(X, y, 10, given("tanimoto"))
    mean, std = old.mean.copy(), old.std.copy()
    one, other = old.add([20], y[[20]]), old.add([30], y[[30]])
    assert one.add([30], y[[30]]).std[30] < old.std[30]
    np.testing.assert_array_equal(old.mean, mean)
    np.testing.assert_array_equal(old.std, std)
    assert other.indices.tolist() == [*range(10), 30]


def test_the_same_calls_give_the_same_bits() -> None:
    X = fingerprints(200)
    y = targets(X)

    def campaign() -> PoolPosterior:
        found = PoolPosterior.start(Surrogate(), X, np.arange(20), y[:20])
        return found.add(np.arange(20, 30), y[20:30]).refit().add(np.arange(30, 40), y[30:40])

    one, other = campaign(), campaign()
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.std, other.std)
    assert one.hyperparameters == other.hyperparameters


def test_a_fantasy_of_the_mean_moves_no_mean_and_lowers_every_deviation() -> None:
    X = fingerprints(60)
    y = targets(X)
    real = started(X, y, 15, given("matern12"))
    believed = real.fantasise([40, 41])
    np.testing.assert_allclose(believed.mean, real.mean, rtol=1e-12)
    assert (believed.std <= real.std + 1e-12).all()
    assert believed.std[40] < 0.2 * real.std[40]
    assert (believed.target_mean, believed.target_std) == (real.target_mean, real.target_std)
    assert_is_gpflows(believed)


def test_a_fantasy_of_a_value_is_conditioning_on_it() -> None:
    X = fingerprints(60)
    y = targets(X)
    believed = started(X, y, 15, given("tanimoto")).fantasise([40, 41], [2.0, 0.5])
    assert believed.y[-2:].tolist() == [2.0, 0.5]
    assert_is_gpflows(believed)


def test_refitting_raises_the_marginal_likelihood_and_rebuilds() -> None:
    X = fingerprints(120)
    y = targets(X)
    old = started(X, y, 30, given("matern12", noise_std=1.0)).add(np.arange(30, 60), y[30:60])
    new = old.refit()
    assert new.log_marginal_likelihood > old.log_marginal_likelihood + 1
    assert new.indices.tolist() == old.indices.tolist()
    assert_is_gpflows(new)
    fitted = Surrogate(kernel="matern12").fit(X[:60], y[:60], start=old.hyperparameters)
    assert new.log_marginal_likelihood == pytest.approx(fitted.log_marginal_likelihood, abs=1e-4)


def test_the_marginal_likelihood_is_that_of_a_fresh_fit() -> None:
    X = fingerprints(80)
    y = targets(X)
    found = started(X, y, 20, given("tanimoto")).add(np.arange(20, 50), y[20:50])
    fresh = Surrogate().fit(X[:50], y[:50], optimise=False, start=given("tanimoto"))
    assert found.log_marginal_likelihood == pytest.approx(fresh.log_marginal_likelihood)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_joint_covariance_is_gpflows(kernel: KernelName) -> None:
    X = fingerprints(60)
    y = targets(X)
    found = started(X, y, 10, given(kernel)).add(np.arange(10, 25), y[10:25])
    chosen = [3, 40, 41, 59]
    fresh = Surrogate(kernel=kernel).fit(X[:25], y[:25], optimise=False, start=given(kernel))
    _, expected = fresh.model.predict_f(X[chosen], full_cov=True)
    scaled = found.covariance(chosen) / found.target_std**2
    np.testing.assert_allclose(scaled, expected[0], atol=1e-7)
    np.testing.assert_allclose(np.diag(found.covariance(chosen)), found.std[chosen] ** 2)


def test_samples_have_the_joint_distribution() -> None:
    X = fingerprints(40)
    y = targets(X)
    found = started(X, y, 10, given("tanimoto"))
    chosen = [2, 20, 21, 22]
    drawn = found.sample(40_000, indices=chosen, rng=np.random.default_rng(4))
    assert drawn.shape == (40_000, 4)
    covariance = found.covariance(chosen)
    scale = np.sqrt(np.diag(covariance))
    np.testing.assert_array_less(np.abs(drawn.mean(axis=0) - found.mean[chosen]), 0.03 * scale)
    difference = np.abs(np.cov(drawn.T) - covariance)
    np.testing.assert_array_less(difference, 0.04 * np.outer(scale, scale) + 1e-12)


def test_samples_of_duplicates_and_of_what_was_measured_exactly_are_finite() -> None:
    X = np.vstack([fingerprints(20), fingerprints(20)])
    y = targets(X)
    found = started(X, y, 10, given("tanimoto", noise_std=SMALLEST_NOISE))
    drawn = found.sample(3, rng=np.random.default_rng(5))
    assert drawn.shape == (3, 40)
    np.testing.assert_allclose(drawn[:, :20], drawn[:, 20:], atol=1e-3 * found.target_std)
    np.testing.assert_allclose(drawn[:, :10], np.tile(y[:10], (3, 1)), atol=1e-3)


def test_leaving_one_out_is_fitting_without_it() -> None:
    X = fingerprints(50)
    y = targets(X)
    found = started(X, y, 20, given("matern12")).add([30], y[[30]])
    found = found.add([31, 32], y[[31, 32]])
    left = found.leave_one_out()
    assert left.mean.shape == left.std.shape == (23,)
    others = np.delete(found.indices, 4)
    fresh = gpflow_without(found, others)
    assert left.mean[4] == pytest.approx(fresh[0], rel=1e-8)
    assert left.std[4] == pytest.approx(fresh[1], rel=1e-8)


def test_leaving_one_out_in_steps_is_that_of_one_inverse() -> None:
    X = np.repeat(fingerprints(60, n_bits=12), 3, axis=0)
    y = targets(X)
    used = given("matern12", variance=1000.0, lengthscale=50.0, noise_std=SMALLEST_NOISE)
    found = started(X, y, 20, used)
    for first in range(20, 150, 10):
        found = found.add(np.arange(first, first + 10), y[first : first + 10])
    pairs = found.pool.pairs(found.indices, found.indices, kernel="matern12")
    z = (found.y - found.target_mean) / found.target_std
    mean, std = leave_one_out(z, pairs, used)
    left = found.leave_one_out()
    np.testing.assert_allclose(left.mean, found.target_mean + found.target_std * mean, atol=1e-6)
    np.testing.assert_allclose(left.std, found.target_std * std, rtol=1e-6)


def gpflow_without(found: PoolPosterior, others: NDArray[np.intp]) -> tuple[float, float]:
    """Measurement 4 as GPflow predicts it from the others, standardised as all are."""
    used, X = found.hyperparameters, np.asarray(found.pool.X)
    base = make_kernel(used.kernel, variance=used.variance, lengthscale=used.lengthscale)
    z = (np.delete(found.y, 4) - found.target_mean) / found.target_std
    model = gpflow.models.GPR((X[others], z[:, None]), base, noise_variance=used.noise_std**2)
    mean, variance = model.predict_y(X[[found.indices[4]]])
    scale = found.target_std
    return found.target_mean + scale * mean.numpy().item(), scale * variance.numpy().item() ** 0.5


def test_gpflows_own_model_of_a_posterior_predicts_the_same() -> None:
    X = fingerprints(50)
    y = targets(X)
    found = started(X, y, 10, given("tanimoto")).add([20, 30], y[[20, 30]])
    predicted = found.fitted().predict(X)
    np.testing.assert_allclose(predicted.mean, found.mean, atol=1e-8)
    np.testing.assert_allclose(predicted.std, found.std, atol=1e-8)


def test_memory_is_a_row_per_measurement() -> None:
    X = fingerprints(70)
    y = targets(X)
    found = started(X, y, 10, given("tanimoto")).add([20, 21], y[[20, 21]])
    assert found.nbytes == (12 * 70 + 10 * 10 + 2 * 12) * 8


def test_a_posterior_survives_pickling() -> None:
    X = fingerprints(30)
    y = targets(X)
    found = started(X, y, 10, given("tanimoto"))
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.add([20], y[[20]]).mean, found.add([20], y[[20]]).mean)


@pytest.mark.parametrize(
    ("indices", "y", "what"),
    [
        ([1, 2], [1.0], r"y: expected shape \(2,\)"),
        ([1], [np.nan], "got NaN"),
        ([-1], [1.0], "row numbers from 0 to 29"),
        ([30], [1.0], "row numbers from 0 to 29"),
        ([[1]], [1.0], "vector of row numbers"),
        ([1.0], [1.0], "vector of row numbers"),
        ([True], [1.0], "vector of row numbers"),
    ],
)
def test_measurements_that_cannot_be_used_are_refused(
    indices: list[int], y: list[float], what: str
) -> None:
    X = fingerprints(30)
    found = started(X, targets(X), 5, given("tanimoto"))
    for refuse in (found.add, found.fantasise):
        with pytest.raises(ValueError, match=what):
            refuse(indices, y)
    with pytest.raises(ValueError, match=what):
        PoolPosterior.start(Surrogate(), X, indices, y)


def test_a_start_without_measurements_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        PoolPosterior.start(Surrogate(), fingerprints(30), [], [])


def test_one_measurement_is_a_start() -> None:
    X = fingerprints(30)
    found = PoolPosterior.start(Surrogate(), X, [4], [2.5])
    assert found.mean[4] == pytest.approx(2.5)
    assert np.isfinite(found.std).all()
    assert found.std.argmin() == 4


def test_noise_is_in_the_unit_of_the_target() -> None:
    X = fingerprints(30)
    y = targets(X)
    found = started(X, y, 10, given("tanimoto"))
    assert found.noise_std == pytest.approx(0.1 * y[:10].std())
