"""The latent variable: what a model of the source task predicts, as a feature of the target."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone, is_classifier
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import KFold
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from matinf.transfer.tasks import SourceTask

Matrix = NDArray[np.float64]


class LatentVariableRegressor(RegressorMixin, BaseEstimator):
    r"""Pre-train one model on the source task; feed what it predicts to another on the target.

    With a source model :math:`g` fitted to many samples, the target model :math:`f` learns from
    :math:`f\bigl(x, g(x)\bigr)`: the features and the latent variables :math:`g(x)`, as many as
    the source task has outputs :cite:`hutchinson2017`. Without a source this is the target
    estimator alone.

    The source's features must be made exactly as those of ``X`` are. A step before this one in a
    pipeline would change ``X`` alone: put scaling into ``source_estimator`` and
    ``target_estimator``, which may be pipelines themselves.

    Args:
        source_estimator: Regressor or classifier for the source task, a classifier's
            probabilities being its outputs; a random forest by default. One that is fitted
            already, within scikit-learn's ``FrozenEstimator``, is taken as it is.
        target_estimator: Regressor for the target task; a random forest by default.
        source: The source task; ``None`` fits the target estimator alone.
        exclude_target_groups: Leave every source sample out whose group is in
            ``target_groups``.
        target_groups: Groups of the whole target task, shape ``(n_target,)``: those of the
            samples to be predicted too, which ``fit`` cannot know.
        passthrough: Whether the target estimator sees the features beside the latent variables.
        cross_fit: A sample in both source and target was seen by the source model: its latent
            value is remembered, not predicted. With a number of folds, ``fit`` lets source
            models that did not see these samples predict them. Wanted where the samples to be
            predicted are not in the source; costs as many more fits on the source.
        random_state: Seed of the default estimators and of the folds of ``cross_fit``.

    Attributes:
        source_estimator_: The fitted source model; ``None`` without a source.
        target_estimator_: The fitted target model.
        n_source_samples_: Number of source samples that were left to pre-train on.
        n_shared_samples_: Number of samples given to ``fit`` that are in that source.
        n_features_in_: Number of features of ``X``.
    """

    def __init__(
        self,
        source_estimator: Any = None,
        target_estimator: Any = None,
        *,
        source: SourceTask | None = None,
        exclude_target_groups: bool = False,
        target_groups: ArrayLike | None = None,
        passthrough: bool = True,
        cross_fit: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.source_estimator = source_estimator
        self.target_estimator = target_estimator
        self.source = source
        self.exclude_target_groups = exclude_target_groups
        self.target_groups = target_groups
        self.passthrough = passthrough
        self.cross_fit = cross_fit
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Pre-train on the source, then fit the target estimator.

        Args:
            X: Features of the target samples, shape ``(n_samples, n_features)``, finite.
            y: Target values, shape ``(n_samples,)``, finite.

        Raises:
            TypeError: if ``source`` is not a :class:`SourceTask`.
            ValueError: if something is missing or infinite, if source and target have other
                features, if nothing is left of the source, if samples are still in it whose
                groups were to be left out, or if a frozen source model is asked to forget.
        """
        matrix, values = validate_data(self, X, y, y_numeric=True)
        random_state = check_random_state(self.random_state)
        latent = self._pretrain(matrix, random_state)
        inputs = self._inputs(matrix, latent)
        self.target_estimator_ = self._model(self.target_estimator, random_state)
        self.target_estimator_.fit(inputs, values)
        return self

    def predict(self, X: ArrayLike) -> Matrix:
        """Predict the target, shape ``(n_samples,)``, from ``X`` of ``(n_samples, n_features)``."""
        check_is_fitted(self)
        matrix = validate_data(self, X, reset=False)
        latent = np.empty((len(matrix), 0))
        if self.source_estimator_ is not None:
            latent = _outputs(self.source_estimator_, matrix)
        return self.target_estimator_.predict(self._inputs(matrix, latent))

    def latent_values(self, X: ArrayLike) -> Matrix:
        """What the source model makes of ``X``, shape ``(n_samples, n_outputs)``.

        Raises:
            ValueError: if there was no source to fit.
        """
        check_is_fitted(self)
        if self.source_estimator_ is None:
            raise ValueError("without a source there are no latent values: give source a task")
        return _outputs(self.source_estimator_, validate_data(self, X, reset=False))

    def _pretrain(self, X: Matrix, random_state: np.random.RandomState) -> Matrix:
        """Fit the source model; return the latent values that the target model is to learn from."""
        source = self._source_to_fit()
        self.source_estimator_ = None
        self.n_source_samples_ = self.n_shared_samples_ = 0
        if source is None:
            return np.empty((len(X), 0))
        self._check_features(source)
        model = self._model(self.source_estimator, random_state)
        self.source_estimator_ = clone(model).fit(source.X, source.y)
        latent = _outputs(self.source_estimator_, X)
        shared, numbers = _row_numbers(X, source.X)
        self.n_source_samples_ = len(source)
        self.n_shared_samples_ = int((shared >= 0).sum())
        if self.exclude_target_groups and self.n_shared_samples_:
            raise ValueError(
                f"{self.n_shared_samples_} samples are still in the source after target_groups "
                "were left out: name the groups of source and target in the same way"
            )
        if self.cross_fit is not None and self.n_shared_samples_:
            self._cross_fit(latent, X, source, model, (shared, numbers), random_state)
        return latent

    def _source_to_fit(self) -> SourceTask | None:
        """The source without the groups to be left out; settings that contradict are refused."""
        if self.source is None:
            return None
        if not isinstance(self.source, SourceTask):
            raise TypeError(f"source: expected a SourceTask, got {type(self.source).__name__}")
        frozen = isinstance(self.source_estimator, FrozenEstimator)
        if frozen and (self.exclude_target_groups or self.cross_fit is not None):
            raise ValueError(
                "a frozen source_estimator cannot forget what it was fitted on: fit it on "
                "source.without(target_groups), or give an unfitted one"
            )
        if not self.exclude_target_groups:
            return self.source
        if self.target_groups is None:
            raise ValueError(
                "exclude_target_groups needs target_groups: the groups of all target samples, "
                "those to be predicted too"
            )
        return self.source.without(self.target_groups)

    def _check_features(self, source: SourceTask) -> None:
        given, expected = self.n_features_in_, source.X.shape[1]
        advice = "make the features of source and target in the same way"
        if given != expected:
            raise ValueError(f"X has {given} features, the source has {expected}: {advice}")
        names = tuple(getattr(self, "feature_names_in_", ()))
        if names and source.features and names != source.features:
            pairs = zip(names, source.features, strict=True)
            ours, theirs = next((a, b) for a, b in pairs if a != b)
            raise ValueError(f"feature {ours!r} of X is {theirs!r} in the source: {advice}")

    def _model(self, estimator: Any, random_state: np.random.RandomState) -> Any:
        if estimator is not None:
            return clone(estimator)
        return RandomForestRegressor(random_state=random_state.randint(2**31))

    def _inputs(self, X: Matrix, latent: Matrix) -> Matrix:
        alone = not self.passthrough and self.source_estimator_ is not None
        return latent if alone else np.hstack([X, latent])

    def _cross_fit(
        self,
        latent: Matrix,
        X: Matrix,
        source: SourceTask,
        model: Any,
        numbers: tuple[NDArray[np.intp], NDArray[np.intp]],
        random_state: np.random.RandomState,
    ) -> None:
        """Replace remembered latent values by those of models that did not see the sample."""
        of_target, of_source = numbers
        shared = np.unique(of_target[of_target >= 0])
        if self.cross_fit is None or not 2 <= self.cross_fit <= len(shared):
            raise ValueError(
                f"cross_fit: expected from 2 folds to the {len(shared)} samples that source and "
                f"target share, got {self.cross_fit}"
            )
        folds = KFold(self.cross_fit, shuffle=True, random_state=random_state)
        for _, held in folds.split(shared):
            unseen = ~np.isin(of_source, shared[held])
            rows = np.isin(of_target, shared[held])
            if not unseen.any():
                raise ValueError("cross_fit: nothing is left of the source; use more folds")
            fitted = clone(model).fit(source.X[unseen], source.y[unseen])
            latent[rows] = _outputs(fitted, X[rows], like=self.source_estimator_)


