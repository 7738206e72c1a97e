"""torch, so that a seed gives the same bits wherever it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def torch_generator(rng: np.random.Generator) -> torch.Generator:
    """A torch generator of its own, seeded by one draw from ``rng``."""
    return torch.Generator().manual_seed(int(rng.integers(2**63)))


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: small layers gain nothing from more, and sums keep their order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
