"""Samples that deserve a question: the lonely, the surprising, and the misprinted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from matinf.features import parse_formula


def neighbour_check(X: ArrayLike, y: ArrayLike, *, n_neighbours: int = 5) -> pd.DataFrame:
    """How far each sample is from its neighbours, and how far its target is from theirs.

    Distances are between standardised features.

    Args:
        X: Features, shape ``(n_samples, n_features)``, finite.
        y: Target, shape ``(n_samples,)``.
        n_neighbours: How many nearest samples are asked.

    Returns:
        Per sample: ``distance`` (mean to its neighbours, in standard deviations of a feature
        added in quadrature), ``expected`` (median target of the neighbours) and ``surprise``
        (target minus expected).

    Raises:
        ValueError: if the lengths differ or there are too few samples.
    """
    scaled, target = StandardScaler().fit_transform(X), np.asarray(y, dtype=float)
    if target.shape != (len(scaled),):
        raise ValueError(f"expected {len(scaled)} targets, got shape {target.shape}")
    found = NearestNeighbors(n_neighbors=n_neighbours).fit(scaled).kneighbors()
    expected = np.median(target[found[1]], axis=1)
    return pd.DataFrame(
        {"distance": found[0].mean(axis=1), "expected": expected, "surprise": target - expected}
    )


def misread_symbols(reports: pd.DataFrame, *, swaps: Mapping[str, str]) -> pd.DataFrame:
    """Find formulas that, with one symbol read otherwise, repeat another's measured gap.

    Args:
        reports: ``formula`` and ``gap`` (eV), one row per measurement.
        swaps: Symbol as written, and as it might have been meant: ``{"Sc": "Se"}``.

    Returns:
        One row per suspicion: ``written``, ``meant`` and their common ``gap`` (eV).

    Raises:
        FormulaError: if a formula cannot be read.
    """
    known = reports.groupby("formula")["gap"].agg(set)
    rows = []
    for formula, gap in reports.itertuples(index=False):
        for symbol, other in swaps.items():
            meant = formula.replace(symbol, other) if symbol in parse_formula(formula) else formula
            if meant != formula and gap in known.get(meant, ()):
                rows.append((formula, meant, gap))
    return pd.DataFrame(rows, columns=["written", "meant", "gap"])
