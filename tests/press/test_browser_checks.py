"""The checks in a browser: a good site passes, each fault that is put in is found.

Where there is no browser these tests are skipped and say how to get one; in CI they fail.
"""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from matinf_book import browser_checks, environment, plotly_renderer
from matinf_book.page_weight import page_weights
from matinf_book.served import served

pytestmark = pytest.mark.browser

FIGURE, PLAIN, FORMULAS = "pages/figure.html", "pages/plain.html", "pages/formulas.html"


def spoil(page: Path, old: str, new: str) -> None:
    text = page.read_text()
    assert old in text
    page.write_text(text.replace(old, new, 1))


def draw(page: Any, number: int) -> Any:
    """Bring a figure near and wait until it is drawn."""
    plot = page.locator(f"#plot-{number}")
    plot.scroll_into_view_if_needed()
    page.wait_for_selector(f"#plot-{number}[data-drawn], #plot-{number}[data-failed]")
    return plot


def test_no_browser_is_told_apart_from_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(environment.shutil, "which", lambda name: None)
    monkeypatch.setattr(environment, "PLACES", ())
    with pytest.raises(browser_checks.NoBrowser, match="install one"):
        browser_checks.check(Path("nowhere"))


@pytest.mark.slow
def test_a_good_site_passes(fixture_site: Path, chromium: str, tmp_path: Path) -> None:
    assert browser_checks.check(fixture_site, screenshots=tmp_path) == []
    taken = {path.name for path in tmp_path.iterdir()}
    assert {f"pages-figure-{w}-{t}.png" for w in (1280, 390) for t in ("light", "dark")} <= taken


@pytest.mark.slow
def test_each_fault_is_found_and_named(
    site: Path, chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_checks, "PATIENCE", 5000)  # for the figure that is never drawn
    plain, figure, formulas = site / PLAIN, site / FIGURE, site / FORMULAS
    faults = (
        '<script>console.error("something said")</script>'
        '<script>setTimeout(() => { throw new Error("something thrown") })</script>'
        '<img alt="Outside" src="http://outside.example/x.png">'
        '<img alt="Gone" src="gone.png">'
        '<p style="color: #999; background: #aaa">Hard to read</p>'
        '<div style="width: 900px">Wide</div>'
        "</article>"
    )
    spoil(plain, "</article>", faults)
    spoil(figure, '{"data":[{"type":"bar"', '{"data":[{"type":"bar","visible":false')
    spoil(formulas, "</article>", '<div class="plot" id="plot-9" data-traces="1"></div></article>')
    found = browser_checks.check(site, pages=[PLAIN, FIGURE, FORMULAS])
    told = {
        name: [p.message for p in found if p.page == name] for name in (PLAIN, FIGURE, FORMULAS)
    }

    def tells(name: str, pattern: str) -> bool:
        return any(re.search(pattern, message) for message in told[name])

    assert tells(PLAIN, "error in the console: something said")
    assert tells(PLAIN, "error in a script: something thrown")
    assert tells(PLAIN, r"asks another host: http://outside\.example/x\.png")
    assert tells(PLAIN, r"pages/gone\.png answered 404")
    assert tells(PLAIN, r"image does not show: gone\.png")
    assert tells(PLAIN, r"axe, light: color-contrast \(serious\)")
    assert tells(PLAIN, r"scrolls sideways by \d+ px: .*900px.*at 390 px")
    assert not tells(PLAIN, r"scrolls sideways.*at 1280 px")
    assert tells(FIGURE, r"figure plot-0 in cell 1 of those shown drew 0 traces of 1")
    assert not tells(FIGURE, r"plot-1")
    assert tells(FORMULAS, r"plot-9|could not be looked at")


@pytest.mark.slow
def test_a_page_that_hangs_is_named_and_the_others_are_looked_at(
    site: Path, chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_checks, "LIMIT", 5)
    hangs = "addEventListener('load', () => setTimeout(() => { for (;;); }, 100))"
    spoil(site / PLAIN, "</article>", f"<script>{hangs}</script></article>")
    said: list[str] = []
    found = browser_checks.check(site, pages=[PLAIN, "404.html"], say=said.append)
    assert {problem.page for problem in found} == {PLAIN}
    assert all("gave no answer within 5 s, 2 times" in problem.message for problem in found)
    assert len(found) == len(browser_checks.WIDTHS)
    told = [line for line in said if line.endswith("gave no answer for 5 s")]
    assert len(told) == browser_checks.TRIES * len(browser_checks.WIDTHS)


def test_figures_wait_until_they_are_near(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 300})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with served(fixture_site) as address:
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => { const gap = "
            "document.createElement('div'); gap.style.height = '4000px'; "
            "document.querySelector('article').prepend(gap); })"
        )
        page.goto(address + FIGURE)
        page.wait_for_timeout(300)
        assert not [url for url in asked if "plotly" in url]
        draw(page, 0)
        assert len([url for url in asked if "plotly" in url]) == 1
    page.close()


