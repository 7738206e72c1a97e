"""A small network as a function of its weights and one point, differentiable in both.

The weights are one flat vector, so that an optimiser sees numbers and nothing else, and a
residual is a function of that vector. All is double precision: single precision ends at an error
of about 1e-4, where the accuracy of these networks only begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from torch.func import jvp

from matinf.deterministic_torch import one_thread as one_thread
from matinf.deterministic_torch import torch_generator as torch_generator

Activation = Literal["tanh", "sine", "softplus"]

ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "tanh": torch.tanh,
    "sine": torch.sin,
    "softplus": torch.nn.functional.softplus,
}
"""What bends a layer: smooth, as equations need derivatives."""


@dataclass(frozen=True, kw_only=True)
class NetworkShape:
    """Sizes of the layers and what bends them; the output is one number.

    Attributes:
        n_inputs: Numbers that go in, each scaled to about -1 to 1.
        hidden_sizes: Width of every hidden layer.
        activation: Name of the non-linearity: ``"tanh"``, ``"sine"`` or ``"softplus"``.
        sharpness: How steep the first layer's units start, in bends per half of the range.
    """

    n_inputs: int = 1
    hidden_sizes: tuple[int, ...] = (40,)
    activation: Activation = "tanh"
    sharpness: float = 5.0

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless there is a hidden layer and all sizes are positive."""
        if self.n_inputs < 1 or not self.hidden_sizes or min(self.hidden_sizes) < 1:
            raise ValueError(
                "expected one hidden layer or more and sizes of 1 or more, got "
                f"{self.n_inputs} inputs and hidden_sizes={self.hidden_sizes}"
            )
        if self.activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise ValueError(f"activation: expected one of {known}, got {self.activation!r}")
        if not (np.isfinite(self.sharpness) and self.sharpness > 0):
            raise ValueError(f"sharpness: expected a number above 0, got {self.sharpness}")

    @property
    def sizes(self) -> tuple[int, ...]:
        """Width of every layer of numbers from the inputs to the output."""
        return (self.n_inputs, *self.hidden_sizes, 1)

    @property
    def n_weights(self) -> int:
        """Length of the flat vector of weights."""
        return sum(n_out * (n_in + 1) for n_in, n_out in pairwise(self.sizes))

    @property
    def head(self) -> slice:
        """Where the last layer's weights are, in which the output is linear."""
        return slice(self.n_weights - self.hidden_sizes[-1] - 1, self.n_weights)

    def layers(self, weights: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Matrix and biases of each layer, as views of the flat vector."""
        at = 0
        for n_in, n_out in pairwise(self.sizes):
            end = at + n_out * n_in
            yield weights[at:end].view(n_out, n_in), weights[end : end + n_out]
            at = end + n_out

    def __call__(self, weights: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
        r"""The network's output: :math:`h \leftarrow \phi(W h + b)`, and a linear head.

        Args:
            weights: Flat vector, shape ``(n_weights,)``.
            inputs: Scaled inputs, shape ``(..., n_inputs)``.

        Returns:
            Outputs, shape ``(...)``.
        """
        bend = ACTIVATIONS[self.activation]
        *hidden, (W, b) = self.layers(weights)
        for W_hidden, b_hidden in hidden:
            inputs = bend(inputs @ W_hidden.T + b_hidden)
        return (inputs @ W.T + b)[..., 0]

    def initial(self, *, rng: np.random.Generator, head: float = 0.0) -> torch.Tensor:
        """Draw weights to start from, shape ``(n_weights,)``.

        Every unit of the first layer bends at a point drawn from the whole range of the inputs,
        so that none of it is left without; later layers follow :cite:t:`glorot2010`, the last
        one times ``head``: at 0 the network says nothing before it has learned.
        """
        generator = torch_generator(rng)
        parts = []
        for depth, (n_in, n_out) in enumerate(pairwise(self.sizes)):
            W = torch.randn(n_out, n_in, generator=generator, dtype=torch.float64)
            b = torch.zeros(n_out, dtype=torch.float64)
            if depth == 0:
                centres = torch.rand(n_out, n_in, generator=generator, dtype=torch.float64)
                W = self.sharpness * W / n_in**0.5
                b = -(W * (2 * centres - 1)).sum(dim=1)
            else:
                W = W * (2 / (n_in + n_out)) ** 0.5
            parts += [W.flatten(), b]
        weights = torch.cat(parts)
        weights[self.head] *= head
        return weights


def slope(
    f: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    r"""Value and derivative :math:`f(x), f'(x)` of a function of one number, in one pass.

    Forward-mode automatic differentiation: beside each number runs its derivative, by the chain
    rule; exact to rounding, for about the price of computing the function twice.

    Args:
        f: Works on one number, and gives one.
        x: Where, shape ``(n,)``.

    Returns:
        Values and derivatives, each of shape ``(n,)``.
    """
    value, derivative = jvp(f, (x,), (torch.ones_like(x),))
    return value, derivative


def curvature(
    f: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    r"""Value and both derivatives :math:`f(x), f'(x), f''(x)`: forward mode, twice.

    Args:
        f: Works on one number, and gives one.
        x: Where, shape ``(n,)``.

    Returns:
        Values, first and second derivatives, each of shape ``(n,)``.
    """
    (value, first), (_, second) = jvp(lambda s: slope(f, s), (x,), (torch.ones_like(x),))
    return value, first, second
