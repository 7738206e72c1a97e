"""The book's own `.venv`: made once, from the lock, by the standard library alone.

What is installed is recorded in a stamp that holds the digest of the lock. The stamp is written
last, so that an install that was cut short is taken up again, never taken for a whole one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from .errors import SetupError

STAMP = ".installed"
# Each lock adds to those before it.
LOCKS = ("requirements.txt", "requirements-lab.txt", "requirements-test.txt")
BOOK_LOCK, LAB_LOCK, TEST_LOCK = LOCKS
SPACE_NEEDED = {BOOK_LOCK: 5.0, LAB_LOCK: 0.3, TEST_LOCK: 1.0}  # GB, caches of pip included
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NO_SPACE = "no space is left on the disk. Free some, then run the same command again."
VENV_SIZE = 0.1  # GB: less than this is free where making an environment has filled the disk
UNREACHABLE = ("newconnectionerror", "proxyerror", "temporary failure", "timed out")  # pip's words
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",)


def interpreter(root: Path) -> Path:
    """The Python of the book's own environment."""
    folder = root / ".venv"
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


def is_inside(root: Path) -> bool:
    """Whether this very process runs in the book's environment."""
    return Path(sys.prefix).resolve() == (root / ".venv").resolve()


def find_browser() -> str | None:
    """A Chromium for the checks that need one: that of ``CHROMIUM``, or one that is installed."""
    named = os.environ.get("CHROMIUM")
    places = (named,) if named else (*map(shutil.which, BROWSERS), *PLACES)
    return next((place for place in places if place and Path(place).exists()), None)


def lock_digest(root: Path, locks: Iterable[str]) -> str:
    """Digest of the lock files and of the Python that they are installed for."""
    content = b"".join((root / lock).read_bytes() for lock in locks)
    return f"{sys.version_info[0]}.{sys.version_info[1]} {hashlib.sha256(content).hexdigest()}"


def _stamp(root: Path, lock: str) -> Path:
    return root / ".venv" / f"{STAMP}-{Path(lock).stem}"


def is_installed(root: Path, lock: str) -> bool:
    """Whether the environment holds exactly what this lock lists."""
    stamp = _stamp(root, lock)
    if not interpreter(root).exists():  # also where the Python that it points to was removed
        return False
    return stamp.exists() and stamp.read_text(encoding="utf-8") == lock_digest(root, [lock])


def ensure(root: Path, *, up_to: str = BOOK_LOCK) -> None:
    """Make `.venv` and install what is missing; a second call returns at once.

    Args:
        root: Folder of the book.
        up_to: The last of :data:`LOCKS` to install.

    Raises:
        SetupError: one line that says what is missing and what to do.
    """
    wanted = LOCKS[: LOCKS.index(up_to) + 1]
    missing = [lock for lock in wanted if not is_installed(root, lock)]
    if not missing:
        return
    _check_space(root, sum(SPACE_NEEDED[lock] for lock in missing))
    _make_venv(root)
    for lock in missing:
        _stamp(root, lock).unlink(missing_ok=True)
        if lock == BOOK_LOCK:
            _install_cpu_torch(root)
        _pip(root, ["install", "-r", lock], what=f"packages of {lock}", total=_count(root / lock))
    # Kernels, notebooks and tests import the book's own packages from anywhere.
    _pip(root, ["install", "--no-deps", "--no-build-isolation", "-e", "."], what="the book's code")
    for lock in missing:
        _stamp(root, lock).write_text(lock_digest(root, [lock]), encoding="utf-8")


def _check_space(root: Path, needed: float) -> None:
    free = shutil.disk_usage(root).free / 1e9
    if free < needed:
        raise SetupError(
            f"Installing needs about {needed:.0f} GB of disk; {free:.1f} GB are free. "
            "Free some, then run the same command again."
        )


def _make_venv(root: Path) -> None:
    python = interpreter(root)
    if python.exists():
        probe = [str(python), "-c", "import sys, pip; print(*sys.version_info[:2], sep='.')"]
        answer = subprocess.run(probe, capture_output=True, encoding="utf-8", errors="replace")
        if answer.stdout.strip() == f"{sys.version_info[0]}.{sys.version_info[1]}":
            return
    shutil.rmtree(root / ".venv", ignore_errors=True)  # broken, unfinished or of another Python
    print("Making .venv", flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(root / ".venv")],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if made.returncode:
        full = shutil.disk_usage(root).free / 1e9 < VENV_SIZE
        shutil.rmtree(root / ".venv", ignore_errors=True)
        reason = NO_SPACE if full else _venv_reason(made.stdout + made.stderr)
        raise SetupError(f"Python could not make .venv: {reason}")


def _venv_reason(text: str) -> str:
    """Why there is no environment; Debian keeps what makes one in a package of its own."""
    if "ensurepip is not" in " ".join(text.split()):
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        return (
            f"{sys.executable} lacks its venv module. Install it (Debian, Ubuntu: apt install "
            f"{package}), then run the same command again."
        )
    return (text.strip().splitlines() or ["it gave no reason"])[-1]


def _install_cpu_torch(root: Path) -> None:
    """On Linux, take torch from the index of CPU builds; where that fails the lock decides."""
    pins = (root / BOOK_LOCK).read_text(encoding="utf-8").splitlines()
    pin = next((line for line in pins if line.startswith("torch==")), None)
    if pin is None or sys.platform != "linux":
        return
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    index = project["tool"]["matinf"]["torch-cpu-index"]
    source = ["--index-url", index, "--retries", "0", "--timeout", "10"]
    try:
        _pip(root, ["install", "--no-deps", pin, *source], what="torch (CPU build)")
    except SetupError as error:
        if NO_SPACE in str(error):  # nor would there be any for the build with CUDA
            raise
        print("  not to be had from PyTorch's CPU index: taking torch from the usual one")


def _count(lock: Path) -> int:
    return sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())


def _pip(root: Path, arguments: list[str], *, what: str, total: int = 0) -> None:
    """Run pip with a line of progress; its own output is shown only as a reason for failure."""
    command = [str(interpreter(root)), "-m", "pip", "--disable-pip-version-check"]
    # An environment of its own takes no installs for the user, whatever the user's pip does.
    ours = {"PIP_PROGRESS_BAR": "off", "PIP_NO_INPUT": "1", "PIP_USER": "0"}
    environment = {**os.environ, **ours}
    print(f"Installing {what}", flush=True)
    with subprocess.Popen(
        [*command, *arguments],
        cwd=root,
        env=environment,
        encoding="utf-8",
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        lines, seen = [], 0
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.strip())
            if line.startswith(("Collecting", "Requirement already")):
                seen += 1
                if total and sys.stdout.isatty():
                    print(f"\r  {min(seen, total)} of {total} ", end="", flush=True)
            elif line.startswith("Installing collected"):
                print("\r  downloaded; unpacking", flush=True)
    if process.returncode:
        raise SetupError(f"Could not install {what}: {_reason(lines)}")


def _reason(lines: list[str]) -> str:
    text = "\n".join(lines)
    if "No space left" in text:
        return NO_SPACE
    if any(sign in text.lower() for sign in UNREACHABLE):
        return "no package index can be reached. Check the network, then run this again."
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["pip gave no reason"])[-1]
