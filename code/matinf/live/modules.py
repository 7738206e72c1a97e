"""The JavaScript of the laboratories as one script, for places that serve no files.

On a page of the book the modules stand side by side and import one another. The frame of a
notebook has neither address nor server, and some notebooks allow no script but those in the
text; so the modules are joined here. They are written in the few forms that this reads:
``import { a, b as c } from "./name.js";``, ``export function``, ``export class``, ``export const``
and ``new Worker(new URL("./name.js", import.meta.url), { type: "module" })``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

STATIC = Path(__file__).resolve().parent / "static" / "live"

_IMPORT = re.compile(r'^import\s*(?:\{([^}]*)\}\s*from\s*)?"\./([\w.-]+\.js)";', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+((?:async\s+)?function\*?|class|const)\s+([\w$]+)", re.MULTILINE)
_WORKER = re.compile(
    r'new Worker\(\s*new URL\("\./([\w.-]+\.js)", import\.meta\.url\),\s*'
    r'\{\s*type: "module",?\s*\},?\s*\)'
)
_UNREAD = re.compile(r"^\s*(?:import\b(?!\()|export\b).*|^.*\bimport\.meta\b.*", re.MULTILINE)


Folders = Sequence[Path]


class ModuleError(ValueError):
    """A module that cannot be joined: names the module and the line."""


def needed(name: str, folders: Folders = (STATIC,)) -> list[str]:
    """The module and all that it imports, each after those that it needs.

    Raises:
        ModuleError: if a module is missing, or two import each other.
    """
    order: list[str] = []
    _visit(name, folders, order, ())
    return order


def files_of(name: str, folders: Folders = (STATIC,)) -> set[str]:
    """Every module that a page may load for this one: imports, workers and what they import."""
    found = set(needed(name, folders))
    for module in sorted(found):
        for worker in _WORKER.findall(_without_comments(_read(module, folders))):
            if worker not in found:
                found |= files_of(worker, folders)
    return found


def find(name: str, folders: Folders = (STATIC,)) -> Path:
    """The file of a module, in the first folder that has it.

    Raises:
        ModuleError: if none has.
    """
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise ModuleError(f"there is no module {name} in {' or '.join(f.name for f in folders)}")


def _read(name: str, folders: Folders) -> str:
    return find(name, folders).read_text(encoding="utf-8")


def _visit(name: str, folders: Folders, order: list[str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ModuleError(f"{name} imports itself: {' -> '.join([*above, name])}")
    if name in order:
        return
    for _, other in _IMPORT.findall(_read(name, folders)):
        _visit(other, folders, order, (*above, name))
    order.append(name)


def joined(name: str, folders: Folders = (STATIC,)) -> str:
    """One classic script that does what the module does.

    Raises:
        ModuleError: if a module is missing, or written in a form that is not read here.
    """
    parts = [_enclosed(module, folders) for module in needed(name, folders)]
    return "\n".join(['"use strict";', "const modules = {};", *parts])


def _enclosed(name: str, folders: Folders) -> str:
    """A module as a function that is called once and hands over what it exports."""
    source = _without_comments(_read(name, folders))
    exports = ", ".join(exported for _, exported in _EXPORT.findall(source))
    source = _IMPORT.sub(_taken, source)
    source = _EXPORT.sub(r"\1 \2", source)
    if unread := _UNREAD.search(_WORKER.sub("", source)):
        raise ModuleError(f"{name}: this form cannot be joined: {unread[0].strip()}")
    source = _WORKER.sub(lambda match: _worker(match[1], folders), source)
    return f"modules[{json.dumps(name)}] = (() => {{\n{source}\nreturn {{ {exports} }};\n}})();"


def _taken(match: re.Match[str]) -> str:
    if match[1] is None:
        return ""
    names = re.sub(r"\s+as\s+", ": ", " ".join(match[1].split()))
    return f"const {{ {names} }} = modules[{json.dumps(match[2])}];"


def _worker(name: str, folders: Folders) -> str:
    source = json.dumps(joined(name, folders))
    blob = f'new Blob([{source}], {{ type: "text/javascript" }})'
    return f"new Worker(URL.createObjectURL({blob}))"


def _without_comments(source: str) -> str:
    """The source without comments that begin a line."""
    return re.sub(r"^\s*(?:/\*.*?\*/|//[^\n]*)", "", source, flags=re.DOTALL | re.MULTILINE)
