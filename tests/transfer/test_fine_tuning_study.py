"""The studies of fine-tuning: fair trials, folds without leaks, and parts computed again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.studies import load_study
from matinf.transfer import fine_tuning_study as study
from matinf.transfer.tasks import load_target_task


def test_settings_are_chosen_on_compositions_that_are_not_reported() -> None:
    choosing, reported = study.target_rows()
    assert len(choosing) == study.N_CHOOSING
    assert len(choosing) + len(reported) == len(load_target_task())
    assert not set(choosing.groups) & set(reported.groups)


def test_the_source_knows_no_composition_of_the_target() -> None:
    known, held = (set(task.groups) for task in (study.source().known, study.source().held))
    assert len(known) > 25_000
    assert len(held) == 3000
    assert not known & held
    assert not (known | held) & set(load_target_task().groups)


def test_folds_do_not_overlap_and_training_sets_are_nested() -> None:
    tested: set[str] = set()
    for fold in range(study.N_FOLDS):
        few, test = study.fold_rows(fold, 100)
        many, same = study.fold_rows(fold, 400)
        assert not tested & set(test.groups)
        tested |= set(test.groups)
        assert list(same.groups) == list(test.groups)
        assert list(many.groups[:100]) == list(few.groups)
        assert not set(many.groups) & set(test.groups)
    assert tested == set(study.target_rows()[1].groups)


def test_every_strategy_had_as_many_trials_and_the_best_was_taken() -> None:
    assert len({len(trials) for trials in study.TRIALS.values()}) == 1
    rates = [[trial["learning_rate"] for trial in trials] for trials in study.TRIALS.values()]
    assert all(tried == rates[0] for tried in rates)
    table = load_study("fine-tuning-settings")
    for strategy, settings in study.chosen_settings().items():
        of_it = table[table["strategy"] == strategy]
        trial = study.TRIALS[strategy].index(settings)
        means = of_it.groupby("trial")["error"].mean()
        assert means[trial] == means.min()


@pytest.fixture
def small() -> study.Comparison:
    rows = [
        {"fold": fold, "size": 25, "strategy": name, "error": error + 0.1 * fold, "source": 0.5}
        for fold in (1, 0, 2)  # in another order for one of the two
        for name, error in (("scratch", 0.9), ("full", 0.8))
    ]
    return study.Comparison(table=pd.DataFrame(rows))


def test_a_gain_is_paired_by_fold(small: study.Comparison) -> None:
    gain = small.gain("full", 25)
    assert gain.estimate == pytest.approx(0.1)
    assert gain.width == pytest.approx(0, abs=1e-12)
    assert small.interval("full", 25).estimate == pytest.approx(0.9)
    assert small.interval("full", 25).width > 0.2
    assert small.interval("full", 25, column="source").estimate == 0.5
    assert small.sizes("full") == [25]


def test_what_was_not_measured_is_named(small: study.Comparison) -> None:
    with pytest.raises(ValueError, match="frozen was not measured at 25 samples"):
        small.interval("frozen", 25)
    with pytest.raises(ValueError, match="scratch was not measured at 50 samples"):
        small.gain("full", 50)


def test_the_stored_comparison_is_whole() -> None:
    found = study.load_comparison()
    counts = found.table.groupby(["strategy", "size"])["fold"].nunique()
    assert (counts == study.N_REPEATS).all()
    assert found.sizes("scratch") == found.sizes("discriminative") == list(study.SIZES)
    parts = found.table[["error_metals", "error_gapped"]]
    between = found.table["error"].between(parts.min(axis=1), parts.max(axis=1))
    assert between.all()
    assert np.isfinite(found.table["error"]).all()
