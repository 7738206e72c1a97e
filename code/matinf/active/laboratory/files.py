"""Files that are there whole or not at all, and one hand on them at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from matinf.active.laboratory.refusal import Refusal
from matinf.active.one_writer import Busy, only_writer


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that, whenever the power goes, it is the old one or the new one.

    The content goes to a new file beside it, is forced to disk, and takes the name in one step.

    Raises:
        Refusal: if it cannot be written; the old file is then untouched.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        _settle(path.parent)
    except BaseException as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise Refusal(
            f"{path}: cannot be written ({error.strerror}); nothing was changed. Make room, or "
            "name a file in a folder that exists and can be written to, and try again."
        ) from error


def _settle(folder: Path) -> None:
    """Force the new name to disk too, where the system lets a folder be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep a second command from changing the same file meanwhile; it waits a little.

    Raises:
        Refusal: if another process holds it, or the folder cannot be written to.
    """
    if path.is_dir():
        raise Refusal(
            f"{path}: expected the file of a campaign, found a folder. Name a file in it."
        )
    with ExitStack() as stack:
        try:
            stack.enter_context(only_writer(path))
        except Busy as busy:
            raise Refusal(
                f"{path}: another matinf-campaign is changing it ({busy}); nothing was changed. "
                "Wait until that one has ended, or end it, and give the same command again."
            ) from busy
        except OSError as error:
            raise Refusal(
                f"{path}: this folder cannot keep two commands apart ({error.strerror}); nothing "
                "was changed. Name a file in a folder of this computer that exists and can be "
                "written to."
            ) from error
        yield
