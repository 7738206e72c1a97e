"""Two ways down a loss: damped Gauss-Newton steps, and the textbook's Adam followed by L-BFGS.

A loss that is a sum of squares has a Jacobian, and a network of a hundred weights is small enough
to use it whole. Adam and L-BFGS see the gradient alone: they end four or more digits earlier.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from tqdm import tqdm

from matinf.physics.checks import Vector
from matinf.physics.losses import Objective
from matinf.physics.network import one_thread

Watch = Callable[[int, torch.Tensor], None]


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
        _check_counts(max_steps=self.max_steps, patience=self.patience)
        if not (self.tolerance >= 0 and self.damping > 0):
            raise ValueError(
                f"expected tolerance >= 0 and damping > 0, got {self.tolerance} and {self.damping}"
            )


@dataclass(frozen=True, kw_only=True)
class AdamLBFGS:
    """Settings of Adam :cite:`kingma2015` followed by L-BFGS :cite:`liu1989`.

    Attributes:
        adam_steps: Steps of Adam, 0 to leave it out.
        learning_rate: Of Adam; it falls to 0 along half a cosine.
        lbfgs_steps: Iterations of L-BFGS, 0 to leave it out.
        tolerance: Loss below which it ends.
        balance_every: Steps of Adam after which the terms' weights are balanced by their
            gradients :cite:`wang2021a`, 0 to keep them fixed.
    """

    adam_steps: int = 2000
    learning_rate: float = 5e-3
    lbfgs_steps: int = 1000
    tolerance: float = 1e-16
    balance_every: int = 0

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        if min(self.adam_steps, self.lbfgs_steps, self.balance_every) < 0:
            raise ValueError("expected counts of steps of 0 or more")
        if self.adam_steps + self.lbfgs_steps == 0:
            raise ValueError("expected steps of Adam, of L-BFGS or of both, got none")
        if not (self.tolerance >= 0 and self.learning_rate > 0):
            raise ValueError(
                "expected tolerance >= 0 and learning_rate > 0, got "
                f"{self.tolerance} and {self.learning_rate}"
            )


Optimiser = LevenbergMarquardt | AdamLBFGS


@dataclass(kw_only=True, eq=False)
class TrainingHistory:
    """What happened on the way down: an entry for the start and for each step after it.

    L-BFGS counts twenty of its iterations as one step.
    """

    loss: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)  # the same by term
    seconds: list[float] = field(default_factory=list)  # since the start
    end: str = ""  # why it ended, in words

    @property
    def n_steps(self) -> int:
        """Steps taken."""
        return len(self.loss) - 1

    def part(self, name: str) -> Vector:
        """Loss of one term after each step."""
        return np.array([parts[name] for parts in self.parts])

    def add(self, parts: dict[str, float], started: float) -> None:
        """Write one step down.

        Raises:
            ValueError: if the loss is no number any more.
        """
        loss = sum(parts.values())
        if not np.isfinite(loss):
            raise ValueError(
                f"the loss is {loss} after step {len(self.loss)}: look at the units of what goes "
                "in, or lower the learning rate"
            )
        self.loss.append(loss)
        self.parts.append(parts)
        self.seconds.append(time.perf_counter() - started)

    def has_stalled(self, patience: int, *, least_gain: float = 0.0) -> bool:
        """Whether the last steps have together gained less than a thousandth, or than that."""
        if len(self.loss) <= patience:
            return False
        before, now = self.loss[-1 - patience], self.loss[-1]
        return before - now < max(1e-3 * before, least_gain)


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
        walk, total = _walk_damped(objective, start, how, history), how.max_steps
    else:
        walk = _walk_by_gradient(objective, start, how, history)
        total = how.adam_steps + how.lbfgs_steps // _LBFGS_AT_ONCE
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


Steps = Iterator[tuple[torch.Tensor, dict[str, float]]]


def _walk_damped(
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


def _walk_by_gradient(
    objective: Objective, start: torch.Tensor, how: AdamLBFGS, history: TrainingHistory
) -> Steps:
    """Adam's steps, then those of L-BFGS with the weights at which Adam has left the terms."""
    theta = start.clone().requires_grad_(True)
    moves = (objective.reach > 0).to(theta)
    balance = dict.fromkeys((term.name for term in objective.terms), 1.0)
    adam = torch.optim.Adam([theta], lr=how.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, max(how.adam_steps, 1))
    for k in range(how.adam_steps):
        if how.balance_every and k % how.balance_every == 0:
            balance = _balanced(objective, theta, balance)
        now, parts = theta.detach().clone(), _backward(objective, theta, balance, moves)[1]
        adam.step()
        schedule.step()
        yield now, parts
    lbfgs = torch.optim.LBFGS(
        [theta],
        max_iter=_LBFGS_AT_ONCE,
        history_size=50,
        line_search_fn="strong_wolfe",
        tolerance_grad=1e-14,
        tolerance_change=1e-18,
    )
    for k in range(how.lbfgs_steps // _LBFGS_AT_ONCE):
        yield _seen(objective, theta)
        lbfgs.step(lambda: _backward(objective, theta, balance, moves)[0])
        if k > _LBFGS_PATIENCE and history.has_stalled(_LBFGS_PATIENCE):
            history.end = "L-BFGS goes no further down"
            return
    yield _seen(objective, theta)
    history.end = "all steps are done"


_LBFGS_AT_ONCE = 20
_LBFGS_PATIENCE = 5


def _seen(objective: Objective, theta: torch.Tensor) -> tuple[torch.Tensor, dict[str, float]]:
    now = theta.detach().clone()
    return now, objective.parts(objective.vector(now))


def _backward(
    objective: Objective, theta: torch.Tensor, balance: dict[str, float], moves: torch.Tensor
) -> tuple[torch.Tensor, dict[str, float]]:
    """The balanced loss, whose gradient is left at ``theta``, and its parts without balance."""
    theta.grad = None
    vectors = [term.vector(theta) for term in objective.terms]
    loss = sum(
        0.5 * balance[term.name] * (vector @ vector)
        for term, vector in zip(objective.terms, vectors, strict=True)
    )
    loss.backward()
    theta.grad *= moves
    return loss, objective.parts(torch.cat(vectors))


def _balanced(
    objective: Objective, theta: torch.Tensor, before: dict[str, float]
) -> dict[str, float]:
    r"""Weights that bring every term's gradient to the first one's size.

    The largest entry of the first term's gradient over the mean entry of the other's, averaged
    nine to one with the weight before :cite:`wang2021a`.
    """
    gradients = {}
    for term in objective.terms:
        vector = term.vector(theta)
        gradients[term.name] = torch.autograd.grad(0.5 * (vector @ vector), theta)[0].abs()
    first = objective.terms[0].name
    size = gradients[first].max().item()
    wanted = {n: size / max(g.mean().item(), 1e-30) for n, g in gradients.items()} | {first: 1.0}
    return {n: 0.9 * before[n] + 0.1 * wanted[n] for n in before}


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name}: expected 1 or more, got {count}")
