"""What small and clustered data do to a model: learning curves, and chemistry left out.

The model is one random forest on Magpie's features throughout, so that only the data vary.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from matinf.features import parse_formula
from matinf.intervals import Interval, mean_interval
from matinf.splits import Split, random_folds

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


def forest(*, rng: np.random.Generator, n_trees: int = 25) -> RandomForestRegressor:
    """Make the page's random forest: each branch looks at 12 of the 138 features."""
    seed = int(rng.integers(2**32))
    return RandomForestRegressor(n_trees, max_features="sqrt", random_state=seed)


def absolute_errors(
    X: Matrix,
    y: Vector,
    *,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    rng: np.random.Generator,
) -> Vector:
    """Train on some rows, predict others: absolute errors, shape ``(n_test,)``, unit of ``y``."""
    model = forest(rng=rng).fit(X[train], y[train])
    return np.abs(y[test] - model.predict(X[test]))


# -- small -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """Mean absolute error against the number of training samples, one row per repeat."""

    sizes: NDArray[np.intp]  # (n_sizes,)
    errors: Matrix  # (n_repeats, n_sizes), unit of the target
    n_test: int

    def interval(self, size: int) -> Interval:
        """Student's 95% interval, over repeats, of the mean error at one size."""
        return mean_interval(self.errors[:, list(self.sizes).index(size)])

    @property
    def last_doubling(self) -> Interval:
        """Error after the last doubling of the data, divided by the error before it."""
        if self.sizes[-1] != 2 * self.sizes[-2]:
            raise ValueError(f"expected the last size to double, got {self.sizes[-2:]}")
        return mean_interval(self.errors[:, -1] / self.errors[:, -2])

    def doublings_to(self, error: float) -> Interval:
        """How often the data must double to reach ``error``, at the pace of the last doubling.

        The interval is that of the pace; the error reached so far is taken as known.

        Raises:
            ValueError: if the last doubling may not have helped.
        """
        to_go = np.log(error / self.errors[:, -1].mean())
        pace = self.last_doubling
        if not pace.high < 1:
            raise ValueError(f"the last doubling may not have helped: {pace}")
        few, likely, many = to_go / np.log([pace.low, pace.estimate, pace.high])
        return Interval(estimate=float(likely), low=float(few), high=float(many))


def learning_curve(
    X: Matrix,
    y: Vector,
    *,
    sizes: Sequence[int],
    n_repeats: int,
    n_test: int,
    rng: np.random.Generator,
) -> LearningCurve:
    """Train on more and more samples; test on those set aside.

    Each repeat shuffles anew, sets ``n_test`` samples aside and
    grows the training set from the rest: the larger training set
    holds the smaller. The error is that on non-zero targets.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)``.
        sizes: Of the training sets, growing.
        n_repeats: How often to draw anew.
        n_test: Samples set aside in each repeat.
        rng: Source of shuffles and forests.

    Raises:
        ValueError: if there are too few samples.
    """
    if max(sizes) + n_test > len(y):
        raise ValueError(f"expected more than {len(y)} samples")
    errors = np.empty((n_repeats, len(sizes)))
    for repeat in range(n_repeats):
        order = rng.permutation(len(y))
        test, pool = order[:n_test], order[n_test:]
        test = test[y[test] > 0]
        for column, size in enumerate(sizes):
            train = pool[:size]
            missed = absolute_errors(X, y, train=train, test=test, rng=rng)
            errors[repeat, column] = missed.mean()
    return LearningCurve(
        sizes=np.asarray(sizes),
        errors=errors,
        n_test=n_test,
    )


# -- clustered ---------------------------------------------------------------------------------

_ANIONS = {
    "oxides": {"O"},
    "halides": {"F", "Cl", "Br", "I"},
    "chalcogenides": {"S", "Se", "Te"},
    "pnictides": {"N", "P", "As", "Sb"},
    "borides to stannides": {"B", "C", "Si", "Ge", "Sn"},
}
FAMILIES = (*_ANIONS, "intermetallics")
"""Families of compounds by their anion, in the order in which it is looked for."""


def family(formula: str) -> str:
    """Name the chemical family of a formula by what a chemist looks at first: its anion.

    The first of :data:`FAMILIES` whose anion it holds: an oxychloride is an oxide, and what
    holds no anion is an intermetallic.
    """
    elements = parse_formula(formula).keys()
    return next((name for name, anions in _ANIONS.items() if anions & elements), FAMILIES[-1])


@dataclass(frozen=True, kw_only=True)
class CompositionMap:
    """A drawing of composition space in two dimensions, for some of the compounds."""

    points: pd.DataFrame  # formula, gap, family, x, y
    neighbour_agreement: float  # share of all compounds whose nearest neighbour is of its family
    chance_agreement: float  # share expected if neighbours were drawn blindly


