"""Ten measurements of a hidden truth: expected improvement against random, over many games.

The game of the Gaussian process laboratory. Everyone begins with the same measurements and takes
one more at a time; who ends with the best value nearer to the best there is has won.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matinf.active.toy import ToyPosterior, run_toy_campaign
from matinf.active.toy_study import STRATEGIES, Comparison, Task, compare, draw_tasks, line_prior
from matinf.intervals import Interval, bootstrap_interval

N_POOL: Final = 101
LENGTHSCALE: Final = 0.08
N_INITIAL: Final = 2
N_STEPS: Final = 10
PLAYERS: Final = ("EI", "random")
_EQUAL: Final = 1e-9  # regrets closer than this are of the same candidate


@dataclass(frozen=True, kw_only=True, eq=False)
class Games:
    """Finished games, one for each hidden truth.

    Attributes:
        prior: What players believe before any measurement; the truths are draws from it.
        lengthscale: Of its kernel, a Matérn 5/2 of unit variance.
        tasks: The hidden truths, each with the measurements that all players are given.
        comparison: Regret of ``PLAYERS`` after those and after each measurement of their own.
    """

    prior: ToyPosterior
    lengthscale: float
    tasks: list[Task]
    comparison: Comparison

    @property
    def n_steps(self) -> int:
        """Measurements of each player in a game."""
        return self.comparison.regret.shape[2] - 1

    def ahead(self, a: str, b: str, *, rng: np.random.Generator) -> Interval:
        """Share of games in which ``a`` ends nearer to the best than ``b``."""
        return bootstrap_interval(self._margin(a, b) > _EQUAL, rng=rng)

    def tied(self, a: str, b: str) -> float:
        """Share of games in which both end at the same value."""
        return float((np.abs(self._margin(a, b)) <= _EQUAL).mean())

    def opening(self, game: int, n_steps: int) -> NDArray[np.intp]:
        """The given measurements of a game and the first of expected improvement after them."""
        task = self.tasks[game]
        run = run_toy_campaign(
            task.truth,
            self.prior,
            STRATEGIES["EI"],
            initial=task.initial,
            n_steps=n_steps,
            rng=np.random.default_rng(0),  # which EI does not ask
        )
        return run.measured

    def _margin(self, a: str, b: str) -> NDArray[np.float64]:
        return self.comparison.of(b)[:, -1] - self.comparison.of(a)[:, -1]


def play_games(
    n_games: int,
    *,
    lengthscale: float = LENGTHSCALE,
    n_steps: int = N_STEPS,
    rng: np.random.Generator,
) -> Games:
    """Draw hidden truths and let expected improvement and random play on each.

    Args:
        n_games: How many.
        lengthscale: Of the prior that truths are drawn from, on a line from 0 to 1.
        n_steps: Measurements of each player, after those that all are given.
        rng: Source of the truths, the first measurements and the random player's choices.
    """
    prior = line_prior(N_POOL, lengthscale=lengthscale)
    tasks = draw_tasks(prior, n_games, n_initial=N_INITIAL, rng=rng)
    players = {name: STRATEGIES[name] for name in PLAYERS}
    comparison = compare(players, tasks, prior, n_steps=n_steps, rng=rng)
    return Games(prior=prior, lengthscale=lengthscale, tasks=tasks, comparison=comparison)
