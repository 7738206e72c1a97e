"""Cooling and warming of a body in an environment: the truth that networks are held against.

Temperatures are in °C, times in s. A body whose inside is everywhere as warm as its surface
follows Newton's law of cooling; a glowing one also radiates, by the law of Stefan and Boltzmann.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import Stefan_Boltzmann, zero_Celsius
from scipy.integrate import solve_ivp

from matinf.physics import checks
from matinf.physics.checks import Vector


def newton_cooling(t: ArrayLike, *, r: float, T0: float, T_env: float) -> Vector:
    r"""Temperature of a body that exchanges heat in proportion to the difference.

    :math:`\dot T = r \, (T_\mathrm{env} - T)` has the solution
    :math:`T(t) = T_\mathrm{env} + (T_0 - T_\mathrm{env}) \, e^{-r t}`.

    Args:
        t: Times in s, any shape.
        r: Rate in 1/s, not negative: heat transfer coefficient times surface over heat capacity.
        T0: Temperature at time 0 in °C; below ``T_env`` the body warms.
        T_env: Temperature of the environment in °C.

    Returns:
        Temperatures in °C, of the shape of ``t``.

    Raises:
        ValueError: if the rate is negative, or something is not finite.
    """
    times = checks.finite_array(t, "t")
    rate = checks.not_negative(r, "r", unit="1/s")
    decay: Vector = np.exp(-rate * times)
    return T_env + (T0 - T_env) * decay


@dataclass(frozen=True, kw_only=True)
class Cooling:
    """One body in one environment.

    Attributes:
        r: Rate of Newton's law in 1/s, not negative.
        T0: Temperature at time 0 in °C.
        T_env: Temperature of the environment, and of all that it radiates to, in °C.
        radiation: Coefficient of radiation in 1/(s K³), see :func:`radiation_coefficient`.
    """

    r: float
    T0: float
    T_env: float
    radiation: float = 0.0

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for negative coefficients or temperatures below absolute zero."""
        checks.not_negative(self.r, "r", unit="1/s")
        checks.not_negative(self.radiation, "radiation", unit="1/(s K³)")
        for name in ("T0", "T_env"):
            if checks.finite(getattr(self, name), name, unit="°C") < -zero_Celsius:
                raise ValueError(
                    f"{name}: expected {-zero_Celsius} °C or more, got {getattr(self, name)}"
                )

    def slope(self, T: ArrayLike) -> Vector:
        r"""Change of temperature in K/s of a body at ``T`` °C, any shape.

        :math:`\dot T = r \, (T_\mathrm{env} - T) + \kappa \,
        (T_\mathrm{env,K}^4 - T_\mathrm{K}^4)`, with absolute temperatures in the second term.
        """
        temperature = np.asarray(T, dtype=float)
        here, there = temperature + zero_Celsius, self.T_env + zero_Celsius
        change: Vector = self.r * (self.T_env - temperature)
        return change + self.radiation * (there**4 - here**4)

    def temperature(self, t: ArrayLike) -> Vector:
        """Temperature in °C at times ``t`` in s, any shape: closed form, or else integrated.

        Without radiation this is :func:`newton_cooling`. With it, an eighth-order Runge-Kutta
        method :cite:`hairer1993` integrates to about ten digits.

        Raises:
            ValueError: if a time is negative or not finite.
        """
        if self.radiation == 0:
            return newton_cooling(t, r=self.r, T0=self.T0, T_env=self.T_env)
        times = checks.finite_array(t, "t")
        if times.size == 0 or times.min() < 0:
            raise ValueError("t: expected times of 0 or more")
        asked, back = np.unique(times, return_inverse=True)
        solution = solve_ivp(
            lambda _, T: self.slope(T),
            (0.0, asked[-1]),
            [self.T0],
            method="DOP853",
            t_eval=asked,
            rtol=1e-11,
            atol=1e-10,
        )
        values: Vector = solution.y[0][back].reshape(times.shape)
        return values


def radiation_coefficient(
    *, emissivity: float, area: float, mass: float, heat_capacity: float
) -> float:
    r""":math:`\kappa = \varepsilon \sigma A / (m c)`, how fast a body radiates, in 1/(s K³).

    Args:
        emissivity: Share ε of a black body's radiation, 0 to 1.
        area: Surface A in m².
        mass: Mass m in kg.
        heat_capacity: Specific heat capacity c in J/(kg K).

    Raises:
        ValueError: if a quantity is not possible.
    """
    if not 0 <= emissivity <= 1:
        raise ValueError(f"emissivity: expected 0 to 1, got {emissivity}")
    size = checks.positive(area, "area", unit="m²") / checks.positive(mass, "mass", unit="kg")
    stored = checks.positive(heat_capacity, "heat_capacity", unit="J/(kg K)")
    return emissivity * float(Stefan_Boltzmann) * size / stored


@dataclass(frozen=True, kw_only=True, eq=False)
class Readings:
    """A thermometer's readings and its noise."""

    t: Vector  # (n_readings,), s, sorted
    T: Vector  # (n_readings,), °C
    noise: float  # standard deviation of one reading, K

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless times are sorted, all is finite and the noise positive."""
        checks.ordered(self.t, "t")
        checks.finite_array(self.T, "T")
        checks.positive(self.noise, "noise", unit="K")
        if self.t.shape != self.T.shape:
            raise ValueError(f"t, T: expected one shape, got {self.t.shape} and {self.T.shape}")
        for array in (self.t, self.T):
            array.setflags(write=False)

    def __len__(self) -> int:
        return self.t.size


def read_thermometer(
    body: Cooling, t: ArrayLike, *, noise: float, rng: np.random.Generator
) -> Readings:
    """Read a body's temperature with independent Gaussian errors.

    Args:
        body: What is measured.
        t: Times in s, shape ``(n_readings,)``, sorted, of 0 or more.
        noise: Standard deviation of one reading in K, above 0.
        rng: Source of the errors.

    Raises:
        ValueError: if times are unsorted, negative or NaN, or the noise is not positive.
    """
    times = checks.ordered(t, "t").copy()
    checks.positive(noise, "noise", unit="K")
    errors = noise * rng.standard_normal(times.size)
    return Readings(t=times, T=body.temperature(times) + errors, noise=noise)
