"""What happened on the way down a loss."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from matinf.physics.checks import Vector


@dataclass(kw_only=True, eq=False)
class TrainingHistory:
    """What happened on the way down: an entry for the start and for each step after it.

    L-BFGS counts twenty of its iterations as one step.
    """

    loss: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)  # the same by term
    seconds: list[float] = field(default_factory=list)  # since the start
    end: str = ""  # why it ended, in words

    @property
    def n_steps(self) -> int:
        """Steps taken."""
        return len(self.loss) - 1

    def part(self, name: str) -> Vector:
        """Loss of one term after each step."""
        return np.array([parts[name] for parts in self.parts])

    def add(self, parts: dict[str, float], started: float) -> None:
        """Write one step down.

        Raises:
            ValueError: if the loss is no number any more.
        """
        loss = sum(parts.values())
        if not np.isfinite(loss):
            raise ValueError(
                f"the loss is {loss} after step {len(self.loss)}: look at the units of what goes "
                "in, or lower the learning rate"
            )
        self.loss.append(loss)
        self.parts.append(parts)
        self.seconds.append(time.perf_counter() - started)

    def has_stalled(self, patience: int, *, least_gain: float = 0.0) -> bool:
        """Whether the last steps have together gained less than a thousandth, or than that."""
        if len(self.loss) <= patience:
            return False
        before, now = self.loss[-1 - patience], self.loss[-1]
        return before - now < max(1e-3 * before, least_gain)


Steps = Iterator[tuple[torch.Tensor, dict[str, float]]]
