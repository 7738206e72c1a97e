"""What a laboratory knows: its measurements, and what a model makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matinf.active import acquisition
from matinf.active.laboratory.candidates import Candidates
from matinf.active.laboratory.improvement import chance_within, improvement_to_target
from matinf.active.laboratory.records import State
from matinf.active.laboratory.refusal import Refusal
from matinf.active.laboratory.settings import Settings
from matinf.active.learner import r_squared
from matinf.active.merit import Posterior
from matinf.active.pairs import KernelName
from matinf.active.pool_model import GaussianProcess, GaussianProcessState
from matinf.active.result import StepRecord
from matinf.active.surrogate import Surrogate
from matinf.active.view import Indices, View

_FEWEST = 2  # measurements below which there is nothing to learn from


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """What is known before a batch is chosen.

    Attributes:
        view: What a strategy may know.
        model: The fitted model, none below two measurements.
        chance: Chance of each candidate to come out better than the best so far, or close
            enough to the value sought, shape ``(n_pool,)``; empty without a model.
        gain: Expected gain of each, in the target's unit; empty without a model.
    """

    view: View
    model: GaussianProcessState | None
    chance: NDArray[np.float64]
    gain: NDArray[np.float64]

    @property
    def largest_gain(self) -> float:
        """Largest expected gain of a candidate that may be suggested; NaN if there is none."""
        free = self.view.available
        return float(self.gain[free].max()) if self.gain.size and free.any() else np.nan


def usual_kernel(settings: Settings) -> KernelName:
    """Tanimoto for fingerprints, Matérn-1/2 for all other features, unless one was asked for."""
    return settings.kernel or ("tanimoto" if settings.features == "smiles" else "matern12")


def measured(state: State, candidates: Candidates) -> tuple[Indices, NDArray[np.float64]]:
    """Positions and values of all measurements that count, in order; replicates stay apart."""
    indices = [candidates.index(result.id) for result in state.measured]
    values = [result.value for result in state.measured]
    return np.array(indices, dtype=np.intp), np.array(values, dtype=float)


def available(state: State, candidates: Candidates) -> NDArray[np.bool_]:
    """Candidates that may be put forward: allowed, affordable, and not dealt with before."""
    free = candidates.allowed.copy()
    free[[candidates.index(name) for name in state.rows]] = False
    if state.settings.budget is not None:
        free &= candidates.costs <= state.settings.budget - committed(state, candidates) + 1e-9
    return free


def committed(state: State, candidates: Candidates) -> float:
    """What experiments have cost, failed ones and replicates too, and what is waiting will."""
    asked_for = [result.id for result in state.standing] + [one.id for one in state.waiting]
    return float(sum(candidates.costs[candidates.index(name)] for name in asked_for))


def knowledge(state: State, candidates: Candidates) -> Knowledge:
    """Fit the model to what was measured, beginning from the last fit's hyperparameters."""
    indices, y = measured(state, candidates)
    model = None
    if y.size >= _FEWEST:
        before = next((dict(b.parameters) for b in state.batches[::-1] if b.parameters), None)
        settings = GaussianProcess(surrogate=Surrogate(kernel=usual_kernel(state.settings)))
        try:
            model = settings.start(candidates.pool, indices, y, parameters=before, optimise=True)
        except np.linalg.LinAlgError as error:
            raise Refusal(
                f"no model can be fitted to these {y.size} measurements ({error}). Look for "
                "candidates of the same features with very different results."
            ) from error
    view = View(
        pool=candidates.pool,
        available=available(state, candidates),
        labelled=indices,
        y=y,
        posterior=None if model is None else _with_waiting(model.posterior, state, candidates),
        goal=state.settings.objective,
        r2=np.nan if model is None else r_squared(y, model.leave_one_out()),
        steps=tuple(
            StepRecord(step=step, phase=batch.phase, n_labelled=0, r2=_number(batch.r2))
            for step, batch in enumerate(state.batches)
        ),
    )
    chance, gain = _prospects(view, state.settings)
    return Knowledge(view=view, model=model, chance=chance, gain=gain)


def _with_waiting(posterior: Posterior, state: State, candidates: Candidates) -> Posterior:
    """What is being measured is believed to give its prediction: less is left to learn there."""
    waiting = [candidates.index(one.id) for one in state.waiting]
    return posterior.fantasise(waiting, posterior.mean[waiting]) if waiting else posterior


def _prospects(view: View, settings: Settings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if view.posterior is None:
        return np.empty(0), np.empty(0)
    mean, std, best = view.posterior.mean, view.posterior.std, view.best_merit
    if view.goal.target is not None:
        d = max(-best, settings.within)
        near = {"target": view.goal.target}
        chance = chance_within(mean, std, distance=settings.within or d, **near)
        return chance, improvement_to_target(mean, std, distance=d, **near)
    merit = view.goal.merit(mean)
    chance = acquisition.probability_of_improvement(merit, std, best=best)
    return chance, acquisition.expected_improvement(merit, std, best=best)


def _number(value: float | None) -> float:
    return np.nan if value is None else value
