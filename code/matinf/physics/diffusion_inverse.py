"""A diffusion coefficient learned together with its field from a few noisy depth readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from matinf.intervals import Interval
from matinf.physics import checks
from matinf.physics.cooling_fit import positive_interval
from matinf.physics.diffusion import Carburising
from matinf.physics.diffusion_fit import DepthReadings
from matinf.physics.diffusion_network import DiffusionNetwork
from matinf.physics.diffusion_pinn import DiffusionConfig, DiffusionField, equations
from matinf.physics.inverse import LIKELIHOOD
from matinf.physics.laplace import deviations, laplace_in_units
from matinf.physics.losses import Objective, Term
from matinf.physics.network import NetworkShape
from matinf.physics.optimise import minimise

INVERSE = DiffusionConfig(
    shape=NetworkShape(n_inputs=2, hidden_sizes=(12, 12), sharpness=2.0),
    n_collocation=16,
    optimiser=replace(LIKELIHOOD, least_gain=1e-4),
)
"""Settings that serve the inverse problem, where the readings' noise leaves ten digits no use."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DiffusionEstimate:
    """A diffusion coefficient learned from readings, with its field and its uncertainty.

    Attributes:
        field: The trained network.
        objective: The loss, at whose minimum the field lies.
        covariance: By Laplace, of :math:`\\log D` and what else was unknown.
    """

    field: DiffusionField
    objective: Objective
    covariance: NDArray[np.float64]

    @property
    def steel(self) -> Carburising:
        """The steel that was learned."""
        return self.field.steel

    @property
    def std(self) -> Mapping[str, float]:
        """Standard deviation of each unknown: m²/s for ``D``, wt% for ``cs``."""
        return deviations(
            self.field.network.unknown, self.covariance, log_of="D", value=self.steel.D
        )

    def interval(self, *, level: float = 0.95) -> Interval:
        """Interval of D in m²/s by Laplace, set up in its logarithm."""
        return positive_interval(self.steel.D, self.std["D"] / self.steel.D, level=level)

    @property
    def chi_squared(self) -> float:
        """Sum of squared errors of the readings over their noise's variance."""
        return 2 * float(self.field.history.parts[-1]["data"])


def learn_diffusion(
    readings: DepthReadings,
    *,
    c0: float,
    thickness: float,
    D_guess: float,
    rng: np.random.Generator,
    cs: float | None = None,
    start: DiffusionField | None = None,
    config: DiffusionConfig | None = None,
    progress: str | None = None,
) -> DiffusionEstimate:
    """Learn a diffusion coefficient with its field from a few noisy depth readings.

    Args:
        readings: What was measured.
        c0: Concentration at the start in wt%.
        thickness: Depth of the wall in m, beyond all readings.
        D_guess: Coefficient in m²/s to start from and to scale by; a factor of a few off is no
            matter.
        rng: Source of the first weights.
        cs: Concentration at the surface in wt%, where it is known.
        start: Field of the guess, solved for the same window by a network of the same shape, to
            start from: it saves most of the steps, and one serves any number of data sets.
        config: Settings; by default :data:`INVERSE`.
        progress: Name on the progress bar, or none for silence.

    Raises:
        ValueError: if there are fewer readings than unknowns, a setting is impossible, or
            ``start`` is of another window, shape or kind of coordinates.
    """
    settings = config or INVERSE
    unknown = ("D",) if cs is not None else ("D", "cs")
    checks.enough(len(readings), len(unknown))
    surface = float(readings.c.max()) if cs is None else cs
    steel = Carburising(D=D_guess, c0=c0, cs=surface, thickness=thickness)
    network = DiffusionNetwork(
        shape=settings.shape,
        steel=steel,
        t_end=float(readings.t.max()),
        coordinates=settings.coordinates,
        unknown=unknown,
    )
    if start is None:
        weights = settings.shape.initial(rng=rng)
    else:
        weights = weights_of(start, network)
    return learn_in(network, readings, weights, config=settings, progress=progress)


def learn_in(
    network: DiffusionNetwork,
    readings: DepthReadings,
    weights: torch.Tensor,
    *,
    config: DiffusionConfig,
    progress: str | None = None,
) -> DiffusionEstimate:
    """Train a network of a field on readings and law at once, from given weights.

    Args:
        network: With what is unknown.
        readings: What was measured.
        weights: To start from, shape ``(n_weights,)``; unknowns start at the network's guesses.
        config: Settings.
        progress: Name on the progress bar, or none for silence.
    """
    steel, unknown = network.steel, network.unknown
    step = abs(steel.cs - steel.c0)
    X, tau = readings.x / steel.thickness, readings.t * steel.D / steel.thickness**2
    data = Term(
        name="data",
        residual=lambda theta, p: network.concentration(theta, p[0], p[1]) - p[2],
        points=torch.tensor(np.column_stack([X, tau, readings.c])),
        weights=torch.full((len(readings),), 1 / readings.noise, dtype=torch.float64),
    )
    law = equations(network, config, scale=config.slack * readings.noise / step)
    objective = Objective(terms=[*law, data], reach=network.reach())
    theta = torch.cat([weights, torch.zeros(len(unknown), dtype=torch.float64)])
    theta, history = minimise(objective, theta, config.optimiser, progress=progress)
    units = [1.0 if name == "D" else step for name in unknown]
    return DiffusionEstimate(
        field=DiffusionField(network=network, theta=theta.numpy().copy(), history=history),
        objective=objective,
        covariance=laplace_in_units(objective, theta, units=units),
    )


def weights_of(start: DiffusionField, network: DiffusionNetwork) -> torch.Tensor:
    """Weights of a field that is to be refined, if it is of the same make."""
    solved = start.network
    makes = [
        (type(net).__name__, net.shape, net.coordinates, round(net.window, 12))
        for net in (solved, network)
    ]
    if makes[0] != makes[1]:
        raise ValueError(
            "start: expected a field of the same shape, coordinates and window, with D_guess; "
            f"got {makes[0]} for {makes[1]}"
        )
    return torch.tensor(start.theta[: network.shape.n_weights])
