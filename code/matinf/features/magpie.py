"""Magpie's features of a formula: statistics over its elements' properties :cite:`ward2016`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from matinf import datasets
from matinf.features.formulas import SYMBOLS, FormulaError, fraction_matrix
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
    formulas = formulas if isinstance(formulas, str) else list(formulas)
    fractions = fraction_matrix(formulas)
    properties = _property_table()
    for entry in _gaps(fractions, properties).itertuples():
        problem = f"Magpie has no {entry.property} of {entry.element}; leave this formula out"
        raise FormulaError(formulas[entry.row], problem, entry.row)
    blocks = [property_statistics(fractions, properties)]
    if stoichiometry:
        blocks.append(stoichiometric_norms(fractions))
    names = list(magpie_quantities(stoichiometry=stoichiometry))
    return pd.DataFrame(np.hstack(blocks), columns=names)


def property_statistics(
    fractions: csr_array, properties: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Six statistics of every property over the elements of every formula.

    With :math:`x_j` the fraction of element :math:`j` in a formula and :math:`t_j` its property:
    :math:`\min t_j`, :math:`\max t_j`, their difference, the mean :math:`\bar t = \sum_j x_j t_j`,
    the average deviation :math:`\sum_j x_j |t_j - \bar t|`, and the mode, which is the property of
    the most abundant element (the smallest one, where several are equally abundant).

    Args:
        fractions: Atomic fractions, shape ``(n_samples, n_elements)``, no row empty.
        properties: Properties, shape ``(n_elements, n_properties)``, each in its own unit.

    Returns:
        Shape ``(n_samples, 6 * n_properties)``, the statistics of one property side by side.
    """
    first = fractions.indptr[:-1]  # where each formula's entries begin: one entry per element of it
    formula = np.repeat(np.arange(len(first)), np.diff(fractions.indptr))
    x = fractions.data[:, None]
    t = properties[fractions.indices]

    minimum = np.minimum.reduceat(t, first)
    maximum = np.maximum.reduceat(t, first)
    mean = np.add.reduceat(x * t, first)
    avg_dev = np.add.reduceat(x * np.abs(t - mean[formula]), first)
    abundant = np.isclose(x, np.maximum.reduceat(x, first)[formula])
    mode = np.minimum.reduceat(np.where(abundant, t, np.inf), first)

    statistics = [minimum, maximum, maximum - minimum, mean, avg_dev, mode]
    return np.stack(statistics, axis=2).reshape(len(first), 6 * t.shape[1])


def stoichiometric_norms(
    fractions: csr_array, *, orders: Iterable[int] = NORMS
) -> NDArray[np.float64]:
    r"""Norms of the atomic fractions, which tell a pure element from an even mixture.

    :math:`\lVert x \rVert_p = \bigl(\sum_j x_j^p\bigr)^{1/p}`, and for :math:`p = 0` the number of
    elements.

    Args:
        fractions: Atomic fractions, shape ``(n_samples, n_elements)``, no row empty.
        orders: The orders p, none negative.

    Returns:
        Shape ``(n_samples, n_orders)``, without unit.
    """
    x, first = fractions.data, fractions.indptr[:-1]
    norms = [
        np.add.reduceat(x**p, first) ** (1 / p) if p else np.diff(fractions.indptr).astype(float)
        for p in orders
    ]
    return np.column_stack(norms)


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
    formulas = formulas if isinstance(formulas, str) else list(formulas)
    gaps = _gaps(fraction_matrix(formulas), _property_table())
    gaps.insert(1, "formula", [formulas[row] for row in gaps["row"]])
    return gaps


def _gaps(fractions: csr_array, properties: NDArray[np.float64]) -> pd.DataFrame:
    """Row, element and property wherever a formula needs a property that is not known."""
    entry, column = np.nonzero(np.isnan(properties[fractions.indices]))
    row = np.searchsorted(fractions.indptr, entry, side="right") - 1
    element = np.array(SYMBOLS)[fractions.indices[entry]]
    return pd.DataFrame({"row": row, "element": element, "property": np.array(PROPERTIES)[column]})


def _property_table() -> NDArray[np.float64]:
    """Properties of all 118 elements, shape ``(118, 22)``; NaN where Magpie has no value."""
    table = datasets.load_elements().reindex(index=list(SYMBOLS), columns=list(PROPERTIES))
    return table.to_numpy(dtype=float)


def _norm_quantity(order: int) -> Quantity:
    label = f"Stoichiometric {order}-norm" if order else "Number of elements"
    return Quantity(
        name=f"{order}-norm", label=label, symbol=rf"\lVert x \rVert_{{{order}}}", unit=""
    )
