"""Our kernels against their definitions, against GPflow's, and against each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from matinf.active.pairs import KERNELS, KernelName, Pool, covariance, lengthscale_slope

CODE = Path(__file__).parents[2] / "code"


@pytest.fixture(scope="module", autouse=True)
def _tensorflow() -> None:
    """TensorFlow takes nine seconds to come: when a test needs it, not while tests are found."""
    global OfPairs, Tanimoto, gpflow, make_kernel, tf
    from matinf.active.kernels import OfPairs, Tanimoto, make_kernel
    from matinf.active.tensorflow import gpflow, tf


@pytest.fixture
def bits() -> NDArray[np.float64]:
    """Fingerprints with a duplicate and one without any fragment."""
    drawn = (np.random.default_rng(1).random((12, 40)) < 0.2).astype(float)
    drawn[5] = drawn[2]
    drawn[7] = 0
    return drawn


def shared_over_all(x: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Tanimoto similarity by counting bits."""
    either = np.logical_or(x, other).sum()
    return float(np.logical_and(x, other).sum() / either) if either else 1.0


def test_tanimoto_counts_shared_fragments(bits: NDArray[np.float64]) -> None:
    expected = [[2.5 * shared_over_all(x, other) for other in bits] for x in bits]
    kernel = Tanimoto(variance=2.5)
    np.testing.assert_allclose(kernel(bits), expected, rtol=1e-12)
    np.testing.assert_allclose(kernel(bits[:3], bits), np.array(expected)[:3], rtol=1e-12)
    np.testing.assert_allclose(kernel(bits, full_cov=False), np.diag(expected), rtol=1e-12)


def test_tanimoto_of_counts_is_the_formula() -> None:
    x, other = np.array([[2.0, 0.0, 1.0]]), np.array([[1.0, 3.0, 1.0]])
    assert Tanimoto()(x, other).numpy().item() == pytest.approx(3 / (5 + 11 - 3))


def test_tanimoto_is_positive_semi_definite(bits: NDArray[np.float64]) -> None:
    many = (np.random.default_rng(2).random((200, 64)) < 0.1).astype(float)
    for features in (bits, many, np.random.default_rng(3).random((60, 5))):
        assert np.linalg.eigvalsh(Tanimoto()(features).numpy()).min() > -1e-10


def test_tanimoto_compares_active_columns_alone(bits: NDArray[np.float64]) -> None:
    part = Tanimoto(active_dims=[0, 3, 5, 8, 13, 21, 34])
    np.testing.assert_array_equal(part(bits), Tanimoto()(bits[:, [0, 3, 5, 8, 13, 21, 34]]))
    half = Tanimoto(active_dims=slice(0, 20))
    np.testing.assert_array_equal(half(bits), Tanimoto()(bits[:, :20]))


def test_tanimoto_takes_batches(bits: NDArray[np.float64]) -> None:
    batches = bits.reshape(3, 4, 40)
    found = Tanimoto()(batches, bits[:5])
    assert found.shape == (3, 4, 5)
    np.testing.assert_allclose(found[1], Tanimoto()(batches[1], bits[:5]))


def test_tanimoto_has_finite_gradients(bits: NDArray[np.float64]) -> None:
    kernel, features = Tanimoto(), tf.Variable(bits)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(kernel(features))
    by_features, by_variance = tape.gradient(
        total, [features, kernel.variance.unconstrained_variable]
    )
    assert np.isfinite(by_features.numpy()).all()
    softplus_slope = 1 - np.exp(-1.0)  # of the transform that keeps the variance positive, at 1
    assert by_variance.numpy() == pytest.approx(total.numpy() * softplus_slope)


def test_tanimoto_combines_with_kernels_of_gpflow(bits: NDArray[np.float64]) -> None:
    both = Tanimoto() + gpflow.kernels.White(variance=0.5)
    np.testing.assert_allclose(both(bits), Tanimoto()(bits) + 0.5 * np.eye(len(bits)))
    assert len(both.trainable_variables) == 2


