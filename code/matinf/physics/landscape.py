"""What a loss looks like around a minimum: a square cut out of a space of a hundred dimensions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.func import vmap

from matinf.physics import checks
from matinf.physics.checks import Vector
from matinf.physics.network import one_thread


def loss_landscape(
    loss: Callable[[torch.Tensor], torch.Tensor],
    theta: Vector,
    *,
    reach: float,
    n_points: int,
    rng: np.random.Generator,
) -> tuple[Vector, Vector]:
    """Loss on a plane through a minimum, along two random directions :cite:`li2018`.

    Each direction is as long as the vector of parameters, entry by entry: what is large moves
    far.

    Args:
        loss: Vector of residuals of the parameters, such as ``Objective.vector``; the loss is half
            its squared length.
        theta: Parameters at the middle, shape ``(n_parameters,)``.
        reach: How far to go to each side, in lengths of the directions.
        n_points: Points per side of the square, odd, so that the middle is one.
        rng: Source of the directions.

    Returns:
        Steps along each direction, shape ``(n_points,)``, and losses, ``(n_points, n_points)``.

    Raises:
        ValueError: if ``n_points`` is even or below 3, or the reach not positive.
    """
    if n_points < 3 or n_points % 2 == 0:
        raise ValueError(f"n_points: expected an odd number of 3 or more, got {n_points}")
    steps = np.linspace(-1, 1, n_points) * checks.positive(reach, "reach")
    a, b = (torch.tensor(theta * rng.standard_normal(theta.size)) for _ in range(2))
    middle = torch.tensor(theta)
    grid = [middle + x * a + y * b for y in steps for x in steps]
    with torch.no_grad(), one_thread():
        vectors = vmap(loss, chunk_size=64)(torch.stack(grid))
        losses: Vector = (0.5 * (vectors**2).sum(dim=1)).numpy()
    return steps, losses.reshape(n_points, n_points)
