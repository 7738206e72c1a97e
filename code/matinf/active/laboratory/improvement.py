"""Expected improvement as a laboratory needs it: towards a value, and for its price."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from matinf.active import acquisition
from matinf.active.batches import top_k
from matinf.active.checks import finite_number, prediction
from matinf.active.merit import Posterior
from matinf.active.view import Indices, View

Scores = NDArray[np.float64]


def improvement_to_target(
    mean: ArrayLike, std: ArrayLike, *, target: float, distance: float
) -> Scores:
    r"""Mean of the amount by which a candidate comes closer to a value than a distance.

    With :math:`c(x) = \mathbb{E}\max(f - x, 0)`, the expected improvement over x, and the
    distance d to beat,
    :math:`\mathbb{E}\max(d - |f - t|, 0) = c(t - d) - 2 c(t) + c(t + d)`: a tent of height d over
    the target t is the sum of three ramps.

    Args:
        mean: Predictive mean, shape ``(n_candidates,)``, in the target's unit.
        std: Predictive standard deviation, same shape and unit.
        target: The value sought t.
        distance: Distance d to beat, 0 or more, same unit.

    Returns:
        Expected improvement, shape ``(n_candidates,)``, between 0 and ``distance``.

    Raises:
        ValueError: if shapes differ, something is not finite, or ``std`` or d is negative.
    """
    d = finite_number(distance, "distance", at_least=0)
    left, middle, right = (
        acquisition.expected_improvement(mean, std, best=target + step) for step in (-d, 0.0, d)
    )
    return np.clip(left - 2 * middle + right, 0, d)


def chance_within(mean: ArrayLike, std: ArrayLike, *, target: float, distance: float) -> Scores:
    r"""Probability of coming within a distance of a value.

    :math:`P(|f - t| \le d) = \Phi\bigl((t + d - \mu)/\sigma\bigr) -
    \Phi\bigl((t - d - \mu)/\sigma\bigr)`.

    Args:
        mean: Predictive mean, shape ``(n_candidates,)``.
        std: Predictive standard deviation, same shape and unit, not negative.
        target: The value sought :math:`t`, in the same unit.
        distance: Distance :math:`d` from it that is good enough, not negative.

    Raises:
        ValueError: as :func:`improvement_to_target`.
    """
    mu, sigma = prediction(mean, std)
    d = finite_number(distance, "distance", at_least=0)
    safe = np.where(sigma > 0, sigma, 1)
    inside = ndtr((target + d - mu) / safe) - ndtr((target - d - mu) / safe)
    return np.where(sigma > 0, inside, np.abs(mu - target) <= d)


@dataclass(frozen=True, kw_only=True, eq=False)
class Improvement:
    """Expected improvement, or its chance, for any goal, and per cost where costs are given.

    Attributes:
        by: ``"ei"``, or ``"pi"``: for a target value the chance to come within ``within``.
        believe: Choose one after the other, each time as if the prediction had been measured;
            otherwise the k best scores at once.
        within: For a target value, the distance that is good enough.
        costs: Cost of each candidate, shape ``(n_pool,)``; scores are divided by it.
    """

    by: Literal["ei", "pi"] = "ei"
    believe: bool = True
    within: float = 0.0
    costs: Scores | None = None
    needs_model: bool = field(default=True, init=False)

    def phase(self, _view: View, /) -> str:
        """The acquisition function, and whether it counts the cost."""
        return self.by if self.costs is None else f"{self.by} per cost"

    def choose(self, view: View, k: int, *, rng: np.random.Generator) -> Indices:
        """Take the k best, or one after the other; see :class:`Strategy`."""
        del rng  # nothing is left to chance
        posterior, best = view.believed(), view.best_merit
        if not self.believe:
            return top_k(self.scores(view, posterior, best), k, available=view.available)
        free, chosen = view.available.copy(), []
        while True:
            scores = self.scores(view, posterior, best)
            chosen.append(int(top_k(scores, 1, available=free)[0]))
            if len(chosen) == k:
                return np.array(chosen, dtype=np.intp)
            believed = posterior.mean[chosen[-1:]]
            if view.goal.target is None:  # a value believed to be hit would leave nothing to gain
                best = max(best, float(view.goal.merit(believed)[0]))
            free[chosen[-1]], posterior = False, posterior.fantasise(chosen[-1:], believed)

    def scores(self, view: View, posterior: Posterior, best: float) -> Scores:
        """Score of every candidate, shape ``(n_pool,)``.

        Args:
            view: What is known; its goal is used.
            posterior: Belief over the pool.
            best: Merit to beat.
        """
        mean, std, target = posterior.mean, posterior.std, view.goal.target
        if target is not None:
            towards = improvement_to_target if self.by == "ei" else chance_within
            d = self.within if self.by == "pi" else max(-best, self.within)
            scores = towards(mean, std, target=target, distance=d)
        else:
            of_maximum = (
                acquisition.expected_improvement
                if self.by == "ei"
                else acquisition.probability_of_improvement
            )
            scores = of_maximum(view.goal.merit(mean), std, best=best)
        return scores if self.costs is None else scores / self.costs
