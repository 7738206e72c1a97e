"""The two stages of fine-tuning as functions: learn the source, then adapt to the target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from matinf.transfer.network import (
    FEATURE_LIMIT,
    Activation,
    Matrix,
    Network,
    NetworkShape,
    Scale,
    TrainedNetwork,
    TrainingHistory,
    torch_generator,
    weights_of,
)
from matinf.transfer.task_checks import Task, checked_groups, checked_task
from matinf.transfer.training import (
    Batches,
    TrainingConfig,
    layer_rates,
    train,
    validation_rows,
)

__all__ = [
    "Task",
    "checked_groups",
    "checked_task",
    "fine_tune",
    "pretrain",
    "train_afresh",
    "with_head_of",
]


Watch = Callable[[int, TrainedNetwork], None]
"""Is told the number of epochs done and the network as it is then."""


def pretrain(
    source: Task,
    *,
    rng: np.random.Generator,
    hidden_sizes: tuple[int, ...] = (128, 128, 128),
    activation: Activation = "relu",
    config: TrainingConfig | None = None,
    progress: bool = False,
) -> TrainedNetwork:
    """Train a network on the source task; many fine-tunings can share the result.

    Args:
        source: ``X`` of shape ``(n_samples, n_features)``, ``y`` of shape ``(n_samples,)`` or
            ``(n_samples, n_outputs)`` and ``groups`` of shape ``(n_samples,)`` or none, which
            the validation split keeps whole.
        rng: Source of weights, of the validation split and of the order of samples.
        hidden_sizes: Width of each hidden layer, inputs first.
        activation: ``"relu"``, ``"silu"`` or ``"tanh"``.
        config: Settings of the training.
        progress: Whether to draw a bar on standard error.

    Raises:
        ValueError: if the source is empty, not finite or of mismatched lengths.
    """
    X, y, groups = checked_task(source.X, source.y, source.groups, name="source")
    return train_afresh(
        X,
        y,
        groups,
        rng=rng,
        shape=NetworkShape(
            n_inputs=X.shape[1],
            hidden_sizes=hidden_sizes,
            n_outputs=y.shape[1],
            activation=activation,
        ),
        config=config or TrainingConfig(),
        progress="pre-training" if progress else None,
    )


def train_afresh(
    X: Matrix,
    y: Matrix,
    groups: NDArray[Any] | None,
    *,
    rng: np.random.Generator,
    shape: NetworkShape,
    config: TrainingConfig,
    layer_decay: float = 1.0,
    progress: str | None = None,
    watch: Watch | None = None,
) -> TrainedNetwork:
    """Train from random weights, with the samples' own scales.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples, n_outputs)``.
        groups: Group of each sample, shape ``(n_samples,)``, or none.
        rng: Source of weights, split and order.
        shape: Sizes of the network.
        config: Settings of the training.
        layer_decay: As in :func:`~matinf.transfer.training.layer_rates`.
        progress: Name of the stage to report on, or none.
        watch: As in :func:`fine_tune`.
    """
    weights_rng, split_rng, order_rng = rng.spawn(3)
    held = validation_rows(len(X), groups, fraction=config.validation_fraction, rng=split_rng)
    begun = TrainedNetwork(
        shape=shape,
        weights=weights_of(Network(shape, generator=torch_generator(weights_rng))),
        x_scale=Scale.of(X[~held], constant=np.inf, limit=FEATURE_LIMIT),
        y_scale=Scale.of(y[~held], constant=1.0),
        history=TrainingHistory(train=(), validation=(), best_epoch=-1),
    )
    rates = layer_rates(shape.n_layers, learning_rate=config.learning_rate, layer_decay=layer_decay)
    batches = _batches(begun, X, y, held)
    return _trained(
        begun, batches, rates=rates, config=config, rng=order_rng, progress=progress, watch=watch
    )


def fine_tune(
    start: TrainedNetwork,
    X: Matrix,
    y: Matrix,
    groups: NDArray[Any] | None = None,
    *,
    rng: np.random.Generator,
    config: TrainingConfig,
    n_frozen: int = 0,
    layer_decay: float = 1.0,
    reinitialise_head: bool = True,
    progress: str | None = None,
    watch: Watch | None = None,
) -> TrainedNetwork:
    """Adapt a trained network to another task; ``start`` itself stays as it is.

    The features keep the scale of ``start``, because that is what its weights are about. A
    re-initialised head comes with the targets' own scale; a kept head keeps its scale as well,
    so that the first prediction is what ``start`` predicts.

    Args:
        start: Network to start from.
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples, n_outputs)``.
        groups: Group of each sample, shape ``(n_samples,)``, or none.
        rng: Source of the head, of the validation split and of the order of samples.
        config: Settings of the training.
        n_frozen: As in :func:`~matinf.transfer.training.layer_rates`.
        layer_decay: As in :func:`~matinf.transfer.training.layer_rates`.
        reinitialise_head: Whether the head is drawn anew. A kept head is for a source that is
            the target's quantity in the target's unit.
        progress: Name of the stage to report on, or none.
        watch: Called with the number of epochs done and the network as it is then, first before
            any: what is learned and what is forgotten on the way.

    Raises:
        ValueError: if ``X`` has other columns than ``start`` was trained on, or a kept head
            has another number of outputs than ``y``.
    """
    start.check_features(X)
    head_rng, split_rng, order_rng = rng.spawn(3)
    held = validation_rows(len(X), groups, fraction=config.validation_fraction, rng=split_rng)
    begun = _with_new_head(start, y[~held], rng=head_rng) if reinitialise_head else start
    _check_outputs(begun, y)
    rates = layer_rates(
        begun.shape.n_layers,
        learning_rate=config.learning_rate,
        n_frozen=n_frozen,
        layer_decay=layer_decay,
    )
    batches = _batches(begun, X, y, held)
    return _trained(
        begun, batches, rates=rates, config=config, rng=order_rng, progress=progress, watch=watch
    )


def with_head_of(body: TrainedNetwork, head: TrainedNetwork) -> TrainedNetwork:
    """The body of one network under the head of another: what fine-tuning made it forget.

    A fine-tuned network under its source's head predicts the source's property again; how much
    worse than before is how much was forgotten :cite:`mccloskey1989`.

    Args:
        body: Gives all layers but the last.
        head: Gives the last.

    Raises:
        ValueError: if the two are not of one shape up to their heads.
    """
    if body.shape.sizes[:-1] != head.shape.sizes[:-1]:
        raise ValueError(
            f"expected bodies of one shape, got {body.shape.sizes[:-1]} and {head.shape.sizes[:-1]}"
        )
    last = f"layers.{head.shape.n_layers - 1}."
    taken = {k: v for k, v in head.weights.items() if k.startswith(last)}
    return replace(head, weights={**body.weights, **taken}, x_scale=body.x_scale)


def _with_new_head(start: TrainedNetwork, y: Matrix, *, rng: np.random.Generator) -> TrainedNetwork:
    """Put a random head with the scale and the number of outputs of ``y`` on the body."""
    shape = replace(start.shape, n_outputs=y.shape[1])
    network = Network(shape, generator=torch_generator(rng))
    last = f"layers.{shape.n_layers - 1}."
    drawn = {k: v for k, v in weights_of(network).items() if k.startswith(last)}
    return replace(
        start,
        shape=shape,
        weights={**start.weights, **drawn},
        y_scale=Scale.of(y, constant=1.0),
    )


def _check_outputs(start: TrainedNetwork, y: Matrix) -> None:
    if y.shape[1] != start.shape.n_outputs:
        raise ValueError(
            f"the head to be kept has {start.shape.n_outputs} outputs and the target "
            f"{y.shape[1]}: set reinitialise_head=True"
        )


def _trained(
    begun: TrainedNetwork,
    batches: Batches,
    *,
    rates: tuple[float, ...],
    config: TrainingConfig,
    rng: np.random.Generator,
    progress: str | None,
    watch: Watch | None,
) -> TrainedNetwork:
    """What ``begun`` becomes; it stays as it is."""
    network = begun.network()

    def look(epoch: int, now: Network) -> None:
        if watch:
            watch(epoch, replace(begun, weights=weights_of(now)))

    history = train(
        network, batches, rates=rates, config=config, rng=rng, progress=progress, watch=look
    )
    return replace(begun, weights=weights_of(network), history=history)


def _batches(begun: TrainedNetwork, X: Matrix, y: Matrix, held: NDArray[np.bool_]) -> Batches:
    """Samples on the network's scales as single-precision tensors, those held back apart."""
    features, targets = (
        torch.tensor(scaled, dtype=torch.float32)
        for scaled in (begun.x_scale.apply(X), begun.y_scale.apply(y))
    )
    rows, kept = torch.tensor(held), torch.tensor(~held)
    return Batches(
        X=features[kept],
        y=targets[kept],
        X_validation=features[rows],
        y_validation=targets[rows],
    )
