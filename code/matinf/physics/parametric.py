"""One network for a whole range of environments and rates: trained once, it answers at once.

Time, the environment's temperature and the rate go in, the temperature of the body comes out;
the law has to hold everywhere in the box of trained conditions, and nothing is claimed outside.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.stats import qmc
from torch.func import vmap

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.losses import Objective, Term
from matinf.physics.network import NetworkShape, one_thread, slope
from matinf.physics.optimise import LevenbergMarquardt, Optimiser, TrainingHistory, minimise
from matinf.physics.pinn import FREE


class OutsideTrainedRange(ValueError):
    """A question about conditions for which the network was never asked to obey the law."""


@dataclass(frozen=True, kw_only=True)
class TrainedRange:
    """The box of conditions that a network is trained for."""

    T0: float  # °C, one start for all
    T_env: tuple[float, float]  # °C, lowest and highest
    r: tuple[float, float]  # 1/s, slowest and fastest
    t_end: float  # s

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a box that is empty or impossible."""
        checks.finite(self.T0, "T0", unit="°C")
        checks.positive(self.t_end, "t_end", unit="s")
        checks.positive(self.r[0], "r", unit="1/s")
        for name in ("T_env", "r"):
            low, high = (checks.finite(end, name) for end in getattr(self, name))
            if not low < high:
                raise ValueError(f"{name}: expected a lower and a higher end, got {low}, {high}")

    def check(self, t: Vector, *, T_env: float, r: float) -> None:
        """Raise :class:`OutsideTrainedRange` unless all lies in the box, its ends included."""
        asked = {"T_env": (T_env, *self.T_env, "°C"), "r": (r, *self.r, "1/s")}
        for time in (t.min(initial=0.0), t.max(initial=0.0)):
            asked |= {f"t = {time:g}": (time, 0.0, self.t_end, "s")}
        for name, (value, low, high, unit) in asked.items():
            margin = 1e-9 * (high - low)
            if not low - margin <= value <= high + margin:
                raise OutsideTrainedRange(
                    f"{name}: the network was trained from {low:g} to {high:g} {unit} and knows "
                    f"nothing of {value:g} {unit}; train one for a wider range"
                )


@dataclass(frozen=True, kw_only=True)
class ParametricConfig:
    """How a parametric network is built and trained.

    Attributes:
        shape: Sizes of the network, with three inputs.
        n_collocation: Conditions at which the law is asked for, scattered over the box; two to
            three per weight, or the network bends between them and breaks the law unseen.
        optimiser: Which way down, and its settings.
    """

    shape: NetworkShape = field(
        default_factory=lambda: NetworkShape(n_inputs=3, hidden_sizes=(20, 20), sharpness=1.0)
    )
    n_collocation: int = 1200
    optimiser: Optimiser = field(default_factory=lambda: LevenbergMarquardt(max_steps=80))

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        if self.shape.n_inputs != 3:
            raise ValueError(f"expected three inputs: time, T_env, r; got {self.shape.n_inputs}")
        if self.n_collocation < 10:
            raise ValueError(f"n_collocation: expected 10 or more, got {self.n_collocation}")


@dataclass(frozen=True, kw_only=True, eq=False)
class ParametricNetwork:
    r"""A trained network of three inputs.

    :math:`T = T_0 + \Delta T \, \frac{rt}{1 + rt} \, N(s_t, s_e, s_r)` with inputs scaled to -1
    to 1: the logarithm of :math:`1 + rt`, the environment, and the logarithm of the rate.
    """

    shape: NetworkShape
    range: TrainedRange
    theta: Vector  # (n_weights,)
    history: TrainingHistory

    def temperature(self, t: ArrayLike, *, T_env: float, r: float) -> Vector:
        """Temperatures in °C at times ``t`` in s, any shape, without any training.

        Args:
            t: Times in s, 0 to the end of the trained window.
            T_env: Temperature of the environment in °C.
            r: Rate in 1/s.

        Raises:
            OutsideTrainedRange: for conditions outside the trained box.
            ValueError: if a time is not finite.
        """
        times = checks.finite_array(t, "t")
        checks.positive(r, "r", unit="1/s")
        self.range.check(times, T_env=checks.finite(T_env, "T_env"), r=r)
        points = np.column_stack([times.ravel(), np.full((times.size, 2), [T_env, r])])
        with torch.no_grad(), one_thread():
            each = vmap(lambda p: predict(self.shape, self.range, torch.tensor(self.theta), p))
            values: Vector = each(torch.tensor(points)).numpy()
        return values.reshape(times.shape)


