"""The data is what the cards say, and nothing else is ever loaded in its place."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import lzma
import os
import pickle
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matinf import datasets
from matinf.datasets import DatasetError

ROOT = Path(__file__).resolve().parents[1]
LOADERS = {
    "experimental_gaps.csv": datasets.load_experimental_gaps,
    "metals.csv": datasets.load_metals,
    "elements.csv": datasets.load_elements,
    "dft_transport.csv.xz": datasets.load_dft_transport,
    "qm9_sample.csv.xz": datasets.load_qm9_sample,
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the data that a test may damage."""
    copy = tmp_path / "data"
    copy.mkdir()
    for name in ["checksums.json", *LOADERS]:
        shutil.copyfile(ROOT / "data" / name, copy / name)
    monkeypatch.setenv("MATINF_DATA", str(copy))
    return copy


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory):
    """The same, for tests that damage it many times and put it back themselves."""
    copy = tmp_path_factory.mktemp("data")
    for name in ["checksums.json", *LOADERS]:
        shutil.copyfile(ROOT / "data" / name, copy / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATINF_DATA", str(copy))
        yield copy


def replace_table(folder: Path, name: str, content: bytes) -> None:
    """Put another table in place, with checksums that agree: only the schema can object."""
    stored = lzma.compress(content) if name.endswith(".xz") else content
    (folder / name).write_bytes(stored)
    entries = json.loads((folder / "checksums.json").read_text())
    lines = content.decode().splitlines()
    entries[name] = {
        "bytes": len(stored),
        "columns": lines[0].split(","),
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "rows": len(lines) - 1,
        "sha256": hashlib.sha256(stored).hexdigest(),
    }
    text = json.dumps(entries, indent=2, sort_keys=True) + "\n"
    (folder / "checksums.json").write_text(text)


# What is loaded


@pytest.mark.parametrize(
    ("load", "rows", "columns"),
    [
        (datasets.load_experimental_gaps, 3_896, ["formula", "gap"]),
        (datasets.load_metals, 2_458, ["formula"]),
        (
            datasets.load_qm9_sample,
            10_000,
            ["qm9_index", "smiles", "homo", "lumo", "homo_lumo_gap"],
        ),
    ],
)
def test_rows_and_columns(load, rows, columns):
    table = load()
    assert len(table) == rows
    assert list(table.columns) == columns
    assert not table.isna().any().any()
    assert list(table.index[:2]) == [0, 1]


def test_replicates_are_kept():
    gaps = datasets.load_experimental_gaps()
    aluminium_phosphide = gaps.loc[gaps["formula"] == "AlP", "gap"]
    assert len(aluminium_phosphide) == 11
    assert (aluminium_phosphide.min(), aluminium_phosphide.max()) == (2.42, 3.63)


def test_transport_units_follow_from_the_numbers():
    table = datasets.load_dft_transport()
    assert len(table) == 47_737
    assert table["formula"].nunique() == 34_631
    tau, density = 1e-15, 1e24  # s, 1/m³
    charge, electron_mass = 1.602176634e-19, 9.1093837015e-31
    for kind in "pn":
        conductivity, seebeck = table[f"conductivity_{kind}"], table[f"seebeck_{kind}"] * 1e-6
        mass = table[f"effective_mass_{kind}"] * electron_mass
        drude = mass * conductivity / (density * charge**2 * tau)
        # Mass and conductivity are means over the three directions: equal to 1 where these are
        # alike, above it where they are not (arithmetic against harmonic mean).
        assert drude.min() > 0.99
        assert drude.quantile(0.1) == pytest.approx(1, abs=0.001)
        power = seebeck**2 * conductivity / (table[f"power_factor_{kind}"] * 1e-6)
        assert power.median() == pytest.approx(1, abs=0.01)
    metallic = (table["seebeck_p"].abs() < 20) & (table["conductivity_p"] > 1e4)
    heat = table.loc[metallic, "thermal_conductivity_p"] * 1e-6
    lorenz = heat / (300 * table.loc[metallic, "conductivity_p"])
    assert lorenz.median() == pytest.approx(2.44e-8, rel=0.02)


def test_sodium_nitride_is_not_a_missing_value(folder):
    replace_table(folder, "metals.csv", b"formula\nNaN\nNA\nnull\n")
    assert datasets.load_metals()["formula"].tolist() == ["NaN", "NA", "null"]


def test_elements_stand_in_order_with_what_is_missing_left_missing():
    from matinf.features import PROPERTIES, SYMBOLS

    elements = datasets.load_elements()
    assert elements.index.tolist() == list(SYMBOLS[:103])
    assert list(elements.columns) == ["atomic_number", *PROPERTIES]
    assert elements["atomic_number"].tolist() == list(range(1, 104))
    assert (elements["Number"] == elements["atomic_number"]).all()
    assert elements.loc["O", "Electronegativity"] == 3.44
    assert elements.loc["Si", ["Column", "Row", "NValence"]].tolist() == [14, 3, 4]
    missing = {name: elements.index[elements[name].isna()].tolist() for name in PROPERTIES}
    assert {name: symbols for name, symbols in missing.items() if symbols} == {
        "MeltingT": ["He", "Fr"],
        "CovalentRadius": ["Bk", "Cf", "Es", "Fm", "Md", "No", "Lr"],
        "Electronegativity": ["He", "Ne", "Ar", "Rn", "Lr"],
        "SpaceGroupNumber": ["At", "Rn", "Fr", "Es", "Fm", "Md", "No", "Lr"],
    }


def test_orbital_gap_is_the_difference_of_the_levels():
    molecules = datasets.load_qm9_sample()
    difference = molecules["lumo"] - molecules["homo"]
    assert np.abs(difference - molecules["homo_lumo_gap"]).max() < 1.01e-4
    assert molecules["qm9_index"].is_monotonic_increasing


def test_the_molecules_drew_the_smallest_lots():
    # 10,000 of 130,831 lots that are uniform in [0, 1): the largest of them is near 0.0764.
    indices = datasets.load_qm9_sample()["qm9_index"]
    lots = [hashlib.sha256(f"2014:{index}".encode()).hexdigest() for index in indices]
    assert int(max(lots), 16) / 2**256 == pytest.approx(10_000 / 130_831, abs=0.003)


def test_a_number_of_many_digits_is_read_to_the_last_bit(folder):
    # pandas' quick reader makes another number of it.
    replace_table(folder, "experimental_gaps.csv", b"formula,gap\nSi,10.170730505877419\n")
    assert datasets.load_experimental_gaps()["gap"].tolist() == [10.170730505877419]


@pytest.mark.parametrize("name", LOADERS)
def test_numbers_are_those_of_the_text_to_the_last_bit(name):
    stored = (ROOT / "data" / name).read_bytes()
    text = (lzma.decompress(stored) if name.endswith(".xz") else stored).decode()
    header, *rows = csv.reader(io.StringIO(text))
    table = LOADERS[name]().reset_index()
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    for column in table.select_dtypes("number").columns.intersection(header):
        written = [float(field or "nan") for field in columns[column]]
        np.testing.assert_array_equal(table[column].to_numpy(dtype=float), written, err_msg=column)


def test_every_load_is_a_table_of_its_own():
    first = datasets.load_metals()
    first.loc[0, "formula"] = "Xx"
    assert datasets.load_metals().loc[0, "formula"] == "Ag2BBr"


# The gap task


def test_gap_task_has_one_row_per_composition():
    from matinf.features import element_fractions

    task = datasets.load_gap_task()
    assert len(task) == 4_619
    assert (task["gap"] == 0).sum() == 2_449
    assert not element_fractions(task["formula"]).round(6).duplicated().any()
    assert "AlP" not in set(task["formula"])
    assert not {"PbCoO3", "CoPbO3", "Cu1.8S", "Cu9S5"} & set(task["formula"])


def test_gap_task_on_a_few_reports(folder):
    gaps = [
        "B2,1.0", "B2,1.08", "B4,1.09",  # the mean is 1.0567: the second report is nearest
        "CO,1.5", "OC,1.6",  # a spread of exactly 0.1 is allowed, and both are equally near
        "NO,0.1", "ON,0.2",  # the same, where binary rounding puts the second nearer
        "Si,1.1", "Si,1.21",  # a spread of 0.11 is not
        "PbO,0.5",  # a metal too: a spread of 0.5
        "Ge,0.05",  # a metal too: a spread of 0.05, both equally near the mean
    ]  # fmt: skip
    replace_table(folder, "experimental_gaps.csv", "\n".join(["formula,gap", *gaps, ""]).encode())
    replace_table(folder, "metals.csv", b"formula\nOPb\nGe\nCu\nCu2\n")
    task = datasets.load_gap_task()
    assert list(task.itertuples(index=False, name=None)) == [
        ("B2", 1.08),
        ("CO", 1.5),
        ("NO", 0.1),
        ("Ge", 0.05),
        ("Cu", 0.0),
    ]
    assert task.index.tolist() == [0, 1, 2, 3, 4]


def test_gap_task_without_any_spread_keeps_only_what_agrees():
    strict, lax = (datasets.load_gap_task(max_spread=spread) for spread in (0.0, np.inf))
    reports = datasets.load_experimental_gaps()
    aluminium_phosphide = reports.loc[reports["formula"] == "AlP", "gap"]
    nearest = aluminium_phosphide[(aluminium_phosphide - aluminium_phosphide.mean()).abs().idxmin()]
    assert len(strict) < len(datasets.load_gap_task()) < len(lax) == 2_470 + 2_451 - 2
    assert lax.set_index("formula").loc["AlP", "gap"] == nearest


@pytest.mark.parametrize("spread", [-0.1, np.nan])
def test_gap_task_refuses_a_spread_that_is_none(spread):
    with pytest.raises(ValueError, match="max_spread must be 0 eV or more"):
        datasets.load_gap_task(max_spread=spread)


# What is not loaded


def test_error_names_file_expected_found_and_what_mends_it(folder):
    path = folder / "metals.csv"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DatasetError) as caught:
        datasets.load_metals()
    error = caught.value
    assert (error.path, error.expected, error.found) == (path, "bytes 19461", "19460")
    assert error.mend == f"git -C {folder} checkout HEAD -- metals.csv"
    for part in (str(path), error.expected, error.found, error.mend, error.rebuild):
        assert part in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("name", LOADERS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_changed_byte_is_caught(small_folder, name, data):
    path = small_folder / name
    good = path.read_bytes()
    place = data.draw(st.integers(0, len(good) - 1), label="place")
    change = data.draw(st.integers(1, 255), label="change")
    path.write_bytes(good[:place] + bytes([good[place] ^ change]) + good[place + 1 :])
    try:
        with pytest.raises(DatasetError, match=re.escape(name)):
            LOADERS[name]()
    finally:
        path.write_bytes(good)


@pytest.mark.parametrize("name", ["metals.csv", "elements.csv"])
def test_every_byte_counts(monkeypatch, name):
    """All places of a small file, one changed bit each, at the step that compares digests."""
    from matinf import verified

    path, entry = datasets.data_folder() / name, datasets.checksums()[name]
    good = path.read_bytes()
    assert verified._verified(path, entry) == good
    for place in range(len(good)):
        damaged = bytearray(good)
        damaged[place] ^= 1 << place % 8
        monkeypatch.setattr(verified, "_read_bytes", lambda _, read=bytes(damaged): read)
        with pytest.raises(DatasetError):
            verified._verified(path, entry)


def test_every_byte_of_the_checksums_counts(small_folder):
    """A change either spoils the file's spelling or the entry of a table that then fails."""
    path = small_folder / "checksums.json"
    good, entries = path.read_bytes(), datasets.checksums()
    spoiled, altered = 0, set()
    for place in range(len(good)):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        try:
            now = datasets.checksums()
        except DatasetError:
            spoiled += 1
            continue
        [name] = [name for name in entries if now.get(name) != entries[name]]
        keys = [key for key in entries[name] if now.get(name, {}).get(key) != entries[name][key]]
        if (name, *keys) not in altered:  # once for each kind of change, for they take their time
            altered.add((name, *keys))
            with pytest.raises(DatasetError):
                LOADERS[name]()
    path.write_bytes(good)
    assert spoiled > 100
    fields = {fields[1:] for fields in altered}
    assert {("sha256",), ("bytes",), ("rows",), ("columns",), ("content_sha256",)} <= fields


@pytest.mark.parametrize("name", [*LOADERS, "checksums.json"])
@pytest.mark.parametrize("length", [0, 1, 1000, -1])
def test_truncated_files_are_caught(folder, name, length):
    path = folder / name
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DatasetError, match=re.escape(name)):
        LOADERS.get(name, datasets.load_metals)()


