"""Read the files of a built site and find what must not be published.

No browser is needed; `browser_checks` opens the pages.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from bs4 import Tag

from matinf.live.modules import ModuleError

from .built_site import BuiltPage, pages, requests_of, urls_in_style
from .fonts import ICONS
from .page_weight import (
    KILOBYTE,
    LABORATORY,
    modules_of,
    page_weights,
    transferred,
    weight,
)
from .problems import Problem

__all__ = ["Problem", "check", "page_weights"]

# Pages that Sphinx and the press add to those of the table of contents.
ADDED = {"404.html", "index.html", "search.html"}
ANNOUNCED = "tag_raises-exception"  # class of a cell whose author shows an error on purpose
ROLE = re.compile(r"\{[a-z][a-z:_-]*\}`?")
ICON_HELPERS = {"solid", "regular", "brands", "fw", "lg", "sm", "xs", "xl", "2x"}
HOST_IN_SCRIPT = re.compile(r"""["'`(](?:https?:)?//(?!www\.w3\.org)[\w.-]+\.\w""")

Found = Iterator[str]


def check(site: Path, *, root: Path | None = None) -> list[Problem]:
    """Find what is wrong with a built site.

    Args:
        site: Folder of the built site.
        root: Folder of the book; with it, the site's pages are held against `_toc.yml`.

    Returns:
        The problems, ordered by page; none for a site that may be published.
    """
    found = [
        Problem(page=page.name, message=message)
        for page in pages(site)
        for test in PAGE_TESTS
        for message in test(page)
    ]
    found += [Problem(page="(site)", message=message) for message in _site(site, root)]
    return sorted(set(found))


def _frame(page: BuiltPage) -> Found:
    """A title, a language and one heading of the first level."""
    if page.soup.html is None or not page.soup.html.get("lang"):
        yield "has no language (html lang)"
    if page.soup.title is None or not page.soup.title.get_text(strip=True):
        yield "has no title"
    headings = [h for h in page.soup.find_all("h1") if not h.find_parent(id="jb-print-docs-body")]
    if len(headings) != 1:
        yield f"has {len(headings)} headings of the first level instead of one"


def _errors(page: BuiltPage) -> Found:
    """Tracebacks, warnings of a library, and what Sphinx could not make sense of."""
    for output in page.soup.select(".output.traceback, .output.stderr"):
        cell = output.find_parent("div", class_="cell")
        if cell is None or ANNOUNCED not in cell.get_attribute_list("class"):
            last = output.get_text().strip().splitlines()[-1:] or ["no text"]
            yield f"{page.cell_of(output)} shows an error: {last[0]}"
    for output in page.soup.select(".cell_output, .output"):
        if output.select_one(".traceback") is None and "Traceback (most" in output.get_text():
            cell = output.find_parent("div", class_="cell")
            if cell is None or ANNOUNCED not in cell.get_attribute_list("class"):
                yield f"{page.cell_of(output)} prints a traceback"
    for tag in page.soup.select(".system-message, .problematic, .katex-error"):
        yield f"holds what could not be processed: {tag.get_text(' ', strip=True)[:80]!r}"
    for role in sorted(set(ROLE.findall(page.text))):
        yield f"shows a role that was not resolved: {role}"


def _hosts(page: BuiltPage) -> Found:
    """No request to another host, from the page, its styles or its own scripts."""
    for tag, address in requests_of(page):
        parts = urlsplit(address)
        if parts.netloc or parts.scheme in {"http", "https"}:
            yield f"asks another host: <{tag.name}> {address}"
        elif tag.name == "link" and (target := page.resolve(address)) and target.suffix == ".css":
            yield from _faults_of_style(target)
    for script in page.soup.select("script:not([src])"):
        if script.get("type") != "application/json" and HOST_IN_SCRIPT.search(script.get_text()):
            yield f"a script in the page names another host: {script.get_text().strip()[:80]!r}"


def _faults_of_style(style: Path) -> Found:
    if style.is_file():
        for url in urls_in_style(style.read_text(encoding="utf-8")):
            if "//" in url:
                yield f"{style.name} asks another host: {url}"
            elif not (style.parent / unquote(urlsplit(url).path)).is_file():
                yield f"{style.name} needs a file that is not there: {url}"


def _links(page: BuiltPage) -> Found:
    """Every file and anchor of this site that the page names is there."""
    for _, address in requests_of(page):
        if (target := page.resolve(address)) is not None and not target.is_file():
            yield f"needs a file that is not there: {address}"
    for link in page.soup.select("a[href]"):
        address = str(link["href"])
        target = page.resolve(address)
        if target is None:
            continue
        anchor = unquote(urlsplit(address).fragment)
        if not target.is_file():
            yield f"links to a page that is not there: {address}"
        elif anchor and target.suffix == ".html" and anchor not in _anchors_of(target):
            yield f"links to an anchor that is not there: {address}"


def _anchors_of(target: Path) -> frozenset[str]:
    return _anchors(target, target.stat().st_mtime_ns)


