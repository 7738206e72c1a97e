"""The map of element pairs: every pair once, counts as given, blanks as blanks."""

import gzip

import numpy as np
import pandas as pd
import pytest

from matinf.figures.element_pairs import element_pairs, partners
from matinf.figures.elements import ELEMENTS
from matinf.figures.template import check_traces

ALT = "Matrix of all pairs of elements, coloured by how many compounds hold both."
SYMBOLS = ["O", "Fe", "Li", "La"]


def counts(**pairs: int) -> pd.DataFrame:
    table = pd.DataFrame(0, index=SYMBOLS, columns=SYMBOLS)
    for pair, count in pairs.items():
        a, b = pair.split("_")
        table.loc[a, b] = table.loc[b, a] = count
    return table


def test_each_pair_stands_once_in_chemical_order() -> None:
    fig = check_traces(element_pairs(counts(Fe_O=100, Li_O=10), alt=ALT))
    blank, measured = fig.data
    assert list(measured.y) == ["Li", "La", "Fe", "O"]
    z = np.asarray(measured.z, dtype=float)
    assert np.isfinite(z).sum() == 2
    assert z[3, 2] == pytest.approx(2)  # O with Fe: log10 of 100
    assert z[3, 0] == pytest.approx(1)
    assert measured.customdata[3, 2] == 100
    assert np.isfinite(np.asarray(blank.z, dtype=float)).sum() == 6 - 2


def test_the_headline_is_counted() -> None:
    said = [
        a.text for a in element_pairs(counts(Fe_O=1, Li_O=1, La_O=5), alt=ALT).layout.annotations
    ]
    assert "<b>50%</b> of pairs" in said
    assert "3 of 6" in said


def test_families_are_named_and_ruled() -> None:
    fig = element_pairs(counts(Fe_O=1), alt=ALT)
    said = [a.text for a in fig.layout.annotations]
    assert said[-4:] == ["alkali metals", "lanthanides", "transition metals", "chalcogens"]
    assert fig.layout.shapes[0].path.count("M") == 4


def test_the_diagonal_says_nothing() -> None:
    table = counts(Fe_O=1)
    table.loc["Fe", "Fe"] = 999
    measured = element_pairs(table, alt=ALT).data[1]
    assert measured.customdata.max() == 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (counts(), "all are 0"),
        (counts(Fe_O=-1), "negative"),
        (counts(Fe_O=1).rename(index={"O": "Xx"}, columns={"O": "Xx"}), "Xx"),
        (counts(Fe_O=1).iloc[::-1], "symmetric"),
        (counts(Fe_O=1).where(np.tri(4, dtype=bool), 7), "symmetric"),
    ],
    ids=["blank", "negative", "stranger", "order", "triangle"],
)
def test_what_is_no_table_of_pairs_is_refused(table: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        element_pairs(table, alt=ALT)


def test_a_full_table_stays_light() -> None:
    symbols = [s for s, e in ELEMENTS.items() if e.number <= 94]
    rng = np.random.default_rng(0)
    half = np.tril(rng.poisson(0.7, (94, 94)), -1)
    fig = element_pairs(pd.DataFrame(half + half.T, symbols, symbols), alt=ALT)
    fig.layout.template = None
    assert len(gzip.compress(fig.to_json().encode())) < 30_000


def test_partners_hold_the_counts_of_one_element() -> None:
    table = counts(Fe_O=100, Li_O=10, La_Fe=7)
    table.loc["O", "O"] = 999
    fig = check_traces(partners(table, "O"))
    blank, met = fig.data[:2]
    z = np.asarray(met.z, dtype=float)
    assert sorted(z[np.isfinite(z)]) == pytest.approx([1, 2])  # log10 of Li's 10 and Fe's 100
    said = " ".join(np.ravel(met.customdata).tolist())
    assert "iron</b> Fe, 26<br>100" in said
    assert "oxygen" not in said
    unmet = " ".join(np.ravel(blank.customdata).tolist())
    assert "lanthanum</b> La, 57<br>in no compound with O" in unmet
    assert (met.zmin, met.zmax) == pytest.approx((0, 2))  # of all pairs, whichever is shown
    assert fig.layout.shapes[0].name == "oxygen, with 2 of 3"
    assert "2 of 3 stand with it, most often Fe (100)" in fig.layout.meta["alt"]


def test_partners_are_as_many_traces_for_every_element() -> None:
    table = counts(Fe_O=100, Li_O=10, La_Fe=7)
    figures = [check_traces(partners(table, symbol)) for symbol in SYMBOLS]
    assert {len(fig.data) for fig in figures} == {4}


def test_partners_of_no_element_are_refused() -> None:
    with pytest.raises(ValueError, match="symbol of the table of counts, got 'Xe'"):
        partners(counts(Fe_O=1), "Xe")
    with pytest.raises(ValueError, match="La stands with none"):
        partners(counts(Fe_O=1), "La")
