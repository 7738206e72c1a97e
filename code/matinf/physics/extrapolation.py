"""What models of a cooling body say beyond its readings, and how sure they say they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.cooling import Cooling, Readings
from matinf.physics.cooling_fit import CoolingFit, fit_cooling, sensitivities
from matinf.physics.regression import Regression, RegressionConfig, fit_network


@dataclass(frozen=True, kw_only=True, eq=False)
class Belief:
    """What is expected at each time, and with what standard deviation.

    Attributes:
        t: Times, shape ``(n_times,)``, s.
        mean: Expected temperatures, same shape, °C.
        std: Their standard deviations as the model states them, same shape, K.
        members: Curves of an ensemble's members, shape ``(n_members, n_times)``, °C; no rows
            where there is no ensemble.
    """

    t: Vector
    mean: Vector
    std: Vector
    members: Vector

    def errors(self, body: Cooling) -> Vector:
        """Expected less true temperature, shape ``(n_times,)``, K."""
        difference: Vector = self.mean - body.temperature(self.t)
        return difference


def ensemble_belief(ensemble: Sequence[Regression], t: ArrayLike) -> Belief:
    r"""Mean and spread of an ensemble, taken for belief.

    :cite:t:`lakshminarayanan2017` add the variance that each of their members states of itself;
    these members state none.

    :math:`\mu(t) = \frac{1}{M} \sum_m T_m(t)` and
    :math:`s(t)^2 = \frac{1}{M - 1} \sum_m (T_m(t) - \mu(t))^2`.

    Args:
        ensemble: Two trained networks or more.
        t: Times in s, shape ``(n_times,)``.

    Raises:
        ValueError: if there are fewer than two members.
    """
    if len(ensemble) < 2:
        raise ValueError(f"expected an ensemble of two or more, got {len(ensemble)}")
    times = checks.ordered(t, "t")
    members = np.array([member.temperature(times) for member in ensemble])
    return Belief(
        t=times, mean=members.mean(axis=0), std=members.std(axis=0, ddof=1), members=members
    )


def law_belief(fit: CoolingFit, t: ArrayLike) -> Belief:
    r"""What Newton's law says after least squares, with the error carried over linearly.

    :math:`s(t)^2 = J(t) \, \Sigma \, J(t)^\mathsf{T}` with the sensitivities :math:`J` and the
    covariance :math:`\Sigma` of the estimates.

    Args:
        fit: The law, fitted.
        t: Times in s, shape ``(n_times,)``.
    """
    times = checks.ordered(t, "t")
    J = sensitivities(fit.body, times, unknown=fit.unknown)
    variance = np.einsum("ij,jk,ik->i", J, fit.covariance, J)
    mean = fit.body.temperature(times)
    return Belief(t=times, mean=mean, std=np.sqrt(variance), members=np.empty((0, times.size)))


def resampled_ensemble(
    readings: Readings,
    *,
    n_members: int,
    rng: np.random.Generator,
    config: RegressionConfig | None = None,
) -> tuple[Regression, ...]:
    """Networks that each see readings drawn anew from the readings, with replacement.

    The bootstrap aggregation of :cite:t:`breiman1996`: members then differ by the noise too, and
    not by their first weights alone.

    Args:
        readings: What was measured.
        n_members: How many, two or more.
        rng: Source of the draws and of the first weights.
        config: Settings of all.

    Raises:
        ValueError: if there are fewer than two members.
    """
    if n_members < 2:
        raise ValueError(f"n_members: expected 2 or more, got {n_members}")
    return tuple(
        fit_network(_drawn_anew(readings, rng=child), rng=child, config=config)
        for child in rng.spawn(n_members)
    )


def _drawn_anew(readings: Readings, *, rng: np.random.Generator) -> Readings:
    rows = np.sort(rng.integers(len(readings), size=len(readings)))
    return Readings(t=readings.t[rows].copy(), T=readings.T[rows].copy(), noise=readings.noise)


def law_beliefs(readings: Readings, t: ArrayLike, *, T_env: float) -> dict[str, Belief]:
    """The law by least squares, the room's temperature given, and not given."""
    return {
        "law": law_belief(fit_cooling(readings, T_env=T_env), t),
        "law, room unknown": law_belief(fit_cooling(readings), t),
    }
