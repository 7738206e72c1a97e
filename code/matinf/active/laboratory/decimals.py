"""Numbers as people write them into tables, refused where they could mean two things."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from matinf.active.laboratory.refusal import Refusal

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_LARGEST = 1e150  # beyond it squares overflow; no measured number is as large
# How a number begins, a unit behind it or not: with a decimal comma, with a point, and with a point
# that makes it 1.234 or 1234.
_COMMA = re.compile(r"([+-]?\d*),(\d+)(?![\d.,])")
_POINT = re.compile(r"[+-]?\d*\.\d")
_DOUBTFUL = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}(?![\d.])")


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


def is_number(text: str) -> bool:
    """Whether it is a number and nothing else, the decimal sign a point or a comma."""
    return NUMBER.fullmatch(text.replace(",", ".", 1)) is not None


def with_points(cells: Sequence[str], where: Callable[[int], str]) -> list[str]:
    """Numbers of one column with points for decimal signs, of a table that may hold commas.

    One column has one decimal sign. ``1,5`` is clear, and so is ``1.5`` if no other cell holds a
    comma; ``1.500`` may be one and a half or fifteen hundred, and is refused.

    Args:
        cells: The column.
        where: Says where the cell of a row stands.

    Raises:
        Refusal: at the first point that may be a decimal sign or part thousands.
    """
    commas = any(_COMMA.match(cell) for cell in cells)
    for row, cell in enumerate(cells):
        if _DOUBTFUL.match(cell) or (commas and _POINT.match(cell)):
            raise Refusal(
                f"{where(row)}: expected a decimal comma, as semicolons part the cells, found "
                f"{cell!r}, whose point may part thousands. Write the numbers of this column with "
                "commas, or save the table with commas between cells and points in numbers."
            )
    return [_COMMA.sub(r"\1.\2", cell, count=1) if _COMMA.match(cell) else cell for cell in cells]
