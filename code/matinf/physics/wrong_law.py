"""What a wrong law does to a rate, and whether the readings would tell.

Newton's law is fitted to a body that also radiates, or whose environment is not as warm as was
written down. The rate then takes over what the law lacks; how much of the rest is left in the
residuals decides whether anybody notices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.cooling import Cooling, Readings, radiation_coefficient
from matinf.physics.cooling_fit import fit_cooling, inverse_of_squares, sensitivities

_EXCHANGE = 15.0  # heat transfer coefficient in still air, W/(m² K)
_PER_MASS = 6 / (7850 * 0.02)  # surface of a ball over its mass, m²/kg: steel, 20 mm across
_HEAT_CAPACITY = 500.0  # of steel, taken as constant, J/(kg K)

BALL = Cooling(
    r=_EXCHANGE * _PER_MASS / _HEAT_CAPACITY,
    T0=700.0,
    T_env=20.0,
    radiation=radiation_coefficient(
        emissivity=0.8, area=_PER_MASS, mass=1.0, heat_capacity=_HEAT_CAPACITY
    ),
)
"""A steel ball out of the furnace: round numbers of the usual size, not a measurement."""

BALL_TIMES = np.linspace(0, 600, 31)
BALL_NOISE = 2.0


@dataclass(frozen=True, kw_only=True)
class WrongLaw:
    """Newton's law fitted to what does not obey it.

    Attributes:
        r: Rate that is learned in the mean, 1/s.
        std: Its standard deviation as the fit states it, 1/s.
        misfit: What is left of the truth in the residuals: their sum of squares over the noise's
            variance, without any noise.
        chance: Chance that a test of the residuals rejects the law.
        false_alarm: Chance that it rejects a law that holds.
    """

    r: float
    std: float
    misfit: float
    chance: float
    false_alarm: float


def fit_wrong_law(
    truth: Cooling,
    t: ArrayLike,
    *,
    noise: float,
    T_env: float | None,
    false_alarm: float = 0.01,
) -> WrongLaw:
    r"""Fit Newton's law, with start and rate unknown, to what a body does.

    Without noise the fit leaves a misfit λ. With noise the sum of squares follows a non-central
    :math:`\chi^2` of non-centrality λ, to first order in the noise; the chance is its share above
    the limit that a true law exceeds with probability ``false_alarm``.

    Args:
        truth: The body, which may radiate.
        t: Times of the readings in s, shape ``(n_readings,)``, sorted.
        noise: Standard deviation of one reading in K.
        T_env: Temperature in °C that the environment is taken to have; ``None`` to learn it.
        false_alarm: How often a test may reject a law that holds.

    Raises:
        ValueError: if there are no more readings than unknowns, or a number is impossible.
    """
    if not 0 < false_alarm < 1:
        raise ValueError(f"false_alarm: expected a number between 0 and 1, got {false_alarm}")
    times = checks.ordered(t, "t").copy()
    exact = Readings(t=times, T=truth.temperature(times), noise=noise)
    fit = fit_cooling(exact, T_env=T_env)
    if fit.degrees_of_freedom == 0:
        raise ValueError(f"{times.size} readings leave no residuals to look at: take more")
    limit = stats.chi2.isf(false_alarm, fit.degrees_of_freedom)
    misfit = max(fit.chi_squared, 1e-12)  # SciPy's distribution wants a number above 0
    return WrongLaw(
        r=fit.body.r,
        std=fit.std["r"],
        misfit=misfit,
        chance=float(stats.ncx2.sf(limit, fit.degrees_of_freedom, misfit)),
        false_alarm=false_alarm,
    )


def soft_law_errors(
    body: Cooling, t: ArrayLike, *, noise: float, slack: ArrayLike
) -> tuple[Vector, Vector]:
    r"""What slack costs a rate that is learned with its start, where the law in fact holds.

    Forces that would make the temperature wander by :math:`\delta` leave a covariance
    :math:`\delta^2 (e^{-r |t - s|} - e^{-r (t + s)})`, that of Ornstein's and Uhlenbeck's
    process from a known start; to first order the network is the generalised least squares with
    :math:`C`, that and the noise together. It states
    :math:`(J^\mathsf{T} C^{-1} J)^{-1}`, and errs by what the noise alone makes of its weights.

    Args:
        body: The true body, without radiation.
        t: Times of the readings in s, shape ``(n_readings,)``, sorted.
        noise: Standard deviation σ of one reading in K.
        slack: Shares δ/σ, shape ``(n_slacks,)``.

    Returns:
        Root mean squared error, and standard deviation as stated, in 1/s, each of the shape of
        ``slack``.
    """
    times = checks.ordered(t, "t")
    checks.positive(noise, "noise", unit="K")
    J = sensitivities(body, times, unknown=("r", "T0"))
    apart = np.abs(times[:, None] - times)
    wander = np.exp(-body.r * apart) - np.exp(-body.r * (times[:, None] + times))
    errs, stated = [], []
    for share in checks.finite_array(slack, "slack"):
        root = np.linalg.cholesky(noise**2 * (np.eye(times.size) + share**2 * wander))
        whitened = np.linalg.solve(root, J)
        covariance = inverse_of_squares(whitened)
        weights = covariance @ np.linalg.solve(root.T, whitened).T
        errs.append(noise * float(np.linalg.norm(weights[0])))
        stated.append(float(covariance[0, 0]) ** 0.5)
    return np.array(errs), np.array(stated)
