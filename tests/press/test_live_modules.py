"""The modules of living figures lie where their digest says, and old ones are never mixed in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from matinf_book import lab_renderer, live_modules
from matinf_book.built_site import BuiltPage
from matinf_book.served import served

FIXTURE = Path(__file__).parents[1] / "fixture_book" / "assets" / "live"
PAGE = """<!doctype html><html><head><script defer="" src="../_static/live/loader.js?v=1"></script>
<script src="../_static/live/{old}explore.js" type="module"></script>
<script src="../_static/page.js"></script></head><body>src="_static/live/notes.txt"</body></html>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site as Sphinx leaves it: loose modules, and those of the build before."""
    live = tmp_path / "site" / live_modules.FOLDER
    (live / "0123456789ab").mkdir(parents=True)
    for name in ("lab.js", "0123456789ab/lab.js", "live.css", "models-1234.json"):
        (live / name).write_text("old")
    page = tmp_path / "site" / "pages" / "one.html"
    page.parent.mkdir()
    page.write_text(PAGE.format(old="0123456789ab/"))
    return tmp_path / "site"


def modules(folder: Path, **texts: str) -> dict[str, Path]:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.js").write_text(text)
    return live_modules.sources([folder])


def test_modules_take_the_place_of_all_others(site: Path, tmp_path: Path) -> None:
    found = modules(tmp_path / "a", lab="new", loader="load", explore="look")
    live_modules.publish(site, found)
    name = live_modules.digest(found)
    live = site / live_modules.FOLDER
    assert sorted(path.name for path in live.iterdir()) == [name, "live.css", "models-1234.json"]
    assert (live / name / "lab.js").read_text() == "new"
    page = (site / "pages" / "one.html").read_text()
    assert f'src="../_static/live/{name}/loader.js?v=1"' in page
    assert f'src="../_static/live/{name}/explore.js"' in page
    assert '"../_static/page.js"' in page
    assert 'src="_static/live/notes.txt"' in page
    one = BuiltPage(site=site, name="pages/one.html")
    assert live_modules.folder_of(one).resolve() == (live / name).resolve()
    live_modules.publish(site, found)  # again, as a build does in which nothing changed
    assert (site / "pages" / "one.html").read_text() == page


def test_every_address_changes_when_any_module_does(tmp_path: Path) -> None:
    first = live_modules.digest(modules(tmp_path / "a", lab="1", chart="2"))
    assert live_modules.digest(modules(tmp_path / "b", chart="2", lab="1")) == first
    others = [{"lab": "1", "chart": "3"}, {"lab": "2", "chart": "1"}, {"lab": "1"}, {"lab": "12"}]
    others += [{"lab": "1", "charts": "2"}, {"lab": "1", "chart": "2", "more": ""}]
    digests = [
        live_modules.digest(modules(tmp_path / str(i), **texts)) for i, texts in enumerate(others)
    ]
    assert len({first, *digests}) == 1 + len(others)


def test_of_two_modules_with_one_name_the_later_counts(tmp_path: Path) -> None:
    modules(tmp_path / "a", lab="first")
    modules(tmp_path / "b", lab="second")
    found = live_modules.sources([tmp_path / "a", tmp_path / "b"])
    assert found["lab.js"].read_text() == "second"


def test_the_site_holds_each_module_once_under_its_digest(fixture_site: Path) -> None:
    found = live_modules.sources([FIXTURE, lab_renderer.LIVE / lab_renderer.FOLDER])
    assert {"wave-lab.js", "lab.js", "loader.js", "cooling-worker.js"} <= set(found)
    folder = fixture_site / live_modules.FOLDER / live_modules.digest(found)
    assert sorted(path.name for path in folder.iterdir()) == sorted(found)
    assert sorted((fixture_site / live_modules.FOLDER).rglob("*.js")) == sorted(folder.iterdir())


@pytest.mark.browser
def test_a_browser_asks_for_no_script_without_a_digest(fixture_site: Path, browser: Any) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    with served(fixture_site) as address:
        page.goto(f"{address}pages/laboratory.html")
        page.locator("wave-lab").scroll_into_view_if_needed()
        page.wait_for_selector("wave-lab[data-ready]")
        page.locator(".explore").scroll_into_view_if_needed()
        page.wait_for_selector(".explore[data-ready] .plot[data-drawn]")
    page.close()
    folder = live_modules.folder_of(BuiltPage(site=fixture_site, name="pages/laboratory.html"))
    scripts = [urlsplit(url) for url in asked if urlsplit(url).path.endswith(".js")]
    names = {Path(url.path).name for url in scripts}
    assert {"wave-lab.js", "chart.js", "address.js", "plotly.min.js", "plot-themes.js"} <= names
    for url in scripts:
        inside = f"/_static/live/{folder.name}/" in url.path
        assert inside or re.fullmatch(r"v=[0-9a-f]{8}", url.query), url.geturl()
