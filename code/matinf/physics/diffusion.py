"""Diffusion into a slab and into a half-space: the closed forms that solvers are held against.

Lengths are in m, times in s, diffusion coefficients in m²/s; concentrations may be in any one
unit. The material begins at concentration ``c0`` everywhere and its surface is held at ``cs``
from time 0 on, so that the field jumps where surface and start meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.constants import R, zero_Celsius
from scipy.special import erfc, erfcinv

from matinf.physics import checks
from matinf.physics.checks import Vector


@dataclass(frozen=True, kw_only=True)
class Carburising:
    """A surface that is held at one concentration of carbon, and what is below it.

    Attributes:
        D: Diffusion coefficient in m²/s, above 0.
        c0: Concentration at the start, in wt%.
        cs: Concentration at the surface from time 0 on, in wt%.
        thickness: Depth in m of a wall that nothing passes (the middle of a plate that is
            carburised from both faces), or infinity for a half-space.
    """

    D: float
    c0: float
    cs: float
    thickness: float = np.inf

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for what no steel can be."""
        checks.positive(self.D, "D", unit="m²/s")
        for name in ("c0", "cs"):
            checks.not_negative(getattr(self, name), name, unit="wt%")
        if not self.thickness > 0:
            raise ValueError(f"thickness: expected a length above 0 m, got {self.thickness}")

    def concentration(self, x: ArrayLike, t: ArrayLike) -> Vector:
        """Concentration at depths ``x`` in m and times ``t`` in s, broadcast, in wt%.

        Raises:
            ValueError: if a depth is negative or beyond the wall, or a time negative.
        """
        depth, time = checks.finite_array(x, "x"), checks.finite_array(t, "t")
        if depth.size and (depth.min() < 0 or depth.max() > self.thickness):
            raise ValueError(f"x: expected depths of 0 to {self.thickness} m")
        if time.size and time.min() < 0:
            raise ValueError("t: expected times of 0 or more")
        if np.isinf(self.thickness):
            share = half_space(depth, time, D=self.D)
        else:
            share = slab(depth, time, D=self.D, thickness=self.thickness)
        return self.c0 + (self.cs - self.c0) * share


