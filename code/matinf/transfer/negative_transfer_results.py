"""What the studies of negative transfer say: gains with intervals, and how well they were foretold.

A gain is an error without a source minus the error with it, on the same samples: above 0 the
source helped, below 0 it hurt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from matinf.intervals import Interval, mean_interval
from matinf.transfer.evaluation import LearningCurves

Matrix = NDArray[np.float64]

NO_SOURCE, WHOLE = "none", "all compositions"
TEST_SHARE = 0.2
PLAIN_UP_TO = 400
"""Training samples up to which two repeats have fewer than one in ten in common."""
BASELINES = {
    "latent": "latent",
    "latent_alone": "latent",
    "rehearsed": "rehearsed",
    "fine_tuned": "fine_tuned",
    "frozen": "fine_tuned",
}
"""The column that holds a method's error without a source."""


def with_gains(pairs: pd.DataFrame) -> pd.DataFrame:
    """Add ``<method>_gain`` in eV to every row with a source, paired by target and repeat."""
    keys = ["target", "repeat"]
    without = pairs[pairs["source"] == NO_SOURCE].set_index(keys)
    table = pairs[pairs["source"] != NO_SOURCE].reset_index(drop=True)
    rows = pd.MultiIndex.from_frame(table[keys])
    for method, baseline in BASELINES.items():
        table[f"{method}_gain"] = without[baseline].loc[rows].to_numpy() - table[method]
    return table


def gains_on_all(pairs: pd.DataFrame, method: str) -> dict[str, Interval]:
    """Gain of one method for each source, eV, on the target of all compositions."""
    table = with_gains(pairs)
    table = table[table["target"] == WHOLE]
    return {
        str(source): mean_interval(rows[f"{method}_gain"])
        for source, rows in table.groupby("source", sort=False)
    }


def mean_gain(pairs: pd.DataFrame, method: str, sources: Sequence[str]) -> Interval:
    """Gain of one method on the target of all compositions, eV, mean over several sources."""
    table = with_gains(pairs)
    table = table[(table["target"] == WHOLE) & table["source"].isin(sources)]
    by_repeat = table.groupby("repeat")[f"{method}_gain"].mean()
    return mean_interval(by_repeat)


def learning_curves(curves: pd.DataFrame) -> LearningCurves:
    """The stored errors, eV, under the names ``"source, method"``."""
    sizes = np.sort(curves["size"].unique())
    errors = {
        f"{source}, {method}": rows.pivot_table(
            index="repeat", columns="size", values="mae"
        ).to_numpy()
        for (source, method), rows in curves.groupby(["source", "method"], sort=False)
    }
    return LearningCurves(
        sizes=sizes.astype(np.intp),
        errors=errors,
        test_share=TEST_SHARE,
        plain_up_to=PLAIN_UP_TO,
    )


def gain_curve(curves: LearningCurves, source: str, method: str) -> list[Interval]:
    """Gain, eV, of a method with a source over the same method without, at every size."""
    pair = f"{NO_SOURCE}, {method}", f"{source}, {method}"
    return [curves.difference(*pair, size) for size in curves.sizes.tolist()]


def ways_of_transfer(source: str) -> dict[str, str]:
    """Neither, either and both: what the page calls them and the names of their curves."""
    return {
        "trees alone": f"{NO_SOURCE}, latent",
        "network alone": f"{NO_SOURCE}, fine_tuned",
        "latent variable": f"{source}, latent",
        "fine-tuning": f"{source}, fine_tuned",
        "both, averaged": f"{source}, averaged",
        "both, stacked": f"{source}, stacked",
    }


# -- how well a gain is foretold ------------------------------------------------------------------


def pair_means(pairs: pd.DataFrame) -> pd.DataFrame:
    """One row for each pair of a source and a family: gains and measures, means over repeats."""
    table = with_gains(pairs)
    families = table[table["target"] != WHOLE]
    means = families.groupby(["target", "source"], sort=False).mean(numeric_only=True)
    return means.reset_index().drop(columns=["part", "repeat"])


def rank_correlation(
    table: pd.DataFrame,
    measure: str,
    gain: str,
    *,
    rng: np.random.Generator,
    within: bool = True,
    level: float = 0.95,
    n_resamples: int = 2000,
) -> Interval:
    """Spearman's correlation over pairs, with an interval that knows that they share tasks.

    Pairs that share a source or a target go together. The pigeonhole bootstrap :cite:`owen2007`
    draws whole sources and whole targets with replacement, and takes the pairs where they cross.

    Args:
        table: One row per pair with ``source`` and ``target``, every source with every target.
        measure: Column that foretells.
        gain: Column that is foretold.
        rng: Source of the resampling.
        within: Correlate the sources of each target and take the mean over targets: what
            someone needs who has one target. Gains of one target share the error without a
            source, so that its chance moves them all; over all pairs at once that would count.
        level: Confidence of the interval.
        n_resamples: Number of bootstrap samples.

    Raises:
        ValueError: if a pair is missing.
    """
    x, y = (table.pivot_table(index="source", columns="target", values=c) for c in (measure, gain))
    if x.isna().any(axis=None) or y.isna().any(axis=None) or x.size != len(table):
        raise ValueError("expected one row for every source with every target")
    xs, ys = x.to_numpy(), y.to_numpy()
    correlation = _within if within else _pooled
    found = []
    for _ in range(n_resamples):
        rows, columns = (rng.integers(n, size=n) for n in xs.shape)
        if np.unique(rows).size > 1:
            found.append(correlation(xs[np.ix_(rows, columns)], ys[np.ix_(rows, columns)]))
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Interval(estimate=correlation(xs, ys), low=low, high=high, level=level)


