"""From what a laboratory has recorded to what it should measure next, and why."""

from __future__ import annotations

from importlib import metadata
from platform import python_version

import numpy as np

from matinf.active.acquire import Acquire, Thompson
from matinf.active.laboratory.candidates import Candidates
from matinf.active.laboratory.improvement import Improvement
from matinf.active.laboratory.knowledge import Knowledge, committed, knowledge, usual_kernel
from matinf.active.laboratory.records import Batch, State, Suggestion, now
from matinf.active.laboratory.refusal import Refusal
from matinf.active.laboratory.settings import Settings
from matinf.active.strategies import ExploreThenExploit, RandomSearch
from matinf.active.view import Indices, Strategy


def make_strategy(settings: Settings, candidates: Candidates) -> Strategy:
    """The strategy that settings ask for."""
    name, batch = settings.strategy, settings.batch
    if name == "random":
        return RandomSearch()
    if name == "thompson":
        return Thompson()
    one_by_one = batch if settings.goal != "target" else "top_k"
    if name == "explore_then_exploit":
        return ExploreThenExploit()
    if name in ("ei", "pi") and (settings.goal == "target" or settings.cost):
        return Improvement(
            by="ei" if name == "ei" else "pi",
            believe=batch == "kriging_believer",
            within=settings.within,
            costs=candidates.costs if settings.cost else None,
        )
    return Acquire(by=name, batch=one_by_one)  # type: ignore[arg-type]  # checked by Settings


def next_batch(state: State, candidates: Candidates) -> Batch:
    """Choose the next batch: at random to begin with, then by the strategy.

    Raises:
        Refusal: if no candidate is left that may be put forward.
    """
    settings = state.settings
    known = knowledge(state, candidates)
    n_free = int(known.view.available.sum())
    if n_free == 0:
        raise Refusal(_nothing_left(state, candidates))
    n_known = len(state.rows)
    first = not state.batches and n_known < settings.n_initial
    wanted = settings.n_initial - n_known if first else settings.batch_size
    strategy = make_strategy(settings, candidates)
    if first or (strategy.needs_model and known.model is None):
        strategy = RandomSearch()
    rng = np.random.default_rng([settings.seed, len(state.batches)])
    chosen = strategy.choose(known.view, min(wanted, n_free), rng=rng)
    chosen = _affordable(chosen, state, candidates)
    phase = strategy.phase(known.view)
    return Batch(
        phase="initial" if first else phase,
        suggestions=tuple(_suggestion(int(i), known, candidates, settings, phase) for i in chosen),
        parameters={} if known.model is None else dict(known.model.parameters),
        gain=_finite(known.largest_gain),
        r2=_finite(known.view.r2),
        when=now(),
        versions=versions(),
    )


def _affordable(chosen: Indices, state: State, candidates: Candidates) -> Indices:
    """Those of a batch that the budget still pays for together, the first ones first."""
    budget, left = state.settings.budget, []
    if budget is None:
        return chosen
    spent = committed(state, candidates)
    for row in chosen:
        if spent + candidates.costs[row] <= budget + 1e-9:
            spent += float(candidates.costs[row])
            left.append(row)
    return np.array(left, dtype=np.intp)


def _suggestion(
    row: int, known: Knowledge, candidates: Candidates, settings: Settings, phase: str
) -> Suggestion:
    name, digest = candidates.ids[row], candidates.row_digests[row]
    if known.view.posterior is None or known.model is None:
        return Suggestion(id=name, row=digest, why="drawn at random")
    return Suggestion(
        id=name,
        row=digest,
        mean=float(known.view.posterior.mean[row]),
        std=float(known.view.posterior.std[row]),
        chance=float(known.chance[row]),
        why=_why(row, known, candidates, settings, phase),
    )


def _why(row: int, known: Knowledge, candidates: Candidates, settings: Settings, phase: str) -> str:
    """The reason of the strategy, and the measured candidate that the model leans on most."""
    reasons = {
        "random": "drawn at random",
        "explore": "least is known here",
        "exploit": "best prediction",
        "pi": "best chance",
        "pi per cost": "best chance",
        "thompson": "best in one possible world",
        "ucb": "could be the best",
    }
    unit = f" {settings.unit}" if settings.unit else ""
    reason = reasons.get(phase, f"expected gain {known.gain[row]:.2g}{unit}")
    if settings.cost:
        reason += f" for {candidates.costs[row]:g}"
    indices, y = known.view.labelled, known.view.y
    pairs = known.view.pool.pairs([row], indices, kernel=usual_kernel(settings))[0]
    nearest = int(np.argmax(pairs) if usual_kernel(settings) == "tanimoto" else np.argmin(pairs))
    return f"{reason}; most like {candidates.ids[indices[nearest]]} ({y[nearest]:.4g})"


def _nothing_left(state: State, candidates: Candidates) -> str:
    settings, left = state.settings, candidates.allowed.copy()
    left[[candidates.index(name) for name in state.rows]] = False
    if settings.budget is not None and left.any():
        spent = committed(state, candidates)
        return (
            f"the budget of {settings.budget:g} is spent: {spent:g} is used or promised, and the "
            f"cheapest candidate left costs {candidates.costs[left].min():g}."
        )
    return "every candidate that the constraints allow has been put forward."


def versions() -> dict[str, str]:
    """Versions of what choices are computed with."""
    found = {"python": python_version()}
    return found | {name: metadata.version(name) for name in ("numpy", "scipy")}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
