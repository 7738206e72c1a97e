"""One writer at a time: a file that two processes must not change at once.

The lock is the operating system's, on ``<file>.lock`` beside it. It ends with the process that
holds it, however that ends, so a lock file that a killed one leaves behind holds nobody up. It says
in words who took the lock last, for the message to whoever has to wait.
"""

from __future__ import annotations

import errno
import getpass
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

_PATIENCE = 5.0  # seconds: longer than a record takes, shorter than anybody takes it for dead


class Busy(Exception):
    """Another process holds the file; the message says which, and since when."""


@contextmanager
def only_writer(path: Path, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Keep all other writers from a file meanwhile; whoever reads it is not kept.

    Args:
        path: The file, which need not exist; its folder must.
        patience: How long to wait for another process, in seconds.

    Raises:
        Busy: if another process holds it for longer than that.
        OSError: if the folder cannot be written to, or knows no locks.
    """
    if not path.parent.is_dir():  # which the library would make
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
    beside = path.with_name(f"{path.name}.lock")
    lock = FileLock(beside, timeout=patience, on_acquired=_sign)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(_holder(beside)) from None
    try:
        yield
    finally:
        with suppress(OSError):  # Windows takes it away only once it is free
            beside.unlink()
        lock.release()


def _sign(handle: int) -> None:
    """Say who holds the lock, behind the first byte: Windows lets nobody else read that one."""
    with suppress(OSError):  # the lock holds on a full disk too
        os.ftruncate(handle, 0)
        os.write(handle, f"\n{_myself()}\n".encode())


def _myself() -> str:
    who = f"process {os.getpid()}"
    with suppress(OSError, KeyError, ImportError):  # a user without a name
        who += f" of {getpass.getuser()}"
    return f"{who} on {platform.node()}, since {datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}"


def _holder(beside: Path) -> str:
    with suppress(OSError), beside.open("rb", buffering=0) as file:
        file.seek(1)
        if signed := file.read(1000).decode(errors="replace").strip():
            return signed
    return "another process"
