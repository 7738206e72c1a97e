"""Files that are there whole or not at all, and one hand on them at a time."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from matinf.active.laboratory.refusal import Refusal


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
    """Keep a second command from changing the same file meanwhile.

    The lock is the operating system's, on ``<file>.lock`` beside it: it ends with the process
    that holds it, however that ends, so a lock file that is left over means nothing.

    Raises:
        Refusal: if another process holds it, or the folder cannot be written to.
    """
    if path.is_dir():
        raise Refusal(
            f"{path}: expected the file of a campaign, found a folder. Name a file in it."
        )
    beside = path.with_name(f"{path.name}.lock")
    try:
        file = beside.open("ab")
    except OSError as error:
        raise Refusal(
            f"{beside}: cannot be made ({error.strerror}). Name a file in a folder that exists "
            "and can be written to."
        ) from error
    with file:
        try:
            _lock(file.fileno())
        except OSError as error:
            if error.errno not in _HELD:
                raise Refusal(
                    f"{beside}: this folder cannot keep two commands apart ({error.strerror}); "
                    "nothing was changed. Keep the campaign in a folder of this computer."
                ) from error
            raise Refusal(
                f"{path}: another matinf-campaign is changing it at this moment; nothing was "
                "changed. Wait until that one has ended, and give the same command again."
            ) from error
        yield


_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}

if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
