"""How related are two tasks? Measures that need no training on the target at full.

Three need a few labelled target samples and ask more and more of them; one needs no label and
looks at compositions alone. All are numbers without unit; larger is more related.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Matrix = NDArray[np.float64]

_PENALTIES = np.logspace(-1, 4, 11)
_FEWEST = 10
_ROUNDING = 1e-12  # labels whose relative differences are smaller differ by rounding alone


def explained_by_source(
    outputs: ArrayLike, y: ArrayLike, *, rng: np.random.Generator, n_splits: int = 5
) -> float:
    r"""Share of the target's variance that a line through the source's outputs explains.

    :math:`R^2 = 1 - \sum_i (y_i - \hat y_i)^2 / \sum_i (y_i - \bar y)^2`, where
    :math:`\hat y_i = b + w \cdot g(x_i)` by ridge regression that has not seen sample i. About 0,
    or a little less, for an unrelated source; 1 where the target is a linear function of what
    the source's model predicts.

    Args:
        outputs: Predictions g of the source's model, shape ``(n_samples,)`` or
            ``(n_samples, n_outputs)``. The model must not have seen the samples.
        y: Labels of the same target samples, shape ``(n_samples,)``, not all equal. One row per
            composition: of two replicates one would be predicted from the other.
        rng: Source of the folds.
        n_splits: Number of folds, as many as there are samples at most.

    Raises:
        ValueError: if lengths differ, a number is not finite, or the labels are all equal.
    """
    g, target = _checked(outputs, y)
    folds = KFold(n_splits, shuffle=True, random_state=_seed(rng))
    line = make_pipeline(StandardScaler(), RidgeCV(_PENALTIES))
    predicted = cross_val_predict(line, g, target, cv=folds)
    return float(1 - ((target - predicted) ** 2).sum() / ((target - target.mean()) ** 2).sum())


def log_evidence(
    hidden: ArrayLike, y: ArrayLike, *, n_iterations: int = 100, tolerance: float = 1e-6
) -> float:
    r"""LogME: log evidence per sample of a linear model on a network's last hidden layer.

    :math:`\max_{\alpha, \beta} \frac{1}{n} \log p(y \mid F, \alpha, \beta)` for
    :math:`y = F w + \varepsilon` with :math:`w \sim N(0, \alpha^{-1})` and
    :math:`\varepsilon \sim N(0, \beta^{-1})` :cite:`you2021`, by the fixed point of MacKay. Labels
    are standardised first, so that targets of different spread can be compared; columns of
    ``hidden`` are centred.

    Args:
        hidden: Activations F of the source's network, shape ``(n_samples, n_hidden)``.
        y: Labels of the same target samples, shape ``(n_samples,)``, not all equal.
        n_iterations: Steps of the fixed point at most.
        tolerance: Relative change of :math:`\alpha / \beta` at which it ends.

    Raises:
        ValueError: if lengths differ, a number is not finite, or the labels are all equal.
    """
    features, target = _checked(hidden, y)
    target = (target - target.mean()) / target.std()
    if np.all(features == features[0]):  # a dead layer: what is left is noise of variance 1
        return float(-(1 + np.log(2 * np.pi)) / 2)
    u, s, _ = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    power, along = s**2, (u.T @ target) ** 2
    outside = max(float(target @ target - along.sum()), 0.0)
    n, alpha, beta = target.size, 1.0, 1.0
    for _ in range(n_iterations):
        shrunk = alpha + beta * power
        gamma = float((beta * power / shrunk).sum())
        size = float((beta**2 * power * along / shrunk**2).sum())  # |m|²
        missed = float((along * (alpha / shrunk) ** 2).sum()) + outside
        old = alpha / beta
        alpha, beta = gamma / max(size, 1e-12), (n - gamma) / max(missed, 1e-12)
        if abs(alpha / beta - old) < tolerance * old:
            break
    shrunk = alpha + beta * power
    size = float((beta**2 * power * along / shrunk**2).sum())
    missed = float((along * (alpha / shrunk) ** 2).sum()) + outside
    # Directions without data have log(alpha) in both the prior and the posterior: they cancel.
    evidence = n * np.log(beta) + (np.log(alpha) - np.log(shrunk)).sum()
    return float((evidence - beta * missed - alpha * size) / (2 * n) - np.log(2 * np.pi) / 2)


def domain_similarity(
    source_X: ArrayLike,
    target_X: ArrayLike,
    *,
    rng: np.random.Generator,
    n_samples: int = 1000,
    n_splits: int = 2,
) -> float:
    r"""How badly a classifier tells source from target: minus the proxy A-distance.

    :math:`-2 (1 - 2 \epsilon)` with the balanced error :math:`\epsilon` of a logistic regression
    on held-out samples :cite:`bendavid2007`; 0 where the two are alike, -2 where they are apart. It
    sees no label: it cannot know whether the source's are any good.

    Args:
        source_X: Features of the source, shape ``(n_source, n_features)``.
        target_X: Features of the target, shape ``(n_target, n_features)``.
        rng: Source of the samples drawn and of the folds.
        n_samples: As many are drawn of each side at most.
        n_splits: Number of folds.

    Raises:
        ValueError: if the two have different features, one that is not a finite number, or
            fewer than 10 samples, of which a fold could hold none.
    """
    sides = [np.asarray(X, dtype=float) for X in (source_X, target_X)]
    if sides[0].ndim != 2 or sides[0].shape[1:] != sides[1].shape[1:]:
        raise ValueError(f"expected the same features, got {sides[0].shape} and {sides[1].shape}")
    if min(len(X) for X in sides) < _FEWEST or not all(np.isfinite(X).all() for X in sides):
        raise ValueError(f"expected {_FEWEST} samples or more of each side, all finite numbers")
    drawn = [X[rng.permutation(len(X))[:n_samples]] for X in sides]
    X, side = np.vstack(drawn), np.repeat([0, 1], [len(part) for part in drawn])
    folds = KFold(n_splits, shuffle=True, random_state=_seed(rng))
    classifier = make_pipeline(
        StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=500)
    )
    told = cross_val_predict(classifier, X, side, cv=folds)
    error = np.mean([np.mean(told[side == s] != s) for s in (0, 1)])
    return float(-2 * max(0.0, 1 - 2 * error))


def rehearsed_error(
    model: Any, X: ArrayLike, y: ArrayLike, *, rng: np.random.Generator, n_splits: int = 3
) -> float:
    """Mean absolute error in cross-validation within the labelled samples, in the unit of ``y``.

    The obvious rival of any measure: try it on what there is. The error without the source minus
    that with it, on the same folds (the same ``rng``), is the gain that was rehearsed.

    Args:
        model: Regressor; clones of it are fitted.
        X: Features of the labelled target samples, shape ``(n_samples, n_features)``.
        y: Their labels, shape ``(n_samples,)``.
        rng: Source of the folds.
        n_splits: Number of folds.

    Raises:
        ValueError: if lengths differ, a number is not finite, or the labels are all equal.
    """
    features, target = _checked(X, y)
    folds = KFold(n_splits, shuffle=True, random_state=_seed(rng))
    predicted = cross_val_predict(clone(model), features, target, cv=folds)
    return float(np.abs(predicted - target).mean())


def _checked(columns: ArrayLike, y: ArrayLike) -> tuple[Matrix, Matrix]:
    values, target = np.asarray(columns, dtype=float), np.asarray(y, dtype=float)
    values = values[:, None] if values.ndim == 1 else values
    if target.ndim != 1 or values.ndim != 2 or len(values) != target.size:
        raise ValueError(f"expected one row per label, got {values.shape} and {target.shape}")
    if not (np.isfinite(values).all() and np.isfinite(target).all()):
        raise ValueError("expected finite numbers, got NaN or infinity")
    if target.size < 2 or np.ptp(target) <= _ROUNDING * np.abs(target).max():
        raise ValueError("y: expected labels that differ, got none or all equal")
    return values, target


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**32))
