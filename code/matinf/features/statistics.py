"""Statistics over the elements of each formula, for all formulas at once.

Formulas are rows of a sparse matrix that keeps one entry per element of each formula, formula
after formula. What is needed of an entry, such as a property of its element, stands in an array
as long as there are entries, and ``ufunc.reduceat`` folds the entries of each formula together.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array


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

    Raises:
        ValueError: if the shapes do not fit or a row is empty.
    """
    if properties.ndim != 2 or len(properties) != fractions.shape[1]:
        raise ValueError(f"shapes {fractions.shape} and {properties.shape} do not fit")
    first = _first_entries(fractions)
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


def stoichiometric_norms(fractions: csr_array, *, orders: Iterable[int]) -> NDArray[np.float64]:
    r"""Norms of the atomic fractions, which tell a pure element from an even mixture.

    :math:`\lVert x \rVert_p = \bigl(\sum_j x_j^p\bigr)^{1/p}`, and for :math:`p = 0` the number of
    elements.

    Args:
        fractions: Atomic fractions, shape ``(n_samples, n_elements)``, no row empty.
        orders: The orders p, each 0 or at least 1.

    Returns:
        Shape ``(n_samples, n_orders)``, without unit.

    Raises:
        ValueError: if an order has no norm or a row is empty.
    """
    x, first = fractions.data, _first_entries(fractions)
    norms = np.empty((len(first), len(orders := list(orders))))
    for column, p in enumerate(orders):
        if p != 0 and p < 1:
            raise ValueError(f"expected orders of 0 or at least 1, found {p}")
        norms[:, column] = np.add.reduceat(x**p, first) ** (1 / (p or 1))  # x**0 counts elements
    return norms


def _first_entries(fractions: csr_array) -> NDArray[np.intp]:
    """Where the entries of each row begin; ``reduceat`` cannot tell an empty row from the next."""
    if (np.diff(fractions.indptr) == 0).any():
        raise ValueError("expected at least one element per row, found an empty row")
    return fractions.indptr[:-1]
