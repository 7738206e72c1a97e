"""What a campaign keeps of each batch and of each result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from matinf.active.laboratory.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A candidate that was put forward: what was expected of it, and why.

    Attributes:
        id: Its name.
        row: Digest of its row in the table of candidates.
        mean: Predicted mean, none before there is a model.
        std: Predictive standard deviation of the property, without noise.
        chance: Predicted probability of coming out better than the best so far (or close
            enough to the value sought).
        why: A reason in words.
    """

    id: str
    row: str
    mean: float | None = None
    std: float | None = None
    chance: float | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Candidates that were put forward together.

    Attributes:
        phase: What the strategy was doing.
        suggestions: The candidates.
        parameters: Hyperparameters of the model then; empty without one.
        gain: Largest expected gain of any candidate then, in the target's unit.
        r2: Leave-one-out R² of the model then.
        when: Time, ISO 8601, UTC.
        versions: Of what the choice was computed with.
    """

    phase: str
    suggestions: tuple[Suggestion, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)
    gain: float | None = None
    r2: float | None = None
    when: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one experiment.

    Attributes:
        id: Name of the candidate.
        row: Digest of its row in the table of candidates.
        value: What was measured; none if it failed.
        failure: Why there is no value; empty if there is one.
        note: Whatever the laboratory wants to keep with it.
        asked: Whether the campaign had put it forward.
        withdrawn: Why it no longer counts; empty if it does.
        when: Time of recording, ISO 8601, UTC.
    """

    id: str
    row: str
    value: float | None = None
    failure: str = ""
    note: str = ""
    asked: bool = True
    withdrawn: str = ""
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """What was changed on the way.

    Attributes:
        after: Batches that had been put forward.
        changed: What was changed, and from what to what, in words.
        when: Time, ISO 8601, UTC.
    """

    after: int
    changed: Mapping[str, str]
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class State:
    """All of a campaign.

    Attributes:
        settings: What it is.
        digest: Digest of the table of candidates.
        n_candidates: How many it had.
        batches: What was put forward, in order.
        results: What was recorded, in order.
        amendments: What was changed on the way, in order.
    """

    settings: Settings
    digest: str
    n_candidates: int
    batches: tuple[Batch, ...] = ()
    results: tuple[Result, ...] = ()
    amendments: tuple[Amendment, ...] = ()

    @property
    def standing(self) -> tuple[Result, ...]:
        """Results that count: those that were not withdrawn."""
        return tuple(result for result in self.results if not result.withdrawn)

    @property
    def measured(self) -> tuple[Result, ...]:
        """Results with a value."""
        return tuple(result for result in self.standing if result.value is not None)

    @property
    def waiting(self) -> tuple[Suggestion, ...]:
        """Candidates that were put forward, and of which nothing has been heard."""
        heard = {result.id for result in self.standing}
        return tuple(
            one for batch in self.batches for one in batch.suggestions if one.id not in heard
        )

    @property
    def suggested(self) -> set[str]:
        """Names of all that were put forward."""
        return {one.id for batch in self.batches for one in batch.suggestions}

    @property
    def rows(self) -> dict[str, str]:
        """Digests of the rows of all candidates that something was decided or measured of."""
        put_forward = {one.id: one.row for batch in self.batches for one in batch.suggestions}
        return {result.id: result.row for result in self.results} | put_forward

    def with_batch(self, batch: Batch) -> State:
        """The state after a batch was put forward."""
        return replace(self, batches=(*self.batches, batch))

    def amended(self, settings: Settings, *, digest: str, n_candidates: int) -> State:
        """The state under other settings, or with another table; what differs is kept."""
        old, new = self.settings.stored(), settings.stored()
        changed = {name: f"{old[name]} to {new[name]}" for name in new if new[name] != old[name]}
        if digest != self.digest:
            sizes = f"{self.n_candidates} to {n_candidates} candidates"
            changed["table"] = f"{sizes}, digest {self.digest[:12]} to {digest[:12]}"
        if not changed:
            return self
        note = Amendment(after=len(self.batches), changed=changed, when=now())
        return replace(
            self,
            settings=settings,
            digest=digest,
            n_candidates=n_candidates,
            amendments=(*self.amendments, note),
        )


def now() -> str:
    """The time, as states keep it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
