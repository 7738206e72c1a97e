"""What a page was made from: its own cells, the modules they reach, the data, and the lock.

A cache that looks at a page's cells alone serves yesterday's numbers after an edit to the package.
So each executed page is stored with a digest of everything that could change its outputs. Imports
are followed module by module: an edit in `matinf.physics` re-executes the physics pages only.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

LOCK = "requirements.txt"
IGNORED = {"__pycache__", ".ipynb_checkpoints"}
MODULE_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def files_under(folder: Path) -> list[Path]:
    """All files below a folder in a fixed order, without what tools leave behind."""
    if folder.is_file():
        return [folder]
    found = (p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
    return sorted(
        p for p in found if not IGNORED.intersection(p.parts) and ".egg-info" not in str(p)
    )


def digest(root: Path, paths: Iterable[Path | str]) -> str:
    """SHA-256 over names and contents of files and folders; names are relative to the root."""
    total = hashlib.sha256()
    for path in paths:
        for file in files_under(root / path):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{file.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()


def module_file(code: Path, name: str) -> Path | None:
    """The file of a module of ours, or None for a library's."""
    stem = code.joinpath(*name.split("."))
    for candidate in (stem / "__init__.py", stem.with_suffix(".py")):
        if candidate.exists():
            return candidate
    return None


@lru_cache(maxsize=4096)  # pages share most of what they import
def imported_names(source: str, package: str = "") -> frozenset[str]:
    """Every dotted name that a piece of Python may import, `from a import b` giving a and a.b.

    A text that could be a module's name counts too: `importlib.import_module` takes one.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if MODULE_NAME.fullmatch(node.value):
                names.add(node.value)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            names.add(base)
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return frozenset(names)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parents, *([node.module] if node.module else [])])


def modules_reached(code: Path, names: Iterable[str]) -> list[Path]:
    """Files of our own modules that importing these names would run, directly or not."""
    todo, seen = list(names), {}
    while todo:
        name = todo.pop()
        if not name or name in seen:
            continue
        file = seen[name] = module_file(code, name)
        if "." in name:
            todo.append(name.rpartition(".")[0])
        if file:
            package = name if file.name == "__init__.py" else name.rpartition(".")[0]
            todo += imported_names(file.read_text(encoding="utf-8"), package)
    return sorted({file for file in seen.values() if file})


def python_of(source: str) -> str:
    """A cell as the kernel runs it: magics and shell lines turned into Python by IPython itself."""
    from IPython.core.inputtransformer2 import TransformerManager  # late: IPython is slow to import

    if source.lstrip().startswith("%%"):  # `%%time` runs the rest, which may import
        source = source.lstrip().partition("\n")[2]
    return TransformerManager().transform_cell(source)


def page_digest(root: Path, cells: Sequence[str]) -> str:
    """Digest of what a page's outputs depend on beyond the text of its cells.

    That is: our modules that the cells reach, all of `data/`, the lock, and every other top-level
    folder that a cell names (`benchmarks`, say, where a page reads stored results).
    """
    source = "\n".join(cells)
    try:
        names = {name for cell in cells for name in imported_names(python_of(cell))}
        reached = modules_reached(root / "code", names)
    except SyntaxError:
        reached = files_under(root / "code")  # who cannot read a cell must reckon with everything
    folders = [d.name for d in sorted(root.iterdir()) if d.is_dir() and _names(source, d.name)]
    named = [name for name in folders if name not in {"data", "code", "book"}]
    modules = [file.relative_to(root) for file in reached]
    return digest(root, [*modules, *data_files(root), LOCK, *named])


def _names(source: str, folder: str) -> bool:
    return re.search(rf"""["'/]{re.escape(folder)}\b""", source) is not None


def data_files(root: Path) -> list[Path]:
    """The data themselves, without the cards and the script beside them."""
    files = files_under(root / "data")
    return [f.relative_to(root) for f in files if f.suffix not in {".md", ".py"}]
