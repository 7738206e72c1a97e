"""The frame in which a laboratory runs in a notebook: one text that holds all it needs."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from typing import Any

from matinf.figures.palette import GRID, INK, PAPER, QUIET_INK
from matinf.figures.template import FONT_FAMILY
from matinf.live.modules import STATIC, Folders, joined

# The names by which book.css calls what is not data.
_COLOURS = {
    "light": {"raised": "#ffffff", "accent": "#a8291b"},
    "dark": {"raised": "#1d2024", "accent": "#f0907c"},
}
# A notebook says how dark it is in its own way; the frame is as high as what it holds.
_FIT = """
(() => {
  const root = document.documentElement;
  let dark = matchMedia("(prefers-color-scheme: dark)").matches;
  try {
    const host = window.frameElement.ownerDocument;
    const lab = host.body.dataset.jpThemeLight;
    if (lab) dark = lab === "false";
    else if (/vscode-(dark|light|high)/.test(host.body.className)) dark = !/vscode-(light|high-contrast-light)/.test(host.body.className);
    else if (host.documentElement.getAttribute("theme")) dark = host.documentElement.getAttribute("theme") === "dark";
    new ResizeObserver(() => {
      window.frameElement.style.height = `${Math.ceil(document.body.getBoundingClientRect().height) + 2}px`;
    }).observe(document.body);
  } catch { /* the notebook keeps the frame to itself */ }
  root.dataset.theme = dark ? "dark" : "light";
})();
"""  # noqa: E501


def _theme(name: str) -> str:
    colours = {
        "paper": PAPER[name],
        "ink": INK[name],
        "quiet": QUIET_INK[name],
        "rule": GRID[name],
        "line": QUIET_INK[name],
        **_COLOURS[name],
    }
    lines = "".join(f"--{colour}:{value};" for colour, value in colours.items())
    return f'html[data-theme="{name}"]{{{lines}color-scheme:{name}}}'


def _style() -> str:
    plain = f"html{{--sans:{FONT_FAMILY}}}body{{margin:0;padding:4px;background:var(--paper)}}"
    sheet = (STATIC / "live.css").read_text(encoding="utf-8")
    return f"{_theme('light')}{_theme('dark')}{plain}\n{sheet}"


def element_html(
    bundle: Mapping[str, Any], *, name: str, addresses: Mapping[str, str] | None = None
) -> str:
    """The element of a laboratory with its data and its still picture.

    Args:
        bundle: What :meth:`matinf.live.lab.Laboratory.bundle` gives.
        name: The element's id.
        addresses: Where the assets lie, by name; without, they are put into the element.
    """
    quoted = {key: html.escape(str(bundle[key]), quote=True) for key in ("alt", "title", "module")}
    data = json.dumps(bundle["data"], separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    tag, assets = bundle["element"], bundle.get("assets", {})
    inside = "" if addresses is not None else "".join(map(_asset, assets, assets.values()))
    where = f" data-assets='{html.escape(json.dumps(addresses))}'" if addresses else ""
    return (
        f'<div class="lab-frame">\n<{tag} id="{name}" class="lab" data-module="{quoted["module"]}"'
        f' data-title="{quoted["title"]}"{where}>\n'
        f'<script type="application/json">{_safe(data)}</script>\n{inside}'
        f'<div class="lab-still" role="img" aria-label="{quoted["alt"]}">{bundle["still"]}</div>\n'
        f"</{tag}>\n</div>\n"
    )


def _asset(name: str, text: str) -> str:
    return f'<script type="application/json" data-asset="{name}">{_safe(text)}</script>\n'


def _safe(text: str) -> str:
    """A script element ends at "</" and hides at "<!--", whatever its type."""
    return text.replace("<", "\\u003c")


def frame_html(bundle: Mapping[str, Any], *, folders: Folders = (STATIC,)) -> str:
    """An ``iframe`` that holds the laboratory with its style and its script."""
    script = joined(bundle["module"], folders).replace("</", "<\\/").replace("<!--", "<\\!--")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(bundle['title'])}</title><style>{_style()}</style>"
        f"<script>{_FIT}</script></head><body>"
        f"{element_html(bundle, name=bundle['element'])}"
        f"<script>{script}</script></body></html>"
    )
    title, source = (html.escape(text, quote=True) for text in (bundle["title"], page))
    style = "width:100%;height:640px;border:0"
    return f'<iframe title="{title}" style="{style}" srcdoc="{source}"></iframe>'
