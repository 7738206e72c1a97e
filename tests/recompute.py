"""A stored study, held by computing one of its parts again, on whatever processor this is.

Training, trees and optimisers magnify the last bit, and the last bit belongs to the processor. So
what they gave is asked for again within the spread that the study itself has over its repeats
(draws, folds, first weights), and what is plain arithmetic is asked for exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matinf.studies import Study, load_study

LARGEST = 3.0  # how many times the allowed drift a single number may be off
ROUNDING = 1e-15  # what two sums of the same numbers, in another order, may differ by


@dataclass(frozen=True, kw_only=True)
class Check:
    """How one part of a study is held to what is stored.

    Attributes:
        study: Its plan.
        part: The part that is computed again.
        alike: Columns whose values name what was repeated: rows that agree in them differ by
            their draw alone, and their standard deviation is the spread.
        learned: Columns that hang on training, trees or an optimiser. The others are exact.
        orders: Those of them that run over orders of magnitude: compared by their logarithm.
        left_out: Columns of times, which nobody can compute again.
        within: Root-mean-square drift that is allowed, in units of the spread.
        rows: Query for the rows that are computed again, where a whole part would take long.
        compute: Gives those rows; the plan's own part by default.
        read: Turns words into numbers that can be compared, stored rows and new ones alike.
    """

    study: Study
    part: int
    alike: tuple[str, ...]
    learned: tuple[str, ...]
    orders: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    within: float = 1.0
    rows: str = ""
    compute: Callable[[int], pd.DataFrame] | None = None
    read: Callable[[pd.DataFrame], pd.DataFrame] = field(default=lambda table: table)

    @property
    def name(self) -> str:
        """Study and part, for the name of a test."""
        return f"{self.study.name}-{self.part}"

    def stored(self) -> pd.DataFrame:
        """All stored rows, as they are compared."""
        return self.read(load_study(self.study.name).drop(columns=[*self.left_out]))

    def again(self) -> pd.DataFrame:
        """The part's rows as they come out today."""
        rows = (self.compute or self.study.compute)(self.part)
        return self.read(rows.drop(columns=[*self.left_out], errors="ignore"))

    def of_part(self, table: pd.DataFrame) -> pd.DataFrame:
        """The stored rows that are computed again."""
        rows = table[table["part"] == self.part]
        return (rows.query(self.rows) if self.rows else rows).reset_index(drop=True)


def scaled(check: Check, values: pd.Series) -> pd.Series:
    """A column as it is compared: by its logarithm where it runs over orders of magnitude."""
    orders = values.name in check.orders
    return np.log10(np.maximum(values.astype(float), 1e-300)) if orders else values.astype(float)


def allowed(check: Check, stored: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Drift that is allowed to each of the part's rows: the spread of those that are alike."""
    alike = [stored[key].fillna("") for key in check.alike]
    spread = scaled(check, stored[column]).groupby(alike).transform("std")
    return check.within * check.of_part(stored.assign(_spread=spread))["_spread"].to_numpy()


def drift(check: Check, stored: pd.DataFrame, new: pd.DataFrame) -> NDArray[np.float64]:
    """How far each learned number is from what is stored, in units of the allowed drift.

    Where the study itself has no spread, a number is either the same (0) or not (infinite).

    Returns:
        Shape ``(n_learned, n_rows)``.
    """
    drifts = []
    for column in check.learned:
        old = check.of_part(stored)[column]
        off = (scaled(check, new[column]) - scaled(check, old)).abs().to_numpy()
        largest = float(stored[column].astype(float).abs().max())
        least = ROUNDING if column in check.orders else 1e-9 * largest
        pair = new[column].astype(float), old.astype(float)
        same = np.isclose(*pair, rtol=1e-6, atol=least, equal_nan=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            far = off / allowed(check, stored, column)
        drifts.append(np.where(same, 0.0, np.where(np.isnan(far), np.inf, far)))
    return np.array(drifts)


def assert_within_spread(check: Check, stored: pd.DataFrame, new: pd.DataFrame) -> None:
    """New rows of the part are those stored: exactly, or within the study's own spread."""
    old = check.of_part(stored)
    assert len(old) > 0
    assert list(old.columns) == list(new.columns)
    exact = [column for column in old.columns if column not in check.learned]
    pd.testing.assert_frame_equal(old[exact], new[exact], rtol=1e-6, atol=0, check_dtype=False)
    off = drift(check, stored, new)
    worst = pd.Series(off.max(axis=1), index=check.learned)
    told = f"{check.name} drifted outside its own spread:\n{worst[worst > 0].to_string()}"
    assert np.sqrt(np.mean(off**2)) <= 1, told
    assert off.max() <= LARGEST, told
