"""The book's data: loaded from small files, each verified before a number of it is used.

Nothing is downloaded here; ``data/README.md`` says where every row comes from, and
``matinf.verified`` how a file is checked.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matinf.verified import DatasetError, checksums, data_folder, load_table

__all__ = [
    "DatasetError",
    "checksums",
    "data_folder",
    "load_dft_transport",
    "load_elements",
    "load_experimental_gaps",
    "load_gap_task",
    "load_metals",
    "load_qm9_sample",
]


def load_experimental_gaps() -> pd.DataFrame:
    """Measured band gaps of non-metals :cite:`zhuo2018`, replicates kept.

    Returns:
        3,896 rows in the source's order; ``formula`` (text) and ``gap`` (eV, above 0).

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    return load_table("experimental_gaps.csv")


def load_metals() -> pd.DataFrame:
    """Compositions classified as metals :cite:`zhuo2018`: their gap is 0 by definition.

    Returns:
        2,458 rows; ``formula`` (text).

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    return load_table("metals.csv")


def load_dft_transport() -> pd.DataFrame:
    """Transport from PBE band structures :cite:`ricci2017`, for holes (p) and electrons (n).

    At 300 K and 10¹⁸ carriers per cm³; conductivities and power factor for a relaxation time
    of 1 fs. Units are those of :data:`matinf.quantities.QUANTITIES`.

    Returns:
        47,737 rows; ``material_id``, ``formula`` and, for p and n, ``seebeck``,
        ``conductivity``, ``thermal_conductivity``, ``power_factor``, ``effective_mass``.
        34,631 formulas: polymorphs of one formula are rows of their own.

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    return load_table("dft_transport.csv.xz")


def load_elements() -> pd.DataFrame:
    """Magpie's element properties :cite:`ward2016`, as tabulated: nothing is imputed.

    Returns:
        103 rows indexed by ``symbol`` in order of ``atomic_number`` (whole numbers), and the
        22 properties under Magpie's names as floats; NaN where Magpie has no value.

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    return load_table("elements.csv").set_index("symbol")


def load_qm9_sample() -> pd.DataFrame:
    """10,000 molecules drawn from QM9 :cite:`ramakrishnan2014`, B3LYP/6-31G(2df,p).

    Returns:
        10,000 rows in order of ``qm9_index``; ``smiles`` (text), ``homo``, ``lumo`` and
        ``homo_lumo_gap`` in Hartree.

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    return load_table("qm9_sample.csv.xz")


def load_gap_task(*, max_spread: float = 0.1) -> pd.DataFrame:
    """One gap per composition: the public benchmark's recipe :cite:`dunn2020`, done anew.

    All reports are put together, the metals with a gap of 0. Formulas that are the same
    composition (``VO2`` and ``V2O4``) become one. A composition whose reports span more than
    ``max_spread`` is dropped; elsewhere the report nearest their mean is taken, the first of
    two equally near.

    Args:
        max_spread: Largest allowed difference between two reports of a composition, eV, not
            negative. Differences are compared to 1e-9 eV, so that 1.6 - 1.5 is 0.1 here.

    Returns:
        One row per composition, in the source's order, non-metals before metals: 4,619 rows,
        2,449 of them metals, where the benchmark has 4,604;
        ``formula`` as reported (text) and ``gap`` (eV, 0 for metals).

    Raises:
        DatasetError: if a file is missing, altered or of another type.
        ValueError: if ``max_spread`` is negative or not a number.
    """
    if not max_spread >= 0:
        raise ValueError(f"max_spread must be 0 eV or more, got {max_spread}")
    reports = pd.concat([load_experimental_gaps(), load_metals().assign(gap=0.0)])
    reports = reports.reset_index(drop=True)
    gaps = reports.groupby(_composition_numbers(reports["formula"]), sort=False)["gap"]
    spread = gaps.transform("max") - gaps.transform("min")
    off_mean = (reports["gap"] - gaps.transform("mean")).abs().round(9)
    nearest = off_mean.groupby(gaps.ngroup()).idxmin()
    kept = (spread <= max_spread + 1e-9) & reports.index.isin(nearest)
    return reports[kept].reset_index(drop=True)


def _composition_numbers(formulas: pd.Series[str]) -> NDArray[np.int64]:
    """A number per formula, the same where the atomic fractions are (to six decimals)."""
    from matinf.features.formulas import parse_formula  # features load the element table

    numbers: dict[frozenset[tuple[str, float]], int] = {}
    found = []
    for formula in formulas:
        amounts = parse_formula(formula)
        total = sum(amounts.values())
        fractions = frozenset((element, round(x / total, 6)) for element, x in amounts.items())
        found.append(numbers.setdefault(fractions, len(numbers)))
    return np.array(found)
