"""What kernels ask of two samples, computed once: their similarity or their squared distance.

Every kernel here is a function of one number per pair of samples and of its hyperparameters. That
number does not change while hyperparameters are optimised or measurements added, so the features
(1,024 columns of them) are multiplied once and never again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

Matrix = NDArray[np.float64]
KernelName = Literal["tanimoto", "matern12", "matern32", "matern52", "rbf"]
KERNELS: Final[tuple[KernelName, ...]] = ("tanimoto", "matern12", "matern32", "matern52", "rbf")
_SPARSE = 0.2  # share of non-zero features up to which a sparse product is the faster one


def tanimoto_similarity(products: Matrix, norms: Matrix, other_norms: Matrix) -> Matrix:
    r"""Shared bits over all bits, :math:`\langle x, x' \rangle / (|x|^2 + |x'|^2 - \langle x, x'
    \rangle)`; 1 where both are all zeros.

    Args:
        products: Inner products, shape ``(n, m)``.
        norms: Squared norms of the first samples, shape ``(n,)``.
        other_norms: Squared norms of the second, shape ``(m,)``.
    """
    union = norms[:, None] + other_norms - products
    return np.divide(products, union, out=np.ones_like(products), where=union > 0)


def squared_distance(products: Matrix, norms: Matrix, other_norms: Matrix) -> Matrix:
    r"""Squared distance :math:`|x|^2 + |x'|^2 - 2 \langle x, x' \rangle`, not below 0.

    Args:
        products: Inner products, shape ``(n, m)``.
        norms: Squared norms of the first samples, shape ``(n,)``.
        other_norms: Squared norms of the second, shape ``(m,)``.
    """
    return np.maximum(norms[:, None] + other_norms - 2 * products, 0)


def covariance(pairs: Matrix, *, kernel: KernelName, variance: float, lengthscale: float) -> Matrix:
    """A kernel's covariance from similarities (Tanimoto) or squared distances (all others).

    The same functions as GPflow's kernels, for arrays; Tanimoto knows no lengthscale.

    Args:
        pairs: Similarities or squared distances, any shape.
        kernel: ``"tanimoto"``, ``"matern12"``, ``"matern32"``, ``"matern52"`` or ``"rbf"``.
        variance: Of the process, which the covariance of a sample with itself is.
        lengthscale: Distance over which values change, in the unit of the features.

    Returns:
        Covariances, of the shape of ``pairs``.
    """
    shape = pairs if kernel == "tanimoto" else _SHAPES[kernel](pairs / lengthscale**2)
    return variance * shape


def lengthscale_slope(
    pairs: Matrix, *, kernel: KernelName, variance: float, lengthscale: float
) -> Matrix:
    r"""How :func:`covariance` changes with the logarithm of the lengthscale; 0 for Tanimoto."""
    if kernel == "tanimoto":
        return np.zeros_like(pairs)
    return variance * _SLOPES[kernel](pairs / lengthscale**2)


def _matern12(r2: Matrix) -> Matrix:
    return np.exp(-np.sqrt(r2))


def _matern12_slope(r2: Matrix) -> Matrix:
    r = np.sqrt(r2)
    return r * np.exp(-r)


def _matern32(r2: Matrix) -> Matrix:
    r = np.sqrt(3 * r2)
    return (1 + r) * np.exp(-r)


def _matern32_slope(r2: Matrix) -> Matrix:
    return 3 * r2 * np.exp(-np.sqrt(3 * r2))


def _matern52(r2: Matrix) -> Matrix:
    r = np.sqrt(5 * r2)
    return (1 + r + r**2 / 3) * np.exp(-r)


def _matern52_slope(r2: Matrix) -> Matrix:
    r = np.sqrt(5 * r2)
    return r**2 * (1 + r) / 3 * np.exp(-r)


def _rbf(r2: Matrix) -> Matrix:
    return np.exp(-r2 / 2)


def _rbf_slope(r2: Matrix) -> Matrix:
    return r2 * np.exp(-r2 / 2)


_Shape = Callable[[Matrix], Matrix]
_SHAPES: Final[dict[str, _Shape]] = {
    "matern12": _matern12,
    "matern32": _matern32,
    "matern52": _matern52,
    "rbf": _rbf,
}
_SLOPES: Final[dict[str, _Shape]] = {
    "matern12": _matern12_slope,
    "matern32": _matern32_slope,
    "matern52": _matern52_slope,
    "rbf": _rbf_slope,
}


@dataclass(frozen=True, eq=False)
class Pool:
    """All candidates of a campaign, ready for products with a few of them.

    Binary fingerprints are mostly zeros: they are kept sparse, which makes a product with ten of
    them fifteen times faster and needs 2 % of the memory. One pool serves many campaigns.

    Distances are differences of squares, as GPflow's are: take off a column's offset first where it
    is more than some ten thousand times the column's spread.

    Attributes:
        X: Features, shape ``(n_pool, n_features)``, finite; kept as given, not copied.
        norms: Squared norms, shape ``(n_pool,)``.
    """

    X: NDArray[Any]
    norms: Matrix = field(init=False, repr=False)
    _features: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        X = np.asarray(self.X)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(
                f"X: expected candidates and features, got an array of shape {X.shape}"
            )
        if not np.isfinite(X).all():
            raise ValueError("X: expected finite features, got NaN or infinity")
        filled = np.count_nonzero(X) / X.size
        features: Any = sparse.csr_array(X, dtype=float) if filled < _SPARSE else X.astype(float)
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "_features", features)
        norms = np.asarray((features * features).sum(axis=1), dtype=float)
        object.__setattr__(self, "norms", norms)

    def __len__(self) -> int:
        return len(self.X)

    def pairs(
        self, rows: ArrayLike, columns: ArrayLike | slice = slice(None), *, kernel: KernelName
    ) -> Matrix:
        """Similarity or squared distance of some candidates to some or all others.

        Args:
            rows: Their row numbers, ``n`` of them.
            columns: Row numbers or a slice of the candidates they are compared with, ``m``.
            kernel: Which of the two is asked: ``"tanimoto"`` the similarity, others the distance.

        Returns:
            Shape ``(n, m)``; exact where the features are whole numbers.
        """
        chosen = np.asarray(rows, dtype=np.intp)
        others = columns if isinstance(columns, slice) else np.asarray(columns, dtype=np.intp)
        some = self._features[chosen]
        dense = some if isinstance(some, np.ndarray) else some.toarray()
        products = np.ascontiguousarray((self._features[others] @ dense.T).T)
        compare = tanimoto_similarity if kernel == "tanimoto" else squared_distance
        return compare(products, self.norms[chosen], self.norms[others])
