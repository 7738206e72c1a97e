"""Losses as sums of squares: what is to vanish, point by point, and how much each point weighs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch.func import grad_and_value, vmap

Residual = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, kw_only=True, eq=False)
class Term:
    r"""One part of a loss, :math:`\tfrac12 \sum_i (w_i \, \rho(\theta, p_i))^2`.

    Attributes:
        name: As it stands in histories: ``"physics"``, ``"data"``, ``"start"``, …
        residual: Function ρ of all parameters and one point that returns one number.
        points: Where it is taken, shape ``(n_points, n_coordinates)``; a measured value may be
            one of the coordinates.
        weights: Weight of each point's residual, shape ``(n_points,)``; one over the standard
            deviation where the residual is an error of known size.
    """

    name: str
    residual: Residual
    points: torch.Tensor
    weights: torch.Tensor

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless there is a weight for each point and a point at all."""
        if self.points.ndim != 2 or self.weights.shape != self.points.shape[:1]:
            raise ValueError(
                f"{self.name}: expected points (n_points, n_coordinates) and as many weights, got "
                f"{tuple(self.points.shape)} and {tuple(self.weights.shape)}"
            )
        if len(self.points) == 0:
            raise ValueError(f"{self.name}: expected at least one point")

    def vector(self, theta: torch.Tensor) -> torch.Tensor:
        """Weighted residuals, shape ``(n_points,)``."""
        return self.weights * vmap(self.residual, in_dims=(None, 0))(theta, self.points)

    def jacobian(self, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Weighted residuals and their derivatives, shapes ``(n,)`` and ``(n, n_parameters)``.

        One reverse pass per point, all points at once.
        """
        each = vmap(grad_and_value(self.residual), in_dims=(None, 0))
        slopes, values = each(theta, self.points)
        return self.weights * values, self.weights[:, None] * slopes


@dataclass(frozen=True, kw_only=True, eq=False)
class Objective:
    """All terms of a loss, in the same parameters.

    Attributes:
        terms: The parts of the loss.
        reach: How freely each parameter may step, shape ``(n_parameters,)``: 1 for a weight; far
            above it where residuals are linear in the parameter, so that no damping is needed;
            0 for a parameter that is kept as it is.
    """

    terms: Sequence[Term]
    reach: torch.Tensor

    def vector(self, theta: torch.Tensor) -> torch.Tensor:
        """All weighted residuals, shape ``(n_residuals,)``."""
        return torch.cat([term.vector(theta) for term in self.terms])

    def jacobian(self, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """All weighted residuals and their derivatives by the parameters."""
        values, slopes = zip(*(term.jacobian(theta) for term in self.terms), strict=True)
        return torch.cat(values), torch.cat(slopes)

    def parts(self, vector: torch.Tensor) -> dict[str, float]:
        """Share of each term in the loss, from the vector of all residuals."""
        sizes = [len(term.points) for term in self.terms]
        pieces = vector.detach().split(sizes)
        return {
            term.name: 0.5 * float((piece @ piece).item())
            for term, piece in zip(self.terms, pieces, strict=True)
        }
