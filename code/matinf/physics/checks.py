"""What the physics room refuses: impossible rates, disordered times, too little to learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]


def positive(value: float, name: str, *, unit: str = "") -> float:
    """A finite number above 0."""
    number = float(value)
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"{name}: expected a number above 0{_in(unit)}, got {value}")
    return number


def not_negative(value: float, name: str, *, unit: str = "") -> float:
    """A finite number of 0 or more."""
    number = float(value)
    if not (np.isfinite(number) and number >= 0):
        raise ValueError(f"{name}: expected a number of 0 or more{_in(unit)}, got {value}")
    return number


def finite(value: float, name: str, *, unit: str = "") -> float:
    """A finite number."""
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{name}: expected a finite number{_in(unit)}, got {value}")
    return number


def finite_array(values: ArrayLike, name: str) -> Vector:
    """An array of finite numbers, of any shape."""
    array = np.asarray(values, dtype=float)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
    return array


def ordered(values: ArrayLike, name: str, *, strictly: bool = False) -> Vector:
    """A vector of finite numbers of 0 or more that do not fall."""
    vector = finite_array(values, name)
    if vector.ndim != 1 or vector.size == 0:
        raise ValueError(f"{name}: expected a vector, got shape {vector.shape}")
    steps = np.diff(vector)
    if vector[0] < 0 or (steps < 0).any() or (strictly and (steps == 0).any()):
        wanted = "rising" if strictly else "sorted"
        raise ValueError(
            f"{name}: expected {wanted} numbers of 0 or more, got {_first_fault(vector)}"
        )
    return vector


def counts(**numbers: int) -> None:
    """Numbers of 1 or more, by name."""
    for name, count in numbers.items():
        if count < 1:
            raise ValueError(f"{name}: expected 1 or more, got {count}")


def enough(n_points: int, n_unknowns: int) -> None:
    """At least one measurement per unknown."""
    if n_points < n_unknowns:
        raise ValueError(
            f"{n_points} measurements for {n_unknowns} unknowns: measure at least {n_unknowns}, "
            "or say what is known"
        )


def _first_fault(vector: Vector) -> str:
    """The first number that is negative, or the first two that are out of order."""
    if vector[0] < 0:
        return f"{vector[0]:g}"
    at = int(np.argmax(np.diff(vector) <= 0))
    return f"{vector[at + 1]:g} after {vector[at]:g}"


def _in(unit: str) -> str:
    return f" {unit}" if unit else ""
