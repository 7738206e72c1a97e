"""What an error means: the way data were held back, the metric, and what it is compared with.

Leaks are made to happen in :mod:`matinf.background.leakage`; uncertainties are judged in
:mod:`matinf.background.forest_spread`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from quantile_forest import RandomForestQuantileRegressor
from scipy import stats
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matinf.background.materials_data import same_composition
from matinf.features import element_fractions
from matinf.intervals import Interval, finite_vector, group_codes
from matinf.splits import Split, chemical_systems, composition_clusters, grouped_folds

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

# -- splits ------------------------------------------------------------------------------------


def relatives(
    X: Matrix, formulas: Sequence[str], *, rng: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Say which measurements belong together, in four ways from the narrowest to the widest.

    Args:
        X: Features, shape ``(n_measurements, n_features)``.
        formulas: Formula of each measurement; replicates are rows of their own.
        rng: Source of the clusters' starting centres.

    Returns:
        For each way the group of every measurement.
    """
    return {
        "rows": np.arange(len(X)),
        "compositions": same_composition(formulas),
        "chemical systems": chemical_systems(element_fractions(formulas)),
        "clusters": composition_clusters(X, n_clusters=30, rng=rng),
    }


def hold_back(
    groups: Mapping[str, NDArray[Any]], fractions: pd.DataFrame, *, rng: np.random.Generator
) -> dict[str, Split]:
    """Hold back about a fifth of the measurements, by each kind of group and by element.

    Args:
        groups: From :func:`relatives`.
        fractions: Element fractions, shape ``(n_measurements, n_elements)``.
        rng: Source of every choice.

    Returns:
        For each way its row numbers ``(train, test)``.
    """
    splits = {name: next(grouped_folds(group, rng=rng)) for name, group in groups.items()}
    return splits | {"elements": hold_back_elements(fractions, share=0.2, rng=rng)}


def hold_back_elements(fractions: pd.DataFrame, *, share: float, rng: np.random.Generator) -> Split:
    """Hold back every compound of some elements, drawn at random up to ``share`` of the rows.

    Args:
        fractions: Element fractions, shape ``(n_samples, n_elements)``.
        share: Largest share of the rows to test on; an element that would pass it is skipped.
        rng: Source of the order in which elements are drawn.

    Raises:
        ValueError: if every element is in more than ``share`` of the rows.
    """
    present = fractions.to_numpy() > 0
    test = np.zeros(len(present), dtype=bool)
    for element in rng.permutation(present.shape[1]):
        wider = test | present[:, element]
        test = wider if wider.mean() <= share else test
    if not test.any():
        raise ValueError(f"no element is in {share:.0%} of the rows or fewer")
    return np.flatnonzero(~test), np.flatnonzero(test)


def corrected_interval(values: ArrayLike, *, test_share: float, level: float = 0.95) -> Interval:
    r"""Interval of a mean over repeated hold-outs of one data set :cite:`nadeau2003`.

    :math:`\bar x \pm t_{J-1} \, s \sqrt{1/J + n_\mathrm{test}/n_\mathrm{train}}`. The second
    term pays for training sets that overlap: more repeats never make the interval vanish.

    Args:
        values: One result per repeat, shape ``(n_repeats,)``, two or more.
        test_share: Share of the rows held back each time, between 0 and 1.
        level: Confidence of the interval.
    """
    sample = finite_vector(values, "values", at_least=2)
    if not 0 < test_share < 1:
        raise ValueError(f"test_share: expected a share between 0 and 1, got {test_share}")
    variance = sample.var(ddof=1) * (1 / sample.size + test_share / (1 - test_share))
    half = float(stats.t.ppf((1 + level) / 2, sample.size - 1) * np.sqrt(variance))
    mean = float(sample.mean())
    return Interval(estimate=mean, low=mean - half, high=mean + half, level=level)


@dataclass(frozen=True, kw_only=True)
class SplitErrors:
    """One model's mean absolute errors under several ways of holding back, unit of the target."""

    errors: pd.DataFrame  # (n_repeats, n_ways): all measurements held back
    replicated: pd.DataFrame  # the same: only those whose composition was measured repeatedly
    r2: pd.DataFrame  # (n_repeats, n_ways)
    test_share: pd.Series  # by way, mean over repeats

    @property
    def ways(self) -> list[str]:
        """The ways of holding back, kindest question first."""
        return [str(way) for way in self.errors]

    def interval(self, way: str, *, of: str = "errors") -> Interval:
        """Corrected 95% interval of the error (``of`` names another table) for one way."""
        return corrected_interval(getattr(self, of)[way], test_share=self.test_share[way])

    def difference(self, way: str, other: str, *, of: str = "errors") -> Interval:
        """Corrected 95% interval of ``way`` minus ``other``, paired by repeat."""
        values = getattr(self, of)[way] - getattr(self, of)[other]
        share = max(self.test_share[way], self.test_share[other])
        return corrected_interval(values, test_share=share)


