"""How well a rate can be known from noisy temperatures: the bound, and least squares.

The Cramér–Rao bound is the limit that no unbiased estimate passes; non-linear least squares is
the rival that any network has to be compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.optimize import least_squares

from matinf.intervals import Interval
from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.cooling import Cooling, Readings

UNKNOWNS = ("r", "T0", "T_env")
"""What can be learned from a cooling curve, in the order in which results list it."""


def sensitivities(body: Cooling, t: ArrayLike, *, unknown: Sequence[str] = ("r",)) -> Vector:
    r"""Derivatives of Newton's temperatures by what is unknown, shape ``(n_times, n_unknown)``.

    :math:`\partial T / \partial r = -t \, (T_0 - T_\mathrm{env}) \, e^{-rt}`,
    :math:`\partial T / \partial T_0 = e^{-rt}` and
    :math:`\partial T / \partial T_\mathrm{env} = 1 - e^{-rt}`; in K s for the rate.

    Args:
        body: What is measured.
        t: Times in s, shape ``(n_times,)``.
        unknown: Some of :data:`UNKNOWNS`.

    Raises:
        ValueError: for an unknown that is none of :data:`UNKNOWNS`, or a body that radiates.
    """
    if body.radiation:
        raise ValueError("the sensitivities are those of Newton's law: expected radiation=0")
    if not unknown or not set(unknown) <= set(UNKNOWNS):
        raise ValueError(f"unknown: expected some of {', '.join(UNKNOWNS)}, got {unknown}")
    times = checks.ordered(t, "t")
    decay = np.exp(-body.r * times)
    columns = {
        "r": -times * (body.T0 - body.T_env) * decay,
        "T0": decay,
        "T_env": 1 - decay,
    }
    return np.column_stack([columns[name] for name in unknown])


def cramer_rao_bound(
    body: Cooling, t: ArrayLike, *, noise: float, unknown: Sequence[str] = ("r",)
) -> dict[str, float]:
    r"""Least standard deviation that an unbiased estimate can have :cite:`kay1993`.

    With sensitivities :math:`J` and noise :math:`\sigma` the Fisher information is
    :math:`F = J^\mathsf{T} J / \sigma^2`; the bound of each unknown is
    :math:`\sqrt{(F^{-1})_{kk}}`. What is not named as unknown is taken as known.

    Args:
        body: The true body, without radiation.
        t: Times of the readings in s, shape ``(n_readings,)``, sorted.
        noise: Standard deviation of one reading in K.
        unknown: What is estimated together, some of :data:`UNKNOWNS`.

    Returns:
        For each unknown its bound: 1/s for ``r``, K for temperatures.

    Raises:
        ValueError: if there are fewer readings than unknowns, or they say nothing about one.
    """
    checks.positive(noise, "noise", unit="K")
    J = sensitivities(body, t, unknown=unknown)
    checks.enough(len(J), len(unknown))
    covariance = inverse_of_squares(J) * noise**2
    return dict(zip(unknown, np.sqrt(np.diag(covariance)).tolist(), strict=True))


@dataclass(frozen=True, kw_only=True, eq=False)
class CoolingFit:
    """Newton's law fitted to readings.

    Attributes:
        body: The body that fits best.
        unknown: What was fitted, in the order of the covariance.
        covariance: Of the estimates, shape ``(n_unknown, n_unknown)``, from the known noise.
        chi_squared: Sum of squared residuals over the noise's variance.
        degrees_of_freedom: Readings less unknowns: what ``chi_squared`` is on average if the
            law and the noise are true.
    """

    body: Cooling
    unknown: tuple[str, ...]
    covariance: NDArray[np.float64]
    chi_squared: float
    degrees_of_freedom: int

    @property
    def std(self) -> Mapping[str, float]:
        """Standard error of each estimate: 1/s for ``r``, K for temperatures."""
        return dict(zip(self.unknown, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))

    def interval(self, name: str = "r", *, level: float = 0.95) -> Interval:
        """Interval of one unknown; that of the rate is set up in its logarithm, and positive."""
        estimate, std = float(getattr(self.body, name)), self.std[name]
        z = float(stats.norm.ppf((1 + level) / 2))
        if name == "r":
            return positive_interval(estimate, std / estimate, level=level)
        return Interval(
            estimate=estimate, low=estimate - z * std, high=estimate + z * std, level=level
        )

    def p_value(self) -> float:
        """Chance of residuals as large as these if the law and the noise are true."""
        return float(stats.chi2.sf(self.chi_squared, self.degrees_of_freedom))


def positive_interval(estimate: float, log_std: float, *, level: float = 0.95) -> Interval:
    """Interval of a positive quantity whose logarithm has standard deviation ``log_std``."""
    factor = float(np.exp(stats.norm.ppf((1 + level) / 2) * log_std))
    return Interval(estimate=estimate, low=estimate / factor, high=estimate * factor, level=level)


def fit_cooling(
    readings: Readings, *, T_env: float | None = None, T0: float | None = None
) -> CoolingFit:
    r"""Fit Newton's law by non-linear least squares; what is not given is fitted too.

    Minimises :math:`\sum_i (T_i - T(t_i))^2`, the maximum of the likelihood for Gaussian noise,
    over :math:`\log r` and the unknown temperatures. For each rate of a grid the temperatures
    follow linearly; the best rate of the grid is where the refinement starts.

    Args:
        readings: What was measured.
        T_env: Temperature of the environment in °C, where it is known.
        T0: Temperature at time 0 in °C, where it is known.

    Raises:
        ValueError: if there are fewer readings than unknowns, or they do not fix one of them.
    """
    known = {name: value for name, value in (("T0", T0), ("T_env", T_env)) if value is not None}
    unknown = tuple(name for name in UNKNOWNS if name not in known)
    checks.enough(len(readings), len(unknown))
    start = min((_linear_fit(readings, r, known) for r in _rates(readings)), key=lambda s: s[0])[1]

    def body_of(values: Vector) -> Cooling:
        found = dict(zip(unknown, values, strict=True)) | known
        return Cooling(**found | {"r": float(np.exp(found["r"]))})

    def errors(values: Vector) -> Vector:
        return body_of(values).temperature(readings.t) - readings.T

    def slopes(values: Vector) -> Vector:
        return _log_sensitivities(body_of(values), readings.t, unknown)

    result = least_squares(
        errors,
        [np.log(start["r"])] + [start[name] for name in unknown[1:]],
        jac=slopes,
        method="lm",
        xtol=1e-14,
        ftol=1e-14,
        gtol=1e-14,
    )
    body = body_of(result.x)
    covariance = inverse_of_squares(sensitivities(body, readings.t, unknown=unknown))
    return CoolingFit(
        body=body,
        unknown=unknown,
        covariance=covariance * readings.noise**2,
        chi_squared=float(2 * result.cost / readings.noise**2),
        degrees_of_freedom=len(readings) - len(unknown),
    )


def _rates(readings: Readings) -> Vector:
    """Rates from far too slow to be seen to far too fast."""
    after_start = readings.t[readings.t > 0]
    if after_start.size == 0:
        raise ValueError("all readings are of time 0: they say nothing about the rate")
    return np.geomspace(0.01 / after_start[-1], 30 / after_start[0], 40)


def _linear_fit(
    readings: Readings, r: float, known: Mapping[str, float]
) -> tuple[float, dict[str, float]]:
    """Sum of squares, and temperatures that fit best for one rate."""
    decay = np.exp(-r * readings.t)
    shapes = {"T0": decay, "T_env": 1 - decay}
    left = readings.T - sum(known[name] * shapes[name] for name in known)
    free = [name for name in shapes if name not in known]
    if free:
        A = np.column_stack([shapes[name] for name in free])
        values = np.linalg.lstsq(A, left, rcond=None)[0]
        left = left - A @ values
    found = dict(zip(free, values.tolist(), strict=True)) if free else {}
    return float(left @ left), {"r": r, **known, **found}


def _log_sensitivities(body: Cooling, t: Vector, unknown: Sequence[str]) -> Vector:
    """Sensitivities by the logarithm of the rate, which always comes first."""
    J = sensitivities(body, t, unknown=unknown)
    J[:, 0] *= body.r
    return J


def inverse_of_squares(J: Vector) -> Vector:
    """Inverse of JᵀJ, unless a direction is not measured at all."""
    scale = np.linalg.norm(J, axis=0)
    if (scale == 0).any():
        raise ValueError("the readings say nothing about one of the unknowns")
    R = np.linalg.qr(J / scale, mode="r")
    if np.linalg.cond(R) > 1e10:
        raise ValueError("the readings cannot tell the unknowns apart")
    half = np.linalg.inv(R) / scale[:, None]
    inverse: Vector = half @ half.T
    return inverse
