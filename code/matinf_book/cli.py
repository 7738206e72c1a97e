"""The command line of the book: what may be typed, and how what goes wrong is told."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

from . import environment
from .commands import COMMANDS, NOTHING, TEST, complain
from .errors import Stop

ROOT = Path(__file__).resolve().parents[2]

UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR}


def parser() -> argparse.ArgumentParser:
    """The command line; every command's help is its docstring."""
    top = argparse.ArgumentParser(prog="python -m matinf_book", description="Commands of the book.")
    top.add_argument(
        "--root", type=Path, default=ROOT, help="the book's folder (default: this one)"
    )
    top.add_argument(
        "--here", action="store_true", help="use the running Python as it is; make no .venv"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (function, _) in COMMANDS.items():
        summary = (function.__doc__ or "").strip()
        passes_on = name in {"test", "data", "bench", "lab"}
        # What is passed on keeps its order, options and all: none of it is ours to read.
        sub = commands.add_parser(
            name,
            help=summary,
            description=summary,
            prefix_chars="\0" if passes_on else "-",
            add_help=not passes_on,
        )
        sub.set_defaults(print_help=sub.print_help)
        if name == "book":
            sub.add_argument(
                "--jobs", type=_count, help="pages executed at once (default: one per core)"
            )
            sub.add_argument("--fresh", action="store_true", help="forget all stored outputs first")
            sub.add_argument("--no-browser-checks", dest="browser_checks", action="store_false")
        if name == "study":
            sub.add_argument("--jobs", type=_count, help="parts at once (default: one per core)")
            sub.add_argument("rest", nargs="*", metavar="NAME", help="name of a study")
        if name == "serve":
            sub.add_argument("--port", type=_port, default=8000, help="0: any that is free")
        if name == "reproducible":
            sub.add_argument(
                "--processors",
                action="store_true",
                help="list what a reader would see differ on an older processor",
            )
        if name == "clean":
            sub.add_argument("--all", action="store_true", help="remove .venv too")
        if passes_on:
            sub.add_argument("rest", nargs="*", help="passed on as it is")
    return top


def _count(text: str) -> int:
    """One or more; what argparse says of anything else names the function."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {number}")
    return number


def _port(text: str) -> int:
    if not 0 <= (number := int(text)) <= 65535:
        raise argparse.ArgumentTypeError(f"expected 0 to 65535, got {number}")
    return number


def _enter_environment(options: argparse.Namespace, needs: str) -> None:
    """Install what the command needs, then go on as the environment's own Python."""
    browser_wanted = options.command == "book" and options.browser_checks
    if browser_wanted and environment.find_browser() is not None:
        needs = TEST
    environment.ensure(options.root, up_to=needs)
    if not environment.is_inside(options.root):
        python = str(environment.interpreter(options.root))
        os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
        sys.stdout.flush()
        arguments = [python, "-m", "matinf_book", *sys.argv[1:]]
        if os.name == "nt":
            raise SystemExit(subprocess.call(arguments))
        os.execv(python, arguments)


def end_politely(*_: object) -> None:
    """Take SIGTERM as Ctrl-C is taken: kernels and Sphinx end first, and a line says so."""
    on_interrupt = signal.getsignal(signal.SIGINT)
    if not callable(on_interrupt):  # ignored, as in the background of a shell script
        raise KeyboardInterrupt
    on_interrupt(signal.SIGINT, None)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; expected failures are one message and exit code 1, never a traceback."""
    options = parser().parse_args(arguments)
    if getattr(options, "rest", None) in (["-h"], ["--help"]):
        options.print_help()
        return 0
    options.root = options.root.resolve()
    command, needs = COMMANDS[options.command]
    try:
        if needs != NOTHING and not options.here:
            _enter_environment(options, needs)
        return command(options)
    except Stop as error:
        return complain(str(error))
    except KeyboardInterrupt:
        return complain("stopped; the published site is as it was.")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            return complain("no space is left on the disk. Free some, then run this again.")
        if error.errno not in UNWRITABLE:
            raise
        return complain(f"{error.filename} cannot be written: {error.strerror}.")
