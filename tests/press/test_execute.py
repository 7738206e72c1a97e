"""Executing pages: what is stale runs, what is fresh does not, and failures name their cell."""

import asyncio
import errno
import sqlite3
from pathlib import Path

import nbformat
import pytest
from jupyter_cache import get_cache
from sqlalchemy.exc import OperationalError

from matinf_book.execute import PageError, Progress, _Client, execute_pages, read_page

HEAD = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---
"""


def cell(code: str) -> str:
    return f"\n```{{code-cell}} ipython3\n{code}\n```\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "book").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "code" / "lib").mkdir(parents=True)
    (tmp_path / "code" / "lib" / "__init__.py").write_text("")
    (tmp_path / "code" / "lib" / "used.py").write_text("VALUE = 41\n")
    (tmp_path / "code" / "lib" / "other.py").write_text("VALUE = 1\n")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "book" / "plain.md").write_text("# No code here\n")
    (tmp_path / "book" / "page.md").write_text(
        HEAD
        + "# Page\n"
        + cell("from lib import used\nfrom pathlib import Path")
        + cell(
            "log = Path('runs.txt')\nlog.write_text(log.read_text() + 'x' if log.exists() else 'x')"
        )
    )
    return tmp_path


def run(root: Path, *names: str, news: list[Progress] | None = None, timeout: int = 60) -> int:
    heard: list[Progress] = [] if news is None else news
    _, executed = execute_pages(
        root,
        [root / "book" / f"{name}.md" for name in names],
        cache_path=root / "_build" / ".jupyter_cache",
        timeout=timeout,
        say=heard.append,
    )
    return executed


def runs(root: Path) -> int:
    return len((root / "book" / "runs.txt").read_text())


def test_only_what_could_change_a_page_executes_it_again(root: Path) -> None:
    page = root / "book" / "page.md"
    assert run(root, "plain", "page") == 1
    assert run(root, "plain", "page") == 0
    page.write_text(page.read_text().replace("# Page", "# Page\n\nOther prose."))
    assert run(root, "page") == 0, "prose was edited"
    (root / "code" / "lib" / "other.py").write_text("VALUE = 2\n")
    assert run(root, "page") == 0, "a module was edited that the page does not reach"
    (root / "code" / "lib" / "used.py").write_text("VALUE = 42\n")
    assert run(root, "page") == 1, "a module was edited that the page imports"
    (root / "data" / "new.csv").write_text("x\n")
    assert run(root, "page") == 1, "data were added"
    (root / "requirements.txt").write_text("numpy==1\n")
    assert run(root, "page") == 1, "the lock was changed"
    page.write_text(page.read_text() + cell("1 + 1"))
    assert run(root, "page") == 1, "a cell was added"
    assert runs(root) == 5


def test_outputs_of_another_processor_are_made_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `_build` that was carried elsewhere would mix the numbers of two machines."""
    assert run(root, "page") == 1
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Nehalem")
    assert run(root, "page") == 1, "another way of adding"
    assert run(root, "page") == 0
    monkeypatch.setattr("matinf_book.processors._simd", lambda: ["SSE42"])
    assert run(root, "page") == 1, "another processor"
    monkeypatch.setattr("matinf_book.processors.platform.python_version", lambda: "3.12.0")
    assert run(root, "page") == 1, "another interpreter"


def figure(caption: str, *tags: str, code: str = "open('runs.txt', 'a').write('x')") -> str:
    options = f"---\ntags: [{', '.join(tags)}]\nmystnb:\n  figure:\n    caption: {caption}\n---\n"
    return HEAD + "# Page\n" + cell(options + code)


