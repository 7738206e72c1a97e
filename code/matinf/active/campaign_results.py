"""Reading the stored studies of campaigns: recall, speed, stopping, noise, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from matinf.active.metrics import acceleration_factor, random_expected_recall
from matinf.intervals import Interval

Values = NDArray[np.float64]

N_INITIAL = 50
N_POOL = 10_000


@dataclass(frozen=True, kw_only=True)
class Campaigns:
    """All campaigns of one strategy or setting, one row per seed.

    Attributes:
        name: Strategy or setting.
        found: Step at which each of the 100 best was measured, best first, -1 if never, shape
            ``(n_seeds, 100)``.
        batch_size: Measurements per step.
        n_steps: Steps after the initial draw.
        r2_rest: R² of the last model on what was never measured, shape ``(n_seeds,)``.
        mae_rest: Its mean absolute error in Hartree, same shape.
        cpu_seconds: Processor time of each campaign, same shape.
        best: Best true value after each step, Hartree, shape ``(n_seeds, n_steps + 1)``.
        gain: Largest expected improvement before each step from 1 on, Hartree, shape
            ``(n_seeds, n_steps)``; empty without a model.
        switched: Step at which the strategy began to exploit; 0 if it never changed.
    """

    name: str
    found: NDArray[np.int64]
    batch_size: int
    n_steps: int
    r2_rest: Values
    mae_rest: Values
    cpu_seconds: Values
    best: Values
    gain: Values
    switched: NDArray[np.int64]

    @property
    def n_measured(self) -> NDArray[np.int64]:
        """Measurements after each step, the initial draw first, shape ``(n_steps + 1,)``."""
        return N_INITIAL + self.batch_size * np.arange(self.n_steps + 1)

    def recall(self, k: int) -> Values:
        """Share of the ``k`` best held after each step, shape ``(n_seeds, n_steps + 1)``."""
        held = (self.found[:, :k, None] >= 0) & (
            self.found[:, :k, None] <= np.arange(self.n_steps + 1)
        )
        return np.asarray(held.mean(axis=1), dtype=float)

    def recall_at(self, n: int, *, k: int) -> Values:
        """Share of the ``k`` best held after ``n`` measurements, shape ``(n_seeds,)``.

        Raises:
            ValueError: if no step ended there.
        """
        if n not in self.n_measured:
            raise ValueError(f"n: {self.name} had no step that ended at {n} measurements")
        return self.recall(k)[:, int(np.flatnonzero(self.n_measured == n)[0])]

    def steps_to_hold(self, m: int, *, k: int) -> Values:
        """Steps until ``m`` of the ``k`` best are held, shape ``(n_seeds,)``; infinite if never."""
        reached = np.round(self.recall(k) * k) >= m
        return np.where(reached.any(axis=1), reached.argmax(axis=1), np.inf)

    def measurements_to_hold(self, m: int, *, k: int) -> Values:
        """Measurements at the end of that step, the initial draw included; infinite if never."""
        return N_INITIAL + self.batch_size * self.steps_to_hold(m, k=k)

    def acceleration(self, level: float, *, k: int) -> Values:
        """How many times fewer measurements than random search's expectation reach a recall.

        Shape ``(n_seeds,)``; 0 where the level was not reached. A batch counts at its end.
        """
        blind = random_expected_recall(np.arange(1, N_POOL + 1), n_pool=N_POOL)
        ends = np.searchsorted(self.n_measured, np.arange(1, self.n_measured[-1] + 1), "right") - 1
        curves = [np.where(ends >= 0, row[np.maximum(ends, 0)], 0.0) for row in self.recall(k)]
        return np.array([acceleration_factor(curve, blind, level=level) for curve in curves])

    def enhancement(self, *, k: int) -> Values:
        """How many times the recall of random search's expectation at the end, ``(n_seeds,)``."""
        return self.recall(k)[:, -1] / (self.n_measured[-1] / N_POOL)

    def final_recall(self, k: int) -> Interval:
        """Share of the ``k`` best held at the end: median over the seeds."""
        return median_interval(self.recall(k)[:, -1])

    def stopped_at(self, *, tolerance: float) -> Values:
        """Step before which no candidate promised ``tolerance`` (Hartree); infinite if never."""
        little = self.gain < tolerance
        return np.where(little.any(axis=1), little.argmax(axis=1), np.inf)

    def idle_at(self, n_steps: int) -> Values:
        """Steps done when the best had not risen for ``n_steps``; infinite if it never rested."""
        steps = np.arange(n_steps, self.n_steps + 1)
        idle = self.best[:, steps] == self.best[:, steps - n_steps]
        return np.where(idle.any(axis=1), n_steps + idle.argmax(axis=1), np.inf)


