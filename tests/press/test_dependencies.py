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


def test_a_folder_that_a_cell_names_counts(root: Path) -> None:
    cells = ['open("benchmarks/results/speed.json")']
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


def test_cells_with_magics_are_read() -> None:
    assert imported_names(python_of("%load_ext x\n!ls\nimport a")) == {"a"}
