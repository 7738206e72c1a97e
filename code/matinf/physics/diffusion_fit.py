"""A diffusion coefficient from a few noisy concentrations: the bound, and least squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.optimize import least_squares

from matinf.intervals import Interval
from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.cooling_fit import inverse_of_squares, positive_interval
from matinf.physics.diffusion import Carburising

UNKNOWNS = ("D", "cs", "c0")
"""What can be learned from concentrations below a surface, in the order of results."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DepthReadings:
    """Concentrations measured below a carburised surface."""

    x: Vector  # (n_readings,), m, sorted
    t: Vector  # (n_readings,), s: how long each sample was carburised
    c: Vector  # (n_readings,), wt%
    noise: float  # standard deviation of one reading, wt%

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless depths are sorted, times positive and all is finite."""
        checks.ordered(self.x, "x")
        checks.finite_array(self.c, "c")
        checks.positive(self.noise, "noise", unit="wt%")
        if not checks.finite_array(self.t, "t").min() > 0:
            raise ValueError("t: expected times above 0 s")
        if not self.x.shape == self.t.shape == self.c.shape:
            shapes = f"{self.x.shape}, {self.t.shape} and {self.c.shape}"
            raise ValueError(f"x, t, c: expected one shape, got {shapes}")
        for array in (self.x, self.t, self.c):
            array.setflags(write=False)

    def __len__(self) -> int:
        return self.x.size


def read_depths(
    steel: Carburising, x: ArrayLike, t: ArrayLike, *, noise: float, rng: np.random.Generator
) -> DepthReadings:
    """Measure concentrations with independent Gaussian errors.

    Args:
        steel: What is measured.
        x: Depths in m, shape ``(n_readings,)``, sorted.
        t: Time in s at which all were measured, or one per depth.
        noise: Standard deviation of one reading in wt%, above 0.
        rng: Source of the errors.

    Raises:
        ValueError: if depths are unsorted or beyond the wall, or the noise is not positive.
    """
    depths = checks.ordered(x, "x").copy()
    times = np.broadcast_to(checks.finite_array(t, "t"), depths.shape).copy()
    checks.positive(noise, "noise", unit="wt%")
    errors = noise * rng.standard_normal(depths.size)
    c = steel.concentration(depths, times) + errors
    return DepthReadings(x=depths, t=times, c=c, noise=noise)


def sensitivities(
    steel: Carburising, x: Vector, t: Vector, *, unknown: Sequence[str] = ("D",)
) -> Vector:
    r"""Derivatives of concentrations by what is unknown, shape ``(n_readings, n_unknown)``.

    By :math:`\log D` instead of D, in wt%, so that numbers are of one size; taken as central
    differences of the closed form, whose step of 1e-5 leaves nine digits.

    Args:
        steel: What is measured.
        x: Depths in m, shape ``(n_readings,)``.
        t: Times in s, same shape.
        unknown: Some of :data:`UNKNOWNS`.

    Raises:
        ValueError: for an unknown that is none of :data:`UNKNOWNS`.
    """
    if not unknown or not set(unknown) <= set(UNKNOWNS):
        raise ValueError(f"unknown: expected some of {', '.join(UNKNOWNS)}, got {unknown}")
    h = 1e-5
    share = (steel.concentration(x, t) - steel.c0) / (steel.cs - steel.c0)
    up, down = (replace(steel, D=steel.D * np.exp(s * h)).concentration(x, t) for s in (1, -1))
    columns = {"D": (up - down) / (2 * h), "cs": share, "c0": 1 - share}
    return np.column_stack([columns[name] for name in unknown])


def cramer_rao_bound(
    steel: Carburising, x: ArrayLike, t: ArrayLike, *, noise: float, unknown: Sequence[str] = ("D",)
) -> dict[str, float]:
    r"""Least standard deviation of an unbiased estimate, as for cooling :cite:`kay1993`.

    Args:
        steel: The true steel.
        x: Depths of the readings in m, shape ``(n_readings,)``, sorted.
        t: Time in s at which all were measured, or one per depth.
        noise: Standard deviation of one reading in wt%.
        unknown: What is estimated together, some of :data:`UNKNOWNS`.

    Returns:
        For each unknown its bound: m²/s for ``D``, wt% for concentrations.

    Raises:
        ValueError: if there are fewer readings than unknowns, or they say nothing about one.
    """
    checks.positive(noise, "noise", unit="wt%")
    depths = checks.ordered(x, "x")
    times = np.broadcast_to(checks.finite_array(t, "t"), depths.shape)
    checks.enough(depths.size, len(unknown))
    covariance = inverse_of_squares(sensitivities(steel, depths, times, unknown=unknown))
    std = dict(zip(unknown, noise * np.sqrt(np.diag(covariance)), strict=True))
    return {name: float(s * steel.D if name == "D" else s) for name, s in std.items()}


@dataclass(frozen=True, kw_only=True, eq=False)
class DiffusionFit:
    """Fick's law fitted to concentrations.

    Attributes:
        steel: The steel that fits best.
        unknown: What was fitted, in the order of the covariance.
        covariance: Of the estimates, with :math:`\\log D` in place of D.
        chi_squared: Sum of squared residuals over the noise's variance.
        degrees_of_freedom: Readings less unknowns.
    """

    steel: Carburising
    unknown: tuple[str, ...]
    covariance: Vector  # (n_unknown, n_unknown)
    chi_squared: float
    degrees_of_freedom: int

    @property
    def std(self) -> Mapping[str, float]:
        """Standard error of each estimate: m²/s for ``D``, wt% for concentrations."""
        std = dict(zip(self.unknown, np.sqrt(np.diag(self.covariance)), strict=True))
        return {n: float(s * self.steel.D if n == "D" else s) for n, s in std.items()}

    def interval(self, *, level: float = 0.95) -> Interval:
        """Interval of D in m²/s, set up in its logarithm."""
        return positive_interval(self.steel.D, self.std["D"] / self.steel.D, level=level)

    def p_value(self) -> float:
        """Chance of residuals as large as these if the law and the noise are true."""
        return float(stats.chi2.sf(self.chi_squared, self.degrees_of_freedom))


def fit_diffusion(
    readings: DepthReadings,
    *,
    cs: float | None = None,
    c0: float | None = None,
    thickness: float = np.inf,
) -> DiffusionFit:
    """Fit the closed form by non-linear least squares; what is not given is fitted too.

    Args:
        readings: What was measured.
        cs: Concentration at the surface in wt%, where it is known.
        c0: Concentration at the start in wt%, where it is known.
        thickness: Depth of the wall in m, or infinity for a half-space.

    Raises:
        ValueError: if there are fewer readings than unknowns, or they do not fix one of them.
    """
    known = {name: value for name, value in (("cs", cs), ("c0", c0)) if value is not None}
    unknown = tuple(name for name in UNKNOWNS if name not in known)
    checks.enough(len(readings), len(unknown))
    scale = float(np.ptp(readings.c)) or 1.0

    def steel_of(values: Vector) -> Carburising:
        found = dict(zip(unknown, values, strict=True)) | known
        return Carburising(
            D=float(np.exp(found["D"])),
            cs=max(found["cs"], 0.0),
            c0=max(found["c0"], 0.0),
            thickness=thickness,
        )

    def errors(values: Vector) -> Vector:
        return (steel_of(values).concentration(readings.x, readings.t) - readings.c) / scale

    def slopes(values: Vector) -> Vector:
        steel = steel_of(values)
        return sensitivities(steel, readings.x, readings.t, unknown=unknown) / scale

    guesses = {"cs": float(readings.c.max()), "c0": max(float(readings.c.min()), 0.0)}
    starts = [
        np.array([np.log(D), *(guesses[name] for name in unknown[1:])])
        for D in np.geomspace(0.01, 100, 25) * np.mean(readings.x**2 / readings.t)
    ]
    start = min(starts, key=lambda values: float(np.sum(errors(values) ** 2)))
    result = least_squares(errors, start, jac=slopes, xtol=1e-13, ftol=1e-13, gtol=1e-13)
    steel = steel_of(result.x)
    covariance = inverse_of_squares(slopes(result.x) * scale) * readings.noise**2
    return DiffusionFit(
        steel=steel,
        unknown=unknown,
        covariance=covariance,
        chi_squared=float(2 * result.cost * (scale / readings.noise) ** 2),
        degrees_of_freedom=len(readings) - len(unknown),
    )
