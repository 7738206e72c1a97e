"""The replicate error of a table that lists equal reports once.

Such a table has lost its smallest disagreements, those of zero, so that what is left of it
disagrees too much. How often each value was reported can be estimated, as the table shows how
often values lie close together and how finely they are rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.intervals import finite_vector, group_codes

Array = NDArray[np.float64]

RATES = np.geomspace(0.05, 60, 24)[:, None, None, None]  # reports expected of a composition
SPREADS = np.geomspace(0.005, 1, 14)[:, None, None]  # of Laplace's distribution, unit of the values
FARTHEST = 20  # that two values of a composition may lie apart: no spread explains more
N_MEANS = 60  # true means that are tried for each composition
REACH = 4  # spreads by which a true mean may lie beyond the reports
ROUNDS = 200  # of expectation and maximisation


@dataclass(frozen=True, kw_only=True)
class _Composition:
    """What each rate and spread says of the distinct values of one composition.

    All arrays end in ``(n_rates, n_spreads)``.
    """

    values: Array  # distinct, shape (n_values,)
    likelihood: Array
    reports: Array  # expected reports of each value, shape (n_values, ...)
    alone: Array  # probability that there was one report in all


def error_with_ties(
    formulas: ArrayLike, values: ArrayLike, *, steps: tuple[float, ...] = (0.1, 0.01, 0.001)
) -> float:
    r"""Mean absolute error of replicates as it was before reports that agree were dropped.

    A composition is reported at a rate :math:`\lambda` about its true mean, with the spread
    :math:`s` of a Laplace distribution, and each report is rounded to one of the steps. A value
    of probability :math:`p` is then reported :math:`\lambda p` times on average, and, given that
    it stands in the table, :math:`\lambda p / (1 - e^{-\lambda p})` times. How rates and spreads
    are distributed over compositions is estimated from the table itself, by maximum likelihood
    on a grid (Laird, J. Am. Stat. Assoc. 73, 805, 1978). Reports are taken to be independent:
    what was copied from an earlier report is not known, and would lower the error further.

    Args:
        formulas: Composition of each measurement, shape ``(n_measurements,)``.
        values: Measured values, same shape. Equal values of a composition count once.
        steps: To what reports are rounded, the coarsest first, in the same unit; each a multiple
            of the next.

    Returns:
        The error in the unit of the values, to be held beside
        :func:`matinf.metrics.replicate_floor`.

    Raises:
        ValueError: if lengths differ, no composition has two values, or values of one lie
            farther apart than any spread explains.
    """
    measured = finite_vector(values, "values", at_least=2)
    codes = group_codes(formulas, measured.size)
    groups = [np.unique(measured[codes == code]) for code in range(codes.max() + 1)]
    if all(group.size < 2 for group in groups):
        raise ValueError("expected a composition with two values or more")
    for group in groups:
        if np.ptp(group) > FARTHEST:
            raise ValueError(
                f"expected values of a composition within {FARTHEST:g} of each other, found "
                f"{group.min():g} and {group.max():g}: give all values and steps in a larger unit"
            )
    shares = _shares_of_steps(np.concatenate(groups), steps)
    found = [_explain(group, shares, steps) for group in groups]
    weights = _mixing_weights(np.stack([one.likelihood for one in found]))
    sums = [_error_and_reports(one, weight) for one, weight in zip(found, weights, strict=True)]
    error, reports = np.sum(sums, axis=0)
    return float(error / reports)


def _coarsest(values: Array, steps: tuple[float, ...]) -> NDArray[np.intp]:
    """Number of the coarsest step that each value is a multiple of; of none of them, the last."""
    ratio = values[:, None] / np.array(steps)
    whole = np.isclose(ratio, np.round(ratio), atol=1e-6)
    whole[:, -1] = True
    return np.argmax(whole, axis=1)


def _shares_of_steps(values: Array, steps: tuple[float, ...]) -> Array:
    """Share of reports rounded to each step: of those to 0.01 a tenth are multiples of 0.1 too."""
    kinds = _coarsest(values, steps)
    seen = np.bincount(kinds, minlength=len(steps)) / values.size
    widths = np.array(steps)
    multiples = np.triu(widths[None, :] / widths[:, None])  # of step i among reports rounded to j
    by_kind = multiples - np.vstack([np.zeros(len(steps)), multiples[:-1]])
    shares = np.linalg.solve(np.triu(by_kind), seen).clip(0)
    return shares / shares.sum()


def _laplace_cdf(x: Array) -> Array:
    return 0.5 - 0.5 * np.sign(x) * np.expm1(-np.abs(x))


def _explain(values: Array, shares: Array, steps: tuple[float, ...]) -> _Composition:
    """Likelihood of the values, and the reports behind them, for each rate and spread."""
    width = np.ptp(values) + 2 * REACH * SPREADS
    means = values.min() - REACH * SPREADS + width * (np.arange(N_MEANS)[:, None] + 0.5) / N_MEANS
    off = values - means
    p = np.zeros_like(off)  # of each value, shape (n_spreads, n_means, n_values)
    kinds = _coarsest(values, steps)
    for number, (share, step) in enumerate(zip(shares, steps, strict=True)):
        above, below = ((off + side * step / 2) / SPREADS for side in (1, -1))
        p += share * (_laplace_cdf(above) - _laplace_cdf(below)) * (kinds <= number)
    expected = RATES * p
    seen = np.maximum(-np.expm1(-expected), 1e-300)
    unseen = np.exp(-RATES[..., 0] * (1 - p.sum(axis=-1)))
    of_mean = seen.prod(axis=-1) * unseen / -np.expm1(-RATES[..., 0]) * width[..., 0] / N_MEANS
    likelihood = of_mean.sum(axis=-1)
    belief = of_mean / np.maximum(likelihood, 1e-300)[..., None]  # in each mean
    reports = np.where(expected > 1e-9, expected / seen, 1.0)
    once = reports[..., 0] * np.exp(-expected[..., 0]) if values.size == 1 else 0 * belief
    return _Composition(
        values=values,
        likelihood=likelihood,
        reports=np.moveaxis(np.sum(belief[..., None] * reports, axis=2), -1, 0),
        alone=np.sum(belief * once, axis=-1),
    )


def _mixing_weights(likelihood: Array) -> Array:
    """Probability of each rate and spread for each composition, shape of ``likelihood``."""
    prior = np.full(likelihood.shape[1:], 1 / likelihood[0].size)
    for _ in range(ROUNDS):
        joint = likelihood * prior
        weights: Array = joint / joint.sum(axis=(1, 2), keepdims=True)
        prior = weights.mean(axis=0)
    return weights


def _error_and_reports(one: _Composition, weights: Array) -> tuple[float, float]:
    """Sum of absolute errors, each against the mean of the others, and the reports summed over."""
    reports = np.sum(one.reports * weights, axis=(1, 2))
    if one.values.size == 1:  # of several that agree, each is right; one alone says nothing
        return 0.0, float(reports[0] - np.sum(one.alone * weights))
    total = reports.sum()
    others = (np.sum(reports * one.values) - one.values) / (total - 1)
    return float(np.sum(reports * np.abs(one.values - others))), float(total)
