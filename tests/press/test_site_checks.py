"""The checks of a built site find each fault that is put into one, and no other."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from matinf_book.page_weight import BUDGETS, page_weights
from matinf_book.site_checks import check, toc_pages
from press.building import FIXTURE

FIGURE, PLAIN = "pages/figure.html", "pages/plain.html"
DRAWN = {FIGURE, "pages/laboratory.html"}  # pages with figures, which load their style
Change = Callable[[str], str]


def test_a_good_site_has_no_problems(fixture_site: Path) -> None:
    assert check(fixture_site, root=FIXTURE) == []


def before_end(text: str) -> Change:
    return lambda page: page.replace("</article>", f"{text}</article>", 1)


def instead(pattern: str, text: str) -> Change:
    return lambda page: re.sub(pattern, lambda match: text, page, count=1, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (PLAIN, instead(r'lang="en"', ""), "has no language"),
        (PLAIN, instead(r"<title>.*?</title>", "<title> </title>"), "has no title"),
        (PLAIN, before_end("<h1>Another</h1>"), "has 2 headings of the first level"),
        (
            FIGURE,
            instead(
                r'<div class="cell_output[^>]*>',
                '<div class="cell_output"><div class="output traceback"><pre>Traceback\n'
                "KeyError: 'gap'</pre></div>",
            ),
            "cell 1 of those shown shows an error: KeyError: 'gap'",
        ),
        (
            FIGURE,
            before_end('<div class="output"><pre>Traceback (most recent call last)</pre></div>'),
            "prints a traceback",
        ),
        (PLAIN, before_end("<p>Stands at {glue:text}`gap` eV.</p>"), "not resolved: {glue:text}`"),
        (PLAIN, before_end('<span class="problematic">:cite:`x`</span>'), "could not be processed"),
        (PLAIN, before_end('<script src="https://cdn.example/x.js"></script>'), "https://cdn.exam"),
        (PLAIN, before_end('<img alt="A" src="//img.example/x.png">'), "asks another host: <img>"),
        (
            PLAIN,
            before_end('<svg><image href="https://i.example/x.png"/></svg>'),
            "<image> https://i",
        ),
        (PLAIN, before_end('<svg><use href="gone.svg#a"/></svg>'), "not there: gone.svg"),
        (PLAIN, before_end("<style>@import 'https://f.example/a.css'</style>"), "f.example/a.css"),
        (PLAIN, before_end('<iframe src="https://v.example"></iframe>'), "v.example"),
        (PLAIN, before_end("<script>import('https://e.example/m.js')</script>"), "names another h"),
        (
            PLAIN,
            instead("</head>", '<link rel="preconnect" href="https://p.example"></head>'),
            "asks another host: <link> https://p.example",
        ),
        (PLAIN, before_end('<a href="gone.html">x</a>'), "a page that is not there: gone.html"),
        (PLAIN, before_end('<a href="figure.html#gone">x</a>'), "an anchor that is not there: fig"),
        (PLAIN, before_end('<a href="#gone">x</a>'), "an anchor that is not there: #gone"),
        (PLAIN, before_end('<img alt="A" src="../gone.png">'), "needs a file that is not there"),
        (PLAIN, before_end('<p id="ex-count">x</p>'), "has the id 'ex-count' 2 times"),
        (
            FIGURE,
            instead(r'aria-label="Bars[^"]*"', ""),
            "figure plot-0 in cell 1 of those shown has no",
        ),
        (FIGURE, instead(r"<noscript><p.*?</noscript>", ""), "says nothing where scripts do not"),
        (FIGURE, instead(r'data-traces="2"', 'data-traces="3"'), "announces 3 traces and has 2"),
        (FIGURE, instead(r'\{"data":\[\{"type":"bar".*?\]\}\],', '{"data":[],'), "has no traces"),
        (FIGURE, instead(r'\{"data":\[\{"type":"bar"', '{"data":['), "no data that can be read"),
        (PLAIN, before_end('<figure id="f1"><figcaption>x</figcaption></figure>'), "f1 is empty"),
        (PLAIN, before_end('<img src="../_static/file.png">'), "image without alt text"),
        (PLAIN, before_end('<i class="fa-solid fa-tooth"></i>'), "the icon 'tooth'"),
    ],
)
def test_a_fault_is_found_and_named(site: Path, name: str, change: Change, told: str) -> None:
    page = site / name
    text = page.read_text()
    page.write_text(change(text))
    assert page.read_text() != text, "the fault was not put in"
    found = check(site, root=FIXTURE)
    assert [problem.page for problem in found] == [name], found
    assert told in found[0].message


def test_a_style_that_asks_another_host_is_found_on_every_page(site: Path) -> None:
    with (site / "_static" / "plot.css").open("a") as style:
        style.write("@font-face { font-family: x; src: url(https://f.example/x.woff2); }")
    assert {problem.page for problem in check(site)} == DRAWN
    assert "plot.css asks another host: https://f.example/x.woff2" in str(check(site)[0])


def test_a_style_that_needs_what_is_not_there_is_found(site: Path) -> None:
    with (site / "_static" / "plot.css").open("a") as style:
        style.write(".x { background: url('data:image/png;base64,AA') } .y { mask: url(#m) }")
        style.write("@font-face { font-family: x; src: url(../_static/gone.woff2?v=1); }")
    found = check(site)
    assert {problem.page for problem in found} == DRAWN
    told = "plot.css needs a file that is not there: ../_static/gone.woff2?v=1"
    assert {problem.message for problem in found} == {told}


def test_a_missing_page_and_a_left_one_are_found(site: Path) -> None:
    (site / "pages" / "formulas.html").rename(site / "pages" / "former.html")
    told = [str(problem) for problem in check(site, root=FIXTURE)]
    assert "(site): the page pages/formulas.html of _toc.yml is missing" in told
    assert any("pages/former.html is not in _toc.yml" in line for line in told)


@pytest.mark.parametrize("name", ["404.html", "index.html", "searchindex.js"])
def test_what_every_site_has_is_missed(site: Path, name: str) -> None:
    (site / name).unlink()
    assert f"(site): {name} is missing" in [str(problem) for problem in check(site)]


def test_an_error_that_its_author_announced_may_be_shown(site: Path) -> None:
    page = site / FIGURE
    cell = '<div class="cell tag_raises-exception"><div class="cell_output"><div class="output '
    page.write_text(
        before_end(f'{cell}traceback"><pre>KeyError</pre></div></div></div>')(page.read_text())
    )
    assert check(site) == []


def test_the_budgets_are_those_that_the_book_promises() -> None:
    assert BUDGETS == {"plain": 200, "formulas": 300, "figures": 750}


@pytest.mark.parametrize(
    ("name", "kind"),
    [(PLAIN, "plain"), ("pages/formulas.html", "formulas"), (FIGURE, "figures")],
)
def test_a_page_over_its_budget_is_found(site: Path, name: str, kind: str) -> None:
    assert page_weights(site)[name].kind == kind
    (site / "_static" / "large.png").write_bytes(bytes(BUDGETS[kind] * 1000))
    page = site / name
    page.write_text(before_end('<img alt="Large" src="../_static/large.png">')(page.read_text()))
    [problem] = check(site)
    assert problem.page == name
    assert f"a page with {kind} may weigh {BUDGETS[kind]} KB" in problem.message


def test_the_pages_of_the_contents_are_read_as_sphinx_reads_them() -> None:
    names = ["index", "figure", "formulas", "laboratory", "plain", "reference"]
    assert toc_pages(FIXTURE) == {f"pages/{name}.html" for name in names}
