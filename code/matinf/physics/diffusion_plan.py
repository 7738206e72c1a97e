"""Readings of a case that are still to be made: what can be known from them at best."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from matinf.intervals import Interval
from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.cooling_fit import inverse_of_squares, positive_interval
from matinf.physics.diffusion import Carburising
from matinf.physics.diffusion_fit import sensitivities
from matinf.physics.diffusion_results import temperature_of
from matinf.physics.diffusion_study import DEPTHS, HOUR, HOURS, NOISE, TRUTH


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthPlan:
    """Depths at which a case will be read, and the bound on what they will say.

    Attributes:
        steel: The steel, as it is or as it is guessed to be.
        x: Depths in m, shape ``(n_readings,)``, sorted.
        t: Time of carburising in s.
        noise: Standard deviation of one reading in wt%.
        unknown: What will be estimated, some of ``UNKNOWNS``, ``"D"`` the first of them.
    """

    steel: Carburising
    x: Vector
    t: float
    noise: float
    unknown: tuple[str, ...] = ("D",)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless there are depths enough, in order, and D is asked for."""
        checks.positive(self.noise, "noise", unit="wt%")
        checks.enough(checks.ordered(self.x, "x").size, len(self.unknown))
        if self.unknown[:1] != ("D",):
            raise ValueError(f"unknown: expected D to be the first, got {self.unknown}")

    def _slopes(self, x: Vector) -> Vector:
        return sensitivities(self.steel, x, np.full(x.shape, self.t), unknown=self.unknown)

    @cached_property
    def covariance(self) -> Vector:
        r"""Cramér–Rao bound :math:`\sigma^2 (J^\top J)^{-1}`, with :math:`\log D` in place of D."""
        bound: Vector = self.noise**2 * inverse_of_squares(self._slopes(self.x))
        return bound

    @property
    def spread(self) -> float:
        """Least standard deviation of D, as a share of D."""
        return float(np.sqrt(self.covariance[0, 0]))

    def interval(self, *, level: float = 0.95) -> Interval:
        """Interval of D in m²/s, as it would be without luck: in the middle the steel's own D."""
        return positive_interval(self.steel.D, self.spread, level=level)

    def furnace(self, *, level: float = 0.95) -> Interval:
        """The same as an interval of temperatures in °C, by the handbook's law for carbon."""
        D = self.interval(level=level)
        low, middle, high = (temperature_of(value) for value in (D.low, D.estimate, D.high))
        return Interval(estimate=middle, low=low, high=high, level=level)

    def profile_std(self, x: ArrayLike) -> Vector:
        r"""Standard deviation in wt% of the profile at depths in m, :math:`\sqrt{j^\top C j}`."""
        slopes = self._slopes(checks.finite_array(x, "x"))
        std: Vector = np.sqrt(np.einsum("ij,jk,ik->i", slopes, self.covariance, slopes))
        return std

    def power(self, D: float, *, level: float = 0.95) -> float:
        r"""Chance that the interval will leave out another coefficient ``D`` in m²/s.

        :math:`\Phi(\delta - q) + \Phi(-\delta - q)` with :math:`\delta` the distance of the two
        in :math:`\log D`, in standard deviations, and :math:`q` the normal quantile of the level.
        """
        distance = abs(float(np.log(checks.positive(D, "D", unit="m²/s") / self.steel.D)))
        q = norm.ppf((1 + level) / 2)
        return float(norm.cdf(distance / self.spread - q) + norm.cdf(-distance / self.spread - q))


@cache
def plan_readings(n: int, deepest: float, unknown: tuple[str, ...] = ("D",)) -> DepthPlan:
    """Evenly spaced readings of the gear.

    Args:
        n: Number of readings, at least as many as there are unknowns.
        deepest: Depth of the last in m; the first is as shallow as those of the page.
        unknown: What will be estimated.
    """
    x = np.linspace(DEPTHS[0], deepest, n)
    return DepthPlan(steel=TRUTH, x=x, t=HOURS * HOUR, noise=NOISE, unknown=unknown)
