"""What the data cards say is what the loaders read, and every card is on its page."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from matinf import datasets
from matinf.data_cards import LOADERS, describe_columns, overview, printed

ROOT = Path(__file__).parents[1]
CARDS = (ROOT / "data" / "README.md").read_text(encoding="utf-8")


def test_overview_counts_what_is_loaded() -> None:
    table = overview()
    gaps, elements = datasets.load_experimental_gaps(), datasets.load_elements()
    assert table.loc["experimental_gaps.csv", "Rows"] == len(gaps)
    assert table.loc["elements.csv", "Columns"] == elements.shape[1]
    missing = 100 * elements.isna().to_numpy().mean()
    assert table.loc["elements.csv", "Missing (%)"] == pytest.approx(missing)
    assert 0 < missing < 100
    assert set(table.index) == set(datasets.checksums())


def test_columns_are_described_in_their_units() -> None:
    gaps = pd.DataFrame({"formula": ["Si", "Si", "Ge"], "gap": [1.1, 1.2, np.nan]})
    table = describe_columns(gaps)
    assert table["Unit"].to_dict() == {"formula": "", "gap": "eV"}
    assert list(table["Missing"]) == [0, 1]
    assert list(table["Different"]) == [2, 2]
    assert table.loc["gap", ["Least", "Median", "Largest"]].tolist() == [1.1, 1.15, 1.2]
    assert table.loc["formula", ["Least", "Median", "Largest"]].isna().all()


def test_a_summary_is_printed_for_reading() -> None:
    table = pd.DataFrame(
        {"n": [47737, -3], "x": [1234.567, np.nan], "u": ["x-y", ""]}, index=["a", "b"]
    )
    text = printed(table.rename_axis("name"))
    assert text.loc["a"].tolist() == ["47,737", "1,235", "x-y"]
    assert text.loc["b"].tolist() == ["−3", "", ""]
    assert text.index.name is None


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(KeyError, match="colour"):
        describe_columns(pd.DataFrame({"colour": ["red"]}))


@pytest.mark.parametrize("name", LOADERS)
def test_the_card_gives_the_rows_that_are_loaded(name: str) -> None:
    line = re.search(rf"^\| \[`{re.escape(name)}`\].*$", CARDS, flags=re.MULTILINE)
    assert line
    rows = int(line[0].split("|")[3].replace(",", ""))
    assert rows == len(LOADERS[name]())


def test_every_card_is_on_the_page() -> None:
    page = (ROOT / "book" / "appendix" / "data-cards.md").read_text(encoding="utf-8")
    cards = re.findall(r"^## (.+)$", CARDS, flags=re.MULTILINE)
    included = re.findall(r'^:start-after: "## (.+)"$', page, flags=re.MULTILINE)
    assert [card for card in cards if card != "Checksums"] == included
    ends = re.findall(r'^:end-before: "## (.+)"$', page, flags=re.MULTILINE)
    assert ends == cards[1:]
