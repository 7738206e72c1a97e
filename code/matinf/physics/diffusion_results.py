"""What the studies of diffusion say: coverage with its uncertainty, spread beside the bound."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.constants import R, zero_Celsius
from scipy.stats import binomtest

from matinf.intervals import Interval, bootstrap_interval
from matinf.physics.checks import Vector
from matinf.physics.diffusion import CARBON_IN_AUSTENITE
from matinf.physics.diffusion_fit import cramer_rao_bound
from matinf.physics.diffusion_study import DEPTHS, HOUR, HOURS, NOISE, TRUTH
from matinf.studies import load_study


@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """Estimates of one coefficient from many draws of readings, several ways.

    Attributes:
        table: Rows with ``part``, ``way``, ``D`` and ``std``, and ends ``low_80`` and so on.
        D: The true coefficient in m²/s.
        bound: Least standard deviation of an unbiased estimate, as a share of D.
    """

    table: pd.DataFrame
    D: float
    bound: float

    @property
    def n_draws(self) -> int:
        """Number of draws."""
        return int(self.table["part"].nunique())

    def of(self, way: str) -> pd.DataFrame:
        """The rows of one way, in the order of draws.

        Raises:
            ValueError: if there is none.
        """
        rows = self.table[self.table["way"] == way].sort_values("part")
        if rows.empty:
            known = ", ".join(self.table["way"].unique())
            raise ValueError(f"way: expected one of {known}, got {way!r}")
        return rows

    def errors(self, way: str) -> Vector:
        """Relative error of D in each draw, shape ``(n_draws,)``."""
        errors: Vector = self.of(way)["D"].to_numpy() / self.D - 1
        return errors

    def lost(self, way: str) -> NDArray[np.bool_]:
        """Draws whose stated standard deviation is far above the median: training lost its way.

        Far is half as much again. It takes no truth to see that; shape ``(n_draws,)``.
        """
        std = self.of(way)["std"].to_numpy()
        lost: NDArray[np.bool_] = std > 1.5 * np.median(std)
        return lost

    def without(self, is_left_out: NDArray[np.bool_]) -> Draws:
        """The other draws alone, of every way."""
        kept = np.sort(self.table["part"].unique())[~is_left_out]
        return replace(self, table=self.table[self.table["part"].isin(kept)])

    def spread(self, way: str) -> Interval:
        """Root-mean-square relative error over the draws, with a 95 % bootstrap interval."""

        def rms(values: Vector, axis: int) -> Vector:
            root: Vector = np.sqrt(np.mean(values**2, axis=axis))
            return root

        rng = np.random.default_rng(0)
        return bootstrap_interval(self.errors(way), rng=rng, statistic=rms)

    def covered(self, way: str, level: float) -> Interval:
        """Share of draws whose interval of ``level`` holds the truth, with Wilson's interval."""
        rows, name = self.of(way), round(100 * level)
        held = (rows[f"low_{name}"] <= self.D) & (rows[f"high_{name}"] >= self.D)
        found = binomtest(int(held.sum()), len(held))
        ends = found.proportion_ci(method="wilson")
        return Interval(estimate=float(held.mean()), low=float(ends.low), high=float(ends.high))


def load_coverage() -> Draws:
    """The stored draws of the gear's readings."""
    bound = cramer_rao_bound(TRUTH, DEPTHS, HOURS * HOUR, noise=NOISE)["D"]
    return Draws(table=load_study("diffusion-coverage"), D=TRUTH.D, bound=bound / TRUTH.D)


def load_surface() -> Draws:
    """The stored draws under a surface that nobody has measured; their bound is not known.

    Ways: ``"constant"``, ``"pieces"``, ``"physics"``, and ``"grid"`` from a study of its own.
    """
    table = pd.concat([load_study("diffusion-surface"), load_study("diffusion-grid")])
    return Draws(table=table, D=TRUTH.D, bound=float("nan"))


def temperature_of(D: float) -> float:
    r"""Temperature in °C at which carbon in austenite has a coefficient, by the table's law.

    :math:`T = Q / (R \log(D_0 / D))`

    Raises:
        ValueError: if ``D`` is not between 0 and :math:`D_0`.
    """
    law = CARBON_IN_AUSTENITE
    if not 0 < D < law.D0:
        raise ValueError(f"D: expected above 0 and below {law.D0:g} m²/s, got {D}")
    return law.Q / (R * float(np.log(law.D0 / D))) - zero_Celsius
