"""What the API reference lists, read from the sources of its pages."""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from reading import ROOT

PAGES = sorted((ROOT / "book" / "appendix").glob("api-*.md"))
_ASKED = re.compile(r"^\.\. automodule:: (\S+)\n((?:   :.*\n)*)", re.MULTILINE)
_MEMBERS = re.compile(r"^   :members:(.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One module that a page asks for, with the names that it prints of it."""

    page: Path
    module: ModuleType
    names: tuple[str, ...]

    def objects(self) -> dict[str, Any]:
        """Its functions and classes, by their names."""
        found = {name: getattr(self.module, name) for name in self.names}
        return {name: value for name, value in found.items() if is_code(value)}


def is_code(value: Any) -> bool:
    """Whether this is a function or a class of ours, not a value or the name of a type."""
    known = inspect.isfunction(value) or inspect.isclass(value)
    return known and value.__module__.partition(".")[0] == "matinf"


def public(module: ModuleType) -> list[str]:
    """What autodoc prints of a module: ``__all__``, or all of its own without an underscore."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    own = vars(module).items()
    return [
        name
        for name, value in own
        if not name.startswith("_") and is_code(value) and value.__module__ == module.__name__
    ]


@cache
def listed() -> tuple[Listed, ...]:
    """Everything that the pages ask for."""
    found = []
    for page in PAGES:
        for name, options in _ASKED.findall(page.read_text(encoding="utf-8")):
            module = importlib.import_module(name)
            asked = _MEMBERS.search(options)
            assert asked is not None, f"{page.name}: {name} without members"
            names = [part.strip() for part in asked[1].split(",") if part.strip()]
            found.append(Listed(page=page, module=module, names=tuple(names or public(module))))
    return tuple(found)


def entries() -> dict[str, Any]:
    """Every function and class with an entry, by module and name."""
    return {
        f"{part.module.__name__}.{name}": value
        for part in listed()
        for name, value in part.objects().items()
    }
