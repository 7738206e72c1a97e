"""What fine-tuning forgets: a fine-tuned body, judged on the source that it came from.

Two questions are asked of the same hidden layer. Does the source's own head still read it? And
does it still hold what a head fitted to it anew could read?
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from matinf.transfer.network import Matrix, TrainedNetwork
from matinf.transfer.pretraining import fine_tune, train_afresh, with_head_of
from matinf.transfer.tasks import SourceTask, TargetTask
from matinf.transfer.training import TrainingConfig


@dataclass(frozen=True, kw_only=True, eq=False)
class DividedSource:
    """A source task in two: what pre-training sees, and what nothing ever sees."""

    known: SourceTask
    held: SourceTask


def divided(source: SourceTask, *, n_held: int = 3000, rng: np.random.Generator) -> DividedSource:
    """Hold ``n_held`` rows of a source with one row per group back, drawn at random.

    Args:
        source: One row per group.
        n_held: How many rows to hold back.
        rng: Draws them.
    """
    order = rng.permutation(len(source))
    return DividedSource(
        known=source.rows(np.sort(order[n_held:])), held=source.rows(np.sort(order[:n_held]))
    )


def source_error(network: TrainedNetwork, before: TrainedNetwork, held: SourceTask) -> float:
    """Error of a body on the source, read by the head that the source gave it.

    Mean absolute error in standard deviations of each output (those that pre-training saw),
    averaged over the outputs.

    Args:
        network: Network whose body is asked, before or after fine-tuning.
        before: The pre-trained network: its head reads, its scale counts.
        held: Source rows that neither has seen.
    """
    predicted = with_head_of(network, before).predict(held.X)
    return _in_deviations(predicted - held.y.reshape(predicted.shape), before)


def reread_source_error(
    network: TrainedNetwork, before: TrainedNetwork, source: DividedSource, *, n_rows: int = 3000
) -> float:
    """The same error, read by a ridge regression fitted anew to the hidden layer.

    Args:
        network: As in :func:`source_error`.
        before: Likewise.
        source: The new head is fitted to known rows, evenly spaced, and judged on held ones.
        n_rows: Number of source rows that the new head is fitted to.
    """
    n_known = len(source.known)
    known = source.known.rows(np.linspace(0, n_known - 1, min(n_rows, n_known)).astype(int))
    layer, asked = network.hidden(known.X), network.hidden(source.held.X)
    # One scale for all: a unit that hardly ever speaks must not be made to shout.
    unit = layer.std() or 1.0
    head = Ridge(1.0).fit(layer / unit, before.y_scale.apply(known.y))
    predicted = before.y_scale.undo(head.predict(asked / unit))
    return _in_deviations(predicted - source.held.y, before)


def median_error(before: TrainedNetwork, source: DividedSource) -> float:
    """Error of saying each output's median throughout: all is forgotten.

    Args:
        before: The pre-trained network, in whose units the error is measured.
        source: Rows to learn the medians from, and rows to be wrong on.
    """
    return _in_deviations(np.median(source.known.y, axis=0) - source.held.y, before)


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """Errors on the way through fine-tuning, for each strategy.

    Attributes:
        epochs: Epochs done, shape ``(n_looks,)``, from 0.
        target: Mean absolute error on target rows not trained on, in their unit, per strategy.
        source: :func:`source_error` per strategy.
        loss: Mean training loss per epoch, on standardised targets, per strategy.
        networks: The networks at the end.
    """

    epochs: NDArray[np.intp]
    target: Mapping[str, Matrix]
    source: Mapping[str, Matrix]
    loss: Mapping[str, Matrix]
    networks: Mapping[str, TrainedNetwork]


def watched(
    before: TrainedNetwork,
    strategies: Mapping[str, Mapping[str, Any]],
    *,
    train: TargetTask,
    test: TargetTask,
    held: SourceTask,
    rng: np.random.Generator,
    every: int = 5,
    **settings: Any,
) -> Course:
    """Fine-tune by each strategy and look at target and source every few epochs.

    Args:
        before: Pre-trained network.
        strategies: For each name settings of :class:`TrainingConfig` and, beside them,
            ``n_frozen`` and ``layer_decay``. The one named ``scratch`` starts from nothing.
        train: Target rows to train on.
        test: Target rows to be judged on.
        held: Source rows that pre-training did not see.
        rng: Every strategy starts from the same head and sees rows in the same order.
        every: Epochs between two looks.
        settings: Settings of :class:`TrainingConfig` that all strategies share.
    """
    seed = int(rng.integers(2**63))
    looks: dict[str, list[tuple[int, float, float]]] = {}
    networks = {}
    for name, strategy in strategies.items():
        seen = looks[name] = []

        def look(epoch: int, now: TrainedNetwork, seen: list[Any] = seen) -> None:
            if epoch % every == 0:
                missed = np.abs(now.predict(test.X)[:, 0] - test.y).mean()
                seen.append((epoch, float(missed), source_error(now, before, held)))

        layers = {k: v for k, v in strategy.items() if k in {"n_frozen", "layer_decay"}}
        rest = {k: v for k, v in strategy.items() if k not in layers}
        config = TrainingConfig(**{"validation_fraction": 0.0, **settings, **rest})
        common: dict[str, Any] = {"config": config, "watch": look, **layers}
        common["rng"] = np.random.default_rng(seed)
        samples = train.X, train.y[:, None], None
        if name == "scratch":
            shape = replace(before.shape, n_outputs=1)
            networks[name] = train_afresh(*samples, shape=shape, **common)
        else:
            networks[name] = fine_tune(before, *samples, **common)
    columns = {name: np.array(seen).T for name, seen in looks.items()}
    return Course(
        epochs=next(iter(columns.values()))[0].astype(np.intp),
        target={name: seen[1] for name, seen in columns.items()},
        source={name: seen[2] for name, seen in columns.items()},
        loss={name: np.array(network.history.train) for name, network in networks.items()},
        networks=networks,
    )


def _in_deviations(missed: Matrix, before: TrainedNetwork) -> float:
    return float((np.abs(missed) / before.y_scale.std).mean())
