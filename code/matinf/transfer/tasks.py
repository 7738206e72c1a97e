"""The two sides of a transfer: a source task with many samples, a target task with few.

A task carries the group of each sample: its composition. Groups say which samples of source and
target are the same material, and which must stay on one side of a split.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from matinf.datasets import load_dft_transport, load_gap_task
from matinf.features import SYMBOLS, formulas_without_data, fraction_matrix, magpie_features
from matinf.quantities import QUANTITIES, Quantity

Matrix = NDArray[np.float64]
Groups = NDArray[np.str_]

_COMPUTED = ("seebeck", "conductivity", "thermal_conductivity", "power_factor", "effective_mass")
TRANSPORT = tuple(f"{name}_{carrier}" for name in _COMPUTED for carrier in "pn")
"""The ten computed properties that a source task can be made of."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Task:
    """Samples with features, one or more outputs, and a group each; arrays are read-only.

    Attributes:
        X: Features, shape ``(n_samples, n_features)``, finite.
        y: Outputs, shape ``(n_samples,)`` or ``(n_samples, n_outputs)``, finite.
        groups: Group of each sample, shape ``(n_samples,)``: its composition.
        features: Name of each column of ``X``.
        quantities: Name, label and unit of each output.
    """

    X: Matrix
    y: Matrix
    groups: Groups
    features: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()

    def __post_init__(self) -> None:
        """Check shapes and numbers, and guard the arrays against writing."""
        X, y, groups = _read_only(self.X), _read_only(self.y), np.asarray(self.groups, dtype=str)
        if X.ndim != 2 or X.size == 0:
            raise ValueError(f"X: expected samples and features, got an array of shape {X.shape}")
        if y.ndim not in (1, 2) or len(y) != len(X) or y.size == 0:
            raise ValueError(f"y: expected {len(X)} rows as X has, got shape {y.shape}")
        if groups.shape != (len(X),):
            raise ValueError(f"groups: expected shape ({len(X)},), got {groups.shape}")
        if pd.isna(np.asarray(self.groups, dtype=object)).any():  # as text, "None" and "nan"
            raise ValueError("groups: expected a label for each sample, got a missing one")
        for name, values in (("X", X), ("y", y)):
            if not np.isfinite(values).all():
                raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
        if self.features and len(self.features) != X.shape[1]:
            raise ValueError(f"expected {X.shape[1]} feature names, got {len(self.features)}")
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        if self.quantities and len(self.quantities) != n_outputs:
            raise ValueError(f"expected {n_outputs} quantities, got {len(self.quantities)}")
        for name, values in (("X", X), ("y", y), ("groups", groups)):
            object.__setattr__(self, name, values)

    def __len__(self) -> int:
        return len(self.X)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Nothing here can change, so that cloning an estimator need not copy its task."""
        return self

    def rows(self, selection: ArrayLike) -> Self:
        """The same task with these rows alone: a mask or row numbers."""
        chosen = np.asarray(selection)
        return replace(self, X=self.X[chosen], y=self.y[chosen], groups=self.groups[chosen])


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceTask(_Task):
    """What a model is pre-trained on: many samples, one output or several."""

    def without(self, groups: ArrayLike) -> SourceTask:
        """Leave out every sample of these groups.

        Raises:
            ValueError: if nothing is left.
        """
        kept = ~np.isin(self.groups, np.asarray(groups, dtype=str))
        if not kept.any():
            raise ValueError(
                f"source: all {len(self)} samples belong to groups to be left out; nothing is "
                "left to pre-train on: use a larger source, or leave out fewer groups"
            )
        return self.rows(kept)

    def outputs(self, names: Sequence[str]) -> SourceTask:
        """Keep the outputs of these names, in this order.

        Raises:
            ValueError: if the task has no output of a name.
        """
        known = [quantity.name for quantity in self.quantities]
        if missing := [name for name in names if name not in known]:
            raise ValueError(f"no output is named {missing}; there are {known}")
        columns = [known.index(name) for name in names]
        y = self.y.reshape(len(self), -1)[:, columns]
        return replace(self, y=y, quantities=tuple(self.quantities[c] for c in columns))

    def standardised(self) -> SourceTask:
        """Every output with mean 0 and standard deviation 1 (a constant one is 0 throughout).

        Trees that predict several outputs at once minimise the sum of their variances: without
        this the output with the largest numbers decides alone.
        """
        std = self.y.std(axis=0)
        y = (self.y - self.y.mean(axis=0)) / np.where(std > 0, std, 1)
        return replace(self, y=y, quantities=tuple(replace(q, unit="σ") for q in self.quantities))


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetTask(_Task):
    """What is to be predicted in the end: few samples, one output ``y`` of shape (n_samples,)."""

    def __post_init__(self) -> None:
        """Check that there is one output."""
        super().__post_init__()
        if self.y.ndim != 1:
            raise ValueError(f"y: expected one output per sample, got shape {self.y.shape}")


def composition_keys(formulas: Iterable[str], *, decimals: int = 6) -> Groups:
    """Name the composition of each formula: ``VO2`` and ``V2O4`` are ``O0.666667V0.333333``.

    Args:
        formulas: The formulas, ``n_samples`` of them.
        decimals: Two compositions are one where their atomic fractions agree to so many.

    Raises:
        FormulaError: naming the first formula, and its row, that cannot be read.
    """
    fractions = fraction_matrix(formulas)
    parts = [
        f"{SYMBOLS[element]}{share:.{decimals}f}"
        for element, share in zip(fractions.indices, fractions.data, strict=True)
    ]
    limits = zip(fractions.indptr[:-1], fractions.indptr[1:], strict=True)
    return np.array(["".join(parts[start:end]) for start, end in limits], dtype=str)


@cache
def load_target_task() -> TargetTask:
    """Measured gaps in eV, half of them 0, of 4,619 compositions, with Magpie's 138 features.

    As :func:`matinf.datasets.load_gap_task` puts them together, one row per composition.
    """
    gaps = load_gap_task()
    X = magpie_features(gaps["formula"])
    return TargetTask(
        X=X.to_numpy(),
        y=gaps["gap"].to_numpy(dtype=float),
        groups=composition_keys(gaps["formula"]),
        features=tuple(X.columns),
        quantities=(QUANTITIES["gap"],),
    )


def load_source_task(targets: Sequence[str] = TRANSPORT) -> SourceTask:
    """Computed transport :cite:`ricci2017`: one row per composition, the median of its entries.

    Seebeck coefficients are in µV/K. The other properties span five to seventeen decades: their
    decimal logarithm is taken, so that a conductor does not outweigh all insulators. Seven of
    the 47,737 entries hold an element that Magpie does not know and are left out; 47,730
    entries make 34,627 compositions.

    Args:
        targets: Names of the outputs, of :data:`TRANSPORT`.

    Raises:
        ValueError: if a target is not among the computed properties, or none is given.
    """
    if isinstance(targets, str) or not targets:
        raise ValueError(f"targets: expected one name or more in a tuple, got {targets!r}")
    return _transport().outputs(targets)


@cache  # parsing 47,730 formulas takes longer than fitting a small forest
def _transport() -> SourceTask:
    entries = load_dft_transport()
    unknown = formulas_without_data(entries["formula"])["row"]
    entries = entries.drop(index=unknown.unique().tolist()).reset_index(drop=True)
    names = list(TRANSPORT)
    decades = [name for name in names if not name.startswith("seebeck")]
    entries[decades] = np.log10(entries[decades])
    by_composition = entries.groupby(composition_keys(entries["formula"]), sort=False)
    table: pd.DataFrame = by_composition[names].median()
    X = magpie_features(by_composition["formula"].first())
    return SourceTask(
        X=X.to_numpy(),
        y=table.to_numpy(),
        groups=np.asarray(table.index, dtype=str),
        features=tuple(X.columns),
        quantities=tuple(_decimal_logarithm(n) if n in decades else QUANTITIES[n] for n in names),
    )


def _decimal_logarithm(name: str) -> Quantity:
    """The quantity of a column whose logarithm was taken; it keeps the column's name."""
    plain = QUANTITIES[name]
    return replace(
        plain,
        label=f"Logarithm of {plain.label[0].lower()}{plain.label[1:]}",
        symbol=rf"\log_{{10}} {plain.symbol}",
        unit=f"decades of {plain.unit}",
    )


def _read_only(values: ArrayLike) -> Matrix:
    array = np.array(values, dtype=float)
    array.flags.writeable = False
    return array
