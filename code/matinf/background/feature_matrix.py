"""A feature matrix before any model sees it: its rows, its columns, and who repeats whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import average, fcluster, leaves_list
from scipy.spatial.distance import squareform

from matinf.features import element_fractions


def one_per_composition(reports: pd.DataFrame, *, decimals: int = 6) -> pd.DataFrame:
    """Gather the reports of each composition: ``VO2`` and ``V2O4`` are one.

    Args:
        reports: ``formula`` and ``gap`` (eV), one row per measurement.
        decimals: Two compositions are one where their atomic fractions agree to so many.

    Returns:
        One row per composition, in order of first report: ``formula`` (as first written),
        ``gap`` (mean of its reports, eV), ``n_reports`` and ``spread`` (largest minus smallest
        report, eV).

    Raises:
        FormulaError: if a formula cannot be read.
    """
    fractions = element_fractions(reports["formula"]).round(decimals)
    composition = pd.util.hash_pandas_object(fractions, index=False).to_numpy()
    groups = reports.groupby(composition, sort=False)
    gaps = groups["gap"]
    return pd.DataFrame(
        {
            "formula": groups["formula"].first(),
            "gap": gaps.mean(),
            "n_reports": gaps.size(),
            "spread": gaps.max() - gaps.min(),
        }
    ).reset_index(drop=True)


@dataclass(frozen=True, kw_only=True)
class MatrixAudit:
    """What there is to know about a feature matrix before any model sees it."""

    n_samples: int
    n_features: int
    n_missing: int
    constant: tuple[str, ...]
    nearly_constant: tuple[str, ...]  # one value in all but a few samples
    copies: tuple[tuple[str, str], ...]  # pairs with |correlation| 1 over rows without holes
    rank: int  # number of columns that are not linear combinations of others
    n_repeated_rows: int


def matrix_audit(X: pd.DataFrame, *, few: int = 5) -> MatrixAudit:
    """Count what a practitioner looks for first in a feature matrix.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        few: A column is nearly constant where at most so many samples differ from its most
            frequent value, and at least one does.

    Raises:
        ValueError: if there are fewer than two samples.
    """
    if len(X) < 2:
        raise ValueError(f"expected two samples or more, got {len(X)}")
    rounded = X.round(9)
    different = len(X) - rounded.apply(lambda column: column.value_counts().iloc[0])
    complete = X.dropna()
    varying = complete.loc[:, complete.max() > complete.min()]
    correlation = np.corrcoef(varying, rowvar=False)
    first, second = np.nonzero(np.triu(np.abs(correlation) > 1 - 1e-9, k=1))
    names = varying.columns
    return MatrixAudit(
        n_samples=len(X),
        n_features=X.shape[1],
        n_missing=int(X.isna().to_numpy().sum()),
        constant=tuple(X.columns[different == 0]),
        nearly_constant=tuple(X.columns[(different > 0) & (different <= few)]),
        copies=tuple((names[i], names[j]) for i, j in zip(first, second, strict=True)),
        rank=int(np.linalg.matrix_rank(correlation, hermitian=True, tol=1e-9)),
        n_repeated_rows=int(rounded.duplicated().sum()),
    )


@dataclass(frozen=True, kw_only=True)
class CorrelationClusters:
    """Columns that tell nearly the same, found together."""

    correlation: pd.DataFrame  # |Spearman|, columns in the order of the tree's leaves
    clusters: tuple[tuple[str, ...], ...]  # largest first

    def containing(self, column: str) -> tuple[str, ...]:
        """All columns of the cluster that holds ``column``.

        Raises:
            KeyError: if no cluster holds it.
        """
        for cluster in self.clusters:
            if column in cluster:
                return cluster
        raise KeyError(column)

    def representatives(self) -> list[str]:
        """One column per cluster: the one most correlated, on average, with its companions."""
        return [
            str(self.correlation.loc[list(cluster), list(cluster)].mean().idxmax())
            for cluster in self.clusters
        ]


def correlation_clusters(X: pd.DataFrame, *, threshold: float = 0.8) -> CorrelationClusters:
    r"""Gather columns whose ranks go together: average linkage on :math:`1 - |\rho|`.

    Spearman's :math:`\rho` is the correlation of ranks: what a tree sees of a column is its
    order, and nothing else.

    Args:
        X: Features, shape ``(n_samples, n_features)``; constant columns are left out.
        threshold: Mean :math:`|\rho|` between two groups from which on they are one.

    Raises:
        ValueError: if the threshold is not between 0 and 1.
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold: expected a number between 0 and 1, got {threshold}")
    varying = X.loc[:, X.max() > X.min()]
    names = np.array(varying.columns)
    rho = np.abs(np.corrcoef(varying.rank(), rowvar=False))
    distance = np.clip(1 - rho, 0, None)
    np.fill_diagonal(distance, 0)
    tree = average(squareform(distance, checks=False))
    order = leaves_list(tree)
    labels = fcluster(tree, 1 - threshold, criterion="distance")
    clusters = (tuple(names[order][labels[order] == label]) for label in np.unique(labels))
    return CorrelationClusters(
        correlation=pd.DataFrame(rho, names, names).iloc[order, order],
        clusters=tuple(sorted(clusters, key=lambda cluster: (-len(cluster), cluster))),
    )


def impossible_rows(X: pd.DataFrame, columns: Iterable[str]) -> NDArray[np.bool_]:
    """Which rows describe no compound: a mean or a mode outside of minimum and maximum.

    Args:
        X: Magpie features, some of them shuffled.
        columns: The names of the properties to check, such as ``"Electronegativity"``.

    Returns:
        True where a row contradicts itself, shape ``(n_samples,)``.
    """
    wrong = np.zeros(len(X), dtype=bool)
    for name in columns:
        low, high = X[f"minimum {name}"] - 1e-9, X[f"maximum {name}"] + 1e-9
        for statistic in ("mean", "mode"):
            wrong |= ~X[f"{statistic} {name}"].between(low, high).to_numpy(dtype=bool)
        wrong |= np.abs(np.asarray(high - low - X[f"range {name}"])) > 1e-6
    return wrong
