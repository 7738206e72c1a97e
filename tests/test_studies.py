"""Stored studies: every byte as it was written, each with a plan that can make it again."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from matinf.studies import Provenance, Study, StudyError, load_study, provenance, store, written
from matinf_book.errors import BuildError
from matinf_book.studies import all_studies, make_studies

ROOT = Path(__file__).parents[1]


def rows(number: int, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame({"method": ["a", ""], "error": [rng.random(), np.nan], "size": number})


def made(table: pd.DataFrame) -> Provenance:
    return Provenance(
        study="trial",
        command="make study",
        seed=1,
        n_parts=2,
        cores=1,
        date="2026-01-01",
        seconds=1.0,
        versions={},
        rows=len(table),
        sha256=hashlib.sha256(written(table)).hexdigest(),
    )


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATINF_DATA", str(tmp_path))
    table = Study(name="trial", part=rows, n_parts=2).compute(1)
    store(table, made(table))
    return tmp_path / "studies"


def test_a_study_comes_back_as_it_was_stored(stored: Path) -> None:
    table = load_study("trial")
    expected = Study(name="trial", part=rows, n_parts=2).compute(1)
    pd.testing.assert_frame_equal(
        table[["part", "size", "error"]], expected[["part", "size", "error"]], rtol=1e-6
    )
    assert provenance("trial").rows == 2
    assert not list(stored.glob(".*")), "nothing half-written is left"


def test_parts_draw_from_generators_of_their_own() -> None:
    study = Study(name="trial", part=rows, n_parts=3)
    first, again, other = study.compute(0), study.compute(0), study.compute(1)
    assert first.equals(again)
    assert first["error"][0] != other["error"][0]
    with pytest.raises(ValueError, match="expected 0 to 2, got 3"):
        study.compute(3)


@pytest.mark.parametrize("harm", ["flip", "cut", "gone", "no provenance", "other provenance"])
def test_a_harmed_study_is_refused_with_the_way_to_mend_it(stored: Path, harm: str) -> None:
    table, record = stored / "trial.csv", stored / "trial.json"
    content = bytearray(table.read_bytes())
    if harm == "flip":
        content[-3] ^= 1
        table.write_bytes(content)
    elif harm == "cut":
        table.write_bytes(content[:-1])
    elif harm == "gone":
        table.unlink()
    elif harm == "no provenance":
        record.unlink()
    else:
        record.write_text(json.dumps({"study": "trial"}))
    with pytest.raises(StudyError, match=r"git checkout HEAD -- data/studies.*make study"):
        load_study("trial")


def test_every_stored_study_has_a_plan_and_every_plan_a_stored_study() -> None:
    plans = all_studies(ROOT / "code")
    stored = {file.stem for file in (ROOT / "data" / "studies").glob("*.csv")}
    assert stored == set(plans)
    for name, (study, _) in plans.items():
        record = provenance(name)
        assert (record.study, record.seed, record.n_parts) == (name, study.seed, study.n_parts)
        assert record.rows == len(load_study(name)) > 0
        assert sorted(load_study(name)["part"].unique()) == list(range(study.n_parts))


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one study of four parts that notes each computation."""
    room = tmp_path / "code" / "matinf" / "trials"
    room.mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "data").mkdir()
    (room / "studies.py").write_text(
        "import os, pandas as pd\n"
        "from pathlib import Path\n"
        "from matinf.studies import Study\n"
        "def part(number, rng):\n"
        "    with (Path(os.environ['MATINF_DATA']) / 'noted.md').open('a') as notes:\n"
        "        notes.write(f'{number}\\n')\n"
        "    if number == 3 and 'FAULT' in os.environ:\n"
        "        raise RuntimeError('part 3 fails')\n"
        "    return pd.DataFrame({'draw': rng.random(2)})\n"
        "STUDIES = (Study(name='trial', part=part, n_parts=4),)\n"
    )
    import matinf

    monkeypatch.setenv("MATINF_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(matinf, "__path__", [*matinf.__path__, str(room.parent)])
    return tmp_path


def noted(book: Path) -> list[str]:
    return sorted((book / "data" / "noted.md").read_text().split())


def test_a_study_that_was_stopped_goes_on_where_it_was(
    book: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAULT", "1")
    with pytest.raises(RuntimeError, match="part 3 fails"):
        make_studies(book, [], jobs=1)
    assert not (book / "data" / "studies" / "trial.csv").exists()
    monkeypatch.delenv("FAULT")
    make_studies(book, ["trial"], jobs=1)
    assert noted(book) == ["0", "1", "2", "3", "3"]
    assert "0 left" in capsys.readouterr().out
    table = load_study("trial")
    assert table["part"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    expected = np.random.default_rng([2026, 2]).random(2)
    np.testing.assert_allclose(table["draw"][4:6], expected, rtol=1e-6)
    assert provenance("trial").versions["scikit-learn"]


def test_an_edit_of_the_code_makes_all_parts_anew(book: Path) -> None:
    make_studies(book, [], jobs=1)
    plan = book / "code" / "matinf" / "trials" / "studies.py"
    plan.write_text(plan.read_text() + "# edited\n")
    make_studies(book, [], jobs=1)
    assert noted(book) == ["0", "0", "1", "1", "2", "2", "3", "3"]


def test_a_study_that_is_not_there_is_named(book: Path) -> None:
    with pytest.raises(BuildError, match=r"no study is named \['absent'\]; there are \['trial'\]"):
        make_studies(book, ["absent"])
