"""How quickly the laboratories answer, in Chromium, on the pages of the printed site.

The baseline is the Python that a page came from, in the same run: the posterior of GPflow for the
slider of the Gaussian process laboratory, the twin's own training for the cooling laboratory, the
small model of the package for the band gap.

    make book && make bench ARGS=live
"""

from __future__ import annotations

import gzip
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from cooling_lab import answer_milliseconds
from playwright.sync_api import Browser, Page, sync_playwright
from record import Measurement, record, timed

from matinf_book.browser_checks import ARGUMENTS, find_browser
from matinf_book.served import served

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
RUNS = 5
GP, COOLING = "book/active/acquisition-functions.html", "book/physics/pinn.html"
BAND_GAP = "book/transfer/latent-variable.html"
FORMULAS = ("GaN", "CdTe", "Cu2ZnSnS4", "Bi2Te3", "TiO2", "NaCl", "Ga0.5In0.5As", "PbI2")
LONG_TASKS = """
  window.longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((e) => e.duration)))
    .observe({ entryTypes: ["longtask"] });
"""


def opened(browser: Browser, address: str, element: str) -> Page:
    """A page with its laboratory in sight and ready."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(LONG_TASKS)
    page.goto(address)
    page.locator(element).scroll_into_view_if_needed()
    page.wait_for_selector(f"{element}[data-ready]", timeout=60_000)
    page.wait_for_timeout(1500)
    return page


def gaussian_process(browser: Browser, site: str) -> list[Measurement]:
    """The lengthscale slider with 30 measurements: until the picture is drawn and laid out."""
    page = opened(browser, site + GP, "gp-lab")
    runs = [
        statistics.median(page.evaluate("document.querySelector('gp-lab').answers(30, 50)"))
        for _ in range(RUNS)
    ]
    page.close()
    baseline = [1000 * seconds for seconds in timed(gpflow_posterior(), repeats=RUNS)]
    return [
        Measurement(
            name="GP: a control answers, 30 points", unit="ms", runs=runs, limit="at most 16"
        ),
        Measurement(name="GP: the posterior alone by GPflow", unit="ms", runs=baseline),
    ]


def gpflow_posterior() -> Any:
    """The posterior of 30 points at 201 places by GPflow, built once and warm."""
    from matinf.active.tensorflow import gpflow

    x = np.linspace(0, 1, 30)[:, None]
    data = (x, np.sin(9 * x))
    places = np.linspace(0, 1, 201)[:, None]

    def posterior() -> Any:
        kernel = gpflow.kernels.Matern52(lengthscales=0.1)
        model = gpflow.models.GPR(data, kernel, noise_variance=0.01)
        return [part.numpy() for part in model.predict_f(places)]

    posterior()
    return posterior


def cooling(browser: Browser, site: str) -> list[Measurement]:
    """A full training of both networks, and the longest task of the page meanwhile."""
    from matinf.physics.side_by_side import learn_side_by_side

    page = opened(browser, site + COOLING, "cooling-lab")
    done = "document.querySelector('cooling-lab').dataset.training === 'false'"
    page.wait_for_function(done)
    seconds, longest = [], []
    for _ in range(RUNS):
        page.wait_for_timeout(500)
        page.evaluate("longTasks.length = 0")
        started = time.perf_counter()
        page.get_by_role("button", name="Train", exact=True).click()
        page.wait_for_function(
            f"{done} && document.querySelector('cooling-lab').history.physics.at(-1)?.end"
        )
        seconds.append(time.perf_counter() - started)
        longest.append(max(page.evaluate("longTasks"), default=0.0))
    answers = [statistics.median(answer_milliseconds(page, repeats=50)) for _ in range(RUNS)]
    page.close()
    python = timed(lambda: learn_side_by_side(rng=np.random.default_rng(2026)), repeats=RUNS)
    return [
        Measurement(
            name="cooling: both networks trained, held back to be watched",
            unit="s",
            runs=seconds,
            limit="at most 3",
        ),
        Measurement(
            name="cooling: longest task while training", unit="ms", runs=longest, limit="at most 50"
        ),
        Measurement(name="cooling: the same by torch", unit="s", runs=python),
        Measurement(name="cooling: a control answers", unit="ms", runs=answers, limit="at most 16"),
    ]


def band_gap(browser: Browser, site: str) -> list[Measurement]:
    """From a keystroke to the answer in the page."""
    page = opened(browser, site + BAND_GAP, "band-gap-lab")
    field = page.locator("band-gap-lab input").first
    runs = []
    for formula in FORMULAS:
        runs.append(
            field.evaluate(
                """(field, formula) => {
                  const before = performance.now();
                  field.value = formula;
                  field.dispatchEvent(new Event("input", { bubbles: true }));
                  field.getBoundingClientRect();
                  return performance.now() - before;
                }""",
                formula,
            )
        )
        page.wait_for_timeout(400)
    page.close()
    return [
        Measurement(
            name="band gap: a keystroke is answered", unit="ms", runs=runs, limit="at most 16"
        )
    ]


def weights() -> list[Measurement]:
    """Bytes of JavaScript of each laboratory with what it imports, and of the models."""
    from matinf.live.modules import STATIC, files_of

    rows = []
    for name in ("gp-lab.js", "cooling-lab.js", "band-gap-lab.js"):
        size = sum(len(gzip.compress((STATIC / file).read_bytes(), 6)) for file in files_of(name))
        rows.append(
            Measurement(name=f"{name}: packed", unit="kB", runs=[size / 1000], limit="at most 40")
        )
    models = [path for path in (SITE / "_static").rglob("*.json") if "band" in path.name]
    size = sum(len(gzip.compress(path.read_bytes(), 6)) for path in models) / 1000
    return [
        *rows,
        Measurement(name="band gap: models, packed", unit="kB", runs=[size], limit="at most 300"),
    ]


def main() -> None:
    """Measure all three on the printed site."""
    if not (SITE / "index.html").is_file():
        raise SystemExit("there is no printed site: run `make book` first")
    with sync_playwright() as playwright, served(SITE) as site:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        rows = [
            *gaussian_process(browser, site),
            *cooling(browser, site),
            *band_gap(browser, site),
            *weights(),
        ]
        browser.close()
    record("live", rows, "playwright", "gpflow", "torch")


if __name__ == "__main__":
    main()
