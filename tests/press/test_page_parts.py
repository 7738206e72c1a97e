"""Heads, feet and the files beside the pages."""

import hashlib
import json
import re
import xml.etree.ElementTree as ET
from importlib import metadata
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader

from matinf_book import foot, page_meta, site_files


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(), "html.parser")


def content(page: BeautifulSoup, name: str) -> str:
    tag = page.select_one(f'meta[name="{name}"], meta[property="{name}"]')
    assert tag is not None, name
    return str(tag["content"])


def test_a_page_describes_itself_by_its_first_paragraph(fixture_site: Path) -> None:
    page = soup(fixture_site / "pages" / "plain.html")
    text = content(page, "description")
    assert text.startswith("A page without figures: a note, a term from the list,")
    assert content(page, "og:description") == text
    assert content(page, "og:title") == "Plain"
    assert content(page, "og:url") == "https://example.org/fixture/pages/plain.html"
    canonical = page.select_one("link[rel=canonical]")
    assert canonical is not None
    assert canonical["href"] == content(page, "og:url")


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ("a.footnote-reference", "1"),
        ("aside.footnote", "Notes stand at the foot."),
        ("a[href='#term-entropy']", "list"),
        ("a[href^='#id']", "Shannon, 1948"),
        ("a.reference[href='#tab-wide']", "Table 1"),
        ("nav.turn a[rel=prev]", "A laboratory"),
        (".book-sections a[href='#sources']", "Sources"),
        (".exercise", "How many letters"),
        (".solution.dropdown", "Five."),
        (".search-button__button", "Search"),
        ("script[src*='copybutton']", ""),
    ],
)
def test_a_reader_finds_what_helps_to_read(fixture_site: Path, selector: str, text: str) -> None:
    found = soup(fixture_site / "pages" / "plain.html").select(selector)
    assert found
    assert text in " ".join(found[0].get_text(" ").split())


def test_a_long_description_is_cut_at_a_word() -> None:
    cut = page_meta.shortened("word " * 100)
    assert len(cut) <= page_meta.DESCRIPTION_LENGTH
    assert cut.endswith("word…")
    assert page_meta.shortened("short") == "short"


def test_quotes_in_a_title_do_not_end_the_tag() -> None:
    tags = page_meta.card_tags(site="S", title='A "b" <c>', text="", url="", image="")
    assert content(BeautifulSoup(tags, "html.parser"), "og:title") == 'A "b" <c>'
    assert "og:image" not in tags


def test_the_foot_says_what_the_page_was_made_from(fixture_site: Path) -> None:
    text = soup(fixture_site / "pages" / "figure.html").select_one(".made-from").get_text(" ")  # type: ignore[union-attr]
    assert f"numpy {metadata.version('numpy')}" in text
    assert re.search(r"lengths\.csv\s+d2c76ae0\b", text)
    assert "CC BY 4.0" in text
    assert "Seeds" in text
    assert "20260101" in text


def test_the_foot_is_on_every_page_of_the_book(fixture_site: Path) -> None:
    for page in (fixture_site / "pages").glob("*.html"):
        assert len(soup(page).select(".made-from")) == 1


def test_seeds_are_read_from_code_cells_alone() -> None:
    source = (
        "In prose, `np.random.default_rng(1)`.\n\n"
        "```{code-cell} python\nrng = np.random.default_rng(20_260)\nSeedSequence( 7 )\n```\n\n"
        "```python\ndefault_rng(2)\n```\n\n"
        "````{solution} x\n```{code-cell} python\nfit(rng=default_rng(3))\n```\n````\n"
    )
    assert foot.seeds(source) == (3, 7, 20260)


