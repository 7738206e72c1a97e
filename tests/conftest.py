"""The browser that tests of pages share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from matinf_book import browser_checks


@pytest.fixture(scope="module")
def chromium() -> str:
    """Path of Chromium; without one a test is skipped, and in CI it fails."""
    try:
        return browser_checks.find_browser()
    except browser_checks.NoBrowser as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """Chromium, opened once for the tests of a module."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=browser_checks.ARGUMENTS)
        yield opened
        opened.close()
