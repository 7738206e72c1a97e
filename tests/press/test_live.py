"""Laboratories and explored figures on their way to the page, and on it."""

import copy
import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from bs4 import BeautifulSoup

from matinf.live.explore import explore, steps
from matinf_book import browser_checks, explore_renderer, site_checks
from matinf_book.explore_renderer import explored_html, read_explored
from matinf_book.lab_renderer import LabError, read_lab
from matinf_book.plotly_renderer import FigureError, read_figure
from matinf_book.served import served

PAGE = "pages/laboratory.html"
LAB = {
    "element": "wave-lab", "module": "wave-lab.js", "title": "Waves", "alt": "A wave.",
    "still": "<svg></svg>", "data": {"pitch": 2},
}  # fmt: skip


def modules_of(site: Path) -> str:
    """Where the site has its modules."""
    (loader,) = site.glob("_static/live/*/loader.js")
    return loader.parent.relative_to(site).as_posix()


def wave(pitch: float, height: float = 1.0) -> go.Figure:
    x = np.linspace(0, 1, 40)
    figure = go.Figure(go.Scatter(x=x, y=height * np.sin(pitch * x)))
    return figure.update_layout(meta={"alt": f"A wave of {pitch:g} and {height:g}."})


def printed(**controls: Any) -> dict[str, Any]:
    content: dict[str, Any] = explore(wave, **controls).printed()
    return copy.deepcopy(content)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"alt": " "}, "no alt text"),
        ({"title": ""}, "no title"),
        ({"element": "wave"}, "no name of a custom element"),
        ({"module": "../wave.js"}, "no name of a module"),
        ({"still": "<p>A wave</p>"}, "no plain SVG"),
        ({"still": "<svg><script>alert(1)</script></svg>"}, "no plain SVG"),
        ({"still": "<svg onload='alert(1)'></svg>"}, "no plain SVG"),
    ],
)
def test_a_laboratory_that_must_not_be_published_says_why(
    change: dict[str, str], reason: str
) -> None:
    assert read_lab(LAB) == LAB
    with pytest.raises(LabError, match=reason):
        read_lab({**LAB, **change})


@pytest.mark.parametrize("part", sorted(LAB))
def test_a_laboratory_lacks_no_part(part: str) -> None:
    with pytest.raises(LabError, match=f"no {part}"):
        read_lab({name: value for name, value in LAB.items() if name != part})


def test_every_state_of_an_explored_figure_must_say_what_it_shows() -> None:
    content = printed(pitch=steps([1, 2, 3], start=1, unit="Hz"), height=[1, 2])
    alt = next(one for one in content["varying"] if one["path"][-1] == "alt")
    alt["values"][alt["at"][3] - 1] = " "
    with pytest.raises(FigureError, match=r"with pitch = 2 Hz, height = 2: it has no alt text"):
        read_explored(content)


def test_a_state_that_shows_nothing_is_refused() -> None:
    with pytest.raises(FigureError, match=r"with pitch = 2: nothing of it would be drawn"):
        read_explored(explore(
            lambda pitch: wave(pitch, np.nan if pitch == 2 else 1), pitch=[1, 2, 3]
        ).printed())  # fmt: skip


def test_a_control_that_changes_nothing_is_refused() -> None:
    def deaf(pitch: float, height: float, colour: str) -> go.Figure:
        return wave(pitch, height)

    content = explore(deaf, pitch=[1, 2], colour=["red", "blue"], height=[1, 2, 3]).printed()
    assert explore_renderer.dead_controls(content["controls"], content["varying"]) == ["colour"]
    with pytest.raises(FigureError, match="the control 'colour' changes nothing"):
        read_explored(content)


def test_states_that_are_too_heavy_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = printed(pitch=list(range(1, 21)))
    read_explored(content)
    monkeypatch.setattr(explore_renderer, "MOST_BYTES", 500)
    with pytest.raises(FigureError, match=r"KB packed.*take fewer values of pitch"):
        read_explored(content)


