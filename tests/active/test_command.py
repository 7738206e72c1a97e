"""``matinf-campaign`` from the outside: whole campaigns, slips of every kind, and the power cut."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from matinf.active.acquire import Acquire
from matinf.active.campaign import CampaignConfig, run_campaign
from matinf.active.goal import Goal
from matinf.active.laboratory import campaign, main
from matinf.active.laboratory.candidates import read_candidates
from matinf.active.laboratory.improvement import Improvement
from matinf.active.laboratory.settings import TAKEN
from matinf.active.laboratory.state import load
from matinf.active.laboratory.table import read_table
from matinf.active.oracle import TableOracle
from matinf.active.pool_model import GaussianProcess
from matinf.active.strategies import ExploreThenExploit, RandomSearch
from matinf.active.surrogate import Surrogate
from matinf.active.view import Strategy
from matinf.datasets import load_experimental_gaps, load_qm9_sample

GAP = ("--formula", "formula", "--id", "formula", "--target", "gap", "--unit", "eV")
NEAR = ("--closest-to", "1.34", "--within", "0.1")
Run = Callable[..., str]


@pytest.fixture(scope="module")
def truth() -> dict[str, float]:
    reports = load_experimental_gaps().drop_duplicates("formula")
    some = reports.iloc[::60]
    return dict(zip(some["formula"], some["gap"], strict=True))


@pytest.fixture
def pool(tmp_path: Path, truth: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table of 42 candidates, which is the working folder."""
    lines = [f"{name},{1 + 7 * i % 20}" for i, name in enumerate(truth)]
    (tmp_path / "pool.csv").write_text("\n".join(["formula,price", *lines]) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process; its output, or what it refused with."""

    def run(*words: str, code: int = 0) -> str:
        found = main([str(word) for word in words])
        said = capsys.readouterr()
        assert found == code, said.out + said.err
        assert (said.err == "") == (code == 0)
        assert "Traceback" not in said.err
        return " ".join(said.err.split()) if code else said.out

    return run


def start(run: Run, *words: str, code: int = 0, goal: tuple[str, ...] = NEAR) -> str:
    few = ("--initial", "5", "--batch-size", "3", "--seed", "11")
    return run("start", "s.json", "--candidates", "pool.csv", *GAP, *goal, *few, *words, code=code)


def fill(path: Path, truth: dict[str, float]) -> None:
    """Write values into the empty columns of a batch, as a person at the bench does."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {"gap": truth[row["formula"]]})


def picked(path: Path = Path("s.json")) -> list[str]:
    return [one.id for batch in load(path).batches for one in batch.suggestions]


# -- whole campaigns ---------------------------------------------------------------------------


def test_a_campaign_from_start_to_status(pool: Path, run: Run, truth: dict[str, float]) -> None:
    assert "closest to 1.34" in start(run, "--limit", "price=:15")
    assert "drawn at random" in run("suggest", "s.json", "--to", "batch.csv")
    fill(pool / "batch.csv", truth)
    assert run("record", "s.json", "--results", "batch.csv") == "recorded 5 values\n"
    said = run("suggest", "s.json", "--to", "batch.csv")
    assert re.search(r"mean eV +std eV +chance +why", said)
    assert "expected gain" in said
    assert "most like" in said
    first, second, third = picked()[5:]
    assert "recorded 1 value and 1 failure\n" in run(
        "record", "s.json", f"{first}={truth[first]} eV", "--failed", f"{second}=melted"
    )
    said = run("status", "s.json", "--to", "history.csv")
    for words in (
        f"failed: {second}",
        f"waiting     {third}",
        "cross-validated R²",
        "promises",
        "found",
    ):
        assert words in said
    best = min(load(Path("s.json")).measured, key=lambda r: abs((r.value or 0) - 1.34))
    assert f"best        {best.id}, " in said
    with (pool / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["formula"] for row in rows] == [*picked()[:5], first, second]
    assert float(rows[5]["gap"]) == truth[first]
    assert (rows[6]["gap"], rows[6]["failed"]) == ("", "melted")
    assert float(rows[5]["predicted std"]) > 0


def test_constraints_hold_and_can_be_changed(pool: Path, run: Run, truth: dict[str, float]) -> None:
    start(run, "--limit", "price=:10", "--without-elements", "S", "Se")
    run("suggest", "s.json")
    run("amend", "s.json", "--limit", "price=11:", "--without-elements", "none")
    run("record", "s.json", *(f"{name}={truth[name]}" for name in picked()))
    for _ in range(3):
        run("suggest", "s.json", "--more")
    price = dict(line.split(",") for line in (pool / "pool.csv").read_text().splitlines()[1:])
    prices = [float(price[name]) for name in picked()]
    assert max(prices[:5]) <= 10
    assert min(prices[5:]) >= 11
    assert not any("S" in re.findall("[A-Z][a-z]?", name) for name in picked()[:5])
    assert any("S" in re.findall("[A-Z][a-z]?", name) for name in picked()[5:])


def test_a_budget_is_spent_and_kept(pool: Path, run: Run, truth: dict[str, float]) -> None:
    start(run, "--cost", "price", "--budget", "75")
    run("suggest", "s.json")
    for _ in range(30):
        state = load(Path("s.json"))
        run("record", "s.json", *(f"{one.id}={truth[one.id]}" for one in state.waiting))
        code = main(["suggest", "s.json"])
        if code:
            break
    assert code == 1
    price = dict(line.split(",") for line in (pool / "pool.csv").read_text().splitlines()[1:])
    names = picked()
    total = sum(float(price[name]) for name in names)
    assert 75 - min(float(cost) for name, cost in price.items() if name not in names) < total <= 75


def test_a_batch_is_repeated_until_it_is_answered(pool: Path, run: Run) -> None:
    start(run)
    first = run("suggest", "s.json")
    before = (pool / "s.json").read_bytes()
    again = run("suggest", "s.json")
    assert "awaited" in again
    assert again.splitlines()[1:] == first.splitlines()[1:]
    assert (pool / "s.json").read_bytes() == before
    run("suggest", "s.json", "--more")
    assert len(set(picked())) == 8


@pytest.mark.parametrize(
    ("words", "strategy", "goal"),
    [
        (("--strategy", "ei"), Acquire(by="ei", batch="kriging_believer"), Goal()),
        (
            ("--strategy", "ucb", "--batch", "top_k"),
            Acquire(by="ucb", batch="top_k"),
            Goal(kind="minimise"),
        ),
        (("--strategy", "random"), RandomSearch(), Goal()),
        (("--strategy", "explore_then_exploit"), ExploreThenExploit(), Goal()),
        (
            ("--strategy", "pi", "--within", "0.1"),
            Improvement(by="pi", believe=False, within=0.1),
            Goal(kind="target", target=1.34),
        ),
    ],
)
def test_the_laboratory_picks_what_a_simulated_campaign_picks(
    pool: Path,
    run: Run,
    truth: dict[str, float],
    words: tuple[str, ...],
    strategy: Strategy,
    goal: Goal,
) -> None:
    """The same seed, candidates and answers: the same candidates in the same order."""
    flags = {"maximise": ("--maximise",), "minimise": ("--minimise",)}
    asked = flags.get(goal.kind, ("--closest-to", "1.34"))
    run(
        *("start", "s.json", "--candidates", "pool.csv", *GAP, *asked, *words),
        *("--initial", "6", "--batch-size", "3"),
        *("--seed", int(np.random.default_rng(3).integers(2**63))),
    )
    for _ in range(4):
        run("suggest", "s.json", "--to", "batch.csv")
        fill(pool / "batch.csv", truth)
        run("record", "s.json", "--results", "batch.csv")
    candidates = read_candidates(pool / "pool.csv", load(Path("s.json")).settings)
    result = run_campaign(
        candidates.pool,
        TableOracle(values=np.array([truth[name] for name in candidates.ids])),
        CampaignConfig(
            strategy=strategy,
            goal=goal,
            n_initial=6,
            batch_size=3,
            n_steps=3,
            refit_every=1,
            model=GaussianProcess(surrogate=Surrogate(kernel="matern12")),
        ),
        rng=np.random.default_rng(3),
        progress=False,
    )
    assert picked() == [candidates.ids[m.index] for m in result.measurements]


def test_fingerprints_and_plain_columns_work_too(pool: Path, run: Run) -> None:
    molecules = load_qm9_sample().iloc[::400]
    molecules[["smiles", "homo"]].to_csv("m.csv", index=False)
    lumo = dict(zip(molecules["smiles"], molecules["lumo"], strict=True))
    for state, features in (("a.json", ("--smiles", "smiles")), ("b.json", ("--features", "homo"))):
        run(
            *("start", state, "--candidates", "m.csv", "--id", "smiles", "--target", "lumo"),
            *("--maximise", "--initial", "5", *features),
        )
        run("suggest", state)
        run("record", state, *(f"{name}={lumo[name]!r}" for name in picked(Path(state))))
        assert "mean" in run("suggest", state)


def test_the_same_words_make_the_same_campaign(
    pool: Path, run: Run, truth: dict[str, float]
) -> None:
    contents = []
    for _ in range(2):
        start(run, "--strategy", "thompson")
        run("suggest", "s.json")
        run("record", "s.json", *(f"{name}={truth[name]}" for name in picked()))
        run("suggest", "s.json")
        state = json.loads((pool / "s.json").read_bytes())
        for entry in (*state["batches"], *state["results"]):
            entry.pop("when")
        state.pop("checksum")
        contents.append(state)
        (pool / "s.json").unlink()
    assert contents[0] == contents[1]


def test_results_of_old_count_and_replace_the_random_draw(
    pool: Path, run: Run, truth: dict[str, float]
) -> None:
    start(run)
    known = list(truth)[:5]
    run("record", "s.json", "--unasked", *(f"{name}={truth[name]}" for name in known))
    said = run("suggest", "s.json")
    assert "batch 1, ei" in said
    assert not set(picked()) & set(known)


def test_replicates_are_kept_and_told(pool: Path, run: Run, truth: dict[str, float]) -> None:
    start(run)
    run("suggest", "s.json")
    names = picked()
    run("record", "s.json", *(f"{name}={truth[name]}" for name in names))
    run("record", "s.json", "--replicate", f"{names[0]}={truth[names[0]] + 0.1}")
    assert re.search(r"replicates +standard deviation 0\.071 eV", run("status", "s.json"))
    assert len(load(Path("s.json")).measured) == 6


def test_the_order_of_the_table_changes_nothing_that_is_told(
    pool: Path, run: Run, truth: dict[str, float]
) -> None:
    start(run)
    run("record", "s.json", "--unasked", *(f"{n}={truth[n]}" for n in list(truth)[:12]))
    before = run("status", "s.json")
    first, *rows = (pool / "pool.csv").read_text().splitlines()
    (pool / "pool.csv").write_text("\n".join([first, *sorted(rows)]) + "\n")
    run("amend", "s.json", "--candidates", "pool.csv")
    after = run("status", "s.json").splitlines(keepends=True)
    assert "".join(line for line in after if not line.startswith("amended")) == before


def test_a_correction_keeps_what_it_corrects(pool: Path, run: Run, truth: dict[str, float]) -> None:
    start(run)
    run("suggest", "s.json")
    name = picked()[0]
    run("record", "s.json", f"{name}=99")
    run("record", "s.json", f"{name}=1.5", "--correct", "decimal point")
    state = load(Path("s.json"))
    assert [result.value for result in state.measured] == [1.5]
    assert [(r.value, r.withdrawn) for r in state.results] == [(99, "decimal point"), (1.5, "")]
    assert "nothing is recorded" in run(
        "record", "s.json", f"{picked()[1]}=1", "--correct", "x", code=1
    )


# -- slips -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("name,price\nGaAs,1\n", r"expected a column 'formula', found the columns name, price"),
        ("formula,price\nGaAs,1\nInP,2\nGaAs,3\n", r"line 4, column 'formula': 'GaAs' is a dupl"),
        ("formula,price\nGaAs,1\n,2\n", r"line 3, column 'formula': a candidate without a name"),
        ("formula,price\n", r"expected candidates below the first line"),
        ("formula,price\nGaAs,1\nGaXx,2\n", r"line 3, column 'formula': formula 'GaXx'"),
        ("formula,price\nGaAs,1\nInP,two\n", r"line 3, column 'price': expected a number"),
        ("formula,price\nGaAs,1\nInP,nan\n", r"line 3, column 'price': expected a number"),
        ("formula,price\nGaAs,1\nInP,-2\n", r"line 3, column 'price': expected a cost above 0"),
        ("formula,price\nGaAs,1\nGa2As2,2\n", r"all candidates have the same features"),
        ("formula,price\nGaAs,1\nInP\n", r"line 3: expected 2 cells"),
        ("Gaps of March\n\nformula,price\nGaAs,1\n", r"line 3: expected 1 cell, .*take out titles"),
        ("sep=,\nformula,price\nGaAs,1\n", r"line 1: expected the names of columns, found 'sep='"),
        ("formula,price\nGaAs,1\nIn\u200bP,2\n", r"line 3, .* holds something that cannot be seen"),
    ],
)
def test_a_bad_table_of_candidates_is_refused(pool: Path, run: Run, table: str, said: str) -> None:
    (pool / "pool.csv").write_text(table)
    assert re.search(said, start(run, "--cost", "price", code=1))
    assert not (pool / "s.json").exists()


