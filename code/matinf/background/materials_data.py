"""What makes materials data different, as counts: sparse, biased, low in quality.

Nothing here trains a model; what needs one is in :mod:`matinf.background.generalisation`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from matinf.features import element_fractions, fraction_matrix, parse_formula
from matinf.metrics import Interval, replicate_floor

# -- sparse ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """How many of all combinations of ``order`` elements stand together in some compound."""

    order: int
    n_elements: int
    seen: int

    @property
    def possible(self) -> int:
        """Number of combinations, ``n_elements`` choose ``order``."""
        return comb(self.n_elements, self.order)

    @property
    def share(self) -> float:
        """Share of the combinations that are seen, 0 to 1."""
        return self.seen / self.possible


def pair_counts(formulas: Iterable[str]) -> pd.DataFrame:
    r"""Count the compounds that hold two elements at once.

    :math:`C = P^\top P` with :math:`P_{ie} = 1` where compound :math:`i` holds element :math:`e`.

    Args:
        formulas: One formula per compound.

    Returns:
        Symmetric table, shape ``(n_elements, n_elements)``, of the elements that occur; the
        diagonal counts the compounds of each element.
    """
    present = _present(formulas)
    matrix = present.to_numpy().astype(np.int64)
    return pd.DataFrame(matrix.T @ matrix, index=present.columns, columns=present.columns)


def combination_coverage(formulas: Iterable[str], *, order: int) -> Coverage:
    """Count the combinations of ``order`` elements that ever stand in one compound.

    A compound of three elements shows three pairs and one triple.

    Args:
        formulas: One formula per compound.
        order: 2 for pairs, 3 for triples.

    Raises:
        ValueError: if ``order`` is below 1 or above the number of elements that occur.
    """
    present = _present(formulas)
    if not 1 <= order <= present.shape[1]:
        raise ValueError(f"order: expected 1 to {present.shape[1]} elements, got {order}")
    seen: set[tuple[int, ...]] = set()
    for row in present.to_numpy():
        seen.update(combinations(np.flatnonzero(row).tolist(), order))
    return Coverage(order=order, n_elements=present.shape[1], seen=len(seen))


# -- biased ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Emphasis:
    """How much oftener one set of compounds holds an element than another set does."""

    share: pd.Series  # of compounds that hold the element, by symbol
    reference_share: pd.Series
    ratio: pd.Series  # share / reference share, for the elements that occur in both sets

    def extremes(self, n: int, *, least_share: float = 0.02) -> tuple[list[str], list[str]]:
        """Symbols most over- and most under-represented, ``n`` of each, strongest first.

        Args:
            n: How many of each.
            least_share: Elements rarer than this in both sets are passed over.
        """
        common = (self.share >= least_share) | (self.reference_share >= least_share)
        ratio = self.ratio[common].sort_values(kind="stable")
        return list(ratio.index[::-1][:n]), list(ratio.index[:n])


def element_emphasis(formulas: Iterable[str], reference: Iterable[str]) -> Emphasis:
    r"""Compare the elements of two sets: :math:`r_e = p_e / q_e` for each element.

    Args:
        formulas: The compounds in question; :math:`p_e` is the share that hold element e.
        reference: The compounds to compare with; :math:`q_e` likewise.
    """
    share, base = (_present(f, every=True).mean() for f in (formulas, reference))
    both = (share > 0) & (base > 0)
    return Emphasis(share=share, reference_share=base, ratio=share[both] / base[both])


def share_of_most_reported(counts: ArrayLike, *, top: float = 0.1) -> float:
    """Share of all reports that fall to the ``top`` most reported compounds (0.1: a tenth).

    Args:
        counts: Reports of each compound, shape ``(n_compounds,)``.
        top: Share of the compounds, above 0 and at most 1.
    """
    if not 0 < top <= 1:
        raise ValueError(f"top: expected a share above 0 and up to 1, got {top}")
    ordered = np.sort(np.asarray(counts))[::-1]
    return float(ordered[: round(top * ordered.size)].sum() / ordered.sum())


def share_of_multiples(values: ArrayLike, *, step: float) -> float:
    """Share of the values that are whole multiples of ``step``: a sign of rounding."""
    ratio = np.asarray(values, dtype=float) / step
    return float(np.mean(np.abs(ratio - np.round(ratio)) < 1e-6))


def is_phosphate(formula: str) -> bool:
    """Whether a formula has the oxygen of a phosphate.

    That is three or more for each phosphorus, and enough charge for P(V) and for one electron of
    each other atom, which Na8PO3 lacks.
    """
    amounts = parse_formula(formula)
    oxygen, phosphorus = amounts.get("O", 0.0), amounts.get("P", 0.0)
    others = sum(amounts.values()) - oxygen - phosphorus
    return phosphorus > 0 and oxygen >= 3 * phosphorus and 2 * oxygen >= 5 * phosphorus + others


# -- low in quality ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Replicates:
    """Measurements of compositions that were reported more than once."""

    reports: pd.DataFrame  # composition (as first spelled), gap; replicated ones only
    floor: Interval  # mean absolute leave-one-out error
    errors: NDArray[np.float64]  # signed leave-one-out error of each of the reports

    @property
    def spreads(self) -> pd.Series:
        """Largest minus smallest report of each composition, largest first."""
        gaps = self.reports.groupby("composition")["gap"]
        return (gaps.max() - gaps.min()).sort_values(ascending=False, kind="stable")

    @property
    def counts(self) -> pd.Series:
        """Number of reports of each composition, largest first."""
        counts = self.reports["composition"].value_counts(sort=False)
        return counts.sort_values(ascending=False, kind="stable")  # ties alike on every processor


def replicates(formulas: Sequence[str], gaps: ArrayLike, *, rng: np.random.Generator) -> Replicates:
    """Find the compositions measured more than once, and how far their reports lie apart.

    Args:
        formulas: One formula per measurement; ``VO2`` and ``V2O4`` are one composition.
        gaps: Measured values, shape ``(n_measurements,)``.
        rng: Source of the bootstrap behind the interval.
    """
    table = pd.DataFrame({"composition": same_composition(formulas), "gap": np.asarray(gaps)})
    again = table[table.groupby("composition")["gap"].transform("size") > 1]
    again = again.reset_index(drop=True)
    floor = replicate_floor(again["composition"].to_numpy(), again["gap"], rng=rng)
    return Replicates(reports=again, floor=floor.mean_absolute_error, errors=floor.errors)


def same_composition(formulas: Sequence[str]) -> NDArray[Any]:
    """Spell each composition in one way: as it was spelled where it first occurred.

    Two formulas are one composition when their atomic fractions agree to six decimals.
    """
    fractions: csr_array[np.float64, tuple[int, int]] = fraction_matrix(formulas)
    rows = np.round(fractions.toarray(), 6)
    first, number = np.unique(rows, axis=0, return_index=True, return_inverse=True)[1:]
    return np.asarray(formulas, dtype=object)[first][number.ravel()]


def share_kept(reported: Iterable[str], kept: Iterable[str]) -> pd.Series:
    """Share of compositions that a table keeps, by how often they were reported.

    Args:
        reported: One formula per report, compositions repeated.
        kept: Formulas of the table.

    Returns:
        Share from 0 to 1 by number of reports, rising.
    """
    reported = list(reported)
    spelled = same_composition([*reported, *kept])  # together: the two may spell one differently
    n_reports = pd.Series(spelled[: len(reported)]).value_counts()
    in_table = n_reports.index.isin(spelled[len(reported) :])
    return pd.Series(in_table, n_reports.index).groupby(n_reports).mean()


def _present(formulas: Iterable[str], *, every: bool = False) -> pd.DataFrame:
    """Which compound holds which element, shape ``(n_compounds, n_elements)``, boolean."""
    present = element_fractions(formulas) > 0
    return present if every else present.loc[:, present.any()]
