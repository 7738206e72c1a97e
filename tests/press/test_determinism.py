"""Two builds of the same sources, in two places, give the same bytes."""

import os
from pathlib import Path

import pytest

from matinf_book import reproducible
from matinf_book.errors import BuildError
from matinf_book.processors import imitating
from matinf_book.published import plot_themes
from matinf_book.reproducible import differences
from press.building import build, contents, copy_fixture


@pytest.mark.slow
def test_builds_in_two_places_are_the_same_to_the_last_byte(
    fixture_site: Path, tmp_path: Path
) -> None:
    """A cold one of the press, and a plain one elsewhere that had another text before."""
    book = copy_fixture(tmp_path / "elsewhere" / "another")
    page = book / "pages" / "plain.md"
    whole = page.read_text()
    page.write_text(whole.replace("```{exercise} Count", "```{exercise} Reckon"))
    assert build(book, "-W", "-n", "--keep-going").returncode == 0
    page.write_text(whole)
    answer = build(book, "-W", "-n", "--keep-going")
    assert answer.returncode == 0, answer.stderr
    one, other = contents(fixture_site), contents(book / "_build" / "html")
    other = {name: text for name, text in other.items() if not name.startswith(".buildinfo")}
    assert sorted(one) == sorted(other)
    assert [name for name in one if one[name] != other[name]] == []


def test_nothing_of_the_machine_or_the_hour_is_published(fixture_site: Path) -> None:
    everything = b"\n".join(contents(fixture_site).values())
    assert str(Path.home()).encode() not in everything or Path.home() == Path("/root")
    assert str(fixture_site.parents[2]).encode() not in everything
    assert b"Last updated" not in everything


def test_the_themes_of_the_figures_are_those_of_the_book() -> None:
    themes = plot_themes()
    assert set(themes) == {"light", "dark"}
    assert themes["light"] != themes["dark"]


def test_what_differs_between_two_builds_is_named(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        (folder / "pages").mkdir(parents=True)
        (folder / "index.html").write_text("the same")
        page = folder / "pages" / "a.html"
        page.write_text(folder.name.rjust(5))  # as long and as old, not the same
        os.utime(page, (0, 0))
    (other / "pages" / "b.html").write_text("")
    found = ["only in one build: pages/b.html", "differs: pages/a.html"]
    assert differences(one, other) == found
    assert differences(other, one) == found
    assert differences(one, one) == []


PAGE = """<html><body><article><h1>Page</h1>
<p>The error is <b>{error}</b> eV over all folds that were ever drawn of these tables here.</p>
<p>The forest {verdict} the mean.</p>
<div class="plot"><div class="plot-canvas" role="img" aria-label="Ends at {alt} eV."></div>
<noscript>Ends at {alt} eV.</noscript>
<script type="application/json">{{"layout": {{"annotations": [{{"text": "{note} eV"}}]}},
"data": [{{"x": [{hidden}], "name": "forest"}}]}}</script></div>
</article><script>var hidden = {hidden};</script></body></html>"""
SAID = {"error": "0.44", "verdict": "beats", "alt": "0.3", "note": "0.2", "hidden": 1}


def said(folder: Path, **changes: object) -> Path:
    folder.mkdir()
    (folder / "a.html").write_text(PAGE.format(**SAID | changes))
    return folder


@pytest.mark.parametrize(
    ("changes", "here", "there", "verdict"),
    [
        ({"hidden": 2}, None, None, False),
        ({"error": "0.45"}, "The error is 0.44 eV over", "The error is 0.45 eV over", False),
        ({"error": "\u22120.44"}, "is 0.44 eV", "is \u22120.44 eV", False),
        ({"alt": "0.4"}, "Ends at 0.3 eV.", "Ends at 0.4 eV.", False),
        ({"note": "0.25"}, "0.2 eV", "0.25 eV", False),
        ({"verdict": "does not beat"}, "beats", "does not beat", True),
    ],
)
def test_what_a_reader_would_see_differ_is_told(
    tmp_path: Path, changes: dict[str, object], here: str | None, there: str | None, verdict: bool
) -> None:
    sites = said(tmp_path / "one"), said(tmp_path / "other", **changes)
    places = reproducible.differing_places(*sites)
    if here is None:
        assert places == []
        return
    (place,) = places
    assert here in place.here
    assert there is not None
    assert there in place.there
    assert place.verdict is verdict
    assert "tables here" not in place.here, "what is alike is cut"
    assert str(place).startswith("WORDS a.html" if verdict else "a.html")


def test_a_build_as_on_another_processor_executes_each_page_once(tmp_path: Path) -> None:
    """The press and Sphinx must agree on the key of its outputs."""
    book = copy_fixture(tmp_path / "book")
    (book / "_toc.yml").write_text("format: jb-book\nroot: pages/figure\n")
    with (book / "pages" / "figure.md").open("a") as page:
        page.write("\n```{code-cell} python\n_ = open('runs.txt', 'a').write('once ')\n```\n")
    reproducible.build(book, imitating("nehalem"))
    assert (book / "pages" / "runs.txt").read_text() == "once "


def test_a_book_that_cannot_be_printed_is_not_compared(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="nothing to compare"):
        reproducible.build(tmp_path)


@pytest.mark.parametrize("without", ["history", "git"])
def test_a_copy_without_git_is_compared_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    for name in ("code/a.py", "_toc.yml", "_build/html/index.html", ".venv/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    if without == "git":
        (tmp_path / ".git").mkdir()
        monkeypatch.setattr(reproducible.shutil, "which", lambda name: None)
    found = {file.relative_to(tmp_path).as_posix() for file in reproducible.tracked_files(tmp_path)}
    assert found == {"code/a.py", "_toc.yml"}
