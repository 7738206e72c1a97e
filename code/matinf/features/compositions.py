"""Many formulas as one sparse matrix of atomic fractions."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from matinf.features.formulas import SYMBOLS, parse_formula
from matinf.features.rows import listed

_COLUMN = {symbol: column for column, symbol in enumerate(SYMBOLS)}


def fraction_matrix(formulas: Iterable[str]) -> csr_array[np.float64, tuple[int, int]]:
    r"""Write formulas as a sparse matrix of atomic fractions, one row each.

    :math:`x_{ij} = n_{ij} / \sum_k n_{ik}`, with :math:`n_{ij}` the amount of element :math:`j`
    in formula :math:`i`.

    Args:
        formulas: The formulas, ``n_samples`` of them; duplicates are kept.

    Returns:
        Fractions, shape ``(n_samples, 118)``, columns as in ``SYMBOLS``; each row sums to 1.

    Raises:
        FormulaError: naming the first formula that cannot be read, and its row.
        TypeError: if given one string in place of a sequence of them.
    """
    parsed = [parse_formula(formula, row=row) for row, formula in enumerate(listed(formulas))]
    starts = np.cumsum([0, *map(len, parsed)])
    columns = np.array([_COLUMN[symbol] for amounts in parsed for symbol in amounts], dtype=int)
    amounts = np.array([amount for amounts in parsed for amount in amounts.values()], dtype=float)
    matrix = csr_array((amounts, columns, starts), shape=(len(parsed), len(SYMBOLS)))
    matrix.sort_indices()  # by atomic number: the order of writing must not change a single bit
    matrix.data /= np.repeat(matrix.sum(axis=1), np.diff(starts))
    return matrix


def element_fractions(formulas: Iterable[str]) -> pd.DataFrame:
    """Atomic fraction of every element in each formula, as :func:`fraction_matrix` defines it.

    Args:
        formulas: The formulas, ``n_samples`` of them.

    Returns:
        Fractions, shape ``(n_samples, 118)``, one column per symbol in order of atomic number.

    Raises:
        FormulaError: naming the first formula that cannot be read, and its row.
    """
    return pd.DataFrame(fraction_matrix(formulas).toarray(), columns=list(SYMBOLS))
