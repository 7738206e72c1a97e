"""A small quantile forest, and intervals from it that hold as often as they say."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.model_selection import KFold
from sklearn.utils.validation import check_is_fitted, validate_data

from matinf.transfer.binned_forest import Bins, Matrix, grown

_HAIR = 1e-9  # a cumulative weight that lacks no more than this is complete


class GapForest(RegressorMixin, BaseEstimator):
    r"""Quantile forest over coarse features :cite:`meinshausen2006`, with conformal intervals.

    A sample's distribution is that of the training values with weights
    :math:`w_i = \frac{1}{T} \sum_t [i \in \ell_t] / |\ell_t|`, where :math:`\ell_t` is the leaf
    of tree :math:`t` that the sample falls into. Its median is predicted. The interval runs from
    the quantile at ``tail_`` to that at ``1 - tail_``; the tail is chosen such that a share
    ``level`` of the training samples, each predicted by a forest that did not see it, lies inside
    :cite:`chernozhukov2021`.

    Args:
        bins: Ranges of the features.
        n_trees: Number of trees.
        min_samples_leaf: Fewest training samples in a leaf.
        level: Share of new samples that the interval should hold, between 0 and 1.
        n_folds: Folds that the tail is chosen on.
        random_state: Seed of trees and folds.

    Attributes:
        trees_: The trees.
        y_: Training values in rising order, shape ``(n_samples,)``.
        order_: Row of each of them in the training data.
        leaves_: Leaf of each of them in each tree, shape ``(n_samples, n_trees)``.
        tail_: Share of the distribution cut off at each end of the interval.
        n_features_in_: Number of features.
    """

    def __init__(
        self,
        bins: Bins,
        *,
        n_trees: int = 50,
        min_samples_leaf: int = 3,
        level: float = 0.9,
        n_folds: int | None = 5,
        random_state: int | None = None,
    ) -> None:
        self.bins = bins
        self.n_trees = n_trees
        self.min_samples_leaf = min_samples_leaf
        self.level = level
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Grow the trees and choose the tail.

        Args:
            X: Features, shape ``(n_samples, n_features)``, finite.
            y: Values, shape ``(n_samples,)``, finite.
        """
        matrix, values = validate_data(self, X, y, y_numeric=True)
        levels = self.bins.levels(matrix)
        self.trees_ = grown(self, levels, values)
        self.order_ = np.argsort(values, kind="stable")
        self.y_ = values[self.order_]
        self.leaves_ = self.trees_.leaves(levels[self.order_])
        self.sizes_ = np.bincount(self.leaves_.ravel(), minlength=self.trees_.n_leaves)
        self.tail_ = 0.0 if self.n_folds is None else self._tail(matrix, values, self.n_folds)
        return self

    def _tail(self, X: Matrix, y: Matrix, n_folds: int) -> float:
        folds = KFold(n_folds, shuffle=True, random_state=self.random_state)
        blind, depths = clone(self).set_params(n_folds=None), np.empty(len(y))
        for train, test in folds.split(X):
            depths[test] = blind.fit(X[train], y[train]).depths(X[test], y[test])
        return kept_tail(depths[y > 0], level=self.level)

    def predict(self, X: ArrayLike) -> Matrix:
        """The median, shape ``(n_samples,)``."""
        return self._quantiles(self._cumulative(X), 0.5)

    def intervals(self, X: ArrayLike) -> Matrix:
        """Lower and upper bound of each sample, shape ``(n_samples, 2)``."""
        cumulative = self._cumulative(X)
        bounds = [self._quantiles(cumulative, share) for share in (self.tail_, 1 - self.tail_)]
        return np.stack(bounds, axis=1)

    def chance_at_most(self, X: ArrayLike, value: float) -> Matrix:
        """Weight of the training values up to ``value``, shape ``(n_samples,)``."""
        return _reached(self._cumulative(X), np.searchsorted(self.y_, [value], side="right"))

    def depths(self, X: ArrayLike, y: Matrix) -> Matrix:
        r"""How deep each value lies in its distribution: :math:`\min(F(y), 1 - F(y^-))`.

        An interval with a tail up to that holds the value. 0 is outside of all that was learned.
        """
        cumulative = self._cumulative(X)
        below = _reached(cumulative, np.searchsorted(self.y_, y, side="left"))
        up_to = _reached(cumulative, np.searchsorted(self.y_, y, side="right"))
        return np.minimum(up_to, 1 - below)

    def weights(self, X: ArrayLike) -> Matrix:
        """Weight of each value of ``y_``, shape ``(n_samples, n_training_samples)``."""
        check_is_fitted(self)
        matrix = validate_data(self, X, reset=False)
        leaves = self.trees_.leaves(self.bins.levels(matrix))
        shared = _incidence(leaves, np.ones(leaves.size), self.sizes_.size) @ self._shares().T
        return np.asarray(shared.toarray()) / leaves.shape[1]

    def _shares(self) -> csr_array[np.float64, tuple[int, int]]:
        """What each training value has of each leaf, shape ``(n_training_samples, n_leaves)``."""
        return _incidence(self.leaves_, 1 / self.sizes_[self.leaves_.ravel()], self.sizes_.size)

    def _cumulative(self, X: ArrayLike) -> Matrix:
        return self.weights(X).cumsum(axis=1)

    def _quantiles(self, cumulative: Matrix, share: float) -> Matrix:
        reached = cumulative >= min(max(share, 2 * _HAIR), 1.0) - _HAIR
        return self.y_[reached.argmax(axis=1)]


def kept_tail(depths: Matrix, *, level: float) -> float:
    """Largest tail whose interval holds a share ``level`` of samples like these.

    With n depths, the :math:`k`-th smallest, :math:`k = \\lfloor (n + 1)(1 - p) \\rfloor`: the
    share is then at least :math:`p` for a further sample, if all are alike.
    """
    rank = int(np.floor((depths.size + 1) * (1 - level) + _HAIR))
    return 0.0 if rank < 1 else float(np.sort(depths)[rank - 1])


def _incidence(
    leaves: NDArray[np.intp], values: Matrix, n_leaves: int
) -> csr_array[np.float64, tuple[int, int]]:
    """One row per sample, with a value in the column of each leaf that it falls into."""
    starts = np.arange(0, leaves.size + 1, leaves.shape[1])
    return csr_array((values, leaves.ravel(), starts), shape=(len(leaves), n_leaves))


def _reached(cumulative: Matrix, number: NDArray[np.intp]) -> Matrix:
    """Weight of the first ``number[i]`` values of row i (of one number for all rows)."""
    padded = np.hstack([np.zeros((len(cumulative), 1)), cumulative])
    return padded[np.arange(len(padded)), np.broadcast_to(number, len(padded))]
