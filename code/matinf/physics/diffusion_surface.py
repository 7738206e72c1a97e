r"""A surface whose concentration changes with time: known, guessed by pieces, or not known at all.

What a furnace does to a surface is often not known. Fick's law and readings from inside at
several times fix the surface's history together with D.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.interpolate import RectBivariateSpline
from scipy.optimize import least_squares
from scipy.special import erfc

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.cooling_fit import inverse_of_squares
from matinf.physics.crank_nicolson import crank_nicolson
from matinf.physics.diffusion import Carburising, half_space
from matinf.physics.diffusion_fit import DepthReadings
from matinf.physics.diffusion_inverse import INVERSE, DiffusionEstimate, learn_in, weights_of
from matinf.physics.diffusion_network import DiffusionNetwork
from matinf.physics.diffusion_pinn import DiffusionConfig, DiffusionField


@dataclass(frozen=True, kw_only=True, eq=False)
class SurfaceHistory:
    """A surface concentration that is linear between knots, above a half-space.

    Attributes:
        D: Diffusion coefficient in m²/s.
        c0: Concentration at the start in wt%.
        knots: Times in s, rising from 0; after the last the surface stays as it is.
        surface: Concentration at the knots in wt%.
    """

    D: float
    c0: float
    knots: Vector  # (n_knots,)
    surface: Vector  # (n_knots,)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless knots rise from 0 and there is a concentration for each."""
        checks.positive(self.D, "D", unit="m²/s")
        if checks.ordered(self.knots, "knots", strictly=True)[0] != 0:
            raise ValueError(f"knots: expected the first at 0 s, got {self.knots[0]:g}")
        if checks.finite_array(self.surface, "surface").shape != self.knots.shape:
            raise ValueError(f"surface: expected {self.knots.size} values, one for each knot")

    def at_surface(self, t: ArrayLike) -> Vector:
        """Concentration of the surface in wt%."""
        surface: Vector = np.interp(checks.finite_array(t, "t"), self.knots, self.surface)
        return surface

    def concentration(self, x: ArrayLike, t: ArrayLike) -> Vector:
        r"""Concentration at depths ``x`` in m and times ``t`` in s, broadcast, in wt%.

        Each change of slope starts a ramp, and a ramp of slope 1 gives
        :math:`4 t \, \mathrm{i}^2\mathrm{erfc}(x / 2 \sqrt{D t})` :cite:`crank1975`.
        """
        depth, time = np.broadcast_arrays(checks.finite_array(x, "x"), checks.finite_array(t, "t"))
        c = self.c0 + (self.surface[0] - self.c0) * half_space(depth, time, D=self.D)
        slopes = np.diff(self.surface) / np.diff(self.knots)
        bends = np.diff(slopes, prepend=0.0, append=0.0)
        for knot, bend in zip(self.knots, bends, strict=True):
            c = c + bend * _ramp(depth, np.maximum(time - knot, 0.0), self.D)
        return c


def _ramp(x: Vector, t: Vector, D: float) -> Vector:
    z = x / (2 * np.sqrt(D * np.maximum(t, 1e-300)))
    with np.errstate(under="ignore", over="ignore"):
        second = (1 + 2 * z**2) * erfc(z) - 2 / np.pi**0.5 * z * np.exp(-(z**2))
    ramp: Vector = np.where(t > 0, t * np.nan_to_num(second), 0.0)
    return ramp


Model = Callable[[SurfaceHistory, Vector, Vector], Vector]
"""Concentrations in wt% under a history of the surface, at depths in m and times in s."""


def by_formula(history: SurfaceHistory, x: Vector, t: Vector) -> Vector:
    """The closed form, which somebody had to derive.

    Args:
        history: Coefficient and surface.
        x: Depths in m, shape ``(n_readings,)``.
        t: Times in s, same shape.

    Returns:
        Concentrations in wt%, same shape.
    """
    return history.concentration(x, t)


