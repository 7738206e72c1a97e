"""How sure an unknown is that was learned with a network: Laplace's approximation at a minimum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from matinf.physics.losses import Objective
from matinf.physics.network import one_thread


def laplace(objective: Objective, theta: torch.Tensor, *, n_unknown: int) -> NDArray[np.float64]:
    r"""Covariance of the last ``n_unknown`` parameters at a minimum :cite:`mackay1992`.

    With the Jacobian :math:`(J_w \; J_u)` by weights and by unknowns it is
    :math:`(J_u^\mathsf{T} (I - P) J_u)^{-1}`, where P projects onto what the weights can do:
    only what no curve of the network can imitate tells of the unknowns.
    """
    with one_thread():
        _, J = objective.jacobian(theta)
        J_w, J_u = J[:, :-n_unknown] * objective.reach[:-n_unknown], J[:, -n_unknown:]
        U, S, _ = torch.linalg.svd(J_w, full_matrices=False)
        U = U[:, 1e-12 * S[0] < S]
        left = J_u - U @ (U.T @ J_u)
        left = left - U @ (U.T @ left)  # once more, for rounding
        covariance: NDArray[np.float64] = torch.linalg.inv(left.T @ left).numpy()
    return covariance


def laplace_in_units(
    objective: Objective, theta: torch.Tensor, *, units: Sequence[float]
) -> NDArray[np.float64]:
    """The covariance by Laplace of the last parameters, of which each counts in a unit of its own.

    Args:
        objective: The loss.
        theta: Its minimum.
        units: What 1 stands for in each of the last parameters, shape ``(n_unknown,)``.
    """
    return laplace(objective, theta, n_unknown=len(units)) * np.outer(units, units)


def deviations(
    unknown: Sequence[str], covariance: NDArray[np.float64], *, log_of: str, value: float
) -> dict[str, float]:
    """Standard deviation of each unknown, one of which was learned as its logarithm.

    Args:
        unknown: Their names.
        covariance: Theirs, shape ``(n_unknown, n_unknown)``.
        log_of: Name of the one whose logarithm the covariance is of.
        value: That one, in its unit.
    """
    std = dict(zip(unknown, np.sqrt(np.diag(covariance)), strict=True))
    return {n: float(s * value if n == log_of else s) for n, s in std.items()}
