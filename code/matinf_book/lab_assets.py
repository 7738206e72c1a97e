"""Files that laboratories fetch when they start: kept with their page, written with the site.

They are no part of a page's weight, since a reader who does not come near the laboratory never
loads them; each has a limit of its own.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Set
from pathlib import Path, PurePosixPath
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

LARGEST = 300_000  # bytes of one file, as gzip makes it
FOLDER = "_static/live"
STAMP_LENGTH = 8  # characters of a SHA-256

Store = dict[str, dict[str, str]]


def packed(text: str) -> int:
    """Bytes that the text takes on its way."""
    return len(gzip.compress(text.encode(), 6, mtime=0))


def keep(env: BuildEnvironment, assets: Mapping[str, str]) -> dict[str, str]:
    """Keep the assets of the page that is being read; where they will lie, seen from the page.

    The address changes with the content, so that no old copy is taken for the new one.

    Args:
        env: The environment that reads the page.
        assets: Texts by file name.
    """
    up, addresses = "../" * env.docname.count("/"), {}
    for name, text in assets.items():
        stamp = hashlib.sha256(text.encode()).hexdigest()[:STAMP_LENGTH]
        path = PurePosixPath(name)
        stamped = f"{path.stem}-{stamp}{path.suffix}"
        _store(env).setdefault(env.docname, {})[stamped] = text
        addresses[name] = f"{up}{FOLDER}/{stamped}"
    return addresses


def _store(env: BuildEnvironment) -> Store:
    if not hasattr(env, "matinf_lab_assets"):
        env.matinf_lab_assets = {}  # type: ignore[attr-defined]
    store: Store = env.matinf_lab_assets  # type: ignore[attr-defined]
    return store


def _purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _store(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Set[str], other: Any) -> None:
    _store(env).update({name: _store(other)[name] for name in docnames if name in _store(other)})


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir, FOLDER)
    for of_page in _store(app.env).values():
        for name, text in of_page.items():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Keep assets with their pages; write them once the site stands."""
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("build-finished", _write)
