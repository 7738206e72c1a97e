"""Two ways down a loss: damped Gauss-Newton steps, and the textbook's Adam followed by L-BFGS.

A loss that is a sum of squares has a Jacobian, and a network of a hundred weights is small enough
to use it whole. Adam and L-BFGS see the gradient alone: they get as far down in many more steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from tqdm import tqdm

from matinf.physics.damped_steps import LevenbergMarquardt, walk_damped
from matinf.physics.gradient_steps import LBFGS_AT_ONCE, AdamLBFGS, walk_by_gradient
from matinf.physics.losses import Objective
from matinf.physics.network import one_thread
from matinf.physics.training_history import TrainingHistory

__all__ = ["AdamLBFGS", "LevenbergMarquardt", "Optimiser", "TrainingHistory", "Watch", "minimise"]


Watch = Callable[[int, torch.Tensor], None]
Optimiser = LevenbergMarquardt | AdamLBFGS


def minimise(
    objective: Objective,
    theta: torch.Tensor,
    how: Optimiser,
    *,
    progress: str | None = None,
    watch: Watch | None = None,
) -> tuple[torch.Tensor, TrainingHistory]:
    """Go down a loss from ``theta`` by either way; neither draws anything at random.

    Args:
        objective: The loss.
        theta: Parameters to start from, shape ``(n_parameters,)``; not changed.
        how: Which optimiser, by its settings.
        progress: Name on the bar that is drawn on standard error, or none for silence.
        watch: Called with the number of steps done and the parameters; it may look, not touch.

    Returns:
        The parameters at the end, and what happened on the way.

    Raises:
        ValueError: if the loss stops being finite.
    """
    history, start = TrainingHistory(), theta.detach().clone()
    if isinstance(how, LevenbergMarquardt):
        walk, total = walk_damped(objective, start, how, history), how.max_steps
    else:
        walk = walk_by_gradient(objective, start, how, history)
        total = how.adam_steps + how.lbfgs_steps // LBFGS_AT_ONCE
    started, look = time.perf_counter(), watch or (lambda _, __: None)
    bar = tqdm(total=total, desc=progress, unit="step", disable=progress is None)
    with one_thread(), bar:
        for theta, parts in walk:
            history.add(parts, started)
            look(history.n_steps, theta)
            bar.set_postfix(loss=f"{history.loss[-1]:.1e}", refresh=False)
            bar.update(history.n_steps - bar.n)
            if history.loss[-1] <= how.tolerance:
                history.end = f"the loss is below {how.tolerance:g}"
                break
    return theta, history
