"""The state of a campaign: one small file that holds all that was decided and measured.

It is JSON that can be read without this program. It is replaced whole or not at all, carries a
checksum, and is never edited by hand: a correction is an entry of its own.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matinf.active.laboratory.files import replace_file
from matinf.active.laboratory.records import Amendment, Batch, Result, State, Suggestion
from matinf.active.laboratory.refusal import Refusal
from matinf.active.laboratory.settings import Settings

_KIND, _VERSION = "matinf-campaign", 1


def save(path: Path, state: State) -> None:
    """Write a state so that the file is the old one or the new one, whenever the power goes."""
    content = {
        "settings": state.settings.stored(),
        "digest": state.digest,
        "n_candidates": state.n_candidates,
        "batches": [asdict(batch) for batch in state.batches],
        "results": [asdict(result) for result in state.results],
        "amendments": [asdict(amendment) for amendment in state.amendments],
    }
    document = {"kind": _KIND, "version": _VERSION, "checksum": _checksum(content), **content}
    replace_file(path, (json.dumps(document, indent=1, allow_nan=False) + "\n").encode())


def load(path: Path | str) -> State:
    """Read a state.

    Raises:
        Refusal: if there is none, it is something else or of another version, or one byte of
            what it says has changed.
    """
    path = Path(path)
    document = _document(path)
    if document.get("version") != _VERSION:
        raise Refusal(
            f"{path}: expected a state of version {_VERSION}, found version "
            f"{document.get('version')!r}. Use the release of this book that wrote it."
        )
    checksum = document.pop("checksum", None)
    content = {name: document[name] for name in document if name not in ("kind", "version")}
    if checksum != _checksum(content):
        raise Refusal(
            f"{path}: it is not what was written: its checksum differs. Bring back an undamaged "
            "copy. If it was edited to mend a result, undo that and use record --correct."
        )
    return State(
        settings=Settings.from_stored(content["settings"]),
        digest=content["digest"],
        n_candidates=content["n_candidates"],
        batches=tuple(_batch(stored) for stored in content["batches"]),
        results=tuple(Result(**stored) for stored in content["results"]),
        amendments=tuple(Amendment(**stored) for stored in content["amendments"]),
    )


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise Refusal(
            f"{path}: cannot be read ({error.strerror}). Give the file of a campaign, or begin "
            "one with matinf-campaign start."
        ) from error
    except ValueError as error:
        raise Refusal(f"{path}: {_not_ours(error)}") from error
    if not isinstance(document, dict) or document.get("kind") != _KIND:
        raise Refusal(f"{path}: {_not_ours('it is other JSON')}")
    return document


def _not_ours(why: object) -> str:
    return (
        f"expected the state of a campaign, found something else ({why}). Give the file that "
        "matinf-campaign start made, or bring back an undamaged copy."
    )


def _batch(stored: dict[str, Any]) -> Batch:
    suggestions = tuple(Suggestion(**one) for one in stored["suggestions"])
    return Batch(**{**stored, "suggestions": suggestions})


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
