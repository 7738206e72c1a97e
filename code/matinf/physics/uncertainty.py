"""How sure a learned rate is: profile likelihood, and ensembles of networks.

Laplace's approximation comes with every estimate (:mod:`matinf.physics.inverse`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy import stats
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from matinf.intervals import Interval
from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.inverse import CoolingEstimate, InverseConfig, learn_cooling, with_noise
from matinf.physics.losses import Objective
from matinf.physics.optimise import Optimiser, minimise


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """How much worse the best curve of each value fits than the best of all.

    Attributes:
        values: Values of the unknown that were tried, rising, shape ``(n_values,)``.
        excess: Twice the loss at each, less twice the loss at the estimate.
        estimate: The value learned.
    """

    values: Vector
    excess: Vector
    estimate: float

    def interval(self, *, level: float = 0.95) -> Interval:
        r"""Values whose excess is below the :math:`\chi^2_1` quantile of ``level``.

        Raises:
            ValueError: if the values tried do not reach that far.
        """
        limit = float(stats.chi2.ppf(level, 1))
        if min(self.excess[0], self.excess[-1]) < limit:
            raise ValueError(
                f"the profile ends before its excess reaches {limit:.3g}: try values further out"
            )
        at, ends = np.log(self.values), np.log(self.values[[0, -1]])
        curve = PchipInterpolator(at, self.excess - limit)

        def beyond(log_value: float) -> float:
            return float(curve(log_value))

        low, high = (float(np.exp(brentq(beyond, np.log(self.estimate), end))) for end in ends)
        return Interval(estimate=self.estimate, low=low, high=high, level=level)


def profile_likelihood(
    objective: Objective,
    theta: Vector,
    *,
    index: int,
    estimate: float,
    std: float,
    head: slice,
    how: Optimiser,
    n_values: int = 9,
    reach: float = 3.5,
) -> Profile:
    """Hold one logarithmic unknown at several values and train everything else anew at each.

    Args:
        objective: The loss, whose minimum is at ``theta``.
        theta: Parameters at the minimum, shape ``(n_parameters,)``.
        index: Which parameter is held.
        estimate: The unknown at the minimum, above 0; the parameter is its logarithm, shifted.
        std: Standard deviation of that logarithm, which spaces the values.
        head: Weights in which the network is linear: each training starts with these at 0, as a
            network that says something is slow to say something else.
        how: Optimiser of each training.
        n_values: Values tried, odd, so that one is the estimate.
        reach: Standard deviations to each side.

    Raises:
        ValueError: if ``n_values`` is even or below 5.
    """
    if n_values < 5 or n_values % 2 == 0:
        raise ValueError(f"n_values: expected an odd number of 5 or more, got {n_values}")
    steps = np.linspace(-reach, reach, n_values) * checks.positive(std, "std")
    free = objective.reach.clone()
    free[index] = 0
    held = Objective(terms=objective.terms, reach=free)
    best = torch.tensor(theta)
    lowest = float(objective.vector(best).square().sum())
    excess = np.zeros(n_values)
    for k in np.flatnonzero(steps):
        here = best.clone()
        here[head] = 0
        here[index] += steps[k]
        excess[k] = 2 * minimise(held, here, how)[1].loss[-1] - lowest
    return Profile(values=estimate * np.exp(steps), excess=excess, estimate=estimate)


def profile_rate(found: CoolingEstimate, *, how: Optimiser, n_values: int = 9) -> Profile:
    """Profile likelihood of the rate of a learned body, in 1/s.

    Args:
        found: The estimate.
        how: Optimiser of each training.
        n_values: Values tried, odd.
    """
    network = found.curve.network
    return profile_likelihood(
        found.objective,
        found.curve.theta,
        index=network.shape.n_weights + network.unknown.index("r"),
        estimate=found.body.r,
        std=found.std["r"] / found.body.r,
        head=network.shape.head,
        how=how,
        n_values=n_values,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Ensemble:
    """Networks that differ in what each has drawn for itself."""

    members: tuple[CoolingEstimate, ...]

    @property
    def rates(self) -> Vector:
        """Rate of each member in 1/s, shape ``(n_members,)``."""
        return np.array([member.body.r for member in self.members])

    def temperatures(self, t: ArrayLike) -> Vector:
        """Curve of each member in °C, shape ``(n_members, n_times)``."""
        return np.stack([member.curve.temperature(t) for member in self.members])

    def interval(self, *, level: float = 0.95) -> Interval:
        """Student's interval of the rate from the spread of its logarithm over the members."""
        logs = np.log(self.rates)
        t = float(stats.t.ppf((1 + level) / 2, logs.size - 1))
        half = t * float(logs.std(ddof=1)) * (1 + 1 / logs.size) ** 0.5
        low, centre, high = np.exp(logs.mean() + half * np.array([-1, 0, 1])).tolist()
        return Interval(estimate=centre, low=low, high=high, level=level)


def cooling_ensemble(
    found: CoolingEstimate,
    *,
    n_members: int,
    resample: bool,
    rng: np.random.Generator,
    config: InverseConfig | None = None,
) -> Ensemble:
    """Train several networks from weights of their own, with or without readings of their own.

    Weights alone, as in :cite:t:`lakshminarayanan2017` but without the variances that members
    state there, say how far training is from finding the minimum,
    not how far the minimum is from the truth: where all members find it, they agree, and are
    wrong together. With ``resample`` each member learns from readings drawn anew from the
    estimate (the parametric bootstrap), whose spread is that of the estimate.

    Args:
        found: The estimate whose readings, and whose body, the members learn from.
        n_members: How many, two or more.
        resample: Whether each member gets readings of its own.
        rng: Source of weights and of readings.
        config: Settings of the members.

    Raises:
        ValueError: if there are fewer than two members.
    """
    if n_members < 2:
        raise ValueError(f"n_members: expected 2 or more, got {n_members}")
    network = found.curve.network
    known = {n: getattr(network.body, n) for n in ("T0", "T_env") if n not in network.unknown}
    settings = replace(config or InverseConfig(), r_guess=network.body.r)
    members = [
        learn_cooling(
            with_noise(found.readings, found.body, rng=child) if resample else found.readings,
            rng=child,
            radiation=network.body.radiation,
            config=settings,
            **known,
        )
        for child in rng.spawn(n_members)
    ]
    return Ensemble(members=tuple(members))
