"""The band-gap laboratory: its twin, and what a reader can do with it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live.band_gap_cases import laboratory
from matinf.live.band_gap_lab import ASSET
from matinf.live.frame import element_html
from matinf.live.modules import STATIC, joined
from matinf.transfer.tasks import load_target_task
from matinf_book.assets import prepare
from matinf_book.served import served

LAB = "document.querySelector('band-gap-lab')"
READY = "band-gap-lab[data-ready]"
SAID = f"{LAB}.querySelector('.lab-said').textContent"


# -- the twin ------------------------------------------------------------------------------------


def test_still_picture_shows_what_the_models_say_of_the_first_example() -> None:
    lab = laboratory()
    answer = lab.models.answers(lab.examples[:1], size=4619).iloc[0]
    assert lab.examples[0] in lab.alt
    for way in ("none", "removed"):
        low, high = answer[f"{way} low"], answer[f"{way} high"]
        assert f"between {low:.2f} and {high:.2f} eV" in lab.alt
    assert lab.still.count("<circle") == 2
    assert lab.still.startswith("<svg")


def test_scores_are_those_of_the_studies() -> None:
    lab = laboratory()
    data = json.loads(json.dumps(lab.bundle()["data"]))
    assert data["sizes"] == [4619, 200]
    assert data["floor"] == 0.12
    for size, stored in (("4619", 0), ("200", 200)):
        for way in ("none", "removed"):
            found = lab.scores.interval(way=way, size=stored)
            assert data["scores"][size]["error"][way] == pytest.approx(
                [found.estimate, found.low, found.high], abs=6e-4
            )
    table = lab.scores.left_out
    worst = table.loc[table["held_gapped"].idxmin()]
    assert data["unmet"] == {
        "element": worst["element"],
        "held": pytest.approx(worst["held_gapped"], abs=1e-3),
    }


def test_models_lie_beside_a_page_and_inside_a_notebook() -> None:
    bundle = laboratory().bundle()
    page = element_html(bundle, name="band-gap-lab", addresses={ASSET: "../a.json"})
    assert len(page) < 5_000
    assert "../a.json" in page
    assert bundle["assets"][ASSET][:200] in element_html(bundle, name="band-gap-lab")
    assert "import " not in joined("band-gap-lab.js", (STATIC,)).replace("// ", "")[:200]


# -- in the browser --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The notebook's frame as a page of its own, and the same with the models in a file."""
    lab = laboratory()
    (found,) = re.findall(r'srcdoc="([^"]*)"', lab._repr_mimebundle_()["text/html"])
    folder = tmp_path_factory.mktemp("band-gap-lab")
    view = (
        '<head><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">'
    )
    page = html.unescape(found).replace("<head>", view)
    (folder / "index.html").write_text(page, encoding="utf-8")
    _beside(folder, page)
    with served(folder) as place:
        yield place


def _beside(folder: Path, page: str) -> None:
    bundle = laboratory().bundle()
    inside = element_html(bundle, name="band-gap-lab")
    outside = element_html(bundle, name="band-gap-lab", addresses={ASSET: "models.json"})
    assert inside in page
    (folder / "page.html").write_text(page.replace(inside, outside), encoding="utf-8")
    missing = outside.replace("models.json", "gone.json")
    (folder / "broken.html").write_text(page.replace(inside, missing), encoding="utf-8")
    (folder / "models.json").write_text(bundle["assets"][ASSET], encoding="utf-8")


class Opened:
    """A page with the laboratory, and everything that it complained about."""

    def __init__(self, browser: Any, address: str, query: str = "", **context: Any) -> None:
        settings = {"viewport": {"width": 1280, "height": 900}}
        self.page = browser.new_context(**(settings | context)).new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._hear)
        self.page.goto(address + query)
        self.page.wait_for_selector(READY, timeout=30_000)

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(message.text)

    def said(self, pattern: str) -> str:
        """What is said aloud, once it is what is waited for."""
        self.page.wait_for_function(f"/{pattern}/.test({SAID})")
        return str(self.page.evaluate(SAID)).replace("\u00a0", " ")

    @property
    def word(self) -> str:
        return str(self.page.inner_text(".gap-word")).replace("\u00a0", " ")

    def close(self) -> None:
        self.page.context.close()
        assert self.faults == []


@pytest.fixture
def lab(browser: Any, address: str) -> Iterator[Opened]:
    opened = Opened(browser, address, "index.html")
    yield opened
    opened.close()


pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")
browser_test = pytest.mark.browser