def test_plotly_s_own_controls_are_refused() -> None:
    content = json.loads(wave(1).to_json())
    content["layout"]["sliders"] = [{"steps": []}]
    with pytest.raises(FigureError, match="keyboard"):
        read_figure(content)


def test_states_are_written_short_and_cannot_end_their_script() -> None:
    content = printed(pitch=[1, 2])
    content["controls"][0]["texts"][0] = "</script><!--"
    html = explored_html(*read_explored(content), number=3)
    soup = BeautifulSoup(html, "html.parser")
    states = json.loads(soup.select_one("#explore-3 .explore-states").get_text())  # type: ignore[union-attr]
    assert states["controls"][0]["texts"][0] == "</script><!--"
    y = next(one for one in states["varying"] if one["path"][-1] == "y")
    assert max(len(str(value)) for value in y["values"][0]) < 9
    assert soup.select_one("#explore-3 #plot-3 .plot-canvas[aria-label]") is not None


def test_the_page_loads_what_it_needs_and_no_other_page_does(fixture_site: Path) -> None:
    page = (fixture_site / PAGE).read_text()
    other = (fixture_site / "pages" / "figure.html").read_text()
    folder = modules_of(fixture_site)
    for name in (f"{folder}/loader.js", f"{folder}/explore.js", "_static/live/live.css"):
        assert name in page
        assert name not in other
    weights = site_checks.page_weights(fixture_site)
    assert {f"{folder}/wave-lab.js", f"{folder}/chart.js"} <= set(weights[PAGE].parts)
    soup = BeautifulSoup(page, "html.parser")
    lab = soup.select_one("wave-lab#wave-lab[data-module='wave-lab.js']")
    assert lab is not None
    assert lab.select_one(".lab-still[role=img] svg") is not None
    assert not soup.select(".explore input, .explore select"), "without scripts nothing is dead"


def test_faults_of_a_built_laboratory_are_found(site: Path) -> None:
    page = site / PAGE
    page.write_text(page.read_text().replace('aria-label="A wave with', 'title="A wave with'))
    told = " ".join(problem.message for problem in site_checks.check(site))
    assert "laboratory wave-lab has no alt text" in told
    (site / modules_of(site) / "wave-lab.js").unlink()
    told = " ".join(problem.message for problem in site_checks.check(site))
    assert "needs a module that is not there: wave-lab.js" in told


@pytest.mark.browser
@pytest.mark.slow
def test_a_dead_control_and_a_lost_module_are_found(
    site: Path, chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_checks, "PATIENCE", 5000)  # a tenth of it for each control
    lab = site / modules_of(site) / "wave-lab.js"
    source = lab.read_text()
    lab.write_text(source.replace("(x - this.state.shift)", "(x - 0)"))
    found = [problem.message for problem in browser_checks.check(site, pages=[PAGE])]
    assert {re.sub(r" \(at .*", "", message) for message in found} == {
        "wave-lab: the control 'Shift (s)' changes nothing"
    }
    lab.write_text("throw new Error('broken');")
    found = [problem.message for problem in browser_checks.check(site, pages=[PAGE])]
    assert any("wave-lab failed: broken" in message for message in found)


