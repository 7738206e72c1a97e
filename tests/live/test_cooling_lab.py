"""The Cooling laboratory: its twin, and what a reader can do with it."""

from __future__ import annotations

import gzip
import html
import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest

from live.accessibility import NO_FAULTS, faults_of_frame
from matinf.live.cooling_lab import CoolingLab
from matinf.live.frame import element_html
from matinf.live.modules import STATIC, files_of
from matinf.physics.cooling import Readings
from matinf.physics.cooling_fit import fit_cooling
from matinf.physics.inverse import InverseConfig, learn_cooling
from matinf.physics.optimise import AdamLBFGS
from matinf.physics.regression import RegressionConfig
from matinf.physics.side_by_side import (
    MOST_READINGS,
    SideBySide,
    SideBySideConfig,
    learn_side_by_side,
)
from matinf_book.served import served

LAB = "document.querySelector('cooling-lab')"
STYLE = STATIC.parents[2].parent / "matinf_book" / "theme" / "static" / "book.css"
LIGHTEST = 40_000  # bytes of JavaScript, packed
LONG_TASKS = """
  window.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((e) => e.duration)))
    .observe({ entryTypes: ["longtask"] });
"""


@cache
def study() -> SideBySide:
    return learn_side_by_side(rng=np.random.default_rng(2026))


@cache
def laboratory() -> CoolingLab:
    return CoolingLab(study=study())


# -- the twin ------------------------------------------------------------------------------------


def test_twin_says_and_draws_what_both_networks_have_learned() -> None:
    lab = laboratory()
    assert f"{study().config.n_readings} readings" in lab.alt
    assert f"{study().physics.body.r:.3g} instead of 0.005" in lab.alt
    assert lab.still.count("<circle") == len(study().readings)
    assert [f"--series-{role}" in lab.still for role in ("truth", "plain", "physics")] == [True] * 3


def test_twin_hands_over_all_that_training_needs() -> None:
    data = json.loads(json.dumps(laboratory().bundle()["data"]))
    assert len(data["errors"]) == MOST_READINGS
    for name, recipe in data["networks"].items():
        np.testing.assert_allclose(recipe["start"], study().starts[name], rtol=1e-8)
        assert recipe["how"]["maxSteps"] == 100
    assert data["networks"]["physics"]["settings"]["slack"] == study().config.physics.slack
    assert len(json.dumps(data)) < 12_000


def test_twin_of_another_optimiser_is_refused() -> None:
    plain = RegressionConfig(optimiser=AdamLBFGS(adam_steps=1, lbfgs_steps=0))
    other = learn_side_by_side(
        rng=np.random.default_rng(0), config=SideBySideConfig(plain=plain, n_readings=5)
    )
    with pytest.raises(ValueError, match="LevenbergMarquardt, not AdamLBFGS"):
        _ = CoolingLab(study=other).data


def test_modules_are_light() -> None:
    files = files_of("cooling-lab.js")
    assert {"cooling-worker.js", "network.js"} <= files
    assert sum(len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in files) <= LIGHTEST


# -- in the browser ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The laboratory as a page of the book has it, and as a notebook has it in its frame."""
    folder = tmp_path_factory.mktemp("cooling-lab")
    shutil.copytree(STATIC, folder / "live")
    shutil.copy(STYLE, folder / "book.css")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    head += '<title>Cooling</title><link rel="icon" href="data:,">'
    styles = "".join(f'<link rel="stylesheet" href="{s}">' for s in ("book.css", "live/live.css"))
    page = (
        f'<!doctype html><html lang="en" data-theme="light"><head>{head}{styles}</head>'
        f"<body><main><h1>Cooling</h1>{element_html(laboratory().bundle(), name='cooling-lab')}"
        '</main><script src="live/loader.js"></script></body></html>'
    )
    (folder / "index.html").write_text(page, encoding="utf-8")
    shown = laboratory()._repr_mimebundle_()["text/html"]
    (found,) = re.findall(r'srcdoc="([^"]*)"', shown)
    (folder / "frame.html").write_text(
        html.unescape(found).replace("<head>", f"<head>{head}"), encoding="utf-8"
    )
    with served(folder) as place:
        yield place


class Opened:
    """A page with the laboratory, and everything that it complained about."""

    def __init__(self, browser: Any, address: str, **context: Any) -> None:
        settings = {"viewport": {"width": 1280, "height": 900}}
        self.page = browser.new_context(**(settings | context)).new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("requestfailed", lambda request: self.faults.append(request.url))
        self.page.on("console", self._hear)
        self.page.add_init_script(LONG_TASKS)
        self.page.goto(address)
        self.page.wait_for_selector("cooling-lab[data-ready]", timeout=30_000)
        self.until_trained()

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"} and "fonts/" not in str(message.location):
            self.faults.append(message.text)

    def ask(self, expression: str) -> Any:
        return self.page.evaluate(f"(lab => {expression})({LAB})")

    def until_trained(self) -> None:
        done = f"{LAB}.dataset.training === 'false' && {LAB}.history.physics.at(-1)?.end"
        self.page.wait_for_function(done, timeout=30_000)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def close(self) -> None:
        self.page.context.close()
        assert [fault for fault in self.faults if "/fonts/" not in fault] == []


