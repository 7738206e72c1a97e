"""What a campaign leaves behind: everything that was measured, believed and decided, in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matinf.active.goal import Goal


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One candidate that was asked for.

    Attributes:
        index: Its position in the pool.
        step: Step at which it was chosen; 0 is the initial draw.
        value: The answer, in the target's unit; NaN where the oracle failed.
        mean: What the model predicted when it was chosen; NaN where there was no model.
        std: Predictive standard deviation of the latent value then, same unit.
        failure: Why there is no value; empty where there is one.
    """

    index: int
    step: int
    value: float = np.nan
    mean: float = np.nan
    std: float = np.nan
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class StepRecord:
    """What the campaign knew when it chose the batch of one step. No label of the pool is in it.

    Attributes:
        step: From 0, the initial draw.
        phase: What the strategy was doing: ``"initial"``, ``"explore"``, ``"ei"``, ...
        n_labelled: Measurements with a value before this batch.
        best: The best of them, in the target's unit; NaN before the first.
        r2: R² of leave-one-out predictions on the labelled data; NaN where there is no model.
        expected_improvement: Largest expected improvement over the candidates, the target's unit.
        log_marginal_likelihood: Of the model, at its last fit.
        parameters: Hyperparameters of the model.
        refitted: Whether they were optimised at this step.
        seconds: Time taken to update the model and choose. Not part of what is reproducible.
    """

    step: int
    phase: str
    n_labelled: int
    best: float = np.nan
    r2: float = np.nan
    expected_improvement: float = np.nan
    log_marginal_likelihood: float = np.nan
    parameters: Mapping[str, float] = field(default_factory=dict)
    refitted: bool = False
    seconds: float = np.nan


@dataclass(frozen=True, kw_only=True)
class CampaignResult:
    """A finished campaign, with its full history.

    Attributes:
        measurements: In the order in which they were asked for, failures included.
        steps: One record per batch, the initial draw first.
        stopped: Why it ended, in words.
        notes: What went wrong on the way, in words.
        goal: What was sought.
        seed: The number that all of its draws come from.
        n_pool: Size of the pool.
    """

    measurements: tuple[Measurement, ...]
    steps: tuple[StepRecord, ...]
    stopped: str
    notes: tuple[str, ...]
    goal: Goal
    seed: int
    n_pool: int

    @property
    def history(self) -> pd.DataFrame:
        """One row per measurement: ``index, step, value, mean, std, failure, best``.

        ``best`` is the best value up to and with this row, in the target's unit.
        """
        names = [f.name for f in fields(Measurement)]
        table = pd.DataFrame([asdict(m) for m in self.measurements], columns=names)
        table["best"] = best_so_far(table["value"].to_numpy(dtype=float), self.goal)
        return table

    @property
    def log(self) -> pd.DataFrame:
        """One row per step: the fields of :class:`StepRecord`, parameters in columns."""
        rows = [
            {f.name: getattr(record, f.name) for f in fields(record) if f.name != "parameters"}
            | dict(record.parameters)
            for record in self.steps
        ]
        return pd.DataFrame(rows)

    @property
    def labelled(self) -> NDArray[np.intp]:
        """Positions of the candidates that have a value, in the order of measurement."""
        good = [m.index for m in self.measurements if not m.failure]
        return np.array(good, dtype=np.intp)

    @property
    def y(self) -> NDArray[np.float64]:
        """Their values, in the target's unit."""
        return np.array([m.value for m in self.measurements if not m.failure])

    @property
    def best_index(self) -> int:
        """Position of the best candidate measured.

        Raises:
            ValueError: if no measurement has a value.
        """
        if not self.y.size:
            raise ValueError("no measurement of this campaign has a value")
        return int(self.labelled[np.argmax(self.goal.merit(self.y))])

    @property
    def seconds(self) -> float:
        """Time taken by models and choices, the oracle's own not counted."""
        return float(np.nansum([record.seconds for record in self.steps]))

    def digest(self) -> str:
        """SHA-256 of all but the times: equal for campaigns that are the same to the last bit."""
        content: dict[str, Any] = asdict(self)
        for record in content["steps"]:
            record["parameters"] = dict(record["parameters"])
            del record["seconds"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def best_so_far(values: NDArray[np.float64], goal: Goal) -> NDArray[np.float64]:
    """Best value up to each measurement, shape as ``values``; NaN before the first that worked."""
    if not len(values):
        return values
    merit = np.where(np.isfinite(values), goal.merit(values), -np.inf)
    record = np.maximum.accumulate(merit)
    leader = np.maximum.accumulate(np.where(merit >= record, np.arange(len(values)), 0))
    return np.where(record > -np.inf, values[leader], np.nan)
