"""The inverse problem: the rate, and other unknowns, learned together with the curve.

The loss is minus the logarithm of a likelihood, so that its minimum is an estimate and its
curvature an uncertainty. Readings count by their noise. The law counts by a slack δ, in K: the
body is taken to be pushed about by small unknown forces, which would make its temperature wander
by δ. That is a weak constraint, as weather forecasting has it :cite:`tremolet2006`; as δ goes to
0 the law holds hard and the estimate becomes that of least squares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from matinf.intervals import Interval
from matinf.physics import checks
from matinf.physics.clock import Clock
from matinf.physics.cooling import Cooling, Readings
from matinf.physics.cooling_fit import UNKNOWNS, positive_interval
from matinf.physics.laplace import deviations, laplace_in_units
from matinf.physics.losses import Objective, Term
from matinf.physics.optimise import LevenbergMarquardt, TrainingHistory, minimise
from matinf.physics.pinn import CoolingCurve, CoolingNetwork, PinnConfig

LIKELIHOOD = LevenbergMarquardt(max_steps=100, tolerance=0, patience=3, least_gain=1e-5)
"""Steps down a loss that is minus a log-likelihood."""


@dataclass(frozen=True, kw_only=True)
class InverseConfig:
    """How a network learns a body from readings.

    Attributes:
        pinn: The network, its clock, collocation and optimiser; the weights there are not read.
        slack: How far the law may be off, as a share of the readings' noise: δ = slack · σ.
        r_guess: Rate in 1/s to start from and to scale time by; by default a look at the
            readings.
    """

    pinn: PinnConfig = field(default_factory=lambda: PinnConfig(optimiser=LIKELIHOOD))
    slack: float = 1e-2
    r_guess: float | None = None

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        checks.positive(self.slack, "slack")
        if self.r_guess is not None:
            checks.positive(self.r_guess, "r_guess", unit="1/s")


@dataclass(frozen=True, kw_only=True, eq=False)
class CoolingEstimate:
    """A body learned from readings, with the curve and the uncertainty by Laplace.

    Attributes:
        curve: The trained network.
        readings: What it has learned from.
        objective: The loss, at whose minimum the curve lies.
        covariance: Of the unknowns, with :math:`\\log r` in place of r, in the order of
            ``curve.network.unknown``.
    """

    curve: CoolingCurve
    readings: Readings
    objective: Objective
    covariance: NDArray[np.float64]

    @property
    def body(self) -> Cooling:
        """The body that was learned."""
        return self.curve.body

    @property
    def std(self) -> Mapping[str, float]:
        """Standard deviation of each unknown by Laplace: 1/s for ``r``, K for temperatures."""
        return deviations(
            self.curve.network.unknown, self.covariance, log_of="r", value=self.body.r
        )

    def interval(self, *, level: float = 0.95) -> Interval:
        """Interval of the rate in 1/s by Laplace, set up in its logarithm."""
        return positive_interval(self.body.r, self.std["r"] / self.body.r, level=level)

    @property
    def chi_squared(self) -> float:
        """Sum of squared errors of the readings over their noise's variance."""
        return 2 * float(self.curve.history.parts[-1]["data"])

    @property
    def physics(self) -> float:
        """Twice the loss of the law; about 0 if it holds, large where it cannot hold."""
        return 2 * float(self.curve.history.parts[-1]["physics"])