@pytest.mark.parametrize("name", [*LOADERS, "checksums.json"])
def test_a_file_with_something_added_is_caught(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(DatasetError, match=re.escape(name)):
        LOADERS.get(name, datasets.load_metals)()


@pytest.mark.parametrize("name", [*LOADERS, "checksums.json"])
@pytest.mark.parametrize("instead", ["nothing", "a folder", "a dangling link", "a pipe"])
def test_missing_files_are_caught(folder, name, instead):
    path = folder / name
    path.unlink()
    if instead == "a folder":
        path.mkdir()
    elif instead == "a dangling link":
        path.symlink_to(folder / "nowhere")
    elif instead == "a pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("this system has no named pipes")
        os.mkfifo(path)
    with pytest.raises(DatasetError, match=r"expected a readable file, found .+") as caught:
        LOADERS.get(name, datasets.load_metals)()
    assert caught.value.path == path


def test_a_file_that_may_not_be_read_is_caught(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DatasetError, match="found Permission denied"):
        datasets.load_metals()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"formula,gap\nSi,much\n", "much"),
        (b"formula,gap\nSi,\n", "null"),
        (b"formula,gap\n,1.1\n", "str_length"),
        (b"formula,gap\nSi,inf\n", "in_range"),
        (b"formula,gap\nSi,nan\n", "float64"),
        (b"formula,gap\nSi,-1.1\n", "in_range"),
        (b"formula,gap\nSi,1.1,2\n", "False"),
        (b"gap,formula\n1.1,Si\n", "order"),
        (b"formula\nSi\n", "gap"),
        (b"formula,gap,phase\nSi,1.1,diamond\n", "phase"),
        (b"formula,Gap\nSi,1.1\n", "Gap"),
        (b"\xff,gap\nSi,1.1\n", "utf-8"),
    ],
)
def test_wrongly_typed_tables_are_caught(folder, content, found):
    if content[0] == 0xFF:
        replace_table(folder, "experimental_gaps.csv", b"x,gap\nSi,1.1\n")
        (folder / "experimental_gaps.csv").write_bytes(content)
        entries = json.loads((folder / "checksums.json").read_text())
        digest = hashlib.sha256(content).hexdigest()
        entries["experimental_gaps.csv"] |= {"sha256": digest, "content_sha256": digest}
        text = json.dumps(entries, indent=2, sort_keys=True) + "\n"
        (folder / "checksums.json").write_text(text)
    else:
        replace_table(folder, "experimental_gaps.csv", content)
    with pytest.raises(DatasetError, match=r"experimental_gaps\.csv") as caught:
        datasets.load_experimental_gaps()
    assert found in caught.value.found


