"""Settings of a campaign."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from matinf.active.goal import Goal
from matinf.active.pool_model import GaussianProcess, Model
from matinf.active.stopping import StoppingRule
from matinf.active.view import Strategy


@dataclass(frozen=True, kw_only=True)
class CampaignConfig:
    """Settings of a campaign.

    Attributes:
        strategy: How batches are chosen.
        goal: What is sought; by default the largest value.
        n_initial: Candidates measured at random before the first choice.
        batch_size: Candidates per step.
        n_steps: Steps after the initial draw, at most.
        refit_every: Hyperparameters are optimised at step 1 and every so many steps after it.
        model: What learns from the measurements.
        stopping: Rules that may end it earlier; the first that has a reason does.
        on_failure: When the oracle fails: ``"continue"`` without that candidate; ``"stop"`` after
            the batch; ``"raise"`` at once, the candidate to be asked again when resumed.
        ask_together: Ask for a whole batch in one call, for an oracle that measures in parallel.
        stuck_after: So many equal values in a row are reported; with ``"stop"`` and ``"raise"``
            they end the campaign.
    """

    strategy: Strategy
    goal: Goal = field(default_factory=Goal)
    n_initial: int = 50
    batch_size: int = 10
    n_steps: int = 100
    refit_every: int = 10
    model: Model = field(default_factory=GaussianProcess)
    stopping: tuple[StoppingRule, ...] = ()
    on_failure: Literal["continue", "stop", "raise"] = "continue"
    ask_together: bool = False
    stuck_after: int = 20

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a setting out of its range."""
        for name, least in (("n_initial", 1), ("batch_size", 1), ("n_steps", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: expected {least} or more, got {getattr(self, name)}")
        for name, least in (("refit_every", 1), ("stuck_after", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: expected {least} or more, got {getattr(self, name)}")
        if self.on_failure not in ("continue", "stop", "raise"):
            raise ValueError(
                f"on_failure: expected continue, stop or raise, got {self.on_failure!r}"
            )