def test_candidates_that_look_alike_are_told(pool: Path, run: Run) -> None:
    (pool / "pool.csv").write_text("formula,price\nGaAs,1\nAsGa,2\nInP,1\n")
    assert "cannot tell GaAs, AsGa apart" in start(run)
    (pool / "s.json").unlink()
    (pool / "pool.csv").write_text("formula,price,name\nCO,1,a\nCo,2,A\nInP,1,b\n")
    said = start(run)
    assert "capital letters" not in said, "CO and Co are no slip"
    assert "no model will be asked" in said, "three candidates, five at random"
    (pool / "s.json").unlink()
    assert "a, A differ in capital letters alone" in start(run, "--id", "name")
    (pool / "s.json").unlink()
    alike = [f"{symbol}{n},1" for symbol in ("Ga", "In", "Al", "Zn", "Cu") for n in (1, 2, 3)]
    (pool / "pool.csv").write_text("\n".join(["formula,price", *alike]) + "\n")
    said = start(run)
    assert said.count("cannot tell") == 3
    assert "and so in 2 other groups" in said


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--limit", "mass=1:2"), 1, "expected a column 'mass'"),
        (("--limit", "price=900:"), 1, "no candidate keeps to all constraints"),
        (("--limit", "price"), 1, "expected column=low:high"),
        (("--batch-size", "0"), 1, "expected 1 or more"),
        (("--batch-size", "few"), 2, "invalid int value"),
        (("--strategy", "luck"), 2, "invalid choice"),
        (("--maximise",), 2, "not allowed with"),
        (("--frobnicate",), 2, "unrecognized arguments"),
        (("--strategy", "ucb"), 1, "a value to come close to is sought by"),
    ],
)
def test_a_bad_start_is_refused(
    pool: Path, run: Run, words: tuple[str, ...], code: int, said: str
) -> None:
    assert said in start(run, *words, code=code)
    assert not (pool / "s.json").exists()


