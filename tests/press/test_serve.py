"""Serving: on loopback alone, a reload after an edit, and the last good build after a fault."""

import shutil
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from itertools import islice
from pathlib import Path

import pytest

from matinf_book.errors import BuildError
from matinf_book.progress import Reporter
from matinf_book.serve import (
    Builds,
    make_server,
    rebuild,
    serve_forever,
    served,
    snapshot,
    watch,
)

ROOT = Path(__file__).parents[2]


def one_page(tmp_path: Path) -> Path:
    """A one-page book without code, quick to build."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.md").write_text("# First\n\nText.\n")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: pages/index\n")
    config = (ROOT / "tests" / "fixture_book" / "_config.yml").read_text()
    (tmp_path / "_config.yml").write_text(config.replace("../../code", str(ROOT / "code")))
    shutil.copy(ROOT / "tests" / "fixture_book" / "references.bib", tmp_path)
    (tmp_path / "assets").mkdir()  # which the fixture's settings name
    (tmp_path / "requirements.txt").write_text("")
    return tmp_path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return one_page(tmp_path)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A book that is served; each test begins by saving a page that is whole."""
    book = one_page(tmp_path_factory.mktemp("served"))
    looks = {"seen": snapshot(book), "every": 0.05}
    assert rebuild(book, Reporter())
    builds, stop = Builds(), threading.Event()
    server = make_server(book, builds, port=0)
    threads = [
        threading.Thread(target=server.serve_forever, daemon=True),
        threading.Thread(target=watch, args=(book, builds, stop), kwargs=looks, daemon=True),
    ]
    for thread in threads:
        thread.start()
    assert server.server_address[0] == "127.0.0.1"
    yield book, f"http://127.0.0.1:{server.server_address[1]}"
    stop.set()
    server.shutdown()
    server.server_close()
    threads[1].join(timeout=60)


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def told_to_reload(stream: HTTPResponse) -> bool:
    """Wait for the word to reload, past the signs of life between builds."""
    return any(line == b"data: reload\n" for line in islice(stream, 20))


def test_an_edit_reloads_the_page_and_a_fault_keeps_the_last_good_one(
    running: tuple[Path, str],
) -> None:
    book, address = running
    page, source = f"{address}/pages/index.html", book / "pages" / "index.md"
    assert "<h1>" in read(page)
    assert "/__reload" in read(page)
    on_disk = (served(book) / "pages" / "index.html").read_text()
    assert "/__reload" not in on_disk, "the site's own files are left as they are"

    with urllib.request.urlopen(f"{address}/__reload", timeout=60) as stream:
        source.write_text("# Second\n\nText.\n")
        assert told_to_reload(stream)
    assert "<h1>Second" in read(page)

    source.write_text("# Third\n\nSee {ref}`nowhere`.\n")
    work = book / "_build" / "report" / "sphinx.log"
    deadline = time.time() + 60
    while "nowhere" not in work.read_text() and time.time() < deadline:
        time.sleep(0.1)
    assert "nowhere" in work.read_text()
    assert "<h1>Second" in read(page)


def test_watching_survives_contents_that_cannot_be_read(running: tuple[Path, str]) -> None:
    book, address = running
    contents, source = book / "_toc.yml", book / "pages" / "index.md"
    good = contents.read_text()
    for half_saved in ("format: [", good + "chapters:\n- file: pages/absent\n"):
        contents.write_text(half_saved)
        time.sleep(0.3)  # several looks of the watch
    with urllib.request.urlopen(f"{address}/__reload", timeout=60) as stream:
        source.write_text("# Whole again\n\nText.\n")
        contents.write_text(good)
        assert told_to_reload(stream)
    assert "<h1>Whole again" in read(f"{address}/pages/index.html")


def test_a_draft_writes_what_was_edited_and_the_next_build_the_rest(book: Path) -> None:
    (book / "_toc.yml").write_text(
        "format: jb-book\nroot: pages/index\nchapters:\n- file: pages/second\n- file: pages/third\n"
    )
    source = book / "pages" / "second.md"
    source.write_text("# Old name\n\nText.\n")
    (book / "pages" / "third.md").write_text("# Third\n\nIts sidebar names the second.\n")
    assert rebuild(book, Reporter())
    source.write_text("# New name\n\nText.\n")

    def shown() -> list[bool]:
        pages = [served(book) / "pages" / name for name in ("second.html", "third.html")]
        return ["New name" in page.read_text(encoding="utf-8") for page in pages]

    assert rebuild(book, Reporter(), draft=True)
    assert shown() == [True, False]
    assert rebuild(book, Reporter())
    assert shown() == [True, True]


def test_a_port_that_is_taken_is_told_before_anything_is_built(book: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BuildError, match=rf"port {port} cannot be used .*name another"):
            serve_forever(book, port=port)
    assert not (book / "_build").exists()
