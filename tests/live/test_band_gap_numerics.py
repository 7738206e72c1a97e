"""Formulas, features and band gaps of the page are those of the package."""

from __future__ import annotations

import gzip
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from live.band_gap_cases import MODULES, laboratory
from matinf.datasets import load_dft_transport
from matinf.features import SYMBOLS, FormulaError, magpie_features, parse_formula
from matinf.live.band_gap_lab import ASSET
from matinf.live.modules import files_of
from matinf.transfer.measured import distances
from matinf.transfer.small_model import small_bins
from matinf.transfer.tasks import composition_keys
from matinf_book.assets import node_binary

SCRIPT = Path(__file__).with_name("band_gap.mjs")
N_FORMULAS, N_TEXTS = 500, 6000
ODD_NUMBERS = ("0", "00", "1.50", ".5", "5.", "1e3", "0.0000000001", "10000000000", "007", "2.")
ODD = [
    *("xx", "D", "Uuo", "A", "J", "q", "aa", "gaas", "NACL", "Ga As", "H2O", "SO4", "OH"),
    *("·", "*", "•", "∙", "⋅", ".", "..", ",", "-", "+", "−", "^2-", "⁺", "²", "①", "٣", "x", "'"),
    *(
        '"',
        "\\",
        "\n",
        "\t",
        "\u00a0",
        "\u200b",
        "\ufeff",
        "\x1c",
        "\x85",
        "\u3000",
        "é",
        "日",
        "😀",
    ),
    *("₀", "₂", "₁₂", "e", "δ", "/", "%", "=", "#", "?"),
    *("4.5 H2O", "3.7(H2O)", "2.6\u2009NH3", "(III)", "[\u00a0VI ]", "(V)", "(I)", "D2O", "T"),
]


def node(given: dict[str, Any]) -> Any:
    command = [str(node_binary()), "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", str(SCRIPT)]
    done = subprocess.run(
        command,
        input=json.dumps(given | {"modules": str(MODULES)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    return json.loads(done.stdout)


# -- formulas -------------------------------------------------------------------------------------


def texts() -> list[str]:
    """Formulas put together at random, most of them wrong somewhere, and real ones spoilt."""
    rng = np.random.default_rng(2026)
    real = laboratory().models.measured.formulas
    found = [str(text) for text in rng.choice(real, size=500, replace=False)]
    while len(found) < N_TEXTS:
        text = _made(rng) if rng.random() < 0.7 else _spoilt(str(rng.choice(real)), rng)
        found.append(text)
    return found


def _made(rng: np.random.Generator) -> str:
    pieces = [str(rng.choice(SYMBOLS)) for _ in range(4)] + list("()[]{}") + list("()")
    odd, share = [*ODD, *ODD_NUMBERS], rng.choice([0, 0.1, 0.4])
    text = ""
    for _ in range(rng.integers(0, 12)):
        if rng.random() < share:
            text += str(rng.choice(np.array(odd, dtype=object)))
        elif rng.random() < 0.3:
            text += str(round(float(rng.exponential(3)), int(rng.integers(0, 4))))
        else:
            text += str(rng.choice(pieces)) + " " * int(rng.random() < 0.1)
    return text


def _spoilt(text: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(0, len(text) + 1))
    kind = int(rng.integers(0, 4))
    if kind == 0:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + str(rng.choice(np.array(ODD, dtype=object))) + text[place:]
    if kind == 2:
        return text[:place] + text[place : place + 1].swapcase() + text[place + 1 :]
    return f"{rng.integers(0, 9)}{text}·{text}".replace("1", "(", int(rng.integers(0, 2)))


def read(text: str) -> dict[str, float] | str:
    """Amounts of a formula, or what the package says of it."""
    try:
        return parse_formula(text)
    except FormulaError as error:
        return error.problem


def test_the_page_reads_and_refuses_the_formulas_that_the_package_does() -> None:
    given = texts()
    found = node({"texts": given})["parsed"]
    n_read = 0
    for text, theirs in zip(given, found, strict=True):
        ours = read(text)
        if isinstance(ours, str):
            assert isinstance(theirs, dict), f"{text!r}: read as {theirs}"
            assert theirs["message"] == ours, repr(text)
            continue
        assert isinstance(theirs, list), f"{text!r}: {theirs}"
        assert [symbol for symbol, _ in theirs] == list(ours), repr(text)
        amounts = [amount for _, amount in theirs]
        np.testing.assert_allclose(amounts, list(ours.values()), rtol=1e-12)
        n_read += 1
    assert 1000 < n_read < len(given) - 1000
    kinds = {theirs["kind"] for theirs in found if isinstance(theirs, dict)}
    assert kinds == {
        *("ambiguous dot", "amount", "charge", "dot", "no element", "no open bracket", "nothing"),
        *("open bracket", "spelling", "two amounts"),
    }


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "nothing"),
        ("Ga()", "nothing"),
        ("Ca(OH", "open bracket"),
        ("CaOH)2", "no open bracket"),
        ("Xx2", "no element"),
        ("gaas", "spelling"),
        ("Fe3+", "charge"),
        ("CuSO4.5H2O", "ambiguous dot"),
        ("NiCl2.6 (NH3)", "ambiguous dot"),
        ("Fe(III)2O3", "charge"),
        ("Ga 2 3", "two amounts"),
        ("Ga0", "amount"),
    ],
)
def test_an_error_says_what_kind_it_is(text: str, kind: str) -> None:
    assert node({"texts": [text]})["parsed"][0]["kind"] == kind