def predict(
    shape: NetworkShape, trained: TrainedRange, theta: torch.Tensor, point: torch.Tensor
) -> torch.Tensor:
    """Temperature in °C at one point of time in s, environment in °C and rate in 1/s."""
    t, T_env, r = point
    (cold, hot), (slow, fast) = trained.T_env, trained.r
    widest = np.log1p(fast * trained.t_end)
    inputs = torch.stack(
        [
            2 * torch.log1p(r * t) / widest - 1,
            (2 * T_env - cold - hot) / (hot - cold),
            2 * torch.log(r / slow) / np.log(fast / slow) - 1,
        ]
    )
    return trained.T0 + span(trained) * r * t / (1 + r * t) * shape(theta, inputs)


def span(trained: TrainedRange) -> float:
    """Scale of temperatures in K: the largest difference between start and environment."""
    return max(abs(end - trained.T0) for end in trained.T_env) or 1.0


def train_parametric(
    trained: TrainedRange,
    *,
    rng: np.random.Generator,
    config: ParametricConfig | None = None,
    progress: str | None = None,
) -> ParametricNetwork:
    r"""Train a network to obey Newton's law for all conditions of a box.

    The loss is half of the mean square of the residual over the box, where points are scattered
    in :math:`\log(1 + rt)`, in the environment and in :math:`\log r`; each residual is in units
    of :math:`r \, \Delta T`, so that slow and fast bodies count alike.

    Args:
        trained: The box.
        rng: Source of the first weights and of the points.
        config: Settings.
        progress: Name on the progress bar, or none for silence.
    """
    settings = config or ParametricConfig()
    shape, unit = settings.shape, span(trained)

    def residual(theta: torch.Tensor, point: torch.Tensor) -> torch.Tensor:
        t, T_env, r = point
        T, change = slope(lambda t: predict(shape, trained, theta, torch.stack([t, T_env, r])), t)
        return (change / r - (T_env - T)) / unit

    points = torch.tensor(scattered(trained, settings.n_collocation, rng=rng))
    weights = torch.full((len(points),), len(points) ** -0.5, dtype=torch.float64)
    reach = torch.ones(shape.n_weights, dtype=torch.float64)
    reach[shape.head] = FREE
    law = Term(name="physics", residual=residual, points=points, weights=weights)
    theta, history = minimise(
        Objective(terms=[law], reach=reach),
        shape.initial(rng=rng),
        settings.optimiser,
        progress=progress,
    )
    return ParametricNetwork(
        shape=shape, range=trained, theta=theta.numpy().copy(), history=history
    )


def scattered(trained: TrainedRange, n_points: int, *, rng: np.random.Generator) -> Vector:
    r"""Times in s, environments in °C and rates in 1/s to train at, shape ``(n_points, 3)``.

    A Sobol sequence, which leaves no gaps, drawn towards the faces of the box by
    :math:`(1 - \cos \pi u) / 2`: a network is worst at its edges.
    """
    sequence = qmc.Sobol(3, rng=rng).random_base2(int(np.ceil(np.log2(n_points))))[:n_points]
    share, place, pace = (1 - np.cos(np.pi * sequence.T)) / 2
    r = trained.r[0] * (trained.r[1] / trained.r[0]) ** pace
    T_env = trained.T_env[0] + (trained.T_env[1] - trained.T_env[0]) * place
    t = np.expm1(share * np.log1p(r * trained.t_end)) / r
    return np.column_stack([t, T_env, r])
