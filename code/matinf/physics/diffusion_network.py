"""A network of a diffusing field, and the coordinates in which such a field is smooth.

The surface is held at one concentration and the material starts at another: where they meet, at
depth 0 and time 0, the field jumps, and no network of depth and time can follow. In polar
coordinates about that corner it is smooth, and both conditions can be built in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.diffusion import Carburising
from matinf.physics.network import NetworkShape, curvature, slope
from matinf.physics.pinn import FREE

Coordinates = Literal["corner", "late", "plain", "raw"]
POLAR: tuple[Coordinates, ...] = ("corner", "late")
"""Coordinates about the corner, in which surface and start are built in."""


@dataclass(frozen=True, kw_only=True)
class DiffusionNetwork:
    r"""Concentrations by a network, with units outside and none inside.

    With scaled depth :math:`X = x / L` and time :math:`\tau = D t / L^2` the coordinates about
    the corner are :math:`\varphi = \arctan(X / 2\sqrt\tau)`, which is 0 at the surface and
    :math:`\pi/2` at the start, and :math:`\varrho^2 = X^2 + 4\tau`. The share of the step that
    has arrived is :math:`u = 1 - p + 4 p (1 - p) N(\varphi, \varrho)` with
    :math:`p = 2 \varphi / \pi`: right at the surface and at the start for any weights.

    Attributes:
        shape: Of the network, with two inputs.
        steel: What is known, and guesses of what is not; it needs a finite thickness.
        t_end: Last time in s.
        coordinates: ``"corner"``; ``"late"``, the same with :math:`\log(1 + \varrho)` for the
            radius, for windows far longer than the field takes to settle; ``"plain"``, scaled
            depth and time, with surface and start trained for; or ``"raw"``, metres and seconds
            as they are, to see that fail.
        unknown: What is learned with the field, some of ``"D"``, ``"cs"``.
    """

    shape: NetworkShape
    steel: Carburising
    t_end: float
    coordinates: Coordinates = "corner"
    unknown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a half-space, or settings that do not exist."""
        checks.positive(self.t_end, "t_end", unit="s")
        if self.shape.n_inputs != 2:
            raise ValueError(f"a field has two inputs, depth and time; got {self.shape.n_inputs}")
        if np.isinf(self.steel.thickness):
            raise ValueError(
                "a network sees a window: expected a finite thickness, so deep that the wall is "
                "not reached if the body has none"
            )
        if self.coordinates not in (*POLAR, "plain", "raw"):
            raise ValueError(
                "coordinates: expected 'corner', 'late', 'plain' or 'raw', "
                f"got {self.coordinates!r}"
            )

    @property
    def n_parameters(self) -> int:
        """Length of the vector of all parameters: weights, then unknowns."""
        return self.shape.n_weights + len(self.unknown)

    @property
    def window(self) -> float:
        r"""Length of the window in scaled time, :math:`D t_\mathrm{end} / L^2`."""
        return self.steel.D * self.t_end / self.steel.thickness**2

    @property
    def far(self) -> float:
        """Largest distance from the corner, in scaled coordinates."""
        return float((1 + 4 * self.window) ** 0.5)

    def quantities(self, theta: torch.Tensor) -> dict[str, torch.Tensor | float]:
        r"""D in m²/s and cs in wt%; an unknown D is :math:`D_\mathrm{guess} \, e^p`."""
        values: dict[str, torch.Tensor | float] = {"D": self.steel.D, "cs": self.steel.cs}
        step = self.steel.cs - self.steel.c0
        for name, p in zip(self.unknown, theta[self.shape.n_weights :], strict=True):
            guess = values[name]
            values[name] = guess * torch.exp(p) if name == "D" else guess + step * p
        return values

    def share(self, theta: torch.Tensor, X: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        """Share of the surface's step at one scaled depth and time: 1 at the surface."""
        weights = theta[: self.shape.n_weights]
        if self.coordinates == "plain":
            return self.shape(weights, torch.stack([2 * X - 1, 2 * tau / self.window - 1]))
        if self.coordinates == "raw":
            L = self.steel.thickness
            return self.shape(weights, torch.stack([X * L, tau * L**2 / self.steel.D]))
        p, inputs = self.about_the_corner(X, tau)
        return 1 - p + 4 * p * (1 - p) * self.shape(weights, inputs)

    def about_the_corner(
        self, X: torch.Tensor, tau: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        r"""The angle p, 0 at the surface and 1 at the start, and the network's two inputs."""
        p = torch.atan2(X, 2 * torch.sqrt(tau)) * 2 / np.pi
        radius = torch.sqrt(X**2 + 4 * tau)
        if self.coordinates == "late":
            return p, torch.stack([2 * p - 1, 2 * torch.log1p(radius) / np.log1p(self.far) - 1])
        return p, torch.stack([2 * p - 1, 2 * radius / self.far - 1])

    def concentration(
        self, theta: torch.Tensor, X: torch.Tensor, tau: torch.Tensor
    ) -> torch.Tensor:
        """Concentration in wt% at one scaled depth and time."""
        step = self.quantities(theta)["cs"] - self.steel.c0
        return self.steel.c0 + step * self.share(theta, X, tau)

    def residual(self, theta: torch.Tensor, X: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        r"""Fick's second law at one point, :math:`\partial_\tau u - (D / D_\mathrm{guess}) \,
        \partial_X^2 u`, by forward-mode automatic differentiation, without unit."""
        bend = curvature(lambda X: self.share(theta, X, tau), X)[2]
        change = slope(lambda tau: self.share(theta, X, tau), tau)[1]
        return change - self.quantities(theta)["D"] / self.steel.D * bend

    def at_wall(self, theta: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        r"""Flow through the wall, :math:`\partial_X u` at :math:`X = 1`, which is to vanish."""
        return slope(lambda X: self.share(theta, X, tau), torch.ones_like(tau))[1]

    def reach(self) -> torch.Tensor:
        """How freely each parameter may step: the head is linear."""
        reach = torch.ones(self.n_parameters, dtype=torch.float64)
        reach[self.shape.head] = FREE
        return reach


def collocation(network: DiffusionNetwork, n_points: int) -> tuple[Vector, Vector]:
    """Scaled depths and times at which the law is asked for, inside the window.

    A grid that is even in the coordinates that the network sees; both of shape ``(n,)``.
    """
    middle = (np.arange(n_points) + 0.5) / n_points
    a, b = (grid.ravel() for grid in np.meshgrid(middle, middle))
    if network.coordinates not in POLAR:
        return a, b * network.window
    angle, radius = a * np.pi / 2, b * network.far
    if network.coordinates == "late":
        radius = np.expm1(b * np.log1p(network.far))
    X, tau = radius * np.sin(angle), (radius * np.cos(angle)) ** 2 / 4
    is_inside = (X <= 1) & (tau <= network.window)
    return X[is_inside], tau[is_inside]
