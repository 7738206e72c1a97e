"""The counts of "What makes materials data different", on tables small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.background.materials_data import (
    combination_coverage,
    element_emphasis,
    is_phosphate,
    pair_counts,
    replicates,
    same_composition,
    share_kept,
    share_of_most_reported,
    share_of_multiples,
)

FORMULAS = ["GaAs", "GaInAs2", "InSb"]


def test_pairs_are_counted_once_per_compound() -> None:
    counts = pair_counts(FORMULAS)
    assert list(counts.columns) == ["Ga", "As", "In", "Sb"]  # by atomic number
    assert counts.loc["Ga", "As"] == counts.loc["As", "Ga"] == 2
    assert counts.loc["Ga", "Sb"] == 0
    assert counts.loc["In", "In"] == 2


@pytest.mark.parametrize(
    ("order", "seen", "possible"), [(1, 4, 4), (2, 4, 6), (3, 1, 4), (4, 0, 1)]
)
def test_combinations_are_those_inside_compounds(order: int, seen: int, possible: int) -> None:
    coverage = combination_coverage(FORMULAS, order=order)
    assert (coverage.seen, coverage.possible) == (seen, possible)
    assert coverage.share == seen / possible


@pytest.mark.parametrize("order", [0, 5])
def test_an_order_that_cannot_be_is_refused(order: int) -> None:
    with pytest.raises(ValueError, match="1 to 4 elements"):
        combination_coverage(FORMULAS, order=order)


def test_emphasis_is_the_ratio_of_shares() -> None:
    emphasis = element_emphasis(["ZnO", "ZnS", "NaCl"], ["ZnO", "MgO", "CaO", "NaCl"])
    assert emphasis.ratio["Zn"] == pytest.approx((2 / 3) / (1 / 4))
    assert emphasis.ratio["O"] == pytest.approx((1 / 3) / (3 / 4))
    assert not {"S", "Mg"} & set(emphasis.ratio.index)  # in one set only
    over, under = emphasis.extremes(1)
    assert (over, under) == (["Zn"], ["O"])


def test_rare_elements_are_no_extremes() -> None:
    emphasis = element_emphasis(["ZnO"] * 99 + ["XeO3"] * 1, ["ZnO"] * 995 + ["XeO3"] * 5)
    assert emphasis.ratio["Xe"] == pytest.approx(2)
    over, under = emphasis.extremes(3)
    assert "Xe" not in over + under


def test_share_of_the_most_reported() -> None:
    assert share_of_most_reported([1] * 9 + [11], top=0.1) == pytest.approx(11 / 20)
    assert share_of_most_reported([3, 1], top=1) == 1
    with pytest.raises(ValueError, match="above 0"):
        share_of_most_reported([1], top=0)


def test_multiples_survive_binary_fractions() -> None:
    assert share_of_multiples([0.3, 1.7, 2.0, 1.55], step=0.1) == 0.75


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("LiMnPO4", True),
        ("Na3PO4", True),
        ("LiPO3", True),
        ("Na8PO3", False),
        ("Li3P", False),
        ("SiO2", False),
        ("La2P2O", False),
    ],
)
def test_phosphates(formula: str, expected: bool) -> None:
    assert is_phosphate(formula) is expected


def test_one_composition_has_one_spelling() -> None:
    assert list(same_composition(["V2O4", "GaAs", "VO2", "AsGa"])) == ["V2O4", "GaAs"] * 2


def test_kept_shares_are_of_compositions_however_they_are_spelled() -> None:
    reported = ["V2O4", "GaAs", "VO2", "ZnO", "MgO", "OZn"]  # VO2 and ZnO twice, two others once
    kept = share_kept(reported, ["VO2", "AsGa", "NaCl"])
    assert kept.to_dict() == {1: 0.5, 2: 0.5}


def test_replicates_are_judged_by_their_others() -> None:
    formulas = ["V2O4", "VO2", "ZnO", "ZnO", "ZnO", "GaAs"]
    found = replicates(formulas, [0.4, 0.7, 3.0, 3.3, 3.6, 1.4], rng=np.random.default_rng(0))
    assert found.errors == pytest.approx([-0.3, 0.3, -0.45, 0.0, 0.45])
    assert found.floor.estimate == pytest.approx(0.3)
    assert found.counts.to_dict() == {"ZnO": 3, "V2O4": 2}
    assert found.spreads.to_dict() == pytest.approx({"ZnO": 0.6, "V2O4": 0.3})
    assert found.floor.low <= found.floor.estimate <= found.floor.high
