"""The foot of each page: from what it was made.

Library versions, digests of the data and of the stored studies that the page reads, the seeds that
it draws from, the licence. Nothing of
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

from .dependencies import imported_names, module_file, python_of

LIBRARIES = (
    *("numpy", "scipy", "pandas", "scikit-learn", "quantile-forest", "rdkit", "plotly"),
    *("gpflow", "tensorflow", "torch"),
)
TEMPLATES = Path(__file__).resolve().parent / "theme" / "templates"
TEMPLATE = "made-from.html"
DIGEST_LENGTH = 8  # characters of a SHA-256: enough to tell two states of a file apart
SEED = re.compile(r"\b(?:default_rng|SeedSequence)\(\s*([\d_]+)")
CODE_CELL = re.compile(
    r"^(`{3,}|:{3,})\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n|(?:[ \t]*:[^\n]*\n)*)(.*?)^\1\s*$",
    re.MULTILINE | re.DOTALL,
)
QUOTED = re.compile(r"""["']([\w-]+)["']""")
READ = re.compile(r"""\bload_study\(\s*["']([\w-]+)""")  # a cell that reads a stored study


@dataclass(frozen=True, kw_only=True)
class MadeFrom:
    """What a page was made from."""

    python: str
    libraries: dict[str, str]  # name -> version
    data: dict[str, str]  # file -> first characters of its SHA-256
    studies: dict[str, tuple[str, int]]  # name -> first characters of its SHA-256, its seed
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


def cells_of(source: str) -> str:
    """The code of a page's cells, without their options, one below the other."""
    return "\n".join(match[2] for match in CODE_CELL.finditer(source))


def seeds(source: str) -> tuple[int, ...]:
    """The seeds that a page's code cells name, in ascending order."""
    return tuple(sorted({int(text.replace("_", "")) for text in SEED.findall(cells_of(source))}))


def studies(root: Path, source: str) -> dict[str, tuple[str, int]]:
    """Stored studies that a page reads, itself or by a module that its cells import."""
    stored = {path.stem: path for path in sorted((root / "data" / "studies").glob("*.json"))}
    cells = cells_of(source)
    if not stored or not cells:
        return {}
    try:
        names = sorted(imported_names(python_of(cells)))
    except SyntaxError:
        names = []  # cells in another language name what they read themselves
    modules = [file for name in names if (file := module_file(root / "code", name))]
    readers = [text for file in modules if "load_study" in (text := file.read_text("utf-8"))]
    read = {*READ.findall(cells), *QUOTED.findall("\n".join(readers))}
    used = [name for name in stored if name in read]
    made = {name: json.loads(stored[name].read_text(encoding="utf-8")) for name in used}
    return {name: (made[name]["sha256"][:DIGEST_LENGTH], made[name]["seed"]) for name in used}


def made_from(root: Path, source: Path | None) -> MadeFrom:
    """Gather the foot of one page; ``source`` is None for pages without one, such as search."""
    text = source.read_text(encoding="utf-8") if source else ""
    return MadeFrom(
        python=".".join(platform.python_version_tuple()[:2]),
        libraries=versions(),
        data=data_digests(root),
        studies=studies(root, text),
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
