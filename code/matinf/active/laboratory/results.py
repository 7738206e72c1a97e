"""Results as they come from the bench, checked before any of them is believed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

from matinf.active.laboratory.decimals import NUMBER, is_number, number
from matinf.active.laboratory.refusal import Refusal
from matinf.active.laboratory.settings import Settings
from matinf.active.laboratory.table import Table, read_table

FAILED, NOTE, UNIT = "failed", "note", "unit"
"""Columns of a table of results, beside those of the candidate and of the target."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One result as it was handed in.

    Attributes:
        id: Name of the candidate.
        where: Where it stands, for messages.
        value: What was measured; none if it failed.
        failure: Why there is no value.
        note: A remark.
    """

    id: str
    where: str
    value: float | None = None
    failure: str = ""
    note: str = ""


def read_results(path: Path, settings: Settings) -> tuple[list[Entry], int]:
    """Read a table of results: the batch as it was written out, its empty columns filled in.

    A row whose value and whose reason for failure are both empty has not been measured yet.

    Returns:
        The results, and how many rows are still empty.

    Raises:
        Refusal: naming file, row and column of what cannot be used.
    """
    table = read_table(path)
    ids, values = table.column(settings.id_column), table.with_points(settings.target)
    failed, notes, units = (_optional(table, name) for name in (FAILED, NOTE, UNIT))
    entries = []
    for row, name in enumerate(ids):
        where = table.where(row, settings.target)
        if not values[row] and not failed[row]:
            continue
        if values[row] and failed[row]:
            raise Refusal(
                f"{where}: {name!r} has a value ({values[row]}) and a reason for failure "
                f"({failed[row]!r}); take one of the two out."
            )
        if is_number(failed[row]) or failed[row].lower() in ("no", "false"):
            raise Refusal(
                f"{table.where(row, FAILED)}: expected the reason of a failure in words, found "
                f"{failed[row]!r}; write what happened, or leave the cell empty."
            )
        _check_unit(units[row], settings, table.where(row, UNIT) if units[row] else where)
        value = _value(values[row], settings, where) if values[row] else None
        entries.append(
            Entry(id=name, where=where, value=value, failure=failed[row], note=notes[row])
        )
    return entries, len(ids) - len(entries)


def _optional(table: Table, column: str) -> list[str]:
    for name in table.columns:
        if name != column and name.lower().rstrip(":s") == column:
            raise Refusal(
                f"{table.path}, line 1: found a column {name!r}, which would not be read; if it is "
                f"meant, name it {column!r}, otherwise give it another name."
            )
    return table.column(column) if column in table.columns else [""] * len(table.rows)


def typed_results(
    values: Sequence[str], failures: Sequence[str], settings: Settings, known: Container[str] = ()
) -> list[Entry]:
    """Results given on the command line as ``id=value`` and ``id=reason``.

    Names and reasons may hold an equals sign: where it could be meant either way, the names of
    ``known`` candidates decide.

    Raises:
        Refusal: if one is written otherwise.
    """
    entries = []
    for text in values:
        name, value = _pair(text, "id=value", known)
        entries.append(Entry(id=name, where=text, value=_value(value, settings, repr(text))))
    for text in failures:
        name, reason = _pair(text, "id=reason", known)
        if is_number(reason):
            raise Refusal(f"{text!r}: expected the reason of a failure in words, found a number.")
        entries.append(Entry(id=name, where=text, failure=reason))
    return entries


def _pair(text: str, form: str, known: Container[str]) -> tuple[str, str]:
    text = unicodedata.normalize("NFC", text)
    places = [place for place, letter in enumerate(text) if letter == "="][::-1]
    pairs = [(text[:place].strip(), text[place + 1 :].strip()) for place in places]
    if not pairs or not all(pairs[0]):
        raise Refusal(f"{text!r}: expected {form}. Put quotes around it if it holds a space.")
    return next((pair for pair in pairs if pair[0] in known), pairs[0])


def _value(cell: str, settings: Settings, where: str) -> float:
    """A number, with its unit behind it or without."""
    parted = re.fullmatch(rf"({NUMBER.pattern})\s*([^\d\s.,+±-].*)", cell)
    if parted and not NUMBER.fullmatch(cell):
        _check_unit(parted.groups()[-1], settings, where)
        cell = parted[1]
    return number(cell, where)


def _check_unit(unit: str, settings: Settings, where: str) -> None:
    same, agreed = (unicodedata.normalize("NFKC", name) for name in (unit, settings.unit))
    if unit and same != agreed:  # NFKC: a micro sign and a Greek mu look alike, and mean the same
        expected = f"values in {settings.unit}" if settings.unit else "values without a unit"
        raise Refusal(f"{where}: expected {expected}, found {unit!r}; convert them first.")
