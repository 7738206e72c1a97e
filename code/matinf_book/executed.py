"""Executed pages inside Sphinx: stale ones are executed before reading, whoever started the build.

MyST-NB then finds every output in its cache. A page whose outputs are new is read again even where
its own text is as it was, because Sphinx looks at the text alone. And once any page is read, all
are written: they show each other's numbers, titles and glued values, which Sphinx does not follow.
A draft, made for an author who waits, owes that to the next build that is none.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from .execute import DRAFT, PageError, Progress, execute_pages

logger = logging.getLogger(__name__)


def _say(news: Progress) -> None:
    if news.seconds is not None:
        logger.info("executed %s in %.1f s, %d left", news.page, news.seconds, news.left)


def _execute(app: Sphinx, env: BuildEnvironment) -> dict[str, str]:
    """Bring all outputs up to date; returns from what each page was made."""
    try:
        pages, _ = execute_pages(
            Path(app.srcdir),
            [Path(env.doc2path(name)) for name in sorted(env.found_docs)],
            cache_path=Path(app.config.nb_execution_cache_path),
            timeout=app.config.nb_execution_timeout,
            say=_say,
        )
    except PageError as error:
        raise ExtensionError(str(error)) from None
    return {page.name: page.digest for page in pages}


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    digests = _execute(app, env)
    known = getattr(env, "matinf_digests", {})
    env.matinf_digests = digests  # type: ignore[attr-defined]
    return [name for name in digests if known.get(name) not in (None, digests[name])]


def _note_reading(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    env.matinf_pages_read = bool(docnames)  # type: ignore[attr-defined]


def _rewritten(app: Sphinx, env: BuildEnvironment) -> list[str]:
    owed = env.matinf_pages_read or getattr(env, "matinf_pages_owed", False)  # type: ignore[attr-defined]
    draft = DRAFT in os.environ
    env.matinf_pages_owed = owed and draft  # type: ignore[attr-defined]
    return sorted(env.found_docs) if owed and not draft else []


def _anchor_cache(app: Sphinx, config: Config) -> None:
    """A relative cache path means the book's folder, from wherever the build was started."""
    folder = Path(config.nb_execution_cache_path or "_build/.jupyter_cache")
    config.nb_execution_cache_path = str(Path(app.confdir) / folder)


def setup(app: Sphinx) -> dict[str, Any]:
    """Execute when Sphinx asks what is out of date: the sources are known, none is read yet."""
    app.connect("config-inited", _anchor_cache, priority=100)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _note_reading)
    app.connect("env-updated", _rewritten)
    return {"version": "1", "parallel_read_safe": True}
