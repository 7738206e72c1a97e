"""Put right what the theme gets wrong for readers who do not see the page."""

from __future__ import annotations

from bs4 import BeautifulSoup


def repair(soup: BeautifulSoup) -> None:
    """Repair one page in place."""
