"""The book command as a whole: every fault is told, and the published site stays as it was."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from matinf_book.folders import Paths, is_current
from matinf_book.publish import _reasons
from press.building import ROOT, command, contents, environment, make_book


def hearing_ctrl_c(program: list[str]) -> list[str]:
    """The same program, deaf to Ctrl-C no more: what runs in the background passes that on."""
    listen = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-c", listen, *program]


@pytest.fixture
def book(fixture_book: Path, tmp_path: Path) -> Path:
    """A copy of the built book that a test may spoil; its first build is as long as a cold one."""
    copy = tmp_path / "book"
    shutil.copytree(fixture_book, copy, symlinks=True)
    return copy


@pytest.fixture(scope="module")
def lived_in(fixture_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that tests edit one after the other, each leaving it whole: builds are short."""
    copy = tmp_path_factory.mktemp("lived-in") / "book"
    shutil.copytree(fixture_book, copy, symlinks=True)
    return copy


def shown(page: Path) -> str:
    return re.sub(r"<[^>]+>", "", page.read_text())


def add_cell(book: Path, code: str, page: str = "figure") -> None:
    append(book / "pages" / f"{page}.md", f"\n```{{code-cell}} python\n{code}\n```\n")


def append(file: Path, text: str) -> None:
    file.write_text(file.read_text() + text)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_build_ends_with_pages_time_and_the_file_to_open(lived_in: Path) -> None:
    book = lived_in
    add_cell(book, "1 + 1")
    answer = make_book(book)
    assert answer.returncode == 0, answer.stderr
    assert re.search(r"pages/figure +\d+\.\d s +the last one", answer.stdout)
    assert re.search(r"6 pages \(1 executed\) in \d+\.\d s", answer.stdout)
    assert f"Open {book / '_build' / 'html' / 'index.html'}" in answer.stdout
    site = contents(book / "_build" / "html")
    assert "index.html" in site
    assert ".buildinfo" not in site, "a note of Sphinx to itself, other on every machine"
    assert [name for name, text in site.items() if str(book).encode() in text] == []
    report = json.loads((book / "_build" / "report" / "build.json").read_text())
    assert len(report["pages"]["pages/figure"]["cells"]) == 4


def test_an_unchanged_book_is_not_built_again(book: Path) -> None:
    # The copy has another path than the original, and the same contents.
    before = contents(book / "_build" / "html")
    answer = make_book(book)
    assert answer.returncode == 0
    assert "Nothing has changed" in answer.stdout
    assert contents(book / "_build" / "html") == before


def test_a_damaged_site_is_printed_again_and_what_tools_leave_is_no_page(lived_in: Path) -> None:
    book = lived_in
    page = book / "_build" / "html" / "pages" / "formulas.html"
    whole = page.read_bytes()
    page.write_bytes(whole[:1000])
    (book / ".pytest_cache").mkdir()
    (book / ".pytest_cache" / "README.md").write_text("# A note of a tool\n")
    answer = make_book(book)
    assert answer.returncode == 0, answer.stderr
    assert page.read_bytes() == whole
    assert not (book / "_build" / "html" / ".pytest_cache").exists()


def test_an_edit_of_the_code_executes_and_shows(lived_in: Path) -> None:
    book = lived_in
    before = (book / "_build/html/pages/figure.html").read_bytes()
    (book / "code" / "shelf" / "__init__.py").write_text("HEIGHTS = [1, 2, 4]\n")
    # A cell edits a module that the page does not reach: nothing but the inputs tells.
    add_cell(book, "open('../code/later.py', 'w').write('VALUE = 1')")
    answer = make_book(book)
    assert "(1 executed)" in answer.stdout
    assert (book / "_build/html/pages/figure.html").read_bytes() != before
    assert not is_current(Paths(root=book)), "what was edited during the build is not built"