def compare_splits(
    X: Matrix,
    y: Vector,
    formulas: Sequence[str],
    *,
    n_repeats: int,
    rng: np.random.Generator,
    n_trees: int = 20,
) -> SplitErrors:
    """Train and test one kind of forest on the same measurements, held back in five ways.

    Args:
        X: Features, shape ``(n_measurements, n_features)``.
        y: Measured values, shape ``(n_measurements,)``.
        formulas: Formula of each measurement.
        n_repeats: How often everything is drawn anew.
        rng: Source of the splits and the forests.
        n_trees: Trees per forest.
    """
    groups, fractions = relatives(X, formulas, rng=rng), element_fractions(formulas)
    again = pd.Series(groups["compositions"]).duplicated(keep=False).to_numpy()
    rows = []
    for repeat in range(n_repeats):
        for way, (train, test) in hold_back(groups, fractions, rng=rng).items():
            model = RandomForestRegressor(n_trees, max_features="sqrt", random_state=seed(rng))
            error = y[test] - model.fit(X[train], y[train]).predict(X[test])
            size, both = np.abs(error), again[test]
            r2 = 1 - np.mean(error**2) / np.var(y[test])
            share = test.size / y.size
            rows.append((repeat, way, size.mean(), size[both].mean(), r2, share))
    columns = ["repeat", "way", "errors", "replicated", "r2", "share"]
    table = pd.DataFrame(rows, columns=columns)
    ways = list(dict.fromkeys(table["way"]))
    wide = {
        name: table.pivot(index="repeat", columns="way", values=name)[ways]
        for name in ("errors", "replicated", "r2")
    }
    return SplitErrors(**wide, test_share=table.groupby("way")["share"].mean())


# -- baselines and metrics ---------------------------------------------------------------------


def out_of_fold(
    X: Matrix,
    y: Vector,
    groups: ArrayLike,
    *,
    rng: np.random.Generator,
    n_trees: int = 40,
) -> pd.DataFrame:
    """Predict every sample by models that saw no member of its group.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)``.
        groups: Group of each sample, never in training and test at once.
        rng: Source of the folds and the forest.
        n_trees: Trees of the forest.

    Returns:
        Predictions, shape ``(n_samples, 5)``: three baselines, then one forest read twice.
    """
    predicted = pd.DataFrame(index=range(len(y)), dtype=float)
    nearest = make_pipeline(StandardScaler(), KNeighborsRegressor(1))
    for train, test in grouped_folds(groups, rng=rng):
        forest = RandomForestQuantileRegressor(
            n_trees, max_features="sqrt", random_state=seed(rng)
        ).fit(X[train], y[train])
        known = X[train], y[train]
        for name, values in (
            ("mean", DummyRegressor().fit(*known).predict(X[test])),
            ("median", DummyRegressor(strategy="median").fit(*known).predict(X[test])),
            ("nearest neighbour", nearest.fit(*known).predict(X[test])),
            ("forest, mean", forest.predict(X[test], quantiles="mean")),
            ("forest, median", forest.predict(X[test], quantiles=0.5)),
        ):
            predicted.loc[test, name] = values
    return predicted


def score_intervals(
    y: Vector,
    predicted: Vector,
    groups: ArrayLike,
    *,
    rng: np.random.Generator,
    n_resamples: int = 2000,
) -> dict[str, Interval]:
    r"""MAE, RMSE and R² with 95% bootstrap intervals that resample whole groups.

    The intervals are those of the test: they say nothing of how the models would have varied
    with other training data.

    Args:
        y: Measured values, shape ``(n_samples,)``.
        predicted: Predicted values, same shape and unit.
        groups: Group of each sample; its members are drawn together.
        rng: Source of the resampling.
        n_resamples: Number of bootstrap samples.
    """
    error = predicted - finite_vector(y, "y", at_least=2)
    codes = group_codes(groups, y.size)
    parts = [np.abs(error), error**2, np.ones_like(y), y, y**2]
    sums = np.stack([np.bincount(codes, weights=part) for part in parts])
    n_groups = sums.shape[1]
    times = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), n_resamples)
    drawn, actual = _scores(sums @ times.T), _scores(sums.sum(axis=1))
    return {name: _percentiles(actual[name], drawn[name]) for name in actual}


def _scores(sums: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    absolute, squared, n, y, y2 = sums
    return {
        "MAE": absolute / n,
        "RMSE": np.sqrt(squared / n),
        "R²": 1 - squared / (y2 - y**2 / n),
    }


def _percentiles(estimate: NDArray[np.float64], drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
    return Interval(estimate=float(estimate), low=low, high=high)


def worst_share(error: ArrayLike, *, top: float = 0.05) -> tuple[float, float]:
    """Share of all absolute, and of all squared, error that the worst ``top`` of samples carry.

    Args:
        error: Signed or absolute errors, shape ``(n_samples,)``.
        top: Share of the samples, above 0 and at most 1.
    """
    if not 0 < top <= 1:
        raise ValueError(f"top: expected a share above 0 and up to 1, got {top}")
    size = np.sort(np.abs(finite_vector(error, "error", at_least=1)))[::-1]
    n = max(1, round(top * size.size))
    return float(size[:n].sum() / size.sum()), float((size[:n] ** 2).sum() / (size**2).sum())


def seed(rng: np.random.Generator) -> int:
    """Draw a seed for a model that takes a whole number."""
    return int(rng.integers(2**32))
