"""One source, taught to trees and to a network; the target learns from either, or from both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from quantile_forest import ExtraTreesQuantileRegressor
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesRegressor, StackingRegressor, VotingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from matinf.transfer.fine_tuning import FineTunedRegressor
from matinf.transfer.latent_variable import LatentVariableRegressor
from matinf.transfer.network import (
    FEATURE_LIMIT,
    Matrix,
    Network,
    NetworkShape,
    Scale,
    TrainedNetwork,
    TrainingHistory,
    torch_generator,
    weights_of,
)
from matinf.transfer.pretraining import pretrain
from matinf.transfer.tasks import SourceTask
from matinf.transfer.training import TrainingConfig

N_TREES = 50
LAYER_DECAY = 0.6


def target_trees() -> ExtraTreesQuantileRegressor:
    """Extremely randomised trees that predict the median, as absolute error asks."""
    return ExtraTreesQuantileRegressor(N_TREES, max_features=0.3)


def seeded(model: Any, seed: int) -> Any:
    """A clone whose every part that draws does so from this seed.

    Args:
        model: An estimator of scikit-learn's protocol, or a pipeline of some.
        seed: Of all its parts.
    """
    copy = clone(model)
    drawing = [name for name in copy.get_params() if name.endswith("random_state")]
    return copy.set_params(**dict.fromkeys(drawing, seed))


def untaught(X: Matrix, *, rng: np.random.Generator) -> TrainedNetwork:
    """A network of random weights that has seen the scale of a source's features, not its labels.

    Args:
        X: Features of the source, shape ``(n_samples, n_features)``.
        rng: Source of the weights.
    """
    shape = NetworkShape(n_inputs=X.shape[1])
    return TrainedNetwork(
        shape=shape,
        weights=weights_of(Network(shape, generator=torch_generator(rng))),
        x_scale=Scale.of(X, constant=np.inf, limit=FEATURE_LIMIT),
        y_scale=Scale(mean=np.zeros(1), std=np.ones(1)),
        history=TrainingHistory(train=(), validation=(), best_epoch=-1),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceModels:
    """What a source taught, and the regressors of the target that make use of it.

    Attributes:
        source: The source task, without the target's compositions.
        trees: Extra trees fitted to it.
        network: Network trained on it.
    """

    source: SourceTask
    trees: ExtraTreesRegressor
    network: TrainedNetwork

    @classmethod
    def taught(cls, source: SourceTask, *, rng: np.random.Generator) -> SourceModels:
        """Fit both models to a source: one to four seconds for 8,000 compositions."""
        trees = ExtraTreesRegressor(
            N_TREES,
            max_features=0.3,
            min_samples_leaf=2,
            random_state=int(rng.integers(2**31)),
        )
        network = pretrain(source, rng=rng, config=TrainingConfig(loss="absolute"))
        return cls(source=source, trees=trees.fit(source.X, source.y), network=network)

    def outputs(self, X: Matrix) -> Matrix:
        """What the trees predict of the source's properties, shape ``(n_samples, n_outputs)``."""
        return np.asarray(self.trees.predict(X), dtype=float).reshape(len(X), -1)

    def latent(self, *, passthrough: bool = True, target_estimator: Any = None) -> Any:
        """Trees of the target that see the source trees' predictions beside the features.

        Args:
            passthrough: Without it they see the predictions alone.
            target_estimator: Another model of the target in place of :func:`target_trees`.
        """
        return LatentVariableRegressor(
            FrozenEstimator(self.trees),
            target_trees() if target_estimator is None else target_estimator,
            source=self.source,
            passthrough=passthrough,
        )

    def fine_tuned(self, *, n_frozen: int = 0) -> FineTunedRegressor:
        """The network, trained further; with ``n_frozen`` of its three hidden layers kept."""
        decay = 1.0 if n_frozen else LAYER_DECAY
        return FineTunedRegressor(pretrained=self.network, n_frozen=n_frozen, layer_decay=decay)

    def averaged(self) -> VotingRegressor:
        """Mean of what the trees with latent variables and the fine-tuned network predict."""
        return VotingRegressor([("latent", self.latent()), ("network", self.fine_tuned())])

    def stacked(self) -> Any:
        """The fine-tuned network's prediction as one more latent variable of the trees.

        What the trees learn from is predicted by networks that were not fine-tuned on it.
        """
        features = slice(0, self.source.X.shape[1])  # not the latent variables beside them
        network = make_pipeline(
            ColumnTransformer([("features", "passthrough", features)]), self.fine_tuned()
        )
        stack = StackingRegressor(
            [("network", network)], final_estimator=target_trees(), passthrough=True, cv=3
        )
        return self.latent(target_estimator=stack)