def test_whole_numbers_must_be_whole(folder):
    header = b"qm9_index,smiles,homo,lumo,homo_lumo_gap\n"
    for index in (b"1.5", b"99999999999999999999", b""):
        replace_table(folder, "qm9_sample.csv.xz", header + index + b",C,-0.3,0.1,0.4\n")
        with pytest.raises(DatasetError, match="qm9_sample"):
            datasets.load_qm9_sample()


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("dft_transport.csv.xz", 0),
        ("elements.csv", 0),
        ("elements.csv", 1),
        ("qm9_sample.csv.xz", 0),
        ("qm9_sample.csv.xz", 1),
    ],
)
def test_what_names_a_row_names_one(folder, name, column):
    stored = (folder / name).read_bytes()
    lines = (lzma.decompress(stored) if name.endswith(".xz") else stored).splitlines()[:4]
    first, second = lines[1].split(b","), lines[2].split(b",")
    second[column] = first[column]
    replace_table(folder, name, b"\n".join([lines[0], lines[1], b",".join(second), lines[3], b""]))
    with pytest.raises(DatasetError, match=re.escape(name)) as caught:
        LOADERS[name]()
    assert "duplicate" in caught.value.found


def test_a_count_of_another_type_is_no_agreement(folder):
    replace_table(folder, "metals.csv", b"formula\nCu\n")
    entries = json.loads((folder / "checksums.json").read_text())
    for rows in (1.0, True, "1"):
        entries["metals.csv"]["rows"] = rows
        text = json.dumps(entries, indent=2, sort_keys=True) + "\n"
        (folder / "checksums.json").write_text(text)
        with pytest.raises(DatasetError, match="expected rows"):
            datasets.load_metals()