def composition_map(
    X: Matrix, table: pd.DataFrame, *, n_points: int, rng: np.random.Generator
) -> CompositionMap:
    """Draw compounds so that neighbours in features are neighbours on paper (t-SNE).

    Args:
        X: Features, shape ``(n_samples, n_features)``; standardised and reduced to 20 principal
            components first.
        table: ``formula`` and ``gap`` of the same samples.
        n_points: How many of them, drawn at random, are put on the map.
        rng: Source of the drawing and of t-SNE's start.
    """
    reduced = PCA(20, svd_solver="full").fit_transform(StandardScaler().fit_transform(X))
    families = table["formula"].map(family).to_numpy()
    nearest = NearestNeighbors(n_neighbors=2).fit(reduced).kneighbors(reduced)[1][:, 1]
    shares = pd.Series(families).value_counts(normalize=True)
    drawn = np.sort(rng.choice(len(X), n_points, replace=False))
    tsne = TSNE(max_iter=500, random_state=int(rng.integers(2**32)))
    xy = tsne.fit_transform(reduced[drawn])
    points = table.iloc[drawn].assign(family=families[drawn], x=xy[:, 0], y=xy[:, 1])
    return CompositionMap(
        points=points.reset_index(drop=True),
        neighbour_agreement=float(np.mean(families == families[nearest])),
        chance_agreement=float(np.sum(shares**2)),
    )


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Errors on groups of compounds: guessed from their like, and from everything else."""

    names: list[str]
    n_test: NDArray[np.intp]  # (n_groups,)
    random: Vector  # mean absolute error of each group under random folds
    left_out: Vector  # and when the whole group is held back

    def __post_init__(self) -> None:
        """Raise ``ValueError`` unless each group has a name and both of its errors."""
        lengths = {len(self.names), len(self.n_test), len(self.random), len(self.left_out)}
        if len(lengths) != 1:
            raise ValueError(f"expected one name and two errors per group, got {sorted(lengths)}")

    @property
    def optimism(self) -> Vector:
        """How many times larger the error is when the whole group is held back."""
        return self.left_out / self.random

    @property
    def typical(self) -> Interval:
        """Mean optimism over groups, on a log scale, with Student's interval over groups."""
        log = mean_interval(np.log(self.optimism))
        estimate, low, high = np.exp([log.estimate, log.low, log.high]).tolist()
        return Interval(estimate=estimate, low=low, high=high)


def random_fold_errors(X: Matrix, y: Vector, *, rng: np.random.Generator) -> Vector:
    """Absolute error of every sample, predicted by a forest that saw four other fifths.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)``.
        rng: Source of folds and forests.

    Returns:
        Errors in the unit of ``y``, shape ``(n_samples,)``.
    """
    errors = np.empty(len(y))
    for train, test in random_folds(len(y), rng=rng):
        errors[test] = absolute_errors(X, y, train=train, test=test, rng=rng)
    return errors


def leave_out(
    X: Matrix,
    y: Vector,
    splits: Iterable[Split],
    *,
    names: Sequence[str],
    random_errors: Vector,
    rng: np.random.Generator,
) -> LeftOut:
    """Hold back each group whole; compare on the same compounds.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)``.
        splits: Pairs of train and test indices, one per group.
        names: Name of each group, in the order of the splits.
        random_errors: Absolute error of each sample under random
            folds, shape ``(n_samples,)``, unit of ``y``.
        rng: Source of the forests' draws.
    """
    sizes, fair, hard = [], [], []
    for train, test in splits:
        missed = absolute_errors(X, y, train=train, test=test, rng=rng)
        sizes.append(len(test))
        fair.append(random_errors[test].mean())
        hard.append(missed.mean())
    return LeftOut(
        names=list(names),
        n_test=np.array(sizes),
        random=np.array(fair),
        left_out=np.array(hard),
    )


def predictions_without(
    X: Matrix, y: Vector, held: NDArray[np.bool_], *, n_repeats: int, rng: np.random.Generator
) -> Matrix:
    """Predict the rows ``held`` by forests that never saw one of them.

    Args:
        X: Features, shape ``(n_samples, n_features)``.
        y: Targets, shape ``(n_samples,)``; those of ``held`` are not looked at.
        held: Which rows to hold back, shape ``(n_samples,)``.
        n_repeats: Number of forests, which differ in their draws alone.
        rng: Source of the draws.

    Returns:
        Predictions, shape ``(n_repeats, n_held)``, unit of ``y``.
    """
    models = (forest(rng=rng).fit(X[~held], y[~held]) for _ in range(n_repeats))
    return np.stack([model.predict(X[held]) for model in models])


def cluster_names(fractions: pd.DataFrame, clusters: NDArray[np.intp]) -> list[str]:
    """Name each cluster by the three elements that most set it apart from the rest."""
    present = fractions > 0
    names = []
    for cluster in np.unique(clusters):
        inside = clusters == cluster
        lift = present[inside].mean() - present[~inside].mean()
        names.append(", ".join(lift.nlargest(3).index))
    return names
