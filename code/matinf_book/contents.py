"""What the book consists of, as its two settings files say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .errors import BuildError


def config_of(root: Path) -> dict[str, Any]:
    """The book's `_config.yml`; raises BuildError where there is none that can be read."""
    return _settings(root / "_config.yml")


def _settings(file: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BuildError(f"{file} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise BuildError(f"{file}: expected settings by their names, found {found!r:.60}")
    return found


def pages_of(root: Path) -> list[Path]:
    """Source files of the pages that the table of contents names, in its order.

    Raises:
        BuildError: naming every entry that has no file.
    """
    toc = _settings(root / "_toc.yml")
    names: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            names.extend(node[key] for key in ("root", "file") if key in node)
            for key in ("parts", "chapters", "sections", "subtrees", "entries"):
                walk(node.get(key, []))

    walk(toc)
    paths = [root / f"{name.removesuffix('.md')}.md" for name in names]
    if absent := [p.relative_to(root).as_posix() for p in paths if not p.is_file()]:
        raise BuildError(f"_toc.yml names pages that are not there: {', '.join(absent)}")
    return paths


def sources_of(root: Path) -> list[str]:
    """Top-level folders and files that the site is made from."""
    folders = {page.relative_to(root).parts[0] for page in pages_of(root)}
    # Pages include the README; its figures are the benchmarks'.
    settings = ["_config.yml", "_toc.yml", "requirements.txt", "README.md"]
    return [*sorted(folders | {"code", "data", "benchmarks"}), *settings]
