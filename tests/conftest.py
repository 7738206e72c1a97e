"""The browser that tests of pages share, and what is said of tests that could not run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from matinf_book import browser_checks

# Modules that take long come first, so that no core is idle at the end.
LONG = ("test_book_command", "test_recomputed", "test_codestyle", "test_jupyter", "test_serve")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long modules first; those of one module stay together."""
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.fixture(scope="session")
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
    """Chromium, opened once for the tests of a module.

    While it is open its event loop runs, and what has a loop of its own cannot be tested.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=browser_checks.ARGUMENTS)
        yield opened
        opened.close()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say once for each reason how many tests were skipped, not once for each test."""
    reasons = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in sorted(reasons.items()):
        tests = "1 test was" if count == 1 else f"{count} tests were"
        terminalreporter.write_line(f"{tests} skipped: {reason}")
