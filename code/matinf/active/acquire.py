"""Strategies that ask the model: acquisition functions, and draws from the posterior."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matinf.active import acquisition
from matinf.active.batches import (
    Acquisition,
    kriging_believer,
    local_penalisation,
    log_softplus,
    steepest_slope,
    top_k,
)
from matinf.active.goal import Goal
from matinf.active.merit import MeritPosterior
from matinf.active.pairs import Pool
from matinf.active.view import Indices, View

Batch = Literal["top_k", "kriging_believer", "local_penalisation"]

BATCHES: tuple[Batch, ...] = ("top_k", "kriging_believer", "local_penalisation")
"""How a batch is put together: :mod:`matinf.active.batches`."""

ACQUISITIONS = ("exploit", "explore", "pi", "ei", "log_ei", "ucb")
"""Names of the acquisition functions: :mod:`matinf.active.acquisition`."""

_OF_A_MAXIMUM = ("pi", "ei", "log_ei", "ucb")  # make no sense for a target value


@dataclass(frozen=True, kw_only=True)
class Acquire:
    r"""Measure what an acquisition function scores highest.

    Attributes:
        by: ``"exploit"`` (maximum mean, or nearest to a target), ``"explore"`` (maximum std),
            ``"pi"``, ``"ei"``, ``"log_ei"`` or ``"ucb"``.
        batch: ``"top_k"``, ``"kriging_believer"`` or ``"local_penalisation"``.
        beta: Standard deviations that ``"ucb"`` hopes for.
        xi: Margin of ``"pi"``, ``"ei"`` and ``"log_ei"``, in the target's unit.
    """

    by: str
    batch: Batch = "top_k"
    beta: float = 1.0
    xi: float = 0.0
    needs_model: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a name that is not known, or a negative setting."""
        if self.by not in ACQUISITIONS:
            raise ValueError(f"by: expected one of {', '.join(ACQUISITIONS)}, got {self.by!r}")
        if self.batch not in BATCHES:
            raise ValueError(f"batch: expected one of {', '.join(BATCHES)}, got {self.batch!r}")
        if not (self.beta >= 0 and self.xi >= 0):
            raise ValueError(f"beta, xi: expected 0 or more, got {self.beta} and {self.xi}")

    def phase(self, _view: View, /) -> str:
        """The name of the acquisition function."""
        return self.by

    def choose(self, view: View, k: int, *, rng: np.random.Generator) -> Indices:
        """Take the k best scores, or build a batch one by one; see :class:`Strategy`."""
        del rng  # nothing is left to chance
        score, best = self._scores(view.goal), view.best_merit
        believed = MeritPosterior(view.believed(), view.goal)
        if self.batch == "kriging_believer":
            return kriging_believer(believed, score, k, best=best, available=view.available)
        mean, std = believed.mean, believed.std
        if self.batch == "top_k":
            return top_k(score(mean, std, best=best), k, available=view.available)
        return self._spread_out(view, score(mean, std, best=best), mean, std, k)

    def _scores(self, goal: Goal) -> Acquisition:
        """The acquisition function, to be called with mean and std in terms of merit."""
        if goal.kind == "target" and (self.by in _OF_A_MAXIMUM or self.batch != "top_k"):
            raise ValueError(
                "a target value is sought by exploit, explore or Thompson sampling with top_k; "
                f"{self.by} with {self.batch} is for a maximum or a minimum"
            )
        functions: dict[str, Acquisition] = {
            "exploit": lambda mean, _std, /, **_: acquisition.maximum_mean(mean),
            "explore": lambda _mean, std, /, **_: acquisition.maximum_std(std),
            "ucb": lambda mean, std, /, **_: acquisition.upper_confidence_bound(
                mean, std, beta=self.beta
            ),
            "pi": partial(acquisition.probability_of_improvement, xi=self.xi),
            "ei": partial(acquisition.expected_improvement, xi=self.xi),
            "log_ei": partial(acquisition.log_expected_improvement, xi=self.xi),
        }
        chosen = functions[self.by]
        if self.by == "log_ei":  # a logarithm: what is hopeless is large, and a unit only shifts it
            return lambda mean, std, /, *, best: chosen(mean, std, best=best).round(9)
        return lambda mean, std, /, *, best: comparable(chosen(mean, std, best=best))

    def _spread_out(
        self,
        view: View,
        scores: NDArray[np.float64],
        mean: NDArray[np.float64],
        std: NDArray[np.float64],
        k: int,
    ) -> Indices:
        """Local penalisation, the slope taken at the most promising candidates."""
        if self.by == "log_ei":
            log_scores = scores
        elif self.by in ("ei", "pi"):
            log_scores = np.log(np.maximum(scores, np.finfo(float).tiny))
        else:
            log_scores = log_softplus(scores, scale=float(scores.std()) or 1.0)
        away = euclidean_distances(view.pool)
        slope = steepest_slope(mean, away, anchors=top_k(mean, min(5, mean.size)))
        return local_penalisation(
            log_scores,
            mean,
            std,
            k,
            best=view.best_merit,
            lipschitz=float(np.maximum(slope, np.finfo(float).tiny)),
            distances=away,
            available=view.available,
        )