def half_space(x: Vector, t: Vector, *, D: float) -> Vector:
    r"""Share of the surface's step that has arrived, in a body without end.

    :math:`u = \operatorname{erfc}\bigl(x / (2 \sqrt{D t})\bigr)` :cite:`crank1975`; 1 at the
    surface, 0 at the start, and a function of :math:`x / \sqrt{D t}` alone.

    Args:
        x: Depths in m, from 0 on; broadcast with ``t``.
        t: Times in s, not negative.
        D: Diffusion coefficient in m²/s.

    Returns:
        Share between 0 and 1, of the shape that ``x`` and ``t`` are broadcast to.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        u: Vector = erfc(x / (2 * np.sqrt(D * t)))
    return np.where(x == 0, 1.0, u)  # also at time 0, where 0 is divided by 0


def slab(x: Vector, t: Vector, *, D: float, thickness: float) -> Vector:
    """The same share in front of a wall, by whichever series needs few terms.

    Early on the images of the surface behind the wall count (:func:`slab_images`), later the
    slowest waves (:func:`slab_waves`); at the change both are exact to rounding.

    Args:
        x: Depths in m, from 0 on; broadcast with ``t``.
        t: Times in s, not negative.
        D: Diffusion coefficient in m²/s.
        thickness: From the surface to the wall, :math:`L`, in m.

    Returns:
        Share between 0 and 1, of the shape that ``x`` and ``t`` are broadcast to.
    """
    x, t = np.broadcast_arrays(x, t)
    is_early = D * t < 0.3 * thickness**2
    u: Vector = np.empty(x.shape)
    u[is_early] = slab_images(x[is_early], t[is_early], D=D, thickness=thickness)
    u[~is_early] = slab_waves(x[~is_early], t[~is_early], D=D, thickness=thickness)
    return u


def slab_images(x: Vector, t: Vector, *, D: float, thickness: float, n_terms: int = 12) -> Vector:
    r"""Share by the images of the surface, of alternating sign :cite:`crank1975`.

    :math:`u = \sum_{n \ge 0} (-1)^n \left[ \operatorname{erfc} \frac{2nL + x}{2\sqrt{Dt}} +
    \operatorname{erfc} \frac{2(n+1)L - x}{2\sqrt{Dt}} \right]`

    Args:
        x: Depths in m, from 0 on; broadcast with ``t``.
        t: Times in s, not negative.
        D: Diffusion coefficient in m²/s.
        thickness: From the surface to the wall, :math:`L`, in m.
        n_terms: Of the series.
    """
    u: Vector = np.zeros(np.broadcast_shapes(x.shape, t.shape))
    for n in range(n_terms):
        from_above = half_space(2 * n * thickness + x, t, D=D)
        from_below = half_space(2 * (n + 1) * thickness - x, t, D=D)
        u += (-1) ** n * (from_above + from_below)
    return u


def slab_waves(x: Vector, t: Vector, *, D: float, thickness: float, n_terms: int = 12) -> Vector:
    r"""Share by standing waves that die out one after the other :cite:`crank1975`.

    :math:`u = 1 - \sum_{n \ge 0} \frac{4}{(2n+1)\pi} \sin(q_n x) \, e^{-D q_n^2 t}` with
    :math:`q_n = (2n+1)\pi / (2L)`.

    Args:
        x: Depths in m, from 0 on; broadcast with ``t``.
        t: Times in s, not negative.
        D: Diffusion coefficient in m²/s.
        thickness: From the surface to the wall, :math:`L`, in m.
        n_terms: Of the series.
    """
    u: Vector = np.ones(np.broadcast_shapes(x.shape, t.shape))
    for n in range(n_terms):
        q = (2 * n + 1) * np.pi / (2 * thickness)
        u -= 2 / (q * thickness) * np.sin(q * x) * np.exp(-D * q**2 * t)
    return u


def depth_reached(c: float, t: float, *, steel: Carburising) -> float:
    r"""Depth in m at which a half-space has concentration ``c`` at time ``t`` in s.

    :math:`x = 2 \sqrt{D t} \, \operatorname{erfc}^{-1}\bigl((c - c_0) / (c_s - c_0)\bigr)`: the
    case depth grows with the square root of time.

    Args:
        c: Concentration in wt%, between that of the start and that of the surface.
        t: Time in s, not negative.
        steel: Its surface, its start and its diffusion coefficient.

    Raises:
        ValueError: if ``c`` is not between start and surface, or the time is negative.
    """
    share = (c - steel.c0) / (steel.cs - steel.c0)
    if not 0 < share <= 1:
        raise ValueError(f"c: expected between {steel.c0} and {steel.cs} wt%, got {c}")
    return 2 * np.sqrt(steel.D * checks.not_negative(t, "t", unit="s")) * float(erfcinv(share))


@dataclass(frozen=True, kw_only=True)
class Arrhenius:
    r"""How a diffusion coefficient rises with temperature: :math:`D = D_0 e^{-Q / (R T)}`."""

    D0: float  # m²/s
    Q: float  # J/mol

    def at(self, temperature: float) -> float:
        """Diffusion coefficient in m²/s at a temperature in °C above absolute zero."""
        kelvin = checks.positive(temperature + zero_Celsius, "temperature", unit="K")
        return self.D0 * float(np.exp(-self.Q / (R * kelvin)))


CARBON_IN_AUSTENITE = Arrhenius(D0=2.3e-5, Q=148e3)
"""Carbon in γ-iron, as tabulated by :cite:t:`callister2018`; independent of concentration."""


def agren_diffusivity(c: ArrayLike, *, temperature: float) -> Vector:
    r"""Diffusion coefficient of carbon in austenite, which rises with its concentration.

    :math:`D = 4.53 \cdot 10^{-7} \left[1 + y (1 - y) \frac{8339.9}{T}\right]
    \exp\left[-\left(\tfrac1T - 2.221 \cdot 10^{-4}\right) (17767 - 26436 \, y)\right]` in m²/s
    :cite:`agren1986`, with T in K and the ratio y of carbon to iron atoms.

    Args:
        c: Concentration of carbon in wt%, any shape, 0 to below 100.
        temperature: In °C, where steel is austenite.

    Raises:
        ValueError: if a concentration is impossible.
    """
    percent = checks.finite_array(c, "c")
    if percent.size and (percent.min() < 0 or percent.max() >= 100):
        raise ValueError("c: expected 0 to below 100 wt%")
    kelvin = checks.positive(temperature + zero_Celsius, "temperature", unit="K")
    y = (percent / 12.011) / ((100 - percent) / 55.845)
    D: Vector = 4.53e-7 * (1 + y * (1 - y) * 8339.9 / kelvin)
    return D * np.exp(-(1 / kelvin - 2.221e-4) * (17767 - 26436 * y))