def test_a_campaign_is_not_begun_twice(pool: Path, run: Run) -> None:
    start(run)
    assert "there is a campaign already" in start(run, code=1)


def test_a_table_that_changed_is_refused_until_it_is_meant(pool: Path, run: Run) -> None:
    start(run)
    run("suggest", "s.json")
    text, name = (pool / "pool.csv").read_text(), picked()[0]
    state = (pool / "s.json").read_bytes()
    more = f"{text}Na7Cl,3\n"
    changes = {
        more: "expected 42 candidates, found 43",
        text.replace(f"\n{name},", f"\n{name}0.999,"): f"{name} differ or are gone",
        text.replace(",8\n", ",9\n", 1): "has changed since",
    }
    for changed, said in changes.items():
        (pool / "pool.csv").write_text(changed)
        for words in (("suggest",), ("record", f"{name}=1"), ("status",)):
            refused = run(words[0], "s.json", *words[1:], code=1)
            assert said in refused
            assert "amend" in refused
    assert (pool / "s.json").read_bytes() == state
    (pool / "pool.csv").write_text(text.replace("\n", "\r\n"))
    run("status", "s.json")  # other line ends are the same table
    (pool / "pool.csv").write_text(more)
    assert "43 candidates" in run("amend", "s.json", "--candidates", "pool.csv")
    run("record", "s.json", f"{name}=1")
    (pool / "pool.csv").write_text(more.replace(f"\n{name},", f"\n{name}0.999,"))
    assert "differ or are gone" in run("amend", "s.json", "--candidates", "pool.csv", code=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Unobtainium=1",), "'Unobtainium' is no candidate"),
        (("{0}=nan",), "expected a number, found 'nan'"),
        (("{0}=inf",), "expected a number"),
        (("{0}=many",), "expected a number, found 'many'"),
        (("{0}=1,5",), "as a point: 1.5"),
        (("{0}=1.5 meV",), "expected values in eV, found 'meV'"),
        (("{0}=1500meV",), "expected values in eV, found 'meV'"),
        (("{0}",), "expected id=value"),
        (("{0}=",), "expected id=value"),
        (("--failed", "{0}="), "expected id=reason"),
        (("--failed", "{0}=1.5"), "expected the reason of a failure in words"),
        (("{0}=1", "{0}=1"), "here twice"),
        (("{0}=1", "--failed", "{0}=broke"), "here twice"),
        (("{other}=1",), "never put forward"),
        ((), "found no result"),
    ],
)
def test_a_bad_result_is_refused_and_nothing_recorded(
    pool: Path, run: Run, truth: dict[str, float], words: tuple[str, ...], said: str
) -> None:
    start(run)
    run("suggest", "s.json")
    names = picked()
    other = next(name for name in truth if name not in names)
    state = (pool / "s.json").read_bytes()
    good = f"{names[1]}=2.0"
    filled = [word.format(*names, other=other) for word in words]
    assert said in run("record", "s.json", *([good, *filled] if words else []), code=1)
    assert (pool / "s.json").read_bytes() == state