def test_an_incremental_build_equals_a_cold_one(lived_in: Path) -> None:
    """After edits of prose, of what other pages show, of cells and of figures' order."""
    book = lived_in
    figure, plain = book / "pages" / "figure.md", book / "pages" / "plain.md"
    edit(figure, "One figure from a cell", "A single figure from a cell")
    edit(figure, "Two lines that cross", "A pair of lines that cross")
    edit(plain, "An aside.", "Another aside.")
    edit(book / "pages" / "index.md", "# Fixture book", "# A fixture book")
    # What another page shows of this one: the numbers of its figures, and its glued values.
    append(plain, "\nSee {numref}`fig-lines`: {glue:text}`figure.md::fixture_total:d` m.\n")
    answer = make_book(book)
    assert "(0 executed)" in answer.stdout, "prose and captions execute nothing"
    page = (book / "_build/html/pages/figure.html").read_text()
    assert "A single figure from a cell" in page
    assert "A pair of lines that cross" in page
    assert "Fig.\u00a01: 6 m." in shown(book / "_build/html/pages/plain.html")
    edit(figure, "permutation([1, 2, 3])", "permutation([1, 2, 4])")
    before = "```{figure} line.svg\n:alt: Nothing.\n\nA figure that comes before.\n```\n\n"
    edit(figure, "A single figure from a cell", f"{before}A single figure from a cell")
    (book / "pages" / "line.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    assert make_book(book).returncode == 0
    assert "Fig.\u00a02: 7 m." in shown(book / "_build/html/pages/plain.html")
    incremental = contents(book / "_build" / "html")
    assert make_book(book, "--fresh").returncode == 0
    cold = contents(book / "_build" / "html")
    assert sorted(incremental) == sorted(cold)
    assert [name for name in cold if cold[name] != incremental[name]] == []


# Faults by the step of a build that finds them: those of one step are told together.
FAULTS = {
    "the contents name a page that is not there": {
        "a page is missing": (
            lambda book: (book / "pages/formulas.md").unlink(),
            r"_toc\.yml names pages that are not there: .*pages/formulas\.md",
        ),
        "a folder stands in the place of a page": (
            lambda book: (
                (book / "pages/plain.md").unlink(),
                (book / "pages/plain.md").mkdir(),
            ),
            r"_toc\.yml names pages that are not there: .*pages/plain\.md",
        ),
    },
    "the contents have no root": {
        "the root of the contents is missing": (
            lambda book: (book / "_toc.yml").write_text("format: jb-book\nroot: pages/absent\n"),
            r"pages/absent",
        ),
    },
    "a page cannot be read": {
        "a page is not in UTF-8": (
            lambda book: (book / "pages/plain.md").write_bytes(b"# Plain\n\nStra\xdfe\n"),
            r"pages/plain: expected text in UTF-8, found byte 0xdf \(plain\.md:3\)",
        ),
    },
    "a cell fails": {
        "a cell raises": (
            lambda book: add_cell(book, "1 / 0"),
            r"pages/figure: cell 4 of 4 \(figure\.md:\d+\) failed",
        ),
        "a cell takes too long": (
            lambda book: (
                edit(book / "_config.yml", "timeout: 60", "timeout: 5"),
                shutil.copy(book / "pages/figure.md", book / "pages/slow.md"),
                edit(book / "pages/slow.md", "1 / 0", "import time; time.sleep(30)"),
                append(book / "_toc.yml", "      - file: pages/slow\n"),
            ),
            r"pages/slow: cell 4 of 4 .* longer than 5 s",
        ),
    },
    "Sphinx finds a lead that goes nowhere": {
        "a reference is broken": (
            lambda book: append(book / "pages/plain.md", "\nSee {ref}`nowhere`.\n"),
            r"plain\.md:\d+: WARNING: undefined label: 'nowhere'",
        ),
        "a link is broken": (
            lambda book: append(book / "pages/plain.md", "\n[This](gone.md) is gone.\n"),
            r"plain\.md:\d+: WARNING: .*gone\.md",
        ),
        "a source is not in the bibliography": (
            lambda book: append(book / "pages/plain.md", "\nAs {cite:t}`nobody1900` said.\n"),
            r"plain\.md.*WARNING: could not find bibtex key .*nobody1900",
        ),
    },
    "Sphinx cannot write it": {
        "a figure has no alt text": (
            lambda book: add_cell(book, "go.Figure(go.Bar(y=[1, 2]))"),
            r"pages/figure\.md:\d+: ERROR: cell \d+: .*it has no alt text",
        ),
        "a glued name is unknown": (
            lambda book: append(book / "pages/figure.md", "\n{glue:text}`nothing` m.\n"),
            r"pages/figure\.md:\d+: WARNING: No key 'nothing' found",
        ),
        "a formula is not LaTeX": (
            lambda book: append(book / "pages/formulas.md", "\nSo $\\frac{1}{$ is.\n"),
            r"pages/formulas\.md:\d+: ERROR: KaTeX cannot read the formula",
        ),
    },
    "the finished site is looked at": {
        "a link written as HTML leads nowhere": (
            lambda book: append(book / "pages/plain.md", '\n<a href="#nowhere">There</a>.\n'),
            r"pages/plain\.html: links to an anchor that is not there: #nowhere",
        ),
    },
}


@pytest.mark.parametrize("step", FAULTS)
def test_every_fault_is_told_and_nothing_is_published(book: Path, step: str) -> None:
    before = contents(book / "_build" / "html")
    for inject, _ in FAULTS[step].values():
        inject(book)
    for attempt in ("first", "second"):  # a fault does not vanish because it was told once
        answer = make_book(book)
        assert answer.returncode != 0, f"{attempt} attempt"
        silent = [n for n, (_, told) in FAULTS[step].items() if not re.search(told, answer.stderr)]
        assert silent == [], answer.stderr
        assert "matinf_book/cli.py" not in answer.stderr, "a traceback of the press itself"
        assert contents(book / "_build" / "html") == before


def test_kills_leave_the_published_site(book: Path) -> None:
    """Killed earlier and later, one after the other, then let alone."""
    before = contents(book / "_build" / "html")
    for number, delay in enumerate((0.4, 1.5, 2.5, 3.2)):
        add_cell(book, f"{number} + 2")  # so that there is something to build, each time
        process = subprocess.Popen(
            command(book),
            env=environment(),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        after = contents(book / "_build" / "html")
        assert sorted(after) == sorted(before)
        assert b"Copyright" in after.get("pages/figure.html", b"") or after == before
    assert make_book(book).returncode == 0
    assert b"2</span>" in (book / "_build/html/pages/figure.html").read_bytes()


@pytest.mark.parametrize("option", ["--jobs=1", "--fresh"])
def test_two_builds_at_once_do_not_mix(book: Path, option: str) -> None:
    from filelock import FileLock

    half_copied = book / "_build" / "html.new"
    half_copied.mkdir()
    before = contents(book / "_build")
    with FileLock(book / "_build" / ".lock"):
        add_cell(book, "3")
        answer = make_book(book, option)
    assert answer.returncode == 1
    assert "another build of this book is running" in answer.stderr
    assert half_copied.exists(), "what the other build was copying"
    assert contents(book / "_build") == before


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_build_that_is_stopped_says_so_and_leaves_no_kernel(book: Path, stop: int) -> None:
    shutil.copy(book / "pages" / "figure.md", book / "pages" / "other.md")
    append(book / "_toc.yml", "      - file: pages/other\n")
    for page in ("figure", "other"):
        code = f"import os, time\nopen('{page}.pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"
        add_cell(book, code, page)
    marks = [book / "pages" / f"{page}.pid" for page in ("figure", "other")]
    with subprocess.Popen(
        hearing_ctrl_c(command(book, "--jobs=2")),
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            deadline = time.time() + 60
            while not all(m.exists() and m.read_text() for m in marks) and time.time() < deadline:
                time.sleep(0.05)
            process.send_signal(stop)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 1
    assert errors == "matinf_book: stopped; the published site is as it was.\n"
    for mark in marks:
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.read_text()), 0)


def test_a_full_disk_is_told_once() -> None:
    line = "WARNING: error writing file {}: [Errno 28] No space left on device\n"
    log = line.format("a.html") + line.format("b.html")
    assert _reasons(log, ROOT) == "no space is left on the disk. Free some, then run this again."


UNUSABLE = {
    "no folder": (shutil.rmtree, "holds no book"),
    "contents that are not YAML": (
        lambda book: (book / "_toc.yml").write_text("format: [\n"),
        r"_toc\.yml cannot be read",
    ),
    "contents that say nothing": (
        lambda book: (book / "_toc.yml").write_text(""),
        r"_toc\.yml: expected settings",
    ),
    "no settings": (lambda book: (book / "_config.yml").unlink(), r"_config\.yml cannot be read"),
    "nowhere to build": (
        lambda book: (shutil.rmtree(book / "_build"), (book / "_build").write_text("")),
        r"_build cannot be written",
    ),
}


@pytest.mark.parametrize("fault", UNUSABLE)
def test_a_folder_that_is_no_book_is_told_in_one_line(book: Path, fault: str) -> None:
    spoil, told = UNUSABLE[fault]
    spoil(book)
    answer = make_book(book)
    assert answer.returncode == 1
    assert re.search(told, answer.stderr)
    assert "Traceback" not in answer.stderr
