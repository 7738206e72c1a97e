"""Small campaigns for tests: a pool of random fingerprints whose value a few bits decide."""

from __future__ import annotations

from typing import Any

import numpy as np

from matinf.active.campaign import CampaignConfig
from matinf.active.strategies import (
    Acquire,
    ExploreThenExploit,
    RandomSearch,
    Strategy,
    Thompson,
)

N_POOL = 150

STRATEGIES: dict[str, Strategy] = {
    "random": RandomSearch(),
    "exploit": Acquire(by="exploit"),
    "explore": Acquire(by="explore"),
    "pi": Acquire(by="pi"),
    "ei": Acquire(by="ei"),
    "log_ei": Acquire(by="log_ei"),
    "ucb": Acquire(by="ucb", beta=2.0),
    "thompson": Thompson(n_joint=60),
    "switch": ExploreThenExploit(threshold=0.3),
    "believer": Acquire(by="log_ei", batch="kriging_believer"),
    "penalised": Acquire(by="log_ei", batch="local_penalisation"),
}


def pool() -> tuple[np.ndarray, np.ndarray]:
    """Features (n_pool, 24) of 0 and 1, and values that a model can learn."""
    rng = np.random.default_rng(5)
    X = (rng.random((N_POOL, 24)) < 0.3).astype(np.uint8)
    return X, X @ rng.normal(size=24) + 0.05 * rng.normal(size=N_POOL)


def config(strategy: str = "log_ei", **changes: Any) -> CampaignConfig:
    """Twelve at random, then six steps of four; a fit at every third."""
    settings: dict[str, Any] = {"n_initial": 12, "batch_size": 4, "n_steps": 6, "refit_every": 3}
    return CampaignConfig(strategy=STRATEGIES[strategy], **{**settings, **changes})
