"""The network that transfers: fully connected layers in torch, frozen once trained.

A layer computes :math:`h_{l+1} = \\phi(W_l h_l + b_l)`; the last one, the head, is linear. All
layers before the head are the body: what a source task teaches and a target task takes over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from matinf.deterministic_torch import one_thread as one_thread
from matinf.deterministic_torch import torch_generator as torch_generator

Activation = Literal["relu", "silu", "tanh"]
Matrix = NDArray[np.float64]
Weights = Mapping[str, NDArray[np.float32]]

ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "relu": torch.relu,
    "silu": nn.functional.silu,
    "tanh": torch.tanh,
}
"""The non-linearity between layers, by the name that settings use."""

FEATURE_LIMIT = 5.0
"""Standard deviations beyond which a feature counts as this far: of 80 samples one may hold an
f electron, and a test sample with fourteen would else be a hundred deviations off."""


@dataclass(frozen=True, kw_only=True)
class NetworkShape:
    """How many numbers go in, through each hidden layer and out, and what bends them."""

    n_inputs: int
    hidden_sizes: tuple[int, ...] = (128, 128, 128)
    n_outputs: int = 1
    activation: Activation = "relu"

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless there is a hidden layer and all sizes are positive."""
        if not self.hidden_sizes or min(self.sizes) < 1:
            raise ValueError(
                "expected one hidden layer or more and sizes of 1 or more, got "
                f"{self.n_inputs} inputs, hidden_sizes={self.hidden_sizes}, "
                f"{self.n_outputs} outputs"
            )
        if self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation: expected one of {known}, got {self.activation!r}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Width of every layer of numbers from the inputs to the outputs."""
        return (self.n_inputs, *self.hidden_sizes, self.n_outputs)

    @property
    def n_layers(self) -> int:
        """Number of weight matrices: the hidden layers' and the head's."""
        return len(self.hidden_sizes) + 1

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each array of weights, by the name that torch gives it."""
        shapes: dict[str, tuple[int, ...]] = {}
        for i, (n_in, n_out) in enumerate(pairwise(self.sizes)):
            shapes |= {f"layers.{i}.weight": (n_out, n_in), f"layers.{i}.bias": (n_out,)}
        return shapes