def test_figures_follow_the_theme_the_width_and_the_printer(
    fixture_site: Path, browser: Any
) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 900}, color_scheme="light")
    with served(fixture_site) as address:
        page.goto(address + FIGURE)
        plot = draw(page, 1)
        read = "plot => { const full = plot.querySelector('.plot-canvas')._fullLayout; "
        colour, width = read + "return full.font.color; }", read + "return full.width; }"
        light = plot.evaluate(colour)
        page.evaluate(browser_checks.SET_THEME, "dark")
        page.wait_for_timeout(300)
        dark = plot.evaluate(colour)
        assert dark != light
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.wait_for_timeout(300)
        assert plot.evaluate(colour) == light
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.wait_for_timeout(300)
        assert plot.evaluate(colour) == dark
        wide = plot.evaluate(width)
        page.set_viewport_size({"width": 390, "height": 900})
        page.wait_for_timeout(500)
        assert plot.evaluate(width) < min(wide, 390)
    page.close()


def test_a_reader_who_wants_no_motion_gets_none(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page(reduced_motion="reduce")
    with served(fixture_site) as address:
        page.goto(address + FIGURE)
        plot = draw(page, 1)
        layout = plot.evaluate("plot => plot.querySelector('.plot-canvas').layout")
        assert layout["transition"]["duration"] == 0
    page.close()


def test_without_the_bundle_the_page_says_what_the_figure_shows(site: Path, browser: Any) -> None:
    (site / "_static" / "vendor" / "plotly.min.js").unlink()
    page = browser.new_page()
    with served(site) as address:
        page.goto(address + FIGURE)
        note = draw(page, 0).locator(".plot-failed")
        assert "could not be drawn" in note.inner_text()
        assert "each is 1 m higher than the last" in note.inner_text()
    page.close()


def test_without_scripts_the_page_says_what_the_figure_shows(
    fixture_site: Path, browser: Any
) -> None:
    page = browser.new_page(java_script_enabled=False)
    with served(fixture_site) as address:
        page.goto(address + FIGURE)
        assert "each is 1 m higher" in page.locator("#plot-0 .plot-alt").inner_text()
    page.close()


def test_the_site_works_from_the_disk(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page()
    page.goto((fixture_site / "index.html").as_uri())
    page.wait_for_url("**/pages/index.html")
    page.goto((fixture_site / FIGURE).as_uri())
    assert draw(page, 1).get_attribute("data-drawn") == "2"
    page.close()


def test_the_renderer_lets_through_what_the_bundle_draws(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page()
    with served(fixture_site) as address:
        page.goto(address + FIGURE)
        draw(page, 0)
        traces = page.evaluate("Object.keys(Plotly.PlotSchema.get().traces)")
    page.close()
    assert set(traces) == plotly_renderer.TRACES


@pytest.mark.parametrize("name", [FIGURE, FORMULAS, PLAIN, "pages/index.html", "search.html"])
def test_the_weight_of_a_page_counts_all_that_a_browser_loads(
    fixture_site: Path, browser: Any, name: str
) -> None:
    page = browser.new_page()
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.partition("?")[0]))
    with served(fixture_site) as address:
        page.goto(address + name)
        for number in range(page.locator(".plot").count()):
            draw(page, number)
        page.evaluate("document.fonts.ready")
        page.wait_for_load_state("networkidle")
        loaded = {url.removeprefix(address) for url in asked if url.startswith(address)}
    page.close()
    assert loaded - {"favicon.ico"} <= set(page_weights(fixture_site)[name].parts)


def test_a_formula_that_scrolls_can_be_reached_by_key(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    with served(fixture_site) as address:
        page.goto(address + FORMULAS)
        long = page.locator(".katex-display").nth(1)
        assert long.get_attribute("tabindex") == "0"
        page.set_viewport_size({"width": 1600, "height": 900})
        page.wait_for_timeout(200)
        assert long.get_attribute("tabindex") is None
    page.close()


def test_code_is_copied_by_a_button(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page(permissions=["clipboard-read", "clipboard-write"])
    with served(fixture_site) as address:
        page.goto(address + PLAIN)
        button = page.locator("button.copybtn").first
        button.focus()  # it shows itself to the pointer and to the keyboard
        button.press("Enter")
        copied = page.evaluate("navigator.clipboard.readText()")
    page.close()
    assert copied.startswith("def a_function_with_a_long_name(")
    assert copied.endswith("third_argument")


def test_search_finds_words_of_a_page(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page()
    with served(fixture_site) as address:
        page.goto(address + "search.html?q=alloy")
        page.wait_for_selector("#search-results li a")
        assert "Plain" in page.locator("#search-results li").first.inner_text()
    page.close()


@pytest.mark.parametrize("of_page", [True, False])
@pytest.mark.parametrize(
    ("status", "wrong"), [(200, False), (304, False), (404, True), (500, True)]
)
def test_an_answer_is_judged_by_its_status(status: int, wrong: bool, of_page: bool) -> None:
    visit = browser_checks._Visit(site="http://a/", name="b.html", width=390)
    request = SimpleNamespace(is_navigation_request=lambda: of_page)
    answer: Any = SimpleNamespace(status=status, url="http://a/b.html", request=request)
    visit._answered(answer)
    told = [problem.message for problem in visit.problems]
    assert told == ([f"b.html answered {status} (at 390 px)"] if wrong else [])
