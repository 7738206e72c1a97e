"""A plain and a physics-informed network on the same readings, and what both are judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from matinf.physics.checks import Vector
from matinf.physics.cooling import Cooling, Readings
from matinf.physics.cooling_fit import CoolingFit, cramer_rao_bound, fit_cooling
from matinf.physics.inverse import CoolingEstimate, InverseConfig, learn_cooling
from matinf.physics.regression import Regression, RegressionConfig, fit_network
from matinf.physics.scenario import BODY, LAST_READING, WINDOW

MOST_READINGS = 60
"""Errors that are drawn, so that more readings begin with those that there were."""


@dataclass(frozen=True, kw_only=True)
class SideBySideConfig:
    """What is measured, and how both networks are built and trained.

    Attributes:
        body: The truth; its environment's temperature is known, its start and rate are learned.
        n_readings: Readings, evenly spaced from the start, 3 to :data:`MOST_READINGS`.
        last_reading: Time of the last one in s.
        noise: Standard deviation of one reading in K.
        window: Time in s until which one wants to know, and the law has to hold.
        plain: The network that sees the readings alone.
        physics: The network that has to obey the law as well.
    """

    body: Cooling = BODY
    n_readings: int = 15
    last_reading: float = LAST_READING
    noise: float = 0.3
    window: float = WINDOW
    plain: RegressionConfig = field(default_factory=RegressionConfig)
    physics: InverseConfig = field(default_factory=InverseConfig)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a number of readings out of its range."""
        if not 3 <= self.n_readings <= MOST_READINGS:
            raise ValueError(f"n_readings: expected 3 to {MOST_READINGS}, got {self.n_readings}")


@dataclass(frozen=True, kw_only=True, eq=False)
class SideBySide:
    """Two trained networks, with all that it takes to train them again.

    Attributes:
        config: What was measured and how the networks were trained.
        errors: Errors of readings in units of their noise, shape ``(MOST_READINGS,)``; the first
            are those of ``readings``.
        readings: What both have learned from.
        starts: Weights that each network began with, by ``"plain"`` and ``"physics"``.
        plain: The network that saw the readings alone.
        physics: The network that had to obey the law as well.
        fit: Least squares of the law, which knows the environment as the second network does.
        bound: Least standard deviation of an unbiased estimate of the rate, 1/s.
    """

    config: SideBySideConfig
    errors: Vector
    readings: Readings
    starts: Mapping[str, Vector]
    plain: Regression
    physics: CoolingEstimate
    fit: CoolingFit
    bound: float


def learn_side_by_side(
    *, rng: np.random.Generator, config: SideBySideConfig | None = None
) -> SideBySide:
    """Measure once, and train both networks on the same readings.

    Args:
        rng: Source of the errors of the readings, and of the first weights.
        config: What is measured, and how it is learned.

    Raises:
        ValueError: if a setting is impossible.
    """
    settings = config or SideBySideConfig()
    body = settings.body
    errors = rng.standard_normal(MOST_READINGS)
    times = np.linspace(0, settings.last_reading, settings.n_readings)
    readings = Readings(
        t=times,
        T=body.temperature(times) + settings.noise * errors[: times.size],
        noise=settings.noise,
    )
    seeds = rng.integers(2**63, size=2).tolist()
    plain_rng, physics_rng = (np.random.default_rng(seed) for seed in seeds)
    plain = fit_network(readings, rng=plain_rng, config=settings.plain)
    physics = learn_cooling(
        readings, rng=physics_rng, T_env=body.T_env, t_end=settings.window, config=settings.physics
    )
    return SideBySide(
        config=settings,
        errors=errors,
        readings=readings,
        starts=_starts(settings, seeds),
        plain=plain,
        physics=physics,
        fit=fit_cooling(readings, T_env=body.T_env),
        bound=cramer_rao_bound(body, times, noise=readings.noise, unknown=("r", "T0"))["r"],
    )


def _starts(config: SideBySideConfig, seeds: list[int]) -> dict[str, Vector]:
    """The first weights, drawn once more as training drew them."""
    plain_rng, physics_rng = (np.random.default_rng(seed) for seed in seeds)
    return {
        "plain": config.plain.shape.initial(rng=plain_rng, head=1.0).numpy(),
        "physics": config.physics.pinn.shape.initial(rng=physics_rng).numpy(),
    }
