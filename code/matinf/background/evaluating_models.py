"""What an error depends on first: the way in which data were held back.

Leaks are made to happen in :mod:`matinf.background.leakage`; baselines and metrics are in
:mod:`matinf.background.scores`; uncertainties are judged in
:mod:`matinf.background.forest_spread`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from matinf.background.materials_data import same_composition
from matinf.features import element_fractions
from matinf.intervals import Interval
from matinf.repeats import corrected_interval
from matinf.splits import Split, chemical_systems, composition_clusters, grouped_folds

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


def relatives(
    X: Matrix, formulas: Sequence[str], *, rng: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Say which measurements belong together, in four ways from the narrowest to the widest.

    Args:
        X: Features, shape ``(n_measurements, n_features)``.
        formulas: Formula of each measurement; replicates are rows of their own.
        rng: Source of the clusters' starting centres.

    Returns:
        For each way the group of every measurement.
    """
    return {
        "rows": np.arange(len(X)),
        "compositions": same_composition(formulas),
        "chemical systems": chemical_systems(element_fractions(formulas)),
        "clusters": composition_clusters(X, n_clusters=30, rng=rng),
    }


def hold_back(
    groups: Mapping[str, NDArray[Any]], fractions: pd.DataFrame, *, rng: np.random.Generator
) -> dict[str, Split]:
    """Hold back about a fifth of the measurements, by each kind of group and by element.

    Args:
        groups: From :func:`relatives`.
        fractions: Element fractions, shape ``(n_measurements, n_elements)``.
        rng: Source of every choice.

    Returns:
        For each way its row numbers ``(train, test)``.
    """
    splits = {name: next(grouped_folds(group, rng=rng)) for name, group in groups.items()}
    return splits | {"elements": hold_back_elements(fractions, share=0.2, rng=rng)}


def hold_back_elements(fractions: pd.DataFrame, *, share: float, rng: np.random.Generator) -> Split:
    """Hold back every compound of some elements, drawn at random up to ``share`` of the rows.

    Args:
        fractions: Element fractions, shape ``(n_samples, n_elements)``.
        share: Largest share of the rows to test on; an element that would pass it is skipped.
        rng: Source of the order in which elements are drawn.

    Raises:
        ValueError: if every element is in more than ``share`` of the rows.
    """
    present = fractions.to_numpy() > 0
    test = np.zeros(len(present), dtype=bool)
    for element in rng.permutation(present.shape[1]):
        wider = test | present[:, element]
        test = wider if wider.mean() <= share else test
    if not test.any():
        raise ValueError(f"no element is in {share:.0%} of the rows or fewer")
    return np.flatnonzero(~test), np.flatnonzero(test)


@dataclass(frozen=True, kw_only=True)
class SplitErrors:
    """One model's mean absolute errors under several ways of holding back, unit of the target."""

    errors: pd.DataFrame  # (n_repeats, n_ways): all measurements held back
    replicated: pd.DataFrame  # the same: only those whose composition was measured repeatedly
    r2: pd.DataFrame  # (n_repeats, n_ways)
    test_share: pd.Series  # by way, mean over repeats

    @property
    def ways(self) -> list[str]:
        """The ways of holding back, kindest question first."""
        return [str(way) for way in self.errors]

    def interval(self, way: str, *, of: str = "errors") -> Interval:
        """Corrected 95% interval of the error (``of`` names another table) for one way."""
        return corrected_interval(getattr(self, of)[way], test_share=self.test_share[way])

    def difference(self, way: str, other: str, *, of: str = "errors") -> Interval:
        """Corrected 95% interval of ``way`` minus ``other``, repeat by repeat.

        The two hold back different rows, so that nothing cancels as it would in pairs.
        """
        values = getattr(self, of)[way] - getattr(self, of)[other]
        share = max(self.test_share[way], self.test_share[other])
        return corrected_interval(values, test_share=share)


def compare_splits(
    X: Matrix,
    y: Vector,
    formulas: Sequence[str],
    *,
    n_repeats: int,
    rng: np.random.Generator,
    n_trees: int = 20,
) -> SplitErrors:
    """Train and test one kind of forest on the same measurements, held back in five ways.

    Args:
        X: Features, shape ``(n_measurements, n_features)``.
        y: Measured values, shape ``(n_measurements,)``.
        formulas: Formula of each measurement.
        n_repeats: How often everything is drawn anew.
        rng: Source of the splits and the forests.
        n_trees: Trees per forest.
    """
    groups, fractions = relatives(X, formulas, rng=rng), element_fractions(formulas)
    again = pd.Series(groups["compositions"]).duplicated(keep=False).to_numpy()
    rows = []
    for repeat in range(n_repeats):
        for way, (train, test) in hold_back(groups, fractions, rng=rng).items():
            model = RandomForestRegressor(n_trees, max_features="sqrt", random_state=seed(rng))
            error = y[test] - model.fit(X[train], y[train]).predict(X[test])
            size, both = np.abs(error), again[test]
            r2 = 1 - np.mean(error**2) / np.var(y[test])
            share = test.size / y.size
            rows.append((repeat, way, size.mean(), size[both].mean(), r2, share))
    columns = ["repeat", "way", "errors", "replicated", "r2", "share"]
    table = pd.DataFrame(rows, columns=columns)
    ways = list(dict.fromkeys(table["way"]))
    wide = {
        name: table.pivot(index="repeat", columns="way", values=name)[ways]
        for name in ("errors", "replicated", "r2")
    }
    return SplitErrors(**wide, test_share=table.groupby("way")["share"].mean())


def seed(rng: np.random.Generator) -> int:
    """Draw a seed for a model that takes a whole number."""
    return int(rng.integers(2**32))
