"""What each command of the book does. Each is small; the work is done in the modules it names."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from . import environment
from .errors import BuildError, Stop

if TYPE_CHECKING:
    from .folders import Paths

# What each command needs installed: nothing, or what a lock lists and those before it.
NOTHING, BOOK, LAB, TEST = "", *environment.LOCKS


def book(options: argparse.Namespace) -> int:
    """Print the book into _build/html: execute, build, check, and only then replace the site."""
    from .folders import Paths, only_build

    paths = Paths(root=options.root)
    if not (paths.root / "_toc.yml").exists():
        raise BuildError(f"{paths.root} holds no book: it has no _toc.yml.")
    with only_build(paths):
        return _print_book(options, paths)


def _print_book(options: argparse.Namespace, paths: Paths) -> int:
    from .folders import is_current, recover

    started = time.perf_counter()
    recover(paths)
    if options.fresh:
        _remove(paths.cache)
        _remove(paths.work)
    elif is_current(paths):
        seconds = time.perf_counter() - started
        print(f"Nothing has changed since the last build ({seconds:.1f} s to see that).")
        print(f"Open {paths.site / 'index.html'}")
        return 0
    from .progress import Reporter  # what prints takes a second to come: not where nothing is
    from .publish import publish

    result = publish(options.root, jobs=options.jobs, say=Reporter(), check=_checks(options))
    seconds = time.perf_counter() - started
    print(
        f"{result.pages} pages ({result.executed} executed) in {seconds:.1f} s; "
        f"their cells computed for {result.compute_seconds:.1f} s."
    )
    print(f"Open {result.site / 'index.html'}")
    return 0


def _checks(options: argparse.Namespace) -> Callable[[Path], None]:
    """The checks that a site must pass to be published."""
    from .checks import check_in_browser, check_static

    def run(site: Path) -> None:
        print("Checking the site", flush=True)
        check_static(options.root, site)
        if options.browser_checks:
            print(check_in_browser(options.root, site), flush=True)

    return run


def check(options: argparse.Namespace) -> int:
    """Check the published site in a browser: requests, errors, figures, accessibility, width."""
    from .checks import check_in_browser, check_static
    from .folders import Paths

    site = Paths(root=options.root).site
    if not (site / "index.html").exists():
        raise BuildError("there is no site to check: run `make book` first.")
    check_static(options.root, site)
    print(check_in_browser(options.root, site, must_run=True))
    return 0


def test(options: argparse.Namespace) -> int:
    """Run all tests; --processor NAME imitates another one; further arguments go to pytest."""
    from .processors import IMITATED, THREADS, imitating

    rest, variables = list(options.rest), {}
    if "--processor" in rest:
        at = rest.index("--processor")
        name = rest[at + 1] if at + 1 < len(rest) else ""
        try:
            variables = imitating(name)
        except ValueError as error:
            raise Stop(str(error)) from None
        del rest[at : at + 2]
        print(f"Testing as on {IMITATED[name]}", flush=True)
    if "-n" not in rest:
        # A process for each core, with one thread each; a module's tests share what they trained.
        rest = ["-n", "auto", "--dist", "loadscope", "--no-loadscope-reorder", *rest]
        variables = dict.fromkeys(THREADS, "1") | variables
    command = [sys.executable, "-m", "pytest", *rest]
    return subprocess.call(command, cwd=options.root, env={**os.environ, **variables})


def serve(options: argparse.Namespace) -> int:
    """Serve the book on this machine alone, and rebuild and reload when a source is edited."""
    from .serve import serve_forever

    return serve_forever(options.root, port=options.port)


def lab(options: argparse.Namespace) -> int:
    """Open the pages as notebooks in JupyterLab, on this machine alone."""
    from .lab import run

    return run(options.root, options.rest)


def clean(options: argparse.Namespace) -> int:
    """Remove what builds have made; with --all the environment too."""
    for name in ["_build", *([".venv"] if options.all else [])]:
        folder = options.root / name
        there = folder.exists() or folder.is_symlink()
        _remove(folder)
        print(f"Removed {name}" if there else f"There is no {name}")
    return 0


def _remove(folder: Path) -> None:
    """Remove a folder, or what stands in its place; OSError where that cannot be done."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def data(options: argparse.Namespace) -> int:
    """Rebuild data/ from its sources and say what differs."""
    script = options.root / "data" / "rebuild.py"
    return subprocess.call([sys.executable, str(script), *options.rest], cwd=options.root)


def study(options: argparse.Namespace) -> int:
    """Compute the long studies, all or those named, and store their results in data/studies."""
    from .studies import make_studies

    make_studies(options.root, options.rest, jobs=options.jobs)
    return 0


def lock(options: argparse.Namespace) -> int:
    """Resolve the dependencies of pyproject.toml afresh into the lock files."""
    from .lock import make_lock

    changes = make_lock(options.root)
    print("\n".join(changes) or "The lock is as it was.")
    return 0


def bench(options: argparse.Namespace) -> int:
    """Run the benchmarks; results go to benchmarks/results/."""
    scripts = sorted((options.root / "benchmarks").glob("bench_*.py"))
    chosen = [
        s for s in scripts if not options.rest or any(word in s.stem for word in options.rest)
    ]
    if not chosen:
        return complain(
            f"no benchmark is named {options.rest}; there are {[s.stem for s in scripts]}"
        )
    table = options.root / "benchmarks" / "readme_table.py"  # last: the README shows the results
    codes = [
        subprocess.call([sys.executable, str(script)], cwd=options.root)
        for script in [*chosen, table]
    ]
    return int(any(codes))  # a benchmark that was killed has a code below 0


def reproducible(options: argparse.Namespace) -> int:
    """Build twice from nothing and compare byte by byte; --processors: what another one changes."""
    from .reproducible import compare_two_builds

    if options.processors:
        return _other_processor(options)
    differing = compare_two_builds(options.root)
    for line in differing:
        print(line)
    print("The two builds differ." if differing else "Two cold builds are the same, byte by byte.")
    return bool(differing)


MOST_PLACES = 15  # numbers of the whole book that another processor may print otherwise


def _other_processor(options: argparse.Namespace) -> int:
    """Build here and as on an old processor; no verdict may differ, and few numbers."""
    from .reproducible import compare_processors

    places = compare_processors(options.root)
    for place in places:
        print(place)
    verdicts = sum(place.verdict for place in places)
    print(
        f"Visible text differs in {len(places)} places (at most {MOST_PLACES}); "
        f"in {verdicts} of them the words do (none may)."
    )
    return bool(verdicts) or len(places) > MOST_PLACES


def complain(message: str) -> int:
    """Say what went wrong; the exit code of that."""
    print(f"matinf_book: {message}", file=sys.stderr)
    return 1


COMMANDS: dict[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "book": (book, BOOK),
    "test": (test, TEST),
    "check": (check, TEST),
    "serve": (serve, BOOK),
    "lab": (lab, LAB),
    "bench": (bench, TEST),
    "data": (data, TEST),
    "study": (study, BOOK),
    "lock": (lock, TEST),
    "reproducible": (reproducible, BOOK),
    "clean": (clean, NOTHING),
}
