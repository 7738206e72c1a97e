"""What the last hidden layer makes of materials, before fine-tuning and after, on one map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.linalg import orthogonal_procrustes
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from matinf.transfer.network import Matrix, TrainedNetwork
from matinf.transfer.tasks import TargetTask


@dataclass(frozen=True, kw_only=True, eq=False)
class HiddenMap:
    """Materials on the two directions in which the last hidden layer varies most.

    Each layer has directions of its own; the second map is then turned, or mirrored, until its
    points lie as near to those of the first as a rotation can bring them.

    Attributes:
        before: Positions, shape ``(n_samples, 2)``, of mean 0 and mean square 1.
        after: Likewise after fine-tuning.
        gap: Measured gaps, eV, shape ``(n_samples,)``.
        shown: Share of the layer's variance that its map shows, before and after.
        old_plane: Share of the variance after fine-tuning that lies in the directions of
            ``before``: small where the layer has turned away from what it was.
    """

    before: Matrix
    after: Matrix
    gap: Matrix
    shown: tuple[float, float]
    old_plane: float

    @classmethod
    def of(cls, before: TrainedNetwork, after: TrainedNetwork, rows: TargetTask) -> Self:
        """Draw ``rows`` as both networks see them."""
        layers = [network.hidden(rows.X) for network in (before, after)]
        planes = [PCA(2, svd_solver="full").fit(layer) for layer in layers]
        first, second = (
            _unit(plane.transform(layer)) for plane, layer in zip(planes, layers, strict=True)
        )
        turned, _ = orthogonal_procrustes(second, first)
        projected = planes[0].transform(layers[1])
        shown = [float(plane.explained_variance_ratio_.sum()) for plane in planes]
        return cls(
            before=first,
            after=second @ turned,
            gap=rows.y,
            shown=(shown[0], shown[1]),
            old_plane=float(projected.var(axis=0).sum() / layers[1].var(axis=0).sum()),
        )


def _unit(points: Matrix) -> Matrix:
    scaled: Matrix = points / np.sqrt(np.square(points).sum(axis=1).mean())
    return scaled


def metals_apart(network: TrainedNetwork, rows: TargetTask, *, rng: np.random.Generator) -> float:
    """How well a straight cut through the hidden layer tells non-metals from metals.

    Area under the receiver operating characteristic of a logistic regression, out of five
    folds of ``rows``: the chance that a non-metal is ranked above a metal. 0.5 is guessing.
    """
    cut = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    folds = StratifiedKFold(5, shuffle=True, random_state=int(rng.integers(2**31)))
    above = rows.y > 0
    said = cross_val_predict(
        cut, network.hidden(rows.X), above, cv=folds, method="decision_function"
    )
    return float(roc_auc_score(above, said))


def gap_read(network: TrainedNetwork, rows: TargetTask, *, rng: np.random.Generator) -> float:
    """How well a straight line through the hidden layer says how large the gaps are.

    R² of a ridge regression on the non-metals among ``rows``, out of five folds: what a head
    with so many samples could read. 0 is saying their mean.
    """
    above = rows.rows(rows.y > 0)
    layer = network.hidden(above.X)
    line = RidgeCV(np.logspace(-2, 4, 7))  # one scale for the layer: soft units stay soft
    folds = KFold(5, shuffle=True, random_state=int(rng.integers(2**31)))
    said = cross_val_predict(line, layer / (layer.std() or 1.0), above.y, cv=folds)
    return float(r2_score(above.y, said))
