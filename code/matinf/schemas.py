"""What each data file must look like: columns, types, units' plausible ranges.

Kept apart from :mod:`matinf.verified` because pandera is slower to import than the data is to
read; it is imported when the first file is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandera.pandas as pa


def _text(*, unique: bool = False) -> pa.Column:
    """Text, never missing or empty."""
    return pa.Column(str, pa.Check.str_length(min_value=1), unique=unique)


def _number(low: float, high: float, *, missing: bool = False) -> pa.Column:
    """A finite number within ``[low, high]``, in the unit that ``QUANTITIES`` gives."""
    return pa.Column(float, pa.Check.in_range(low, high), nullable=missing)


def _count(low: int, high: int) -> pa.Column:
    """A whole number within ``[low, high]``, no two rows alike."""
    return pa.Column(int, pa.Check.in_range(low, high), unique=True)


def _table(columns: Mapping[str, pa.Column]) -> pa.DataFrameSchema:
    """Exactly these columns, in this order."""
    return pa.DataFrameSchema(dict(columns), strict=True, ordered=True)


_PER_CARRIER = {
    "seebeck": _number(-2e3, 2e3),
    "conductivity": _number(0, 1e7),
    "thermal_conductivity": _number(0, 1e8),
    "power_factor": _number(0, 1e4),
    "effective_mass": _number(0, 1e10),
}

_ELEMENT_RANGES: dict[str, tuple[float, float, bool]] = {
    # property: lowest, highest, whether some elements have none
    "Number": (1, 118, False),
    "MendeleevNumber": (1, 103, False),
    "AtomicWeight": (1, 300, False),
    "MeltingT": (10, 4000, True),
    "Column": (1, 18, False),
    "Row": (1, 7, False),
    "CovalentRadius": (20, 300, True),
    "Electronegativity": (0.5, 4, True),
    **{f"N{shell}Valence": (0, 32, False) for shell in ("s", "p", "d", "f", "")},
    **{f"N{shell}Unfilled": (0, 32, False) for shell in ("s", "p", "d", "f", "")},
    "GSvolume_pa": (1, 200, False),
    "GSbandgap": (0, 20, False),
    "GSmagmom": (0, 5, False),
    "SpaceGroupNumber": (1, 230, True),
}

SCHEMAS: Mapping[str, pa.DataFrameSchema] = {
    "experimental_gaps.csv": _table({"formula": _text(), "gap": _number(1e-3, 20)}),
    "metals.csv": _table({"formula": _text()}),
    "dft_transport.csv.xz": _table(
        {
            "material_id": _text(unique=True),
            "formula": _text(),
            **{f"{name}_{kind}": col for name, col in _PER_CARRIER.items() for kind in "pn"},
        }
    ),
    "elements.csv": _table(
        {
            "symbol": _text(unique=True),
            "atomic_number": _count(1, 118),
            **{
                name: _number(low, high, missing=missing)
                for name, (low, high, missing) in _ELEMENT_RANGES.items()
            },
        }
    ),
    "qm9_sample.csv.xz": _table(
        {
            "qm9_index": _count(1, 133_885),
            "smiles": _text(unique=True),
            "homo": _number(-1, 0),
            "lumo": _number(-1, 1),
            "homo_lumo_gap": _number(0, 1),
        }
    ),
}
