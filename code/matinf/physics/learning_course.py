"""How a plain network's error changes while it learns: at its readings, among them, beyond them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from matinf.physics.checks import Vector
from matinf.physics.cooling import Cooling, Readings
from matinf.physics.regression import Regression, RegressionConfig, fit_network


@dataclass(frozen=True, kw_only=True, eq=False)
class LearningCourse:
    """Root-mean-square errors after each step, shape ``(n_steps + 1,)``, K.

    Attributes:
        network: The network at the end.
        at_readings: Against the readings, noise and all.
        among: Against the truth, from the first reading to the last.
        beyond: Against the truth, from the last reading to the end of the window.
    """

    network: Regression
    at_readings: Vector
    among: Vector
    beyond: Vector


def learning_course(
    readings: Readings,
    body: Cooling,
    *,
    t_end: float,
    rng: np.random.Generator,
    config: RegressionConfig | None = None,
) -> LearningCourse:
    """Train a plain network and write down its errors on the way.

    Args:
        readings: What was measured.
        body: The truth, which the network does not see.
        t_end: End of the window, after the last reading, s.
        rng: Source of the first weights.
        config: Settings.

    Raises:
        ValueError: if the window ends before the readings.
    """
    first, last = float(readings.t[0]), float(readings.t[-1])
    if t_end <= last:
        raise ValueError(f"t_end: expected more than the last reading's {last} s, got {t_end}")
    seen: list[Vector] = []
    end = fit_network(
        readings, rng=rng, config=config, watch=lambda _, theta: seen.append(_kept(theta))
    )
    stages = [replace(end, theta=theta) for theta in seen]

    def errors(t: Vector, T: Vector) -> Vector:
        return np.array([np.sqrt(np.mean((s.temperature(t) - T) ** 2)) for s in stages])

    among, beyond = np.linspace(first, last, 101), np.linspace(last, t_end, 101)
    return LearningCourse(
        network=end,
        at_readings=errors(readings.t, readings.T),
        among=errors(among, body.temperature(among)),
        beyond=errors(beyond, body.temperature(beyond)),
    )


def _kept(theta: torch.Tensor) -> Vector:
    copy: Vector = theta.detach().numpy().copy()
    return copy
