"""What Binder would build, read without Docker; and the steps of postBuild, one by one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jupytext
import pytest

from matinf_book import lab
from matinf_book.lock import BOOK_LOCK, LAB_LOCK, PYTHONS

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
PAGES = [path for path in (ROOT / "book").rglob("*.md") if "{code-cell}" in path.read_text()]


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Dockerfile that repo2docker writes for this repository."""
    folder = tmp_path_factory.mktemp("binder") / "repository"
    shutil.copytree(BINDER, folder / "binder")
    for name in ("pyproject.toml", BOOK_LOCK, LAB_LOCK):
        shutil.copy(ROOT / name, folder)
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_image_is_built_by_our_steps_on_a_python_that_the_lock_knows(dockerfile: str) -> None:
    version = (BINDER / "runtime.txt").read_text().strip().removeprefix("python-")
    assert version in PYTHONS
    assert f"environment-2epy-2d{version.replace('.', '-2e')}" in dockerfile
    assert "RUN ./binder/postBuild" in dockerfile


def test_nothing_but_our_steps_installs_packages(dockerfile: str) -> None:
    """Another requirements file, or the package itself, would bring the build with CUDA."""
    assert "pip install" not in dockerfile
    assert "requirements.txt" not in dockerfile
    assert {path.name for path in BINDER.iterdir()} == {"postBuild", "runtime.txt"}


@pytest.fixture
def steps(tmp_path: Path) -> list[list[str]]:
    """What postBuild asks of Python, told by a Python that only writes it down."""
    repository, bin_folder, prefix = (tmp_path / name for name in ("repository", "bin", "prefix"))
    settings = "code/matinf_book/jupyter"
    shutil.copytree(BINDER, repository / "binder")
    shutil.copytree(ROOT / settings, repository / settings)
    for name in ("pyproject.toml", BOOK_LOCK, LAB_LOCK):
        shutil.copy(ROOT / name, repository)
    bin_folder.mkdir()
    python = bin_folder / "python"
    told = tmp_path / "told.jsonl"
    python.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"open({str(told)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
        f"print({str(prefix)!r})\n"
    )
    python.chmod(0o755)
    environment = {
        **{key: value for key, value in os.environ.items() if key != "MATINF_TORCH_INDEX"},
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
    }
    subprocess.run(["./binder/postBuild"], cwd=repository, env=environment, check=True)
    assert json.loads((prefix / "etc/jupyter/labconfig/default_setting_overrides.json").read_text())
    return [json.loads(line) for line in told.read_text().splitlines()]


def test_torch_comes_first_without_cuda_then_the_lock_then_the_book(steps: list[list[str]]) -> None:
    installs = [step[step.index("--no-cache-dir") + 1 :] for step in steps if "install" in step]
    index = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["matinf"][
        "torch-cpu-index"
    ]
    pin = re.search(r"^torch==\S+$", (ROOT / BOOK_LOCK).read_text(), flags=re.MULTILINE)
    assert pin is not None
    assert installs == [
        ["--no-deps", pin[0], "--index-url", index],
        ["-r", LAB_LOCK],
        ["--no-deps", "--editable", "."],
    ]


def test_first_imports_are_warmed_at_last(steps: list[list[str]]) -> None:
    assert steps[-1][0] == "-c"
    modules = {name.strip() for name in steps[-1][1].removeprefix("import").split(",")}
    assert {"gpflow", "torch", "matinf.datasets"} <= modules
    for name in modules:
        __import__(name)


def test_postbuild_may_be_executed() -> None:
    assert os.access(BINDER / "postBuild", os.X_OK)


def test_markdown_opens_as_a_notebook() -> None:
    settings = json.loads(
        (lab.SETTINGS / "labconfig" / "default_setting_overrides.json").read_text()
    )
    viewers = settings["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]
    assert viewers["markdown"] == "Jupytext Notebook"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_jupytext_reads_every_page_as_a_notebook_of_its_cells(page: Path) -> None:
    notebook = jupytext.read(page)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) == page.read_text().count("{code-cell}")
    assert notebook.metadata["kernelspec"]["name"] == "python3"


def test_the_lab_listens_on_this_machine_alone(tmp_path: Path) -> None:
    assert "--ServerApp.ip=127.0.0.1" in lab.command(tmp_path)
