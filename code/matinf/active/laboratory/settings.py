"""What a campaign in the laboratory is: said once at its start, and kept in its state."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from matinf.active.goal import Goal
from matinf.active.laboratory.refusal import Refusal
from matinf.active.pairs import KERNELS, KernelName

Features = Literal["columns", "formula", "smiles"]
STRATEGIES = (
    *("ei", "pi", "exploit", "explore", "ucb", "log_ei", "thompson"),
    *("explore_then_exploit", "random"),
)
TAKEN = (
    *("failed", "note", "unit", "predicted mean", "predicted std", "chance", "why"),
    *("recorded", "withdrawn", "batch", "phase", "suggested"),
)
"""Names of columns that the command's own tables have already."""
BATCHES = ("kriging_believer", "top_k", "local_penalisation")


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A range that a column must lie in, both ends included."""

    column: str
    low: float = -math.inf
    high: float = math.inf

    def __str__(self) -> str:
        low = "" if self.low == -math.inf else f"{self.low:g} <= "
        high = "" if self.high == math.inf else f" <= {self.high:g}"
        return f"{low}{self.column}{high}"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a campaign.

    Attributes:
        candidates: Path of the table of candidates, as seen from the state's folder.
        id_column: Column that names a candidate.
        target: Name of what is measured.
        unit: Its unit; may be empty.
        goal: ``"maximise"``, ``"minimise"`` or ``"target"``.
        target_value: Value to come close to, for ``"target"``.
        within: Distance from it that is good enough; no nearer one counts as better.
        features: Numeric columns as they are, or a column of formulas or SMILES.
        feature_columns: Those columns.
        cost: Column with what a measurement costs, if there is one.
        limits: Ranges that candidates must lie in to be suggested.
        without: Elements that no suggested formula may hold.
        batch_size: Candidates per batch.
        n_initial: Candidates drawn at random before a model is asked.
        strategy: One of ``STRATEGIES``.
        batch: One of ``BATCHES``.
        kernel: Kernel of the Gaussian process; none for the usual one of the features.
        seed: Number that all draws come from.
        budget: Sum of costs (or number of measurements, without costs) to spend at most.
        stop_below: Expected gain below which to stop, in the target's unit.
    """

    candidates: str
    id_column: str
    target: str
    unit: str = ""
    goal: Literal["maximise", "minimise", "target"] = "maximise"
    target_value: float | None = None
    within: float = 0.0
    features: Features = "columns"
    feature_columns: tuple[str, ...] = ()
    cost: str | None = None
    limits: tuple[Limit, ...] = field(default_factory=tuple)
    without: tuple[str, ...] = ()
    batch_size: int = 5
    n_initial: int = 10
    strategy: str = "ei"
    batch: str = "kriging_believer"
    kernel: KernelName | None = None
    seed: int = 0
    budget: float | None = None
    stop_below: float | None = None

    def __post_init__(self) -> None:
        self._check_names()
        _choice("strategy", self.strategy, STRATEGIES)
        _choice("batch", self.batch, BATCHES)
        _choice("features", self.features, get_args(Features))
        if self.kernel is not None:
            _choice("kernel", self.kernel, KERNELS)
        _at_least("batch size", self.batch_size, 1)
        _at_least("initial", self.n_initial, 2)
        _at_least("seed", self.seed, 0)
        for name, value in (("budget", self.budget), ("stop-below", self.stop_below)):
            if value is not None and not 0 < value < math.inf:
                raise Refusal(f"--{name}: expected a number above 0, got {value:g}.")
        if not 0 <= self.within < math.inf or (self.within and self.goal != "target"):
            raise Refusal(
                f"--within: expected 0 or more, beside --closest-to alone, got {self.within:g}."
            )
        self._check_strategy()

    def _check_names(self) -> None:
        for word, name in (("id", self.id_column), ("target", self.target)):
            if name.lower() in TAKEN:
                raise Refusal(
                    f"--{word}: {name!r} is a column that a batch has already; expected none "
                    f"of {', '.join(TAKEN)}. Give it another name."
                )
            if not name or not name.isprintable() or name != name.strip():
                raise Refusal(f"--{word}: expected the name of a column, got {name!r}.")
        if self.id_column == self.target:
            raise Refusal(
                f"--target: expected a name for what is measured, got {self.target!r}, which names "
                "the candidates (--id). Give it another name."
            )
        if len(set(self.feature_columns)) < len(self.feature_columns):
            raise Refusal(
                f"--features: expected each column once, got {' '.join(self.feature_columns)}."
            )

    def _check_strategy(self) -> None:
        if self.goal == "target" and (
            self.strategy in ("ucb", "log_ei") or self.batch == "local_penalisation"
        ):
            raise Refusal(
                "a value to come close to is sought by ei, pi, exploit, explore, thompson or "
                f"random, in batches by kriging_believer or top_k; got {self.strategy} by "
                f"{self.batch}."
            )
        if self.strategy == "pi" and self.goal == "target" and not self.within:
            raise Refusal(
                "--strategy pi: the chance to come close needs --within, the distance that is "
                "close enough; give it, or use ei."
            )

    @property
    def objective(self) -> Goal:
        """Which of two values is better."""
        return Goal(kind=self.goal, target=self.target_value)

    @property
    def quantity(self) -> str:
        """The target with its unit: ``gap (eV)``."""
        return f"{self.target} ({self.unit})" if self.unit else self.target

    @property
    def in_words(self) -> str:
        """What is sought."""
        if self.target_value is None:
            return f"the {'largest' if self.goal == 'maximise' else 'smallest'} {self.quantity}"
        within = f", within {self.within:g}" if self.within else ""
        return f"{self.quantity} closest to {self.target_value:g}{within}"

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> Settings:
        """Settings as a state file keeps them."""
        known = {f.name: stored[f.name] for f in fields(cls) if f.name in stored}
        limits = tuple(
            Limit(column=column, low=_end(low, -1), high=_end(high, 1))
            for column, low, high in known["limits"]
        )
        lists = {name: tuple(known[name]) for name in ("feature_columns", "without")}
        return cls(**{**known, **lists, "limits": limits})

    def stored(self) -> dict[str, Any]:
        """As a state file keeps them: JSON has no infinity, so an open end is null."""
        content: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        content["limits"] = [
            [one.column, *(end if math.isfinite(end) else None for end in (one.low, one.high))]
            for one in self.limits
        ]
        return content | {name: list(content[name]) for name in ("feature_columns", "without")}


def _end(value: float | None, side: int) -> float:
    return side * math.inf if value is None else value


def _choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise Refusal(f"--{name}: expected one of {', '.join(allowed)}, got {value!r}.")


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise Refusal(f"--{name.replace(' ', '-')}: expected {least} or more, got {value}.")


def read_limit(text: str) -> Limit:
    """Read a range from ``column=low:high``; either end may be left open.

    Raises:
        Refusal: if it is written otherwise, or the ends are the wrong way round.
    """
    column, equals, ends = text.rpartition("=")
    low, colon, high = ends.partition(":")
    try:
        limit = Limit(column=column.strip(), low=float(low or "-inf"), high=float(high or "inf"))
    except ValueError:
        limit = None
    written = column and equals and colon and (low or high)
    if limit is None or not written or not limit.low <= limit.high:
        raise Refusal(
            f"--limit: expected column=low:high with numbers (price=:30, mass=10:20), got {text!r}."
        )
    return limit
