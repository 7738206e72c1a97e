"""The stored studies of the latent variable, read as intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matinf.intervals import Interval
from matinf.repeats import corrected_interval
from matinf.studies import load_study
from matinf.transfer.evaluation import LearningCurves
from matinf.transfer.latent_variable_study import BEST, FOREST

_TEST_SHARE = 1 / 5


def learning_curves(method: str, *, column: str = "mae") -> LearningCurves:
    """Learning curves of one model under each source, from the study.

    Args:
        method: Name of the model.
        column: Which score: ``"mae"``, ``"mae_metals"``, ``"mae_gapped"``, ``"r2"`` and others
            of :func:`matinf.transfer.latent_variable_study.scores`.

    Returns:
        Curves named as the sources are.

    Raises:
        ValueError: if the study has no such model.
    """
    table = load_study("latent-variable-curve")
    rows = table[table["method"] == method]
    if rows.empty:
        known = sorted(table["method"].unique())
        raise ValueError(f"method: expected one of {known}, got {method!r}")
    sizes = np.sort(rows["n_train"].unique())
    errors = {
        str(source): of_source.pivot(index="repeat", columns="n_train", values=column).to_numpy()
        for source, of_source in rows.groupby("source", sort=False)
    }
    return LearningCurves(sizes=sizes.astype(np.intp), errors=errors, test_share=_TEST_SHARE)


def worth(curves: LearningCurves, source: str, size: int) -> Interval:
    """How many target samples without transfer reach the error of ``size`` with it.

    The curve without a source is read backwards, straight between its points on logarithmic
    axes; where it ends before it comes down so far, its last size stands for "so many or more".
    The interval is that of :func:`corrected_interval`, of the logarithm and its jackknife: what
    each repeat contributes is seen by leaving it out.

    Args:
        curves: Learning curves with ``source`` and ``"none"``, of two repeats or more.
        source: Name of the source.
        size: Number of target samples that the model with transfer has.

    Raises:
        ValueError: if the curves have no such source or size.
    """
    if source not in curves.errors or size not in curves.sizes:
        asked = f"{list(curves.errors)} and {curves.sizes.tolist()}"
        raise ValueError(f"expected a source and a size of {asked}, got {source!r} and {size}")
    column = int(np.flatnonzero(curves.sizes == size)[0])
    plain, reached = curves.errors["none"], curves.errors[source][:, column]
    estimate, n = _log_size_at(curves.sizes, plain, reached), len(plain)
    others = [np.delete(np.arange(n), k) for k in range(n)]
    left = np.array([_log_size_at(curves.sizes, plain[rows], reached[rows]) for rows in others])
    contributed = n * estimate - (n - 1) * left
    half = corrected_interval(contributed, test_share=curves.test_share).width / 2
    low, high = np.clip([estimate - half, estimate + half], *np.log(curves.sizes[[0, -1]]))
    return Interval(estimate=np.exp(estimate), low=np.exp(low), high=np.exp(high))


def _log_size_at(
    sizes: NDArray[np.intp], plain: NDArray[np.float64], reached: NDArray[np.float64]
) -> float:
    """Logarithm of the size at which the mean curve comes down to the mean of ``reached``."""
    falling = np.minimum.accumulate(plain.mean(axis=0))[::-1]
    return float(np.interp(np.log(reached.mean()), np.log(falling), np.log(sizes[::-1])))


@dataclass(frozen=True, kw_only=True)
class FoldStudy:
    """A study in which every row is one fold: scores of it, compared by fold.

    Attributes:
        table: Rows of the stored study.
    """

    table: pd.DataFrame

    def values(self, column: str = "mae", **where: str | int) -> pd.Series:
        """A score by repeat and fold, shape ``(n_folds,)``, of the rows that ``where`` describes.

        Raises:
            ValueError: if there is no such row, or more than one for a fold.
        """
        chosen = np.ones(len(self.table), dtype=bool)
        for key, value in where.items():
            chosen &= (self.table[key] == value).to_numpy()
        rows = self.table[chosen].set_index(["repeat", "fold"]).sort_index()
        if rows.empty or not rows.index.is_unique:
            raise ValueError(f"expected one row per fold, got {len(rows)} of {where}")
        return rows[column].astype(float)

    def interval(self, column: str = "mae", **where: str | int) -> Interval:
        """Mean over folds with the interval of :func:`corrected_interval`."""
        return corrected_interval(self.values(column, **where), test_share=_TEST_SHARE)

    def difference(
        self, this: dict[str, str], other: dict[str, str], column: str = "mae", **where: str | int
    ) -> Interval:
        """Score of ``this`` minus that of ``other`` on the folds of both; both share ``where``."""
        pairs = self.values(column, **where, **this) - self.values(column, **where, **other)
        return corrected_interval(pairs.dropna(), test_share=_TEST_SHARE)


def fold_study(name: str) -> FoldStudy:
    """One of the studies by fold: ``"latent-variable-folds"`` or ``"latent-variable-outputs"``."""
    return FoldStudy(table=load_study(name))


@dataclass(frozen=True, kw_only=True)
class Row:
    """A named interval of a table or figure.

    Attributes:
        name: What the row is about; rows of one name stand on one line.
        kind: Which of several marks on that line.
        interval: The number with its interval.
    """

    name: str
    kind: str
    interval: Interval


def source_changes(size: int) -> list[Row]:
    """Change of the error, eV, by each source: forest and best model, on other folds.

    Args:
        size: Target samples to learn from, 200 or 0 for all.
    """
    study, none = fold_study("latent-variable-folds"), {"source": "none"}
    return [
        Row(
            name=source,
            kind=method,
            interval=study.difference({"source": source}, none, method=method, size=size),
        )
        for source in ("all", "removed", "test removed", "cross-fitted")
        for method in (FOREST, BEST)
    ]


def output_errors() -> list[Row]:
    """Error, eV, of 200 gaps with one pair of latent variables or another, of both sources."""
    study = fold_study("latent-variable-outputs")
    order = study.table["latent"].drop_duplicates().tolist()
    rows = [
        Row(
            name=name.replace("_", " ").replace("seebeck", "Seebeck coefficient"),
            kind=source,
            interval=study.interval(source=source, latent=name),
        )
        for source in ("removed", "all")
        for name in order
    ]
    return sorted(rows, key=lambda row: row.interval.estimate)


def our_rows() -> list[Row]:
    """What this book reaches with all measured gaps, eV, on folds nothing was chosen on."""
    study = fold_study("latent-variable-folds")
    asked = (
        ("Ours: random forest", FOREST, "none"),
        ("Ours: best model", BEST, "none"),
        ("Ours: calculations of others", BEST, "removed"),
        ("Ours: all calculations", BEST, "all"),
    )
    return [
        Row(name=name, kind=source, interval=study.interval(source=source, method=method, size=0))
        for name, method, source in asked
    ]
