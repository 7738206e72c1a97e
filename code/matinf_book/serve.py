"""Serve the book on loopback; rebuild when a source is edited, and tell open pages to reload."""

from __future__ import annotations

import shutil
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .contents import sources_of
from .dependencies import files_under
from .errors import BuildError
from .folders import SPHINX_NOTES, UNFINISHED, Paths, exchange, only_build
from .progress import Reporter
from .publish import build_html, execute

RELOAD = b"<script>new EventSource('/__reload').onmessage = () => location.reload()</script>"


class Builds:
    """Counts finished builds, and lets readers wait for the next one."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def finished(self) -> None:
        """A new build can be read."""
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait_after(self, count: int, timeout: float) -> bool:
        """Wait until there are more builds than `count`; False when none came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.count > count, timeout)


class Handler(SimpleHTTPRequestHandler):
    """Static files, plus a stream of events that pages listen to."""

    builds: Builds

    def do_GET(self) -> None:
        """Answer one request; pages get a line of script that the site's files do not hold."""
        if self.path == "/__reload":
            self._stream()
            return
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() else file
        if file.suffix == ".html" and file.exists() and (self.path.endswith(("/", ".html"))):
            self._send_page(file.read_bytes() + RELOAD)
        else:
            super().do_GET()

    def _send_page(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        seen = self.builds.count
        try:
            while True:
                news = self.builds.wait_after(seen, timeout=15)
                self.wfile.write(b"data: reload\n\n" if news else b": still here\n\n")
                self.wfile.flush()
                seen = self.builds.count
        except OSError:
            return  # the page was closed

    def log_message(self, *args: object) -> None:
        """Say nothing of single requests."""


def served(root: Path) -> Path:
    """The folder that readers see: the last build without a fault."""
    return Paths(root=root).build / "served"


def snapshot(root: Path) -> dict[Path, int]:
    """When each source was last written."""
    files = (file for name in sources_of(root) for file in files_under(root / name))
    return {file: file.stat().st_mtime_ns for file in files}


def _rebuild(paths: Paths, reporter: Reporter, *, draft: bool) -> None:
    execute(paths, jobs=None, say=reporter)
    built = build_html(paths, draft=draft)
    new = served(paths.root).with_name("served.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(built, new, ignore=SPHINX_NOTES)
    exchange(new, served(paths.root))
    (paths.work / UNFINISHED).unlink(missing_ok=True)


def rebuild(root: Path, reporter: Reporter, *, draft: bool = False) -> bool:
    """Build afresh what was edited; a fault is told, and what was served stays.

    Args:
        root: Folder of the book.
        reporter: Told which pages are executed.
        draft: Leave the pages alone that show something of an edited one.

    Returns:
        Whether there is a new site to read.
    """
    paths, started = Paths(root=root), time.perf_counter()
    try:
        with only_build(paths, wait=True):
            _rebuild(paths, reporter, draft=draft)
    except BuildError as error:
        print(f"Not rebuilt:\n{error}", flush=True)
        return False
    print(f"Built in {time.perf_counter() - started:.1f} s", flush=True)
    return True


def watch(
    root: Path,
    builds: Builds,
    stop: threading.Event,
    *,
    seen: dict[Path, int],
    every: float = 0.5,
) -> None:
    """Rebuild after each edit until told to stop.

    Args:
        root: Folder of the book.
        builds: Told of each build that succeeded.
        stop: Set to end the watch.
        seen: The :func:`snapshot` of before the last build.
        every: Seconds between looks.
    """
    reporter = Reporter()
    while not stop.wait(every):
        try:
            now = snapshot(root)
        except OSError:
            continue  # a file vanished while we looked: an editor is saving
        except BuildError as error:
            now = {}  # a page of the contents is gone, or they cannot be read
            if seen:
                print(f"Not rebuilt:\n{error}", flush=True)
        if now and now != seen and rebuild(root, reporter, draft=True):
            builds.finished()
        seen = now


def make_server(root: Path, builds: Builds, *, port: int) -> ThreadingHTTPServer:
    """A server of the last good build, bound to loopback."""
    handler = partial(
        type("BookHandler", (Handler,), {"builds": builds}),
        directory=str(served(root)),
    )
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    return server


def serve_forever(root: Path, *, port: int) -> int:
    """Build, serve and watch until interrupted."""
    seen, builds, stop = snapshot(root), Builds(), threading.Event()
    try:
        server = make_server(root, builds, port=port)  # first: nobody waits to hear that it fails
    except OSError as error:
        raise BuildError(
            f"port {port} cannot be used ({error.strerror}); name another: "
            'make serve ARGS="--port 8001"'
        ) from None
    if not rebuild(root, Reporter()):
        server.server_close()
        return 1
    watching = partial(watch, root, builds, stop, seen=seen)
    threading.Thread(target=watching, daemon=True).start()
    print(f"Reading at http://127.0.0.1:{server.server_address[1]}/ (Ctrl-C ends)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("Stopped.")
    finally:
        stop.set()
        server.server_close()
    return 0