def test_a_caption_and_the_tags_of_a_reader_execute_nothing(root: Path) -> None:
    page, cache = root / "book" / "page.md", root / "_build" / ".jupyter_cache"
    page.write_text(figure("One."))
    assert run(root, "page") == 1
    page.write_text(figure("Another."))
    assert run(root, "page") == 0, "a caption was edited"
    page.write_text(figure("Another.", "remove-input"))
    assert run(root, "page") == 0, "a tag was added that no kernel heeds"
    assert runs(root) == 1
    ours = read_page(root, page)
    assert ours
    stored = get_cache(str(cache)).merge_match_into_notebook(ours.notebook)[1]
    (known,) = [c for c in stored.cells if c.cell_type == "code"]
    assert known.outputs[0]["data"]["text/plain"] == "1", "MyST-NB finds the outputs"
    assert known.metadata["mystnb"]["figure"]["caption"] == "Another."
    assert stored.metadata["language_info"]["name"] == "python"


def test_outputs_are_taken_over_from_equal_code_alone(root: Path) -> None:
    page = root / "book" / "page.md"
    page.write_text(figure("One."))
    assert run(root, "page") == 1
    page.write_text(figure("Two.", "raises-exception"))
    assert run(root, "page") == 1, "a tag that the kernel heeds"
    page.write_text(figure("Two.", "skip-execution"))
    assert run(root, "page") == 1, "another one"
    page.write_text(figure("Three.", code="2"))
    assert run(root, "page") == 1, "other code"
    (root / "data" / "new.csv").write_text("x\n")
    page.write_text(figure("Four."))
    assert run(root, "page") == 1, "other data"
    (root / "book" / "other.md").write_text(figure("Five."))
    assert run(root, "other") == 1, "another page"
    for stored in (root / "_build" / ".jupyter_cache").rglob("base.ipynb"):
        stored.unlink()
    page.write_text(figure("Six."))
    assert run(root, "page") == 1, "the files are gone"


def test_progress_tells_page_seconds_and_pages_left(root: Path) -> None:
    (root / "book" / "second.md").write_text(HEAD + "# Second\n" + cell("2"))
    news: list[Progress] = []
    assert run(root, "page", "second", news=news) == 2
    ended = [n for n in news if n.seconds is not None]
    assert {n.page for n in ended} == {"book/page", "book/second"}
    assert [n.left for n in ended] == [1, 0]
    assert all(n.seconds and n.seconds > 0 for n in ended)


def test_times_are_kept_for_every_cell(root: Path) -> None:
    (root / "book" / "slow.md").write_text(
        HEAD + "# Slow\n" + cell("1") + cell("import time\ntime.sleep(0.3)")
    )
    for _ in range(2):  # executed, then read back
        pages, _ = execute_pages(
            root, [root / "book" / "slow.md"], cache_path=root / "_build" / "c", timeout=60
        )
        first, second = pages[0].cells
        assert second >= 0.3 > first


def test_what_a_cell_prints_is_stored_in_one_piece(root: Path) -> None:
    slow = "import time\nfor word in 'ab':\n    print(word, flush=True)\n    time.sleep(0.3)"
    (root / "book" / "page.md").write_text(HEAD + "# Page\n" + cell(slow))
    run(root, "page")
    cache = get_cache(str(root / "_build" / ".jupyter_cache"))
    (record,) = cache.list_cache_records()
    (printed,) = cache.get_cache_bundle(record.pk).nb.cells
    assert [output["text"] for output in printed.outputs] == ["a\nb\n"]


def test_a_failing_cell_is_named_and_the_others_are_kept(root: Path) -> None:
    bad = root / "book" / "bad.md"
    bad.write_text(HEAD + "# Bad\n" + cell("1") + cell("1 / 0"))
    with pytest.raises(PageError) as caught:
        run(root, "page", "bad")
    message = str(caught.value)
    assert "book/bad: cell 2 of 2" in message
    assert "ZeroDivisionError" in message
    assert "\x1b" not in message
    bad.write_text(HEAD + "# Bad\n" + cell("1"))
    assert run(root, "page", "bad") == 1, "the page without a fault was stored"


def test_a_cell_that_takes_too_long_is_named(root: Path) -> None:
    (root / "book" / "slow.md").write_text(HEAD + "# Slow\n" + cell("import time; time.sleep(60)"))
    with pytest.raises(PageError, match=r"book/slow: cell 1 of 1 .*longer than 1 s"):
        run(root, "slow", timeout=1)


