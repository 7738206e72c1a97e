"""The candidates of a campaign: who they are, what a model sees of them, and which are allowed."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matinf.active.laboratory.refusal import Refusal, some
from matinf.active.laboratory.settings import Settings
from matinf.active.laboratory.table import Table, read_table
from matinf.active.pairs import Pool
from matinf.features import magpie_features, morgan_fingerprints, parse_formula
from matinf.features.rows import RowError

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """All candidates, in the order of their file.

    Attributes:
        ids: Their names, no two alike.
        pool: What the model sees of them.
        costs: What measuring each costs; 1 where there is no such column.
        allowed: Whether the constraints let it be suggested.
        digest: SHA-256 of names and cells of the table, whatever its line ends and quotes.
        row_digests: The same of each row's name and features alone.
        twins: Groups of names that no feature tells apart.
        lookalikes: Groups of names that differ in capital letters alone.
    """

    ids: tuple[str, ...]
    pool: Pool
    costs: NDArray[np.float64]
    allowed: Mask
    digest: str
    row_digests: tuple[str, ...]
    twins: tuple[tuple[str, ...], ...]
    lookalikes: tuple[tuple[str, ...], ...]
    _places: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {name: row for row, name in enumerate(self.ids)})

    def index(self, name: str) -> int:
        """Position of a candidate.

        Raises:
            KeyError: if there is none of this name.
        """
        return self._places[name]

    def __contains__(self, name: object) -> bool:
        return name in self._places


def read_candidates(path: Path, settings: Settings) -> Candidates:
    """Read and check the table of candidates.

    Raises:
        Refusal: naming file, row and column of what cannot be used.
    """
    table = read_table(path)
    ids = _ids(table, settings.id_column)
    X = _features(table, settings)
    return Candidates(
        ids=tuple(ids),
        pool=Pool(X),
        costs=_costs(table, settings.cost),
        allowed=_allowed(table, settings),
        digest=_digest([table.columns, *table.rows]),
        row_digests=_row_digests(table, settings),
        twins=_alike(ids, [features.tobytes() for features in np.ascontiguousarray(X)]),
        lookalikes=_alike(ids, [name.casefold() for name in ids]),
    )


def _ids(table: Table, column: str) -> list[str]:
    ids = table.column(column)
    if not ids:
        raise Refusal(f"{table.path}: expected candidates below the first line, found none.")
    seen: dict[str, int] = {}
    for row, name in enumerate(ids):
        if not name:
            raise Refusal(f"{table.where(row, column)}: a candidate without a name; give it one.")
        if not name.isprintable():
            raise Refusal(
                f"{table.where(row, column)}: {name!r} holds something that cannot be seen, and "
                "would be missed when its result is recorded; type the name anew."
            )
        if name in seen:
            raise Refusal(
                f"{table.where(row, column)}: {name!r} is a duplicate of line "
                f"{table.lines[seen[name]]}. Take one of the two out, or give them names of their "
                "own if they are different."
            )
        seen[name] = row
    return ids


def _features(table: Table, settings: Settings) -> NDArray[Any]:
    """One row of numbers per candidate: bits of fingerprints, or standardised columns."""
    columns = settings.feature_columns
    if settings.features == "smiles":
        return _made(table, columns[0], morgan_fingerprints)
    if settings.features == "formula":
        X = _made(table, columns[0], lambda cells: magpie_features(cells).to_numpy())
    else:
        X = np.array([table.numbers(name) for name in columns], dtype=float).T
    spread = X.std(axis=0)
    varies = spread > 1e-12 * np.maximum(np.abs(X).max(axis=0), 1e-300)
    if not varies.any():
        raise Refusal(
            f"{table.path}: all candidates have the same features ({some(list(columns))}): nothing "
            "could be learnt from one about another. Name columns that differ."
        )
    return (X[:, varies] - X[:, varies].mean(axis=0)) / spread[varies]


def _made(table: Table, column: str, make: Any) -> NDArray[Any]:
    """Features made from text, a fault told with its line."""
    cells = table.column(column)
    try:
        return np.asarray(make(cells))
    except RowError as error:
        where = table.where(error.row or 0, column)
        raise Refusal(f"{where}: {error.kind} {error.value!r}: {error.problem}.") from error


def _costs(table: Table, column: str | None) -> NDArray[np.float64]:
    if column is None:
        return np.ones(len(table.rows))
    costs = np.array(table.numbers(column))
    if (costs <= 0).any():
        row = int(np.argmax(costs <= 0))
        where, found = table.where(row, column), costs[row]
        raise Refusal(f"{where}: expected a cost above 0, found {found:g}; mend the cell.")
    return costs


def _allowed(table: Table, settings: Settings) -> Mask:
    allowed = np.ones(len(table.rows), dtype=bool)
    for limit in settings.limits:
        values = np.array(table.numbers(limit.column))
        allowed &= (limit.low <= values) & (values <= limit.high)
    if settings.without:
        if settings.features != "formula":
            raise Refusal("--without-elements: expected candidates with --formula; leave it out.")
        cells = table.column(settings.feature_columns[0])
        banned = set(settings.without)
        allowed &= np.array([banned.isdisjoint(parse_formula(cell)) for cell in cells])
    if not allowed.any():
        what = [*map(str, settings.limits), *(f"no {element}" for element in settings.without)]
        raise Refusal(
            f"{table.path}: no candidate keeps to all constraints ({some(what)}). Widen them."
        )
    return allowed


def _row_digests(table: Table, settings: Settings) -> tuple[str, ...]:
    seen = [table.column(name) for name in (settings.id_column, *settings.feature_columns)]
    return tuple(_digest([cells])[:16] for cells in zip(*seen, strict=True))


def _digest(rows: Sequence[Sequence[str]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        for cell in row:
            digest.update(f"{len(cell)}:{cell},".encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _alike(ids: Sequence[str], looks: Sequence[Hashable]) -> tuple[tuple[str, ...], ...]:
    """Names of the candidates that look the same, group by group."""
    groups: dict[Hashable, list[str]] = {}
    for name, look in zip(ids, looks, strict=True):
        groups.setdefault(look, []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
