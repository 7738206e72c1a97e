"""What the checks of a built site find."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong on one page."""

    page: str
    message: str

    def __str__(self) -> str:
        return f"{self.page}: {self.message}"
