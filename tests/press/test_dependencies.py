"""What a page depends on: exactly the modules that it reaches, the data and the lock."""

from pathlib import Path

import pytest

from matinf_book.dependencies import imported_names, modules_reached, page_digest, python_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tiny project: `science.a` uses `science.b`; `science.c` stands alone."""
    files = {
        "code/science/__init__.py": "",
        "code/science/a.py": "from . import b\n",
        "code/science/b.py": "import numpy\nVALUE = 1\n",
        "code/science/c.py": "VALUE = 1\n",
        "data/table.csv": "x\n1\n",
        "data/README.md": "cards\n",
        "requirements.txt": "numpy==1.26.4\n",
        "benchmarks/results/speed.json": "{}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


CELLS = ["%matplotlib inline\nfrom science.a import b", "b.VALUE"]


@pytest.mark.parametrize(
    ("edited", "matters"),
    [
        ("code/science/a.py", True),
        ("code/science/b.py", True),  # reached through a
        ("code/science/__init__.py", True),
        ("code/science/c.py", False),
        ("data/table.csv", True),
        ("data/README.md", False),
        ("requirements.txt", True),
        ("benchmarks/results/speed.json", False),
    ],
)
def test_digest_follows_what_the_cells_reach(root: Path, edited: str, matters: bool) -> None:
    before = page_digest(root, CELLS)
    with (root / edited).open("a") as file:
        file.write("# edited\n")
    assert (page_digest(root, CELLS) != before) is matters


@pytest.mark.parametrize(
    "path", ['"benchmarks/results/speed.json"', "'../benchmarks/results/speed.json'"]
)
def test_a_folder_that_a_cell_names_counts(root: Path, path: str) -> None:
    cells = [f"open({path})"]
    before = page_digest(root, cells)
    (root / "benchmarks/results/speed.json").write_text('{"seconds": 1}\n')
    assert page_digest(root, cells) != before


def test_new_file_that_shadows_a_module_counts(root: Path) -> None:
    cells = ["import science.d"]
    before = page_digest(root, cells)
    (root / "code/science/d.py").write_text("")
    assert page_digest(root, cells) != before


def test_imports_are_read_in_all_their_forms() -> None:
    source = (
        "import a.b as c\nfrom d import e\ndef f():\n    from .g import h\n    from .. import i\n"
    )
    assert imported_names(source, "pkg.sub") == {
        *("a.b", "d", "d.e", "pkg.sub.g", "pkg.sub.g.h", "pkg", "pkg.i")
    }


def test_modules_of_libraries_are_not_followed(root: Path) -> None:
    reached = modules_reached(root / "code", {"numpy", "science.b"})
    assert [path.name for path in reached] == ["__init__.py", "b.py"]


@pytest.mark.parametrize(
    "cell",
    [
        "%load_ext x\n!ls\nimport science.b",
        "files = !ls\nimport science.b",
        "here = %pwd\nimport science.b",
        "int?\nimport science.b",
        "%%time\nimport science.b",
        "rest = (7\n    % 4)\nimport science.b",
        'import importlib\nimportlib.import_module("science.b")',
        "x = = 1",  # not Python: then nobody knows what it reaches
    ],
)
def test_what_a_cell_imports_is_seen_whatever_else_it_says(root: Path, cell: str) -> None:
    before = page_digest(root, [cell, "1 + 1"])
    (root / "code/science/b.py").write_text("VALUE = 2\n")
    assert page_digest(root, [cell, "1 + 1"]) != before


def test_a_cell_that_cannot_be_read_hides_no_import_of_another(root: Path) -> None:
    before = page_digest(root, ["import science.a", "x = = 1"])
    (root / "code/science/b.py").write_text("VALUE = 2\n")
    assert page_digest(root, ["import science.a", "x = = 1"]) != before


def test_a_text_that_names_a_module_counts_as_an_import() -> None:
    assert imported_names(python_of('load("a.b", "c d.e", "f.csv/g")')) == {"a.b"}
