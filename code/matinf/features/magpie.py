"""Magpie's features of a formula: statistics over its elements' properties :cite:`ward2016`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matinf import datasets
from matinf.features.compositions import fraction_matrix
from matinf.features.formulas import SYMBOLS, FormulaError
from matinf.features.rows import listed
from matinf.features.statistics import property_statistics, stoichiometric_norms
from matinf.quantities import QUANTITIES, Quantity

PROPERTIES: tuple[str, ...] = (
    "Number",
    "MendeleevNumber",
    "AtomicWeight",
    "MeltingT",
    "Column",
    "Row",
    "CovalentRadius",
    "Electronegativity",
    "NsValence",
    "NpValence",
    "NdValence",
    "NfValence",
    "NValence",
    "NsUnfilled",
    "NpUnfilled",
    "NdUnfilled",
    "NfUnfilled",
    "NUnfilled",
    "GSvolume_pa",
    "GSbandgap",
    "GSmagmom",
    "SpaceGroupNumber",
)
"""The 22 properties of an element, in Magpie's order and by its names."""

STATISTICS: Mapping[str, tuple[str, str]] = {
    "minimum": ("minimum", r"\min {}"),
    "maximum": ("maximum", r"\max {}"),
    "range": ("range", r"\Delta {}"),
    "mean": ("mean", r"\overline{{{}}}"),
    "avg_dev": ("average deviation", r"\overline{{|\delta {}|}}"),
    "mode": ("most abundant element", r"\mathrm{{mode}}\,{}"),
}
"""Each statistic over the elements of a formula: how it is read, and its symbol."""

NORMS: tuple[int, ...] = (0, 2, 3, 5, 7, 10)
"""Orders p of the stoichiometric norms."""


def magpie_features(formulas: Iterable[str], *, stoichiometry: bool = True) -> pd.DataFrame:
    """Turn formulas into a matrix of numbers that depend on composition alone.

    Args:
        formulas: The formulas, ``n_samples`` of them; duplicates are kept.
        stoichiometry: Whether to append the six stoichiometric norms.

    Returns:
        Shape ``(n_samples, 138)``, or 132 without norms; columns such as ``"mean MeltingT"`` and
        ``"2-norm"``, in matminer's order. :func:`magpie_quantities` has their labels and units.

    Raises:
        FormulaError: naming the first formula, and its row, that cannot be read or that holds an
            element of which Magpie lacks a property (helium has no electronegativity).
        DatasetError: if the table of elements is missing or altered.
    """
    formulas = listed(formulas)
    fractions, properties = fraction_matrix(formulas), _property_table()
    if gaps := _gaps(fractions, properties):
        row, element, _ = gaps[0]
        lacking = [name for *where, name in gaps if where == [row, element]]
        what = ", ".join(lacking) if len(lacking) < len(PROPERTIES) else "any property"
        problem = f"Magpie does not know {what} of {element}; leave this formula out"
        raise FormulaError(formulas[row], problem, row)
    blocks = [property_statistics(fractions, properties)]
    if stoichiometry:
        blocks.append(stoichiometric_norms(fractions, orders=NORMS))
    names = list(magpie_quantities(stoichiometry=stoichiometry))
    return pd.DataFrame(np.hstack(blocks), columns=names)


def magpie_quantities(*, stoichiometry: bool = True) -> dict[str, Quantity]:
    """Name, label, symbol and unit of each column that :func:`magpie_features` makes.

    Args:
        stoichiometry: Whether the six stoichiometric norms are among them.

    Returns:
        The quantities by the names of the columns, in their order.
    """
    found = [
        Quantity(
            name=f"{statistic} {name}",
            label=f"{QUANTITIES[name].label}, {words}",
            symbol=symbol.format(QUANTITIES[name].symbol),
            unit=QUANTITIES[name].unit,
        )
        for name in PROPERTIES
        for statistic, (words, symbol) in STATISTICS.items()
    ]
    if stoichiometry:
        found += [_norm_quantity(order) for order in NORMS]
    return {quantity.name: quantity for quantity in found}


def formulas_without_data(formulas: Iterable[str]) -> pd.DataFrame:
    """List what Magpie does not know, so that a caller can leave those formulas out and say so.

    Args:
        formulas: The formulas, ``n_samples`` of them.

    Returns:
        One line per gap: ``row`` (counted from 0), ``formula``, ``element`` and ``property``.

    Raises:
        FormulaError: naming the first formula that cannot be read, and its row.
    """
    formulas = listed(formulas)
    gaps = [
        (row, formulas[row], element, name)
        for row, element, name in _gaps(fraction_matrix(formulas), _property_table())
    ]
    return pd.DataFrame(gaps, columns=["row", "formula", "element", "property"])


def _gaps(fractions: csr_array, properties: NDArray[np.float64]) -> list[tuple[int, str, str]]:
    """Row, element and property wherever a formula needs a property that is not known."""
    entries, columns = np.nonzero(np.isnan(properties[fractions.indices]))
    rows = np.searchsorted(fractions.indptr, entries, side="right") - 1
    elements = fractions.indices[entries]
    return [
        (int(row), SYMBOLS[element], PROPERTIES[column])
        for row, element, column in zip(rows, elements, columns, strict=True)
    ]


def _property_table() -> NDArray[np.float64]:
    """Properties of all 118 elements, shape ``(118, 22)``; NaN where Magpie has no value."""
    return _property_table_in(datasets.data_folder())


@lru_cache(maxsize=4)  # verifying the file takes as long as the features of a thousand formulas
def _property_table_in(folder: Path) -> NDArray[np.float64]:  # noqa: ARG001 (what it is kept by)
    """The table of one data folder, which ``load_elements`` finds by itself."""
    table = datasets.load_elements().reindex(index=list(SYMBOLS), columns=list(PROPERTIES))
    properties = table.to_numpy(dtype=float)
    properties.flags.writeable = False
    return properties


def _norm_quantity(order: int) -> Quantity:
    label = f"Stoichiometric {order}-norm" if order else "Number of elements"
    return Quantity(
        name=f"{order}-norm", label=label, symbol=rf"\lVert x \rVert_{{{order}}}", unit=""
    )