def test_stored_studies_are_those_that_cells_read_themselves_or_by_a_module(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "studies"
    folder.mkdir(parents=True)
    for number, name in enumerate(["a-few", "many", "others"]):
        made = {"sha256": f"{number}" * 64, "seed": 7}
        (folder / f"{name}.json").write_text(json.dumps(made))
    (tmp_path / "code" / "lib").mkdir(parents=True)
    (tmp_path / "code" / "lib" / "many.py").write_text("table = load_study(name='many')\n")
    (tmp_path / "code" / "lib" / "deep.py").write_text("x = load_study('others')\n")
    (tmp_path / "code" / "lib" / "labels.py").write_text("import lib.deep\nx = 'others'\n")
    source = (
        "```{code-cell} python\n---\ntags: [remove-cell]\n---\n"
        "from lib import many, labels\nload_study(\n    'a-few')\nkind = 'others'\n```\n"
    )
    assert foot.studies(tmp_path, source) == {"a-few": ("00000000", 7), "many": ("11111111", 7)}
    assert foot.studies(tmp_path, "In prose, `load_study('many')`.\n") == {}
    no_python = "```{code-cell} julia\n:tags: [x]\nload_study('many') end\n```\n"
    assert set(foot.studies(tmp_path, no_python)) == {"many"}


def test_the_foot_shows_stored_studies_where_there_are_any() -> None:
    templates = Environment(loader=FileSystemLoader(foot.TEMPLATES), autoescape=True)
    shared = {"python": "3.11", "libraries": {"numpy": "1.26"}, "data": {}, "seeds": (1,)}
    for studies, shown in ({"many": ("1a2b3c4d", 2026)}, True), ({}, False):
        made = foot.MadeFrom(**shared, studies=studies)  # type: ignore[arg-type]
        text = templates.get_template(foot.TEMPLATE).render(made_from=made)
        assert ("many <code>1a2b3c4d</code> 2026" in text) is shown
        assert ("Stored studies" in text) is shown


def test_the_site_has_a_proper_page_at_its_own_address(fixture_site: Path) -> None:
    page = soup(fixture_site / "index.html")
    assert (fixture_site / "index.html").read_text().lstrip().startswith("<!DOCTYPE html>")
    assert page.select_one('meta[http-equiv="refresh"][content="0; url=pages/index.html"]')
    assert page.select_one('a[href="pages/index.html"]')
    assert page.select_one("link[rel=canonical]")["href"].endswith("/pages/index.html")  # type: ignore[index, union-attr]


def test_the_page_for_lost_readers_needs_no_other_file(fixture_site: Path) -> None:
    page = soup(fixture_site / "404.html")
    assert not page.select("link[href], script[src], img")
    assert [a["href"] for a in page.select("a")] == ["/fixture/pages/index.html"]


def test_the_map_names_every_page_of_the_book_and_no_other(fixture_site: Path) -> None:
    root = ET.parse(fixture_site / "sitemap.xml").getroot()
    places = [element.text or "" for element in root.iter() if element.tag.endswith("loc")]
    pages = {path.name for path in (fixture_site / "pages").glob("*.html")}
    assert places == sorted(f"https://example.org/fixture/pages/{name}" for name in pages)


def test_the_map_is_xml_whatever_an_address_holds() -> None:
    root = ET.fromstring(site_files.sitemap("https://a.example/b&c/", ["<d>.html"]).encode())
    places = [element.text for element in root.iter() if element.tag.endswith("loc")]
    assert places == ["https://a.example/b&c/<d>.html"]


def test_styles_and_scripts_are_named_with_a_digest_of_what_they_hold(fixture_site: Path) -> None:
    """So that a browser never shows a new page with an old style that it kept."""
    page = fixture_site / "pages" / "figure.html"
    links = soup(page).select("link[rel=stylesheet], script[src]")
    addresses = [str(link.get("href") or link.get("src")) for link in links]
    assert len(addresses) > 5
    for address in addresses:
        file, stamp = address.split("?v=")
        content = (page.parent / file).read_bytes()
        assert hashlib.sha256(content).hexdigest().startswith(stamp), address
        assert len(stamp) == 8


def test_so_is_what_is_loaded_once_a_figure_comes_near(fixture_site: Path) -> None:
    page = fixture_site / "pages" / "figure.html"
    (script,) = soup(page).select("script[src*='plot.js']")
    later = str(script["data-later"]).split(" ")
    names = [address.split("?v=")[0] for address in later]
    assert names == ["plot-themes.js", "vendor/plotly.min.js"]
    for address in later:
        file, stamp = address.split("?v=")
        content = (fixture_site / "_static" / file).read_bytes()
        assert hashlib.sha256(content).hexdigest().startswith(stamp), address


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("", "/"),
        ("https://a.example", "/"),
        ("https://a.example/b", "/b/"),
        ("https://a/b/", "/b/"),
    ],
)
def test_the_path_of_the_site_is_that_of_its_address(address: str, path: str) -> None:
    assert site_files.base_path(address) == path


def test_what_the_theme_brings_and_nobody_loads_is_not_published(fixture_site: Path) -> None:
    names = {path.relative_to(fixture_site).as_posix() for path in fixture_site.rglob("*")}
    assert not [
        name for name in names if name.endswith((".map", ".ttf", "fontawesome.js", ".pickle"))
    ]
    assert "_static/locales" not in names
    assert "genindex.html" not in names
