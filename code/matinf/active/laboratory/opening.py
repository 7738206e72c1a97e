"""A campaign with its candidates, which must be those that it was begun with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from matinf.active.laboratory.candidates import Candidates, read_candidates
from matinf.active.laboratory.records import State
from matinf.active.laboratory.refusal import Refusal, counted, some
from matinf.active.laboratory.settings import Settings
from matinf.active.laboratory.state import load

_NAMED = 3  # groups of candidates that are spelt out


def seen_from(state: Path, candidates: str) -> str:
    """Path of the candidates from the state's folder, so that both can be moved together."""
    with suppress(ValueError):  # on another drive there is no way from here to there
        return Path(os.path.relpath(candidates, state.parent)).as_posix()
    return str(Path(candidates).resolve())


def opened(path: Path) -> tuple[State, Candidates]:
    """A campaign with its candidates, which must be those that it was begun with."""
    state = load(path)
    table = path.parent / state.settings.candidates
    candidates = read_candidates(table, state.settings)
    if candidates.digest != state.digest:
        raise Refusal(f"{table}: {difference(state, candidates)}. {AMEND}")
    return state, candidates


AMEND = (
    "Bring back the table that the campaign was begun with; or, if the change is meant, say so "
    "with matinf-campaign amend STATE --candidates FILE."
)


def difference(state: State, candidates: Candidates) -> str:
    """What is known of how the table has changed."""
    changed = changed_rows(state, candidates)
    if changed:
        return f"the table has changed where it matters: {some(changed)} differ or are gone"
    if len(candidates.ids) != state.n_candidates:
        return f"expected {state.n_candidates} candidates, found {len(candidates.ids)}"
    return (
        "the table has changed since the campaign was begun "
        f"(digest {candidates.digest[:12]}, not {state.digest[:12]})"
    )


def changed_rows(state: State, candidates: Candidates) -> list[str]:
    """Candidates of which something is known, and whose rows are not what they were."""
    now = dict(zip(candidates.ids, candidates.row_digests, strict=True))
    return [name for name, row in state.rows.items() if now.get(name) != row]


def notes(settings: Settings, candidates: Candidates) -> Iterator[str]:
    """What is allowed, and likely not meant."""
    formula_or_smiles = settings.id_column in settings.feature_columns  # where capitals mean much
    for groups, what in (
        (candidates.twins, "the model cannot tell {} apart"),
        (() if formula_or_smiles else candidates.lookalikes, "{} differ in capital letters alone"),
    ):
        yield from (what.format(some(list(group))) for group in groups[:_NAMED])
        if len(groups) > _NAMED:
            yield f"and so in {counted(len(groups) - _NAMED, 'other group')}"
    if settings.strategy != "random" and settings.n_initial >= candidates.allowed.sum():
        yield (
            f"the first batch ({settings.n_initial}, at random) takes all that are allowed: no "
            "model will be asked; begin with fewer (--initial)"
        )