@pytest.fixture
def lab(browser: Any, site: str) -> Iterator[Opened]:
    opened = Opened(browser, site + "index.html")
    yield opened
    opened.close()


pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")
browser_test = pytest.mark.browser


@browser_test
@pytest.mark.parametrize("page", ["index.html", "frame.html"], ids=["book", "notebook"])
def test_page_learns_what_python_has_learned(browser: Any, site: str, page: str) -> None:
    lab = Opened(browser, site + page)
    ours = study()
    t = np.array(lab.ask("lab.times"))
    np.testing.assert_allclose(lab.ask("[...lab.readings.T]"), ours.readings.T, atol=1e-6)
    physics = lab.ask("(({ r, std }) => ({ r, std }))(lab.history.physics.at(-1))")
    assert physics["r"] == pytest.approx(ours.physics.body.r, rel=1e-4)
    assert physics["std"] == pytest.approx(ours.physics.std["r"], rel=1e-2)
    assert lab.ask("lab.fit.r") == pytest.approx(ours.fit.body.r, rel=1e-6)
    assert lab.ask("lab.crb") == pytest.approx(ours.bound, rel=1e-6)
    for name, curve in (("physics", ours.physics.curve), ("plain", ours.plain)):
        found = np.array(lab.ask(f"[...lab.history.{name}.at(-1).T]"))
        np.testing.assert_allclose(found, curve.temperature(t), atol=0.01)
    misfit = lab.ask("[lab.history.plain, lab.history.physics].map((all) => all.at(-1).misfit)")
    n, noise = len(ours.readings), ours.readings.noise
    left = ours.plain.temperature(ours.readings.t) - ours.readings.T
    assert misfit[0] == pytest.approx(np.mean(left**2) / noise**2, rel=1e-3)
    assert misfit[1] == pytest.approx(ours.physics.chi_squared / n, rel=1e-3)
    law = lab.ask("lab.history.physics.map((look) => look.law)")
    assert law[0] == pytest.approx(2 * ours.physics.curve.history.part("physics")[0] / n, rel=1e-6)
    residual = np.array(lab.ask("[...lab.history.physics.at(-1).residual]"))
    np.testing.assert_allclose(residual, ours.physics.curve.residual(t), atol=1e-5)
    lab.close()


@browser_test
def test_another_experiment_is_learned_as_in_python(browser: Any, site: str) -> None:
    query = "?cooling-lab=T0:5;T_env:30;r:0.01;noise:0.5;readings:25;last:300;weight:100;seed:7"
    lab = Opened(browser, f"{site}index.html{query}")
    measured = lab.ask("({ t: lab.readings.t, T: [...lab.readings.T] })")
    readings = Readings(t=np.array(measured["t"]), T=np.array(measured["T"]), noise=0.5)
    errors = readings.T - (30 - 25 * np.exp(-0.01 * readings.t))
    assert 0.25 < errors.std() < 0.85
    config = InverseConfig(slack=0.1)
    rng = np.random.default_rng(9)  # any first weights: all end at one rate
    expected = learn_cooling(readings, T_env=30.0, t_end=600.0, rng=rng, config=config)
    assert lab.ask("lab.history.physics.at(-1).r") == pytest.approx(expected.body.r, rel=1e-3)
    rival = fit_cooling(readings, T_env=30.0)
    assert lab.ask("lab.fit.std") == pytest.approx(rival.std["r"], rel=1e-6)
    lab.close()


@browser_test
def test_a_reader_with_a_keyboard_alone_sets_up_trains_and_stops(lab: Opened) -> None:
    page = lab.page
    page.get_by_role("slider", name="Temperature of the body").focus()
    page.keyboard.press("End")
    assert page.locator(".cooling-readout").inner_text().startswith("600 s: truth")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Train"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Stop"
    page.wait_for_function(f"{LAB}.history.physics.length > 2")
    page.keyboard.press("Enter")
    steps = lab.ask("lab.history.physics.length")
    assert page.evaluate("document.activeElement.textContent") == "Train"
    said = f"{LAB}.querySelector('.lab-said').textContent"
    page.wait_for_function(f"{said}.startsWith('Stopped after {steps - 1} steps')")
    assert lab.ask("[lab.history.physics.length, lab.dataset.training]") == [steps, "false"]
    before = lab.ask("[...lab.readings.T]")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # new noise
    assert lab.ask("[...lab.readings.T]") != before
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")  # the start, a degree lower
    assert lab.ask("lab.state.T0") == 89
    assert page.get_by_role("slider", name="Start").get_attribute("aria-valuetext") == "89\u00a0°C"
    page.wait_for_function(f"{LAB}.dataset.training === 'true'")  # of itself
    lab.until_trained()
    page.wait_for_function(f"{said}.startsWith('Learned rate')")
    assert page.locator("tbody tr").nth(1).inner_text().startswith("Physics-informed")
    assert "±" in page.locator("tbody tr").nth(1).inner_text()


