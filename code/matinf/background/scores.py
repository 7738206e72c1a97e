"""What an error is compared with: baselines, three metrics, and how far to trust them."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from quantile_forest import RandomForestQuantileRegressor
from sklearn.dummy import DummyRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matinf.background.evaluating_models import seed
from matinf.intervals import Interval, finite_vector, group_codes
from matinf.splits import grouped_folds

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


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

    Raises:
        ValueError: if the share is out of range, or the errors are no finite vector.
    """
    if not 0 < top <= 1:
        raise ValueError(f"top: expected a share above 0 and up to 1, got {top}")
    size = np.sort(np.abs(finite_vector(error, "error", at_least=1)))[::-1]
    n = max(1, round(top * size.size))
    return float(size[:n].sum() / size.sum()), float((size[:n] ** 2).sum() / (size**2).sum())
