"""TensorFlow and GPflow, imported without the lines that they write to standard error.

TensorFlow reports its build and its devices on file descriptor 2, below Python and with process
numbers, whatever its log level: on a page this is noise that differs from run to run. What an
import that fails has written is shown.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, and show it if the block fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


with _quiet():
    import gpflow
    import tensorflow as tf

    tf.constant(0.0)  # the devices are looked for, and reported, at the first tensor

__all__ = ["gpflow", "tf"]
