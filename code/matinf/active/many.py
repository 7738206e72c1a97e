"""Many campaigns at once: every strategy with every seed, on the cores at hand or on a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import ArrayLike

from matinf.active.campaign import run_campaign
from matinf.active.oracle import Oracle
from matinf.active.pairs import Pool
from matinf.active.result import CampaignResult
from matinf.active.settings import CampaignConfig

Key = tuple[str, int]


def run_campaigns(
    X_pool: Pool | ArrayLike,
    oracle: Oracle,
    configs: Mapping[str, CampaignConfig],
    *,
    seeds: Iterable[int],
    n_jobs: int | None = None,
    checkpoints: Path | str | None = None,
) -> dict[Key, CampaignResult]:
    """Run each strategy with each seed. The initial draw depends on the seed alone.

    The work is given to joblib, and so goes wherever joblib's settings send it. On the cores of
    this machine, ``n_jobs=2``. On a Dask cluster, the same call::

        client = distributed.Client(address)
        with joblib.parallel_config(backend="dask"):
            results = run_campaigns(X_pool, oracle, configs, seeds=range(20))

    Each result is that of :func:`run_campaign` to the last bit, also when a worker dies and
    another takes over.

    Args:
        X_pool: Features of the candidates, or a :class:`Pool`.
        oracle: Answers all of them; it must be possible to pickle it.
        configs: Settings of each strategy, by name.
        seeds: Campaign ``(name, seed)`` draws from ``numpy.random.default_rng(seed)``.
        n_jobs: Campaigns at once; by default what joblib is set to, else one.
        checkpoints: Folder for one checkpoint per campaign, so that a run of many that was
            stopped goes on where it was; it must be seen by all workers.

    Returns:
        Results by name and seed.
    """
    pool = X_pool if isinstance(X_pool, Pool) else Pool(np.asarray(X_pool))
    folder = None if checkpoints is None else Path(checkpoints)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    keys = [(name, int(seed)) for seed in seeds for name in configs]
    calls = [
        joblib.delayed(_one)(pool, oracle, configs[name], seed, _file(folder, name, seed))
        for name, seed in keys
    ]
    return dict(zip(keys, joblib.Parallel(n_jobs=n_jobs)(calls), strict=True))


def _one(
    pool: Pool, oracle: Oracle, config: CampaignConfig, seed: int, checkpoint: Path | None
) -> CampaignResult:
    rng = np.random.default_rng(seed)
    return run_campaign(pool, oracle, config, rng=rng, checkpoint=checkpoint, progress=False)


def _file(folder: Path | None, name: str, seed: int) -> Path | None:
    return None if folder is None else folder / f"{name}-{seed}.journal"
