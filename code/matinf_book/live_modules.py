"""The modules of living figures, published in a folder that is named by what they hold.

A module asks for others by their plain names, so no stamp can be put on each address. The modules
lie together in one folder instead, whose name is a digest of all of them, and a page asks for
those in that folder. What a browser kept of an older site then has other addresses: old and new
modules are never mixed, and a page that is old itself shows what was printed with it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import built_site
from .built_site import BuiltPage

FOLDER = Path("_static", "live")
DIGEST_LENGTH = 12  # characters of a SHA-256

_ADDRESS = re.compile(
    rf"""(\bsrc="[^":?#]*_static/live/)(?:[0-9a-f]{{{DIGEST_LENGTH}}}/)?([\w-]+\.js)(?=["?])"""
)
_DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_LENGTH}}}")


def sources(folders: Iterable[Path]) -> dict[str, Path]:
    """Every module by its name; of two with one name the later counts, as Sphinx copies them."""
    return {path.name: path for folder in folders for path in sorted(folder.glob("*.js"))}


def digest(modules: Mapping[str, Path]) -> str:
    """Name of the folder: it changes when any module changes, comes, goes or is renamed."""
    made = hashlib.sha256()
    for name, path in sorted(modules.items()):
        content = path.read_bytes()
        made.update(f"{name} {len(content)}\n".encode() + content)
    return made.hexdigest()[:DIGEST_LENGTH]


def publish(site: Path, modules: Mapping[str, Path]) -> None:
    """Put the modules where their digest says, in place of all others, and let pages know.

    Args:
        site: A built site; its pages may name the modules with an older digest or with none.
        modules: Files by name, as :func:`sources` gives them.
    """
    name, static = digest(modules), site / FOLDER
    for path in sorted(static.iterdir()) if static.is_dir() else ():
        if path.is_dir() and _DIGEST.fullmatch(path.name):
            shutil.rmtree(path)
        elif path.suffix == ".js":
            path.unlink()
    if not modules:
        return
    (static / name).mkdir(parents=True)
    for module, path in modules.items():
        shutil.copyfile(path, static / name / module)
    for page in built_site.pages(site):
        path = site / page.name
        text = path.read_text(encoding="utf-8")
        if (named := _ADDRESS.sub(rf"\g<1>{name}/\g<2>", text)) != text:
            path.write_text(named, encoding="utf-8")


def folder_of(page: BuiltPage) -> Path:
    """The folder from which a page takes its modules."""
    for script in page.soup.select("script[src]"):
        if _ADDRESS.search(f'src="{script["src"]}"'):
            file = page.resolve(str(script["src"]))
            return file.parent if file is not None else page.site / FOLDER
    return page.site / FOLDER
