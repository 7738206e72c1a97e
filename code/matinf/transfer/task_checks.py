"""Tasks as they come from a caller, and what is refused of them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.transfer.network import (
    Matrix,
)


class Task(Protocol):
    """What is asked of a source: features, targets and, where there are any, groups."""

    @property
    def X(self) -> NDArray[np.float64]:  # noqa: D102, N802
        ...

    @property
    def y(self) -> NDArray[np.float64]:  # noqa: D102
        ...

    @property
    def groups(self) -> NDArray[Any] | None:  # noqa: D102
        ...


def checked_task(
    X: ArrayLike, y: ArrayLike, groups: ArrayLike | None, *, name: str
) -> tuple[Matrix, Matrix, NDArray[Any] | None]:
    """Turn a task into a matrix of features, one of targets and a vector of groups, or none.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)`` or ``(n_samples, n_outputs)``.
        groups: Group of each sample, shape ``(n_samples,)``, if there are any.
        name: What an error calls the task.

    Raises:
        ValueError: if a shape is wrong, there are fewer than two samples, or a number is not
            finite; the message begins with ``name``.
    """
    features, targets = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    targets = targets[:, None] if targets.ndim == 1 else targets
    if features.ndim != 2 or targets.ndim != 2 or len(features) != len(targets):
        raise ValueError(
            f"{name}: expected X (n_samples, n_features) and y of as many rows, got "
            f"{features.shape} and {np.shape(y)}"
        )
    if len(features) < 2 or not features.shape[1] or not targets.shape[1]:
        raise ValueError(f"{name}: expected two samples or more, and columns, got {features.shape}")
    if not (np.isfinite(features).all() and np.isfinite(targets).all()):
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity: drop those rows")
    labels = None if groups is None else checked_groups(groups, len(features), name=name)
    return features, targets, labels


def checked_groups(groups: ArrayLike, n_samples: int, *, name: str) -> NDArray[Any]:
    """Turn groups into a vector, one per sample.

    Args:
        groups: Of any kind that can be compared.
        n_samples: How many there have to be.
        name: What an error calls the task.

    Raises:
        ValueError: if there are more or fewer.
    """
    labels = np.asarray(groups)
    if labels.shape != (n_samples,):
        raise ValueError(f"{name}: expected groups ({n_samples},), got {labels.shape}")
    return labels