def test_capitals_are_put_right_and_nothing_else_is_guessed() -> None:
    meant = {
        "gaas": "GaAs",
        "NACL": "NaCl",
        "tio2": "TiO2",
        "cspbi3": "CsPbI3",
        "cu2znsns4": "Cu2ZnSnS4",
        "caso4·2h2o": "CaSO4·2H2O",
        "no2": "NO2",
        "GaAs": None,
        "Qx": None,
        "Fe3+": None,
    }
    assert node({"misspelled": list(meant)})["respelled"] == list(meant.values())


def test_isotopes_are_written_as_their_element_and_nothing_else_is() -> None:
    meant = {
        "D2O": "H2O",
        "LiD": "LiH",
        "T2O": "H2O",
        "Dy2O3": None,
        "TiO2": None,
        "Dx": None,
    }
    assert node({"isotopes": list(meant)})["unlabelled"] == list(meant.values())


# -- features, gaps, neighbours -------------------------------------------------------------------


@cache
def formulas() -> list[str]:
    """Measured compounds, computed ones, and what nobody would make; some without data."""
    rng = np.random.default_rng(7)
    measured = rng.choice(laboratory().models.measured.formulas, size=200, replace=False)
    computed = rng.choice(load_dft_transport()["formula"].unique(), size=200, replace=False)
    made = []
    while len(made) < N_FORMULAS - 400:
        symbols = rng.choice(SYMBOLS[:98], size=rng.integers(1, 6), replace=False)
        made.append("".join(f"{s}{rng.exponential(3) + 0.01:.2f}" for s in symbols))
    return [*measured.tolist(), *computed.tolist(), *made]


@cache
def answered() -> Any:
    lab = laboratory()
    return node(
        {
            "models": json.loads(lab.assets[ASSET]),
            "formulas": formulas(),
            "sizes": lab.data["sizes"],
        }
    )


def problem(formula: str) -> str | None:
    """What the package lacks of a formula's elements."""
    try:
        magpie_features([formula])
    except FormulaError as error:
        return error.problem
    return None


@cache
def known() -> list[int]:
    """Numbers of the formulas whose elements all have data; the page refuses the others alike."""
    found = []
    for i, formula in enumerate(formulas()):
        theirs = answered()["features"][i]
        if (ours := problem(formula)) is None:
            found.append(i)
        else:
            assert theirs == {"kind": "no data", "message": ours}
    return found


def test_the_page_computes_the_features_of_the_package() -> None:
    assert len(known()) > 440
    ours = magpie_features([formulas()[i] for i in known()]).to_numpy()
    theirs = np.array([answered()["features"][i] for i in known()])
    np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("number", [0, 1])
def test_the_page_predicts_the_gaps_of_the_package(number: int) -> None:
    size = laboratory().data["sizes"][number]
    ours = laboratory().models.answers([formulas()[i] for i in known()], size=size)
    theirs = [answered()["answers"][number][i] for i in known()]
    for column in ours.columns:
        way, part = column.split()
        found = [answer[way][part] for answer in theirs]
        np.testing.assert_allclose(found, ours[column], rtol=0, atol=1e-6, err_msg=column)
    assert ours["none median"].nunique() > 20, "the models say more than one thing"
    assert (ours["none median"] != ours["removed median"]).mean() > 0.2


def test_the_page_finds_the_neighbours_of_the_package() -> None:
    models = laboratory().models
    measured, bins = models.measured, small_bins()
    asked = known()[::5]
    levels = bins.levels(magpie_features([formulas()[i] for i in asked]).to_numpy())
    others = bins.levels(magpie_features(measured.formulas).to_numpy())
    keys = composition_keys(measured.formulas)
    apart = distances(levels, others)
    for number, size in enumerate(laboratory().data["sizes"]):
        for row, i in enumerate(asked):
            answer = answered()["answers"][number][i]
            same = keys == composition_keys([formulas()[i]])[0]
            assert (answer["known"] is not None) == same.any()
            order = np.argsort(np.where(same, np.inf, apart[row]), kind="stable")[:5]
            assert [one["formula"] for one in answer["nearest"]] == measured.formulas[
                order
            ].tolist()
            nearest = apart[row][models.rows[size]].min()
            assert answer["distance"] == pytest.approx(nearest, abs=1e-9)
            assert answer["far"] == (nearest > models.far[size])


def test_what_was_measured_is_told_with_its_reports() -> None:
    models = laboratory().models
    lab = json.loads(laboratory().assets[ASSET])
    answers = node({"models": lab, "formulas": ["GaAs", "Ga2As2", "TiO2"], "sizes": [4619]})[
        "answers"
    ]
    disputed, again, task = (answer["known"] for answer in answers[0])
    assert disputed == again
    assert not disputed["inTask"]
    assert disputed["reports"] > 10
    assert disputed["high"] - disputed["low"] > 0.1
    assert task["inTask"]
    assert task["learned"]
    assert task["low"] == task["high"] == models.measured.low[models.measured.formulas == "TiO2"][0]


def test_elements_that_nobody_measured_are_named() -> None:
    lab = json.loads(laboratory().assets[ASSET])
    found = node({"models": lab, "formulas": ["PuO2", "KrF2", "SiO2"], "sizes": [4619]})["answers"]
    assert [answer["unseen"] for answer in found[0]] == [["Pu"], ["Kr"], []]


# -- weight -----------------------------------------------------------------------------


def test_models_and_modules_are_light() -> None:
    text = laboratory().assets[ASSET]
    assert len(gzip.compress(text.encode(), 6)) <= 300_000
    names = files_of("band-gap-lab.js")
    assert {"band-gap.js", "features.js", "formula.js"} <= names
    modules = [(MODULES / name).read_bytes() for name in names]
    assert sum(len(gzip.compress(module, 6)) for module in modules) <= 40_000


def test_reading_the_models_lets_the_page_breathe() -> None:
    assert answered()["breaks"] > 100
