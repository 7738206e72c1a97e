"""Every page passes through here once, as text, on its way from the template to its file.

What the page does not use is taken out: the theme and the extensions load all they have on every
page. What the theme gets wrong for readers who do not see the page is put right (`page_access`),
and the text is set (`typesetting`).
"""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.jinja2glue import BuiltinTemplateLoader

from . import page_access, typesetting

# Part of a script's or style's address -> classes (".name", * standing for anything), ids ("#name")
# and attributes ("[name]") of which the page must hold one to need it; none: never needed.
NEEDED_BY: dict[str, tuple[str, ...]] = {
    "scripts/fontawesome.js": (),  # the icons come from the cut webfont
    "scripts/bootstrap.js": (
        "[data-bs-toggle]",
        "#pst-back-to-top",
        "#pst-collapse-sidebar-button",
    ),
    "require.min.js": (),
    "sphinx-thebe": (),
    "searchtools.js": ("#search-results",),
    "language_data.js": ("#search-results",),
    "searchindex.js": ("#search-results",),
    "plot.js": (".plot",),
    "plot.css": (".plot",),
    "live/loader.js": (".lab",),
    "live/explore.js": (".explore",),
    "live/live.css": (".lab", ".explore"),
    "api.css": (".sig",),
    "katex-math.css": (),  # formulas.css stands in its place
    "katex": (".katex",),
    "formulas.css": (".katex",),
    "design-tabs.js": (".sd-tab-set",),
    "sphinx-design.min.css": (".sd-*",),
    "togglebutton": (".toggle", ".dropdown", ".tag_hide*"),
    "clipboard.min.js": (".highlight",),
    "copybutton": (".highlight",),
    "mystnb.": (".cell", ".pasted-text", ".highlight-myst-ansi"),
    "exercise.css": (".exercise", ".solution"),
    "proof.css": (".proof",),
}
# The same for scripts that stand in the page itself, by a part of their text.
INLINE_NEEDED_BY: dict[str, tuple[str, ...]] = {
    "THEBE_JS_URL": (),
    "requestKernel": (),
    "kernelName =": (),
    "DOCUMENTATION_OPTIONS.pagename": (),  # read by the theme's version switcher alone
    "DOCUMENTATION_OPTIONS.search_as_you_type": (),  # false, as when it is not there
    "toggleHint": NEEDED_BY["togglebutton"],
    "toggleOpenOnPrint": NEEDED_BY["togglebutton"],
    "togglebuttonSelector": NEEDED_BY["togglebutton"],
}


THEME_SCRIPT = """
(() => {
  let mode = null;
  try { mode = localStorage.getItem("mode"); } catch { /* storage may be forbidden */ }
  if (mode !== "light" && mode !== "dark") mode = "auto";
  const dark = mode === "dark" || (mode === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  Object.assign(document.documentElement.dataset, { mode, theme: dark ? "dark" : "light" });
})();
"""  # noqa: E501


class CleanTemplates(BuiltinTemplateLoader):
    """Sphinx's template engine; a page leaves it cleaned."""

    def render(  # type: ignore[override]  # Sphinx's own loader returns text too
        self, template: str, context: dict[str, Any]
    ) -> str:
        """The HTML of a page."""
        html = super().render(template, context)
        return clean(html) if "<html" in html[:1000] else html


def clean(html: str) -> str:
    """A page without what it does not use, and without the theme's faults."""
    soup = BeautifulSoup(html, "html.parser")
    _choose_theme_early(soup)
    _drop_unused(soup)
    _defer_scripts(soup)
    page_access.repair(soup)
    typesetting.typeset(soup)
    return str(soup)


def _choose_theme_early(soup: BeautifulSoup) -> None:
    """Decide between light and dark before the first paint, and light without scripts.

    The theme leaves "auto" to a script that runs after the first paint: a flash of white.
    """
    for script in soup.find_all("script", attrs={"data-cfasync": True}):
        script.string = THEME_SCRIPT
        if soup.html is not None:
            soup.html["data-theme"] = "light"


def _drop_unused(soup: BeautifulSoup) -> None:
    seen: set[str] = set()
    names = _names(soup)
    for tag in soup.find_all(_is_loaded):
        key = "viewport" if tag.name == "meta" else str(tag)
        if key in seen or not _is_needed(tag, names):
            tag.decompose()
        elif tag.get("type") != "application/json":
            seen.add(key)
    for tag in soup.find_all("meta", attrs={"name": re.compile("^docsearch")}):
        tag.decompose()


def _is_loaded(tag: Tag) -> bool:
    if tag.name == "link":
        return not {"stylesheet", "preload"}.isdisjoint(tag.get_attribute_list("rel"))
    return tag.name == "script" or (tag.name == "meta" and tag.get("name") == "viewport")


def _names(soup: BeautifulSoup) -> set[str]:
    """Classes, ids and attributes of a page, each as a selector has it."""
    names = set()
    for tag in soup.find_all(True):
        names |= {f"[{attribute}]" for attribute in tag.attrs}
        names |= {f".{name}" for name in tag.get_attribute_list("class") if name}
        names |= {f"#{tag['id']}"} if tag.has_attr("id") else set()
    return names


def _is_needed(tag: Tag, names: set[str]) -> bool:
    address = str(tag.get("src") or tag.get("href") or "")
    text, rules = (address, NEEDED_BY) if address else (tag.get_text(), INLINE_NEEDED_BY)
    if tag.get("type") == "application/json":
        return True
    for part, needing in rules.items():
        if part in text:
            return any(_held(name, names) for name in needing)
    return True


def _held(name: str, names: set[str]) -> bool:
    start, star, _ = name.partition("*")
    return any(other.startswith(start) for other in names) if star else name in names


def _defer_scripts(soup: BeautifulSoup) -> None:
    """Let no script hold up the page; deferred scripts keep their order."""
    for script in soup.find_all("script", src=True):
        if not script.has_attr("async"):
            script["defer"] = ""