@pytest.mark.parametrize("name", KERNELS)
def test_arrays_and_gpflow_have_the_same_kernels(name: KernelName) -> None:
    X = np.random.default_rng(4).random((15, 3))
    pairs = Pool(X).pairs(np.arange(15), kernel=name)
    found = covariance(pairs, kernel=name, variance=1.7, lengthscale=0.6)
    kernel = make_kernel(name, variance=1.7, lengthscale=0.6)
    np.testing.assert_allclose(found, kernel(X), rtol=1e-7, atol=1e-7)
    off = ~np.eye(15, dtype=bool)
    np.testing.assert_allclose(found[off], kernel(X).numpy()[off], rtol=1e-12)


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_of_pairs_is_the_kernel_of_the_features(
    name: KernelName, bits: NDArray[np.float64]
) -> None:
    base = make_kernel(name, variance=0.8, lengthscale=2.0)
    numbers = np.arange(12.0)[:, None]
    of_pairs = OfPairs(base, Pool(bits).pairs(np.arange(12), kernel=name))
    np.testing.assert_allclose(of_pairs(numbers), base(bits), atol=2e-8)
    np.testing.assert_allclose(of_pairs(numbers[:4], numbers), base(bits[:4], bits), atol=2e-8)
    np.testing.assert_allclose(of_pairs(numbers, full_cov=False), base(bits, full_cov=False))
    assert len(of_pairs.trainable_variables) == len(base.trainable_variables)


@pytest.mark.parametrize("name", [name for name in KERNELS if name != "tanimoto"])
def test_the_slope_is_that_of_the_covariance(name: KernelName) -> None:
    pairs = Pool(np.random.default_rng(5).random((6, 2))).pairs(np.arange(6), kernel=name)
    low, high = (
        covariance(pairs, kernel=name, variance=1.3, lengthscale=0.5 * np.exp(step))
        for step in (-1e-5, 1e-5)
    )
    slope = lengthscale_slope(pairs, kernel=name, variance=1.3, lengthscale=0.5)
    np.testing.assert_allclose(slope, (high - low) / 2e-5, atol=1e-8)


def test_tanimoto_knows_no_lengthscale(bits: NDArray[np.float64]) -> None:
    pairs = Pool(bits).pairs(np.arange(12), kernel="tanimoto")
    assert not lengthscale_slope(pairs, kernel="tanimoto", variance=1.0, lengthscale=1.0).any()


def test_every_name_has_a_kernel() -> None:
    assert set(get_args(KernelName)) == set(KERNELS)
    assert len({type(make_kernel(name)) for name in KERNELS}) == len(KERNELS)


@pytest.mark.parametrize("dense", [False, True])
def test_sparse_and_dense_pools_agree(dense: bool) -> None:
    X = (np.random.default_rng(6).random((30, 50)) < (0.9 if dense else 0.05)).astype(np.uint8)
    pool = Pool(X)
    counted = X.astype(int) @ X.T.astype(int)
    apart = (X[:, None].astype(int) != X).sum(axis=2)
    np.testing.assert_array_equal(pool.norms, np.diag(counted))
    np.testing.assert_array_equal(pool.pairs([3, 1], kernel="matern12"), apart[[3, 1]])
    np.testing.assert_array_equal(pool.pairs([3, 1], slice(5, 9), kernel="rbf"), apart[[3, 1], 5:9])
    np.testing.assert_array_equal(
        pool.pairs([3, 1], [7, 7, 0], kernel="rbf"), apart[[3, 1]][:, [7, 7, 0]]
    )


@pytest.mark.parametrize(
    ("X", "what"),
    [
        (np.zeros((0, 3)), "shape \\(0, 3\\)"),
        (np.zeros(3), "shape \\(3,\\)"),
        ([[np.nan]], "NaN"),
        ([[1.0, np.inf]], "infinity"),
    ],
)
def test_a_pool_that_cannot_be_used_is_refused(X: NDArray[np.float64], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Pool(np.asarray(X))


def python(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-c", program]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(CODE)}
    )


@pytest.mark.slow
def test_importing_and_using_gpflow_writes_nothing() -> None:
    done = python(
        "import numpy as np\n"
        "from matinf.active.surrogate import Surrogate\n"
        "X = np.eye(4)\n"
        "Surrogate().fit(X, np.arange(4.0)).predict(X)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_an_import_that_fails_writes_is_shown() -> None:
    done = python("import os, sys\nsys.modules['gpflow'] = None\nimport matinf.active.tensorflow\n")
    assert done.returncode == 1
    assert "ImportError" in done.stderr or "ModuleNotFoundError" in done.stderr


def test_the_posterior_needs_no_tensorflow() -> None:
    done = python(
        "import sys, matinf.active.posterior\nassert not {'tensorflow', 'gpflow'} & {*sys.modules}"
    )
    assert done.returncode == 0, done.stderr
