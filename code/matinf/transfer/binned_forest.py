"""Forests over coarse features: small enough for a web page, and the same on any machine.

Every feature becomes a whole number from 0 to 255 first. A split is then two small whole numbers,
and no rounding of the last digit can send a sample to the other side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

Matrix = NDArray[np.float64]
Levels = NDArray[np.uint8]

LEVELS = 256
LEAF = 255
"""What stands in place of a feature's number where a tree ends."""
_SNAP = 1e-7  # levels: what lies on an edge but for rounding is lifted over it


@dataclass(frozen=True, kw_only=True, eq=False)
class Bins:
    r"""Even steps between the ends of each feature's range.

    :math:`b = \lfloor 255 \, (x - x_\min) / (x_\max - x_\min) + 1/2 \rfloor`, kept within
    0 and 255.

    Attributes:
        low: Lower ends, shape ``(n_features,)``, each in its feature's unit.
        high: Upper ends, same shape; a feature that never changes has both ends alike.
    """

    low: Matrix
    high: Matrix

    @classmethod
    def of(cls, *tables: Matrix) -> Bins:
        """The ranges of the columns of all tables, each of shape ``(n_samples, n_features)``."""
        low = np.min([table.min(axis=0) for table in tables], axis=0)
        high = np.max([table.max(axis=0) for table in tables], axis=0)
        return cls(low=low, high=high)

    def levels(self, X: Matrix) -> Levels:
        """Whole numbers from 0 to 255, shape ``(n_samples, n_features)``.

        Raises:
            ValueError: if ``X`` has another number of features.
        """
        if X.shape[1] != self.low.size:
            raise ValueError(f"expected {self.low.size} features, got {X.shape[1]}")
        width = np.where(self.high > self.low, self.high - self.low, 1.0)
        steps = np.floor((X - self.low) / width * (LEVELS - 1) + (0.5 + _SNAP))
        return np.clip(steps, 0, LEVELS - 1).astype(np.uint8)

    def beside(self, n_levels: int) -> Bins:
        """The same with further columns that hold levels already: they stay as they are."""
        return Bins(
            low=np.append(self.low, np.zeros(n_levels)),
            high=np.append(self.high, np.full(n_levels, LEVELS - 1.0)),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class CompactTrees:
    """Trees over levels, node after node; the left child of a split stands right behind it.

    Attributes:
        feature: Which feature a node asks for, :data:`LEAF` for none, shape ``(n_nodes,)``.
        threshold: A level up to this goes left; 0 at leaves; same shape.
        right: Number of the right child; a leaf's is its own; same shape.
        roots: Number of each tree's first node, shape ``(n_trees,)``.
    """

    feature: Levels
    threshold: Levels
    right: NDArray[np.intp]
    roots: NDArray[np.intp]

    @classmethod
    def of(cls, forest: Any) -> CompactTrees:
        """The trees of a fitted scikit-learn forest that was grown on levels."""
        trees = [tree.tree_ for tree in forest.estimators_]
        sizes = np.array([tree.node_count for tree in trees], dtype=np.intp)
        roots = np.append(0, sizes.cumsum())[:-1]
        number = np.arange(sizes.sum())
        split = np.concatenate([tree.children_left for tree in trees]) >= 0
        left = np.concatenate(
            [tree.children_left + root for tree, root in zip(trees, roots, strict=True)]
        )
        if not (left[split] == number[split] + 1).all():
            raise ValueError("expected trees whose nodes are numbered in depth-first order")
        right = np.concatenate(
            [tree.children_right + root for tree, root in zip(trees, roots, strict=True)]
        )
        asked = np.concatenate([tree.feature for tree in trees])
        edges = np.floor(np.concatenate([tree.threshold for tree in trees]))
        return cls(
            feature=np.where(split, asked, LEAF).astype(np.uint8),
            threshold=np.where(split, edges, 0).astype(np.uint8),
            right=np.where(split, right, number),
            roots=roots,
        )

    @property
    def n_leaves(self) -> int:
        """Leaves of all trees together."""
        return int((self.feature == LEAF).sum())

    def leaves(self, levels: Levels) -> NDArray[np.intp]:
        """Leaf of each sample in each tree, shape ``(n_samples, n_trees)``.

        Leaves are numbered from 0 as they stand, through all trees.
        """
        node = np.repeat(self.roots[None], len(levels), axis=0)
        row = np.arange(len(levels))[:, None]
        while (inside := (asked := self.feature[node]) != LEAF).any():
            level = levels[row, np.where(inside, asked, 0)]
            further = np.where(level <= self.threshold[node], node + 1, self.right[node])
            node = np.where(inside, further, node)
        return (self.feature == LEAF).cumsum()[node] - 1


class LevelForest(RegressorMixin, BaseEstimator):
    """Extra trees whose leaves say a level from 0 to 255: a small base model.

    Its outputs are latent variables, wanted for how they order compounds, not in any unit: each
    runs from its least leaf, 0, to its largest, 255.

    Args:
        bins: Ranges of the features.
        n_trees: Number of trees.
        min_samples_leaf: Fewest training samples in a leaf.
        random_state: Seed of the trees.

    Attributes:
        trees_: The trees.
        values_: Levels of the leaves, shape ``(n_leaves, n_outputs)``.
        n_features_in_: Number of features.
    """

    def __init__(
        self,
        bins: Bins,
        *,
        n_trees: int = 10,
        min_samples_leaf: int = 20,
        random_state: int | None = None,
    ) -> None:
        self.bins = bins
        self.n_trees = n_trees
        self.min_samples_leaf = min_samples_leaf
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Grow the trees.

        Args:
            X: Features, shape ``(n_samples, n_features)``, finite.
            y: Outputs, shape ``(n_samples, n_outputs)``, finite.
        """
        matrix, values = validate_data(self, X, y, multi_output=True, y_numeric=True)
        outputs = np.asarray(values, dtype=float).reshape(len(matrix), -1)
        levels = self.bins.levels(matrix)
        self.trees_ = grown(self, levels, outputs)
        leaves = self.trees_.leaves(levels)
        n_trees, n_leaves = leaves.shape[1], self.trees_.n_leaves
        sizes = np.bincount(leaves.ravel(), minlength=n_leaves)
        sums = [
            np.bincount(leaves.ravel(), weights=np.repeat(column, n_trees), minlength=n_leaves)
            for column in outputs.T
        ]
        means = np.stack(sums, axis=1) / sizes[:, None]
        self.values_ = Bins.of(means).levels(means)
        return self

    def predict(self, X: ArrayLike) -> Matrix:
        """Mean level over the trees, shape ``(n_samples, n_outputs)``."""
        check_is_fitted(self)
        matrix = validate_data(self, X, reset=False)
        leaves = self.trees_.leaves(self.bins.levels(matrix))
        return self.values_[leaves].mean(axis=1)


def grown(settings: Any, levels: Levels, y: Matrix) -> CompactTrees:
    """Extra trees over levels, a third of the features looked at in each split."""
    forest = ExtraTreesRegressor(
        settings.n_trees,
        max_features=0.3,
        min_samples_leaf=settings.min_samples_leaf,
        random_state=settings.random_state,
    )
    return CompactTrees.of(forest.fit(levels.astype(np.float32), y))
