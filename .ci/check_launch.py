"""Ask every launch address of the published site whether it still answers.

    python3 .ci/check_launch.py https://owner.github.io/book/

Reads the site's map, opens each page, and asks for all that its "Run this page" offers: Binder,
Colab, the downloads. Nothing is launched. One line says what each faulty address answered; the exit
code is then 1. Standard library only: it runs on a bare machine.
"""

from __future__ import annotations

import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

TRIES, PAUSE, PATIENCE = 3, 5.0, 30.0  # seconds
AGENT = "materials-informatics-book, launch check"


class Offers(HTMLParser):
    """Addresses inside the page's ``details.run-page``."""

    def __init__(self) -> None:
        """Begin outside of it."""
        super().__init__()
        self.inside, self.found = False, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Enter the list, or note a link in it."""
        given = dict(attrs)
        if tag == "details" and "run-page" in (given.get("class") or "").split():
            self.inside = True
        if tag == "a" and self.inside and given.get("href"):
            self.found.append(str(given["href"]))

    def handle_endtag(self, tag: str) -> None:
        """Leave it."""
        if tag == "details":
            self.inside = False


def fetch(address: str) -> str:
    """The text at an address.

    Raises:
        OSError: if it does not answer well in several tries; says what it answered.
    """
    request = urllib.request.Request(address, headers={"User-Agent": AGENT})
    for left in reversed(range(TRIES)):
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return str(answer.read().decode("utf-8", errors="replace"))
        except urllib.error.HTTPError as error:
            if error.code < 500 or not left:
                raise
        except OSError:
            if not left:
                raise
        time.sleep(PAUSE)
    raise AssertionError("unreachable")


def offers(page: str) -> list[str]:
    """Whole addresses of what a page offers to run."""
    parser = Offers()
    parser.feed(fetch(page))
    return [urljoin(page, address) for address in parser.found]


def faults(site: str) -> Iterator[str]:
    """A line for each address that does not answer, and one if there is nothing to ask."""
    pages = re.findall(r"<loc>([^<]+)</loc>", fetch(urljoin(site, "sitemap.xml")))
    asked: set[str] = set()
    for page in pages:
        try:
            found = offers(page)
        except OSError as error:
            yield f"{page}: {error}"
            continue
        for address in found:
            if address in asked:
                continue
            asked.add(address)
            try:
                fetch(address)
            except OSError as error:
                yield f"{page} offers {address}: {error}"
    if not asked:
        yield f"{site}: no page of {len(pages)} offers anything to run"
    print(f"asked {len(asked)} addresses of {len(pages)} pages")


def main() -> int:
    """Print every fault; 1 where there is one."""
    found = list(faults(sys.argv[1].rstrip("/") + "/"))
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
