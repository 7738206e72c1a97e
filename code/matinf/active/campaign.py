"""A campaign: measure a little, learn, choose what to measure next, and again.

The campaign is told features and asks an oracle for values. It never holds the value of a
candidate that it has not asked for; how well it did is judged afterwards, by others.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from tqdm import tqdm

from matinf.active.checkpoint import only_run
from matinf.active.oracle import Oracle
from matinf.active.pairs import Pool
from matinf.active.result import CampaignResult
from matinf.active.settings import CampaignConfig
from matinf.active.under_way import Campaign

__all__ = ["CampaignConfig", "CampaignResult", "run_campaign"]


def run_campaign(
    X_pool: Pool | ArrayLike,
    oracle: Oracle,
    config: CampaignConfig,
    *,
    rng: np.random.Generator,
    checkpoint: Path | str | None = None,
    progress: bool | None = None,
) -> CampaignResult:
    """Run a campaign to its end.

    It computes on one thread, so that its result is the same to the last bit wherever it runs,
    alone or among many; an oracle that needs more threads asks for them itself.

    Args:
        X_pool: Features of all candidates, shape ``(n_pool, n_features)``, or a :class:`Pool`
            that several campaigns share.
        oracle: Asked for the value of what is chosen, once per candidate.
        config: Settings.
        rng: Gives the campaign its seed, in one draw.
        checkpoint: File that keeps what has been done. If it exists, the same campaign goes on
            where it was, to the result that it would have had.
        progress: Show a progress bar; by default on a terminal only.

    Returns:
        The full history.

    Raises:
        CheckpointError: if the checkpoint is damaged, another campaign's, or in use by another
            run.
        OracleError: if the oracle fails and ``config.on_failure`` is ``"raise"``.
        ValueError: if the pool is smaller than the initial draw.
    """
    pool = X_pool if isinstance(X_pool, Pool) else Pool(np.asarray(X_pool))
    seed = int(rng.integers(2**63))
    path = None if checkpoint is None else Path(checkpoint)
    with only_run(path), threadpool_limits(1):
        campaign = Campaign(pool, oracle, config, seed=seed, path=path)
        with tqdm(total=config.n_steps + 1, unit="step", disable=_disabled(progress)) as bar:
            bar.update(campaign.n_complete)
            while (stopped := campaign.advance()) is None:
                bar.update()
    return campaign.result(stopped)


def _disabled(progress: bool | None) -> bool | None:
    return None if progress is None else not progress  # tqdm takes None for "not on a terminal"
