"""What is in the repository, and what must never get into it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from pybtex.database import parse_file

ROOT = Path(__file__).parents[1]
LARGEST = 3_000_000  # bytes

BUILT = re.compile(
    r"(^|/)(_build|\.venv|__pycache__|node_modules|\.ipynb_checkpoints|\.jupyter_cache"
    r"|\.(pytest|ruff|mypy)_cache|\.hypothesis|[^/]+\.egg-info)(/|$)"
    r"|\.(pyc|pyo|ipynb|log|tmp|orig|rej|swp)$|(^|/)\.DS_Store$"
)
# A path of somebody's machine: a home folder, a temporary one, a drive.
MACHINE = re.compile(
    r"(?<![\w.:/~-])/(?:home|Users|root|tmp|work|private|mnt|opt|var/folders)/[\w.-]+"
    r"|(?<![\w/])[A-Z]:\\\\?(?:Users|Documents)",
)
# The places packages come from: a lock or a script that names one binds the book to it.
HOSTS = re.compile(
    r"\bregistry\.[\w-]+\.(?:com|org)\b|\bpython-?hosted\b|\w/simple/|\bproxy\.golang\b"
    r"|--(?:extra-)?index-url[ =]http"
)
# Where such a path or host is the subject itself.
EXCEPT = {"tests/test_repository.py"}


def tracked() -> list[str]:
    """Files under version control; in a copy without its history, all but what builds make."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listing.returncode == 0:
        return [name for name in listing.stdout.split("\0") if name and (ROOT / name).exists()]
    files = (path for path in ROOT.rglob("*") if path.is_file() and ".git" not in path.parts)
    names = [path.relative_to(ROOT).as_posix() for path in files]
    return [name for name in names if not BUILT.search(name)]


def text_of(name: str) -> str:
    """The file's text, or nothing where it is not text."""
    content = (ROOT / name).read_bytes()
    return "" if b"\0" in content[:8000] else content.decode("utf-8", errors="replace")


def found(pattern: re.Pattern[str]) -> list[str]:
    """Each place in a tracked text file that the pattern matches."""
    return [
        f"{name}:{number}: {match[0]}"
        for name in tracked()
        if name not in EXCEPT
        for number, line in enumerate(text_of(name).splitlines(), 1)
        for match in pattern.finditer(line)
    ]


def test_there_is_something_to_look_at() -> None:
    assert {"README.md", "LICENSE", "pyproject.toml", "_config.yml"} <= set(tracked())


def test_no_file_is_large() -> None:
    sizes = {name: (ROOT / name).stat().st_size for name in tracked()}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


def test_nothing_that_builds_make_is_tracked() -> None:
    assert [name for name in tracked() if BUILT.search(name)] == []


def test_no_path_of_a_machine() -> None:
    assert found(MACHINE) == []


def test_no_package_registry_is_named() -> None:
    assert found(HOSTS) == []


def test_the_index_of_cpu_torch_is_named_in_one_place() -> None:
    index = re.compile(r"download\.pytorch\.org/\S*")
    named = {place.split(":")[0] for place in found(index)}
    assert named == {"pyproject.toml"}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE, "open('/home/someone/data.csv')"),
        (MACHINE, "see /tmp/build/out"),
        (MACHINE, r"C:\Users\someone"),
        (HOSTS, '"resolved": "https://registry.example.org/katex"'),
        (HOSTS, "pip install --index-url https://example.org/simple x"),
        (BUILT, "_build/html/index.html"),
        (BUILT, "code/matinf/__pycache__/datasets.cpython-311.pyc"),
        (BUILT, "book/page.ipynb"),
        (BUILT, "code/matinf.egg-info/PKG-INFO"),
    ],
)
def test_what_must_not_be_there_is_found(pattern: re.Pattern[str], text: str) -> None:
    assert pattern.search(text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (MACHINE, "https://example.org/home/someone"),
        (MACHINE, "#!/usr/bin/env bash"),
        (MACHINE, "/path/to/python"),
        (MACHINE, "book/work/page.md"),
        (HOSTS, "https://example.org/project/matminer"),
        (BUILT, "book/builder.md"),
    ],
)
def test_what_may_be_there_is_left_alone(pattern: re.Pattern[str], text: str) -> None:
    assert not pattern.search(text)


def test_both_licences_are_whole() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    text = (ROOT / "LICENSE-text").read_text(encoding="utf-8")
    assert "Creative Commons Attribution 4.0 International" in text
    sections = [line for line in text.splitlines() if re.match(r"Section \d", line)]
    assert [int(line.split()[1]) for line in sections] == list(range(1, 9))


def test_bibliography_is_sorted_and_every_work_can_be_found() -> None:
    entries = parse_file(str(ROOT / "book" / "references.bib")).entries
    keys = list(entries)
    assert keys == sorted(keys)
    assert [key for key in keys if not re.fullmatch(r"[a-z]+\d{4}[a-z]?", key)] == []
    without = [k for k, e in entries.items() if not ({"doi", "url", "isbn"} & set(e.fields))]
    assert without == []
    dois = [entry.fields["doi"].lower() for entry in entries.values() if "doi" in entry.fields]
    assert [doi for doi in dois if not re.fullmatch(r"10\.\d{4,9}/\S+", doi)] == []
    assert len(dois) == len(set(dois))
    years = {key: entry.fields["year"] for key, entry in entries.items()}
    assert [key for key, year in years.items() if year not in key] == []


def test_every_citation_is_in_the_bibliography() -> None:
    keys = set(parse_file(str(ROOT / "book" / "references.bib")).entries)
    role = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`|:cite(?::\w+)?:`([^`]+)`")
    cited = {
        (name, key.strip())
        for name in tracked()
        if name.endswith((".md", ".py")) and name.startswith(("book/", "code/"))
        for match in role.finditer(text_of(name))
        for key in (match[1] or match[2]).split(",")
    }
    assert {(name, key) for name, key in cited if key not in keys} == set()
