"""Kernels of GPflow: one for fingerprints, and one that reads what is known of each pair."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinf.active.pairs import KernelName
from matinf.active.tensorflow import gpflow, tf


class Tanimoto(gpflow.kernels.Kernel):
    r"""Similarity of fingerprints: the fragments two molecules share, over all they have.

    :math:`k(x, x') = \sigma^2 \langle x, x' \rangle / (|x|^2 + |x'|^2 - \langle x, x' \rangle)`
    :cite:`ralaivola2005`. Positive semi-definite for features that are not negative. Two samples
    without any fragment are the same.

    Args:
        variance: Initial :math:`\sigma^2`, in squared units of the (standardised) target.
        active_dims: Columns that are compared, all unless given.
        name: Name of the kernel in GPflow's summaries.
    """

    def __init__(
        self,
        variance: float = 1.0,
        active_dims: slice | list[int] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(active_dims=active_dims, name=name)
        self.variance = gpflow.Parameter(variance, transform=gpflow.utilities.positive())

    def K(self, X: Any, X2: Any = None) -> Any:  # noqa: N802  (GPflow calls it so)
        """Covariance of all pairs, shape ``(n, m)``, or ``(n, n)`` without ``X2``."""
        X2 = X if X2 is None else X2
        shared = tf.tensordot(X, X2, [[-1], [-1]])
        norms, other_norms = (tf.reduce_sum(tf.square(features), -1) for features in (X, X2))
        outer = tf.reshape(
            norms, tf.concat([tf.shape(norms), tf.ones_like(tf.shape(other_norms))], 0)
        )
        union = outer + other_norms - shared
        empty = tf.equal(union, 0)
        # The quotient is taken of safe numbers, or its gradient would be NaN where it is not used.
        ratio = tf.where(empty, tf.ones_like(shared), shared) / tf.where(
            empty, tf.ones_like(union), union
        )
        return self.variance * ratio

    def K_diag(self, X: Any) -> Any:  # noqa: N802
        """Covariance of each sample with itself, shape ``(n,)``."""
        return tf.fill(tf.shape(X)[:-1], tf.squeeze(self.variance))


class OfPairs(gpflow.kernels.Kernel):
    """A kernel that reads the similarity or squared distance of two samples from a matrix.

    Its inputs are row numbers, one column of them, and its hyperparameters those of ``base``:
    where they are optimised, no step multiplies features again.

    Args:
        base: The kernel of the features; :class:`Tanimoto` or a stationary one with one
            lengthscale.
        pairs: Similarities (Tanimoto) or squared distances, shape ``(n, n)``.
    """

    def __init__(self, base: Any, pairs: NDArray[np.float64]) -> None:
        super().__init__()
        self.base = base
        self.pairs = tf.constant(pairs, dtype=gpflow.default_float())

    def K(self, X: Any, X2: Any = None) -> Any:  # noqa: N802  (GPflow calls it so)
        """Covariance of the samples with these numbers, shape ``(n, m)`` or ``(n, n)``."""
        rows = tf.cast(X[:, 0], tf.int32)
        columns = rows if X2 is None else tf.cast(X2[:, 0], tf.int32)
        known = tf.gather(tf.gather(self.pairs, rows), columns, axis=1)
        if isinstance(self.base, Tanimoto):
            return self.base.variance * known
        return self.base.K_r2(known / tf.square(self.base.lengthscales))

    def K_diag(self, X: Any) -> Any:  # noqa: N802
        """Covariance of each sample with itself, shape ``(n,)``."""
        return self.base.K_diag(X)


def make_kernel(name: KernelName, *, variance: float = 1.0, lengthscale: float = 1.0) -> Any:
    """GPflow's kernel of one of our names, on all columns, with one lengthscale for all."""
    if name == "tanimoto":
        return Tanimoto(variance=variance)
    kernels = gpflow.kernels
    kinds = {
        "matern12": kernels.Matern12,
        "matern32": kernels.Matern32,
        "matern52": kernels.Matern52,
        "rbf": kernels.SquaredExponential,
    }
    return kinds[name](variance=variance, lengthscales=lengthscale)
