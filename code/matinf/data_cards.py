"""What a table holds, in numbers: for its data card, and for a first look at any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from matinf import datasets
from matinf.quantities import QUANTITIES

LOADERS: Mapping[str, Callable[[], pd.DataFrame]] = MappingProxyType(
    {
        "experimental_gaps.csv": datasets.load_experimental_gaps,
        "metals.csv": datasets.load_metals,
        "dft_transport.csv.xz": datasets.load_dft_transport,
        "elements.csv": datasets.load_elements,
        "qm9_sample.csv.xz": datasets.load_qm9_sample,
    }
)
"""The loader of each file of ``data/``."""


def overview() -> pd.DataFrame:
    """Every file of ``data/`` as its loader reads it.

    Returns:
        One row per file, indexed by its name: rows and columns as loaded, the share of fields
        that are missing (%), and the size on disk (kB of 1,000 bytes).

    Raises:
        DatasetError: if a file is missing, altered or of another type.
    """
    tables = {name: load() for name, load in LOADERS.items()}
    sizes = {name: (datasets.data_folder() / name).stat().st_size for name in tables}
    columns = {
        "Rows": {name: len(table) for name, table in tables.items()},
        "Columns": {name: table.shape[1] for name, table in tables.items()},
        "Missing (%)": {
            name: 100 * table.isna().to_numpy().mean() for name, table in tables.items()
        },
        "Size (kB)": {name: size / 1000 for name, size in sizes.items()},
    }
    return pd.DataFrame(columns)


def describe_columns(table: pd.DataFrame) -> pd.DataFrame:
    """What each column of a table holds.

    Args:
        table: Any table whose columns are known to :data:`matinf.quantities.QUANTITIES`.

    Returns:
        One row per column, indexed by its name: unit, number of missing values, number of
        different values; least value, median and largest in that unit (NaN for text).

    Raises:
        KeyError: if a column is not in ``QUANTITIES``.
    """
    numbers = table.select_dtypes("number")
    return pd.DataFrame(
        {
            "Unit": {name: QUANTITIES[name].unit for name in table.columns},
            "Missing": table.isna().sum(),
            "Different": table.nunique(),
            "Least": numbers.min(),
            "Median": numbers.median(),
            "Largest": numbers.max(),
        },
        index=table.columns,
    )


def printed(table: pd.DataFrame) -> pd.DataFrame:
    """A summary as text, for a page: whole numbers with commas, others to four digits.

    Args:
        table: Any table of numbers and text; NaN is printed as nothing.
    """
    return table.map(_text).rename_axis(None)


def _text(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        number = "" if np.isnan(value) else f"{value:,.4g}"
    elif isinstance(value, (int, np.integer)):
        number = f"{value:,}"
    else:
        return str(value)
    return number.replace("-", "−")  # a minus sign, as in the prose
