"""The pages in a real JupyterLab: opened as a launch opens them, run, and used.

A server on this machine, a browser with no other host to ask. What is printed is never alive in a
kernel by itself: here figures are drawn, a control moved, a laboratory used.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from matinf_book import lab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PATIENCE = 240_000  # ms
RUN_ALL = "() => jupyterapp.commands.execute('notebook:run-all-cells')"
SETTLED = "() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
# A page of the two kinds that no chapter has without half a minute of computing beside them.
ALIVE = """---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

# What is alive

```{code-cell} ipython3
import numpy as np
from matinf.active.game import play_games
from matinf.live.gp_lab import GaussianProcessLab

GaussianProcessLab(games=play_games(24, rng=np.random.default_rng(341)))
```

```{code-cell} ipython3
from matinf.figures.template import new_figure
from matinf.live.explore import explore, steps


def line(slope):
    fig = new_figure(alt=f"A line with a slope of {slope:g}.", height=200)
    return fig.add_scatter(x=[0, 1], y=[0, slope]).update_yaxes(range=[0, 2])


explore(line, slope=steps([0.5, 1, 2]))
```
"""
OUTPUTS = """() => jupyterapp.shell.currentWidget.content.model.sharedModel.cells
    .filter((cell) => cell.cell_type === 'code').flatMap((cell) => cell.toJSON().outputs)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of JupyterLab on a copy of the pages, with a token that nobody else knows."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "book", folder / "book")
    (folder / "book" / "alive.md").write_text(ALIVE, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    options = [
        *("--no-browser", "--expose-app-in-browser", f"--ServerApp.port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    command = lab.command(folder, *options)
    environment = {**lab.environment(), "JUPYTER_CONFIG_DIR": str(folder / "settings")}
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/api?token={token}", process, folder / "log.txt")
            yield f"{address}/lab/tree/{{page}}?token={token}&reset"
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers."""
    until = monotonic() + 90
    while monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            sleep(0.3)
        else:
            return
    pytest.fail(f"the server did not come up:\n{log.read_text()[-2000:]}")


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A browser's page that can ask this machine alone, and tells what else it would have asked."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE)
    page.refused = []

    def local_only(route: Any) -> None:
        if route.request.url.startswith(("http://127.0.0.1", "data:", "blob:")):
            route.continue_()
        else:
            page.refused.append(route.request.url)
            route.abort()

    page.route("**/*", local_only)
    yield page
    page.close()


def run_all(page: Any, address: str) -> list[dict[str, Any]]:
    """Open a page as a notebook, run all of its cells and return what they gave."""
    page.goto(address)
    page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")
    page.wait_for_function(SETTLED)
    page.evaluate(RUN_ALL)
    outputs: list[dict[str, Any]] = page.evaluate(OUTPUTS)
    errors = [output for output in outputs if output["output_type"] == "error"]
    assert errors == []
    return outputs


def show(page: Any, selector: str) -> Any:
    """The first such element, scrolled to."""
    element = page.locator(selector).first
    element.scroll_into_view_if_needed()
    return element


def test_a_page_runs_and_its_figures_are_drawn(server: str, page: Any) -> None:
    outputs = run_all(page, server.format(page="book/index.md"))
    expected = sum("application/vnd.plotly.v1+json" in o.get("data", {}) for o in outputs)
    assert expected >= 1
    show(page, ".jp-OutputArea .js-plotly-plot .main-svg .trace")
    assert page.locator(".js-plotly-plot").count() == expected
    assert page.refused == []


def test_a_laboratory_is_used_and_a_slider_calls_python_again(server: str, page: Any) -> None:
    run_all(page, server.format(page="book/alive.md"))
    frame = show(page, "iframe[srcdoc*='gp-lab']").content_frame
    frame.locator("gp-lab svg").first.wait_for()
    before = frame.locator("gp-lab").inner_html()
    frame.get_by_role("button", name="Measure next").first.click()
    page.wait_for_timeout(500)
    assert frame.locator("gp-lab").inner_html() != before
    show(page, ".jupyter-widgets .js-plotly-plot .main-svg")
    curve = ".jupyter-widgets .js-plotly-plot .main-svg .trace path"
    before = page.locator(curve).first.get_attribute("d")
    handle = page.locator(".jupyter-widgets .noUi-handle").first
    handle.focus()
    handle.press("ArrowRight")
    page.wait_for_function(
        """([selector, before]) => {
          const path = document.querySelector(selector);
          return path && path.getAttribute("d") !== before;
        }""",
        arg=[curve, before],
    )
    assert page.refused == []
