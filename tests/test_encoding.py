"""Whatever reads or writes text says in which encoding: Windows would take another one.

The linter's rule sees only what it can tell to be a path; this one sees every call by its name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [
    file for room in ("code", "data", "benchmarks", ".ci") for file in (ROOT / room).rglob("*.py")
]
# What opens text by its own decision, what does so unless a mode holds "b", what does if asked to.
ALWAYS = {"read_text": 0, "write_text": 1, "TextIOWrapper": 1}  # place of the encoding
BY_MODE = {"open", "fdopen"}
IF_TEXT = {"run", "Popen", "check_output", "check_call", "call", "getoutput"}
NOT_FILES = {"os", "tarfile", "zipfile", "package", "webbrowser", "Image"}


def unsaid(source: str) -> Iterator[int]:
    """Lines of calls that leave the encoding to the machine."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        said = {keyword.arg: keyword.value for keyword in node.keywords}
        if "encoding" not in said and _opens_text(node, said):
            yield node.lineno


def _opens_text(node: ast.Call, said: dict[str | None, ast.expr]) -> bool:
    function = node.func
    if not isinstance(function, ast.Attribute):
        return isinstance(function, ast.Name) and function.id == "open" and not _binary(node, said)
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    if function.attr in BY_MODE and (owner not in NOT_FILES or function.attr == "fdopen"):
        return not _binary(node, said)
    if function.attr in IF_TEXT:
        return bool(said.keys() & {"text", "universal_newlines"})
    return len(node.args) <= ALWAYS.get(function.attr, -1)


def _binary(node: ast.Call, said: dict[str | None, ast.expr]) -> bool:
    modes = [*node.args, said.get("mode")]
    return any(isinstance(m, ast.Constant) and m.value in _BINARY for m in modes)


_BINARY = {f"{how}b{plus}" for how in "rwax" for plus in ("", "+")} | {f"{how}+b" for how in "rwax"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_text_says_its_encoding(file: Path) -> None:
    lines = list(unsaid(file.read_text(encoding="utf-8")))
    assert lines == [], f"{file}: say encoding='utf-8' in lines {lines}"


@pytest.mark.parametrize(
    "call",
    [
        "(root / 'x').read_text()",
        "path.write_text('x')",
        "open(path)",
        "path.open('a')",
        "path.open(mode='w')",
        "os.fdopen(3, 'w')",
        "io.TextIOWrapper(stream)",
        "subprocess.run(command, text=True)",
    ],
)
def test_a_call_that_leaves_it_to_the_machine_is_found(call: str) -> None:
    assert list(unsaid(call)) == [1]


@pytest.mark.parametrize(
    "call",
    [
        "path.read_text(encoding='utf-8')",
        "path.read_text('utf-8')",
        "path.open('rb')",
        "open(path, mode='r+b')",
        "os.open(folder, os.O_RDONLY)",
        "subprocess.run(command, capture_output=True)",
        "subprocess.run(command, encoding='utf-8')",
        "fig.add_annotation(text='x')",
    ],
)
def test_a_call_that_does_not_is_let_be(call: str) -> None:
    assert list(unsaid(call)) == []