def learn_cooling(
    readings: Readings,
    *,
    rng: np.random.Generator,
    T_env: float | None = None,
    T0: float | None = None,
    t_end: float | None = None,
    radiation: float = 0.0,
    config: InverseConfig | None = None,
    progress: str | None = None,
    watch: Callable[[int, CoolingCurve], None] | None = None,
) -> CoolingEstimate:
    r"""Learn a rate with its curve; what is not given is learned too.

    Minimises :math:`\tfrac12 \sum_i (T_i - T(t_i))^2 / \sigma^2 +
    \tfrac12 \int \rho(t)^2 \, dt \, / \, (2 r \delta^2)` with the residual ρ of the law.

    Args:
        readings: What was measured.
        rng: Source of the first weights.
        T_env: Temperature of the environment in °C, where it is known.
        T0: Temperature at time 0 in °C, where it is known.
        t_end: Length in s of the window in which the law has to hold; by default it ends with
            the readings, and beyond them nothing is known.
        radiation: Coefficient of radiation in 1/(s K³) that the law is taken to have.
        config: Settings.
        progress: Name on the progress bar, or none for silence.
        watch: Called with the number of steps done and the curve so far, which has no history.

    Raises:
        ValueError: if there are fewer readings than unknowns, or a setting is impossible.
    """
    settings = config or InverseConfig()
    known = {name: value for name, value in (("T0", T0), ("T_env", T_env)) if value is not None}
    unknown = tuple(name for name in UNKNOWNS if name not in known)
    checks.enough(len(readings), len(unknown))
    last = float(readings.t[-1])
    window = last if t_end is None else checks.finite(t_end, "t_end", unit="s")
    if window < last:
        raise ValueError(f"t_end: expected {last:g} s or more, as there are readings, got {t_end}")
    network = _network(readings, known, window, radiation, settings)
    theta = torch.zeros(network.n_parameters, dtype=torch.float64)
    theta[: network.shape.n_weights] = settings.pinn.shape.initial(rng=rng)
    how = settings.pinn.optimiser
    slack = settings.slack * readings.noise
    objective = likelihood(network, readings, slack=slack, config=settings.pinn)

    def curve_of(theta: torch.Tensor, history: TrainingHistory) -> CoolingCurve:
        return CoolingCurve(network=network, theta=theta.numpy().copy(), history=history)

    def look(step: int, theta: torch.Tensor) -> None:
        if watch is not None:
            watch(step, curve_of(theta, TrainingHistory()))

    theta, history = minimise(objective, theta, how, progress=progress, watch=look)
    curve = curve_of(theta, history)
    units = [1.0 if name == "r" else network.span for name in unknown]
    return CoolingEstimate(
        curve=curve,
        readings=readings,
        objective=objective,
        covariance=laplace_in_units(objective, theta, units=units),
    )


def likelihood(
    network: CoolingNetwork, readings: Readings, *, slack: float, config: PinnConfig
) -> Objective:
    """Readings by their noise, the law by its slack in K."""
    t, shares = network.clock.collocation(config.n_collocation)
    spectrum = 2 * network.body.r * slack**2  # of the forces, K²/s
    law = Term(
        name="physics",
        residual=lambda theta, point: network.residual(theta, point[0]),
        points=t[:, None],
        weights=(shares * network.clock.t_end / spectrum).sqrt(),
    )
    data = Term(
        name="data",
        residual=lambda theta, point: network.temperature(theta, point[0]) - point[1],
        points=torch.tensor(np.column_stack([readings.t, readings.T])),
        weights=torch.full((len(readings),), 1 / readings.noise, dtype=torch.float64),
    )
    return Objective(terms=[law, data], reach=network.reach())


def _network(
    readings: Readings,
    known: Mapping[str, float],
    window: float,
    radiation: float,
    config: InverseConfig,
) -> CoolingNetwork:
    guesses = {"T0": float(readings.T[0]), "T_env": float(readings.T[-1]), **known}
    body = Cooling(r=config.r_guess or look_at(readings), radiation=radiation, **guesses)
    span = max(float(np.ptp(readings.T)), abs(body.T0 - body.T_env), readings.noise)
    return CoolingNetwork(
        shape=config.pinn.shape,
        clock=Clock(t_end=window, rate=body.r, kind=config.pinn.clock),
        body=body,
        span=span,
        start="hard",
        unknown=tuple(name for name in UNKNOWNS if name not in known),
    )


def look_at(readings: Readings) -> float:
    """Rate in 1/s as one sees it: one over the time at which most of the change is done.

    Raises:
        ValueError: if all readings are of time 0.
    """
    if readings.t[-1] == 0:
        raise ValueError("all readings are of time 0: they say nothing about the rate")
    change = (readings.T - readings.T[0]) / ((readings.T[-1] - readings.T[0]) or 1.0)
    first = int(np.argmax(change >= 1 - np.exp(-1)))
    t = readings.t[first] or readings.t[-1]
    return 1 / float(t)


def with_noise(readings: Readings, body: Cooling, *, rng: np.random.Generator) -> Readings:
    """New readings of ``body`` at the same times, of the same noise."""
    errors = readings.noise * rng.standard_normal(len(readings))
    return replace(readings, T=body.temperature(readings.t) + errors)