def _outputs(estimator: Any, X: Matrix, *, like: Any = None) -> Matrix:
    """Predictions as a matrix, one column per output; a classifier's probabilities.

    A classifier of several outputs gives one table for each: they stand side by side. With
    ``like`` the columns are the classes of that classifier, those never met having no chance.
    """
    if not is_classifier(estimator):
        return np.asarray(estimator.predict(X), dtype=float).reshape(len(X), -1)
    found, known = estimator.predict_proba(X), estimator.classes_
    wanted = known if like is None else like.classes_
    if not isinstance(found, list):
        found, known, wanted = [found], [known], [wanted]
    tables = [np.zeros((len(X), len(classes))) for classes in wanted]
    for table, classes, met, chances in zip(tables, wanted, known, found, strict=True):
        table[:, np.searchsorted(classes, met)] = chances
    return np.hstack(tables)


def _row_numbers(X: Matrix, source_X: Matrix) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A number for each row, the same where the features are (in single precision).

    A model sees features alone: where they are the same, so is the sample. Rows of ``X`` that
    the source does not hold are -1.
    """
    known: dict[bytes, int] = {}
    of_source = [known.setdefault(row, len(known)) for row in _row_bytes(source_X)]
    of_target = [known.get(row, -1) for row in _row_bytes(X)]
    return np.array(of_target, dtype=np.intp), np.array(of_source, dtype=np.intp)


def _row_bytes(X: Matrix) -> list[bytes]:
    single = X.astype(np.float32) + np.float32(0)  # -0 becomes 0
    return [row.tobytes() for row in single]
