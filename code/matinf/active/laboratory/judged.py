"""Results held against the campaign: candidates it knows, asked for, and not told before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches

from matinf.active.laboratory.candidates import Candidates
from matinf.active.laboratory.records import Result, State, now
from matinf.active.laboratory.refusal import Refusal, some
from matinf.active.laboratory.results import Entry

_FEW = 3  # values, below which none can be called unusual


def checked(
    entries: Sequence[Entry],
    state: State,
    candidates: Candidates,
    *,
    replicate: bool = False,
    unasked: bool = False,
) -> list[Result]:
    """Turn entries into results, or refuse them all.

    Args:
        entries: What was handed in.
        state: The campaign so far.
        candidates: Its candidates.
        replicate: Whether a second result of a candidate is meant as one.
        unasked: Whether results of candidates that were never put forward are meant so.

    Raises:
        Refusal: for unknown candidates, and for the two cases above without the word for them.
    """
    if unknown := [entry for entry in entries if entry.id not in candidates]:
        first = unknown[0]
        raise Refusal(
            f"{first.where}: {first.id!r} is no candidate of this campaign; "
            f"{_similar(first.id, candidates.ids)} Nothing was recorded."
        )
    suggested = state.suggested
    strange = _names(entry for entry in entries if entry.id not in suggested)
    if strange and not unasked:
        raise Refusal(
            f"{some(strange)}: never put forward by this campaign. If it was measured all the "
            "same, say so with --unasked. Nothing was recorded."
        )
    if not replicate:
        _refuse_repeats(entries, {result.id: result for result in state.standing})
    rows = dict(zip(candidates.ids, candidates.row_digests, strict=True))
    return [
        Result(
            id=entry.id,
            row=rows[entry.id],
            value=entry.value,
            failure=entry.failure,
            note=entry.note,
            asked=entry.id in suggested,
            when=now(),
        )
        for entry in entries
    ]


def surprising(results: Sequence[Result], before: Sequence[Result]) -> list[str]:
    """Results that lie far outside all others: a slip of the pen, or another unit, looks so.

    Args:
        results: What was just recorded.
        before: What counted before; where that is fewer than three values, the others of the
            same batch are looked at too.

    Returns:
        A line for each value farther from the range of the others than three times that range.
    """
    lines = []
    for result in results:
        others = [one.value for one in before if one.value is not None]
        if len(others) < _FEW:
            others += [o.value for o in results if o is not result and o.value is not None]
        if result.value is None or len(others) < _FEW:
            continue
        low, high = min(others), max(others)
        reach = 3 * (high - low)
        if reach and not low - reach <= result.value <= high + reach:
            lines.append(
                f"note: {result.id}={result.value:g} lies far from all others ({low:g} to "
                f"{high:g}). If it is a slip, or another unit, use --correct"
            )
    return lines


def _refuse_repeats(entries: Sequence[Entry], heard: dict[str, Result]) -> None:
    told: dict[str, str] = {name: f"already {_said(result)}" for name, result in heard.items()}
    for entry in entries:
        if entry.id in told:
            raise Refusal(
                f"{entry.where}: {entry.id!r} is {told[entry.id]}. If it was measured again, say "
                "--replicate; if the first was wrong, use --correct. Nothing was recorded."
            )
        told[entry.id] = "here twice"


def _said(result: Result) -> str:
    if result.value is None:
        return f"recorded as failed ({result.failure})"
    return f"recorded as {result.value:g}"


def _names(entries: Iterable[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.id for entry in entries))


def _similar(name: str, ids: Collection[str]) -> str:
    """The candidates whose names look like this one."""
    close = get_close_matches(name, ids, n=3)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"names look like {some(list(ids), at_most=3)}."


def corrected(state: State, names: Collection[str], reason: str) -> State:
    """Withdraw the results of candidates; they stay in the file, and no longer count.

    Raises:
        Refusal: if one has no result.
    """
    heard = {result.id for result in state.standing}
    if missing := [name for name in names if name not in heard]:
        raise Refusal(f"{some(missing)}: nothing is recorded that could be corrected.")
    results = tuple(
        replace(result, withdrawn=reason) if result.id in names and not result.withdrawn else result
        for result in state.results
    )
    return replace(state, results=results)
