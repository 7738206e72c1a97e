"""A Cholesky factorisation that grows by rows, solved for a whole pool of candidates.

With the measured candidates ``m``, ``L`` is the factor of ``K[m, m] + noise``, and the rows of
``A = L^-1 K[m, :]`` and of ``L^-1`` are kept. ``L`` itself is not: as ``A`` solves for the measured
candidates too, the rows of ``L`` below what is known stand in the columns of ``A``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from matinf.active.hyperparameters import Hyperparameters, Vector
from matinf.active.pairs import Matrix, Pool

Indices = NDArray[np.intp]
_CHUNK = 2**21  # numbers worked on at once: 16 MB, whatever the pool's size


@dataclass(frozen=True, kw_only=True, eq=False)
class FactorRows:
    """The rows of ``A = L^-1 K[m, :]`` in blocks, and the sums over them that are asked for.

    Targets enter less an origin, and beside them a column of ones, so that their mean may change
    later: the solution is linear in them.

    Attributes:
        blocks: Rows of ``A``, one block per step, shape ``(n_new, n_pool)`` each.
        inverses: Rows of ``L^-1`` up to the diagonal, in the same blocks.
        white_targets, white_ones: ``L^-1`` times targets and ones, shape ``(n_measured,)``.
        alpha_targets, alpha_ones: ``(L L^T)^-1`` times them, same shape.
        precision: Diagonal of ``(L L^T)^-1``, same shape.
        of_targets, of_ones: ``A^T`` times the white ones, shape ``(n_pool,)``.
        explained: Sums of squares of the columns of ``A``, same shape.
        half_log_det: Sum of the logarithms of the diagonal of ``L``.
        origin: What is taken off the targets.
    """

    blocks: tuple[Matrix, ...] = field(default=(), repr=False)
    inverses: tuple[Matrix, ...] = field(default=(), repr=False)
    white_targets: Vector
    white_ones: Vector
    alpha_targets: Vector
    alpha_ones: Vector
    precision: Vector
    of_targets: Vector
    of_ones: Vector
    explained: Vector
    half_log_det: float = 0.0
    origin: float

    @classmethod
    def none(cls, n_pool: int, *, origin: float) -> Self:
        """Before the first measurement; the origin should be near the targets, and stays."""
        none, zeros = np.empty(0), np.zeros(n_pool)
        return cls(
            white_targets=none,
            white_ones=none,
            alpha_targets=none,
            alpha_ones=none,
            precision=none,
            of_targets=zeros,
            of_ones=zeros,
            explained=zeros,
            origin=origin,
        )

    def appended(
        self, pool: Pool, hyperparameters: Hyperparameters, new: Indices, y: Vector
    ) -> Self:
        """With the rows of further measurements: a step of a blocked Cholesky factorisation."""
        if len(new) == 0:
            return self
        noise = hyperparameters.noise_std**2 * np.eye(len(new))
        corner = hyperparameters.covariance(pool.pairs(new, new, kernel=hyperparameters.kernel))
        factor = linalg.cholesky(self.remainder(corner, new, new) + noise, lower=True)
        block = self._block(pool, hyperparameters, new, factor)
        inverse = self._inverse(new, factor)
        white_targets = _solved(factor, y - self.origin - self.of_targets[new])
        white_ones = _solved(factor, 1 - self.of_ones[new])
        return replace(
            self,
            blocks=(*self.blocks, block),
            inverses=(*self.inverses, inverse),
            white_targets=np.concatenate([self.white_targets, white_targets]),
            white_ones=np.concatenate([self.white_ones, white_ones]),
            alpha_targets=_longer(self.alpha_targets, white_targets @ inverse),
            alpha_ones=_longer(self.alpha_ones, white_ones @ inverse),
            precision=_longer(self.precision, np.einsum("ij,ij->j", inverse, inverse)),
            of_targets=self.of_targets + white_targets @ block,
            of_ones=self.of_ones + white_ones @ block,
            explained=self.explained + np.einsum("ij,ij->j", block, block),
            half_log_det=self.half_log_det + float(np.log(np.diag(factor)).sum()),
        )

    def _block(
        self, pool: Pool, hyperparameters: Hyperparameters, new: Indices, factor: Matrix
    ) -> Matrix:
        """New rows of ``A``, some columns at a time."""
        block = np.empty((len(new), len(pool)))
        width = max(_CHUNK // len(new), 1)
        for first in range(0, len(pool), width):
            columns = slice(first, first + width)
            pairs = pool.pairs(new, columns, kernel=hyperparameters.kernel)
            rest = self.remainder(hyperparameters.covariance(pairs), new, columns)
            block[:, columns] = _solved(factor, rest)
        return block

    def _inverse(self, new: Indices, factor: Matrix) -> Matrix:
        """New rows of ``L^-1``; their columns are all measurements up to these."""
        n_before = len(self.white_targets)
        right = np.zeros((len(new), n_before + len(new)))
        right[:, n_before:] = np.eye(len(new))
        for block, inverse in zip(self.blocks, self.inverses, strict=True):
            right[:, : inverse.shape[1]] -= block[:, new].T @ inverse
        return _solved(factor, right)

    def remainder(self, prior: Matrix, rows: Indices, columns: Indices | slice) -> Matrix:
        """A prior covariance less what the measurements explain of it; overwrites ``prior``."""
        if self.blocks and not isinstance(columns, slice):
            # These columns are copied in any case: one product instead of one per block.
            left, right = (np.vstack([b[:, c] for b in self.blocks]) for c in (rows, columns))
            return prior - left.T @ right
        for block in self.blocks:
            prior -= block[:, rows].T @ block[:, columns]
        return prior

    @property
    def nbytes(self) -> int:
        """Memory of both kinds of rows, bytes."""
        return sum(block.nbytes for block in (*self.blocks, *self.inverses))


def _longer(vector: Vector, added: Vector) -> Vector:
    """A vector with zeros at its end, as long as what is added to it."""
    total = added.copy()
    total[: len(vector)] += vector
    return total


def _solved(factor: Matrix, right: Matrix) -> Matrix:
    return linalg.solve_triangular(factor, right, lower=True, check_finite=False)