def test_no_system_changes_the_line_ends_of_the_data(tmp_path):
    """Git would, where it is told to: a digest of other bytes never agrees."""
    copy = tmp_path / "data"
    shutil.copytree(ROOT / "data", copy, ignore=shutil.ignore_patterns("__pycache__"))
    names = [
        *LOADERS,
        "checksums.json",
        "studies/beyond-the-readings.csv",
        "studies/beyond-the-readings.json",
    ]
    before = [(copy / name).read_bytes() for name in names]

    def git(*arguments: str) -> None:
        settings = ["-c", "core.autocrlf=true", "-c", "core.safecrlf=false"]
        command = ["git", "-C", str(copy), *settings, *arguments]
        subprocess.run(command, check=True, capture_output=True)

    git("init")
    git("add", ".")
    for name in ("README.md", *names):
        (copy / name).unlink()
    git("checkout", "--", ".")
    assert b"\r\n" in (copy / "README.md").read_bytes(), "a file that may be changed"
    assert [(copy / name).read_bytes() for name in names] == before


def test_an_archive_that_is_none_is_caught(folder):
    replace_table(folder, "metals.csv", b"formula\nCu\n")
    entries = json.loads((folder / "checksums.json").read_text())
    (folder / "qm9_sample.csv.xz").write_bytes(b"formula\nCu\n")
    entries["qm9_sample.csv.xz"] = entries["metals.csv"]
    (folder / "checksums.json").write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n")
    with pytest.raises(DatasetError, match="expected an xz archive"):
        datasets.load_qm9_sample()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]\n", "3\n", "{}\n", '{\n  "metals.csv": 3\n}\n', '{\n  "metals.csv": {}\n}\n'],
)
def test_unusable_checksums_are_caught(folder, text):
    (folder / "checksums.json").write_text(text)
    with pytest.raises(DatasetError):
        datasets.load_metals()


