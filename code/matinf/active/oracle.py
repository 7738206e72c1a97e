"""The oracle: whatever answers "what is the value of this candidate?"

In a simulation it reads a table; in earnest it is an experiment or a calculation, and those fail.
A failure is written down beside the measurements that worked, and costs none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Oracle(Protocol):
    """Answers for candidates; ``oracle(indices)`` gives one value per index."""

    def __call__(self, indices: NDArray[np.intp], /) -> ArrayLike:
        """Measure candidates.

        Args:
            indices: Positions in the pool, shape ``(n,)``.

        Returns:
            Values, shape ``(n,)``, in the target's unit; NaN for a measurement that failed.
        """
        ...


class OracleError(Exception):
    """The oracle failed, and the campaign was told not to go on."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back for one candidate: a finite value, or NaN and the reason."""

    index: int
    value: float
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class TableOracle:
    """Simulated experiments: values looked up in a table, with or without noise.

    The noise of a candidate depends on ``noise_seed`` and its index alone: whoever asks, in
    whatever order, and after whatever interruption, is told the same.

    Attributes:
        values: The truth, shape ``(n_pool,)``.
        noise_std: Standard deviation of Gaussian noise on each answer, same unit.
        noise_seed: Chooses the noise.
    """

    values: NDArray[np.float64]
    noise_std: float = 0.0
    noise_seed: int = 0

    def __post_init__(self) -> None:
        """Raise ``ValueError`` if the table is no vector or the noise is negative."""
        if np.ndim(self.values) != 1:
            raise ValueError(f"values: expected shape (n_pool,), got {np.shape(self.values)}")
        if not self.noise_std >= 0:
            raise ValueError(f"noise_std: expected 0 or more, got {self.noise_std}")

    def __call__(self, indices: NDArray[np.intp], /) -> NDArray[np.float64]:
        """Look the values up; see :class:`Oracle`."""
        answers = np.array(self.values[indices], dtype=np.float64)
        if self.noise_std > 0:
            draws = [np.random.default_rng([self.noise_seed, int(i)]).normal() for i in indices]
            answers += self.noise_std * np.array(draws)
        return answers


def ask(oracle: Oracle, indices: NDArray[np.intp], *, together: bool = False) -> Iterator[Answer]:
    """Ask the oracle for each candidate once, and turn whatever it does into answers.

    Asked one at a time, a candidate that fails takes no neighbour with it. An exception, a value
    that is no finite number and a reply of the wrong length all become failures with a reason;
    what stops a program on purpose (``KeyboardInterrupt``) passes through.

    Args:
        oracle: What is asked.
        indices: Candidates in the order in which to ask, shape ``(n,)``.
        together: Ask for all in one call, for an oracle that measures in parallel. An exception
            then fails them all: no candidate is ever asked for twice.

    Yields:
        One answer per candidate, in order, as they come.
    """
    width = max(len(indices) if together else 1, 1)
    for group in (indices[first : first + width] for first in range(0, len(indices), width)):
        try:
            values = np.asarray(oracle(group), dtype=np.float64)
            why = _misshapen(values, group)
        except Exception as error:  # noqa: BLE001 - any failure of an experiment is recorded
            values, why = np.empty(0), f"raised {type(error).__name__}: {error}"
        for position, index in enumerate(group.tolist()):
            yield _answer(index, np.nan if why else float(values[position]), why)


def _misshapen(values: NDArray[np.float64], indices: NDArray[np.intp]) -> str:
    if values.shape == indices.shape:
        return ""
    return f"gave shape {values.shape} when asked for {indices.size}: expected {indices.shape}"


def _answer(index: int, value: float, why: str) -> Answer:
    if not why and not np.isfinite(value):
        why = f"gave {value}, not a finite number"
    return Answer(index=index, value=np.nan if why else value, failure=why)


def stuck_for(values: ArrayLike) -> int:
    """For how many measurements in a row, up to the last one, the oracle has said the same.

    An instrument that hangs repeats its last reading. Failures (NaN) are passed over.
    """
    y = np.asarray(values, dtype=np.float64)
    y = y[np.isfinite(y)]
    different = np.flatnonzero(y != y[-1]) if y.size else np.empty(0)
    return int(y.size - 1 - different[-1]) if different.size else int(y.size)
