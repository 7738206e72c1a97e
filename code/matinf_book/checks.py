"""The checks that a finished site must pass, as the commands run them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .errors import BuildError


def check_static(root: Path, site: Path) -> None:
    """Look at the files of a site; raises BuildError naming every problem."""
    from .site_checks import check

    _refuse(check(site, root=root))


def check_in_browser(root: Path, site: Path, *, must_run: bool = False) -> str:
    """Open every page in a browser; returns one line on what was done.

    Raises:
        BuildError: naming every problem; also when there is no browser and one must be had.
    """
    try:
        from .browser_checks import NoBrowser, check
    except ModuleNotFoundError as error:
        return _not_run(f"{error.name} is not installed", must_run)
    try:
        problems = check(site, say=lambda line: print(line, flush=True))
    except NoBrowser as error:
        return _not_run(str(error), must_run)
    _refuse(problems)
    return "Every page was opened in a browser and found in order."


def _not_run(reason: str, must_run: bool) -> str:
    if must_run:
        raise BuildError(f"the pages could not be opened in a browser: {reason}")
    return f"The pages were NOT opened in a browser: {reason}. `make check` does that."


def _refuse(problems: Sequence[object]) -> None:
    if problems:
        raise BuildError("\n".join(str(problem) for problem in problems))