@pytest.mark.browser
def test_a_figure_is_explored_from_the_keyboard(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    with served(fixture_site) as address:
        page.goto(address + PAGE)
        explored = page.locator(".explore")
        explored.scroll_into_view_if_needed()
        page.wait_for_selector(".explore[data-ready] .plot[data-drawn]")
        pitch = explored.get_by_role("slider", name="Pitch")
        pitch.focus()
        drawn = explored.locator(".plot-canvas").evaluate("canvas => canvas.data[0].y.slice(0, 9)")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(".explore[data-state='4']")
        assert pitch.get_attribute("aria-valuetext") == "3\u00a0Hz"
        now = explored.locator(".plot-canvas").evaluate("canvas => canvas.data[0].y.slice(0, 9)")
        assert now != drawn
        assert "3 peaks" in explored.locator(".plot-canvas").get_attribute("aria-label")
        explored.get_by_role("status").filter(has_text="It has 3 peaks.").wait_for()
        explored.get_by_role("combobox", name="Shape").select_option(label="square")
        page.wait_for_selector(".explore[data-state='5']")
        assert "A square wave" in explored.locator(".plot-canvas").get_attribute("aria-label")
    page.close()


@pytest.mark.browser
def test_a_laboratory_keeps_its_state_in_the_address(fixture_site: Path, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    with served(fixture_site) as address:
        page.goto(f"{address}{PAGE}?other=1&wave-lab=pitch:4;shape:square;nonsense:1")
        lab = page.locator("wave-lab")
        lab.scroll_into_view_if_needed()
        page.wait_for_selector("wave-lab[data-ready]")
        assert lab.get_by_role("combobox").input_value() == "square"
        lab.get_by_role("status").filter(has_text="4.00 peaks").wait_for()
        cursor = lab.locator(".chart-cursor")
        cursor.focus()
        page.keyboard.press("Home")
        page.keyboard.press("Shift+ArrowRight")
        assert cursor.get_attribute("aria-valuenow") == "0.1"
        page.keyboard.press("Enter")
        lab.get_by_role("checkbox").check()
        page.wait_for_function("location.search.includes('marked:0.1')")
        assert page.evaluate("location.search").startswith("?other=1&wave-lab=pitch:4;shape:square")
        lab.get_by_role("button", name="Reset").click()
        page.wait_for_function("location.search === '?other=1'")
        assert lab.get_by_role("combobox").input_value() == "sine"
    page.close()


@pytest.fixture
def visit(fixture_site: Path, browser: Any) -> Iterator[Callable[..., Any]]:
    """Open the page with a query; whatever it complains about is a failure."""
    faults: list[str] = []
    with served(fixture_site) as address:
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])

        def opened(query: str = "") -> Any:
            page = context.new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("dialog", lambda dialog: faults.append(dialog.message))
            page.goto(f"{address}{PAGE}{query}")
            page.wait_for_selector(".explore[data-ready]")
            return page

        yield opened
        context.close()
    assert faults == []


SHOWN = "document.querySelector('.explore .plot-canvas').getAttribute('aria-label')"


@pytest.mark.browser
def test_an_explored_figure_keeps_its_state_in_the_address(visit: Callable[..., Any]) -> None:
    page = visit("?other=1&fig-explored=pitch:4;shape:square")
    explored = page.locator(".explore")
    assert explored.get_attribute("data-state") == "7"
    assert page.evaluate(SHOWN) == "A square wave with 4 peaks in a second."
    slider = explored.get_by_role("slider", name="Pitch")
    assert slider.get_attribute("aria-valuetext") == "4\u00a0Hz"
    assert explored.get_by_role("combobox").evaluate("field => field.selectedIndex") == 1
    assert explored.locator(".lab-said").inner_text() == "It has 4 peaks."
    explored.scroll_into_view_if_needed()
    page.wait_for_selector(".explore .plot[data-drawn]")
    drawn = explored.locator(".plot-canvas").evaluate("canvas => canvas.data[0].y")
    assert sum(a != b for a, b in itertools.pairwise(drawn)) >= 7, "what was asked for is drawn"
    slider.press("ArrowLeft")
    page.wait_for_function("location.search === '?other=1&fig-explored=pitch:3;shape:square'")
    explored.get_by_role("button", name="Reset").press("Enter")
    page.wait_for_function("location.search === '?other=1'")
    assert page.evaluate("document.activeElement.type") == "range", "the focus is not lost"
    assert not explored.get_by_role("button", name="Reset").is_visible()
    assert page.evaluate(SHOWN) == "A sine wave with 2 peaks in a second."


