"""Models of the band gap that fit into a web page, without and with latent variables.

The chapter's own way, smaller: a base model of the Seebeck coefficient that saw no composition of
the target task, 10 trees instead of 30; its two outputs beside the features; a quantile forest of
50 trees instead of 100. Both look at features in steps of a 255th of their range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.frozen import FrozenEstimator

from matinf.features import magpie_features
from matinf.transfer.binned_forest import Bins, LevelForest, Matrix
from matinf.transfer.gap_forest import GapForest
from matinf.transfer.latent_variable import LatentVariableRegressor
from matinf.transfer.measured import MeasuredGaps, far_limit, measured_gaps
from matinf.transfer.tasks import SourceTask, load_source_task, load_target_task

SEED = 2026
FEW = 200
OUTPUTS = ("seebeck_p", "seebeck_n")
WAYS = ("none", "removed")
"""Without transfer, and with calculations of other compounds than the measured ones."""


@cache
def small_source() -> SourceTask:
    """Computed Seebeck coefficients of compositions that are not in the target task."""
    target = load_target_task()
    return load_source_task(OUTPUTS).standardised().without(target.groups)


@cache
def small_bins() -> Bins:
    """Steps of the features, over the ranges of source and target. No gap goes into them."""
    return Bins.of(load_target_task().X, small_source().X)


@cache
def small_base() -> LevelForest:
    """The base model, fitted to :func:`small_source`: two seconds."""
    source = small_source()
    return LevelForest(small_bins(), random_state=SEED).fit(source.X, source.y)


def small_models(*, seed: int) -> dict[str, Any]:
    """A regressor of the gap for each of :data:`WAYS`.

    Args:
        seed: Seed of the trees.
    """
    bins = small_bins()
    beside = GapForest(bins.beside(len(OUTPUTS)), random_state=seed)
    return {
        "none": GapForest(bins, random_state=seed),
        "removed": LatentVariableRegressor(
            FrozenEstimator(small_base()), beside, source=small_source()
        ),
    }


def forest_of(model: Any, X: Matrix) -> tuple[GapForest, Matrix]:
    """The fitted forest of one of :func:`small_models`, and its inputs for features ``X``."""
    if isinstance(model, GapForest):
        return model, X
    return model.target_estimator_, np.hstack([X, model.latent_values(X)])


@dataclass(frozen=True, kw_only=True, eq=False)
class SmallModels:
    """The fitted models, and what their predictions are to be seen beside.

    Attributes:
        base: The base model.
        models: Regressors of each of :data:`WAYS`, by number of gaps learned from.
        rows: Rows of the target task that were learned from, by their number.
        far: Distance beyond which a compound is far from these, by their number.
        measured: All measured compounds.
    """

    base: LevelForest
    models: Mapping[int, Mapping[str, Any]]
    rows: Mapping[int, NDArray[np.intp]]
    far: Mapping[int, float]
    measured: MeasuredGaps

    @classmethod
    def trained(cls, *, rng: np.random.Generator) -> SmallModels:
        """Learn from 200 measured gaps, drawn at random, and from all.

        Args:
            rng: Source of the draw and of the models' seeds.
        """
        target, seed = load_target_task(), int(rng.integers(2**31))
        few = np.sort(rng.permutation(len(target))[:FEW])
        rows = {FEW: few, len(target): np.arange(len(target))}
        levels = small_bins().levels(target.X)
        models = {
            size: {
                way: model.fit(target.X[chosen], target.y[chosen])
                for way, model in small_models(seed=seed).items()
            }
            for size, chosen in rows.items()
        }
        return cls(
            base=small_base(),
            models=models,
            rows=rows,
            far={size: far_limit(levels[chosen]) for size, chosen in rows.items()},
            measured=measured_gaps(),
        )

    def forest(self, size: int, way: str) -> GapForest:
        """The forest of one of the models.

        Args:
            size: Number of gaps learned from, one of :attr:`models`.
            way: One of :data:`WAYS`.
        """
        model = self.models[size][way]
        return model if isinstance(model, GapForest) else model.target_estimator_

    def answers(self, formulas: ArrayLike, *, size: int) -> pd.DataFrame:
        """What both models say of formulas.

        Args:
            formulas: The formulas, shape ``(n_samples,)``.
            size: Number of gaps learned from, one of :attr:`models`.

        Returns:
            For each way ``median``, ``low``, ``high`` (eV) and ``metal``, the chance of no gap,
            named like ``"none median"``; one row per formula.

        Raises:
            FormulaError: if a formula cannot be read or holds an element without data.
        """
        X = magpie_features(np.asarray(formulas).tolist()).to_numpy()
        columns: dict[str, Matrix] = {}
        for way, model in self.models[size].items():
            forest, inputs = forest_of(model, X)
            columns[f"{way} median"] = forest.predict(inputs)
            columns[f"{way} low"], columns[f"{way} high"] = forest.intervals(inputs).T
            columns[f"{way} metal"] = forest.chance_at_most(inputs, 0)
        return pd.DataFrame(columns)