def test_a_result_recorded_twice_asks_for_the_word(pool: Path, run: Run) -> None:
    start(run)
    run("suggest", "s.json")
    name, failing = picked()[:2]
    run("record", "s.json", f"{name}=1.5", "--failed", f"{failing}=broke")
    said = run("record", "s.json", f"{name}=1.6", code=1)
    assert "already recorded as 1.5" in said
    assert "--replicate" in said
    assert "--correct" in said
    assert "failed (broke)" in run("record", "s.json", f"{failing}=1", code=1)
    run("record", "s.json", f"{failing}=1", "--replicate")
    assert len(load(Path("s.json")).measured) == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{0},abc,,", r"line 2, column 'gap': expected a number, found 'abc'"),
        ("{0},nan,,", r"line 2, column 'gap': expected a number"),
        ("{0},1.5,broke,", r"has a value \(1\.5\) and a reason for failure"),
        ("{0},1.5,,meV", r"line 2, column 'unit': expected values in eV, found 'meV'"),
        ("Xx,1.5,,", r"'Xx' is no candidate"),
        ("{0},,,", r"found no result"),
    ],
)
def test_a_bad_table_of_results_is_refused(pool: Path, run: Run, row: str, said: str) -> None:
    start(run)
    run("suggest", "s.json")
    filled = row.format(*picked())
    (pool / "r.csv").write_text(f"formula,gap,failed,unit\n{filled}\n")
    assert re.search(said, run("record", "s.json", "--results", "r.csv", code=1))
    (pool / "r.csv").write_text("formula,eg\nGaAs,1\n")
    assert "expected a column 'gap'" in run("record", "s.json", "--results", "r.csv", code=1)


