"""How a network tells the time: scaled to its own range, evenly or in the logarithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from matinf.physics import checks

ClockKind = Literal["logarithmic", "linear"]


@dataclass(frozen=True, kw_only=True)
class Clock:
    r"""Times from 0 to ``t_end`` s, as a network of inputs from -1 to 1 wants them.

    A cooling curve is steep at first and flat later. In :math:`\log(1 + r t)`, with the rate r
    of a process that is about as fast, it is smooth everywhere; on an even clock a fast process
    is over within the first of the network's bends.

    Attributes:
        t_end: Last time in s.
        rate: Rate r in 1/s; it need not be exact.
        kind: ``"logarithmic"`` or ``"linear"``.
    """

    t_end: float
    rate: float
    kind: ClockKind = "logarithmic"

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for times or rates that are not positive, or an unknown kind."""
        checks.positive(self.t_end, "t_end", unit="s")
        checks.positive(self.rate, "rate", unit="1/s")
        if self.kind not in ("logarithmic", "linear"):
            raise ValueError(f"clock: expected 'logarithmic' or 'linear', got {self.kind!r}")

    def scaled(self, t: torch.Tensor) -> torch.Tensor:
        """Time from -1 to 1."""
        if self.kind == "linear":
            return 2 * t / self.t_end - 1
        return 2 * torch.log1p(self.rate * t) / np.log1p(self.rate * self.t_end) - 1

    def ramp(self, t: torch.Tensor) -> torch.Tensor:
        """What is 0 at the start and grows from there, to 1 or nearly."""
        if self.kind == "linear":
            return t / self.t_end
        return self.rate * t / (1 + self.rate * t)

    def collocation(self, n_points: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Times that lie evenly on this clock, and the share of all time that each stands for.

        Both of shape ``(n_points,)``; the trapezoidal rule: the shares sum to 1.
        """
        if n_points < 3:
            raise ValueError(f"n_collocation: expected 3 points or more, got {n_points}")
        share = torch.linspace(0, 1, n_points, dtype=torch.float64)
        if self.kind == "linear":
            t = share * self.t_end
        else:
            t = torch.expm1(share * np.log1p(self.rate * self.t_end)) / self.rate
        t[-1] = self.t_end  # not a rounding error beyond
        gaps = torch.diff(t) / (2 * self.t_end)
        zero = torch.zeros(1, dtype=torch.float64)
        return t, torch.cat([zero, gaps]) + torch.cat([gaps, zero])