def test_a_kernel_that_dies_is_named(root: Path) -> None:
    (root / "book" / "dies.md").write_text(HEAD + "# Dies\n" + cell("import os; os._exit(1)"))
    with pytest.raises(PageError, match=r"book/dies: cell 1 of 1 .*kernel died"):
        run(root, "dies")


def test_outputs_that_a_kill_left_half_stored_are_made_again(root: Path) -> None:
    assert run(root, "page") == 1
    (stored,) = (root / "_build" / ".jupyter_cache").rglob("base.ipynb")
    stored.write_text(stored.read_text()[:100])
    assert run(root, "page") == 1, "the file was cut short"
    (stored,) = (root / "_build" / ".jupyter_cache").rglob("base.ipynb")
    stored.unlink()
    assert run(root, "page") == 1, "the record was stored, its file was not"
    assert run(root, "page") == 0


def test_kernels_compute_alike_on_every_machine(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread each: sums come out in the same order, and pages side by side do not crowd."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("PYTHONHASHSEED", "random")
    names = [f"{library}_NUM_THREADS" for library in ("OMP", "OPENBLAS", "MKL")]
    code = f"import os\nassert [os.environ[n] for n in {names}] == ['1'] * 3\n"
    code += "assert os.environ['PYTHONHASHSEED'] == '0'"
    (root / "book" / "page.md").write_text(HEAD + "# Page\n" + cell(code))
    assert run(root, "page") == 1


@pytest.mark.parametrize("left", [b"", b"SQLite format 3\0" + bytes(300), b"no index" * 999])
def test_an_index_that_cannot_be_read_is_begun_anew(root: Path, left: bytes) -> None:
    assert run(root, "page") == 1
    index = root / "_build" / ".jupyter_cache" / "global.db"
    assert index.stat().st_size > 1000
    index.write_bytes(left)
    assert run(root, "page") == 1
    assert run(root, "page") == 0


def test_a_disk_that_is_full_is_told_as_such(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(root, "page") == 1

    def fail(cache: object, page: object) -> None:
        raise RuntimeError("Unexpected error accessing jupyter cache") from OperationalError(
            "UPDATE nbcache", None, sqlite3.OperationalError("database or disk is full")
        )

    monkeypatch.setattr("matinf_book.execute.is_fresh", fail)
    with pytest.raises(OSError, match="No space left") as caught:
        run(root, "page")
    assert caught.value.errno == errno.ENOSPC


def test_a_kernel_that_is_not_there_is_named(root: Path) -> None:
    page = root / "book" / "page.md"
    page.write_text(page.read_text().replace("name: python3", "name: fortran77"))
    with pytest.raises(PageError, match=r"book/page: .*kernel did not start: .*fortran77"):
        run(root, "page")


def test_equal_cells_in_two_folders_are_refused(root: Path) -> None:
    (root / "book" / "deep").mkdir()
    (root / "book" / "deep" / "page.md").write_text((root / "book" / "page.md").read_text())
    with pytest.raises(PageError, match=r"book/deep/page: its cells are those of book/page"):
        run(root, "page", "deep/page")
    assert not (root / "book" / "runs.txt").exists(), "nothing was executed"


def test_a_cell_that_may_raise_no_more_is_executed_again(root: Path) -> None:
    page = root / "book" / "raises.md"
    tag = ":tags: [raises-exception]\n"
    page.write_text(HEAD + "# Raises\n" + cell(tag + "1 / 0"))
    assert run(root, "raises") == 1
    page.write_text(page.read_text().replace(tag, ""))
    with pytest.raises(PageError, match=r"book/raises: cell 1 of 1 [\s\S]*ZeroDivisionError"):
        run(root, "raises")


def test_a_client_without_a_kernel_has_nothing_to_end() -> None:
    # A build may be stopped before its kernel is there, and while it is being ended.
    client = _Client(nbformat.v4.new_notebook())
    asyncio.run(client._async_cleanup_kernel())
    asyncio.run(client._async_check_alive())
    client._cleanup_kernel()