def test_a_name_may_hold_an_equals_sign(pool: Path, run: Run) -> None:
    (pool / "m.csv").write_text("smiles,x\nC=O,1\nCC,2\nC,4\n")
    run(
        *("start", "m.json", "--candidates", "m.csv", "--id", "smiles", "--smiles", "smiles"),
        *("--target", "lumo", "--maximise", "--initial", "2"),
    )
    run("record", "m.json", "--unasked", "C=O=0.5", "--failed", "CC=boiled at T=300")
    value, failure = load(Path("m.json")).results
    assert (value.id, value.value) == ("C=O", 0.5)
    assert (failure.id, failure.failure) == ("CC", "boiled at T=300")


def test_letters_that_look_alike_are_the_same(pool: Path, run: Run) -> None:
    """An accent in one character or two, a micro sign or a Greek mu: keyboards differ."""
    (pool / "p.csv").write_text("id,x\nK\N{LATIN SMALL LETTER A WITH DIAERESIS}se,1\nB,2\nC,4\n")
    run(
        *("start", "p.json", "--candidates", "p.csv", "--id", "id", "--features", "x"),
        *("--target", "size", "--unit", "\N{MICRO SIGN}m", "--maximise", "--initial", "2"),
    )
    run("record", "p.json", "--unasked", "Ka\N{COMBINING DIAERESIS}se=3\N{GREEK SMALL LETTER MU}m")
    assert [one.value for one in load(Path("p.json")).measured] == [3]


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        ("gap,Failed", ",broke", "found a column 'Failed', which would not be read"),
        ("gap,failed,Notes", "1.5,,wet", "found a column 'Notes', which would not be read"),
        ("gap,failed", ",1", "expected the reason of a failure in words, found '1'"),
        ("gap,failed", ",no", "expected the reason of a failure in words, found 'no'"),
        ("gap", "1e200", "expected a number, found '1e200'"),
        ("gap", "1.5\N{PLUS-MINUS SIGN}0.1", "expected a number, found '1.5"),
        ("gap", "\N{MINUS SIGN}1.5", "write the minus as a hyphen: -1.5"),
    ],
)
def test_what_a_spreadsheet_does_to_results_is_told(
    pool: Path, run: Run, header: str, row: str, said: str
) -> None:
    start(run)
    run("suggest", "s.json")
    state = (pool / "s.json").read_bytes()
    (pool / "r.csv").write_text(f"formula,{header}\n{picked()[0]},{row}\n")
    assert said in run("record", "s.json", "--results", "r.csv", code=1)
    assert (pool / "s.json").read_bytes() == state


