"""Stored studies are read as they are; what they are worth is known where it is made up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.repeats import corrected_interval
from matinf.studies import load_study
from matinf.transfer.evaluation import LearningCurves
from matinf.transfer.latent_variable_results import (
    FoldStudy,
    fold_study,
    learning_curves,
    our_rows,
    output_errors,
    source_changes,
    worth,
)
from matinf.transfer.latent_variable_study import BEST, FOREST, SOURCES
from matinf.transfer.published import PUBLISHED


def test_learning_curves_are_those_of_the_study() -> None:
    curves = learning_curves(FOREST)
    table = load_study("latent-variable-curve")
    assert curves.sizes.tolist()[:4] == [25, 50, 100, 200]
    assert np.all(np.diff(curves.sizes) > 0)
    assert set(curves.errors) == {"none", "removed", "all"}
    for source in curves.errors:
        chosen = (table["source"] == source) & (table["method"] == FOREST) & (table["size"] == 200)
        stored = table[chosen].sort_values("repeat")["mae"]
        np.testing.assert_array_equal(curves.errors[source][:, 3], stored)
    metals = learning_curves(FOREST, column="mae_metals")
    assert not np.array_equal(metals.errors["none"], curves.errors["none"])
    with pytest.raises(ValueError, match="method: expected one of"):
        learning_curves("a method of no study")


def test_worth_is_read_from_a_power_law() -> None:
    sizes = np.array([25, 100, 400, 1600])
    plain = np.tile(2.0 * sizes**-0.5, (6, 1))
    curves = LearningCurves(
        sizes=sizes, errors={"none": plain, "some": plain / 2, "lots": plain / 9}, test_share=0.2
    )
    same = worth(curves, "none", 100)
    assert (same.estimate, same.low, same.high) == pytest.approx((100, 100, 100))
    assert worth(curves, "some", 100).estimate == pytest.approx(400)  # half: four times
    assert worth(curves, "lots", 400).estimate == pytest.approx(1600)  # so many or more


def test_worth_is_as_uncertain_as_its_repeats() -> None:
    sizes = np.array([25, 100, 400, 1600])
    scale = np.exp(0.05 * np.random.default_rng(1).normal(size=(12, 1)))
    plain, reached = 2.0 * scale * sizes**-0.5, np.tile(sizes**-0.5, (12, 1))
    curves = LearningCurves(sizes=sizes, errors={"none": plain, "some": reached}, test_share=0.2)
    found = worth(curves, "some", 100)
    mean = corrected_interval(scale[:, 0], test_share=0.2)
    assert found.estimate == pytest.approx(400 * mean.estimate**2)
    half = mean.width / 2 / mean.estimate  # the worth goes with the square of the scale
    assert np.log(found.high / found.estimate) == pytest.approx(2 * half, rel=0.02)
    assert np.log(found.estimate / found.low) == pytest.approx(2 * half, rel=0.02)


@pytest.mark.parametrize(("source", "size"), [("some", 300), ("another", 100)])
def test_worth_of_what_is_not_in_the_curves_is_refused(source: str, size: int) -> None:
    curves = LearningCurves(
        sizes=np.array([100, 400]),
        errors={"none": np.ones((3, 2)), "some": np.ones((3, 2))},
        test_share=0.2,
    )
    with pytest.raises(ValueError, match="expected a source and a size of"):
        worth(curves, source, size)


def test_a_fold_study_pairs_folds() -> None:
    keys = [(r, f, s) for s in ("none", "all") for r in (0, 1) for f in (0, 1)]
    table = pd.DataFrame(keys, columns=["repeat", "fold", "source"])
    table["mae"] = [0.4, 0.5, 0.6, 0.7, 0.3, 0.4, 0.5, 0.6]
    study = FoldStudy(table=table.sample(frac=1, random_state=0))
    np.testing.assert_array_equal(study.values(source="none"), [0.4, 0.5, 0.6, 0.7])
    change = study.difference({"source": "all"}, {"source": "none"})
    assert (change.low, change.estimate, change.high) == pytest.approx((-0.1, -0.1, -0.1))
    expected = corrected_interval([0.4, 0.5, 0.6, 0.7], test_share=0.2)
    assert study.interval(source="none") == expected
    first = FoldStudy(table=table[(table["source"] == "none") | (table["repeat"] == 0)])
    fewer = first.difference({"source": "all"}, {"source": "none"})
    assert fewer == corrected_interval([0.3 - 0.4, 0.4 - 0.5], test_share=0.2)
    with pytest.raises(ValueError, match="expected one row per fold, got 0"):
        study.values(source="somewhere")
    with pytest.raises(ValueError, match="expected one row per fold, got 8"):
        study.values()


@pytest.mark.parametrize("size", [200, 0])
def test_rows_say_what_the_folds_say(size: int) -> None:
    study = fold_study("latent-variable-folds")
    rows = source_changes(size)
    assert {row.name for row in rows} == set(SOURCES) - {"none"}
    assert {row.kind for row in rows} == {FOREST, BEST}
    for row in rows:
        with_, without = (
            study.values(source=s, method=row.kind, size=size) for s in (row.name, "none")
        )
        assert row.interval.estimate == pytest.approx((with_ - without).dropna().mean())


def test_outputs_and_ours_are_sorted_and_named() -> None:
    rows = output_errors()
    estimates = [row.interval.estimate for row in rows]
    assert estimates == sorted(estimates)
    assert {"power factor", "Seebeck coefficient", "all ten", "no latent variable"} <= {
        r.name for r in rows
    }
    assert [row.kind for row in our_rows()] == ["none", "none", "removed", "all"]


def test_published_results_are_in_order_and_cited() -> None:
    from pathlib import Path

    assert [entry.mae for entry in PUBLISHED] == sorted(entry.mae for entry in PUBLISHED)
    book = Path(__file__).parents[2] / "book"
    references = (book / "references.bib").read_text(encoding="utf-8")
    page = (book / "transfer" / "latent-variable.md").read_text(encoding="utf-8")
    for entry in PUBLISHED:
        assert f"{{{entry.source}," in references
        assert entry.source in page
        assert entry.what in page
