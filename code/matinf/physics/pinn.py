"""A physics-informed network of a cooling body: forward, where all is known but the curve.

The network's residual in the law of cooling is computed by automatic differentiation and made to
vanish :cite:`raissi2019,lagaris1998`; no measurement and no solver takes part. The inverse
problem stands in :mod:`matinf.physics.inverse`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.constants import zero_Celsius
from torch.func import vmap

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.clock import Clock, ClockKind
from matinf.physics.cooling import Cooling
from matinf.physics.losses import Objective, Term
from matinf.physics.network import NetworkShape, one_thread, slope
from matinf.physics.optimise import LevenbergMarquardt, Optimiser, TrainingHistory, minimise

Start = Literal["hard", "soft"]

FREE = 1e6
"""Reach of parameters in which residuals are linear: they need no damping."""


@dataclass(frozen=True, kw_only=True)
class CoolingNetwork:
    r"""Temperatures of a body by a network, with units outside and none inside.

    Parameters are one vector: the network's weights, then the unknowns. With the network
    :math:`N`, the scaled time :math:`s(t)` and the ramp :math:`g(t)` of a ``Clock``, a hard
    start is built in, :math:`T(t) = T_0 + \Delta T \, g(t) \, N(s(t))`; with a soft one,
    :math:`T(t) = T_\mathrm{env} + \Delta T \, N(s(t))` is only trained to begin at
    :math:`T_0`.

    Attributes:
        shape: Of the network, with one input.
        clock: How time is scaled.
        body: What is known, and guesses of what is not.
        span: Scale ΔT of temperatures in K.
        start: ``"hard"`` or ``"soft"``.
        unknown: What is learned with the curve, some of ``"r"``, ``"T0"``, ``"T_env"``.
    """

    shape: NetworkShape
    clock: Clock
    body: Cooling
    span: float
    start: Start = "hard"
    unknown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for settings that do not exist."""
        checks.positive(self.span, "span", unit="K")
        if self.start not in ("hard", "soft"):
            raise ValueError(f"start: expected 'hard' or 'soft', got {self.start!r}")

    @property
    def n_parameters(self) -> int:
        """Length of the vector of all parameters."""
        return self.shape.n_weights + len(self.unknown)

    def quantities(self, theta: torch.Tensor) -> dict[str, torch.Tensor | float]:
        r"""Rate in 1/s and temperatures in °C, known or as the parameters have them.

        An unknown rate is :math:`r = r_\mathrm{guess} \, e^p`: positive whatever p is.
        """
        values: dict[str, torch.Tensor | float] = {
            name: getattr(self.body, name) for name in ("r", "T0", "T_env")
        }
        for name, p in zip(self.unknown, theta[self.shape.n_weights :], strict=True):
            guess = values[name]
            values[name] = guess * torch.exp(p) if name == "r" else guess + self.span * p
        return values

    def temperature(self, theta: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Temperature in °C at one time ``t`` in s."""
        output = self.shape(theta[: self.shape.n_weights], self.clock.scaled(t)[None])
        if self.start == "hard":
            return self.quantities(theta)["T0"] + self.span * self.clock.ramp(t) * output
        return self.body.T_env + self.span * output

    def residual(self, theta: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        r"""How far the curve is from obeying the law at one time, in K/s.

        :math:`\dot T - r \, (T_\mathrm{env} - T) - \kappa \,
        (T_\mathrm{env,K}^4 - T_\mathrm{K}^4)`, with the derivative by forward-mode automatic
        differentiation.
        """
        values = self.quantities(theta)
        T, change = slope(lambda t: self.temperature(theta, t), t)
        law = values["r"] * (values["T_env"] - T)
        if self.body.radiation:
            there, here = values["T_env"] + zero_Celsius, T + zero_Celsius
            law = law + self.body.radiation * (there**4 - here**4)
        return change - law

    def reach(self) -> torch.Tensor:
        """How freely each parameter may step: the head and temperatures are linear."""
        reach = torch.ones(self.n_parameters, dtype=torch.float64)
        reach[self.shape.head] = FREE
        return reach


@dataclass(frozen=True, kw_only=True)
class PinnConfig:
    """How a network of a cooling body is built and trained.

    Attributes:
        shape: Sizes of the network.
        n_collocation: Times at which the law is asked for; more than the network has hidden
            units, or it can bend between them and break the law unseen.
        clock: Whether time is seen in its logarithm or as it is.
        start: Whether the start is built into the network or trained for.
        physics_weight: Weight of the mean squared residual, without unit.
        start_weight: Weight of the squared error at the start, where that is soft.
        optimiser: Which way down, and its settings.
    """

    shape: NetworkShape = field(default_factory=NetworkShape)
    n_collocation: int = 120
    clock: ClockKind = "logarithmic"
    start: Start = "hard"
    physics_weight: float = 1.0
    start_weight: float = 1.0
    optimiser: Optimiser = field(default_factory=LevenbergMarquardt)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        if self.shape.n_inputs != 1:
            raise ValueError(f"a cooling curve has one input, time; got {self.shape.n_inputs}")
        checks.positive(self.physics_weight, "physics_weight")
        checks.positive(self.start_weight, "start_weight")


@dataclass(frozen=True, kw_only=True, eq=False)
class CoolingCurve:
    """A trained network, its parameters frozen."""

    network: CoolingNetwork
    theta: Vector  # (n_parameters,)
    history: TrainingHistory

    def __post_init__(self) -> None:
        """Freeze the parameters."""
        self.theta.setflags(write=False)

    @property
    def body(self) -> Cooling:
        """The body that the network stands for, with what it has learned."""
        found = self.network.quantities(torch.tensor(self.theta))
        values = {name: float(value) for name, value in found.items()}
        return Cooling(**values, radiation=self.network.body.radiation)

    def temperature(self, t: ArrayLike, *, extrapolate: bool = False) -> Vector:
        """Temperatures in °C at times ``t`` in s, any shape.

        Raises:
            ValueError: for times outside the window in which the law was asked for, unless
                ``extrapolate`` says that this is meant.
        """
        return self._at(t, self.network.temperature, extrapolate)

    def residual(self, t: ArrayLike, *, extrapolate: bool = False) -> Vector:
        """How far the curve is from obeying the law at times ``t`` in s, in K/s."""
        return self._at(t, self.network.residual, extrapolate)

    def _at(
        self,
        t: ArrayLike,
        f: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
        extrapolate: bool,
    ) -> Vector:
        times, t_end = checks.finite_array(t, "t"), self.network.clock.t_end
        latest = np.inf if extrapolate else t_end * (1 + 1e-12)
        if times.size and not (times.min() >= 0 and times.max() <= latest):
            raise ValueError(
                f"t: the network was trained from 0 to {t_end:g} s; train it for a longer window, "
                "or say extrapolate=True to see what it makes up"
            )
        with torch.no_grad(), one_thread():
            theta, points = torch.tensor(self.theta), torch.tensor(times.ravel())
            values: Vector = vmap(f, in_dims=(None, 0))(theta, points).numpy()
        return values.reshape(times.shape)


def solve_cooling(
    body: Cooling,
    *,
    t_end: float,
    rng: np.random.Generator,
    config: PinnConfig | None = None,
    progress: str | None = None,
    watch: Callable[[int, CoolingCurve], None] | None = None,
) -> CoolingCurve:
    r"""Solve the law of cooling by a network, from the law and the start alone.

    The loss is half of the mean squared residual over the window, in units of
    :math:`\Delta T (r + 1 / t_\mathrm{end})`, and for a soft start of the squared error there.

    Args:
        body: What cools; ``r`` above 0.
        t_end: Length of the window in s.
        rng: Source of the first weights.
        config: Settings; by default a hard start, a logarithmic clock and damped Gauss-Newton
            steps.
        progress: Name on the progress bar, or none for silence.
        watch: Called with the number of steps done and the curve so far, which has no history.

    Raises:
        ValueError: if a setting is impossible, or the loss stops being finite.
    """
    settings = config or PinnConfig()
    network = CoolingNetwork(
        shape=settings.shape,
        clock=Clock(t_end=t_end, rate=speed(body), kind=settings.clock),
        body=body,
        span=abs(body.T0 - body.T_env) or 1.0,
        start=settings.start,
    )
    theta = settings.shape.initial(rng=rng)

    def look(step: int, theta: torch.Tensor) -> None:
        if watch is not None:
            watch(step, _curve(network, theta, TrainingHistory()))

    theta, history = minimise(
        law_of_cooling(network, settings), theta, settings.optimiser, progress=progress, watch=look
    )
    return _curve(network, theta, history)


def speed(body: Cooling) -> float:
    """Rate in 1/s at which a body starts to near its environment, radiation included."""
    checks.positive(body.r + body.radiation, "r", unit="1/s")
    here, there = body.T0 + zero_Celsius, body.T_env + zero_Celsius
    return body.r + body.radiation * (here + there) * (here**2 + there**2)


def _curve(network: CoolingNetwork, theta: torch.Tensor, history: TrainingHistory) -> CoolingCurve:
    return CoolingCurve(network=network, theta=theta.numpy().copy(), history=history)


def law_of_cooling(network: CoolingNetwork, config: PinnConfig) -> Objective:
    """The loss of the forward problem: the residual over the window, and a soft start.

    Args:
        network: What is trained, with the law that it is to obey.
        config: How many points, in which order, and how much the start weighs.
    """
    t, shares = network.clock.collocation(config.n_collocation)
    unit = network.span * (network.clock.rate + 1 / network.clock.t_end)
    physics = Term(
        name="physics",
        residual=lambda theta, point: network.residual(theta, point[0]),
        points=t[:, None],
        weights=(config.physics_weight * shares).sqrt() / unit,
    )
    terms = [physics]
    if network.start == "soft":
        weight = config.start_weight**0.5 / network.span
        terms.append(
            Term(
                name="start",
                residual=lambda theta, point: network.temperature(theta, point[0]) - point[1],
                points=torch.tensor([[0.0, network.body.T0]], dtype=torch.float64),
                weights=torch.tensor([weight], dtype=torch.float64),
            )
        )
    return Objective(terms=terms, reach=network.reach())


def relative_error(found: ArrayLike, exact: ArrayLike, *, origin: float = 0.0) -> float:
    r"""Relative L2 error :math:`\|T - T_\mathrm{exact}\| / \|T_\mathrm{exact} - T_\mathrm{env}\|`.

    Args:
        found: What is judged, any shape.
        exact: The truth, same shape and unit.
        origin: What counts as nothing, such as the environment's temperature: without it the
            error would depend on where the scale of temperatures has its 0.

    Raises:
        ValueError: if shapes differ or the truth is nothing everywhere.
    """
    a, b = checks.finite_array(found, "found"), checks.finite_array(exact, "exact")
    if a.shape != b.shape:
        raise ValueError(f"found, exact: expected one shape, got {a.shape} and {b.shape}")
    size = float(np.linalg.norm(b - origin))
    if size == 0:
        raise ValueError("the truth is nothing everywhere: no error is relative to it")
    return float(np.linalg.norm(a - b)) / size
