"""A physics-informed network of a diffusing field: forward, where all is known but the field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch.func import vmap

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.diffusion import Carburising
from matinf.physics.diffusion_network import (
    POLAR,
    Coordinates,
    DiffusionNetwork,
    collocation,
)
from matinf.physics.losses import Objective, Residual, Term
from matinf.physics.network import NetworkShape, one_thread
from matinf.physics.optimise import LevenbergMarquardt, Optimiser, TrainingHistory, minimise


@dataclass(frozen=True, kw_only=True)
class DiffusionConfig:
    """How a network of a diffusing field is built and trained.

    Attributes:
        shape: Sizes of the network.
        n_collocation: Points per direction: their grid is of this number squared, without what
            lies outside the window.
        coordinates: How the network sees depth and time.
        boundary_weight: Weight of surface, start and wall beside the law, without unit.
        slack: In the inverse problem, the standard deviation that the scaled residual is
            allowed, as a share of the readings' noise over the surface's step.
        optimiser: Which way down, and its settings.
    """

    shape: NetworkShape = field(
        default_factory=lambda: NetworkShape(n_inputs=2, hidden_sizes=(20, 20), sharpness=2.0)
    )
    n_collocation: int = 20
    coordinates: Coordinates = "corner"
    boundary_weight: float = 1.0
    slack: float = 0.2
    optimiser: Optimiser = field(default_factory=lambda: LevenbergMarquardt(max_steps=60))

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        checks.positive(self.boundary_weight, "boundary_weight")
        checks.positive(self.slack, "slack")
        if self.n_collocation < 5:
            raise ValueError(f"n_collocation: expected 5 or more, got {self.n_collocation}")


@dataclass(frozen=True, kw_only=True, eq=False)
class DiffusionField:
    """A trained network, its parameters frozen."""

    network: DiffusionNetwork
    theta: Vector  # (n_parameters,)
    history: TrainingHistory

    def __post_init__(self) -> None:
        """Freeze the parameters."""
        self.theta.setflags(write=False)

    @property
    def steel(self) -> Carburising:
        """The steel that the network stands for, with what it has learned."""
        found = self.network.quantities(torch.tensor(self.theta))
        known = self.network.steel
        return Carburising(
            D=float(found["D"]), cs=float(found["cs"]), c0=known.c0, thickness=known.thickness
        )

    def concentration(self, x: ArrayLike, t: ArrayLike) -> Vector:
        """Concentrations in wt% at depths ``x`` in m and times ``t`` in s, broadcast.

        Raises:
            ValueError: for points outside the window that the network was trained on.
        """
        return self._at(x, t, self.network.concentration)

    def residual(self, x: ArrayLike, t: ArrayLike) -> Vector:
        """Residual of Fick's law there, in wt%/s; at times above 0."""
        steel = self.steel
        unit = (steel.cs - steel.c0) * self.network.steel.D / steel.thickness**2
        return self._at(x, t, self.network.residual) * unit

    def _at(self, x: ArrayLike, t: ArrayLike, f: Callable[..., torch.Tensor]) -> Vector:
        depth, time = np.broadcast_arrays(checks.finite_array(x, "x"), checks.finite_array(t, "t"))
        L, t_end = self.network.steel.thickness, self.network.t_end
        if depth.size and not (depth.min() >= 0 and depth.max() <= L * (1 + 1e-12)):
            raise ValueError(f"x: the network knows depths of 0 to {L:g} m, no others")
        if time.size and not (time.min() >= 0 and time.max() <= t_end * (1 + 1e-12)):
            raise ValueError(f"t: the network knows times of 0 to {t_end:g} s, no others")
        X = torch.tensor(depth.ravel() / L)
        tau = torch.tensor(time.ravel() * self.network.steel.D / L**2)
        with torch.no_grad(), one_thread():
            each = vmap(f, in_dims=(None, 0, 0))
            values: Vector = each(torch.tensor(self.theta), X, tau).numpy()
        return values.reshape(depth.shape)


def solve_diffusion(
    steel: Carburising,
    *,
    t_end: float,
    rng: np.random.Generator,
    config: DiffusionConfig | None = None,
    progress: str | None = None,
) -> DiffusionField:
    """Solve Fick's second law by a network, from the law, the surface, the start and the wall.

    Args:
        steel: What is carburised, of finite thickness.
        t_end: Length of the window in s.
        rng: Source of the first weights.
        config: Settings.
        progress: Name on the progress bar, or none for silence.

    Raises:
        ValueError: if a setting is impossible, or the loss stops being finite.
    """
    settings = config or DiffusionConfig()
    network = DiffusionNetwork(
        shape=settings.shape, steel=steel, t_end=t_end, coordinates=settings.coordinates
    )
    theta = settings.shape.initial(rng=rng)
    objective = Objective(terms=equations(network, settings), reach=network.reach())
    theta, history = minimise(objective, theta, settings.optimiser, progress=progress)
    return DiffusionField(network=network, theta=theta.numpy().copy(), history=history)


def equations(
    network: DiffusionNetwork, config: DiffusionConfig, *, scale: float = 1.0
) -> list[Term]:
    """The law and the conditions that are not built in, each a mean square over ``scale``.

    Close to the corner the law's two sides are each as large as :math:`1 / \\varrho^2`: there the
    residual is weighted by :math:`\\varrho^2`.
    """
    X, tau = collocation(network, config.n_collocation)
    edge = (np.arange(2 * config.n_collocation) + 0.5) / (2 * config.n_collocation)
    late = edge**2 * network.window
    near = X**2 + 4 * tau if network.coordinates in POLAR else np.ones(X.size)
    if network.coordinates == "raw":  # as one would who has not thought of units: in 1/s
        near = near * network.steel.D / network.steel.thickness**2
    zeros, ones = np.zeros(edge.size), np.ones(edge.size)
    weight = config.boundary_weight**0.5
    parts: list[tuple[str, Residual, list[Vector], Vector]] = [
        ("physics", lambda theta, p: network.residual(theta, p[0], p[1]), [X, tau], near),
        ("wall", lambda theta, p: network.at_wall(theta, p[0]), [late], weight * ones),
    ]
    if network.coordinates not in POLAR:
        parts += [
            ("surface", _misses(network, 1.0), [zeros, late], weight * ones),
            ("start", _misses(network, 0.0), [edge, zeros], weight * ones),
        ]
    return [
        Term(
            name=name,
            residual=residual,
            points=torch.tensor(np.column_stack(points)),
            weights=torch.tensor(weights / (scale * weights.size**0.5)),
        )
        for name, residual, points, weights in parts
    ]


def _misses(network: DiffusionNetwork, wanted: float) -> Residual:
    return lambda theta, p: network.share(theta, p[0], p[1]) - wanted