@pytest.mark.browser
@pytest.mark.parametrize(
    "state",
    [
        "pitch:7;shape:triangle",
        "pitch:2.5;shape:__proto__;__proto__:1;constructor:2",
        "pitch:%3Cimg src=x onerror=alert(1)%3E;shape:%3Cscript%3Ealert(1)%3C/script%3E",
        "pitch:;shape;;:;pitch:Infinity",
        "shape:%25FF;%",
        "x" * 3000,
    ],
)
def test_what_an_address_cannot_mean_is_passed_over(visit: Callable[..., Any], state: str) -> None:
    page = visit(f"?%FF=1&fig-explored={state}&%")
    explored = page.locator(".explore")
    assert explored.get_attribute("data-state") is None, "as it was printed"
    assert page.evaluate(SHOWN) == "A sine wave with 2 peaks in a second."
    explored.get_by_role("slider", name="Pitch").press("End")
    page.wait_for_function("location.search.endsWith('fig-explored=pitch:4')")


@pytest.mark.browser
def test_living_figures_of_a_page_share_the_address(visit: Callable[..., Any]) -> None:
    page = visit()
    page.locator("wave-lab").scroll_into_view_if_needed()
    page.wait_for_selector("wave-lab[data-ready]")
    page.locator("wave-lab").get_by_role("combobox").select_option("square")
    page.locator(".explore").get_by_role("slider").press("Home")
    page.wait_for_function("location.search.includes('wave-lab=shape:square')")
    page.wait_for_function("location.search.includes('fig-explored=pitch:1')")
    again = visit(page.evaluate("location.search"))
    again.locator("wave-lab").scroll_into_view_if_needed()
    again.wait_for_selector("wave-lab[data-ready]")
    assert again.locator("wave-lab").get_by_role("combobox").input_value() == "square"
    assert again.locator(".explore").get_attribute("data-state") == "0"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("place", "link"),
    [
        ("wave-lab", "?wave-lab=pitch:0.5#wave-lab"),
        (".explore", "?fig-explored=pitch:1#fig-explored"),
    ],
)
def test_a_link_to_a_view_can_be_copied(visit: Callable[..., Any], place: str, link: str) -> None:
    page = visit("?other=1")
    live = page.locator(place)
    live.scroll_into_view_if_needed()
    page.wait_for_selector(f"{place}[data-ready]")
    live.get_by_role("slider", name="Pitch").press("Home")
    copy = live.get_by_role("button", name="Copy link")
    copy.press("Enter")
    live.get_by_role("button", name="Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/{PAGE}{link}")
    assert "is copied" in live.locator(".lab-share [role=status]").text_content()
    copy.wait_for()  # it says so for a moment
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error('no')); }")
    copy.click()
    live.get_by_role("button", name="Not copied").wait_for()


@pytest.mark.browser
def test_a_notebook_s_frame_runs_without_a_server(fixture_site: Path, browser: Any) -> None:
    from matinf.live.frame import frame_html
    from matinf.live.modules import STATIC

    folder = Path(__file__).parents[1] / "fixture_book" / "assets" / "live"
    asked: list[str] = []
    page = browser.new_page(viewport={"width": 900, "height": 800}, color_scheme="dark")
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(frame_html(LAB, folders=(folder, STATIC)))
    frame = page.frame_locator("iframe")
    frame.locator("wave-lab[data-ready]").wait_for()
    slider = frame.get_by_role("slider", name="Pitch")
    slider.focus()
    page.keyboard.press("End")
    frame.get_by_role("status").filter(has_text="50.0 peaks").wait_for()
    assert frame.locator("html").get_attribute("data-theme") == "dark"
    assert frame.get_by_role("button", name="Copy link").count() == 0, "it has no address"
    assert asked == []
    page.close()
