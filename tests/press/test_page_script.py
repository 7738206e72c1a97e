"""What a page does for its reader by itself: the contents open where the page stands."""

from pathlib import Path
from typing import Any

import pytest

from matinf_book.served import served

pytestmark = pytest.mark.browser

SEEN = """() => {
  const contents = document.querySelector(".bd-sidebar-primary");
  const here = contents.querySelector("a.current").getBoundingClientRect();
  const frame = contents.getBoundingClientRect();
  return {
    inside: here.top >= frame.top && here.bottom <= Math.min(frame.bottom, innerHeight),
    scrolled: contents.scrollTop,
    page: scrollY,
  };
}"""


@pytest.mark.parametrize(("page", "scrolls"), [("figure", False), ("reference", True)])
def test_the_contents_show_the_page_that_is_open(
    fixture_site: Path, browser: Any, page: str, scrolls: bool
) -> None:
    """In a low window the first page needs no scrolling, the last one does."""
    window = browser.new_page(viewport={"width": 1280, "height": 320})
    with served(fixture_site) as address:
        window.goto(f"{address}pages/{page}.html")
        window.wait_for_load_state("networkidle")
        seen = window.evaluate(SEEN)
    window.close()
    assert seen["inside"]
    assert (seen["scrolled"] > 0) is scrolls
    assert seen["page"] == 0
