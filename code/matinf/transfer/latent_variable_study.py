"""What latent variables are worth: studies over many splits, too long for a build.

Every study compares sources. The source model is the same, what it may see differs:

- ``"none"``: there is no source; features alone.
- ``"all"``: all computed compositions, those to be predicted among them.
- ``"test removed"``: all but those to be predicted; those trained on are remembered.
- ``"cross-fitted"``: the same, and what is trained on was predicted by models that had not seen
  it (``cross_fit`` of :class:`~matinf.transfer.latent_variable.LatentVariableRegressor`).
- ``"removed"``: no composition of the target task at all.

Latent values are made once for each source and put beside the features: the same numbers that
:class:`~matinf.transfer.latent_variable.LatentVariableRegressor` makes anew in each fit.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from quantile_forest import ExtraTreesQuantileRegressor
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestRegressor
from sklearn.metrics import r2_score

from matinf.splits import Split, grouped_folds
from matinf.studies import Study
from matinf.transfer.evaluation import repeated_folds
from matinf.transfer.stages import HurdleRegressor
from matinf.transfer.tasks import SourceTask, load_source_task, load_target_task

Matrix = NDArray[np.float64]

SEED = 2026
SOURCES = ("none", "all", "test removed", "cross-fitted", "removed")
SIZES = (25, 50, 100, 200, 400, 1000, 2000, 0)
"""Target samples to train on in the learning curve; 0 stands for all that are not tested on."""
N_SPLITS, N_REPEATS = 5, 2
TREES: dict[str, Any] = {"n_estimators": 100, "max_features": 0.3}
FOREST, BEST = "random forest", "metals first, then median"


def source_model(*, n_estimators: int = 30, seed: int = SEED) -> ExtraTreesRegressor:
    """Extra trees that predict all computed properties at once."""
    return ExtraTreesRegressor(n_estimators, max_features=0.3, random_state=seed)


def target_models(*, seed: int) -> dict[str, Any]:
    """Models of the measured gap, from what readers know to what does best.

    The forest looks at a third of the features in each split: a third of the time, and no
    larger an error than with all of them.
    """
    trees = TREES | {"random_state": seed}
    return {
        FOREST: RandomForestRegressor(100, max_features=1 / 3, random_state=seed),
        "extra trees": ExtraTreesRegressor(**trees),
        "extra trees, median": ExtraTreesQuantileRegressor(**trees),
        BEST: HurdleRegressor(ExtraTreesClassifier(**trees), ExtraTreesQuantileRegressor(**trees)),
    }


def scores(y: Matrix, predicted: Matrix, *, computed: NDArray[np.bool_]) -> dict[str, float]:
    """Mean absolute errors, eV: over all, by kind, by whether a calculation exists; and R²."""
    missed = np.abs(predicted - y)
    return {
        "mae": missed.mean(),
        "mae_metals": missed[y == 0].mean(),
        "mae_gapped": missed[y > 0].mean(),
        "mae_computed": missed[computed].mean(),
        "mae_not_computed": missed[~computed].mean(),
        "r2": r2_score(y, predicted),
    }


@cache
def transport() -> SourceTask:
    """All computed properties, each with mean 0 and standard deviation 1."""
    return load_source_task().standardised()


@cache
def is_computed() -> NDArray[np.bool_]:
    """Which compositions of the target are in the source, shape ``(n_target,)``."""
    return np.isin(load_target_task().groups, transport().groups)


@cache
def latent_without(left_out: tuple[tuple[int, int], ...] | None) -> Matrix:
    """Latent values of all target compositions, shape ``(n_target, 10)``.

    Args:
        left_out: Pairs of repeat and fold whose compositions the source model does not see;
            ``None`` leaves the whole target out.
    """
    target = load_target_task()
    hidden = np.full(len(target), left_out is None)
    for repeat, fold in left_out or ():
        hidden[folds()[repeat * N_SPLITS + fold][1]] = True
    source = transport().without(target.groups[hidden])
    return np.asarray(source_model().fit(source.X, source.y).predict(target.X))


@cache
def folds() -> list[Split]:
    """Folds that no model was chosen on: two draws of five."""
    rng = np.random.default_rng([SEED, N_SPLITS])
    return repeated_folds(
        load_target_task().groups, n_splits=N_SPLITS, n_repeats=N_REPEATS, rng=rng
    )


def latent(source: str, *, split: tuple[int, int] = (0, 0)) -> Matrix:
    """Latent values under one of :data:`SOURCES`, where ``split`` (repeat, fold) is tested on."""
    if source == "none":
        return np.empty((len(load_target_task()), 0))
    if source == "all":
        return latent_without(())
    if source == "removed":
        return latent_without(None)
    values = latent_without((split,))
    if source == "cross-fitted":
        values = values.copy()
        repeat, tested = split
        for fold in set(range(N_SPLITS)) - {tested}:
            pair = sorted([split, (repeat, fold)])
            rows = folds()[repeat * N_SPLITS + fold][1]
            values[rows] = latent_without(tuple(pair))[rows]
    return values


def fitted_scores(model: Any, inputs: Matrix, split: Split) -> dict[str, float]:
    """Fit a model to the training rows of a split and score it on the others."""
    y, (train, test) = load_target_task().y, split
    predicted = model.fit(inputs[train], y[train]).predict(inputs[test])
    return {"n_train": train.size} | scores(y[test], predicted, computed=is_computed()[test])


_CURVE = tuple(product(("none", "all", "removed"), range(12), SIZES))


def curve_part(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """One point of a learning curve: a source, a hold-out, a number of target samples."""
    source, repeat, size = _CURVE[number]
    target, seed = load_target_task(), int(rng.integers(2**31))
    ours = np.random.default_rng([SEED, N_SPLITS, repeat])  # the same for all sources and sizes
    train, test = next(grouped_folds(target.groups, n_splits=N_SPLITS, rng=ours))
    chosen = ours.permutation(train)[: size or None]
    inputs = np.hstack([target.X, latent(source)])
    models = target_models(seed=seed)
    where = {"source": source, "repeat": repeat, "size": size}
    rows = [
        where | {"method": name} | fitted_scores(models[name], inputs, (chosen, test))
        for name in (FOREST, BEST)
    ]
    return pd.DataFrame(rows)


_REPEATS = dict.fromkeys(SOURCES, N_REPEATS)
_REPEATS |= {"test removed": 1, "cross-fitted": 1}  # these need source models for every fold
_FOLDS = tuple(
    (source, *rest)
    for source in SOURCES
    for rest in product(range(_REPEATS[source]), range(N_SPLITS), (200, 0))
)


def folds_part(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """All models on one fold under one source, from 200 samples or from all."""
    source, repeat, fold, size = _FOLDS[number]
    split, seed = folds()[repeat * N_SPLITS + fold], int(rng.integers(2**31))
    inputs = np.hstack([load_target_task().X, latent(source, split=(repeat, fold))])
    where = {"source": source, "repeat": repeat, "fold": fold, "size": size}
    rows = [
        where | {"method": name} | fitted_scores(model, inputs, few(split, size))
        for name, model in target_models(seed=seed).items()
    ]
    return pd.DataFrame(rows)


def few(split: Split, size: int) -> Split:
    """The split with its first training rows in a fixed random order."""
    train, test = split
    return np.random.default_rng(SEED).permutation(train)[: size or None], test


_OUTPUTS = tuple(product(("all", "removed"), range(N_REPEATS), range(N_SPLITS)))


def outputs_part(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Which latent variables matter to 200 gaps: each pair, all ten, and these without features."""
    source, repeat, fold = _OUTPUTS[number]
    split, seed = folds()[repeat * N_SPLITS + fold], int(rng.integers(2**31))
    X, values = load_target_task().X, latent(source)
    names = [quantity.name for quantity in transport().quantities]
    inputs = {"no latent variable": X, "all ten": np.hstack([X, values]), "all ten alone": values}
    for n, name in enumerate(names[::2]):  # p and n stand side by side
        inputs[name.removesuffix("_p")] = np.hstack([X, values[:, 2 * n : 2 * n + 2]])
    where = {"source": source, "repeat": repeat, "fold": fold}
    model = target_models(seed=seed)["extra trees, median"]
    rows = [
        where | {"latent": given} | fitted_scores(model, matrix, few(split, 200))
        for given, matrix in inputs.items()
    ]
    return pd.DataFrame(rows)


_PACKAGES = ("numpy", "scikit-learn", "quantile-forest")
CURVE = Study(
    name="latent-variable-curve",
    part=curve_part,
    n_parts=len(_CURVE),
    seed=SEED,
    packages=_PACKAGES,
)
FOLDS = Study(
    name="latent-variable-folds",
    part=folds_part,
    n_parts=len(_FOLDS),
    seed=SEED,
    packages=_PACKAGES,
)
OUTPUTS = Study(
    name="latent-variable-outputs",
    part=outputs_part,
    n_parts=len(_OUTPUTS),
    seed=SEED,
    packages=_PACKAGES,
)
STUDIES = (CURVE, FOLDS, OUTPUTS)