@dataclass(frozen=True, kw_only=True)
class Thompson:
    """Each place of the batch goes to the best candidate of one joint draw from the posterior.

    A joint draw needs the covariance of all that it covers, and a pool of thousands has too many
    pairs. It is drawn over the candidates of highest upper bound: the others win too seldom to
    matter.

    Attributes:
        n_joint: Over how many candidates to draw.
        beta: Standard deviations in the bound that selects them.
    """

    n_joint: int = 500
    beta: float = 3.0
    needs_model: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        if self.n_joint < 1 or not self.beta >= 0:
            raise ValueError(
                f"expected n_joint >= 1 and beta >= 0, got {self.n_joint} and {self.beta}"
            )

    def phase(self, _view: View, /) -> str:
        """Always ``"thompson"``."""
        return "thompson"

    def choose(self, view: View, k: int, *, rng: np.random.Generator) -> Indices:
        """One draw per place, each won by a candidate not yet taken; see :class:`Strategy`."""
        believed = view.believed()
        bound = _optimistic_merit(view.goal, believed.mean, believed.std, beta=self.beta)
        n_joint = min(max(self.n_joint, k), int(view.available.sum()))
        joint = np.sort(top_k(comparable(bound), n_joint, available=view.available))
        draws = believed.sample(k, indices=joint, rng=rng)
        free = np.ones(n_joint, dtype=bool)
        chosen = []
        for draw in draws:
            winner = int(top_k(view.goal.merit(draw), 1, available=free)[0])
            free[winner] = False
            chosen.append(joint[winner])
        return np.array(chosen, dtype=np.intp)


def comparable(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores to ten digits of the largest, so that those equal on paper are equal here.

    Candidates with the same relatives have the same score; how the last digits of it are rounded
    depends on the processor, and should not decide between them.
    """
    finite = np.abs(scores[np.isfinite(scores)])
    largest = float(finite.max(initial=0.0))
    if largest == 0:
        return scores
    return scores.round(10 - int(np.ceil(np.log10(largest))))


def euclidean_distances(pool: Pool) -> Callable[[int], NDArray[np.float64]]:
    """Distances from one candidate to all, as :func:`local_penalisation` asks for them."""
    return lambda j: np.sqrt(pool.pairs([j], kernel="rbf")[0])


def _optimistic_merit(
    goal: Goal, mean: NDArray[np.float64], std: NDArray[np.float64], *, beta: float
) -> NDArray[np.float64]:
    """The best merit within ``beta`` standard deviations of the mean."""
    if goal.target is not None:
        return -np.maximum(np.abs(mean - goal.target) - beta * std, 0.0) + 1e-9 * std
    return acquisition.upper_confidence_bound(goal.merit(mean), std, beta=beta)
