"""What a campaign is after: the largest value, the smallest, or one near a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True)
class Goal:
    r"""Which of two values is better.

    The model learns the values as they are; only the comparison differs. The **merit** is larger
    for what is better: :math:`y`, :math:`-y`, or :math:`-|y - t|` for a target :math:`t`.

    Attributes:
        kind: ``"maximise"``, ``"minimise"`` or ``"target"``.
        target: The value to come close to, in the unit of y; for ``"target"`` alone.
    """

    kind: Literal["maximise", "minimise", "target"] = "maximise"
    target: float | None = None

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for an unknown kind, or a target where none belongs."""
        if self.kind not in ("maximise", "minimise", "target"):
            raise ValueError(f"kind: expected maximise, minimise or target, got {self.kind!r}")
        if (self.kind == "target") != (self.target is not None):
            raise ValueError(
                f'a target belongs to kind="target", and to it alone: got {self.kind!r} '
                f"with target {self.target}"
            )
        if self.target is not None and not np.isfinite(self.target):
            raise ValueError(f"target: expected a finite number, got {self.target}")

    def merit(self, values: ArrayLike) -> NDArray[np.float64]:
        """Merit of each value, of the same shape and unit; larger is better."""
        y = np.asarray(values, dtype=np.float64)
        if self.target is not None:
            return -np.abs(y - self.target)
        return y if self.kind == "maximise" else -y
