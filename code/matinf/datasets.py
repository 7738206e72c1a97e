"""The book's data: loaded from small files, each verified before a number of it is used.

A file is read once into memory; its size, SHA-256, row count and columns are compared with
``data/checksums.json``, then its types and ranges with :mod:`matinf.schemas`. What does not
agree raises :class:`DatasetError`. Nothing is downloaded here; ``data/README.md`` says where
every row comes from.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

CHECKSUMS = "checksums.json"


class DatasetError(Exception):
    """A data file cannot be trusted.

    Attributes:
        path: The file.
        expected: What should have been found.
        found: What was found.
        mend: The command that mends it.
    """

    def __init__(self, path: Path, *, expected: str, found: str) -> None:
        self.path, self.expected, self.found = path, expected, found
        self.mend = f"git -C {path.parent} checkout -- {path.name}"
        super().__init__(
            f"{path}: expected {expected}, found {found}. Mend it with `{self.mend}`, "
            "or build it anew from its source with `python data/rebuild.py --write`."
        )


def data_folder() -> Path:
    """Where the data files are: ``$MATINF_DATA`` if set, else ``data/`` of the repository."""
    override = os.environ.get("MATINF_DATA")
    return Path(override) if override else Path(__file__).resolve().parents[2] / "data"


def checksums() -> dict[str, dict[str, Any]]:
    """What ``checksums.json`` says of each file: sha256, bytes, content_sha256, rows, columns.

    Raises:
        DatasetError: if it is missing, unreadable, or not spelled exactly as it is written.
    """
    path = data_folder() / CHECKSUMS
    stored = _read_bytes(path)
    try:
        entries: dict[str, dict[str, Any]] = json.loads(stored)
        same = (json.dumps(entries, indent=2, sort_keys=True) + "\n").encode() == stored
    except ValueError as error:
        raise DatasetError(path, expected="JSON", found=str(error)) from error
    if not same or not isinstance(entries, dict):
        raise DatasetError(path, expected="JSON as the rebuild writes it", found="another spelling")
    return entries


def load_experimental_gaps() -> pd.DataFrame:
    """Measured band gaps of non-metals :cite:`zhuo2018`, replicates kept.

    Returns:
        3,896 rows in the source's order; ``formula`` (text) and ``gap`` (eV, above 0).

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    return _load("experimental_gaps.csv")


def load_metals() -> pd.DataFrame:
    """Compositions classified as metals :cite:`zhuo2018`: their gap is 0 by definition.

    Returns:
        2,458 rows; ``formula`` (text).

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    return _load("metals.csv")


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
    return _load("dft_transport.csv.xz")


def load_elements() -> pd.DataFrame:
    """Magpie's element properties :cite:`ward2016`, as tabulated: nothing is imputed.

    Returns:
        103 rows indexed by ``symbol`` in order of ``atomic_number`` (whole numbers), and the
        22 properties under Magpie's names as floats; NaN where Magpie has no value.

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    return _load("elements.csv").set_index("symbol")


def load_qm9_sample() -> pd.DataFrame:
    """10,000 molecules drawn from QM9 :cite:`ramakrishnan2014`, B3LYP/6-31G(2df,p).

    Returns:
        10,000 rows in order of ``qm9_index``; ``smiles`` (text), ``homo``, ``lumo`` and
        ``homo_lumo_gap`` in Hartree.

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    return _load("qm9_sample.csv.xz")


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
        One row per composition in the order of first report, non-metals before metals;
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


def _load(name: str) -> pd.DataFrame:
    """A data file as a table, after every check."""
    path = data_folder() / name
    entry = _entry(name)
    return _checked(path, _parsed(path, _verified(path, entry)), entry)


def _entry(name: str) -> dict[str, Any]:
    """What the checksums say of one file."""
    entries = checksums()
    if name not in entries:
        raise DatasetError(
            data_folder() / CHECKSUMS, expected=f"an entry {name!r}", found=", ".join(entries)
        )
    return entries[name]


def _read_bytes(path: Path) -> bytes:
    """The file's bytes; whatever stands in the way becomes a :class:`DatasetError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(path, expected="a readable file", found=f"{error.strerror}") from error


def _verified(path: Path, entry: dict[str, Any]) -> bytes:
    """The file's content, unpacked, after comparing its bytes with the checksums."""
    stored = _read_bytes(path)
    _agree(path, "bytes", entry.get("bytes"), len(stored))
    _agree(path, "sha256", entry.get("sha256"), hashlib.sha256(stored).hexdigest())
    try:
        content = lzma.decompress(stored) if path.suffix == ".xz" else stored
    except (lzma.LZMAError, EOFError) as error:
        raise DatasetError(path, expected="an xz archive", found=str(error)) from error
    digest = hashlib.sha256(content).hexdigest()
    _agree(path, "content_sha256", entry.get("content_sha256"), digest)
    return content


def _agree(path: Path, what: str, expected: object, found: object) -> None:
    """Raise unless the two are the same, type and all."""
    if type(expected) is not type(found) or expected != found:
        raise DatasetError(path, expected=f"{what} {expected}", found=f"{found}")


def _parsed(path: Path, content: bytes) -> pd.DataFrame:
    """The table, typed as its schema says; ``NaN`` is a formula here, not a missing value."""
    from matinf.schemas import SCHEMAS

    types = {name: str(column.dtype) for name, column in SCHEMAS[path.name].columns.items()}
    numbers = [name for name, kind in types.items() if kind != "str"]
    try:
        return pd.read_csv(
            io.BytesIO(content),
            dtype=types,
            float_precision="round_trip",
            keep_default_na=False,
            na_values={name: [""] for name in numbers},
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise DatasetError(path, expected=f"columns of types {types}", found=str(error)) from error


def _checked(path: Path, table: pd.DataFrame, entry: dict[str, Any]) -> pd.DataFrame:
    """The table, after comparing shape, columns, types and ranges."""
    import pandera.errors

    from matinf.schemas import SCHEMAS

    _agree(path, "rows", entry.get("rows"), len(table))
    _agree(path, "columns", entry.get("columns"), list(table.columns))
    try:
        return SCHEMAS[path.name].validate(table)
    except pandera.errors.SchemaError as error:
        first = str(error).splitlines()[0]
        raise DatasetError(path, expected="a table that fits its schema", found=first) from error
