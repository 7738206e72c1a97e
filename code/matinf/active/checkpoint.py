"""The journal of a campaign: what it has done so far, safe against being killed.

One line per event, appended and forced to disk before the campaign goes on: first what the
campaign is, then each batch that was chosen and each answer that came. A line carries its own
checksum. The one that was being written when the power went is found out and dropped; damage
anywhere else is refused.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from matinf.active.one_writer import Busy, only_writer
from matinf.active.result import Measurement, StepRecord

_FORMAT = 1


class CheckpointError(Exception):
    """A checkpoint is damaged, belongs to another campaign, or is being written by another run."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One step: what was known, what was chosen, and the answers that have come.

    Attributes:
        record: What was known when it was chosen.
        chosen: The candidates with their predictions, in the order in which to ask; no values.
        answered: As many of them as have been asked for, with values or reasons.
    """

    record: StepRecord
    chosen: tuple[Measurement, ...]
    answered: list[Measurement]

    @property
    def is_complete(self) -> bool:
        """Whether every candidate has been asked for."""
        return len(self.answered) == len(self.chosen)


@contextmanager
def only_run(path: Path | None) -> Iterator[None]:
    """Keep a second process from running the campaign of the same journal meanwhile.

    Args:
        path: The journal; without one there is nothing to keep.

    Raises:
        CheckpointError: if another process runs it, or its folder cannot keep two apart.
    """
    with ExitStack() as stack:
        try:
            if path is not None:
                stack.enter_context(only_writer(path))
        except Busy as busy:
            raise CheckpointError(
                f"{path}: this campaign is being run already ({busy}). Wait until that run has "
                "ended, or end it: this one then goes on where it was."
            ) from busy
        except OSError as error:
            raise CheckpointError(
                f"{path}: this folder cannot keep two runs apart ({error.strerror}). Keep the "
                "checkpoint in a folder that exists, can be written to and knows locks."
            ) from error
        yield


class Journal:
    """Appends events to a file, and reads those of an earlier run."""

    def __init__(self, path: Path | None, identity: dict[str, Any]) -> None:
        """Open, or begin, the journal of one campaign; without a path nothing is kept.

        Args:
            path: The file; its folder must exist.
            identity: What the campaign is: settings, seed, pool. A journal of anything else is
                refused.

        Raises:
            CheckpointError: if the file is damaged or belongs to another campaign.
        """
        self.path = path
        self.batches: list[Batch] = []
        if path is None:
            return
        head = {"format": _FORMAT, **identity}
        if not path.exists() or not (events := _read_whole_lines(path)):
            _begin(path, _line("campaign", head))
            return
        _check_identity(path, events[0], head)
        self._replay(events[1:])

    def choose(self, record: StepRecord, chosen: tuple[Measurement, ...]) -> Batch:
        """Write down a batch before anything of it is measured."""
        content = {"record": asdict(record), "chosen": [asdict(m) for m in chosen]}
        self._append("batch", content)
        self.batches.append(Batch(record=record, chosen=chosen, answered=[]))
        return self.batches[-1]

    def answer(self, batch: Batch, measurement: Measurement) -> None:
        """Write down an answer as soon as it is there."""
        self._append("answer", asdict(measurement))
        batch.answered.append(measurement)

    def _append(self, kind: str, content: dict[str, Any]) -> None:
        if self.path is None:
            return
        with self.path.open("ab") as file:
            file.write(_line(kind, content))
            file.flush()
            os.fsync(file.fileno())

    def _replay(self, events: list[tuple[str, dict[str, Any]]]) -> None:
        for kind, content in events:
            if kind == "batch":
                chosen = tuple(Measurement(**m) for m in content["chosen"])
                record = StepRecord(**content["record"])
                self.batches.append(Batch(record=record, chosen=chosen, answered=[]))
            else:
                self.batches[-1].answered.append(Measurement(**content))


def _line(kind: str, content: dict[str, Any]) -> bytes:
    """An event with its checksum; floats are written so that they come back to the last bit."""
    text = json.dumps([kind, content])
    return f"{zlib.crc32(text.encode()):08x} {text}\n".encode()


def _begin(path: Path, line: bytes) -> None:
    """Make a file that is there with its first line, or not at all."""
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _read_whole_lines(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """All events; a last line that was cut short is taken off the file."""
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(len(content) - len(lines.pop()))
    return list(_events(path, lines))


def _events(path: Path, lines: list[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        checksum, _, text = line.rstrip(b"\n").partition(b" ")
        if checksum != f"{zlib.crc32(text):08x}".encode():
            raise CheckpointError(
                f"{path}, line {number}: it is not what was written (its checksum differs). "
                "Bring back an undamaged copy, or remove the file to begin anew."
            )
        kind, content = json.loads(text)
        yield kind, content


def _check_identity(path: Path, event: tuple[str, dict[str, Any]], head: dict[str, Any]) -> None:
    kind, found = event
    differ = [name for name in head if found.get(name) != head[name]]
    if kind != "campaign" or differ:
        what = "; ".join(
            f"{name}: {found.get(name)!r} there, {head[name]!r} here" for name in differ
        )
        raise CheckpointError(
            f"{path}: the checkpoint of another campaign ({what}). Run that one, or give this one "
            "a file of its own."
        )
