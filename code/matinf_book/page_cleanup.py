"""Every page passes through here once, as text, on its way from the template to its file.

What the page does not use is taken out: the theme and the extensions load all they have on every
page. What the theme gets wrong for readers who do not see the page is put right (`page_access`).
"""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.jinja2glue import BuiltinTemplateLoader

from . import page_access

# Part of a script's or style's address -> what the page must hold to need it; None: never needed.
NEEDED_BY: dict[str, str | None] = {
    "scripts/fontawesome.js": None,  # the icons come from the cut webfont
    "scripts/bootstrap.js": "[data-bs-toggle], #pst-back-to-top, #pst-collapse-sidebar-button",
    "require.min.js": None,
    "sphinx-thebe": None,
    "searchtools.js": "#search-results",
    "language_data.js": "#search-results",
    "searchindex.js": "#search-results",
    "plot.js": ".plot",
    "plot.css": ".plot",
    "live/loader.js": ".lab",
    "live/explore.js": ".explore",
    "live/live.css": ".lab, .explore",
    "katex-math.css": None,  # formulas.css stands in its place
    "katex": ".katex",
    "formulas.css": ".katex",
    "design-tabs.js": ".sd-tab-set",
    "sphinx-design.min.css": "[class*='sd-']",
    "togglebutton": ".toggle, .admonition.dropdown, [class*='tag_hide']",
    "clipboard.min.js": "div.highlight",
    "copybutton": "div.highlight",
    "mystnb.": ".cell, .pasted-text, .highlight-myst-ansi",
    "exercise.css": ".exercise, .solution",
    "proof.css": ".proof",
}
# The same for scripts that stand in the page itself, by a part of their text.
INLINE_NEEDED_BY: dict[str, str | None] = {
    "THEBE_JS_URL": None,
    "requestKernel": None,
    "kernelName =": None,
    "DOCUMENTATION_OPTIONS.pagename": None,  # read by the theme's version switcher alone
    "DOCUMENTATION_OPTIONS.search_as_you_type": None,  # false, as when it is not there
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
    return str(soup)


def _choose_theme_early(soup: BeautifulSoup) -> None:
    """Decide between light and dark before the first paint, and light without scripts.

    The theme leaves "auto" to a script that runs after the first paint: a flash of white.
    """
    for script in soup.select("head > script[data-cfasync]"):
        script.string = THEME_SCRIPT
        if soup.html is not None:
            soup.html["data-theme"] = "light"


def _drop_unused(soup: BeautifulSoup) -> None:
    seen: set[str] = set()
    for tag in soup.select("script, link[rel=stylesheet], link[rel=preload], meta[name=viewport]"):
        key = str(tag)
        if (
            key in seen
            or not _is_needed(soup, tag)
            or (tag.name == "meta" and any("viewport" in other for other in seen))
        ):
            tag.decompose()
        elif tag.get("type") != "application/json":
            seen.add(key)
    for tag in soup.select("meta[name^=docsearch]"):
        tag.decompose()


def _is_needed(soup: BeautifulSoup, tag: Tag) -> bool:
    address = str(tag.get("src") or tag.get("href") or "")
    text, rules = (address, NEEDED_BY) if address else (tag.get_text(), INLINE_NEEDED_BY)
    if tag.get("type") == "application/json":
        return True
    for part, selector in rules.items():
        if part in text:
            return selector is not None and soup.select_one(selector) is not None
    return True


def _defer_scripts(soup: BeautifulSoup) -> None:
    """Let no script hold up the page; deferred scripts keep their order."""
    for script in soup.select("script[src]:not([async])"):
        script["defer"] = ""
