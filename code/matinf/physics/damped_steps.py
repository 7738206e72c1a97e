"""Damped Gauss-Newton steps down a sum of squares."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from matinf.physics import checks
from matinf.physics.losses import Objective
from matinf.physics.training_history import Steps, TrainingHistory


@dataclass(frozen=True, kw_only=True)
class LevenbergMarquardt:
    """Settings of damped Gauss-Newton steps.

    Attributes:
        max_steps: Steps after which it ends.
        tolerance: Loss below which it ends.
        patience: It also ends when this many steps have together taken less than a thousandth
            off the loss, or less than ``least_gain``.
        least_gain: What is worth a few steps. Where the loss is a log-likelihood, 1e-5 is a shift
            of the estimate by less than a hundredth of its standard deviation.
        damping: Damping λ to start with; it falls after a step that helped and rises after one
            that did not.
    """

    max_steps: int = 100
    tolerance: float = 1e-20
    patience: int = 5
    least_gain: float = 0.0
    damping: float = 1e-2

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        checks.counts(max_steps=self.max_steps, patience=self.patience)
        if not (self.tolerance >= 0 and self.damping > 0):
            raise ValueError(
                f"expected tolerance >= 0 and damping > 0, got {self.tolerance} and {self.damping}"
            )


def walk_damped(
    objective: Objective, theta: torch.Tensor, how: LevenbergMarquardt, history: TrainingHistory
) -> Steps:
    r"""Levenberg's and Marquardt's steps :cite:`marquardt1963`, bent along the valley.

    Each step minimises :math:`\|\rho + J\delta\|^2 + \lambda \|\delta / s\|^2` with the reach s of
    each parameter, by a singular value decomposition of the scaled Jacobian. A second-order
    correction :cite:`transtrum2012` follows the curve of narrow valleys.
    """
    damping, reach = how.damping, objective.reach
    vector, J = objective.jacobian(theta)
    yield theta, objective.parts(vector)
    for _ in range(how.max_steps):
        U, S, Vt = torch.linalg.svd(J * reach, full_matrices=False)
        for _ in range(_MOST_TRIALS):
            step = _bent_step(objective, theta, vector, J, (U, S, Vt), damping)
            if _loss(objective, theta + step) < vector @ vector:
                break
            damping *= 4
        else:
            history.end = "no step goes further down"
            return
        theta, damping = theta + step, max(damping / 5, 1e-24)
        vector, J = objective.jacobian(theta)
        yield theta, objective.parts(vector)
        if history.has_stalled(how.patience, least_gain=how.least_gain):
            history.end = f"{how.patience} steps took next to nothing off the loss"
            return
    history.end = f"{how.max_steps} steps are done"


_MOST_TRIALS = 30


def _bent_step(
    objective: Objective,
    theta: torch.Tensor,
    vector: torch.Tensor,
    J: torch.Tensor,
    decomposition: tuple[torch.Tensor, torch.Tensor, torch.Tensor],
    damping: float,
) -> torch.Tensor:
    """One damped step, and half the acceleration of the residuals along it where that is small."""
    U, S, Vt = decomposition
    is_seen = S / S[0] > 1e-15
    filtered = torch.where(is_seen, S / (S**2 + damping), 0.0)
    velocity = -(Vt.T @ (filtered * (U.T @ vector)))
    step, h = objective.reach * velocity, 0.1
    ahead = (objective.vector(theta + h * step) - vector) / h
    acceleration = -(Vt.T @ (filtered * (U.T @ (2 / h * (ahead - J @ step)))))
    if 2 * acceleration.norm() <= 0.75 * velocity.norm():
        step = step + objective.reach * acceleration / 2
    return step


def _loss(objective: Objective, theta: torch.Tensor) -> torch.Tensor:
    vector = objective.vector(theta)
    return vector @ vector
