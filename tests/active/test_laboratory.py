"""What the laboratory's command stands on: tables, states, files, improvement towards a value."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from matinf.active.goal import Goal
from matinf.active.laboratory import Refusal
from matinf.active.laboratory.files import locked, replace_file
from matinf.active.laboratory.improvement import (
    Improvement,
    chance_within,
    improvement_to_target,
)
from matinf.active.laboratory.records import Batch, Result, State, Suggestion
from matinf.active.laboratory.report import aligned, sparkline
from matinf.active.laboratory.settings import Limit, Settings, read_limit
from matinf.active.laboratory.state import load, save
from matinf.active.laboratory.table import read_table, write_table
from matinf.active.pairs import Pool
from matinf.active.posterior import PoolPosterior
from matinf.active.surrogate import Surrogate
from matinf.active.view import View

# -- improvement -------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [-3.0, 0.9, 1.34, 1.5, 6.0])
@pytest.mark.parametrize("std", [0.05, 0.4, 2.0])
@pytest.mark.parametrize("distance", [0.05, 0.5])
def test_improvement_to_a_target_is_its_integral(mean: float, std: float, distance: float) -> None:
    t = 1.34

    def tent(f: float) -> float:
        return max(distance - abs(f - t), 0.0) * norm.pdf(f, mean, std)

    edges = (t - distance, t, t + distance)
    exact = quad(tent, *edges[:2])[0] + quad(tent, *edges[1:])[0]
    found = improvement_to_target([mean], [std], target=t, distance=distance)[0]
    assert found == pytest.approx(exact, rel=1e-6, abs=1e-12)
    inside = norm.cdf(edges[2], mean, std) - norm.cdf(edges[0], mean, std)
    assert chance_within([mean], [std], target=t, distance=distance)[0] == pytest.approx(inside)


def test_improvement_to_a_target_at_its_edges() -> None:
    mean, std = np.array([1.3, 1.34, 2.0]), np.zeros(3)
    found = improvement_to_target(mean, std, target=1.34, distance=0.1)
    np.testing.assert_allclose(found, [0.06, 0.1, 0.0], atol=1e-12)
    chance = chance_within(mean, std, target=1.34, distance=0.1)
    np.testing.assert_array_equal(chance, [1, 1, 0])
    assert (improvement_to_target(mean, std + 1, target=1.34, distance=0.0) == 0).all()
    with pytest.raises(ValueError, match="distance"):
        improvement_to_target(mean, std, target=1.34, distance=-0.1)


def _view(goal: Goal) -> View:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 2))
    y = np.sin(2 * X[:, 0]) + X[:, 1]
    labelled = np.arange(12)
    posterior = PoolPosterior.start(Surrogate(kernel="matern32"), X, labelled, y[labelled])
    free = np.ones(40, dtype=bool)
    free[labelled] = False
    return View(
        pool=Pool(X),
        available=free,
        labelled=labelled,
        y=y[labelled],
        posterior=posterior,
        goal=goal,
    )


def test_a_costly_candidate_must_promise_more() -> None:
    view, costs = _view(Goal()), np.ones(40)
    rng = np.random.default_rng(0)
    first = Improvement(believe=False).choose(view, 3, rng=rng)
    costs[first[0]] = 1e9
    cheaper = Improvement(believe=False, costs=costs).choose(view, 1, rng=rng)
    np.testing.assert_array_equal(cheaper, first[1:2])
    uniform = Improvement(believe=False, costs=np.full(40, 7.0)).choose(view, 3, rng=rng)
    np.testing.assert_array_equal(uniform, first)


def test_what_is_believed_is_not_chosen_twice_over() -> None:
    for goal in (Goal(), Goal(kind="minimise"), Goal(kind="target", target=0.3)):
        view = _view(goal)
        chosen = Improvement(within=0.1).choose(view, 6, rng=np.random.default_rng(0))
        assert len(set(chosen.tolist())) == 6
        assert view.available[chosen].all()


# -- tables ------------------------------------------------------------------------------------


def test_a_table_is_read_as_text_with_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfid, x\r\nA,"1\n2"\r\n\r\n,,\r\nB , 3 \r\n'.replace(b",,", b","))
    table = read_table(path)
    assert table.columns == ("id", "x")
    assert table.rows == (("A", "1\n2"), ("B", "3"))
    assert table.where(1, "x").endswith("line 6, column 'x'")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "found nothing"),
        ("id\tx\nA\t1\n", "expected commas or semicolons between cells, found tabs"),
        ("sep=;\nid;x\nA;1\n", "take out this line"),
        ("id;x\nA;1;2\n", "line 2: expected 2 cells.* holds a semicolon in quotes"),
        ("id,x,x\nA,1,2\n", "names two columns"),
        ("id,,x\nA,1,2\n", "column 2 has no name"),
        ("id,x\nA,1\nB,1,5\n", "line 3: expected 2 cells"),
        ('id,x\nA,"1\n', "not readable as CSV"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    with pytest.raises(Refusal, match=said) as refused:
        read_table(path)
    assert str(path) in str(refused.value)


def test_a_spreadsheet_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(Refusal, match="expected text in UTF-8, found byte 0xff"):
        read_table(path)
    with pytest.raises(Refusal, match="cannot be read"):
        read_table(tmp_path / "nothing.csv")


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "abc", "", "1_000", "0x10", "1e400", "--1"])
def test_what_is_no_number_is_refused_with_its_place(tmp_path: Path, cell: str) -> None:
    write_table(tmp_path / "a.csv", ("id", "x"), [("A", "1"), ("B", cell)])
    with pytest.raises(Refusal, match=r"line 3, column 'x': expected a number"):
        read_table(tmp_path / "a.csv").numbers("x")


def test_a_decimal_comma_is_understood_as_a_slip(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", ("id", "x"), [("A", "1,42")])
    with pytest.raises(Refusal, match=r"as a point: 1\.42"):
        read_table(tmp_path / "a.csv").numbers("x")


def columns_of(folder: Path, rows: str, encoding: str = "utf-8") -> list[float]:
    """The numbers ``x`` of a table with semicolons."""
    (folder / "a.csv").write_bytes(f"id;x\r\n{rows}".replace("|", "\r\n").encode(encoding))
    return read_table(folder / "a.csv").numbers("x")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_semicolons_with_decimal_commas_are_read(tmp_path: Path, encoding: str) -> None:
    assert columns_of(tmp_path, "Käse;1,5|B;-,25|C;3|D;1,234|E;2,5e-3", encoding) == [
        *(1.5, -0.25, 3.0, 1.234, 0.0025),
    ]
    assert read_table(tmp_path / "a.csv").rows[0] == ("Käse", "1,5"), "cells stay as they are"


def test_semicolons_with_decimal_points_are_read(tmp_path: Path) -> None:
    assert columns_of(tmp_path, "A;1.5|B;0.125|C;1.2345|D;1234.567|E;2") == [
        *(1.5, 0.125, 1.2345, 1234.567, 2.0),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("A;1.500", r"line 2, .* found '1\.500', whose point may part thousands"),
        ("A;2,5|B;1.500", r"line 3, .* found '1\.500', whose point may part thousands"),
        ("A;2,5|B;1.5", r"line 3, .* expected a decimal comma, .* found '1\.5'"),
        ("A;1.500,25", r"found '1\.500,25', whose point may part thousands"),
        ("A;1,234,567", r"expected a number, found '1,234,567'"),
        ("A;1.234.567", r"expected a number, found '1\.234\.567'"),
        ("A;1,5 eV", r"expected a number"),
    ],
)
def test_a_number_that_could_mean_two_is_refused(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        columns_of(tmp_path, rows)


def test_a_semicolon_in_a_name_parts_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('"x; y"\nA\n', encoding="utf-8")
    assert read_table(tmp_path / "a.csv").columns == ("x; y",)
    (tmp_path / "a.csv").write_text("id,x; y\nA,1.500\n", encoding="utf-8")
    assert read_table(tmp_path / "a.csv").numbers("x; y") == [1.5]
    (tmp_path / "a.csv").write_text('id;"x, y"\nA;1,5\n', encoding="utf-8")
    assert read_table(tmp_path / "a.csv").numbers("x, y") == [1.5]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp1252"])
def test_other_encodings_are_refused_in_words(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes("id,x\nKäse,1\n".encode(encoding))
    with pytest.raises(Refusal, match=r"expected text in UTF-8, found .*CSV UTF-8"):
        read_table(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_bytes("id,x\n".encode("utf-16") + b"\x00")
    with pytest.raises(Refusal, match="found byte 0x0"):
        read_table(tmp_path / "a.csv")


@pytest.mark.parametrize("cell", ["1", "-1.5", "+.5", "2.", "1e-3", "3E5"])
def test_numbers_are_numbers(tmp_path: Path, cell: str) -> None:
    write_table(tmp_path / "a.csv", ("id", "x"), [("A", cell)])
    assert read_table(tmp_path / "a.csv").numbers("x") == [float(cell)]


# -- settings ----------------------------------------------------------------------------------


def test_ranges_are_read_and_kept() -> None:
    assert read_limit("price=:30") == Limit(column="price", high=30)
    assert read_limit("a=b=1:2") == Limit(column="a=b", low=1, high=2)
    for wrong in ("price", "price=30", "price=30:10", "=1:2", "price=:", "price=a:b", "p=nan:1"):
        with pytest.raises(Refusal, match="expected column=low:high"):
            read_limit(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"strategy": "guess"},
        {"batch_size": 0},
        {"n_initial": 1},
        {"seed": -1},
        {"budget": -2.0},
        {"stop_below": float("nan")},
        {"within": 0.1},
        {"goal": "target", "target_value": 1.0, "strategy": "ucb"},
        {"goal": "target", "target_value": 1.0, "strategy": "pi", "batch": "top_k"},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Refusal):
        Settings(candidates="a.csv", id_column="id", target="y", **wrong)  # type: ignore[arg-type]


# -- state -------------------------------------------------------------------------------------


def _state() -> State:
    settings = Settings(
        candidates="pool.csv",
        id_column="id",
        target="gap",
        unit="eV",
        feature_columns=("x",),
        limits=(Limit(column="price", high=30),),
        without=("Pb",),
    )
    suggestion = Suggestion(id="A", row="1a", mean=1 / 3, std=0.1 + 0.2, chance=1e-17, why="so")
    batch = Batch(phase="ei", suggestions=(suggestion,), parameters={"variance": 0.7}, r2=0.5)
    result = Result(id="A", row="1a", value=0.1, note="oven 2")
    return State(settings=settings, digest="d", n_candidates=3, batches=(batch,), results=(result,))


def test_a_state_comes_back_as_it_was_to_the_last_bit(tmp_path: Path) -> None:
    save(tmp_path / "s.json", _state())
    assert load(tmp_path / "s.json") == _state()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("byte", [b"A", b"0.7", b"oven"])
def test_a_state_that_was_touched_is_refused(tmp_path: Path, byte: bytes) -> None:
    path = tmp_path / "s.json"
    save(path, _state())
    path.write_bytes(path.read_bytes().replace(byte, b"9" * len(byte), 1))
    with pytest.raises(Refusal, match=r"checksum differs|something else"):
        load(path)


def test_other_files_and_versions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    for content in (b"", b"{}", b"[1]", b"\xff\xff", b'{"kind": "x"}'):
        path.write_bytes(content)
        with pytest.raises(Refusal, match="something else"):
            load(path)
    save(path, _state())
    document = json.loads(path.read_bytes()) | {"version": 2}
    path.write_text(json.dumps(document))
    with pytest.raises(Refusal, match="version 1, found version 2"):
        load(path)


def test_what_was_withdrawn_no_longer_counts() -> None:
    state = _state()
    gone = replace(state, results=(replace(state.results[0], withdrawn="typing error"),))
    assert state.measured
    assert not state.waiting
    assert not gone.measured
    assert [one.id for one in gone.waiting] == ["A"]


# -- files -------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_replaced_stays(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be written"):
        replace_file(tmp_path / "no folder" / "a", b"new")
    folder = tmp_path / "a"
    folder.mkdir()
    with pytest.raises(Refusal, match="cannot be written"):
        replace_file(folder, b"new")
    assert sorted(tmp_path.iterdir()) == [folder]


def test_a_lock_keeps_others_out_and_ends(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    with locked(path), pytest.raises(Refusal, match="another matinf-campaign"), locked(path):
        pytest.fail("two at once")
    with locked(path):
        pass


# -- print -------------------------------------------------------------------------------------


def test_small_bars_rise_with_the_numbers() -> None:
    assert sparkline(np.arange(8.0)) == "▁▂▃▄▅▆▇█"
    assert sparkline(np.array([3.0, 3.0])) == "▁▁"
    assert sparkline(np.array([])) == ""
    assert len(sparkline(np.arange(1000.0))) == 60


def test_columns_stand_below_each_other() -> None:
    text = aligned(("id", "mean", "why"), [("A", "1.0", "so"), ("long", "10.0", "")])
    assert text.splitlines() == ["id    mean  why", "A      1.0  so", "long  10.0"]
