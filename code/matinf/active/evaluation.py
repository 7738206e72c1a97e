"""A campaign judged afterwards, by one who knows the whole pool.

Nothing here is used while a campaign runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matinf.active.learner import r_squared
from matinf.active.metrics import simple_regret, top_k_recall
from matinf.active.pairs import Pool
from matinf.active.pool_model import GaussianProcess, Model
from matinf.active.result import CampaignResult

Values = NDArray[np.float64]


def performance(
    result: CampaignResult, y_pool: Values, *, top: Sequence[int] = (10, 100)
) -> pd.DataFrame:
    """Simple regret and top-k recall after each measurement, by the true values.

    Args:
        result: The campaign.
        y_pool: True value of every candidate, shape ``(n_pool,)``.
        top: For which k to give the recall.

    Returns:
        One row per measurement that gave a value, in order: ``n`` from 1, its ``step``, the true
        ``best`` so far and the ``regret`` in the target's unit, and ``recall_10``, ...

    Raises:
        ValueError: if the values are those of another pool.
    """
    truth = np.asarray(y_pool, dtype=np.float64)
    if truth.shape != (result.n_pool,):
        raise ValueError(f"y_pool: expected shape ({result.n_pool},), got {truth.shape}")
    merit, order = result.goal.merit(truth), result.labelled
    leader = order[_leaders(merit[order])]
    table = pd.DataFrame(
        {
            "n": np.arange(1, order.size + 1),
            "step": [m.step for m in result.measurements if not m.failure],
            "best": truth[leader],
            "regret": simple_regret(merit[order], optimum=float(merit.max())),
        }
    )
    for k in top:
        table[f"recall_{k}"] = top_k_recall(order, merit, k=k)
    return table


def steps_found(result: CampaignResult, y_pool: Values, *, k: int) -> NDArray[np.int64]:
    """Step at which each of the k best candidates was measured, the best first; -1 if never.

    Args:
        result: The campaign.
        y_pool: True value of every candidate, shape ``(n_pool,)``.
        k: How many count as the best.

    Returns:
        Shape ``(k,)``; 0 is the initial draw. Candidates that are equal come as in the pool.
    """
    best = np.argsort(-result.goal.merit(y_pool), kind="stable")[:k]
    step = np.full(result.n_pool, -1, dtype=np.int64)
    step[result.labelled] = [m.step for m in result.measurements if not m.failure]
    return step[best]


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What the model that a campaign leaves behind says of the candidates it never measured.

    Attributes:
        indices: Their positions, shape ``(n_rest,)``.
        mean: Prediction, same shape, in the target's unit.
        std: Predictive standard deviation, same shape and unit.
        y: Truth, same shape and unit.
    """

    indices: NDArray[np.intp]
    mean: Values
    std: Values
    y: Values

    @property
    def r2(self) -> float:
        """R² of the predictions."""
        return r_squared(self.y, self.mean)

    @property
    def mean_absolute_error(self) -> float:
        """Mean absolute error, in the target's unit."""
        return float(np.abs(self.y - self.mean).mean())


def aftermath(
    result: CampaignResult, pool: Pool, y_pool: Values, *, model: Model | None = None
) -> Aftermath:
    """Fit a model to all that a campaign measured, and test it on all that it did not.

    Args:
        result: The campaign; one by random search serves as well.
        pool: Its candidates.
        y_pool: Their true values, shape ``(n_pool,)``.
        model: Fitted anew, hyperparameters included; by default a :class:`GaussianProcess`.

    Raises:
        ValueError: if every candidate was measured.
    """
    rest = np.setdiff1d(np.arange(len(pool)), result.labelled)
    if not rest.size:
        raise ValueError("every candidate was measured: there is nothing left to predict")
    settings = GaussianProcess() if model is None else model
    state = settings.start(pool, result.labelled, result.y, parameters=None, optimise=True)
    belief = state.posterior
    return Aftermath(
        indices=rest, mean=belief.mean[rest], std=belief.std[rest], y=np.asarray(y_pool)[rest]
    )


def _leaders(merit: Values) -> NDArray[np.intp]:
    """Position of the best so far after each measurement; the first of equals."""
    rows = np.arange(merit.size)
    new = merit > np.concatenate([[-np.inf], np.maximum.accumulate(merit)[:-1]])
    return np.asarray(np.maximum.accumulate(np.where(new, rows, 0)), dtype=np.intp)
