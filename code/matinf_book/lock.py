"""The lock: `pyproject.toml` resolved once, for every place where the book is built.

Three files come out, each on top of the one before: `requirements.txt` (the book),
`requirements-lab.txt` (what opens its pages as notebooks) and `requirements-test.txt` (what tests,
benchmarks and the data rebuild need). One resolution serves all, so they cannot drift.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .environment import BOOK_LOCK, LAB_LOCK, TEST_LOCK
from .errors import SetupError

# Each lock, and the dependency groups that it covers together with those before it.
LOCKS = {BOOK_LOCK: (), LAB_LOCK: ("lab",), TEST_LOCK: ("lab", "test")}

# On Linux the default index offers a torch that asks for the CUDA toolkit: several gigabytes that
# no page uses, and that sink a Binder image. The CPU build needs none of them.
CUDA_ONLY = re.compile(r"^(nvidia-|cuda-|triton)")

PLATFORMS = ("linux", "darwin", "win32")
PYTHONS = ("3.11", "3.12")

HEADER = """\
# Made by `make lock` from pyproject.toml; do not edit.
# The digest below is of the dependency tables it was made from.
# Linux: install the CPU build of torch first (see README.md), or pip fetches the CUDA one.
"""


def dependency_digest(root: Path) -> str:
    """SHA-256 over the tables of `pyproject.toml` that decide the lock."""
    import hashlib
    import json
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    tables = [
        project["project"]["requires-python"],
        project["project"]["dependencies"],
        project["dependency-groups"],
        project["tool"]["uv"],
    ]
    return hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest()


def _environments() -> list[dict[str, str]]:
    systems = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
    return [
        {
            "sys_platform": platform,
            "platform_system": systems[platform],
            "os_name": "nt" if platform == "win32" else "posix",
            "python_version": python,
            "python_full_version": f"{python}.0",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
        }
        for platform in PLATFORMS
        for python in PYTHONS
    ]


def simplify(line: str) -> str | None:
    """Shorten one pinned requirement to the environments that the book supports.

    Returns the line without its marker where all of them want it, with a marker in the fewest
    words where some do, and None where none does or where it belongs to CUDA alone.
    """
    from packaging.requirements import Requirement

    requirement = Requirement(line)
    if CUDA_ONLY.match(requirement.name):
        return None
    pin = f"{requirement.name}{requirement.specifier}"
    if requirement.marker is None:
        return pin
    environments = _environments()
    wanted = [e for e in environments if requirement.marker.evaluate(e)]
    if not wanted:
        return None
    if len(wanted) == len(environments):
        return pin
    platforms = [p for p in PLATFORMS if any(e["sys_platform"] == p for e in wanted)]
    pythons = [v for v in PYTHONS if any(e["python_version"] == v for e in wanted)]
    if len(wanted) != len(platforms) * len(pythons):
        return f"{pin} ; {requirement.marker}"
    clauses = [
        _clause("sys_platform", platforms, PLATFORMS),
        _clause("python_version", pythons, PYTHONS),
    ]
    return f"{pin} ; {' and '.join(c for c in clauses if c)}"


def _clause(name: str, wanted: list[str], everything: tuple[str, ...]) -> str:
    if len(wanted) == len(everything):
        return ""
    if len(wanted) == len(everything) - 1 and len(wanted) > 1:
        (absent,) = set(everything) - set(wanted)
        return f"{name} != '{absent}'"
    clause = " or ".join(f"{name} == '{value}'" for value in wanted)
    return f"({clause})" if len(wanted) > 1 else clause


def _resolve(root: Path, *options: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "lock.txt"
        command = [
            *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--universal"),
            *("--python-version", PYTHONS[0], "--fork-strategy", "fewest"),
            *("--no-annotate", "--no-header", "--quiet", "--output-file", str(out), *options),
        ]
        result = subprocess.run(
            command, cwd=root, capture_output=True, encoding="utf-8", errors="replace"
        )
        if result.returncode:
            raise SetupError(_unresolved(result.stderr))
        return [
            simple
            for line in out.read_text(encoding="utf-8").splitlines()
            if (simple := simplify(line))
        ]


def _unresolved(told: str) -> str:
    """Why there is no new lock; the lock files are as they were."""
    if "Failed to fetch" in told or "client error (Connect)" in told:
        return "no package index can be reached. Check the network, then run this again."
    return f"the dependencies of pyproject.toml do not resolve:\n{told.strip()}"


def _groups(names: tuple[str, ...]) -> list[str]:
    return [option for name in names for option in ("--group", name)]


def make_lock(root: Path) -> list[str]:
    """Resolve afresh and write all files; returns the lines that changed, for the reader.

    What goes wrong before the end, a kill included, leaves the files as they were.
    """
    everything = _resolve(root, *_groups(LOCKS[TEST_LOCK]))
    head = f"{HEADER}# digest: {dependency_digest(root)}\n"
    locks, covered = dict[Path, list[str]](), set[str]()
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(everything) + "\n", encoding="utf-8")
        for before, (name, groups) in zip(["", *LOCKS], LOCKS.items(), strict=False):
            found = _resolve(root, *_groups(groups), "--constraint", str(constraints))
            lines = [line for line in found if line not in covered]
            locks[root / name] = [head + f"-r {before}" if before else head.rstrip(), *lines]
            covered |= set(found)
    changes = [line for path, lines in locks.items() for line in _new_pins(path, lines)]
    _write(locks)
    return changes


def _new_pins(path: Path, lines: list[str]) -> list[str]:
    """Pins that the file of a lock does not hold yet."""
    before = set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()
    return [f"{path.name}: {line}" for line in lines[1:] if line not in before]


def _write(locks: dict[Path, list[str]]) -> None:
    """Write all locks beside their places, then move them in."""
    beside = {path: path.with_name(f".{path.name}.new") for path in locks}
    try:
        for path, lines in locks.items():
            beside[path].write_text("\n".join(lines) + "\n", encoding="utf-8")
        for path, new in beside.items():
            new.replace(path)
    finally:
        for new in beside.values():
            new.unlink(missing_ok=True)
