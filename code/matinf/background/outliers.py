"""Samples that deserve a question: the lonely, the surprising, and the misprinted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

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


def counterparts(formulas: Iterable[str], *, swaps: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs of formulas, both in the table, of which one is the other with a symbol swapped.

    Args:
        formulas: All formulas, in any order; repeats are ignored.
        swaps: Symbol of the first, and of the second in its place: ``{"Sc": "Se"}``.

    Raises:
        FormulaError: if a formula cannot be read.
    """
    known = dict.fromkeys(formulas)
    pairs = (
        (formula, re.sub(f"{symbol}(?![a-z])", other, formula))
        for formula in known
        for symbol, other in swaps.items()
        if symbol in parse_formula(formula)
    )
    return [(written, meant) for written, meant in pairs if meant in known]


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
    gaps = reports.groupby("formula")["gap"].agg(set)
    rows = [
        (written, meant, gap)
        for written, meant in counterparts(reports["formula"], swaps=swaps)
        for gap in sorted(gaps[written] & gaps[meant])
    ]
    return pd.DataFrame(rows, columns=["written", "meant", "gap"])
