"""Tables as people keep them: CSV files, read strictly, with the place of everything that is off.

Commas stand between cells and points in numbers; or semicolons between cells, and commas in numbers
if need be, as spreadsheets of many languages write them. Cells are kept as text. What a number is,
and which cells may be empty, is said where a column is asked for, so that every refusal can name
file, row and column.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matinf.active.laboratory.decimals import number, with_points
from matinf.active.laboratory.files import replace_file
from matinf.active.laboratory.refusal import Refusal, counted, some


@dataclass(frozen=True, kw_only=True)
class Table:
    """A CSV file.

    Attributes:
        path: Where it came from.
        columns: Names of its columns, no two alike.
        rows: Cells as text, without the spaces around them; as many per row as columns.
        lines: Line of the file at which each row ends, counted from 1.
        separator: What stands between its cells, a comma or a semicolon.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    separator: str = ","

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
        cells = self.with_points(name)
        return [number(cell, self.where(row, name)) for row, cell in enumerate(cells)]

    def with_points(self, name: str) -> list[str]:
        """The cells of one column, decimal commas made points where semicolons part the cells.

        Raises:
            Refusal: at the first point that may be a decimal sign or part thousands.
        """
        cells = self.column(name)
        if self.separator == ",":
            return cells
        return with_points(cells, lambda row: self.where(row, name))


def read_table(path: Path) -> Table:
    """Read a CSV file with a line of names, in UTF-8, or in UTF-16 that says so in its first bytes.

    Semicolons stand between cells if the line of names holds some and no comma.

    Raises:
        Refusal: if it cannot be read, names two columns alike, or has a row of another length.
    """
    text = _text(path)
    separator = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
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
                    f"the first line has, found {len(cells)}. "
                    f"{_of_another_length(columns, separator)}"
                )
            rows.append(tuple(cell.strip() for cell in cells))
            lines.append(reader.line_num)
    except csv.Error as error:
        raise Refusal(
            f"{path}, line {reader.line_num}: not readable as CSV ({error}). Save the table as "
            "CSV, with commas, anew."
        ) from error
    return Table(
        path=path, columns=columns, rows=tuple(rows), lines=tuple(lines), separator=separator
    )


def _separator(text: str) -> str:
    """What stands between the names of columns, names in quotes left out of account."""
    names = re.sub(r'"[^"]*"', "", re.split(r"[\r\n]", text, maxsplit=1)[0])
    return ";" if ";" in names and "," not in names else ","


def _of_another_length(columns: Sequence[str], separator: str) -> str:
    if len(columns) == 1:
        return "Begin the file with the names of its columns: take out titles above them."
    return f"Put a cell that holds a {'comma' if separator == ',' else 'semicolon'} in quotes."


def _text(path: Path) -> str:
    """The text of a file, letters with accents spelt one way (NFC) wherever it was typed."""
    try:
        content = path.read_bytes()
        utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = content.decode("utf-16" if utf_16 else "utf-8-sig")
    except OSError as error:
        raise Refusal(
            f"{path}: cannot be read ({error.strerror}). Give the path of a CSV file."
        ) from error
    except UnicodeDecodeError as error:
        raise Refusal(
            f"{path}: expected text in UTF-8, found byte {error.object[error.start]:#x} at place "
            f"{error.start}. {_ANEW}"
        ) from error
    if "\0" in text:
        raise Refusal(f"{path}: expected text in UTF-8, found a byte 0x0. {_ANEW}")
    return unicodedata.normalize("NFC", text)


_ANEW = (
    "Save the table as CSV in UTF-8 (in Excel: CSV UTF-8); a spreadsheet's own format is no CSV."
)


def _check_names(path: Path, columns: Sequence[str]) -> None:
    if not columns:
        raise Refusal(f"{path}: expected a first line with the names of columns, found nothing.")
    if columns[0].lower().startswith("sep="):
        raise Refusal(
            f"{path}, line 1: expected the names of columns, found {columns[0]!r}; take out this "
            "line."
        )
    if len(columns) == 1 and "\t" in columns[0]:
        raise Refusal(
            f"{path}: expected commas or semicolons between cells, found tabs in the first line. "
            "Save the table as CSV (in Excel: CSV UTF-8)."
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
