"""Tables for the bench: a batch to be filled in, and all that happened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matinf.active.laboratory.records import Batch, State, Suggestion
from matinf.active.laboratory.refusal import Refusal, some
from matinf.active.laboratory.results import FAILED, NOTE, read_results
from matinf.active.laboratory.settings import Settings
from matinf.active.laboratory.table import write_table


def check_free(path: Path, state_path: Path, state: State) -> None:
    """Let a table be written over, unless something would be lost with it.

    Raises:
        Refusal: if it is the state or the table of candidates, or holds results that have not
            been recorded.
    """
    ours = (state_path, state_path.parent / state.settings.candidates)
    if any(path.resolve() == own.resolve() for own in ours):
        raise Refusal(f"{path}: belongs to the campaign; write to another file.")
    if not path.exists():
        return
    try:
        entries, _ = read_results(path, state.settings)
    except Refusal as refusal:
        raise Refusal(
            f"{path}: there is another file, which would be lost; name a new one. ({refusal})"
        ) from refusal
    awaited = {one.id for one in state.waiting}
    if lost := [entry.id for entry in entries if entry.id in awaited]:
        raise Refusal(
            f"{path}: holds results that are not recorded ({some(lost)}). Record them with "
            "--results first, or write to another file."
        )


def write_batch(
    path: Path, batches: Sequence[Batch], settings: Settings, *, only: set[str]
) -> None:
    """Write candidates to be measured, with empty columns for what comes of them."""
    columns = (
        settings.id_column,
        settings.target,
        FAILED,
        NOTE,
        "predicted mean",
        "predicted std",
        "chance",
        "why",
    )
    rows = [
        (one.id, "", "", "", _text(one.mean), _text(one.std), _text(one.chance), one.why)
        for batch in batches
        for one in batch.suggestions
        if one.id in only
    ]
    write_table(path, columns, rows)


def write_history(path: Path, state: State) -> None:
    """Write every result with its prediction, batch, times and notes: one row per experiment."""
    said: dict[str, tuple[int, Batch, Suggestion]] = {
        one.id: (number, batch, one)
        for number, batch in enumerate(state.batches, start=1)
        for one in batch.suggestions
    }
    columns = (
        *(state.settings.id_column, state.settings.target, "unit", FAILED, NOTE, "recorded"),
        *("withdrawn", "batch", "phase", "suggested", "predicted mean", "predicted std", "why"),
    )
    rows = []
    for result in state.results:
        start = (
            *(result.id, _text(result.value), state.settings.unit, result.failure),
            *(result.note, result.when, result.withdrawn),
        )
        if result.id not in said:
            rows.append((*start, "", "unasked", "", "", "", ""))
            continue
        number, batch, one = said[result.id]
        end = (str(number), batch.phase, batch.when, _text(one.mean), _text(one.std), one.why)
        rows.append((*start, *end))
    write_table(path, columns, rows)


def _text(value: float | None) -> str:
    return "" if value is None else repr(value)