@browser_test
def test_state_is_kept_in_the_address_restored_and_reset(browser: Any, site: str) -> None:
    first = Opened(browser, site + "index.html")
    first.page.get_by_label("Start is known").check()
    first.page.get_by_role("slider", name="Weight of the physics").fill("4")  # half decades
    first.press("New noise")
    first.page.wait_for_function("location.search.includes('seed')")
    query = first.page.evaluate("location.search")
    state = first.ask("({ ...lab.state, T: [...lab.readings.T] })")
    assert (state["weight"], state["known"], state["seed"]) == (0.01, True, 1)
    first.close()
    again = Opened(browser, f"{site}index.html{query}")
    assert again.ask("({ ...lab.state, T: [...lab.readings.T] })") == state
    assert again.page.get_by_label("Start is known").is_checked()
    again.press("Reset")
    assert again.ask("lab.state.weight") == 1e4
    again.page.wait_for_function("location.search === ''")
    again.until_trained()
    assert again.ask("lab.history.physics.at(-1).r") == pytest.approx(
        study().physics.body.r, rel=1e-4
    )
    again.close()


@browser_test
@pytest.mark.parametrize(
    "query",
    [
        "T0:1e9;T_env:-400;r:-1;noise:0;readings:1e6;last:0;weight:0;seed:-3",
        "readings:3.4;r:x;last:;known:7",
        "T0:20;T_env:20;known:1",  # as warm as its environment: nothing to learn
        "r:0.05;readings:3;last:600;noise:5",  # over between two readings
    ],
)
def test_a_mistyped_or_hopeless_experiment_opens_all_the_same(
    browser: Any, site: str, query: str
) -> None:
    lab = Opened(browser, f"{site}index.html?cooling-lab={query}", reduced_motion="reduce")
    assert lab.ask("lab.history.plain.at(-1).T.every(Number.isFinite)")
    assert lab.ask("3 <= lab.readings.t.length && lab.readings.t.length <= 60")
    shown = lab.page.locator("cooling-lab").inner_text()
    assert "NaN" not in shown
    assert "Infinity" not in shown
    assert ("say nothing about r" in shown) == query.startswith("T0:20")
    lab.close()


@browser_test
def test_page_is_never_blocked_while_training(lab: Opened) -> None:
    # A task is long when the page works, and when it waits for a busy machine: ask one calm run.
    longest = []
    for _ in range(4):
        lab.page.wait_for_timeout(300)
        lab.page.evaluate("longTasks.length = 0")
        lab.press("Train")
        lab.until_trained()
        longest.append(max(lab.page.evaluate("longTasks"), default=0.0))
        if longest[-1] == 0:
            break
    assert min(longest) <= 50, longest


@browser_test
def test_a_new_change_ends_the_training_of_the_last(lab: Opened) -> None:
    lab.press("Train")
    lab.page.wait_for_function(f"{LAB}.history.physics.length > 1")
    lab.ask("lab.set({ T_env: 30 })")
    assert lab.ask("[lab.dataset.training, lab.history.old]") == ["false", True]
    assert "chart-faint" in lab.ask("lab.curve.element.innerHTML")  # of the experiment before
    lab.page.wait_for_function(f"{LAB}.dataset.training === 'true'")
    lab.until_trained()
    assert lab.ask("lab.history.physics.at(-1).T.at(-1)") > 30
    assert lab.ask("lab.history.physics[0].step") == 0


@browser_test
def test_a_finger_finds_large_enough_targets_on_a_phone(browser: Any, site: str) -> None:
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    lab = Opened(browser, site + "index.html", **phone)
    sizes = lab.page.evaluate(
        """() => [...document.querySelectorAll("cooling-lab :is(button, input, label.lab-check)")]
             .filter((e) => e.type !== "checkbox").map((e) => e.getBoundingClientRect().height)"""
    )
    assert len(sizes) == 12
    assert min(sizes) >= 44
    assert lab.page.evaluate("document.documentElement.scrollWidth") <= 390
    places = lab.ask("['.cooling-curves', '.lab-controls', '.cooling-found'].map((s) => "
                     "lab.querySelector(s).getBoundingClientRect().top)")  # fmt: skip
    assert places == sorted(places)
    lab.close()


@browser_test
@pytest.mark.parametrize("page", ["index.html", "frame.html"], ids=["book", "notebook"])
def test_axe_finds_nothing(browser: Any, site: str, page: str) -> None:
    lab = Opened(browser, site + page, reduced_motion="reduce")
    for width in (1280, 390):
        lab.page.set_viewport_size({"width": width, "height": 900})
        assert faults_of_frame(lab.page) == NO_FAULTS, width
    lab.close()
