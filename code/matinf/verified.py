"""Reading a data file only when every byte of it is what it should be.

A file is read once into memory; its size, SHA-256, row count and columns are compared with
``data/checksums.json``, then its types and ranges with :mod:`matinf.schemas`. What does not
agree raises :class:`DatasetError`, which names the command that mends it.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import os
import shlex
import stat
from pathlib import Path
from typing import Any

import pandas as pd

CHECKSUMS = "checksums.json"


class DatasetError(Exception):
    """A data file cannot be trusted.

    Attributes:
        path: The file.
        expected: What should have been found.
        found: What was found.
        mend: The command that mends it: the committed file, put back.
        rebuild: The command that makes it anew where there is no repository; needs a registry.
    """

    def __init__(self, path: Path, expected: str, found: str) -> None:
        super().__init__(path, expected, found)  # all three, so that it survives pickling
        self.path, self.expected, self.found = path, expected, found
        folder = shlex.quote(str(path.parent))
        self.mend = f"git -C {folder} checkout HEAD -- {path.name}"
        self.rebuild = f"python data/rebuild.py --write --data {folder}"

    def __str__(self) -> str:
        return (
            f"{self.path}: expected {self.expected}, found {self.found}. "
            f"Mend it with `{self.mend}`, or anew from its source with `{self.rebuild}`."
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
        same = same and all(isinstance(entry, dict) for entry in entries.values())
    except (ValueError, AttributeError) as error:
        raise DatasetError(path, expected="JSON", found=str(error)) from error
    if not same:
        raise DatasetError(path, expected="JSON as the rebuild writes it", found="another spelling")
    return entries


def load_table(name: str) -> pd.DataFrame:
    """A data file as a table, after every check.

    Args:
        name: The file's name in the data folder, ``"metals.csv"``.

    Returns:
        The table, read afresh at each call.

    Raises:
        DatasetError: if the file is missing, altered or of another type.
    """
    path = data_folder() / name
    entry = _entry(name)
    return _checked(path, _parsed(path, _verified(path, entry)), entry)


def _entry(name: str) -> dict[str, Any]:
    """What the checksums say of one file."""
    entries = checksums()
    if name not in entries:
        raise DatasetError(
            data_folder() / CHECKSUMS,
            expected=f"an entry {name!r}",
            found=", ".join(entries) or "none",
        )
    return entries[name]


def _read_bytes(path: Path) -> bytes:
    """The file's bytes; whatever stands in the way becomes a :class:`DatasetError`."""
    try:
        kind = path.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):  # which could be read for ever
            raise DatasetError(path, expected="a readable file", found="a pipe or a device")
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
    except (ValueError, OverflowError) as error:
        raise DatasetError(path, expected=f"columns of types {types}", found=str(error)) from error


def _checked(path: Path, table: pd.DataFrame, entry: dict[str, Any]) -> pd.DataFrame:
    """The table, after comparing shape, columns, types and ranges."""
    import pandera.errors

    from matinf.schemas import SCHEMAS

    _agree(path, "rows", entry.get("rows"), len(table))
    _agree(path, "columns", entry.get("columns"), list(table.columns))
    # pandas makes an index of the first column where rows have more fields than the header.
    _agree(path, "an index of row numbers", True, isinstance(table.index, pd.RangeIndex))
    try:
        return SCHEMAS[path.name].validate(table)
    except pandera.errors.SchemaErrors as error:  # several at once: of columns
        found = str(error.schema_errors[0])
    except pandera.errors.SchemaError as error:
        found = str(error)
    raise DatasetError(path, "a table that fits its schema", found.splitlines()[0])