def correlation_in_one_draw(pairs: pd.DataFrame, measure: str, gain: str) -> Interval:
    """Spearman's correlation of sources in one family and one draw of labels, mean over both.

    What someone has who labelled once: :func:`rank_correlation` of :func:`pair_means` is higher,
    as means over draws scatter less than one draw. Between the bounds lie nine draws in ten.
    """
    table = with_gains(pairs)
    table = table[table["target"] != WHOLE]
    draws = ["target", "repeat"]
    x, y = (table.pivot_table(index="source", columns=draws, values=c) for c in (measure, gain))
    a, b = x.to_numpy(), y.to_numpy()
    each = [_within(a[:, [i]], b[:, [i]]) for i in range(a.shape[1])]
    low, high = np.quantile(each, [0.05, 0.95]).tolist()
    return Interval(estimate=_within(a, b), low=low, high=high, level=0.9)


def _within(x: Matrix, y: Matrix) -> float:
    """Mean over columns of the correlation of ranks in them, as far as they are not constant."""
    ranks = [rankdata(values, axis=0) for values in (x, y)]
    a, b = (r - r.mean(axis=0) for r in ranks)
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    varying = size > 0
    return float(((a * b).sum(axis=0)[varying] / size[varying]).mean())


def _pooled(x: Matrix, y: Matrix) -> float:
    return _within(x.reshape(-1, 1), y.reshape(-1, 1))


def network_gain(table: pd.DataFrame, source: str, way: str, *, over: tuple[str, str]) -> Interval:
    """Error of another network minus that of this one, eV, paired by draw.

    Args:
        table: The study "negative-transfer-networks".
        source: Source of the network.
        way: How it took the source over.
        over: Source and way of the other.
    """
    errors = table.pivot_table(index="repeat", columns=["source", "way"], values="mae")
    return mean_interval(errors[over] - errors[source, way])


def share_of_harm(table: pd.DataFrame, source: str, way: str) -> Interval:
    """Share of a source's harm that another way of taking it over leaves, bootstrap over draws.

    1 where it leaves all, 0 where it leaves none. Arguments as those of :func:`network_gain`.
    """
    errors = table.pivot_table(index="repeat", columns=["source", "way"], values="mae")
    left, harm = (
        (errors[source, w] - errors[NO_SOURCE, "as it is"]).to_numpy() for w in (way, "as it is")
    )
    draws = np.random.default_rng(0).integers(len(harm), size=(4000, len(harm)))
    shares = left[draws].mean(axis=1) / harm[draws].mean(axis=1)
    low, high = np.quantile(shares, [0.025, 0.975]).tolist()
    return Interval(estimate=float(left.mean() / harm.mean()), low=low, high=high)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Gain, eV, of choosing a source by a measure, mean over targets and repeats."""

    chosen: Interval
    over_random: Interval
    over_rival: Interval  # over always taking one source
    at_random: float
    best: float  # of the source that is best on average for the target, in hindsight
    hurts: float  # share of choices that made the error larger
    hurts_at_random: float


def choice(pairs: pd.DataFrame, measure: str, gain: str, *, rival: str) -> Choice:
    """Take, for every family and draw of labels, the source whose measure is largest.

    ``rival`` is the source of who looks at no measure. Intervals are Student's over the families,
    which share no composition.
    """
    table = with_gains(pairs)
    table = table[table["target"] != WHOLE]
    by_draw = table.groupby(["target", "repeat"], sort=False)
    chosen = table.loc[by_draw[measure].idxmax()]
    by_family = chosen.groupby("target", sort=False)[gain].mean()
    means = table.groupby(["target", "source"], sort=False)[gain].mean()
    fixed = means.xs(rival, level="source")[by_family.index]
    drawn = table.groupby("target")[gain].mean()[by_family.index]
    return Choice(
        chosen=mean_interval(by_family),
        over_random=mean_interval(by_family - drawn),
        over_rival=mean_interval(by_family - fixed),
        at_random=float(table[gain].mean()),
        best=float(means.groupby("target", sort=False).max().mean()),
        hurts=float((chosen[gain] < 0).mean()),
        hurts_at_random=float((table[gain] < 0).mean()),
    )


def table_of_ways(curves: LearningCurves, source: str) -> pd.DataFrame:
    """Errors of every way of transfer, eV, with their intervals, as text; a column per size."""
    columns = {
        f"{size:,}": {
            name: f"{found.estimate:.2f} ({found.low:.2f} to {found.high:.2f})"
            for name, curve in ways_of_transfer(source).items()
            for found in [curves.interval(curve, size)]
        }
        for size in curves.sizes.tolist()
    }
    return pd.DataFrame(columns)
