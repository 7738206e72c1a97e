"""What the study of plain networks beyond their readings has found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from matinf.intervals import Interval, mean_interval
from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.extrapolation_study import TIMES
from matinf.physics.scenario import BODY
from matinf.studies import load_study


@dataclass(frozen=True, kw_only=True)
class Beyond:
    """The stored study: errors and stated standard deviations, one row for each draw.

    Attributes:
        table: Columns ``setting``, ``repeat``, and ``mean_t`` (°C) and ``std_t`` (K) for each
            time of :data:`TIMES`.
    """

    table: pd.DataFrame

    def errors(self, setting: str) -> Vector:
        """Expected less true temperature, shape ``(n_repeats, n_times)``, K."""
        return self._of(setting, "mean") - BODY.temperature(TIMES)

    def stds(self, setting: str) -> Vector:
        """Stated standard deviations, same shape, K."""
        return self._of(setting, "std")

    def size(self, setting: str, *, t: float) -> Interval:
        """Mean absolute error at one time over the draws, K."""
        return mean_interval(np.abs(self.errors(setting)[:, self._at(t)]))

    def spread(self, setting: str, *, t: float) -> Interval:
        """Mean stated standard deviation at one time over the draws, K."""
        return mean_interval(self.stds(setting)[:, self._at(t)])

    def holds(self, setting: str, *, t: float, factor: float = 2.0) -> int:
        """In how many draws the truth lies within ``factor`` stated standard deviations."""
        at = self._at(t)
        inside = np.abs(self.errors(setting)[:, at]) <= factor * self.stds(setting)[:, at]
        return int(inside.sum())

    def _of(self, setting: str, kind: str) -> Vector:
        rows = self.table[self.table["setting"] == setting].sort_values("repeat")
        if rows.empty:
            raise ValueError(f"{setting!r} was not studied")
        values: Vector = rows[[f"{kind}_{t:.0f}" for t in TIMES]].to_numpy(dtype=float)
        return values

    def _at(self, t: float) -> int:
        found = np.flatnonzero(t == TIMES)
        if found.size == 0:
            raise ValueError(f"t: expected one of {TIMES.tolist()} s, got {t}")
        return int(found[0])


def load_beyond() -> Beyond:
    """The study as it is stored."""
    return Beyond(table=load_study("beyond-the-readings"))


def time_below(limit: float, t: ArrayLike, T: ArrayLike) -> float:
    """First time at which a falling curve lies below ``limit`` °C, s; infinity if it never does.

    Args:
        limit: Temperature in °C.
        t: Times, shape ``(n_times,)``, s, sorted.
        T: Temperatures, same shape, °C.
    """
    times, values = checks.ordered(t, "t"), checks.finite_array(T, "T")
    if times.shape != values.shape:
        raise ValueError(f"t, T: expected one shape, got {times.shape} and {values.shape}")
    below = np.flatnonzero(values < limit)
    if below.size == 0:
        return np.inf
    at = int(below[0])
    if at == 0:
        return float(times[0])
    share = (values[at - 1] - limit) / (values[at - 1] - values[at])
    return float(times[at - 1] + share * (times[at] - times[at - 1]))
