"""Studies: computations too long for a build, made once, stored small, recomputed in part by tests.

A study is a number of parts that need nothing of each other, each a table drawn from a generator
of its own. ``make study`` computes the parts and writes ``data/studies/<name>.csv`` and, beside
it, how it was made. A page reads it with :func:`load_study`; a test computes a part again and
compares.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from matinf.verified import data_folder


class StudyError(Exception):
    """A stored study is missing or not what was written."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """A plan: what to compute, in how many parts, from which seed.

    Attributes:
        name: Name of the stored files and word of the command.
        part: ``part(number, rng)`` gives the rows of one part as a table; numbers from 0.
        n_parts: Number of parts.
        seed: Part ``i`` draws from ``numpy.random.default_rng([seed, i])``.
        packages: Packages whose versions are kept with the result.
    """

    name: str
    part: Callable[[int, np.random.Generator], pd.DataFrame]
    n_parts: int
    seed: int = 2026
    packages: tuple[str, ...] = ("numpy", "scikit-learn")

    def compute(self, number: int) -> pd.DataFrame:
        """The rows of one part, with its number in a first column ``part``.

        Raises:
            ValueError: if there is no such part.
        """
        if not 0 <= number < self.n_parts:
            raise ValueError(f"number: expected 0 to {self.n_parts - 1}, got {number}")
        rows = self.part(number, np.random.default_rng([self.seed, number]))
        rows = rows.reset_index(drop=True)
        rows.insert(0, "part", number)
        return rows


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How a stored study was made.

    Attributes:
        study: Its name.
        command: The command that makes it.
        seed: Seed of its parts.
        n_parts: Number of parts.
        date: Day on which it was made, ISO 8601.
        seconds: Wall time of all parts added up.
        cores: Parts computed at once.
        versions: Version of Python and of each package that matters.
        rows: Number of rows.
        sha256: Digest of the table's file.
    """

    study: str
    command: str
    seed: int
    n_parts: int
    date: str
    seconds: float
    cores: int
    versions: dict[str, str]
    rows: int
    sha256: str


def studies_folder() -> Path:
    """Where studies are stored."""
    return data_folder() / "studies"


def written(table: pd.DataFrame) -> bytes:
    """A table as it is stored: CSV, seven significant digits."""
    return table.to_csv(index=False, float_format="%.7g", lineterminator="\n").encode()


def store(table: pd.DataFrame, made: Provenance) -> None:
    """Write a study's table and how it was made; each file is replaced whole."""
    folder = studies_folder()
    folder.mkdir(exist_ok=True)
    contents = {
        f"{made.study}.csv": written(table),
        f"{made.study}.json": (json.dumps(asdict(made), indent=1) + "\n").encode(),
    }
    for name, content in contents.items():
        new = folder / f".{name}.new"
        new.write_bytes(content)
        new.replace(folder / name)


def provenance(name: str) -> Provenance:
    """How a stored study was made.

    Raises:
        StudyError: if it is missing or cannot be read.
    """
    path = studies_folder() / f"{name}.json"
    try:
        return Provenance(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise StudyError(_mend(path, name, f"cannot be read ({error})")) from error


def load_study(name: str) -> pd.DataFrame:
    """The rows of a stored study.

    Args:
        name: The study's name, that of its files in ``data/studies``.

    Returns:
        All parts one below the other; the first column is the ``part``.

    Raises:
        StudyError: if it is missing, or differs from what was written by one byte.
    """
    made = provenance(name)
    path = studies_folder() / f"{name}.csv"
    try:
        stored = path.read_bytes()
    except OSError as error:
        raise StudyError(_mend(path, name, f"cannot be read ({error.strerror})")) from error
    if (found := hashlib.sha256(stored).hexdigest()) != made.sha256:
        raise StudyError(_mend(path, name, f"expected SHA-256 {made.sha256}, found {found}"))
    return pd.read_csv(io.BytesIO(stored), keep_default_na=False, na_values=[""])


def _mend(path: Path, name: str, what: str) -> str:
    return (
        f"{path}: {what}. Mend it with `git checkout HEAD -- data/studies`, "
        f'or make it anew with `make study ARGS="{name}"`.'
    )
