"""What a figure refuses to draw."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def same_shape(*arrays: ArrayLike) -> list[NDArray[np.float64]]:
    """Turn arrays into vectors of one length, or say what lengths they have."""
    vectors = [np.asarray(array, dtype=float) for array in arrays]
    shapes = [vector.shape for vector in vectors]
    if vectors[0].ndim != 1 or len(set(shapes)) > 1:
        raise ValueError(f"expected vectors of one length, got {shapes}")
    return vectors