@browser_test
def test_page_says_what_the_package_says(lab: Opened) -> None:
    lab.page.get_by_label("Formula", exact=True).fill("AlN")
    said = lab.said("^AlN")
    answer = laboratory().models.answers(["AlN"], size=4619).iloc[0]
    for way, name in (("none", "Without"), ("removed", "With")):
        median, low, high = (answer[f"{way} {part}"] for part in ("median", "low", "high"))
        shown = [f"{value:.1f}".removesuffix(".0") for value in (median, low, high)]
        assert f"{name} transfer {shown[0]} eV, {shown[1]} to {shown[2]} eV" in said
        assert f"(metal: {100 * answer[f'{way} metal']:.0f} %)" in said
    assert "reports that differ; the models have not seen them" in said
    assert "Nearest measured: " in said
    described = lab.page.get_attribute(".gap-drawing", "aria-label")
    assert said == described.replace("\u00a0", " ")


@browser_test
def test_a_formula_is_typed_and_chosen_with_the_keyboard_alone(lab: Opened) -> None:
    page = lab.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "gap-formula"
    page.keyboard.press("Control+a")
    page.keyboard.type("SrTiO3")
    assert "Sr 20 %, Ti 20 %, O 60 %" in lab.word
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.input_value("#gap-formula") == laboratory().examples[1]
    page.get_by_label("Learned from", exact=True).focus()
    page.keyboard.press("ArrowDown")
    lab.said("learned from 200 gaps")
    page.get_by_role("button", name="Reset").focus()
    page.keyboard.press("Enter")
    lab.said(f"^{laboratory().examples[0]}, learned from 4,619 gaps")


UNREADABLE = [
    ("", "found nothing; complete the formula", False),
    ("Ca(OH", "xpected ')' before the end", False),
    ("CaOH)2", "o open bracket for ')'", True),
    ("Fe3+", "leave out charges", True),
    ("Xx2", "found 'Xx'", True),
    ("CuSO4.5H2O", "may be a decimal point or a hydrate's dot", True),
    ("HeF2", "Magpie does not know", True),
    ("Ga<b>As", "found '<b>As'", True),
]


@browser_test
def test_what_cannot_be_read_gets_a_helpful_word(lab: Opened) -> None:
    field = lab.page.locator("#gap-formula")
    assert field.get_attribute("aria-describedby") == "gap-word"
    for typed, word, invalid in UNREADABLE:
        before = lab.page.inner_html(".gap-drawing")
        field.fill(typed)
        assert word in lab.word
        assert field.get_attribute("aria-invalid") == str(invalid).lower(), typed
        assert lab.page.inner_html(".gap-drawing") == before, "the last answer stays"
        assert lab.page.locator("band-gap-lab[data-unread]").count() == 1
        lab.said(re.escape(word[2:14]))
        field.fill("GaAs")
        assert lab.page.locator("band-gap-lab[data-unread]").count() == 0


@browser_test
def test_what_was_meant_is_offered_as_a_button(lab: Opened) -> None:
    lab.page.get_by_label("Formula", exact=True).fill("cspbi3")
    lab.page.locator(".gap-word button").click()
    assert lab.page.input_value("#gap-formula") == "CsPbI3"
    assert lab.page.evaluate("document.activeElement.id") == "gap-formula"


@browser_test
def test_an_isotope_is_offered_as_its_element(lab: Opened) -> None:
    lab.page.get_by_label("Formula", exact=True).fill("D2O")
    assert lab.word == "Did you mean H₂O? Isotopes are written as their element."
    lab.page.locator(".gap-word button").click()
    lab.said("^H₂O, learned from")


@browser_test
def test_bars_stand_inside_the_drawing_and_the_axis_holds_nearly_all(
    lab: Opened,
) -> None:
    drawing = lab.page.locator(".gap-drawing").bounding_box()
    for formula in ("XeF2", "InP", "Fe"):
        lab.page.get_by_label("Formula", exact=True).fill(formula)
        bars = [one.bounding_box() for one in lab.page.locator(".gap-hill").all()]
        assert min(bar["x"] for bar in bars) >= drawing["x"]
        assert max(bar["x"] + bar["width"] for bar in bars) <= drawing["x"] + drawing["width"]
        ticks = lab.page.locator(".gap-drawing .chart-tick:not(.gap-light-name)")
        last = int(str(ticks.last.text_content()))
        for way in ("none", "removed"):
            y, weights = lab.page.evaluate(
                f"(way => {{ const pair = {LAB}.models.pairs.get(4619)[way];"
                f" return [[...pair.y], [...{LAB}.models.answer('{formula}', 4619)[way].weights]];"
                " })",
                way,
            )
            beyond = sum(w for value, w in zip(y, weights, strict=True) if value > last)
            assert beyond <= 0.01


@browser_test
def test_the_floor_is_also_told_over_all_compounds(lab: Opened) -> None:
    """As in the chapter: beside the errors over metals and non-metals."""
    gaps = load_target_task().y
    told = lab.page.inner_text(".gap-trust").replace("\u00a0", " ")
    assert f"that makes {0.12 * (gaps > 0).mean():.2f} eV" in told