def test_tables_of_a_spreadsheet_with_decimal_commas(
    pool: Path, run: Run, truth: dict[str, float]
) -> None:
    names = list(truth)[:8]
    rows = "".join(f"{name};{n},5\r\n" for n, name in enumerate(names, start=1))
    (pool / "pool.csv").write_text(f"formula;price\r\n{rows}", encoding="utf-8-sig", newline="")
    start(run, "--cost", "price", "--limit", "price=2:7.5")
    run("suggest", "s.json")
    first, second, third = picked()[:3]
    assert not {names[0], names[-1]} & set(picked())
    results = f"formula;gap;failed;note\r\n{first};1,34;;\r\n{second};0,5 eV;;1,5 h\r\n"
    (pool / "r.csv").write_text(results, encoding="utf-16")
    assert run("record", "s.json", "--results", "r.csv").startswith("recorded 2 values\n")
    state = load(Path("s.json"))
    assert [(one.value, one.note) for one in state.measured] == [(1.34, ""), (0.5, "1,5 h")]
    (pool / "r.csv").write_text(f"formula;gap;failed\n{third};;1,5\n", encoding="utf-8")
    assert "in words, found '1,5'" in run("record", "s.json", "--results", "r.csv", code=1)


def test_a_value_far_from_all_others_is_pointed_at(pool: Path, run: Run) -> None:
    start(run)
    run("suggest", "s.json")
    names = picked()
    said = run(
        "record", "s.json", *(f"{n}={v}" for n, v in zip(names, (1, 2, 3, 4.5), strict=False))
    )
    assert "far from" not in said
    said = run("record", "s.json", f"{names[4]}=1340")
    assert f"note: {names[4]}=1340 lies far from all others (1 to 4.5)" in said
    assert "far from" not in run("record", "s.json", f"{names[4]}=1.34", "--correct", "meV")


@pytest.mark.parametrize("name", ["failed", "Note", "unit", "why", "predicted mean", "formula", ""])
def test_a_target_is_not_named_like_another_column(pool: Path, run: Run, name: str) -> None:
    assert "--target: " in start(run, "--target", name, code=1)
    assert not (pool / "s.json").exists()


def test_no_column_of_a_batch_or_history_can_be_a_target(pool: Path, run: Run) -> None:
    start(run)
    run("suggest", "s.json", "--to", "b.csv")
    run("record", "s.json", f"{picked()[0]}=1")
    run("status", "s.json", "--to", "h.csv")
    columns = {name for path in ("b.csv", "h.csv") for name in read_table(pool / path).columns}
    assert columns == {"formula", "gap", *TAKEN}


def test_a_batch_that_cannot_be_written_out_is_kept(pool: Path, run: Run) -> None:
    start(run)
    said = run("suggest", "s.json", "--to", "nowhere/b.csv", code=1)
    assert "nothing was changed" not in said
    assert "The batch is kept in the state" in said
    names = picked()
    assert len(names) == 5
    run("suggest", "s.json", "--to", "b.csv")
    assert read_table(pool / "b.csv").column("formula") == names


