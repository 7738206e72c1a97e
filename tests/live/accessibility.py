"""A laboratory as axe sees it, in both themes."""

from __future__ import annotations

from typing import Any

from matinf_book.assets import prepare

_FAULTS = """axe.run(document.querySelector('.lab-frame'), { resultTypes: ['violations'] })
    .then((found) => found.violations.map((v) => [v.id, v.nodes[0].html]))"""


def faults_of_frame(page: Any) -> dict[str, list[list[str]]]:
    """What axe finds wrong with the laboratory of a page: rule and element, by theme."""
    if not page.evaluate("'axe' in window"):
        page.evaluate((prepare() / "check" / "axe.min.js").read_text(encoding="utf-8"))
    found = {}
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        found[theme] = page.evaluate(_FAULTS)
    return found


NO_FAULTS: dict[str, list[list[str]]] = {"light": [], "dark": []}
