"""Pages leave the template engine without what they do not use."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from matinf_book.page_cleanup import clean

HEAD = """
<script data-cfasync="false">document.documentElement.dataset.theme = "";</script>
<script src="_static/scripts/fontawesome.js?digest=1" defer></script>
<script src="_static/copybutton.js"></script><script src="_static/plot.js"></script>
<script>const THEBE_JS_URL = "https://cdn.example/thebe.js"</script>
<script>var kept = 1;</script><script>var kept = 1;</script>
<meta name="viewport" content="width=device-width, initial-scale=1.0" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<link rel="stylesheet" href="_static/vendor/katex/katex.min.css" />
"""


def page(body: str) -> str:
    return f'<!DOCTYPE html>\n<html lang="en"><head>{HEAD}</head><body>{body}</body></html>'


def sources(html: str) -> list[str]:
    soup = BeautifulSoup(html, "html.parser")
    return [str(tag.get("src") or tag.get("href")) for tag in soup.select("[src], link")]


def test_a_page_without_code_figures_or_formulas_loads_nothing_for_them() -> None:
    assert sources(clean(page("<p>Words.</p>"))) == []


@pytest.mark.parametrize(
    ("body", "loaded"),
    [
        ('<div class="highlight"><pre>1</pre></div>', ["_static/copybutton.js"]),
        ('<div class="plot"></div>', ["_static/plot.js"]),
        ('<span class="katex">x</span>', ["_static/vendor/katex/katex.min.css"]),
    ],
)
def test_a_page_loads_what_it_uses(body: str, loaded: list[str]) -> None:
    assert sources(clean(page(body))) == loaded


def test_what_is_registered_twice_stands_once_and_no_script_names_a_host() -> None:
    html = clean(page(""))
    assert html.count("var kept = 1;") == 1
    assert html.count('name="viewport"') == 1
    assert "thebe" not in html.lower()


def test_no_script_holds_the_page_up() -> None:
    soup = BeautifulSoup(clean(page('<div class="plot"></div>')), "html.parser")
    assert [script.has_attr("defer") for script in soup.select("script[src]")] == [True]


def test_data_and_code_pass_unchanged() -> None:
    data = '<script type="application/json">{"a": "1 < 2 && \\u003c/b> é"}</script>'
    code = '<pre><span></span>if a &lt; b:\n    c = "é"  \n\n\td</pre>'
    html = clean(page(f'<div class="plot">{data}{data}</div>{code}'))
    assert html.count(data) == 2
    assert code in html


def test_the_theme_is_chosen_before_the_first_paint(fixture_site: Path) -> None:
    soup = BeautifulSoup((fixture_site / "pages" / "plain.html").read_text(), "html.parser")
    first = soup.select_one("head script")
    assert first is not None
    assert "prefers-color-scheme: dark" in first.get_text()
    assert soup.html is not None
    assert soup.html["data-theme"] == "light"  # for readers without scripts


def test_the_bibliography_has_no_roles_that_say_nothing(fixture_site: Path) -> None:
    text = (fixture_site / "pages" / "plain.html").read_text()
    assert 'class="citation-list"' in text
    assert "doc-biblioentry" not in text
