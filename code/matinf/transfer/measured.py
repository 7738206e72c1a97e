"""The measured compounds as neighbours of a new one: how near they are, and how near is near."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from matinf.datasets import load_experimental_gaps, load_gap_task, load_metals
from matinf.transfer.binned_forest import LEVELS, Levels, Matrix
from matinf.transfer.tasks import composition_keys

FAR_SHARE = 0.99
"""A new compound is far if it is lonelier than this share of the measured ones."""
_EVERY = 4  # of many compounds, as many are asked for their neighbours


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredGaps:
    """Every composition whose gap was reported, one row each.

    Those of the target task come first, in its order; then those that the task leaves out since
    their reports differ.

    Attributes:
        formulas: As reported, shape ``(n_compounds,)``.
        low: Smallest report, eV, same shape.
        high: Largest report, eV, same shape; in the task it is ``low``.
        n_reports: Number of reports behind them, same shape; a composition of the task counts 1.
        n_task: How many compounds belong to the task.
    """

    formulas: NDArray[np.str_]
    low: Matrix
    high: Matrix
    n_reports: NDArray[np.intp]
    n_task: int


@cache
def measured_gaps() -> MeasuredGaps:
    """All measured compositions of :func:`matinf.datasets.load_gap_task` and those it drops."""
    task = load_gap_task()
    gaps, metals = load_experimental_gaps(), load_metals()
    formulas = [*gaps["formula"], *metals["formula"]]
    values = np.append(gaps["gap"].to_numpy(dtype=float), np.zeros(len(metals)))
    keys = composition_keys(formulas)
    dropped = ~np.isin(keys, composition_keys(task["formula"]))
    _, first, inverse, counts = np.unique(
        keys[dropped], return_index=True, return_inverse=True, return_counts=True
    )
    low, high = np.full(first.size, np.inf), np.full(first.size, -np.inf)
    np.minimum.at(low, inverse, values[dropped])
    np.maximum.at(high, inverse, values[dropped])
    order = np.argsort(first)
    kept = task["gap"].to_numpy(dtype=float)
    names = np.array(formulas, dtype=str)[dropped][first[order]]
    return MeasuredGaps(
        formulas=np.append(task["formula"].to_numpy(dtype=str), names),
        low=np.append(kept, low[order]),
        high=np.append(kept, high[order]),
        n_reports=np.append(np.ones(len(task), dtype=np.intp), counts[order]),
        n_task=len(task),
    )


def distances(levels: Levels, others: Levels) -> Matrix:
    r"""How far compounds are from others, in hundredths of the features' ranges.

    :math:`d_{ij} = \frac{100}{255 \, m} \sum_k |b_{ik} - b_{jk}|` over the m features, each in
    levels from 0 to 255 of its range :cite:`gower1971`.

    Args:
        levels: Levels of the features, shape ``(n_samples, n_features)``.
        others: The same of the others, shape ``(n_others, n_features)``.

    Returns:
        Shape ``(n_samples, n_others)``, from 0 to 100.
    """
    total = cdist(levels.astype(float), others.astype(float), metric="cityblock")
    return np.asarray(total) * (100 / ((LEVELS - 1) * levels.shape[1]))


def far_limit(levels: Levels) -> float:
    """Distance to the nearest other that a share :data:`FAR_SHARE` of compounds does not exceed.

    Of more than a thousand compounds every fourth is asked.

    Args:
        levels: Levels of their features, shape ``(n_samples, n_features)``.
    """
    asked = np.arange(0, len(levels), 1 if len(levels) <= 1000 else _EVERY)
    apart = distances(levels[asked], levels)
    apart[np.arange(asked.size), asked] = np.inf
    return float(np.quantile(apart.min(axis=1), FAR_SHARE))
