"""Faults of pages that must stop a build, whether or not warnings are errors.

A fault is logged where it is found and kept with its page in the environment: a second build that
does not read the page again must not publish it either.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)


class PressError(SphinxError):
    """The pages have faults that must not be published."""

    category = "The book has faults"


def _store(env: BuildEnvironment) -> dict[str, list[str]]:
    if not hasattr(env, "matinf_faults"):
        env.matinf_faults = {}  # type: ignore[attr-defined]
    store: dict[str, list[str]] = env.matinf_faults  # type: ignore[attr-defined]
    return store


def note(env: BuildEnvironment, message: str, *, line: int | None = None) -> None:
    """Log a fault of the page that is being read, and keep it."""
    where = env.docname if line is None else f"{env.docname}, line {line}"
    _store(env).setdefault(env.docname, []).append(f"{where}: {message}")
    LOGGER.error(message, location=(env.docname, line))


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _store(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Set[str], other: Any) -> None:
    _store(env).update({name: _store(other)[name] for name in docnames if name in _store(other)})


def _stop(app: Sphinx, env: BuildEnvironment) -> None:
    found = [fault for name in sorted(_store(env)) for fault in _store(env)[name]]
    if found:
        raise PressError("\n".join(["", *found]))


def setup(app: Sphinx) -> None:
    """Keep faults with their pages; stop before any page is written."""
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-check-consistency", _stop)