@lru_cache(maxsize=1024)
def _anchors(target: Path, stamp: int) -> frozenset[str]:
    page = BuiltPage(site=target.parent, name=target.name)
    return frozenset({*page.ids, *(str(a["name"]) for a in page.soup.select("a[name]")), "top"})


def _ids(page: BuiltPage) -> Found:
    """No id stands for two things."""
    for name, times in sorted(Counter(page.ids).items()):
        if times > 1:
            yield f"has the id {name!r} {times} times"


def _figures(page: BuiltPage) -> Found:
    """Figures say in words what they show, and show something."""
    for plot in page.soup.select(".plot"):
        yield from (
            f"figure {plot.get('id')} in {page.cell_of(plot)} {fault}" for fault in _plot(plot)
        )
    for figure in page.soup.find_all("figure"):
        if not figure.select_one(".plot, img, svg, table, .highlight, .output, .math"):
            yield f"figure {figure.get('id')} is empty"
    for image in page.soup.select("main img"):
        if image.get("alt") is None or (image.find_parent(class_="output") and not image["alt"]):
            yield f"image without alt text: {image.get('src')} in {page.cell_of(image)}"


def _plot(plot: Tag) -> Found:
    canvas, noscript = plot.select_one(".plot-canvas"), plot.select_one("noscript")
    if canvas is None or not str(canvas.get("aria-label") or "").strip():
        yield "has no alt text"
    if noscript is None or not noscript.get_text(strip=True):
        yield "says nothing where scripts do not run"
    source = plot.select_one('script[type="application/json"]')
    try:
        data = json.loads(source.get_text() if source else "")["data"]
    except (ValueError, KeyError):
        yield "has no data that can be read"
        return
    traces = sum(trace.get("visible") is not False for trace in data)
    if not traces:
        yield "has no traces"
    elif str(traces) != plot.get("data-traces"):
        yield f"announces {plot.get('data-traces')} traces and has {traces}"


def _laboratories(page: BuiltPage) -> Found:
    """Laboratories have a picture with words, and modules that are there and small."""
    for lab in page.soup.select(".lab"):
        name, module = lab.get("id"), str(lab.get("data-module") or "")
        still = lab.select_one(".lab-still[role=img]")
        if still is None or not str(still.get("aria-label") or "").strip():
            yield f"laboratory {name} has no alt text"
        if still is None or still.find("svg") is None:
            yield f"laboratory {name} has no still picture"
        try:
            size = sum(map(transferred, modules_of(page, only=module)))
        except ModuleError as error:
            yield f"laboratory {name}: {error}"
            continue
        if not size:
            yield f"laboratory {name} needs a module that is not there: {module}"
        elif size > LABORATORY * KILOBYTE:
            found = f"{size / KILOBYTE:.0f} KB"
            yield f"laboratory {name} loads {found} of modules, more than {LABORATORY} KB"


def _icons(page: BuiltPage) -> Found:
    """Every icon was kept when the icon fonts were cut (`fonts.ICONS`)."""
    for icon in page.soup.select("i[class*='fa-'], span[class*='fa-']"):
        names = {
            c.removeprefix("fa-") for c in icon.get_attribute_list("class") if c.startswith("fa-")
        }
        for name in sorted(names - ICON_HELPERS - ICONS):
            yield f"shows the icon {name!r}, which is not among fonts.ICONS"


def _weight(page: BuiltPage) -> Found:
    """The page keeps within its budget."""
    if page.leads_on:
        return
    found = weight(page)
    if found.total > found.allowed:
        heavy = sorted(found.parts.items(), key=lambda part: -part[1])[:3]
        parts = ", ".join(f"{name} {size / KILOBYTE:.0f}" for name, size in heavy)
        yield (
            f"weighs {found.total / KILOBYTE:.0f} KB; a page with {found.kind} may weigh "
            f"{found.allowed / KILOBYTE:.0f} KB (heaviest, in KB: {parts})"
        )


PAGE_TESTS: tuple[Callable[[BuiltPage], Found], ...] = (
    _frame,
    _errors,
    _hosts,
    _links,
    _ids,
    _figures,
    _laboratories,
    _icons,
    _weight,
)


def _site(site: Path, root: Path | None) -> Found:
    """The pages that should be there, and no others."""
    for name in ("index.html", "404.html", "searchindex.js"):
        if not (site / name).is_file():
            yield f"{name} is missing"
    if root is not None:
        wanted = toc_pages(root)
        names = {page.name for page in pages(site)}
        yield from (f"the page {name} of _toc.yml is missing" for name in sorted(wanted - names))
        extra = sorted(names - wanted - ADDED)
        yield from (
            f"the page {name} is not in _toc.yml: left from an older build?" for name in extra
        )


def toc_pages(root: Path) -> set[str]:
    """Paths of the pages that `_toc.yml` names, as the site has them."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    names: set[str] = set()
    todo = [toc]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict):
            names |= {str(node[key]) for key in ("root", "file") if key in node}
            todo += [value for value in node.values() if isinstance(value, list | dict)]
    return {re.sub(r"\.(md|ipynb|rst)$", "", name) + ".html" for name in names}
