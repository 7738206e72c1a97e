"""How good the small models of the page are, on the folds that the large ones were judged on."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matinf.features import SYMBOLS, fraction_matrix
from matinf.splits import Split
from matinf.studies import Study
from matinf.transfer.latent_variable_study import N_REPEATS, N_SPLITS, SEED, few, folds
from matinf.transfer.measured import distances, far_limit, measured_gaps
from matinf.transfer.small_model import FEW, WAYS, forest_of, small_bins, small_models
from matinf.transfer.tasks import load_target_task

_PARTS = tuple(product(WAYS, (FEW, 0), range(N_REPEATS)))


def small_part(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """One of the small models on the five folds of one draw; 0 samples stand for all."""
    way, size, repeat = _PARTS[number]
    seed = int(rng.integers(2**31))
    where = {"source": way, "size": size, "repeat": repeat}
    rows = []
    for fold, split in enumerate(folds()[repeat * N_SPLITS : (repeat + 1) * N_SPLITS]):
        found = small_scores(small_models(seed=seed)[way], few(split, size))
        rows.append(where | {"fold": fold} | found)
    return pd.DataFrame(rows)


def small_scores(model: Any, split: Split) -> dict[str, float]:
    """Errors (eV), shares held by the interval and its width (eV) on the test rows of a split."""
    target, (train, test) = load_target_task(), split
    model.fit(target.X[train], target.y[train])
    forest, inputs = forest_of(model, target.X[test])
    y, (low, high) = target.y[test], forest.intervals(inputs).T
    missed = np.abs(forest.predict(inputs) - y)
    held = ((low <= y) & (y <= high)).astype(float)
    far, gapped = _is_far(train, test), y > 0
    return {
        "n_train": train.size,
        "mae": missed.mean(),
        "tail": forest.tail_,
        "held": held.mean(),
        "held_metals": held[~gapped].mean(),
        "held_gapped": held[gapped].mean(),
        "width": (high - low).mean(),
        "width_gapped": (high - low)[gapped].mean(),
        "n_far": float(far.sum()),
        "mae_far": missed[far].mean() if far.any() else np.nan,
        "held_far": held[far].mean() if far.any() else np.nan,
    }


def _is_far(train: NDArray[np.intp], test: NDArray[np.intp]) -> NDArray[np.bool_]:
    levels = small_bins().levels(load_target_task().X)
    apart = distances(levels[test], levels[train]).min(axis=1)
    return np.asarray(apart > far_limit(levels[train]))


ELEMENTS = ("N", "O", "F", "Si", "P", "S", "Cl", "Ga", "As", "Se", "Te", "I")
"""Elements that are left out in turn, as if nobody had measured a compound of them."""
_LEFT_OUT = tuple(product(WAYS, ELEMENTS))


def element_part(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """One of the small models on all compounds of an element that it has never met."""
    way, element = _LEFT_OUT[number]
    fractions = fraction_matrix(measured_gaps().formulas[: len(load_target_task())])
    holds = fractions[:, [SYMBOLS.index(element)]].toarray()[:, 0] > 0
    split = (np.flatnonzero(~holds), np.flatnonzero(holds))
    model = small_models(seed=int(rng.integers(2**31)))[way]
    found = {"source": way, "element": element, "n_test": int(holds.sum())}
    return pd.DataFrame([found | small_scores(model, split)])


SMALL = Study(
    name="small-models",
    part=small_part,
    n_parts=len(_PARTS),
    seed=SEED,
    packages=("numpy", "scikit-learn"),
)
LEFT_OUT = Study(
    name="small-models-elements",
    part=element_part,
    n_parts=len(_LEFT_OUT),
    seed=SEED,
    packages=("numpy", "scikit-learn"),
)
STUDIES = (SMALL, LEFT_OUT)
