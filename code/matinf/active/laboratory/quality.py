"""How well the model of a campaign predicts, and how well measurements repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matinf.active.laboratory.candidates import Candidates
from matinf.active.laboratory.knowledge import Knowledge, measured, usual_kernel
from matinf.active.laboratory.records import State
from matinf.active.laboratory.settings import Settings
from matinf.active.learner import r_squared
from matinf.active.pool_model import GaussianProcess
from matinf.active.surrogate import Surrogate


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How well the model predicts candidates that it was not shown.

    Attributes:
        r2: R² of cross-validated predictions.
        error: Their mean absolute error, in the target's unit.
        baseline: That of always predicting the mean of the others.
        inside: Measurements inside their 90 % interval.
        n: Measurements predicted.
    """

    r2: float
    error: float
    baseline: float
    inside: int
    n: int


def cross_validated(known: Knowledge, settings: Settings, *, n_folds: int = 10) -> Quality | None:
    """Predict each measured candidate from others; replicates are held back together.

    The hyperparameters are those of all measurements. None below four candidates.
    """
    indices, y = known.view.labelled, known.view.y
    order, candidates = pd.factorize(indices)  # as measured: the table may be sorted anew
    if known.model is None or candidates.size < 4:
        return None
    fold = order % min(n_folds, candidates.size)
    model = GaussianProcess(surrogate=Surrogate(kernel=usual_kernel(settings)))
    mean, std, constant = (np.empty(y.size) for _ in range(3))
    for held in range(fold.max() + 1):
        test = fold == held
        fitted = model.start(
            known.view.pool,
            indices[~test],
            y[~test],
            parameters=known.model.parameters,
            optimise=False,
        ).posterior
        rows = indices[test]
        mean[test], constant[test] = fitted.mean[rows], y[~test].mean()
        std[test] = np.hypot(fitted.std[rows], fitted.noise_std)
    return Quality(
        r2=r_squared(y, mean),
        error=float(np.abs(y - mean).mean()),
        baseline=float(np.abs(y - constant).mean()),
        inside=int((np.abs(y - mean) <= 1.6449 * std).sum()),
        n=int(y.size),
    )


def errors_elsewhere(
    known: Knowledge, candidates: Candidates, truth: Mapping[str, float]
) -> NDArray[np.float64]:
    """Absolute errors on candidates that were never measured: what only a simulation can know.

    Args:
        known: Measurements and model.
        candidates: The candidates.
        truth: What measuring a candidate would give; those that are not in it are passed over.

    Returns:
        One per candidate that is in ``truth`` and not measured, in the target's unit.

    Raises:
        ValueError: if there is no model yet.
    """
    mean, seen = known.view.believed().mean, set(known.view.labelled.tolist())
    rest = [row for row, name in enumerate(candidates.ids) if row not in seen and name in truth]
    return np.array([abs(mean[row] - truth[candidates.ids[row]]) for row in rest])


def replicate_std(state: State, candidates: Candidates) -> float:
    """Standard deviation of repeated measurements, pooled; NaN if nothing was repeated."""
    indices, y = measured(state, candidates)
    groups = [y[indices == index] for index in np.unique(indices)]
    freedom = sum(group.size - 1 for group in groups)
    squares = sum(float(((group - group.mean()) ** 2).sum()) for group in groups)
    return float(np.sqrt(squares / freedom)) if freedom else np.nan


def kept_promises(state: State) -> tuple[float, int, int] | None:
    """How many candidates were predicted to come close enough to the value sought, and did.

    Returns:
        Sum of the predicted chances, number within reach, and number of candidates that were
        put forward with a chance and measured; none without any.
    """
    first = {result.id: result.value or 0.0 for result in state.measured[::-1]}
    chances = {
        one.id: one.chance
        for batch in state.batches
        for one in batch.suggestions
        if one.chance is not None and one.id in first
    }
    settings = state.settings
    near = [-settings.objective.merit(first[name]) <= settings.within + 1e-9 for name in chances]
    return (sum(chances.values()), int(sum(near)), len(near)) if near else None
