"""What was measured of transfer is stored whole, and a part of it is computed again here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.model_selection import KFold

from matinf.transfer.evaluation import cross_validated
from matinf.transfer.tasks import load_target_task

STORED = Path(__file__).parents[2] / "benchmarks" / "results" / "transfer.json"


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    return json.loads(STORED.read_text(encoding="utf-8"))


def runs(stored: dict[str, Any], name: str) -> list[float]:
    return next(m["runs"] for m in stored["measurements"] if m["name"] == name)


def test_the_same_folds_give_the_stored_errors_again(stored: dict[str, Any]) -> None:
    trees = ExtraTreesRegressor(n_estimators=100, max_features=0.3, n_jobs=2)
    target, made = load_target_task(), stored["made"]
    folds = KFold(5, shuffle=True, random_state=made["fold_seed"]).split(target.X)
    rng = np.random.default_rng(made["seed"])
    found = cross_validated({"extra trees": trees}, target, splits=list(folds), rng=rng)
    np.testing.assert_allclose(
        found.errors("extra trees")[0], runs(stored, "each fold: extra trees"), atol=1e-3
    )


def test_every_method_was_tested_in_the_same_number_of_folds(stored: dict[str, Any]) -> None:
    folds = [m["runs"] for m in stored["measurements"] if m["name"].startswith("each fold:")]
    assert len(folds) == 12
    assert {len(errors) for errors in folds} == {5}


def test_what_is_said_of_the_folds_follows_from_them(stored: dict[str, Any]) -> None:
    forest = np.mean(runs(stored, "each fold: random forest"))
    assert runs(stored, "random forest, off the published 0.446 eV") == pytest.approx(
        [abs(forest - 0.446)]
    )
    means = [m for m in stored["measurements"] if m["name"].startswith("mean of folds: ")]
    assert means
    for measured in means:
        name = measured["name"].removeprefix("mean of folds: ")
        assert measured["runs"] == pytest.approx([np.mean(runs(stored, f"each fold: {name}"))])