@browser_test
def test_the_address_holds_the_view(browser: Any, address: str, lab: Opened) -> None:
    lab.page.get_by_label("Formula", exact=True).fill("CuSO4·5H2O")
    lab.page.get_by_label("Learned from", exact=True).select_option("200")
    lab.page.wait_for_function("location.search.includes('size:200')")
    query = lab.page.evaluate("location.search")
    other = Opened(browser, address, f"index.html{query}")
    assert other.page.input_value("#gap-formula") == "CuSO4·5H2O"
    assert other.page.get_by_label("Learned from", exact=True).input_value() == "200"
    other.said("^CuSO₄·5H₂O, learned from 200 gaps")
    other.close()


@browser_test
@pytest.mark.parametrize("state", ["formula:;size:7", "formula:%3Cimg src=x%3E", "size:200;odd:1"])
def test_any_address_opens_the_laboratory(browser: Any, address: str, state: str) -> None:
    opened = Opened(browser, address, f"index.html?band-gap-lab={state}")
    opened.page.get_by_label("Formula", exact=True).fill("GaAs")
    opened.said("^GaAs, learned from (4,619|200) gaps")
    opened.close()


@browser_test
def test_outside_of_what_was_seen_is_said(lab: Opened) -> None:
    lab.page.get_by_label("Formula", exact=True).fill("PuO2")
    said = lab.said("^PuO")
    assert "Outside of what was seen: no compound with Pu was learned from." in said
    assert lab.page.locator(".gap-warning").count() == 1
    lab.page.get_by_label("Formula", exact=True).fill("CH4")
    assert "Outside of what was seen: its features differ by" in lab.said("^CH")
    lab.page.get_by_label("Formula", exact=True).fill("GaAs")
    assert "Within what was seen" in lab.said("^GaAs")


@browser_test
def test_what_was_learned_is_told_from_what_was_not(lab: Opened) -> None:
    lab.page.get_by_label("Formula", exact=True).fill("TiO2")
    assert "this is remembered, not predicted" in lab.said("^TiO")
    lab.page.get_by_label("Learned from", exact=True).select_option("200")
    assert "Held back: the models have not seen it" in lab.said("200 gaps")
    assert lab.page.locator(".gap-unlearned").count() > 0
    lab.page.get_by_label("Formula", exact=True).fill("Ca3AlAs3")
    assert "reports" not in lab.said("^Ca")


def _nothing_to_find(opened: Opened, width: int) -> None:
    """No fault by axe, no text too small, nothing beyond the screen."""
    rules = "{ rules: { 'page-has-heading-one': { enabled: false }, region: { enabled: false }, 'landmark-one-main': { enabled: false } } }"  # noqa: E501
    found = opened.page.evaluate(f"axe.run(document, {rules}).then((r) => r.violations)")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    assert opened.page.evaluate("document.documentElement.scrollWidth") == width
    small = "[...document.querySelectorAll('.gap-drawing text')].filter((t) => parseFloat(getComputedStyle(t).fontSize) < 12).length"  # noqa: E501
    assert opened.page.evaluate(small) == 0
    beyond = "[...document.querySelectorAll('.gap-drawing text')].filter((t) => t.getBoundingClientRect().right > innerWidth).map((t) => t.textContent)"  # noqa: E501
    assert opened.page.evaluate(beyond) == []


@browser_test
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(browser: Any, address: str, width: int) -> None:
    viewport = {"width": width, "height": 900}
    query = "index.html?band-gap-lab=formula:AlN;size:200"
    opened = Opened(browser, address, query, viewport=viewport, color_scheme="light")
    opened.page.add_script_tag(path=str(prepare() / "check" / "axe.min.js"))
    for formula in ("AlN", "PuO2", "gaas"):
        opened.page.get_by_label("Formula", exact=True).fill(formula)
        for theme in ("light", "dark"):
            opened.page.emulate_media(color_scheme=theme)
            _nothing_to_find(opened, width)
    opened.close()


@browser_test
def test_models_are_fetched_where_they_lie_beside_the_page(browser: Any, address: str) -> None:
    opened = Opened(browser, address, "page.html")
    opened.said(f"^{laboratory().examples[0]}, learned from 4,619 gaps")
    opened.close()


@browser_test
def test_without_its_models_the_still_picture_stays(browser: Any, address: str) -> None:
    page = browser.new_page()
    page.goto(address + "broken.html")
    note = page.wait_for_selector(".lab-failed", timeout=20_000).inner_text()
    assert "could not start" in note
    assert page.locator(".lab-still svg").is_visible()
    page.close()
