"""Splits keep relatives apart, and intervals are their closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.background import evaluating_models as em
from matinf.features import element_fractions, magpie_features

FORMULAS = [f"{a}{b}" for a in ("Ga", "In", "Al", "Zn", "Cd") for b in ("P", "As", "Sb", "S", "Se")]
REPLICATED = [*FORMULAS, *FORMULAS, "Ga2S3", "In2Se3", "Al2Se3"]


@pytest.fixture(scope="module")
def held() -> tuple[dict[str, np.ndarray], dict[str, tuple[np.ndarray, np.ndarray]]]:
    formulas = REPLICATED * 2  # more rows than the 30 clusters need
    X = magpie_features(formulas).to_numpy() + np.random.default_rng(0).normal(
        0, 1e-3, (len(formulas), 138)
    )
    rng = np.random.default_rng(1)
    groups = em.relatives(X, formulas, rng=rng)
    return groups, em.hold_back(groups, element_fractions(formulas), rng=rng)


def test_every_split_is_a_partition(held: tuple) -> None:
    for train, test in held[1].values():
        assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(2 * 53))
        assert test.size > 0


@pytest.mark.parametrize("way", ["compositions", "chemical systems", "clusters"])
def test_no_group_is_on_both_sides(held: tuple, way: str) -> None:
    groups, splits = held
    train, test = splits[way]
    assert not set(groups[way][train]) & set(groups[way][test])


def test_the_split_by_rows_does_put_replicates_on_both_sides(held: tuple) -> None:
    groups, splits = held
    train, test = splits["rows"]
    assert set(groups["compositions"][train]) & set(groups["compositions"][test])


def test_elements_held_back_are_in_no_training_row() -> None:
    fractions = element_fractions(REPLICATED)
    train, test = em.hold_back_elements(fractions, share=0.3, rng=np.random.default_rng(2))
    present = fractions.to_numpy() > 0
    new = present[test].any(axis=0) & ~present[train].any(axis=0)
    assert present[test][:, new].any(axis=1).all()
    assert 0 < test.size <= 0.3 * len(REPLICATED)


def test_an_element_in_every_row_cannot_be_held_back() -> None:
    fractions = element_fractions(["GaAs", "GaP"])
    with pytest.raises(ValueError, match="no element is in 20% of the rows"):
        em.hold_back_elements(fractions, share=0.2, rng=np.random.default_rng(0))


def test_compare_splits_gives_every_way_and_repeats_itself() -> None:
    formulas = REPLICATED * 2
    X = magpie_features(formulas).to_numpy() + np.random.default_rng(0).normal(
        0, 1e-3, (len(formulas), 138)
    )
    y = np.random.default_rng(1).random(len(formulas))
    first, second = (
        em.compare_splits(X, y, formulas, n_repeats=2, n_trees=3, rng=np.random.default_rng(7))
        for _ in range(2)
    )
    assert first.ways == ["rows", "compositions", "chemical systems", "clusters", "elements"]
    pd.testing.assert_frame_equal(first.errors, second.errors)
    assert first.errors.shape == (2, 5)
    values = first.errors["compositions"] - first.errors["rows"]
    assert first.difference("compositions", "rows").estimate == pytest.approx(values.mean())
