"""The published site is exchanged whole, or stays as it was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from matinf_book.folders import Paths, _swap, exchange, inputs_digest, recover, state_of


def make_site(folder: Path, text: str, files: int = 1) -> Path:
    folder.mkdir(parents=True)
    for number in range(files):
        (folder / f"{number}.html").write_text(text)
    return folder


def texts(folder: Path) -> set[str]:
    return {file.read_text() for file in folder.iterdir()}


@pytest.mark.parametrize("swap", ["in one step", "by two renames"])
def test_exchange_replaces_a_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swap: str
) -> None:
    if swap == "by two renames":
        monkeypatch.setattr("matinf_book.folders._swap", lambda one, other: False)
    site = make_site(tmp_path / "html", "old")
    new = make_site(tmp_path / "html.new", "new")
    exchange(new, site)
    assert texts(site) == {"new"}
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_exchange_makes_the_first_site(tmp_path: Path) -> None:
    exchange(make_site(tmp_path / "x" / "html.new", "new"), tmp_path / "x" / "html")
    assert texts(tmp_path / "x" / "html") == {"new"}


@pytest.mark.skipif(sys.platform != "linux", reason="renameat2 is Linux's")
def test_swap_is_one_step_on_linux(tmp_path: Path) -> None:
    one, other = make_site(tmp_path / "a", "a"), make_site(tmp_path / "b", "b")
    assert _swap(one, other)
    assert (texts(one), texts(other)) == ({"b"}, {"a"})


def test_recover_restores_a_site_that_was_moved_aside(tmp_path: Path) -> None:
    paths = Paths(root=tmp_path)
    make_site(paths.build / "html.old", "old")
    make_site(paths.build / "html.new", "half")
    recover(paths)
    assert texts(paths.site) == {"old"}
    assert not (paths.build / "html.new").exists()


def test_recover_drops_what_was_exchanged_but_not_removed(tmp_path: Path) -> None:
    paths = Paths(root=tmp_path)
    make_site(paths.site, "new")
    make_site(paths.build / "html.old", "old")
    recover(paths)
    assert texts(paths.site) == {"new"}
    assert not (paths.build / "html.old").exists()


@pytest.mark.parametrize("setting", ["MATINF_SITE", "MATINF_REPOSITORY", "MATINF_COMMIT"])
def test_a_site_for_another_place_is_another_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    (tmp_path / "index.md").write_text("# First\n")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    monkeypatch.delenv(setting, raising=False)
    before = inputs_digest(tmp_path)
    assert inputs_digest(tmp_path) == before
    monkeypatch.setenv(setting, "x/y")
    assert inputs_digest(tmp_path) != before


@pytest.mark.parametrize(
    "name",
    [
        *("index.md", "book/page.md", "book/image.svg", "code/a.py", "data/a.csv"),
        *("benchmarks/results/a.json", "_config.yml", "_toc.yml", "requirements.txt", "README.md"),
    ],
)
def test_a_site_from_other_sources_is_another_site(tmp_path: Path, name: str) -> None:
    contents = "format: jb-book\nroot: index\nchapters:\n- file: book/page\n"
    for file, text in {"index.md": "", "book/page.md": "", "_toc.yml": contents}.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    before = inputs_digest(tmp_path)
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    with (tmp_path / name).open("a") as file:
        file.write("\n")
    assert inputs_digest(tmp_path) != before


def test_a_damaged_state_file_is_no_state(tmp_path: Path) -> None:
    paths = Paths(root=tmp_path)
    paths.build.mkdir()
    (paths.build / "published.json").write_text('{"inputs": "ab')
    assert state_of(paths) == {}


SWAPPER = """
import sys
from pathlib import Path
from matinf_book.folders import exchange
build = Path(sys.argv[1])
print("ready", flush=True)
for text in range(100_000):
    new = build / "html.new"
    new.mkdir()
    for number in range(20):
        (new / f"{number}.html").write_text(str(text))
    exchange(new, build / "html")
"""


@pytest.mark.parametrize("delay", [0.02, 0.05, 0.11, 0.23])
def test_a_kill_never_leaves_half_a_site(tmp_path: Path, delay: float) -> None:
    make_site(tmp_path / "_build" / "html", "first", files=20)
    code = str(Path(__file__).parents[2] / "code")
    process = subprocess.Popen(
        [sys.executable, "-c", SWAPPER, str(tmp_path / "_build")],
        env={**os.environ, "PYTHONPATH": code},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    recover(Paths(root=tmp_path))
    site = tmp_path / "_build" / "html"
    assert len(list(site.iterdir())) == 20
    assert len(texts(site)) == 1, "files of two builds stand side by side"
