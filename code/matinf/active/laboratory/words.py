"""What each word of the command does.

Each reads the state, checks everything, and writes once at its end or not at all.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from matinf.active.laboratory import report
from matinf.active.laboratory.arguments import goal_of
from matinf.active.laboratory.candidates import read_candidates
from matinf.active.laboratory.files import locked
from matinf.active.laboratory.history import check_free, write_batch, write_history
from matinf.active.laboratory.judged import checked, corrected, surprising
from matinf.active.laboratory.opening import (
    AMEND,
    changed_rows,
    difference,
    notes,
    opened,
    seen_from,
)
from matinf.active.laboratory.planning import next_batch
from matinf.active.laboratory.records import State
from matinf.active.laboratory.refusal import Refusal, counted, some
from matinf.active.laboratory.results import read_results, typed_results
from matinf.active.laboratory.settings import Settings, read_limit
from matinf.active.laboratory.state import load, save

Say = Callable[[str], object]


def start(options: argparse.Namespace, say: Say) -> None:
    """Begin a campaign."""
    path = Path(options.state)
    kind, columns = _features(options)
    settings = Settings(
        candidates=seen_from(path, options.candidates),
        id_column=options.id,
        target=options.target,
        unit=options.unit,
        within=options.within,
        features=kind,
        feature_columns=columns,
        cost=options.cost,
        n_initial=options.initial,
        batch=options.batch or ("kriging_believer" if options.closest_to is None else "top_k"),
        kernel=options.kernel,
        seed=options.seed,
        **goal_of(options),
        **_course(options),
    )
    with locked(path):
        if path.exists():
            raise Refusal(
                f"{path}: there is a campaign already, or another file; nothing was changed. Go "
                "on with it, or begin another one under a name of its own."
            )
        candidates = read_candidates(path.parent / settings.candidates, settings)
        save(
            path,
            State(settings=settings, digest=candidates.digest, n_candidates=len(candidates.ids)),
        )
    say(f"{path}: a campaign for {settings.in_words}")
    allowed = int(candidates.allowed.sum())
    say(f"{len(candidates.ids)} candidates, {allowed} allowed; seed {settings.seed}")
    for note in notes(settings, candidates):
        say(f"note: {note}")


def _features(options: argparse.Namespace) -> tuple[Any, tuple[str, ...]]:
    for kind in ("formula", "smiles"):
        if getattr(options, kind) is not None:
            return kind, (getattr(options, kind),)
    return "columns", tuple(options.features)


def _course(options: argparse.Namespace) -> dict[str, Any]:
    """What was said of the course of a campaign; what was not stays as it is."""
    said = {
        name: getattr(options, name) for name in ("strategy", "batch_size", "budget", "stop_below")
    }
    if options.limit is not None:
        said["limits"] = tuple(read_limit(text) for text in options.limit if text != "none")
    if options.without_elements is not None:
        said["without"] = tuple(name for name in options.without_elements if name != "none")
    return {name: value for name, value in said.items() if value is not None}


def suggest(options: argparse.Namespace, say: Say) -> None:
    """Choose the next batch, or say again which results are awaited."""
    path = Path(options.state)
    with locked(path):
        state, candidates = opened(path)
        if options.to:
            check_free(Path(options.to), path, state)
        waiting = {one.id for one in state.waiting}
        if waiting and not options.more:
            say("results of these are awaited (--more chooses further ones):")
            batches = [b for b in state.batches if waiting & {one.id for one in b.suggestions}]
        else:
            batches = [next_batch(state, candidates)]
            waiting = {one.id for one in batches[0].suggestions}
            state = state.with_batch(batches[0])
            save(path, state)
            say(f"batch {len(state.batches)}, {batches[0].phase}:")
        for batch in batches:
            say(report.batch_table(batch, state.settings, only=waiting))
        if options.to:
            _write(options, lambda to: write_batch(to, batches, state.settings, only=waiting))


def _write(options: argparse.Namespace, write: Callable[[Path], None]) -> None:
    """Write the table of a batch that the state holds by now.

    Raises:
        Refusal: if it cannot be written, saying that the batch is kept.
    """
    try:
        write(Path(options.to))
    except Refusal as refusal:
        raise Refusal(
            f"{str(refusal).replace('; nothing was changed', '')} The batch is kept in the state: "
            f"matinf-campaign suggest {options.state} --to FILE writes it out."
        ) from refusal


def record(options: argparse.Namespace, say: Say) -> None:
    """Record results and failures, all of them or none."""
    path = Path(options.state)
    with locked(path):
        state, candidates = opened(path)
        entries = typed_results(options.values, options.failed, state.settings, candidates)
        empty = 0
        if options.results:
            read, empty = read_results(Path(options.results), state.settings)
            entries += read
        if not entries:
            raise Refusal("record: found no result; give id=value, --failed or --results.")
        entries = [replace(entry, note=entry.note or options.note) for entry in entries]
        if options.correct is not None:
            names = {entry.id for entry in entries}
            state = corrected(state, names, options.correct or "corrected")
        before = state.standing
        results = checked(
            entries, state, candidates, replicate=options.replicate, unasked=options.unasked
        )
        state = replace(state, results=(*state.results, *results))
        save(path, state)
    failed = sum(bool(result.failure) for result in results)
    values = counted(len(results) - failed, "value")
    say(f"recorded {values}" + (f" and {counted(failed, 'failure')}" if failed else ""))
    for line in surprising(results, before):
        say(line)
    if empty:
        say(f"still empty in {options.results}: {counted(empty, 'row')}")
    if state.waiting:
        say(f"awaited: {some([one.id for one in state.waiting])}")


def status(options: argparse.Namespace, say: Say) -> None:
    """Say how the campaign stands."""
    state, candidates = opened(Path(options.state))
    if options.to:
        check_free(Path(options.to), Path(options.state), state)
    say(report.status(state, candidates))
    if options.to:
        write_history(Path(options.to), state)


def amend(options: argparse.Namespace, say: Say) -> None:
    """Change what may be changed on the way."""
    path = Path(options.state)
    with locked(path):
        state = load(path)
        settings = replace(state.settings, **_course(options))
        if options.candidates:
            settings = replace(settings, candidates=seen_from(path, options.candidates))
        table = path.parent / settings.candidates
        candidates = read_candidates(table, settings)
        if changed := changed_rows(state, candidates):
            raise Refusal(
                f"{table}: expected the rows of all candidates that were put forward or measured "
                f"as they were, but {some(changed)} differ or are gone. Restore those rows."
            )
        if not options.candidates and candidates.digest != state.digest:
            raise Refusal(f"{table}: {difference(state, candidates)}. {AMEND}")
        n_candidates = len(candidates.ids)
        save(path, state.amended(settings, digest=candidates.digest, n_candidates=n_candidates))
    say(f"{len(candidates.ids)} candidates, {int(candidates.allowed.sum())} allowed")


WORDS: dict[str, Callable[[argparse.Namespace, Say], None]] = {
    "start": start,
    "suggest": suggest,
    "record": record,
    "status": status,
    "amend": amend,
}
