"""The comparison of strategies of fine-tuning, as it is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from matinf.intervals import Interval
from matinf.repeats import corrected_interval
from matinf.studies import load_study

N_FOLDS = 20


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The stored comparison: one row for each fold, size and strategy.

    Attributes:
        table: Columns ``fold``, ``size``, ``strategy``; ``error``, that on metals and that on
            the others (eV); and errors on the source in standard deviations.
    """

    table: pd.DataFrame

    def sizes(self, strategy: str) -> list[int]:
        """Sizes at which a strategy was measured."""
        of_it: pd.Series[int] = self.table.loc[self.table["strategy"] == strategy, "size"]
        return sorted(int(size) for size in of_it.unique())

    def interval(self, strategy: str, size: int, *, column: str = "error") -> Interval:
        """Mean over folds with the interval for repeats that share their data."""
        return self._corrected(self._folds(strategy, size, column))

    def gain(
        self, strategy: str, size: int, *, over: str = "scratch", column: str = "error"
    ) -> Interval:
        """Error of ``over`` minus that of ``strategy``, paired by fold; above 0 it is better."""
        pairs = (self._folds(name, size, column) for name in (over, strategy))
        return self._corrected(np.subtract(*pairs))

    def _folds(self, strategy: str, size: int, column: str) -> Any:
        rows = self.table[(self.table["strategy"] == strategy) & (self.table["size"] == size)]
        if rows.empty:
            raise ValueError(f"{strategy} was not measured at {size} samples")
        return rows.sort_values("fold")[column].to_numpy()

    def _corrected(self, values: Any) -> Interval:
        return corrected_interval(values, test_share=1 / N_FOLDS)


def load_comparison() -> Comparison:
    """The comparison as it is stored."""
    return Comparison(table=load_study("fine-tuning"))