def test_what_was_amended_is_kept_and_told(pool: Path, run: Run) -> None:
    start(run)
    run("suggest", "s.json")
    run("amend", "s.json", "--batch-size", "3")  # as it was
    assert load(Path("s.json")).amendments == ()
    run("amend", "s.json", "--batch-size", "2", "--without-elements", "Cd")
    (one,) = load(Path("s.json")).amendments
    assert (one.after, one.changed["batch_size"]) == (1, "3 to 2")
    assert re.search(r"amended +after 1 batch: .*batch_size 3 to 2", run("status", "s.json"))


@pytest.mark.parametrize("path", [".", "..", "x" * 300 + ".json"])
def test_a_path_that_is_no_file_is_refused(pool: Path, run: Run, path: str) -> None:
    start(run)
    for words in (("suggest", path), ("status", path), ("suggest", "s.json", "--to", path)):
        assert "matinf-campaign: " in run(*words, code=1)


@pytest.mark.skipif(sys.platform == "win32", reason="flock")
def test_a_folder_that_cannot_lock_is_not_called_busy(
    pool: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(run)

    def refuse(_handle: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    said = run("suggest", "s.json", code=1)
    assert "another matinf-campaign" not in said
    assert "No locks available" in said


class _Interrupted(ModuleType):
    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


def test_an_interruption_is_met_while_the_command_is_loaded(
    pool: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "matinf.active.laboratory.words"
    monkeypatch.setitem(sys.modules, words, _Interrupted(words))
    assert "interrupted" in run("status", "s.json", code=130)


def test_an_interrupted_write_leaves_nothing_behind(
    pool: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(run)
    before = (pool / "s.json").read_bytes()

    def interrupt(_handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    assert "as it was" in run("suggest", "s.json", code=130)
    assert (pool / "s.json").read_bytes() == before
    assert not (pool / ".s.json.new").exists()


def test_what_was_filled_in_is_not_written_over(
    pool: Path, run: Run, truth: dict[str, float]
) -> None:
    start(run)
    run("suggest", "s.json", "--to", "batch.csv")
    fill(pool / "batch.csv", truth)
    filled = (pool / "batch.csv").read_bytes()
    assert "not recorded" in run("suggest", "s.json", "--to", "batch.csv", code=1)
    assert (pool / "batch.csv").read_bytes() == filled
    run("record", "s.json", "--results", "batch.csv")
    for path in ("s.json", "pool.csv"):
        before = (pool / path).read_bytes()
        assert "belongs to the campaign" in run("suggest", "s.json", "--to", path, code=1)
        assert (pool / path).read_bytes() == before
    (pool / "letter.txt").write_text("Dear all\n")
    assert "another file" in run("suggest", "s.json", "--to", "letter.txt", code=1)


def test_the_state_and_its_table_move_together(pool: Path, run: Run) -> None:
    start(run)
    elsewhere = pool / "elsewhere"
    elsewhere.mkdir()
    for name in ("s.json", "pool.csv"):
        (pool / name).rename(elsewhere / name)
    assert "candidates" in run("status", "elsewhere/s.json")


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert main(["start", "--help"]) == 0
    assert "matinf-campaign" in capsys.readouterr().out
    assert main([]) == 2


def test_a_page_sees_refusals_where_it_sees_results(
    pool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign("status nothing.json")
    said = capsys.readouterr()
    assert "cannot be read" in " ".join(said.out.split())
    assert said.err == ""


# -- the power cut -----------------------------------------------------------------------------

# Dies at the n-th event of the operating system that has to do with the state's file, or in the
# middle of a write: what a power cut would do, at every place where it could matter.
DYING = """
import os, resource, signal, sys
moment, words = int(sys.argv[1]), sys.argv[2:]
from matinf.active.laboratory import main
events = 0
def watch(event, arguments):
    global events
    if event in ("open", "os.rename") and "s.json" in str(arguments[0]):
        events += 1
        if events == moment:
            os.kill(os.getpid(), signal.SIGKILL)
if moment == 0:
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
elif moment == -1:
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
else:
    sys.addaudithook(watch)
sys.exit(main(words))
"""


def process(*words: str) -> subprocess.Popen[str]:
    code = str(Path(__file__).parents[2] / "code")
    environment = os.environ | {"PYTHONPATH": code, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *words],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def died(moment: int, *words: str) -> tuple[int, str]:
    child = process("-c", DYING, str(moment), *words)
    said = child.communicate(timeout=120)[1]
    return child.returncode, " ".join(said.split())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_kill_leaves_the_old_state_or_the_new_one(
    pool: Path, run: Run, truth: dict[str, float]
) -> None:
    start(run)
    run("suggest", "s.json")
    names = picked()
    words = ["record", "s.json", *(f"{name}={truth[name]}" for name in names)]
    old = (pool / "s.json").read_bytes()
    outcomes = []
    for moment in range(9):
        code, said = died(moment, *words)
        if code == 0:
            outcomes.append("done")
            break
        assert code in (-signal.SIGKILL, -signal.SIGXFSZ), said
        n_measured = len(load(Path("s.json")).measured)
        assert n_measured in (0, len(names))
        outcomes.append("new" if n_measured else "old")
        if n_measured:
            (pool / "s.json").write_bytes(old)
    assert outcomes[-1] == "done"
    assert outcomes.count("old") >= 3
    # And from wherever it was killed, the same words end in the same campaign.
    assert len(load(Path("s.json")).measured) == len(names)
    run("suggest", "s.json")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_full_disk_is_told_and_changes_nothing(pool: Path, run: Run) -> None:
    start(run)
    before = (pool / "s.json").read_bytes()
    code, said = died(-1, "suggest", "s.json")
    assert code == 1
    assert "nothing was changed" in said
    assert "Traceback" not in said
    assert (pool / "s.json").read_bytes() == before
    assert sorted(path.name for path in pool.iterdir()) == ["pool.csv", "s.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_kill_at_any_time_costs_nothing(pool: Path, run: Run, truth: dict[str, float]) -> None:
    """A real process, killed after delays that chance upon loading, fitting and writing."""
    start(run)
    run("record", "s.json", "--unasked", *(f"{n}={truth[n]}" for n in list(truth)[:9]))
    for delay in (0.05, 0.6, 1.1, 1.4):
        child = process("-m", "matinf.active.laboratory", "suggest", "s.json")
        time.sleep(delay)
        child.kill()
        child.communicate(timeout=60)
        assert len(load(Path("s.json")).batches) in (0, 1)
    run("suggest", "s.json")
    assert len(picked()) == 3


# Holds the lock of the state, says so, and lets go when it is told to.
HOLDING = """
from pathlib import Path
from matinf.active.laboratory.files import locked
with locked(Path("s.json")):
    print("held", flush=True)
    input()
"""


@pytest.fixture
def holder(pool: Path, run: Run) -> Iterator[subprocess.Popen[str]]:
    """Another process that is changing the campaign."""
    start(run)
    child = process("-c", HOLDING)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate(timeout=60)


def test_two_at_once_are_kept_apart(pool: Path, run: Run, holder: subprocess.Popen[str]) -> None:
    before = (pool / "s.json").read_bytes()
    child = process("-m", "matinf.active.laboratory", "suggest", "s.json")
    assert "measured    0 cand" in run("status", "s.json"), "whoever reads need not wait"
    said = " ".join(child.communicate(timeout=120)[1].split())
    assert child.returncode == 1
    assert f"another matinf-campaign is changing it (process {holder.pid} " in said
    assert "Wait until that one has ended" in said
    assert (pool / "s.json").read_bytes() == before
    holder.kill()
    holder.wait(timeout=60)
    run("suggest", "s.json")  # the lock went with its holder
    assert len(picked()) == 5


def test_the_second_waits_for_the_first(
    pool: Path, run: Run, holder: subprocess.Popen[str]
) -> None:
    ended = threading.Timer(0.4, holder.communicate, ["\n"])
    ended.start()
    assert "drawn at random" in run("suggest", "s.json")
    ended.join()
    assert holder.returncode == 0
    assert not (pool / "s.json.lock").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_lock_of_the_dead_holds_nobody_up(pool: Path, run: Run) -> None:
    start(run)
    died(4, "suggest", "s.json")
    assert (pool / "s.json.lock").exists()
    run("suggest", "s.json")
