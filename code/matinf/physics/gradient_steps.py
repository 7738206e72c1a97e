"""Steps by the gradient alone: Adam's, then those of L-BFGS."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from matinf.physics.losses import Objective
from matinf.physics.training_history import Steps, TrainingHistory


@dataclass(frozen=True, kw_only=True)
class AdamLBFGS:
    """Settings of Adam :cite:`kingma2015` followed by L-BFGS :cite:`liu1989`.

    Attributes:
        adam_steps: Steps of Adam, 0 to leave it out.
        learning_rate: Of Adam; it falls to 0 along half a cosine.
        lbfgs_steps: Iterations of L-BFGS, 0 to leave it out. What it sees is the loss in units of
            what Adam has left: torch skips, by an absolute test, pairs of steps and gradients
            whose product is small, as all are where the loss is.
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


def walk_by_gradient(
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
        max_iter=LBFGS_AT_ONCE,
        history_size=50,
        line_search_fn="strong_wolfe",
        tolerance_grad=1e-14,
        tolerance_change=1e-18,
    )
    scale = _LBFGS_SCALE / max(sum(_seen(objective, theta)[1].values()), 1e-30)
    balance = {name: scale * weight for name, weight in balance.items()}
    for k in range(how.lbfgs_steps // LBFGS_AT_ONCE):
        yield _seen(objective, theta)
        lbfgs.step(lambda: _backward(objective, theta, balance, moves)[0])
        if k > _LBFGS_PATIENCE and history.has_stalled(_LBFGS_PATIENCE):
            history.end = "L-BFGS goes no further down"
            return
    yield _seen(objective, theta)
    history.end = "all steps are done"


LBFGS_AT_ONCE = 20
_LBFGS_SCALE = 1e10  # over torch's least curvature of 1e-10: room for twenty decades
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
