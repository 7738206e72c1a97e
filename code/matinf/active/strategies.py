"""Strategies: from what a campaign knows to the batch that is measured next.

A strategy sees a :class:`View`: features, what was measured, and the model's belief about the
rest. Labels of the pool are not in it, so no strategy can use one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from matinf.active import acquisition
from matinf.active.acquire import ACQUISITIONS, BATCHES, Acquire, Thompson
from matinf.active.batches import top_k
from matinf.active.view import Indices, Strategy, View

__all__ = [
    "ACQUISITIONS",
    "BATCHES",
    "Acquire",
    "ExploreThenExploit",
    "RandomSearch",
    "Strategy",
    "Thompson",
    "View",
]


@dataclass(frozen=True, kw_only=True)
class RandomSearch:
    """Any candidate is as good as any other, and none is taken twice: what to compare with."""

    needs_model: bool = field(default=False, init=False)

    def phase(self, _view: View, /) -> str:
        """Always ``"random"``."""
        return "random"

    def choose(self, view: View, k: int, *, rng: np.random.Generator) -> Indices:
        """Draw without replacement; see :class:`Strategy`."""
        scores = acquisition.random_scores(view.available.size, rng=rng)
        return top_k(scores, k, available=view.available)


@dataclass(frozen=True, kw_only=True)
class ExploreThenExploit:
    """Learn first, harvest later: switch once the model predicts what it has not been shown.

    The evidence is the leave-one-out R² on labelled data alone. There is no way back: exploiting
    narrows the labelled data, and their R² with it.

    Attributes:
        threshold: R² at which to switch.
        explore: Strategy before.
        exploit: Strategy after.
    """

    threshold: float = 0.5
    explore: Strategy = field(default_factory=lambda: Acquire(by="explore"))
    exploit: Strategy = field(default_factory=lambda: Acquire(by="exploit"))
    needs_model: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a threshold that no R² can reach."""
        if not self.threshold <= 1:
            raise ValueError(f"threshold: expected at most 1, the largest R², got {self.threshold}")

    def has_switched(self, view: View) -> bool:
        """Whether the evidence is, or once was, enough."""
        seen = [record.r2 for record in view.steps] + [view.r2]
        return bool(np.any(np.array(seen) >= self.threshold))

    def phase(self, view: View, /) -> str:
        """The phase of whichever strategy is at work."""
        return self._active(view).phase(view)

    def choose(self, view: View, k: int, *, rng: np.random.Generator) -> Indices:
        """Let the strategy of the phase choose; see :class:`Strategy`."""
        return self._active(view).choose(view, k, rng=rng)

    def _active(self, view: View) -> Strategy:
        return self.exploit if self.has_switched(view) else self.explore
