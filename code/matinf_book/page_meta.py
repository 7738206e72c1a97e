"""What a page says of itself in its head: description, social card, canonical address."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

DESCRIPTION_LENGTH = 160  # characters; search engines and cards show no more
NOT_READ = (nodes.footnote_reference, nodes.citation_reference)
CARD = "card.png"
CARD_SIZE = (1200, 630)


def description(doctree: nodes.document) -> str:
    """The page's first paragraph, in one line, cut at a word.

    Asides and notes do not count: only paragraphs that stand directly in a section do.
    """
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | nodes.document):
            parts = [node.astext() for node in paragraph.children if not isinstance(node, NOT_READ)]
            if text := " ".join("".join(parts).split()):
                return shortened(text)
    return ""


def shortened(text: str, length: int = DESCRIPTION_LENGTH) -> str:
    """The text, or as many of its words as fit, followed by an ellipsis."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def card_tags(*, site: str, title: str, text: str, url: str, image: str) -> str:
    """Tags from which other sites make a card of a link to the page."""
    properties = {
        "og:type": "article",
        "og:site_name": site,
        "og:title": title,
        "og:description": text,
        "og:url": url,
        "og:image": image,
        "og:image:width": str(CARD_SIZE[0]) if image else "",
        "og:image:height": str(CARD_SIZE[1]) if image else "",
    }
    names = {
        "twitter:card": "summary_large_image" if image else "summary",
        "twitter:title": title,
        "twitter:description": text,
        "twitter:image": image,
    }
    tags = [f'<meta property="{k}" content="{escape(v)}" />' for k, v in properties.items() if v]
    tags += [f'<meta name="{k}" content="{escape(v)}" />' for k, v in names.items() if v]
    return "\n".join(tags)


def _add(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if doctree is None:
        return
    tags = context.get("metatags") or ""
    text = description(doctree)
    if text and 'name="description"' not in tags:
        tags += f'\n<meta name="description" content="{escape(text)}" />\n'
    base = app.config.html_baseurl
    has_card = (Path(__file__).parent / "theme" / "images" / CARD).is_file()
    tags += card_tags(
        site=app.config.html_title,
        title=app.env.titles[pagename].astext(),
        text=text,
        url=context.get("pageurl") or "",
        image=f"{base.rstrip('/')}/_static/{CARD}" if base and has_card else "",
    )
    context["metatags"] = tags


def setup(app: Sphinx) -> None:
    """Describe each page in its head."""
    app.connect("html-page-context", _add)
