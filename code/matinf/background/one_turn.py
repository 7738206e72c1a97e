"""One turn of the loop of materials informatics: learn from what was measured, choose, measure.

A chemist wants compounds whose band gap lies in a window. Some compounds have been measured; a
forest learns from them and names the few that are worth measuring next. Because all the gaps of
our table are known, the choice can be judged at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.ensemble import RandomForestRegressor
from sklearn.preprocessing import StandardScaler

from matinf.intervals import Interval, mean_interval


@dataclass(frozen=True, kw_only=True)
class Window:
    """Wanted values: from ``low`` up to, not including, ``high``; in the target's unit."""

    low: float
    high: float

    def __post_init__(self) -> None:
        """Check that the window is open."""
        if not self.low < self.high:
            raise ValueError(f"expected low < high, got {self.low} and {self.high}")

    def holds(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each value lies in the window, in the shape of ``values``."""
        return (values >= self.low) & (values < self.high)


@dataclass(frozen=True, kw_only=True)
class TurnResult:
    """How many of the suggested compounds were hits, over table sizes and repeats.

    Attributes:
        sizes: How many compounds had been measured, shape ``(n_sizes,)``.
        hits: Hits among the forest's suggestions, shape ``(n_sizes, n_repeats)``.
        nearest: The same of a simpler rule, :func:`nearest_to_hits`, in the same turns.
        n_suggested: Suggestions in one turn: no method can have more hits.
        base_rate: Share of hits in the whole table: what a blind choice hits on average.
    """

    sizes: NDArray[np.int64]
    hits: NDArray[np.int64]
    nearest: NDArray[np.int64]
    n_suggested: int
    base_rate: float

    @property
    def expected_blind(self) -> float:
        r"""Hits of a blind choice: :math:`n K / N`, the mean of a hypergeometric count."""
        return self.n_suggested * self.base_rate

    def intervals(self) -> list[Interval]:
        """Mean number of hits at each size, with a 95% interval over the repeats."""
        return [mean_interval(row.astype(float)) for row in self.hits]

    def nearest_intervals(self) -> list[Interval]:
        """The same of the simpler rule."""
        return [mean_interval(row.astype(float)) for row in self.nearest]

    def lead_of_nearest(self) -> list[Interval]:
        """Hits of the simpler rule less those of the forest, in the same turns."""
        return [mean_interval(row.astype(float)) for row in self.nearest - self.hits]

    def enhancement(self) -> NDArray[np.float64]:
        """Mean hits over those of a blind choice (the enhancement factor), one per size."""
        return self.hits.mean(axis=1) / self.expected_blind


def chance_in_window(
    forest: RandomForestRegressor, X: NDArray[np.float64], *, window: Window
) -> NDArray[np.float64]:
    """Share of a forest's trees that predict a value in the window, shape ``(n_samples,)``.

    Args:
        forest: Fitted.
        X: Features, shape ``(n_samples, n_features)``.
        window: Values that are sought.
    """
    votes = [window.holds(tree.predict(X)) for tree in forest.estimators_]
    return np.mean(votes, axis=0)


def suggest(
    X_measured: NDArray[np.float64],
    y_measured: NDArray[np.float64],
    X_pool: NDArray[np.float64],
    *,
    window: Window,
    n_suggested: int,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Name the candidates that most trees of a random forest :cite:`breiman2001` place in a window.

    Args:
        X_measured: Features of the measured compounds, shape ``(n_measured, n_features)``.
        y_measured: Their values, shape ``(n_measured,)``.
        X_pool: Features of the candidates, shape ``(n_pool, n_features)``.
        window: What is wanted, in the unit of ``y_measured``.
        n_suggested: How many to name, at most ``n_pool``.
        rng: Draws the trees, and breaks ties.

    Returns:
        Row numbers in ``X_pool``, the most promising first, shape ``(n_suggested,)``.

    Raises:
        ValueError: if more candidates are asked for than there are.
    """
    if not 1 <= n_suggested <= len(X_pool):
        raise ValueError(f"n_suggested: expected 1 to {len(X_pool)}, got {n_suggested}")
    seed = int(rng.integers(2**31))
    forest = RandomForestRegressor(n_estimators=50, max_features=1 / 3, random_state=seed)
    forest.fit(X_measured, y_measured)
    chance = chance_in_window(forest, X_pool, window=window)
    return np.lexsort((rng.random(len(chance)), -chance))[:n_suggested]


def nearest_to_hits(
    X_measured: NDArray[np.float64],
    y_measured: NDArray[np.float64],
    X_pool: NDArray[np.float64],
    *,
    window: Window,
    n_suggested: int,
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    """Name the candidates nearest to any compound that was measured in the window.

    No model: distances are Euclidean, in features standardised over measured and candidates. Where
    nothing in the window was measured yet, the choice is blind.

    Args:
        X_measured: Features of the measured compounds, shape ``(n_measured, n_features)``.
        y_measured: Their values, shape ``(n_measured,)``.
        X_pool: Features of the candidates, shape ``(n_pool, n_features)``.
        window: What is wanted, in the unit of ``y_measured``.
        n_suggested: How many to name, at most ``n_pool``.
        rng: Breaks ties, and makes the blind choice.

    Returns:
        Row numbers in ``X_pool``, the nearest first, shape ``(n_suggested,)``.

    Raises:
        ValueError: if more candidates are asked for than there are.
    """
    if not 1 <= n_suggested <= len(X_pool):
        raise ValueError(f"n_suggested: expected 1 to {len(X_pool)}, got {n_suggested}")
    scale = StandardScaler().fit(np.vstack([X_measured, X_pool]))
    hits = scale.transform(X_measured)[window.holds(y_measured)]
    draw = rng.random(len(X_pool))
    if not len(hits):
        return np.argsort(draw, kind="stable")[:n_suggested]
    nearest = cdist(scale.transform(X_pool), hits).min(axis=1)
    return np.lexsort((draw, nearest.round(6)))[:n_suggested]


def one_turn(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    window: Window,
    sizes: tuple[int, ...],
    n_suggested: int = 10,
    n_repeats: int = 10,
    rng: np.random.Generator,
) -> TurnResult:
    """Play one turn many times: measure some at random, let the forest choose, count the hits.

    Args:
        X: Features of all compounds, shape ``(n_samples, n_features)``.
        y: Their values, shape ``(n_samples,)``; those not measured are used to judge alone.
        window: What is wanted, in the unit of ``y``.
        sizes: How many compounds have been measured before the turn.
        n_suggested: How many are chosen in a turn.
        n_repeats: Turns per size, each from other measured compounds.
        rng: Draws what was measured, and the trees.
    """
    hits = np.empty((2, len(sizes), n_repeats), dtype=np.int64)
    for i, size in enumerate(sizes):
        for j, child in enumerate(rng.spawn(n_repeats)):
            order = child.permutation(len(y))
            measured, pool = order[:size], order[size:]
            for k, rule in enumerate((suggest, nearest_to_hits)):
                chosen = rule(
                    X[measured],
                    y[measured],
                    X[pool],
                    window=window,
                    n_suggested=n_suggested,
                    rng=child,
                )
                hits[k, i, j] = window.holds(y[pool][chosen]).sum()
    return TurnResult(
        sizes=np.array(sizes),
        hits=hits[0],
        nearest=hits[1],
        n_suggested=n_suggested,
        base_rate=float(window.holds(y).mean()),
    )