@pytest.mark.parametrize("damage", ["changed", "truncated", "missing", "empty folder"])
def test_the_command_in_the_message_mends_the_file(folder, damage):
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(
            ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True
        )

    git("init")
    git("add", ".")
    git("-c", "commit.gpgsign=false", "commit", "-m", "Data")
    path = folder / "metals.csv"
    good = path.read_bytes()
    path.unlink()
    if damage == "empty folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes(good[:-9] if damage == "truncated" else good.replace(b"Ag2", b"Au2"))
    with pytest.raises(DatasetError) as caught:
        datasets.load_metals()
    subprocess.run(shlex.split(caught.value.mend), check=True, capture_output=True)
    assert len(datasets.load_metals()) == 2_458


# Where it is found, and how fast


def test_data_is_found_from_any_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MATINF_DATA", raising=False)
    assert len(datasets.load_metals()) == 2_458
    assert datasets.data_folder() == ROOT / "data"


def test_the_folder_can_be_named(folder):
    assert datasets.data_folder() == folder
    (folder / "metals.csv").unlink()
    with pytest.raises(DatasetError):
        datasets.load_metals()


def test_importing_loads_nothing_heavy():
    """pandera, RDKit and the files wait until they are needed."""
    code = (
        "import sys, matinf.datasets\n"
        "heavy = {'pandera', 'rdkit', 'scipy', 'sklearn', 'torch', 'tensorflow', 'plotly'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "code")}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


# The cards


def test_the_cards_tell_rows_and_checksums():
    cards = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for name, entry in datasets.checksums().items():
        assert f"| [`{name}`](" in cards
        assert f"| {entry['rows']:,} |" in cards
        assert f"| `{name}` | `{entry['sha256']}` |" in cards
        assert all(f"`{column}`" in cards for column in entry["columns"]), name


def test_no_data_file_is_large():
    files = [path for path in (ROOT / "data").rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) < 3_000_000


def test_known_faults_are_as_the_cards_say():
    gaps, metals = datasets.load_experimental_gaps(), datasets.load_metals()
    transport, molecules = datasets.load_dft_transport(), datasets.load_qm9_sample()
    seebeck = transport[["seebeck_p", "seebeck_n"]].abs()
    masses = transport[["effective_mass_p", "effective_mass_n"]]
    assert gaps["formula"].nunique() == 2_485
    assert gaps.duplicated().sum() == 1
    assert metals["formula"].duplicated().sum() == 7
    assert metals["formula"].isin(transport["formula"]).sum() == 1_471
    assert (seebeck < 50).all(axis=1).sum() == 16_223
    assert (masses > 1_000).any(axis=1).sum() == 2_210
    assert (transport["formula"] == "SiO2").sum() == 246
    assert (molecules["lumo"] > 0.1).sum() == 3


def test_replicates_agree_and_disagree_as_the_card_says():
    from matinf.features import element_fractions

    gaps = datasets.load_experimental_gaps()
    rows = [row.tobytes() for row in element_fractions(gaps["formula"]).round(6).to_numpy()]
    groups = gaps.groupby(pd.Series(rows))["gap"].agg(["size", "min", "max"])
    assert len(groups) == 2_470
    assert (groups["size"] > 1).sum() == 456
    assert (groups["max"] - groups["min"] > 0.1 + 1e-9).sum() == 298
