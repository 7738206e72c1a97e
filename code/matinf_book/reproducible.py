"""Two builds side by side: the same to the last byte here, and the same to read anywhere.

On one processor two cold builds must be equal byte by byte. On another one the last digits of what
was trained differ; what a page says of it must not.
"""

from __future__ import annotations

import difflib
import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bs4.element import PreformattedString

from .built_site import BuiltPage, pages
from .dependencies import files_under
from .errors import BuildError
from .folders import Paths
from .processors import imitating

MADE = {"_build", ".venv", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}


def tracked_files(root: Path) -> list[Path]:
    """The book's source files, as git sees them: tracked, or new and not ignored.

    In a copy without its history, or without git, all but what builds make.
    """
    if shutil.which("git") is None or not (root / ".git").exists():
        return [file for file in files_under(root) if MADE.isdisjoint(file.relative_to(root).parts)]
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    answer = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=True)
    return [root / name for name in answer.stdout.split("\0") if name and (root / name).is_file()]


def copy_sources(root: Path, target: Path) -> None:
    """Copy what a fresh clone would hold."""
    for file in tracked_files(root):
        copy = target / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)


def differences(one: Path, other: Path) -> list[str]:
    """Lines that name the files in which two folders differ."""
    names = [
        {f.relative_to(folder).as_posix() for f in files_under(folder)} for folder in (one, other)
    ]
    lines = [f"only in one build: {name}" for name in sorted(names[0] ^ names[1])]
    common = sorted(names[0] & names[1])
    _, differing, unreadable = filecmp.cmpfiles(one, other, common, shallow=False)
    return lines + [f"differs: {name}" for name in [*differing, *unreadable]]


def build(book: Path, variables: Mapping[str, str] = MappingProxyType({})) -> Path:
    """Print a book in a process of its own; returns the folder of the site.

    What libraries found of the processor when this process loaded them holds for this one alone:
    under other variables a build must begin anew.

    Raises:
        BuildError: if it failed; what it said stands above.
    """
    command = [sys.executable, "-m", "matinf_book", "--here", "--root", str(book)]
    code = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, **variables, "PYTHONPATH": code}
    options = ["book", "--no-browser-checks"]
    if subprocess.run([*command, *options], env=environment, check=False).returncode:
        raise BuildError("the book could not be printed, so there is nothing to compare.")
    return Paths(root=book).site


def compare_two_builds(root: Path) -> list[str]:
    """Build the book twice in fresh copies of its sources; returns what differs."""
    sites = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first", "second"):
            copy = Path(folder) / name / "book"
            copy_sources(root, copy)
            print(f"Building the {name} copy", flush=True)
            sites.append(build(copy))
        return differences(*sites)


# -- what a reader sees ----------------------------------------------------------------------------

BLOCKS = {"p", "li", "td", "th", "dt", "dd", "figcaption", "caption", "pre", "summary", "div"}
BLOCKS |= {"section", "h1", "h2", "h3", "h4", "h5", "h6", "body", "aside", "option", "button"}
UNSEEN = {"script", "style", "noscript", "template", "head", "title"}
NUMBER = re.compile(r"[-+\u2212]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


@dataclass(frozen=True, kw_only=True)
class Place:
    """One block of visible text that two builds do not share.

    Attributes:
        page: The page's file in the site.
        here: The words that differ, with those around them, as the first build has them.
        there: The same of the second build.
        verdict: Whether the words themselves differ, and not only numbers among them.
    """

    page: str
    here: str
    there: str
    verdict: bool

    def __str__(self) -> str:
        mark = "WORDS " if self.verdict else ""
        return f"{mark}{self.page}\n    {self.here}\n    {self.there}"


def visible_text(page: BuiltPage) -> list[str]:
    """What a page shows or has read aloud, block by block: prose, tables, labels, alt texts."""
    blocks: dict[int, list[str]] = {}
    for string in page.soup.find_all(string=True):
        parents = [parent.name for parent in string.parents]
        if isinstance(string, PreformattedString) or UNSEEN.intersection(parents):
            continue
        block = next((parent for parent in string.parents if parent.name in BLOCKS), page.soup)
        blocks.setdefault(id(block), []).append(string)
    told = [" ".join("".join(strings).split()) for strings in blocks.values()]
    told += [str(tag["aria-label"]) for tag in page.soup.select("[role=img][aria-label]")]
    for script in page.soup.select('.plot > script[type="application/json"]'):
        told += _labels(json.loads(script.get_text()))
    return [text for text in told if text]


def _labels(figure: object) -> Iterator[str]:
    """What is written in a drawn figure: titles, notes, names of traces."""
    if isinstance(figure, list):
        for part in figure:
            yield from _labels(part)
    elif isinstance(figure, dict):
        hidden = {"name"} if figure.get("showlegend") is False else set()
        for name, part in figure.items():
            if name in {"text", "name"} - hidden and isinstance(part, str):
                yield part
            elif isinstance(part, dict | list):
                yield from _labels(part)


def differing_places(one: Path, other: Path) -> list[Place]:
    """Every block of visible text in which two sites differ, page by page."""
    there = {page.name: page for page in pages(other)}
    return [
        place
        for page in pages(one)
        if page.name in there
        for place in _differing(page.name, visible_text(page), visible_text(there[page.name]))
    ]


def _differing(page: str, here: list[str], there: list[str]) -> Iterator[Place]:
    matcher = difflib.SequenceMatcher(None, here, there, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "equal":
            continue
        for n in range(max(j - i, m - k)):
            old = here[i + n] if i + n < j else ""
            new = there[k + n] if k + n < m else ""
            yield Place(
                page=page,
                here=_around(old, new),
                there=_around(new, old),
                verdict=NUMBER.sub("#", old) != NUMBER.sub("#", new),
            )


def _around(text: str, other: str, *, words: int = 6) -> str:
    """The part of a text that differs from the other, with a few words on both sides."""
    mine, theirs = text.split(), other.split()
    codes = difflib.SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes()
    spans = [(i, j) for tag, i, j, _, _ in codes if tag != "equal"]
    if not spans:
        return text
    first, last = max(spans[0][0] - words, 0), spans[-1][1] + words
    cut = ("… " if first else "", " …" if last < len(mine) else "")
    return cut[0] + " ".join(mine[first:last]) + cut[1]


def compare_processors(root: Path, name: str = "nehalem") -> list[Place]:
    """Build here and as on another processor; returns the places where a reader would see it.

    Outputs that were stored here are used as they are, for their key says where they were made.
    """
    sites = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, variables in (("this processor", {}), (name, imitating(name))):
            copy = Path(folder) / kind.replace(" ", "-") / "book"
            copy_sources(root, copy)
            if Paths(root=root).cache.exists():
                shutil.copytree(Paths(root=root).cache, Paths(root=copy).cache)
            print(f"Building the book as on {kind}", flush=True)
            sites.append(build(copy, variables))
        return differing_places(*sites)