def read_campaigns(table: pd.DataFrame, *, by: str = "strategy") -> dict[str, Campaigns]:
    """Sort a stored study into campaigns by the words of one column, in their order.

    Args:
        table: From ``load_study("campaigns")``, or of ``"campaign-settings"``.
        by: ``"strategy"`` or ``"setting"``.
    """
    groups = table.groupby(by, sort=False)
    return {str(name): _of_rows(str(name), rows.sort_values("seed")) for name, rows in groups}


def _of_rows(name: str, rows: pd.DataFrame) -> Campaigns:
    size = int(name.split()[1]) if name.split()[-1].isdigit() else 10
    n_steps = 1000 // size
    gains = rows.get("log_gain", pd.Series(["none"] * len(rows)))
    return Campaigns(
        name=name,
        found=np.array([list(map(int, words.split())) for words in rows["found"]]),
        batch_size=size,
        n_steps=n_steps,
        r2_rest=rows["r2_rest"].to_numpy(),
        mae_rest=rows["mae_rest"].to_numpy(),
        cpu_seconds=rows["cpu_seconds"].to_numpy(),
        best=np.array([_filled(words, n_steps) for words in rows["best"]]),
        gain=np.array([_gains(words) for words in gains]),
        switched=np.array([_switch(words) for words in rows["phases"]]),
    )


def _filled(words: str, n_steps: int) -> Values:
    """``0:0.0911 7:0.0994`` as a value after every step."""
    best = np.full(n_steps + 1, np.nan)
    for word in words.split():
        step, value = word.split(":")
        best[int(step) :] = float(value)
    return best


def _gains(words: str) -> Values:
    return np.empty(0) if words == "none" else 10.0 ** (np.array(words.split(), dtype=float) / 100)


def _switch(words: str) -> int:
    """Step of the last change of what the strategy does, if it changed after step 1."""
    return max(int(word.split(":")[0]) for word in words.split()[1:]) if words.count(":") > 2 else 0


def median_interval(values: ArrayLike, *, level: float = 0.95) -> Interval:
    """Median of independent values with an interval from their order alone.

    Between the :math:`i`-th smallest and the :math:`i`-th largest value lies the true median with
    a probability that the binomial distribution gives, whatever the values are distributed like:
    at least ``level``, if there are six or more. A value may be infinite: "never".

    Args:
        values: One per repeat, shape ``(n_repeats,)``, without NaN.
        level: Confidence of the interval.

    Raises:
        ValueError: if there are too few values for the level, or one is NaN.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    if ordered.ndim != 1 or np.isnan(ordered).any():
        raise ValueError("values: expected a vector without NaN")
    n = ordered.size
    outside = int(binom.ppf((1 - level) / 2, n, 0.5))
    if outside < 1:
        raise ValueError(f"values: {n} are too few for an interval of level {level}")
    low, high = float(ordered[outside - 1]), float(ordered[n - outside])
    middle = (ordered[(n - 1) // 2], ordered[n // 2])
    estimate = float(middle[0] if middle[0] == middle[1] else sum(middle) / 2)
    return Interval(estimate=estimate, low=low, high=high, level=level)


def median_curves(values: Values) -> tuple[Values, Values, Values]:
    """Median and its interval for every column, each of shape ``(n_columns,)``.

    Args:
        values: One row per repeat, shape ``(n_repeats, n_columns)``.
    """
    intervals = [median_interval(column) for column in values.T]
    return (
        np.array([i.estimate for i in intervals]),
        np.array([i.low for i in intervals]),
        np.array([i.high for i in intervals]),
    )


def stopping_curve(
    campaigns: Campaigns, stops: Mapping[str, Values], *, k: int
) -> list[tuple[str, float, float]]:
    """What campaigns cost and held when a rule stopped them, for each of its settings.

    Args:
        campaigns: One strategy with all seeds.
        stops: By setting: steps done when it stopped, shape ``(n_seeds,)``; infinite if it
            did not.
        k: How many count as the best.

    Returns:
        For each setting: its name, median measurements, mean share of the ``k`` best held.
    """
    curve, seeds = [], np.arange(len(campaigns.found))
    for setting, at in stops.items():
        steps = np.minimum(at, campaigns.n_steps).astype(np.int64)
        held = campaigns.recall(k)[seeds, steps].mean()
        curve.append((setting, float(np.median(campaigns.n_measured[steps])), float(held)))
    return curve
