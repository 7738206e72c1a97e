"""Sequences that people hand in: their rows, and the error that names the row at fault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class RowError(ValueError):
    """Something in a sequence that cannot be used; says what, where, why, and what to do.

    Attributes:
        value: What was found.
        problem: What was expected, what was found instead, and what to do.
        row: Position in the sequence, counted from 0; ``None`` for something on its own.
    """

    kind: ClassVar[str] = "value"

    def __init__(self, value: object, problem: str, row: int | None = None) -> None:
        super().__init__(value, problem, row)  # all three, so that it survives pickling
        self.value, self.problem, self.row = value, problem, row

    def __str__(self) -> str:
        where = "" if self.row is None else f" in row {self.row} (counted from 0)"
        return f"{self.kind} {self.value!r}{where}: {self.problem}"


def listed(values: Iterable[str]) -> list[str]:
    """Take a sequence of texts as a list; one text alone is a slip, not a sequence of letters.

    Raises:
        TypeError: if given one text in place of a sequence of them.
    """
    if isinstance(values, str):
        raise TypeError(f"expected a sequence of texts, found one; write [{values!r}]")
    return list(values)


def text(value: object, row: int | None, error: type[RowError]) -> str:
    """Let a text pass, and nothing else: a missing value is often NaN, which is a number.

    Raises:
        RowError: of the given class, if the value is not a text.
    """
    if isinstance(value, str):
        return value
    raise error(value, f"expected text, found {type(value).__name__}; drop or mend this row", row)
