"""An ordinary neural network of temperature against time: it knows the readings and no law."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import ArrayLike

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.cooling import Readings
from matinf.physics.losses import Objective, Term
from matinf.physics.network import NetworkShape, one_thread
from matinf.physics.optimise import (
    LevenbergMarquardt,
    Optimiser,
    TrainingHistory,
    Watch,
    minimise,
)


@dataclass(frozen=True, kw_only=True)
class RegressionConfig:
    """How an ordinary network is built and trained.

    Attributes:
        shape: Sizes of the network.
        weight_decay: Half of this times the sum of squared weights is added to the loss, which
            is half the mean squared error in units of the readings' spread; 0 for none.
        optimiser: Which way down, and its settings.
    """

    shape: NetworkShape = field(
        default_factory=lambda: NetworkShape(hidden_sizes=(16, 16), sharpness=1.0)
    )
    weight_decay: float = 1e-5
    optimiser: Optimiser = field(
        default_factory=lambda: LevenbergMarquardt(max_steps=100, least_gain=1e-9)
    )

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        checks.not_negative(self.weight_decay, "weight_decay")
        if self.shape.n_inputs != 1:
            raise ValueError(f"a cooling curve has one input, time; got {self.shape.n_inputs}")


@dataclass(frozen=True, kw_only=True, eq=False)
class Regression:
    """A trained ordinary network; inside, times and temperatures have mean 0 and spread 1."""

    shape: NetworkShape
    theta: Vector  # (n_weights,)
    t_scale: tuple[float, float]  # mean and standard deviation of the times, s
    T_scale: tuple[float, float]  # of the temperatures, °C
    history: TrainingHistory

    def temperature(self, t: ArrayLike) -> Vector:
        """Temperatures in °C at times ``t`` in s, any shape, also far beyond the readings."""
        times = checks.finite_array(t, "t")
        s = torch.tensor((times.ravel() - self.t_scale[0]) / self.t_scale[1])
        with torch.no_grad(), one_thread():
            scaled: Vector = self.shape(torch.tensor(self.theta), s[:, None]).numpy()
        return self.T_scale[0] + self.T_scale[1] * scaled.reshape(times.shape)


def fit_network(
    readings: Readings,
    *,
    rng: np.random.Generator,
    config: RegressionConfig | None = None,
    progress: str | None = None,
    watch: Watch | None = None,
) -> Regression:
    """Train an ordinary network on readings alone.

    Args:
        readings: What was measured; two different times at least.
        rng: Source of the first weights.
        config: Settings.
        progress: Name on the progress bar, or none for silence.
        watch: Called with the number of steps done and the weights; it may look, not touch.

    Raises:
        ValueError: if all readings are of one time.
    """
    settings = config or RegressionConfig()
    if np.ptp(readings.t) == 0:
        raise ValueError("expected readings of two different times or more")
    t_scale = float(readings.t.mean()), float(readings.t.std())
    T_scale = float(readings.T.mean()), float(readings.T.std()) or 1.0
    points = np.column_stack(
        [(readings.t - t_scale[0]) / t_scale[1], (readings.T - T_scale[0]) / T_scale[1]]
    )
    shape, n = settings.shape, len(readings)
    data = Term(
        name="data",
        residual=lambda theta, point: shape(theta, point[:1]) - point[1],
        points=torch.tensor(points),
        weights=torch.full((n,), n**-0.5, dtype=torch.float64),
    )
    terms = [data]
    if settings.weight_decay:
        terms.append(_decay(shape.n_weights, settings.weight_decay))
    objective = Objective(terms=terms, reach=torch.ones(shape.n_weights, dtype=torch.float64))
    theta = shape.initial(rng=rng, head=1.0)
    theta, history = minimise(objective, theta, settings.optimiser, progress=progress, watch=watch)
    return Regression(
        shape=shape,
        theta=theta.numpy().copy(),
        t_scale=t_scale,
        T_scale=T_scale,
        history=history,
    )


def _decay(n_weights: int, weight_decay: float) -> Term:
    """Each weight as a residual of its own."""
    return Term(
        name="weights",
        residual=lambda theta, row: theta @ row,
        points=torch.eye(n_weights, dtype=torch.float64),
        weights=torch.full((n_weights,), weight_decay**0.5, dtype=torch.float64),
    )


def network_ensemble(
    readings: Readings,
    *,
    n_members: int,
    rng: np.random.Generator,
    config: RegressionConfig | None = None,
) -> tuple[Regression, ...]:
    """Several ordinary networks of the same readings, each from weights of its own.

    Args:
        readings: What was measured.
        n_members: How many, two or more.
        rng: Source of the first weights.
        config: Settings of all.

    Raises:
        ValueError: if there are fewer than two members.
    """
    if n_members < 2:
        raise ValueError(f"n_members: expected 2 or more, got {n_members}")
    return tuple(fit_network(readings, rng=child, config=config) for child in rng.spawn(n_members))
