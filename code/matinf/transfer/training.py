"""Training a network: mini-batches, a rate per layer, and a stop when validation says so."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit
from torch.nn import functional
from tqdm import tqdm

from matinf.transfer.network import Network, TrainingHistory, one_thread, torch_generator

Loss = Literal["absolute", "huber", "squared"]

LOSSES: Mapping[str, Callable[[Any, Any], Any]] = {
    "absolute": functional.l1_loss,
    "huber": functional.huber_loss,  # square up to one standard deviation, straight beyond
    "squared": functional.mse_loss,
}
"""Mean loss of standardised predictions and targets, by the name that settings use."""


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a network is trained; the same kind of settings serves both stages.

    The optimiser is Adam with decoupled weight decay :cite:`loshchilov2019`; its rate falls
    from ``learning_rate`` to 0 along half a cosine over ``max_epochs``, or several times over
    shorter stretches, beginning anew each time: warm restarts :cite:`loshchilov2017`.

    Attributes:
        loss: ``"absolute"``, ``"huber"`` (square within one standard deviation of the target)
            or ``"squared"``.
        learning_rate: Rate of the head at the start, and of all layers where none is slowed.
        weight_decay: Share of the weights taken off per step, times the rate.
        batch_size: Samples per step.
        max_epochs: Passes over the training set.
        n_restarts: How often the rate jumps back to its start on the way, at equal distances.
        validation_fraction: Share of the samples, or of the groups, that are not trained on:
            the weights of the epoch with the lowest loss on them are kept. 0 trains on all
            samples and keeps the last weights.
        patience: Epochs without a new lowest validation loss after which training ends.
    """

    loss: Loss = "absolute"
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    batch_size: int = 512
    max_epochs: int = 60
    n_restarts: int = 0
    validation_fraction: float = 0.1
    patience: int = 15

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        if self.loss not in LOSSES:
            raise ValueError(f"loss: expected one of {', '.join(LOSSES)}, got {self.loss!r}")
        if not self.learning_rate > 0 or not self.weight_decay >= 0:
            raise ValueError(
                "expected learning_rate > 0 and weight_decay >= 0, got "
                f"{self.learning_rate} and {self.weight_decay}"
            )
        for name in ("batch_size", "max_epochs", "patience"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected 1 or more, got {getattr(self, name)}")
        if not 0 <= self.n_restarts < self.max_epochs:
            raise ValueError(
                f"n_restarts: expected 0 to {self.max_epochs - 1}, fewer than max_epochs, "
                f"got {self.n_restarts}"
            )
        if not 0 <= self.validation_fraction < 1:
            raise ValueError(
                f"validation_fraction: expected 0 to below 1, got {self.validation_fraction}"
            )


def layer_rates(
    n_layers: int, *, learning_rate: float, n_frozen: int = 0, layer_decay: float = 1.0
) -> tuple[float, ...]:
    r"""Learning rate of each layer, inputs first, the head last.

    :math:`\eta_l = \eta \, \delta^{\,L - l}`, with :math:`l = L` the head, and 0 for the first
    ``n_frozen`` layers: what is general changes little, what is special to a task most
    :cite:`howard2018`.

    Args:
        n_layers: Number of layers, the head included: L + 1.
        learning_rate: Rate η of the head.
        n_frozen: Layers that stay as they are, counted from the inputs; never the head.
        layer_decay: Factor δ by which each layer is slower than the one after it, above 0 and
            at most 1.

    Raises:
        ValueError: if a setting is out of its range.
    """
    if not 0 <= n_frozen < n_layers:
        raise ValueError(f"n_frozen: expected 0 to {n_layers - 1} hidden layers, got {n_frozen}")
    if not 0 < layer_decay <= 1:
        raise ValueError(f"layer_decay: expected above 0 and at most 1, got {layer_decay}")
    rates = [learning_rate * layer_decay ** (n_layers - 1 - layer) for layer in range(n_layers)]
    return (0.0,) * n_frozen + tuple(rates[n_frozen:])


@dataclass(frozen=True, kw_only=True)
class Batches:
    """Standardised samples to train on and, unless there are none, to validate on."""

    X: torch.Tensor  # (n_train, n_features) float32
    y: torch.Tensor  # (n_train, n_outputs) float32
    X_validation: torch.Tensor
    y_validation: torch.Tensor

    def shuffled(self, size: int, generator: torch.Generator) -> Iterator[tuple[Any, Any]]:
        """Yield mini-batches in a new order, the last one smaller where it must be."""
        order = torch.randperm(len(self.X), generator=generator)
        for rows in order.split(size):
            yield self.X[rows], self.y[rows]


def validation_rows(
    n_samples: int,
    groups: NDArray[Any] | None,
    *,
    fraction: float,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Draw who is held back for validation, shape ``(n_samples,)``; groups stay whole.

    Raises:
        ValueError: if there are not at least two samples, or groups, to divide.
    """
    held = np.zeros(n_samples, dtype=bool)
    seed = int(rng.integers(2**32))
    if fraction == 0:
        return held
    labels = np.arange(n_samples) if groups is None else groups
    if np.unique(labels).size < 2:
        raise ValueError(
            f"n_samples = {n_samples}, with one group alone: early stopping needs two groups or "
            "more to hold one back; set validation_fraction=0 to train on all"
        )
    split = GroupShuffleSplit(1, test_size=fraction, random_state=seed)
    held[next(split.split(labels, groups=labels))[1]] = True
    return held


def optimiser(
    network: Network, rates: tuple[float, ...], *, weight_decay: float
) -> torch.optim.Optimizer:
    """AdamW with one rate per layer; a layer whose rate is 0 is frozen and left out."""
    for layer, rate in zip(network.layers, rates, strict=True):
        layer.requires_grad_(rate > 0)
    settings = [
        {"params": list(layer.parameters()), "lr": rate}
        for layer, rate in zip(network.layers, rates, strict=True)
        if rate > 0
    ]
    return torch.optim.AdamW(settings, weight_decay=weight_decay, fused=True)


def falling_rates(
    steps: torch.optim.Optimizer, config: TrainingConfig
) -> torch.optim.lr_scheduler.LRScheduler:
    """Rates that fall along half a cosine, once or, with restarts, several times."""
    if config.n_restarts == 0:
        return torch.optim.lr_scheduler.CosineAnnealingLR(steps, config.max_epochs)
    stretch = math.ceil(config.max_epochs / (config.n_restarts + 1))
    return torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(steps, stretch)


@dataclass
class _Best:
    """The weights of the epoch with the lowest validation loss so far."""

    patience: int
    loss: float = np.inf
    epoch: int = -1
    weights: dict[str, Any] = field(default_factory=dict)

    def is_over(self, epoch: int, loss: float, network: Network) -> bool:
        """Remember a better epoch; say whether patience has run out."""
        if loss < self.loss:
            self.loss, self.epoch = loss, epoch
            self.weights = {k: v.clone() for k, v in network.state_dict().items()}
        return epoch - self.epoch >= self.patience


def train(
    network: Network,
    batches: Batches,
    *,
    rates: tuple[float, ...],
    config: TrainingConfig,
    rng: np.random.Generator,
    progress: str | None = None,
    watch: Callable[[int, Network], None] | None = None,
) -> TrainingHistory:
    """Train a network in place.

    Args:
        network: What is trained; layers with a rate of 0 do not change by a bit.
        batches: Standardised samples.
        rates: Learning rate of each layer (:func:`layer_rates`).
        config: Settings; its ``learning_rate`` is not read here.
        rng: Source of the order of the samples.
        progress: Name of the stage whose bar is drawn on standard error, or none for silence.
        watch: Called with the number of epochs done and the network, first before any; it may
            look and not touch.

    Raises:
        ValueError: if the loss stops being finite.
    """
    generator = torch_generator(rng)
    steps = optimiser(network, rates, weight_decay=config.weight_decay)
    schedule = falling_rates(steps, config)
    best = _Best(config.patience)
    losses: list[float] = []
    validation: list[float] = []
    epochs = tqdm(range(config.max_epochs), desc=progress, unit="epoch", disable=progress is None)
    look = watch or (lambda _, __: None)
    with one_thread(), epochs:
        look(0, network)
        for epoch in epochs:
            losses.append(_one_epoch(network, batches, steps, config, generator))
            schedule.step()
            _check_finite(losses[-1], epoch)
            epochs.set_postfix(loss=f"{losses[-1]:.4f}")
            look(epoch + 1, network)
            if len(batches.X_validation):
                validation.append(_validation_loss(network, batches, config))
                if best.is_over(epoch, validation[-1], network):
                    break
    if validation:
        network.load_state_dict(best.weights)
    return TrainingHistory(
        train=tuple(losses),
        validation=tuple(validation),
        best_epoch=best.epoch if validation else len(losses) - 1,
    )


def _one_epoch(
    network: Network,
    batches: Batches,
    steps: torch.optim.Optimizer,
    config: TrainingConfig,
    generator: torch.Generator,
) -> float:
    """Pass over the training set once; the mean loss on the way."""
    loss_of = LOSSES[config.loss]
    total = torch.zeros(())
    for X, y in batches.shuffled(config.batch_size, generator):
        loss = loss_of(network(X), y)
        steps.zero_grad()
        loss.backward()
        steps.step()
        total += loss.detach() * len(X)
    return float(total.item()) / len(batches.X)


def _validation_loss(network: Network, batches: Batches, config: TrainingConfig) -> float:
    with torch.inference_mode():
        loss = LOSSES[config.loss](network(batches.X_validation), batches.y_validation)
    return float(loss.item())


def _check_finite(loss: float, epoch: int) -> None:
    if not np.isfinite(loss):
        raise ValueError(
            f"the loss is {loss} after epoch {epoch + 1}: lower learning_rate, or look for "
            "absurd values in X and y"
        )
