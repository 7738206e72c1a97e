"""What the data cards count, counted again."""

from __future__ import annotations

import re
from pathlib import Path

from matinf import datasets

CARD = (Path(__file__).parents[2] / "data" / "README.md").read_text(encoding="utf-8")


def test_how_many_measured_gaps_are_closed_in_the_calculations() -> None:
    transport = datasets.load_dft_transport()
    seebeck = transport[["seebeck_p", "seebeck_n"]].abs()
    metallic = (seebeck < 50).all(axis=1).groupby(transport["formula"])
    measured = metallic.any().index.intersection(
        datasets.load_experimental_gaps()["formula"].unique()
    )
    counts = len(measured), metallic.any()[measured].sum(), metallic.all()[measured].sum()
    assert [int(n) for n in counts] == [
        int(re.search(pattern, " ".join(CARD.split()))[1])  # type: ignore[index]
        for pattern in (
            r"of the (\d+) spellings that also",
            r"gap, (\d+) have such",
            r"and (\d+) have no other",
        )
    ]


def test_how_many_metals_were_also_computed() -> None:
    computed = set(datasets.load_dft_transport()["formula"])
    n_both = datasets.load_metals()["formula"].isin(computed).sum()
    assert f"{n_both:,} of the 2,458 stand in the computed" in " ".join(CARD.split())
