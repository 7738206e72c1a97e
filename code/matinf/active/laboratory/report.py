"""What is printed: tables, a line of small bars, and how a campaign stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from matinf.active.laboratory.candidates import Candidates
from matinf.active.laboratory.knowledge import committed, knowledge
from matinf.active.laboratory.quality import cross_validated, kept_promises, replicate_std
from matinf.active.laboratory.records import Batch, State
from matinf.active.laboratory.refusal import counted, some
from matinf.active.laboratory.settings import Settings
from matinf.active.result import best_so_far

_BARS = "▁▂▃▄▅▆▇█"


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Columns of text: the first ``left`` and the last to the left, the rest to the right."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    flush = {*range(left), len(header) - 1}
    lines = (
        "  ".join(
            cell.ljust(width) if i in flush else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, *rows)
    )
    return "\n".join(lines)


def batch_table(batch: Batch, settings: Settings, *, only: set[str] | None = None) -> str:
    """A batch for the eye: what is predicted of each candidate, and why it is suggested."""
    suggestions = [one for one in batch.suggestions if only is None or one.id in only]
    if all(one.mean is None for one in suggestions):
        rows = [(one.id, one.why) for one in suggestions]
        return aligned((settings.id_column, "why"), rows)
    unit = f" {settings.unit}" if settings.unit else ""
    places = _places([one.std or 0.0 for one in suggestions])
    header = (settings.id_column, f"mean{unit}", f"std{unit}", "chance", "why")
    return aligned(
        header,
        [
            (
                one.id,
                *(f"{value or 0:.{places}f}" for value in (one.mean, one.std)),
                f"{one.chance or 0:.0%}",
                one.why,
            )
            for one in suggestions
        ],
    )


def _places(spreads: Sequence[float]) -> int:
    """Decimals that show two digits of a typical standard deviation."""
    typical = float(np.median(spreads))
    return int(np.clip(1 - np.floor(np.log10(typical)), 0, 9)) if typical > 0 else 3


def sparkline(values: NDArray[np.float64], *, width: int = 60) -> str:
    """Numbers as a line of small bars, the lowest to the highest; the last of each group."""
    if not len(values):
        return ""
    groups = np.array_split(values, min(width, len(values)))
    last = np.array([group[-1] for group in groups])
    span = np.ptp(last)
    heights = np.zeros(last.size) if span == 0 else (last - last.min()) / span
    return "".join(_BARS[round(height * (len(_BARS) - 1))] for height in heights.tolist())


def status(state: State, candidates: Candidates) -> str:
    """How a campaign stands, in lines."""
    rows = [*_counts(state, candidates), *_findings(state, candidates)]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {text}" for name, text in rows)


def _counts(state: State, candidates: Candidates) -> Iterator[tuple[str, str]]:
    settings = state.settings
    yield "sought", settings.in_words
    allowed = int(candidates.allowed.sum())
    yield "candidates", f"{len(candidates.ids)} in {settings.candidates}, {allowed} allowed"
    done = {result.id for result in state.measured}
    failed = {result.id for result in state.standing} - done
    again = len(state.measured) - len(done)
    parts = [f"{counted(len(done), 'candidate')} in {_batches(len(state.batches))}"]
    parts += [counted(again, "replicate")] if again else []
    parts += [f"failed: {some(sorted(failed))}"] if failed else []
    yield "measured", "; ".join(parts)
    if settings.within and (told := kept_promises(state)):
        yield "promises", f"{told[2]} measured: {told[0]:.1f} predicted within, {told[1]} are"
    for one in state.amendments:
        changes = "; ".join(f"{name} {change}" for name, change in one.changed.items())
        yield "amended", f"after {_batches(one.after)}: {changes}"
    if state.waiting:
        yield "waiting", some([one.id for one in state.waiting])
    if settings.cost or settings.budget:
        spent = committed(state, candidates)
        yield "spent", f"{spent:g}" + (f" of {settings.budget:g}" if settings.budget else "")


def _batches(n: int) -> str:
    return f"{n} batch{'es' * (n != 1)}"


def _findings(state: State, candidates: Candidates) -> Iterator[tuple[str, str]]:
    settings = state.settings
    if not state.measured:
        yield "next", "matinf-campaign suggest, then record"
        return
    unit = f" {settings.unit}" if settings.unit else ""
    known = knowledge(state, candidates)
    y = known.view.y
    row = int(known.view.labelled[np.argmax(known.view.goal.merit(y))])
    repeats = y[known.view.labelled == row]
    of = f", mean of {repeats.size}: {repeats.mean():.4g}{unit}" if repeats.size > 1 else ""
    best = y[np.argmax(known.view.goal.merit(y))]
    yield "best", f"{candidates.ids[row]}, {best:.4g}{unit}{of}"
    if settings.within:
        near = -settings.objective.merit(y) <= settings.within + 1e-9
        yield "found", f"{counted(near.sum(), 'measurement')} within {settings.within:g}{unit}"
        yield "course", sparkline(np.cumsum(near).astype(float))
    else:
        yield "course", sparkline(settings.objective.merit(best_so_far(y, settings.objective)))
    quality = cross_validated(known, settings)
    if quality is not None:
        yield "model", f"cross-validated R² {quality.r2:.2f}, mean error {quality.error:.2g}{unit}"
        yield "", f"always the mean: mean error {quality.baseline:.2g}{unit}"
        yield "", f"{quality.inside} of {quality.n} inside their 90 % interval"
    if np.isfinite(spread := replicate_std(state, candidates)):
        yield "replicates", f"standard deviation {spread:.2g}{unit}"
    if np.isfinite(gain := known.largest_gain):
        yield "to gain", f"at most {gain:.2g}{unit} is expected of any candidate left"
        if settings.stop_below and gain < settings.stop_below:
            yield "stop", f"that is below {settings.stop_below:g}{unit}, where you said to stop"
