"""Files of the site that are not pages of the book: its address, its 404, its map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from sphinx.application import Sphinx

Page = tuple[str, dict[str, Any], str]


def base_path(baseurl: str) -> str:
    """Path under which the site is published: ``/`` or, say, ``/book/``."""
    return urlsplit(baseurl).path.rstrip("/") + "/"


def _collect(app: Sphinx) -> Iterator[Page]:
    """The 404 page, and the page at the site's own address when the book begins deeper."""
    first = f"{app.config.root_doc}.html"
    base = app.config.html_baseurl
    shared = {
        "book_title": app.config.html_title,
        "first_page": first,
        "canonical": f"{base.rstrip('/')}/{first}" if base else first,
        "home": base_path(base) + first,
    }
    yield "404", shared, "not-found.html"
    if app.config.root_doc != "index":
        yield "index", shared, "forward.html"


def sitemap(baseurl: str, pages: list[str]) -> str:
    """The sitemap of the given pages; without dates, which would differ between builds."""
    base = baseurl.rstrip("/")
    places = [f"  <url><loc>{escape(f'{base}/{page}')}</loc></url>" for page in sorted(pages)]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
            *places,
            "</urlset>\n",
        ]
    )


def write_sitemap(app: Sphinx) -> None:
    """Write `sitemap.xml`, and `robots.txt` where the site has a host of its own."""
    base = app.config.html_baseurl
    if not base:
        return
    pages = [f"{name}.html" for name in app.env.found_docs]
    folder = Path(app.outdir)
    (folder / "sitemap.xml").write_text(sitemap(base, pages), encoding="utf-8")
    if base_path(base) == "/":  # robots.txt is read at a host's root only
        line = f"User-agent: *\nAllow: /\nSitemap: {base.rstrip('/')}/sitemap.xml\n"
        (folder / "robots.txt").write_text(line, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Add these pages to the site."""
    app.connect("html-collect-pages", _collect)
