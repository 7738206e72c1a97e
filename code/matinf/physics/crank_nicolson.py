"""Fick's second law by Crank and Nicolson: the classical solver that a network has to beat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_banded

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.diffusion import Carburising

Diffusivity = Callable[[Vector], Vector]


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Concentrations on a grid of times and depths."""

    x: Vector  # (n_depths,), m
    t: Vector  # (n_times,), s
    c: Vector  # (n_times, n_depths), wt%

    def total(self) -> Vector:
        """Carbon below one m² of surface, in wt% m, per time, by the trapezoidal rule."""
        middle = (self.c[:, 1:] + self.c[:, :-1]) / 2
        total: Vector = middle @ np.diff(self.x)
        return total


def crank_nicolson(
    steel: Carburising,
    *,
    t_end: float,
    n_depths: int = 201,
    n_times: int = 200,
    D_of_c: Diffusivity | None = None,
    surface: Callable[[float], float] | None = None,
) -> Field:
    r"""Solve :math:`\partial_t c = \partial_x (D \, \partial_x c)` between surface and wall.

    The mean of an explicit and an implicit step :cite:`crank1947`,
    :math:`(I - \tfrac{\Delta t}{2} A) \, c^{k+1} = (I + \tfrac{\Delta t}{2} A) \, c^k`, of second
    order in both steps. The step at the surface would ring: each of the first two steps is made
    as four implicit ones, and times lie densely early on, at
    :math:`t_k = t_\mathrm{end} (k / n)^2`, as the front moves with :math:`\sqrt t`.

    Args:
        steel: What is carburised; it needs a finite thickness.
        t_end: Last time in s, above 0.
        n_depths: Grid points, from the surface to the wall.
        n_times: Steps in time.
        D_of_c: Diffusion coefficient in m²/s as a function of concentrations in wt%; by default
            it is ``steel.D`` everywhere. It is taken at the middle of a step, from a step tried
            before.
        surface: Concentration of the surface in wt% at a time in s; by default ``steel.cs`` from
            the first moment on.

    Raises:
        ValueError: for a half-space, or a grid of fewer than three depths or one time.
    """
    if np.isinf(steel.thickness):
        raise ValueError("a grid ends somewhere: expected a finite thickness")
    if n_depths < 3 or n_times < 1:
        raise ValueError(f"expected n_depths >= 3 and n_times >= 1, got {n_depths}, {n_times}")
    x = np.linspace(0, steel.thickness, n_depths)
    t = checks.positive(t_end, "t_end", unit="s") * (np.arange(n_times + 1) / n_times) ** 2
    D = D_of_c or (lambda c: np.full(c.shape, steel.D))
    held = surface or (lambda _: steel.cs)
    c = np.full((n_times + 1, n_depths), float(steel.c0))
    c[0, 0] = held(0.0)
    for k, step in enumerate(np.diff(t)):
        if k < 2:
            c[k + 1] = c[k]
            for quarter in (1, 2, 3, 4):
                now = held(t[k] + quarter / 4 * step)
                c[k + 1] = _step(c[k + 1], step / 4, x[1], D, implicit=1.0, surface=now)
        else:
            c[k + 1] = _step(c[k], step, x[1], D, implicit=0.5, surface=held(t[k + 1]))
    return Field(x=x, t=t, c=c)


def _step(
    c: Vector, step: float, dx: float, D: Diffusivity, *, implicit: float, surface: float
) -> Vector:
    """One step in time; tried once so that D is known at its middle, then made."""
    tried = _solve(c, step, _bands(D(c), dx), implicit, surface)
    return _solve(c, step, _bands(D((c + tried) / 2), dx), implicit, surface)


def _bands(D: Vector, dx: float) -> tuple[Vector, Vector]:
    """Coupling of each depth to the one above and to the one below, in 1/s."""
    between = (D[1:] + D[:-1]) / (2 * dx**2)
    above = np.concatenate([[0.0], between])  # the surface is held, and feels nothing
    below = np.concatenate([[0.0], between[1:], [0.0]])
    above[-1] *= 2  # the image of the last but one depth behind the wall
    return above, below


def _solve(
    c: Vector, step: float, bands: tuple[Vector, Vector], implicit: float, surface: float
) -> Vector:
    above, below = bands
    change = np.zeros_like(c)
    change[1:] += above[1:] * (c[:-1] - c[1:])
    change[:-1] += below[:-1] * (c[1:] - c[:-1])
    w = implicit * step
    matrix = np.zeros((3, c.size))
    matrix[0, 1:] = -w * below[:-1]
    matrix[1] = 1 + w * (above + below)
    matrix[2, :-1] = -w * above[1:]
    known = c + (1 - implicit) * step * change
    known[0] = surface  # at the end of the step; nothing flows into its row
    solution: Vector = solve_banded((1, 1), matrix, known)
    return solution
