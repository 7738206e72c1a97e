"""The studies of fine-tuning: how settings were chosen, and what was measured with them.

Settings are chosen on compositions that the comparison never sees, by the same number of trials
for every strategy: a rival that was not tuned is no rival. The comparison then tests on folds
that do not overlap, each with a pre-trained network, training samples and seeds of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from quantile_forest import ExtraTreesQuantileRegressor

from matinf.splits import grouped_folds
from matinf.studies import Study, load_study
from matinf.transfer.fine_tuning import FineTunedRegressor
from matinf.transfer.fine_tuning_results import N_FOLDS
from matinf.transfer.fine_tuning_results import Comparison as Comparison
from matinf.transfer.fine_tuning_results import load_comparison as load_comparison
from matinf.transfer.forgetting import (
    DividedSource,
    divided,
    median_error,
    reread_source_error,
    source_error,
)
from matinf.transfer.network import TrainedNetwork
from matinf.transfer.pretraining import pretrain
from matinf.transfer.tasks import TargetTask, load_source_task, load_target_task
from matinf.transfer.training import TrainingConfig

SEED = 2026
SIZES = (25, 50, 100, 200, 400, 1000, 2000)
N_REPEATS = 20  # folds that are computed
N_CHOOSING = 1000  # compositions that settings are chosen on
PRETRAINING = TrainingConfig(max_epochs=40)
Settings = Mapping[str, Any]


RATES = (2e-3, 5e-3, 1e-2, 2e-2)
TRIALS: Mapping[str, tuple[Settings, ...]] = {
    name: tuple(
        {**fixed, "learning_rate": rate, key: value} for rate, value in product(RATES, values)
    )
    for name, fixed, key, values in (
        ("scratch", {}, "weight_decay", (1e-2, 1e-1)),
        ("frozen", {"n_frozen": 3}, "weight_decay", (1e-2, 1e-1)),
        ("full", {}, "weight_decay", (1e-2, 1e-1)),
        ("discriminative", {}, "layer_decay", (0.3, 0.5)),
    )
}
"""Settings that were tried: eight for each strategy, the same learning rates for all.

At a rate of 0.03 networks trained from scratch break down now and then, with 400 samples and more;
it is left out in their favour.
"""


@cache
def target_rows() -> tuple[TargetTask, TargetTask]:
    """The target task in two: rows that settings are chosen on, and rows that are reported."""
    target = load_target_task()
    order = np.random.default_rng(SEED).permutation(len(target))
    return target.rows(np.sort(order[:N_CHOOSING])), target.rows(np.sort(order[N_CHOOSING:]))


@cache
def source() -> DividedSource:
    """Computed transport without any of the target's compositions; a part held back."""
    rest = load_source_task().without(load_target_task().groups)
    return divided(rest, rng=np.random.default_rng(SEED))


@lru_cache(maxsize=2)
def pretrained_network(number: int) -> TrainedNetwork:
    """One of many pre-trained networks: other weights, another order, another validation split."""
    rng = np.random.default_rng([SEED, 3, number])
    return pretrain(source().known, rng=rng, config=PRETRAINING)


def _estimator(strategy: str, settings: Settings, start: TrainedNetwork) -> FineTunedRegressor:
    return FineTunedRegressor(
        pretrained=None if strategy.startswith("scratch") else start, **settings
    )


# -- choosing settings -------------------------------------------------------------------------

CHOOSING_SIZES = (25, 100, 400)


