"""Keeping a campaign's model up to date: told of every batch, fitted anew now and then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matinf.active.checkpoint import Batch
from matinf.active.pairs import Pool
from matinf.active.pool_model import Model, ModelState

Indices = NDArray[np.intp]
Values = NDArray[np.float64]

_FEWEST = 2  # measurements below which there is nothing to learn from


class Learner:
    """The model of one campaign, at the step that was last asked for."""

    def __init__(self, pool: Pool, model: Model, *, refit_every: int) -> None:
        self._pool, self._model, self._refit_every = pool, model, refit_every
        self.state: ModelState | None = None

    def update(self, batches: Sequence[Batch]) -> bool:
        """Take in the last of the batches, all of them complete; whether it was a fit.

        The hyperparameters are optimised at step 1 and every ``refit_every`` steps after it,
        beginning from those of the last fit. Below two measurements there is no model.
        """
        due = (len(batches) - 1) % self._refit_every == 0
        if self.state is not None and not due:
            self._add(batches[-1:])
            return False
        indices, y = labelled(batches)
        if y.size < _FEWEST:
            return False
        before = None if self.state is None else self.state.parameters
        self.state = self._model.start(self._pool, indices, y, parameters=before, optimise=True)
        return True

    def restore(self, batches: Sequence[Batch]) -> None:
        """Be as at the time when the last of the batches was chosen, to the last bit.

        From the last fit on, the same steps are taken again: what was computed in one go could
        differ in its rounding.
        """
        fits = [batch.record for batch in batches if batch.record.refitted]
        if not fits:
            return
        last = fits[-1]
        indices, y = labelled(batches[: last.step])
        self.state = self._model.start(
            self._pool, indices, y, parameters=last.parameters, optimise=False
        )
        for batch in batches[last.step : -1]:
            self._add([batch])

    def _add(self, batches: Sequence[Batch]) -> None:
        indices, y = labelled(batches)
        if self.state is not None and y.size:
            self.state = self.state.add(indices, y)


def labelled(batches: Sequence[Batch]) -> tuple[Indices, Values]:
    """Positions and values of the measurements that worked, in order."""
    good = [m for batch in batches for m in batch.answered if not m.failure]
    indices = np.array([m.index for m in good], dtype=np.intp)
    return indices, np.array([m.value for m in good], dtype=np.float64)


def r_squared(y: Values, predicted: Values) -> float:
    """R² of predictions; NaN where the values do not differ."""
    spread = np.sum((y - y.mean()) ** 2)
    return float(1 - np.sum((y - predicted) ** 2) / spread) if spread > 0 else np.nan
