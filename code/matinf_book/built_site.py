"""A built site as the checks see it: its pages, parsed once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from os.path import normpath
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

OWN = ("_static/", "_sources/")  # folders whose files are not pages


@lru_cache(maxsize=128)  # several checks look at a page, and it takes long to parse
def _parsed(path: Path, modified: int, size: int) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@dataclass(frozen=True, kw_only=True)
class BuiltPage:
    """One page of a built site."""

    site: Path
    name: str  # path below the site, with slashes

    @cached_property
    def soup(self) -> BeautifulSoup:
        """The parsed page, to be read and not to be changed."""
        path = self.site / self.name
        now = path.stat()
        return _parsed(path, now.st_mtime_ns, now.st_size)

    @cached_property
    def ids(self) -> list[str]:
        """Every id on the page, in order, repeated where it is repeated."""
        return [str(tag["id"]) for tag in self.soup.find_all(id=True)]

    @cached_property
    def classes(self) -> frozenset[str]:
        """Every class on the page."""
        tags = self.soup.find_all(class_=True)
        return frozenset(name for tag in tags for name in tag.get_attribute_list("class"))

    @cached_property
    def text(self) -> str:
        """What a reader sees, without code, scripts and formulas."""
        skipped = {"script", "style", "noscript", "pre", "code", "math", "annotation"}
        strings = (
            string
            for string in self.soup.find_all(string=True)
            if not any(
                parent.name in skipped or "katex" in parent.get_attribute_list("class")
                for parent in string.parents
            )
        )
        return " ".join(strings)

    @cached_property
    def base(self) -> str:
        """The path that the whole site is published under."""
        return base_path(self.site)

    @cached_property
    def leads_on(self) -> bool:
        """Whether the page only sends the reader to another."""
        return self.soup.select_one("meta[http-equiv=refresh]") is not None

    def resolve(self, address: str) -> Path | None:
        """The file that an address on this page means; None for other hosts and for data."""
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            return None
        path = unquote(parts.path)
        if not path:
            return self.site / self.name
        if path.startswith("/"):
            target = self.site / path.removeprefix(self.base).lstrip("/")
        else:
            target = Path(normpath((self.site / self.name).parent / path))
        return target / "index.html" if path.endswith("/") else target

    def cell_of(self, tag: Tag) -> str:
        """Where on the page something stands, in an author's words."""
        cell = tag.find_parent("div", class_="cell")
        cells = self.soup.select("div.cell")
        for number, other in enumerate(cells, start=1):
            if other is cell:
                return f"cell {number} of those shown"
        return "outside the cells"


def base_path(site: Path) -> str:
    """The path that the site is published under, as its canonical addresses tell: ``/book/``."""
    for page in pages(site):
        for link in page.soup.head.find_all("link", rel="canonical") if page.soup.head else ():
            path = urlsplit(str(link["href"])).path
            if path.startswith("/") and path.endswith("/" + page.name):
                return path.removesuffix(page.name)
    return "/"


def pages(site: Path) -> list[BuiltPage]:
    """All pages of a site, in the order of their names."""
    names = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return [BuiltPage(site=site, name=name) for name in sorted(names) if not name.startswith(OWN)]


# Attributes by which an element makes the browser ask for a file.
_ASKING = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "image": ("href", "xlink:href"),  # these three within an SVG
    "use": ("href", "xlink:href"),
    "feimage": ("href", "xlink:href"),
}
_ASKING_LINKS = {
    "stylesheet",
    "preload",
    "modulepreload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "icon",
    "apple-touch-icon",
    "manifest",
}
_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']""")


def urls_in_style(css: str) -> list[str]:
    """Addresses that a style sheet asks for, without those that carry their data themselves."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = [one or other for one, other in _URL.findall(css)]
    return [url for url in found if not url.startswith(("data:", "#"))]


def requests_of(page: BuiltPage) -> Iterator[tuple[Tag, str]]:
    """What the page asks for as it loads: the element, and the address that it names."""
    for tag in page.soup.find_all(True):
        for attribute in _ASKING.get(tag.name, ()):
            for part in str(tag.get(attribute) or "").split(","):
                if part.strip():
                    yield tag, part.split()[0]
        if tag.name == "link" and _ASKING_LINKS.intersection(tag.get_attribute_list("rel")):
            yield tag, str(tag.get("href") or "")
        if tag.name == "style":
            yield from ((tag, url) for url in urls_in_style(tag.get_text()))
        if "url(" in str(tag.get("style") or ""):
            yield from ((tag, url) for url in urls_in_style(str(tag["style"])))
