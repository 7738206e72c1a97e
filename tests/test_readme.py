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
import yaml

from matinf_book.lock import LOCKS
from matinf_book.plotly_renderer import TRACES

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
    for path, (section, marks) in readme_table.FILES.items():
        text = path.read_text(encoding="utf-8")
        wanted = readme_table.replaced(text, section(readme_table.RESULTS), **marks)
        assert text == wanted, "run python benchmarks/readme_table.py"


def stored(folder: Path, *measurements: dict[str, object]) -> Path:
    """Results of one benchmark."""
    result = {
        "benchmark": "x",
        "command": "make bench ARGS=x",
        "machine": {"cores": 2, "system": "Linux", "python": "3.11.7"},
        "measurements": measurements,
    }
    (folder / "x.json").write_text(json.dumps(result), encoding="utf-8")
    return folder


def test_what_is_asked_is_in_the_readme_and_the_rest_beside_it(
    readme_table: ModuleType, tmp_path: Path
) -> None:
    reading = {"name": "reading", "unit": "s", "runs": [2.0, 1.0, 1234.4], "median": 2.0}
    plain = {"name": "a baseline", "unit": "s", "runs": [5.0], "median": 5.0, "limit": ""}
    results = stored(tmp_path, {**reading, "limit": "under 3"}, plain)
    assert "| x: reading | 2 s | 1 to 1,234 (3) | under 3 |" in readme_table.short(results)
    assert "a baseline" not in readme_table.short(results)
    assert "| reading | 2 s | 1 to 1,234 (3) | under 3 |" in readme_table.whole(results)
    assert "| a baseline | 5 s | one run |  |" in readme_table.whole(results)
    assert "on 2 cores, Linux; python 3.11.7." in readme_table.whole(results)


def test_every_stored_study_says_what_it_took(readme_table: ModuleType) -> None:
    stored_studies = {path.stem for path in (ROOT / "data" / "studies").glob("*.json")}
    shown = re.findall(
        r"^\| ([\w-]+) \| \d+ \| [\d,]+ s \| \d+ \|$",
        readme_table.studies(readme_table.STUDIES),
        flags=re.MULTILINE,
    )
    assert set(shown) == stored_studies
    assert "campaigns" in shown


def test_of_the_pages_the_heaviest_of_each_kind_is_shown(
    readme_table: ModuleType, tmp_path: Path
) -> None:
    weights = [("a", 5.0, "at most 9"), ("b", 7.0, "at most 9"), ("c", 1.0, "at most 2")]
    pages = [
        {"name": f"first visit: {n}", "unit": "kB", "runs": [v], "median": v, "limit": limit}
        for n, v, limit in weights
    ]
    shown = readme_table.short(stored(tmp_path, *pages))
    assert "first visit: b" in shown
    assert "first visit: c" in shown
    assert "first visit: a" not in shown


def test_what_is_stale_is_replaced_and_nothing_else(readme_table: ModuleType) -> None:
    old = f"before\n{readme_table.BEGIN}\nstale\n{readme_table.END}\nafter\n"
    new = readme_table.replaced(old, "fresh")
    assert new == f"before\n{readme_table.BEGIN}\n\nfresh\n\n{readme_table.END}\nafter\n"
    assert readme_table.replaced(new, "fresh") == new


def test_a_readme_without_the_marks_is_refused(readme_table: ModuleType) -> None:
    with pytest.raises(ValueError, match="expected one part"):
        readme_table.replaced("no marks here", "fresh")


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
    assert there - top <= {"build"}


def test_the_book_that_inspired_this_one_is_named() -> None:
    assert "https://github.com/sarah-allec/materials_informatics" in text_of("README.md")


def test_the_citation_of_the_readme_is_that_of_the_file() -> None:
    citation = yaml.safe_load(text_of("CITATION.cff"))
    section = text_of("README.md").partition("## Citing")[2]
    quoted = " ".join(line[2:] for line in section.splitlines() if line.startswith("> "))
    (author,) = citation["authors"]
    wanted = f"{author['name']}. *{citation['title']}*, version {citation['version']}."
    assert quoted == wanted


def test_contributing_names_every_lock_and_every_trace_that_the_site_draws() -> None:
    text = text_of("CONTRIBUTING.md")
    assert {name for name in LOCKS if f"`{name}`" not in text} == set()
    drawn = re.search(r"figures need: ([\w, \n]+)\.", text)
    assert drawn
    assert set(re.findall(r"\w+", drawn[1])) - {"and"} == TRACES
