"""README.md and CONTRIBUTING.md say what is so: numbers, commands, folders and links."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def readme_table() -> ModuleType:
    path = ROOT / "benchmarks" / "readme_table.py"
    spec = importlib.util.spec_from_file_location("readme_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_measured_numbers_are_those_of_the_results(readme_table: ModuleType) -> None:
    text = text_of("README.md")
    wanted = readme_table.replaced(text, results=ROOT / "benchmarks" / "results")
    assert text == wanted, "run python benchmarks/readme_table.py"


def test_every_result_is_in_the_readme(readme_table: ModuleType, tmp_path: Path) -> None:
    measurement = {"name": "reading", "unit": "s", "runs": [2.0, 1.0, 1234.4], "median": 2.0}
    result = {
        "command": "make bench ARGS=x",
        "machine": {"cores": 2, "system": "Linux", "python": "3.11.7"},
        "measurements": [{**measurement, "limit": "under 3"}],
    }
    (tmp_path / "x.json").write_text(json.dumps(result), encoding="utf-8")
    old = f"before\n{readme_table.BEGIN}\nstale\n{readme_table.END}\nafter\n"
    new = readme_table.replaced(old, results=tmp_path)
    assert new.startswith("before\n")
    assert new.endswith("\nafter\n")
    assert "stale" not in new
    assert "| reading | 2 s | 1 to 1,234 (3) | under 3 |" in new
    assert readme_table.replaced(new, results=tmp_path) == new


def test_a_readme_without_the_marks_is_refused(readme_table: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected one part"):
        readme_table.replaced("no marks here", results=tmp_path)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_relative_link_leads_somewhere(name: str) -> None:
    links = re.findall(r"(?<!\\)\]\((?!https?://|#|mailto:)([^)\s#]+)", text_of(name))
    visible = [link for link in links if f"]({link})" in re.sub(r"<!--.*?-->", "", text_of(name))]
    assert visible
    assert [link for link in visible if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_exists(name: str) -> None:
    makefile = text_of("Makefile")
    targets = set(re.findall(r"\bmake ([a-z]+)\b(?= |`|$|\n)", "\n".join(_code(text_of(name)))))
    assert {"book", "test"} <= targets
    declared = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert declared
    assert targets <= set(declared[1].split())


def _code(text: str) -> list[str]:
    """Code blocks and inline code of a document."""
    return re.findall(r"```.*?\n(.*?)```", text, flags=re.DOTALL) + re.findall(r"`([^`\n]+)`", text)


def test_the_plain_habit_finds_torch_and_its_index() -> None:
    """The two substitutions in README.md print what pip needs."""
    found = re.findall(r'"\$\((.+?)\)" ?\\?$', text_of("README.md"), flags=re.MULTILINE)
    assert len(found) == 2
    printed = [
        subprocess.run(["sh", "-c", c], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for c in found
    ]
    project = tomllib.loads(text_of("pyproject.toml"))
    torch = next(d for d in project["project"]["dependencies"] if d.startswith("torch=="))
    assert printed[0].strip() == torch
    assert printed[1].strip() == project["tool"]["matinf"]["torch-cpu-index"]


def test_the_map_names_every_folder() -> None:
    listed = set(re.findall(r"^\| \[`([^`]+)/`\]", text_of("README.md"), flags=re.MULTILINE))
    there = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith((".", "_"))}
    top = {name.split("/")[0] for name in listed}
    assert {name for name in top if not (ROOT / name).is_dir()} == set()
    assert there - top <= {"binder", "build"}


def test_the_book_that_inspired_this_one_is_named() -> None:
    assert "https://github.com/sarah-allec/materials_informatics" in text_of("README.md")
