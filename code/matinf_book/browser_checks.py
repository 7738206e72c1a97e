"""Open every page of a built site in Chromium, all other hosts shut off, and look.

Each page is opened at the width of a desk and of a phone. Figures are drawn by coming near them;
then axe-core reads the page in the light theme and in the dark one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import assets, environment
from .problems import Problem
from .served import served

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.async_api import Browser, ConsoleMessage, Page, Request, Response, Route

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
]
WIDTHS = (1280, 390)
HEIGHT = 900
THEMES = ("light", "dark")
PATIENCE = 20_000  # ms that one page or one figure may take on a busy machine
LIMIT = 120  # s after which a page that still gives no answer is opened afresh
STEP = 10  # views after which a word is said of how far it is
TRIES = 2  # Chromium itself now and then stops answering; a page that hangs, hangs each time
IN_PAGE = Path(__file__).with_name("in_page.js")
REFRESH = 'http-equiv="refresh"'
NOWHERE = "there/is/no/page/at/this/address"
# Colours fade from one theme to the other; what is judged is where they end.
AT_ONCE = "*, ::before, ::after { transition: none !important; animation: none !important; }"
SET_THEME = "theme => { Object.assign(document.documentElement.dataset, { mode: theme, theme }); }"
AXE = "() => axe.run(document, { resultTypes: ['violations'], preload: false })"
AXE += ".then(found => found.violations)"


class NoBrowser(Exception):
    """There is no browser to open the pages in: says how to get one."""


@dataclass(kw_only=True)
class _Visit:
    """One page at one width, and what was seen on it."""

    site: str  # address
    name: str
    width: int
    problems: list[Problem] = field(default_factory=list)
    expected_status: int = 200
    step: str = "opening it"  # what is being done

    def add(self, message: str) -> None:
        self.problems.append(Problem(page=self.name, message=f"{message} (at {self.width} px)"))

    def watch(self, page: Page) -> None:
        """Note failed requests, bad answers and errors in the console."""
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.add(f"error in a script: {error.message}"))

    def _failed(self, request: Request) -> None:
        if request.url.startswith(self.site) and "ERR_ABORTED" not in (request.failure or ""):
            self.add(f"request failed: {self._short(request.url)} ({request.failure})")

    def _answered(self, response: Response) -> None:
        wanted = self.expected_status if response.request.is_navigation_request() else 200
        if response.status not in {wanted, 304}:
            self.add(f"{self._short(response.url)} answered {response.status}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.add(f"error in the console: {message.text}")

    async def shut_off(self, route: Route) -> None:
        """Let a request pass to the site itself and to nothing else."""
        url = route.request.url
        if url.startswith((self.site, "data:", "blob:")):
            await route.continue_()
        else:
            self.add(f"asks another host: {url}")
            await route.abort()

    def _short(self, url: str) -> str:
        return url.removeprefix(self.site)


def find_browser() -> str:
    """Path of a Chromium.

    Raises:
        NoBrowser: if none is installed.
    """
    if found := environment.find_browser():
        return found
    raise NoBrowser(
        "no Chromium was found; install one (Debian: apt-get install chromium) "
        "or set CHROMIUM to its path"
    )


def page_names(site: Path) -> list[str]:
    """Every page of a site, by its path; what Sphinx keeps for itself is not a page."""
    found = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(name for name in found if not name.startswith(("_static/", "_sources/")))


def check(
    site: Path,
    *,
    pages: list[str] | None = None,
    screenshots: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[Problem]:
    """Open pages in Chromium and return what is wrong with them.

    Args:
        site: Folder of the built site.
        pages: Paths of the pages to open, as `page_names` gives them; by default all.
        screenshots: Folder for a picture of each page, width and theme; none by default.
        say: Told now and then how far it is.

    Raises:
        NoBrowser: if there is no Chromium, or Playwright is not installed.
    """
    browser = find_browser()
    try:
        import playwright.async_api  # noqa: F401
    except ImportError:
        raise NoBrowser("Playwright is not installed: pip install playwright") from None
    names = page_names(site) if pages is None else pages
    with served(site) as address:
        found = asyncio.run(_check_all(browser, site, address, names, screenshots, say))
    return sorted(set(found))


async def _check_all(
    executable: str,
    folder: Path,
    site: str,
    names: list[str],
    screenshots: Path | None,
    say: Callable[[str], None],
) -> list[Problem]:
    from playwright.async_api import async_playwright

    axe = (assets.prepare() / "check" / "axe.min.js").read_text(encoding="utf-8")
    gate = asyncio.Semaphore(max(2, os.cpu_count() or 2))
    # A page that only leads on to another is left out: the other is visited under its own name.
    read = [name for name in names if REFRESH not in (folder / name).read_text(encoding="utf-8")]
    visits = [_Visit(site=site, name=name, width=width) for name in read for width in WIDTHS]
    if "404.html" in names:
        visits.append(_Visit(site=site, name=NOWHERE, width=390, expected_status=404))
    done: list[_Visit] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)

        async def one(visit: _Visit) -> None:
            async with gate:
                for _ in range(TRIES):
                    if await _answers(browser, visit, axe, screenshots):
                        break
                    say(f"  {visit.name} at {visit.width} px gave no answer for {LIMIT} s")
                else:
                    visit.add(f"gave no answer within {LIMIT} s, {TRIES} times: {visit.step}")
                done.append(visit)
                if len(done) % STEP == 0:
                    say(f"  {len(done)} of {len(visits)} views looked at")

        await asyncio.gather(*map(one, visits))
        await browser.close()
    return [problem for visit in visits for problem in visit.problems]


async def _answers(browser: Browser, visit: _Visit, axe: str, screenshots: Path | None) -> bool:
    """Whether a visit came to its end in time; one that did not leaves no problems behind."""
    try:
        async with asyncio.timeout(LIMIT):
            await _visit(browser, visit, axe, screenshots)
    except TimeoutError:
        visit.problems.clear()
        return False
    return True


async def _visit(browser: Browser, visit: _Visit, axe: str, screenshots: Path | None) -> None:
    from playwright.async_api import Error

    context = await browser.new_context(
        viewport={"width": visit.width, "height": HEIGHT}, color_scheme="light"
    )
    try:
        await context.route("**/*", visit.shut_off)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        visit.watch(page)
        await page.goto(visit.site + visit.name, wait_until="load")
        await page.add_style_tag(content=AT_ONCE)
        visit.step = "moving its controls"
        seen = await page.evaluate(f"({_in_page()})({PATIENCE})")
        _judge(visit, seen)
        visit.step = "loading axe"
        await page.evaluate(axe)
        for theme in THEMES:
            visit.step = f"reading it in the {theme} theme"
            await page.evaluate(SET_THEME, theme)
            await page.wait_for_timeout(50)  # figures are drawn again in the other theme
            _judge_access(visit, theme, await page.evaluate(AXE))
            if screenshots:
                await _picture(page, screenshots, visit, theme)
    except Error as error:
        visit.add(f"could not be looked at: {error.message.splitlines()[0]}")
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIMIT):
                await context.close()


def _in_page() -> str:
    text = IN_PAGE.read_text(encoding="utf-8").strip().removesuffix(";")
    return text[text.index("async (") :]


async def _picture(page: Page, folder: Path, visit: _Visit, theme: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = visit.name.removesuffix(".html").replace("/", "-")
    await page.screenshot(path=folder / f"{name}-{visit.width}-{theme}.png", full_page=True)


def _judge(visit: _Visit, seen: dict[str, Any]) -> None:
    for figure in seen["figures"]:
        if fault := _fault_of(figure):
            where = f"in cell {figure['cell']} of those shown" if figure["cell"] else "of no cell"
            visit.add(f"figure {figure['id']} {where} {fault}")
    for live in seen["living"]:
        _judge_living(visit, live)
    for source in seen["brokenImages"]:
        visit.add(f"image does not show: {source}")
    if seen["overflow"]:
        where = "; ".join(seen["beyond"])
        visit.add(f"scrolls sideways by {seen['overflow']} px: {where}")


def _fault_of(figure: dict[str, Any]) -> str:
    """What is wrong with one figure, in words that follow its name; nothing where all is well."""
    if figure["failed"]:
        return f"failed: {figure['failed']}"
    if figure["drawn"] is None:
        return "was not drawn"
    if figure["drawn"] != figure["traces"]:
        return f"drew {figure['drawn']} traces of {figure['traces']}"
    if not figure["marks"]:
        return "shows no mark"
    return "is wider than its place" if figure["wide"] > figure["room"] + 1 else ""


def _judge_living(visit: _Visit, live: dict[str, Any]) -> None:
    if live["failed"]:
        visit.add(f"{live['id']} failed: {live['failed']}")
    elif not live["ready"]:
        visit.add(f"{live['id']} never became ready")
    elif not live["controls"]:
        visit.add(f"{live['id']} has no control")
    for dead in live["dead"]:
        visit.add(f"{live['id']}: the control {dead!r} changes nothing")


def _judge_access(visit: _Visit, theme: str, violations: list[dict[str, Any]]) -> None:
    for violation in violations:
        places = [str(node["target"][0]) for node in violation["nodes"]]
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        visit.add(
            f"axe, {theme}: {violation['id']} ({violation['impact']}): "
            f"{violation['help']}: {places[0]}{more}"
        )
