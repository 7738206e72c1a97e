"""A campaign under way, one batch after the other."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matinf.active.acquisition import expected_improvement
from matinf.active.checkpoint import Batch, Journal
from matinf.active.learner import Learner, labelled, r_squared
from matinf.active.merit import Posterior
from matinf.active.oracle import Oracle, OracleError, ask, stuck_for
from matinf.active.pairs import Pool
from matinf.active.result import CampaignResult, Measurement, StepRecord
from matinf.active.settings import CampaignConfig
from matinf.active.stopping import SoFar
from matinf.active.strategies import RandomSearch
from matinf.active.view import Indices, Strategy, View


class Campaign:
    """A campaign under way: all of its state follows from its journal."""

    def __init__(
        self,
        pool: Pool,
        oracle: Oracle,
        config: CampaignConfig,
        *,
        seed: int,
        path: Path | None = None,
    ) -> None:
        if config.n_initial > len(pool):
            raise ValueError(
                f"n_initial: expected at most {len(pool)}, the size of the pool, "
                f"got {config.n_initial}"
            )
        self.pool, self.oracle, self.config, self.seed = pool, oracle, config, seed
        self.journal = Journal(path, _identity(pool, config, seed) if path else {})
        self.learner = Learner(pool, config.model, refit_every=config.refit_every)
        self.learner.restore(self.journal.batches)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """All answers so far, in order."""
        return tuple(m for batch in self.journal.batches for m in batch.answered)

    @property
    def n_complete(self) -> int:
        """Batches of which every candidate has been asked for."""
        return sum(batch.is_complete for batch in self.journal.batches)

    def advance(self) -> str | None:
        """Choose a batch unless one is waiting, and measure it; or say why not."""
        if self.n_complete == len(self.journal.batches):
            reason = self._spent() or self._choose()
            if reason:
                return reason
        self._measure(self.journal.batches[-1])
        return None

    def _spent(self) -> str | None:
        """Why there can be no further batch, whatever a model would say."""
        batches, config = self.journal.batches, self.config
        if batches and config.on_failure == "stop" and any(m.failure for m in batches[-1].answered):
            return "the oracle failed"
        if config.on_failure != "continue" and _is_stuck(self.measurements, config.stuck_after):
            return f"the oracle said the same {config.stuck_after} times in a row"
        if len(batches) > config.n_steps:
            return f"all {config.n_steps} steps are done"
        return None if self._available().any() else "every candidate of the pool was asked for"

    def _available(self) -> NDArray[np.bool_]:
        free = np.ones(len(self.pool), dtype=bool)
        free[[m.index for batch in self.journal.batches for m in batch.chosen]] = False
        return free

    def _choose(self) -> str | None:
        """Choose the next batch and write it down; or give a stopping rule's reason."""
        started = time.perf_counter()
        batches, step = self.journal.batches, len(self.journal.batches)
        refitted = step > 0 and self.config.strategy.needs_model and self.learner.update(batches)
        view = self._view()
        strategy = self.config.strategy if _has_enough(view, self.config.strategy) else _RANDOM
        phase = strategy.phase(view) if step else "initial"
        record = self._record(view, phase, refitted=refitted)
        if step and (reason := self._stopping_reason(record)):
            return reason
        wanted = self.config.batch_size if step else self.config.n_initial
        rng = np.random.default_rng([self.seed, step])
        chosen = strategy.choose(view, min(wanted, int(view.available.sum())), rng=rng)
        record = replace(record, seconds=time.perf_counter() - started)
        self.journal.choose(record, _predicted(chosen, view.posterior, step))
        return None

    def _view(self) -> View:
        indices, y = labelled(self.journal.batches)
        state = self.learner.state
        return View(
            pool=self.pool,
            available=self._available(),
            labelled=indices,
            y=y,
            posterior=None if state is None else state.posterior,
            goal=self.config.goal,
            r2=np.nan if state is None else r_squared(y, state.leave_one_out()),
            steps=tuple(batch.record for batch in self.journal.batches),
        )

    def _record(self, view: View, phase: str, *, refitted: bool) -> StepRecord:
        known, state = StepRecord(step=len(view.steps), phase=phase, n_labelled=view.y.size), None
        if view.y.size:
            best = view.y[np.argmax(view.goal.merit(view.y))]
            known, state = replace(known, best=float(best)), self.learner.state
        if state is None:
            return known
        return replace(
            known,
            r2=view.r2,
            expected_improvement=_largest_improvement(view, state.posterior),
            log_marginal_likelihood=float(state.log_marginal_likelihood),
            parameters=dict(state.parameters),
            refitted=refitted,
        )

    def _stopping_reason(self, record: StepRecord) -> str | None:
        so_far = SoFar(record=record, measurements=self.measurements, goal=self.config.goal)
        reasons = (rule.reason(so_far) for rule in self.config.stopping)
        return next((reason for reason in reasons if reason), None)

    def _measure(self, batch: Batch) -> None:
        """Ask for what is not answered yet, each answer written down as it comes."""
        waiting = batch.chosen[len(batch.answered) :]
        indices = np.array([m.index for m in waiting], dtype=np.intp)
        answers = ask(self.oracle, indices, together=self.config.ask_together)
        for measurement, answer in zip(waiting, answers, strict=True):
            if answer.failure and self.config.on_failure == "raise":
                raise OracleError(_told(measurement, answer.failure))
            self.journal.answer(
                batch, replace(measurement, value=answer.value, failure=answer.failure)
            )

    def result(self, stopped: str) -> CampaignResult:
        """All that happened."""
        return CampaignResult(
            measurements=self.measurements,
            steps=tuple(batch.record for batch in self.journal.batches),
            stopped=stopped,
            notes=_notes(self.measurements, self.config.stuck_after),
            goal=self.config.goal,
            seed=self.seed,
            n_pool=len(self.pool),
        )


