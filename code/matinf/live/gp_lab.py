"""The Gaussian process laboratory: measure a hidden truth, and watch belief and advice follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from matinf.active.game import Games
from matinf.live.lab import Laboratory, rounded
from matinf.live.still import Axis, Mark, still_picture

_HALF = 1.96  # standard deviations to each side of a 95 % interval
_CURVES = 3  # decimals of what is drawn


@dataclass(frozen=True, kw_only=True, eq=False)
class GaussianProcessLab(Laboratory):
    """A laboratory in one dimension, with a game against expected improvement and random.

    Attributes:
        games: Played games: their truths are those of the page, and their record is told.
        n_truths: How many of the truths the page gets.
        n_opening: Measurements by expected improvement that the free laboratory begins with, after
            those that each truth is given.
        seed: Of the resampling behind the record's interval.
    """

    element: ClassVar[str] = "gp-lab"
    module: ClassVar[str] = "gp-lab.js"
    title: ClassVar[str] = "Gaussian process laboratory"

    games: Games
    n_truths: int = 24
    n_opening: int = 2
    seed: int = 2026

    def __post_init__(self) -> None:
        """Check that there are so many truths."""
        if not 1 <= self.n_truths <= len(self.games.tasks):
            raise ValueError(
                f"n_truths: expected 1 to {len(self.games.tasks)}, the games played, "
                f"got {self.n_truths}"
            )

    @property
    def alt(self) -> str:
        """What the still picture shows."""
        task, seen = self.games.tasks[0], self.games.opening(0, self.n_opening)
        return (
            f"A Gaussian process on a line after {len(seen)} measurements, the best of which is "
            f"{task.truth[seen].max():.1f} prior standard deviations: its mean, and a band of 95 % "
            "that closes at the measurements and opens between them. With scripts it can be "
            "measured further, at any place."
        )

    @property
    def still(self) -> str:
        """The belief that the laboratory begins with."""
        task, x, seen = self.games.tasks[0], self._places, self.games.opening(0, self.n_opening)
        belief = self.games.prior.fantasise(seen, task.truth[seen])
        low, high = belief.mean - _HALF * belief.std, belief.mean + _HALF * belief.std
        return still_picture(
            x=Axis(title="Composition x", low=0, high=1),
            y=Axis(title="Property (prior standard deviations)", low=-3, high=3),
            marks=[
                Mark(kind="band", x=x, y=low, high=high),
                Mark(kind="line", x=x, y=belief.mean),
                Mark(kind="points", x=x[seen], y=task.truth[seen], role="data"),
            ],
        )

    @property
    def data(self) -> Mapping[str, Any]:
        """Truths, what is known of them, and how often expected improvement wins."""
        games, tasks = self.games, self.games.tasks[: self.n_truths]
        ahead = games.ahead("EI", "random", rng=np.random.default_rng(self.seed))
        return {
            "truths": [task.truth.round(_CURVES) for task in tasks],
            "initial": [task.initial for task in tasks],
            "opening": [games.opening(game, self.n_opening) for game in range(len(tasks))],
            "kernel": "matern52",
            "lengthscale": games.lengthscale,
            "noise": games.prior.noise_std,
            "steps": games.n_steps,
            "record": {
                "games": len(games.tasks),
                "ahead": rounded([ahead.estimate, ahead.low, ahead.high], 3),
                "tied": rounded(games.tied("EI", "random"), 3),
                "regret": {
                    name: games.comparison.of(name).mean(axis=0).round(_CURVES)
                    for name in games.comparison.names
                },
            },
        }

    @property
    def _places(self) -> NDArray[np.float64]:
        return np.linspace(0, 1, self.games.tasks[0].truth.size)
