"""The command ``matinf-campaign``: suggest, measure, record, and continue next week.

Each word reads the state, checks everything, and writes once at its end or not at all. Exit codes:
0 done, 1 refused with the state as it was, 2 words that make no sense.
"""

from __future__ import annotations

import os
import shlex
import sys
import textwrap
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from matinf.active.laboratory.refusal import Refusal, UsageError

_WIDTH = 72  # characters of a line that a terminal, and a page, shows unbroken


def main(argv: Sequence[str] | None = None, *, out: TextIO | None = None) -> int:
    """Run one command.

    Args:
        argv: The words after ``matinf-campaign``; by default those of the process.
        out: Where everything is written; by default results to standard output and refusals to
            standard error.

    Returns:
        The exit code.
    """
    told, complaints = out or sys.stdout, out or sys.stderr
    for stream in (told, complaints):
        with suppress(AttributeError):  # a terminal without Unicode shows ? for small bars
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:  # what takes long to load is loaded here, where an interruption is met
        from matinf.active.laboratory.arguments import parse
        from matinf.active.laboratory.words import WORDS

        options = parse(list(sys.argv[1:] if argv is None else argv))
        WORDS[options.word](options, lambda text: told.write(f"{text}\n"))
        told.flush()
    except UsageError as error:
        complaints.write(_wrapped(str(error)))
        return 2
    except Refusal as refusal:
        complaints.write(_wrapped(f"matinf-campaign: {refusal}"))
        return 1
    except SystemExit as end:  # argparse has printed its help
        return int(end.code or 0)
    except BrokenPipeError:  # whoever read along has heard enough; the state is written
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    except OSError as error:  # a folder that may not be looked into, a name that is too long
        why = (
            f"{error.filename or 'a file'}: cannot be used ({error.strerror}); nothing was changed."
        )
        complaints.write(_wrapped(f"matinf-campaign: {why} Give another path."))
        return 1
    except KeyboardInterrupt:
        complaints.write("matinf-campaign: interrupted; the state is as it was or complete.\n")
        return 130
    return 0


def _wrapped(text: str) -> str:
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def campaign(line: str) -> None:
    """Run a command as one would type it after ``matinf-campaign``, and print all it says.

    Args:
        line: For example ``"suggest gaps.json --to batch.csv"``.
    """
    main(shlex.split(line), out=sys.stdout)
