"""What acquisition functions and batches refuse: values that are no numbers, or do not fit."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scores = NDArray[np.float64]


def prediction(mean: ArrayLike, std: ArrayLike) -> tuple[Scores, Scores]:
    """A predictive mean and standard deviation of one shape, or an error that says what is off."""
    centre, spread = candidate_vector(mean, "mean"), deviations(std)
    if centre.shape != spread.shape:
        raise ValueError(f"mean, std: expected one shape, got {centre.shape} and {spread.shape}")
    return centre, spread


def deviations(std: ArrayLike) -> Scores:
    """Standard deviations, of which none is negative."""
    spread = candidate_vector(std, "std")
    if (spread < 0).any():
        raise ValueError("std: expected standard deviations, got a negative number")
    return spread


def candidate_vector(values: ArrayLike, name: str) -> Scores:
    """One finite number per candidate."""
    vector = np.asarray(values, dtype=float)
    if vector.ndim != 1:
        raise ValueError(f"{name}: expected a vector (n_candidates,), got shape {vector.shape}")
    if not np.isfinite(vector).all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity")
    return vector


def finite_number(value: float, name: str, *, at_least: float = -np.inf) -> float:
    """One finite number that is not too small."""
    number = float(value)
    if not np.isfinite(number) or number < at_least:
        wanted = "a finite number" + (f" of {at_least:g} or more" if at_least > -np.inf else "")
        raise ValueError(f"{name}: expected {wanted}, got {value}")
    return number