_RANDOM = RandomSearch()


def _identity(pool: Pool, config: CampaignConfig, seed: int) -> dict[str, object]:
    """What the course of a campaign depends on; when it ends may be changed on the way."""
    course = replace(config, n_steps=0, stopping=(), on_failure="continue", stuck_after=2)
    features = np.ascontiguousarray(pool.X)
    digest = hashlib.sha256(f"{features.shape} {features.dtype}".encode())
    digest.update(features.data)
    return {"config": repr(course), "seed": seed, "pool": digest.hexdigest()}


def _has_enough(view: View, strategy: Strategy) -> bool:
    """Whether the strategy can be asked: at the start, or when all has failed, it cannot."""
    return bool(view.steps) and not (strategy.needs_model and view.posterior is None)


def _largest_improvement(view: View, posterior: Posterior) -> float:
    """Largest expected improvement of an available candidate; NaN for a target value."""
    if view.goal.target is not None or not view.available.any():
        return np.nan
    mean, std = view.goal.merit(posterior.mean)[view.available], posterior.std[view.available]
    return float(expected_improvement(mean, std, best=view.best_merit).max())


def _predicted(chosen: Indices, posterior: Posterior | None, step: int) -> tuple[Measurement, ...]:
    """The batch as it is about to be measured, with what is expected of it."""
    if posterior is None:
        return tuple(Measurement(index=int(i), step=step) for i in chosen)
    mean, std = posterior.mean, posterior.std
    return tuple(
        Measurement(index=int(i), step=step, mean=float(mean[i]), std=float(std[i])) for i in chosen
    )


def _is_stuck(measurements: tuple[Measurement, ...], limit: int) -> bool:
    return stuck_for([m.value for m in measurements]) >= limit


def _told(measurement: Measurement, failure: str) -> str:
    return f"step {measurement.step}, candidate {measurement.index}: the oracle {failure}"


def _notes(measurements: tuple[Measurement, ...], limit: int) -> tuple[str, ...]:
    """What went wrong, in order: every failure, and where the oracle began to repeat itself."""
    notes = []
    for n, m in enumerate(measurements, start=1):
        if m.failure:
            notes.append(_told(m, m.failure))
        elif stuck_for([m.value for m in measurements[max(0, n - limit - 1) : n]]) == limit:
            notes.append(
                f"step {m.step}: the oracle said {m.value:g} for the {limit}th time in a row"
            )
    return tuple(notes)
