"""The foot of each page: from what it was made.

Library versions, digests of the data, the seeds that the page draws from, the licence. Nothing of
it changes between two builds of the same sources: times are in the build report, not here.
"""

from __future__ import annotations

import json
import platform
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "rdkit", "plotly", "gpflow", "torch")
TEMPLATE = "made-from.html"
DIGEST_LENGTH = 8  # characters of a SHA-256: enough to tell two states of a file apart
SEED = re.compile(r"\b(?:default_rng|SeedSequence)\(\s*([\d_]+)")
CODE_CELL = re.compile(r"^(`{3,}|:{3,})\{code-cell\}.*?^\1\s*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class MadeFrom:
    """What a page was made from."""

    python: str
    libraries: dict[str, str]  # name -> version
    data: dict[str, str]  # file -> first characters of its SHA-256
    seeds: tuple[int, ...]


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions of the libraries that the pages' numbers rest on, as far as installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name).partition("+")[0]  # not "+cpu" or "+cu126"
        except metadata.PackageNotFoundError:
            continue
    return found


def data_digests(root: Path) -> dict[str, str]:
    """Short digests of the data files, as `data/checksums.json` lists them."""
    listing = root / "data" / "checksums.json"
    if not listing.is_file():
        return {}
    entries = json.loads(listing.read_text(encoding="utf-8"))
    return {name: entries[name]["sha256"][:DIGEST_LENGTH] for name in sorted(entries)}


def seeds(source: str) -> tuple[int, ...]:
    """The seeds that a page's code cells name, in ascending order."""
    cells = "\n".join(match[0] for match in CODE_CELL.finditer(source))
    return tuple(sorted({int(text.replace("_", "")) for text in SEED.findall(cells)}))


def made_from(root: Path, source: Path | None) -> MadeFrom:
    """Gather the foot of one page; ``source`` is None for pages without one, such as search."""
    text = source.read_text(encoding="utf-8") if source else ""
    return MadeFrom(
        python=".".join(platform.python_version_tuple()[:2]),
        libraries=versions(),
        data=data_digests(root),
        seeds=seeds(text),
    )


def _add(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    source = Path(app.env.doc2path(pagename)) if pagename in app.env.found_docs else None
    context["made_from"] = made_from(Path(app.srcdir), source)


def setup(app: Sphinx) -> None:
    """Give each page's template its `made_from`."""
    app.connect("html-page-context", _add)
