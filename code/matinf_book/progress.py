"""Progress of a build on the terminal: page, seconds, pages left."""

from __future__ import annotations

import sys
import time

from .execute import Progress


class Reporter:
    """Prints page, seconds and pages left; on a terminal it also shows what is running now."""

    def __init__(self) -> None:
        self._running: dict[str, float] = {}
        self._live = sys.stdout.isatty()

    def __call__(self, news: Progress) -> None:
        """Tell that a page has started or ended."""
        if news.seconds is None:
            self._running[news.page] = time.perf_counter()
            self._show_running()
            return
        self._running.pop(news.page, None)
        left = f"{news.left} left" if news.left else "the last one"
        self._print(f"  {news.page:<40} {news.seconds:6.1f} s   {left}")
        self._show_running()

    def _print(self, line: str) -> None:
        print(f"\r\033[K{line}" if self._live else line, flush=True)

    def _show_running(self) -> None:
        if self._live and self._running:
            print(f"\r\033[K  executing {', '.join(self._running)}", end="", flush=True)
