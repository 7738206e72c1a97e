"""Signatures for the API reference, with types as they stand in the source.

Autodoc evaluates annotations: it would print ``ArrayLike`` in a dozen lines.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
import textwrap
from typing import Any, get_origin

import numpy as np
from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature

PACKAGE = "matinf"


class _Written:
    """A default value that prints as its source."""

    def __init__(self, source: str) -> None:
        self.source = source

    def __repr__(self) -> str:
        return self.source


def as_written(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: Any
) -> tuple[str, str | None] | None:
    """The signature with its annotations as they stand in the source."""
    if what == "class" and (getattr(obj, "_is_protocol", False) or not signature):
        return "", None  # nobody calls it
    if what not in {"class", "function", "method"}:
        return None
    found = inspect.signature(obj)
    kept = list(found.parameters.values())
    if what == "method" and kept and kept[0].name == "self":
        kept = kept[1:]
    written, made = _annotations(obj), _factories(obj)
    kept = [
        parameter.replace(
            default=made.get(parameter.name, parameter.default),
            annotation=written.get(parameter.name, parameter.empty),
        )
        for parameter in kept
    ]
    given = found.empty if what == "class" else written.get("return", found.empty)
    whole = found.replace(parameters=kept, return_annotation=given)
    arguments, arrow, returned = stringify_signature(whole).partition(") -> ")
    return (f"{arguments})", returned) if arrow else (arguments, None)


def _factories(obj: Any) -> dict[str, _Written]:
    """Defaults of a dataclass that are made anew for every instance."""
    if not (inspect.isclass(obj) and dataclasses.is_dataclass(obj)):
        return {}
    return {
        field.name: _Written(f"{getattr(field.default_factory, '__name__', '…')}()")
        for field in dataclasses.fields(obj)
        if field.default_factory is not dataclasses.MISSING
    }


def _annotations(obj: Any) -> dict[str, str]:
    """What the source says of the types of parameters, or of the fields of a dataclass."""
    if not inspect.isclass(obj):
        return of_function(inspect.unwrap(getattr(obj, "__func__", obj)))
    if not dataclasses.is_dataclass(obj):
        return of_function(obj.__init__)
    classes = [c for c in reversed(obj.__mro__) if dataclasses.is_dataclass(c)]
    return {name: text for c in classes for name, text in _of_fields(c).items()}


def _tree(obj: Any) -> Any:
    return ast.parse(textwrap.dedent(inspect.getsource(obj))).body[0]


def of_function(function: Any) -> dict[str, str]:
    """Types of a function's parameters, and of what it gives under ``"return"``, as written."""
    if not inspect.isfunction(function):
        return {}
    node, names = _tree(function), vars(sys.modules[function.__module__])
    arguments = [arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)]
    found = {arg.arg: _text(arg.annotation, names) for arg in arguments if arg.annotation}
    return found | ({"return": _text(node.returns, names)} if node.returns else {})


def _of_fields(cls: type) -> dict[str, str]:
    names = vars(sys.modules[cls.__module__])
    fields = [node for node in _tree(cls).body if isinstance(node, ast.AnnAssign)]
    return {ast.unparse(node.target): _text(node.annotation, names) for node in fields}


def _text(annotation: ast.expr, names: dict[str, Any]) -> str:
    """An annotation as written: classes of ours by their full names, arrays as arrays.

    Sphinx makes a link of ``~matinf.intervals.Interval`` and shows its last word.
    """
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            value = names.get(node.id)
            if inspect.isclass(value) and value.__module__.partition(".")[0] == PACKAGE:
                node.id = f"~{value.__module__}.{value.__qualname__}"
            elif get_origin(value) is np.ndarray:  # a name of the module's own, such as Vector
                node.id = "NDArray"
    return ast.unparse(annotation)


def field_notes(cls: type) -> dict[str, str]:
    """Comments beside the fields of a dataclass, for one that says there what they are."""
    if not dataclasses.is_dataclass(cls):
        return {}
    lines = textwrap.dedent(inspect.getsource(cls)).splitlines()
    fields = [node for node in _tree(cls).body if isinstance(node, ast.AnnAssign)]
    beside = {
        ast.unparse(node.target): _note(lines[(node.end_lineno or 1) - 1 :]) for node in fields
    }
    inherited = field_notes(cls.__bases__[0])
    return inherited | {name: note for name, note in beside.items() if note}


def _note(lines: list[str]) -> str:
    """The comment at the end of the first of these lines, with what continues it below."""
    words = lines[0].partition("  # ")[2]
    for line in lines[1:]:
        if not words or not line.lstrip().startswith("# "):
            break
        words += " " + line.lstrip("# ")
    if words.startswith("("):
        words = f"shape {words}"
    return words and f"{words[0].upper()}{words[1:].rstrip('.')}."
