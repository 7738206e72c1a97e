"""Two questions in a row: is there a gap at all, and if so, how large is it?"""

from __future__ import annotations

import inspect
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from quantile_forest import ExtraTreesQuantileRegressor
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

Matrix = NDArray[np.float64]


class HurdleRegressor(RegressorMixin, BaseEstimator):
    r"""A metal/non-metal stage before the regression: predicts the median of the two together.

    A classifier gives the chance :math:`p_0` that the target is exactly 0 (a metal); a regressor
    learns from the samples above 0 alone. The absolute error asks for the median of their
    mixture. It is 0 where :math:`p_0 \ge 1/2`, and elsewhere the quantile
    :math:`(1/2 - p_0) / (1 - p_0)` of what the regressor says of a non-metal: the more likely a
    metal is, the smaller a gap is predicted.

    Args:
        classifier: Tells samples above 0 from those at 0, with ``predict_proba``; extra trees by
            default.
        regressor: For the samples above 0. With quantiles, as those of ``quantile_forest`` have
            :cite:`meinshausen2006`, the median is that of the mixture; any other predicts its
            own value where :math:`p_0 < 1/2`. Extremely randomised quantile trees by default.
        random_state: Seed of the default estimators.

    Attributes:
        classifier_: The fitted classifier; ``None`` where all samples are on one side.
        regressor_: The fitted regressor; ``None`` where no sample is above 0.
        n_features_in_: Number of features.
    """

    def __init__(
        self,
        classifier: Any = None,
        regressor: Any = None,
        *,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.classifier = classifier
        self.regressor = regressor
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit the classifier to all samples and the regressor to those above 0.

        Args:
            X: Features, shape ``(n_samples, n_features)``, finite.
            y: Target values, shape ``(n_samples,)``, finite, none below 0.

        Raises:
            ValueError: if something is missing or infinite, or a target is below 0.
        """
        matrix, values = validate_data(self, X, y, y_numeric=True)
        if (values < 0).any():
            raise ValueError(f"y: expected 0 or more, got {values.min()}")
        random_state = check_random_state(self.random_state)
        seeds = [int(seed) for seed in random_state.randint(2**31, size=2)]
        above = values > 0
        self.classifier_ = self.regressor_ = None
        if 0 < above.sum() < above.size:
            self.classifier_ = (
                ExtraTreesClassifier(random_state=seeds[0])
                if self.classifier is None
                else clone(self.classifier)
            ).fit(matrix, above)
        if above.any():
            self.regressor_ = (
                ExtraTreesQuantileRegressor(random_state=seeds[1])
                if self.regressor is None
                else clone(self.regressor)
            ).fit(matrix[above], values[above])
        return self

    def predict(self, X: ArrayLike) -> Matrix:
        """Predict the median, shape ``(n_samples,)``."""
        check_is_fitted(self, "n_features_in_")
        matrix = validate_data(self, X, reset=False)
        predicted = np.zeros(len(matrix))
        p_zero = self._chance_of_zero(matrix)
        above = p_zero < 0.5
        if self.regressor_ is not None and above.any():
            level = (0.5 - p_zero[above]) / (1 - p_zero[above])
            predicted[above] = _at_levels(self.regressor_, matrix[above], level)
        return predicted

    def _chance_of_zero(self, X: Matrix) -> Matrix:
        if self.classifier_ is None:
            return np.full(len(X), float(self.regressor_ is None))
        above: Matrix = np.asarray(self.classifier_.predict_proba(X), dtype=float)[:, 1]
        return 1 - above


def _at_levels(regressor: Any, X: Matrix, level: Matrix) -> Matrix:
    """Quantile ``level[i]`` of row i, up to 0.5; the plain prediction where there are none."""
    if "quantiles" not in inspect.signature(regressor.predict).parameters:
        return np.asarray(regressor.predict(X))
    grid = np.linspace(0, 0.5, 26)
    quantiles = np.asarray(regressor.predict(X, quantiles=grid.tolist()))
    rows = zip(level, quantiles, strict=True)
    return np.array([np.interp(asked, grid, known) for asked, known in rows])
