"""Looking at a physics-informed network: on its way, around its minimum, and over many seeds."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
import torch

from matinf.intervals import Interval, bootstrap_interval, mean_interval
from matinf.physics.checks import Vector
from matinf.physics.cooling import Cooling
from matinf.physics.losses import Objective
from matinf.physics.network import one_thread
from matinf.physics.pinn import CoolingCurve, PinnConfig, solve_cooling

Walk = dict[int, tuple[Vector, Vector]]
"""By the number of steps done: temperatures in °C and residuals in K/s."""


def walk(
    body: Cooling,
    t: Vector,
    *,
    steps: Collection[int],
    config: PinnConfig,
    rng: np.random.Generator,
) -> Walk:
    """Solve the law of cooling and keep what the network says on the way.

    Args:
        body: What cools.
        t: Times to look at in s, shape ``(n,)``; the last one ends the window.
        steps: After how many steps to look; the last curve is always kept.
        config: Settings.
        rng: Source of the first weights.
    """
    seen: Walk = {}

    def look(step: int, curve: CoolingCurve) -> None:
        if step in steps:
            seen[step] = curve.temperature(t), curve.residual(t)

    end = float(t[-1])
    curve = solve_cooling(body, t_end=end, rng=rng, config=config, watch=look)
    seen[curve.history.n_steps] = curve.temperature(t), curve.residual(t)
    return seen


def stiffness(objective: Objective, theta: Vector) -> Vector:
    r"""Singular values of the residuals' Jacobian, largest first, shape ``(n_parameters,)``.

    Around a minimum the loss rises by :math:`\tfrac12 s_k^2` per unit step along the k-th
    singular direction: their spread is what a gradient has to cope with. Values below rounding,
    1e-15 of the largest, are left out.
    """
    with one_thread():
        _, J = objective.jacobian(torch.tensor(theta))
        values: Vector = torch.linalg.svdvals(J).numpy()
    return values[values > 1e-15 * values[0]]


def errors_of(table: pd.DataFrame, way: str, *, column: str = "error") -> Interval:
    """Median of a way's errors over the draws, with its bootstrap interval."""
    values = table.loc[table["way"] == way, column].to_numpy(dtype=float)
    return bootstrap_interval(values, rng=np.random.default_rng(2026), statistic=np.median)


def errors_by_slack(table: pd.DataFrame) -> tuple[list[float], list[Interval]]:
    """Slacks in the study of the law's weight, and the informed network's error at each."""
    slacks = sorted(table["slack"].dropna().unique().tolist())
    return slacks, [errors_of(table[table["slack"] == slack], "informed") for slack in slacks]


def ratio_of(table: pd.DataFrame, way: str, over: str, *, column: str = "error") -> Interval:
    """Geometric mean of how many times a way's error is another's, seed by seed.

    The interval is Student's, of the logarithms: of ten seeds a bootstrap's is too narrow.
    """
    pair = [
        np.log(table.loc[table["way"] == name].sort_values("part")[column].to_numpy(dtype=float))
        for name in (way, over)
    ]
    found = mean_interval(pair[0] - pair[1])
    low, middle, high = np.exp([found.low, found.estimate, found.high]).tolist()
    return Interval(estimate=middle, low=low, high=high, level=found.level)


def typical_costs(table: pd.DataFrame) -> pd.DataFrame:
    """Medians over the seeds of seconds and error, for every way and setting."""
    grouped = table.fillna({"setting": ""}).groupby(["way", "setting"], sort=False)
    return grouped[["seconds", "error"]].median().reset_index()


def fastest(costs: pd.DataFrame, way: str, *, error: float) -> float:
    """Least seconds that a way takes to an error at most this large.

    Raises:
        ValueError: if it never gets there.
    """
    good = costs[(costs["way"] == way) & (costs["error"] <= error)]
    if good.empty:
        raise ValueError(f"{way}: no setting reaches an error of {error:g}")
    return float(good["seconds"].min())
