"""Tables as people keep them: CSV files, read strictly, with the place of everything that is off.

Cells are kept as text. What a number is, and which cells may be empty, is said where a column is
asked for, so that every refusal can name file, row and column.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matinf.active.laboratory.files import replace_file
from matinf.active.laboratory.refusal import Refusal, counted, some

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_LARGEST = 1e150  # beyond it squares overflow; no measured number is as large


@dataclass(frozen=True, kw_only=True)
class Table:
    """A CSV file.

    Attributes:
        path: Where it came from.
        columns: Names of its columns, no two alike.
        rows: Cells as text, without the spaces around them; as many per row as columns.
        lines: Line of the file at which each row ends, counted from 1.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def column(self, name: str) -> list[str]:
        """The cells of one column.

        Raises:
            Refusal: if there is none of this name.
        """
        name = unicodedata.normalize("NFC", name)
        if name not in self.columns:
            raise Refusal(
                f"{self.path}: expected a column {name!r}, found the columns "
                f"{some(list(self.columns), at_most=12)}. Name the column as the first line "
                "of the file does, or add it."
            )
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def where(self, row: int, column: str) -> str:
        """Say where a cell stands: ``pool.csv, line 7, column 'price'``."""
        return f"{self.path}, line {self.lines[row]}, column {column!r}"

    def numbers(self, name: str) -> list[float]:
        """The cells of one column as numbers.

        Raises:
            Refusal: at the first cell that is none.
        """
        cells = self.column(name)
        return [number(cell, self.where(row, name)) for row, cell in enumerate(cells)]


def number(cell: str, where: str) -> float:
    """Read one finite number.

    Args:
        cell: The text.
        where: Where it stands, for the message.

    Raises:
        Refusal: if it is empty, text, NaN or infinite.
    """
    if NUMBER.fullmatch(cell) and abs(float(cell)) < _LARGEST:
        return float(cell)
    if re.fullmatch(r"[+-]?\d+,\d+", cell):
        hint = f"write the decimal sign as a point: {cell.replace(',', '.')}"
    elif cell.startswith("\N{MINUS SIGN}"):
        hint = f"write the minus as a hyphen: -{cell[1:]}"
    elif not cell:
        hint = "fill the cell, or take the row out"
    else:
        hint = "put a finite number there, without unit, or take the row out"
    raise Refusal(f"{where}: expected a number, found {cell!r}; {hint}.")


def read_table(path: Path) -> Table:
    """Read a CSV file with a line of names: commas between cells, UTF-8.

    Raises:
        Refusal: if it cannot be read, names two columns alike, or has a row of another length.
    """
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    rows, lines = [], []
    try:
        columns = tuple(name.strip() for name in next(reader, ()))
        _check_names(path, columns)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue  # an empty line, or one of commas alone, as spreadsheets leave them
            if len(cells) != len(columns):
                raise Refusal(
                    f"{path}, line {reader.line_num}: expected {counted(len(columns), 'cell')}, as "
                    f"the first line has, found {len(cells)}. {_of_another_length(columns)}"
                )
            rows.append(tuple(cell.strip() for cell in cells))
            lines.append(reader.line_num)
    except csv.Error as error:
        raise Refusal(
            f"{path}, line {reader.line_num}: not readable as CSV ({error}). Save the table as "
            "CSV, with commas, anew."
        ) from error
    return Table(path=path, columns=columns, rows=tuple(rows), lines=tuple(lines))


def _of_another_length(columns: Sequence[str]) -> str:
    if len(columns) == 1:
        return "Begin the file with the names of its columns: take out titles above them."
    return "Put a cell that holds a comma in quotes."


def _text(path: Path) -> str:
    """The text of a file, letters with accents spelt one way (NFC) wherever it was typed."""
    try:
        return unicodedata.normalize("NFC", path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise Refusal(
            f"{path}: cannot be read ({error.strerror}). Give the path of a CSV file."
        ) from error
    except UnicodeDecodeError as error:
        raise Refusal(
            f"{path}: expected text in UTF-8, found byte {error.object[error.start]:#x} at place "
            f"{error.start}. Save the table as CSV in UTF-8; a spreadsheet's own format is no CSV."
        ) from error


def _check_names(path: Path, columns: Sequence[str]) -> None:
    if not columns:
        raise Refusal(f"{path}: expected a first line with the names of columns, found nothing.")
    if columns[0].lower().startswith("sep="):
        raise Refusal(
            f"{path}, line 1: expected the names of columns, found {columns[0]!r}; take out this "
            "line, and keep commas between cells."
        )
    if len(columns) == 1 and re.search("[;\t]", columns[0]):
        raise Refusal(
            f"{path}: expected commas between cells, found {columns[0]!r} as the first line. "
            "Save the table with commas; a spreadsheet that writes decimal commas does so once "
            "its numbers are set to decimal points."
        )
    if "" in columns:
        place = columns.index("") + 1
        raise Refusal(f"{path}, line 1: column {place} has no name; name it, or take it out.")
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise Refusal(f"{path}, line 1: {some(twice)} names two columns; rename one of them.")


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a CSV file, whole or not at all."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    replace_file(path, text.getvalue().encode())
