"""The one error of the laboratory's command: said in words, with nothing half done."""

from __future__ import annotations


class Refusal(Exception):
    """Something was not done: says what was expected, what came and where, and what to do."""


class UsageError(Exception):
    """The words after the command make no sense; carries what argparse says of it."""


def some(names: list[str], *, at_most: int = 5) -> str:
    """A few names of many, for a message."""
    shown = ", ".join(names[:at_most])
    return shown if len(names) <= at_most else f"{shown} and {len(names) - at_most} more"


def counted(n: int, what: str) -> str:
    """A number of things in words: ``1 value``, ``2 values``."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"