def by_grid(
    history: SurfaceHistory, x: Vector, t: Vector, *, thickness: float = 2e-3, n: int = 80
) -> Vector:
    """The same by Crank and Nicolson: no derivation, ``n`` depths and ``n`` steps in time.

    Args:
        history: Coefficient and surface.
        x: Depths in m, shape ``(n_readings,)``.
        t: Times in s, same shape.
        thickness: Depth of the wall in m, beyond all readings.
        n: Steps of the grid, in depth and in time.

    Returns:
        Concentrations in wt%, same shape.
    """
    cs = float(history.surface.max())
    steel = Carburising(D=history.D, c0=history.c0, cs=cs, thickness=thickness)
    field = crank_nicolson(
        steel,
        t_end=float(t.max()),
        n_depths=n + 1,
        n_times=n,
        surface=lambda time: float(history.at_surface(time)),
    )
    read = RectBivariateSpline(field.t, field.x, field.c, kx=3, ky=3)
    c: Vector = read(t, x, grid=False)
    return c


def fit_history(
    readings: DepthReadings,
    *,
    c0: float,
    knots: Vector,
    D_guess: float,
    model: Model = by_formula,
) -> tuple[SurfaceHistory, float]:
    """Fit D and the surface at ``knots`` by least squares, and the standard error of D.

    Args:
        readings: What was measured.
        c0: Concentration at the start in wt%.
        knots: Times in s, rising from 0.
        D_guess: Coefficient in m²/s to start from.
        model: How concentrations follow from a history: :func:`by_formula` or :func:`by_grid`.

    Raises:
        ValueError: if there are fewer readings than unknowns, or they do not fix one of them.
    """
    checks.enough(len(readings), 1 + knots.size)

    def history(values: Vector) -> SurfaceHistory:
        D = D_guess * float(np.exp(values[0]))
        return SurfaceHistory(D=D, c0=c0, knots=knots, surface=values[1:])

    def errors(values: Vector) -> Vector:
        return (model(history(values), readings.x, readings.t) - readings.c) / readings.noise

    start = np.concatenate([[0.0], np.full(knots.size, readings.c.max())])
    found = least_squares(errors, start, jac="3-point", xtol=1e-9, ftol=1e-9)
    best = history(found.x)
    return best, best.D * float(np.sqrt(inverse_of_squares(np.asarray(found.jac))[0, 0]))


@dataclass(frozen=True, kw_only=True)
class FreeSurface(DiffusionNetwork):
    r"""A field whose surface is left to the readings: :math:`u = (1 - p)(1 + N)`.

    Right at the start for any weights; ``steel.cs`` only sets the scale.
    """

    def share(self, theta: torch.Tensor, X: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        """Share of the step from ``c0`` to the scale ``cs`` at one scaled depth and time."""
        p, inputs = self.about_the_corner(X, tau)
        return (1 - p) * (1 + self.shape(theta[: self.shape.n_weights], inputs))


def learn_with_surface(
    readings: DepthReadings,
    *,
    c0: float,
    thickness: float,
    D_guess: float,
    rng: np.random.Generator,
    start: DiffusionField | None = None,
    config: DiffusionConfig | None = None,
    progress: str | None = None,
) -> DiffusionEstimate:
    """Learn D, the field and the surface's history, of which nothing is said.

    Args:
        readings: What was measured, best at several times.
        c0: Concentration at the start in wt%.
        thickness: Depth of the wall in m, beyond all readings.
        D_guess: Coefficient in m²/s to start from and to scale by.
        rng: Source of the first weights.
        start: A field that was learned like this from readings of the same times, to start from.
        config: Settings; by default :data:`~matinf.physics.diffusion_inverse.INVERSE`.
        progress: Name on the progress bar, or none for silence.

    Raises:
        ValueError: if a setting is impossible, or ``start`` is of another make.
    """
    settings = config or INVERSE
    steel = Carburising(D=D_guess, c0=c0, cs=float(readings.c.max()), thickness=thickness)
    network = FreeSurface(
        shape=settings.shape, steel=steel, t_end=float(readings.t.max()), unknown=("D",)
    )
    weights = settings.shape.initial(rng=rng) if start is None else weights_of(start, network)
    return learn_in(network, readings, weights, config=settings, progress=progress)