def trials(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Error of every trial in one repeat at one size, on the rows for choosing."""
    repeat, column = divmod(number, len(CHOOSING_SIZES))
    rows, size = target_rows()[0], CHOOSING_SIZES[column]
    start = pretrained_network(1000 + repeat)
    order = np.random.default_rng([SEED, 4, repeat]).permutation(len(rows))
    train, test = rows.rows(order[500 : 500 + size]), rows.rows(order[:500])
    seed = int(rng.integers(2**31))
    return pd.DataFrame(
        [
            {
                "repeat": repeat,
                "size": size,
                "strategy": strategy,
                "trial": trial,
                "error": _error(_estimator(strategy, settings, start), train, test, seed=seed),
            }
            for strategy, several in TRIALS.items()
            for trial, settings in enumerate(several)
        ]
    )


def _error(model: Any, train: TargetTask, test: TargetTask, *, seed: int) -> float:
    model.set_params(random_state=seed).fit(train.X, train.y)
    return float(np.abs(model.predict(test.X) - test.y).mean())


@cache
def chosen_settings() -> dict[str, dict[str, Any]]:
    """For each strategy the trial with the least mean error over sizes, from the stored study."""
    table = load_study("fine-tuning-settings")
    means = table.groupby(["strategy", "trial"])["error"].mean()
    return {
        strategy: dict(several[int(means[strategy].idxmin())])
        for strategy, several in TRIALS.items()
    }


# -- comparing strategies ----------------------------------------------------------------------

EARLY: Settings = {"early_stopping": True}
SMALL = 200  # the largest size at which early stopping is measured
LARGE = 2000  # beyond the question asked: two strategies and the trees alone
TREES = "trees"  # as the page on latent variables uses them, without transfer


def _strategies(size: int) -> dict[str, Settings]:
    """What is fitted at one size: its settings by name."""
    settings = chosen_settings()
    main: dict[str, Settings] = {name: settings[name] for name in ("scratch", "discriminative")}
    if size >= LARGE:
        return main
    stopped = {f"{name}, early": {**of, **EARLY} for name, of in main.items() if size <= SMALL}
    return {**settings, **stopped}


def compared(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Error of each strategy on target and source, in one fold at one size."""
    fold, column = divmod(number, len(SIZES))
    train, test = fold_rows(fold, SIZES[column])
    start = pretrained_network(fold)
    seed = int(rng.integers(2**31))
    trees = ExtraTreesQuantileRegressor(100, max_features=0.3)
    models = {TREES: trees} | {
        name: _estimator(name, settings, start)
        for name, settings in _strategies(SIZES[column]).items()
    }
    rows = [
        {"strategy": name, **_errors(model, train, test, seed=seed), **_forgotten(model)}
        for name, model in models.items()
    ]
    return pd.DataFrame(rows).assign(fold=fold, size=SIZES[column], **_remembered(start))


def _errors(model: Any, train: TargetTask, test: TargetTask, *, seed: int) -> dict[str, float]:
    """Mean absolute error on all test rows, on metals and on the others, eV."""
    model.set_params(random_state=seed).fit(train.X, train.y)
    missed, metal = np.abs(model.predict(test.X) - test.y), test.y == 0
    parts = {"error": missed, "error_metals": missed[metal], "error_gapped": missed[~metal]}
    return {name: float(values.mean()) for name, values in parts.items() if values.size}


def fold_rows(fold: int, size: int) -> tuple[TargetTask, TargetTask]:
    """Training and test rows of one fold; the larger training set holds the smaller."""
    rows = target_rows()[1]
    rng = np.random.default_rng([SEED, 5])
    train, test = list(grouped_folds(rows.groups, n_splits=N_FOLDS, rng=rng))[fold]
    drawn = np.random.default_rng([SEED, 6, fold]).permutation(train)[:size]
    return rows.rows(drawn), rows.rows(test)


def _forgotten(model: Any) -> dict[str, float]:
    """Error on the source after fine-tuning, under its old head and under a new one."""
    before = getattr(model, "pretrained_", None)
    if before is None:
        return {}
    return {
        "source": source_error(model.network_, before, source().held),
        "source_reread": reread_source_error(model.network_, before, source()),
    }


def _remembered(start: TrainedNetwork) -> dict[str, float]:
    """Error on the source before fine-tuning, likewise, and that of saying the median."""
    return {
        "before": source_error(start, start, source().held),
        "before_reread": reread_source_error(start, start, source()),
        "median": median_error(start, source()),
    }


def without_metals(fold: int, rng: np.random.Generator) -> pd.DataFrame:
    """Errors where train and test hold no metal: is it knowledge that helps, or the balance?"""
    train, test = (rows.rows(rows.y > 0) for rows in fold_rows(fold, 400))
    start, seed = pretrained_network(fold), int(rng.integers(2**31))
    rows = []
    for name in ("scratch", "discriminative"):
        model = _estimator(name, chosen_settings()[name], start)
        error = _errors(model, train, test, seed=seed)["error"]
        rows.append({"fold": fold, "strategy": name, "n_train": len(train), "error": error})
    return pd.DataFrame(rows)


_PACKAGES = ("numpy", "quantile-forest", "scikit-learn", "torch")
STUDIES = (
    Study(
        name="fine-tuning-settings",
        part=trials,
        n_parts=3 * len(CHOOSING_SIZES),
        packages=_PACKAGES,
    ),
    Study(name="fine-tuning", part=compared, n_parts=N_REPEATS * len(SIZES), packages=_PACKAGES),
    Study(
        name="fine-tuning-non-metals", part=without_metals, n_parts=N_REPEATS, packages=_PACKAGES
    ),
)