class Network(nn.Module):
    """Fully connected layers; the last of ``layers`` is the head.

    Weights start normal, of variance 2 over the layer's inputs :cite:`he2015`, so that signals
    keep their size through rectifiers; the head, which is linear, has half of that.

    Args:
        shape: Sizes and activation.
        generator: Source of the weights; torch's global state is neither read nor moved.
    """

    def __init__(self, shape: NetworkShape, *, generator: torch.Generator) -> None:
        super().__init__()
        self.activation = ACTIVATIONS[shape.activation]
        # A plain nn.Linear would draw its weights from torch's global state.
        self.layers = nn.ModuleList(
            nn.utils.skip_init(nn.Linear, n_in, n_out) for n_in, n_out in pairwise(shape.sizes)
        )
        for layer in self.layers[:-1]:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            nn.init.zeros_(layer.bias)
        self.initialise_head(generator=generator)

    def initialise_head(self, *, generator: torch.Generator) -> None:
        """Forget the head: draw its weights anew, with biases of 0."""
        head = self.layers[-1]
        nn.init.kaiming_normal_(head.weight, nonlinearity="linear", generator=generator)
        nn.init.zeros_(head.bias)

    def hidden(self, X: torch.Tensor) -> torch.Tensor:
        """Activations of the last hidden layer, shape ``(n_samples, hidden_sizes[-1])``."""
        for layer in self.layers[:-1]:
            X = self.activation(layer(X))
        return X

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Standardised outputs, shape ``(n_samples, n_outputs)``."""
        return self.layers[-1](self.hidden(X))


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """A mean and a standard deviation per column: what networks see has 0 and 1 instead."""

    mean: Matrix  # (n_columns,)
    std: Matrix  # (n_columns,), above 0
    limit: float = np.inf  # in standard deviations

    @classmethod
    def of(cls, values: Matrix, *, constant: float, limit: float = np.inf) -> Self:
        """Measure the columns of ``values``, shape ``(n_samples, n_columns)``.

        A column that does not vary gets ``constant`` as its standard deviation: infinity for a
        feature, which then says nothing whatever it is later; 1 for a target.
        """
        spread = np.ptp(values, axis=0)
        still = spread <= 1e-9 * np.abs(values).max(axis=0)
        std = np.where(still, constant, values.std(axis=0))
        return cls(mean=values.mean(axis=0), std=std, limit=limit)

    def apply(self, values: Matrix) -> Matrix:
        """Standardise ``values``, shape ``(n_samples, n_columns)``, and keep them in the limit."""
        scaled: Matrix = ((values - self.mean) / self.std).clip(-self.limit, self.limit)
        return scaled

    def undo(self, values: Matrix) -> Matrix:
        """Bring standardised ``values`` back to their unit."""
        back: Matrix = values * self.std + self.mean
        return back


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingHistory:
    """Mean loss per epoch, on standardised targets (no unit)."""

    train: tuple[float, ...]  # (n_epochs,)
    validation: tuple[float, ...]  # (n_epochs,), empty without a validation split
    best_epoch: int  # counted from 0: the epoch whose weights were kept


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainedNetwork:
    """A network that is done learning: its weights and its scales, none of which can change.

    Copies share the weights, so that a hundred fine-tunings can start from one of these and a
    clone costs nothing.
    """

    shape: NetworkShape
    weights: Weights
    x_scale: Scale
    y_scale: Scale
    history: TrainingHistory

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless all arrays have the shapes that ``shape`` asks for."""
        expected = self.shape.weight_shapes()
        found = {name: array.shape for name, array in self.weights.items()}
        if found != expected:
            raise ValueError(f"weights: expected shapes {expected}, got {found}")
        ends = (self.x_scale, self.shape.n_inputs), (self.y_scale, self.shape.n_outputs)
        for scale, size in ends:
            if scale.mean.shape != (size,) or scale.std.shape != (size,):
                raise ValueError(f"scale: expected shape ({size},), got {scale.mean.shape}")
        numbers: list[NDArray[Any]] = [*self.weights.values()]
        numbers += [array for scale, _ in ends for array in (scale.mean, scale.std)]
        for array in numbers:
            array.setflags(write=False)

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Another process, or a pickle, gets arrays that can be written to.
        self.__dict__.update(state)
        self.__post_init__()

    def network(self) -> Network:
        """A torch network with these weights, free to be trained further."""
        network = Network(self.shape, generator=torch.Generator())
        network.load_state_dict({k: torch.tensor(v) for k, v in self.weights.items()})
        return network

    def predict(self, X: Matrix) -> Matrix:
        """Predict, shape ``(n_samples, n_outputs)``, in the targets' units."""
        return self.y_scale.undo(self._run(X, lambda network: network))

    def hidden(self, X: Matrix) -> Matrix:
        """Activations of the last hidden layer, shape ``(n_samples, hidden_sizes[-1])``."""
        return self._run(X, lambda network: network.hidden)

    def _run(self, X: Matrix, part: Callable[[Network], Callable[[Any], Any]]) -> Matrix:
        """Run a part of the network in double precision: rows do not feel their neighbours."""
        self.check_features(X)
        with torch.inference_mode(), one_thread():
            outputs: Matrix = part(self.network().double())(
                torch.tensor(self.x_scale.apply(X), dtype=torch.float64)
            ).numpy()
        return outputs

    def check_features(self, X: Matrix) -> None:
        """Raise ``ValueError`` unless ``X`` has the columns that the network was trained on."""
        if X.ndim != 2 or X.shape[1] != self.shape.n_inputs:
            raise ValueError(
                f"the network was trained on {self.shape.n_inputs} features, got X of shape "
                f"{X.shape}: featurise source and target in the same way"
            )


def weights_of(network: Network) -> dict[str, NDArray[np.float32]]:
    """Copy a network's weights out of torch."""
    return {name: value.numpy().copy() for name, value in network.state_dict().items()}
