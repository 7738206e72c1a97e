"""The stored study of the page "From simulation to the laboratory", and how it is read."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from matinf.active.acquire import Acquire
from matinf.active.laboratory.improvement import Improvement
from matinf.active.laboratory.simulation import (
    WITHIN,
    Bench,
    Excluding,
    GapPool,
    course,
    gap_pool,
)
from matinf.active.view import Strategy
from matinf.studies import Study

Values = NDArray[np.float64]
N_BATCHES, N_BATCHES_PER_COST = 20, 40
NOISE_STD, DRIFT = 0.05, 0.02  # eV, and eV per batch
TOLD_AFTER = 5  # batches

CHANCE: Final = "chance"
CLOSEST: Final = "closest"
PER_COST: Final = "per cost"
NOISY: Final = "noisy"
DRIFTING: Final = "drifting"
CONTROLLED: Final = "controlled"
FAILING: Final = "failing"
TOLD: Final = "told"
COURSES = (CHANCE, CLOSEST, PER_COST)  # of these every batch is kept, of the others the last
VARIANTS = (*COURSES, NOISY, DRIFTING, CONTROLLED, FAILING, TOLD)


def simulate(gaps: GapPool, variant: str, *, rng: np.random.Generator) -> pd.DataFrame:
    """One simulated campaign of a variant; see :func:`matinf.active.laboratory.course`.

    Args:
        gaps: The pool.
        variant: One of ``VARIANTS``.
        rng: Source of the campaign's draws and of the bench's noise.
    """
    chance = Improvement(by="pi", believe=False, within=WITHIN)
    strategies: dict[str, Strategy] = {
        CLOSEST: Acquire(by="exploit"),
        PER_COST: Improvement(by="pi", believe=False, within=WITHIN, costs=gaps.cost),
        TOLD: Excluding(strategy=chance, excluded=gaps.volatile, after=TOLD_AFTER),
    }
    bench = Bench(
        truth=gaps.gap,
        rng=rng.spawn(1)[0],
        noise_std=0.0 if variant in COURSES else NOISE_STD,
        drift=DRIFT if variant in (DRIFTING, CONTROLLED) else 0.0,
        controlled=variant == CONTROLLED,
        fails=gaps.volatile if variant in (FAILING, TOLD) else None,
    )
    n_batches = N_BATCHES_PER_COST if variant == PER_COST else N_BATCHES
    return course(gaps, strategies.get(variant, chance), bench, n_batches=n_batches, rng=rng)


def one_seed(_number: int, rng: np.random.Generator) -> pd.DataFrame:
    """All variants from one seed: they share their first batch, and the noise of their bench."""
    gaps, seed = gap_pool(), int(rng.integers(2**63))
    tables = []
    for variant in VARIANTS:
        table = simulate(gaps, variant, rng=np.random.default_rng(seed))
        table = table if variant in COURSES else table.tail(1)
        tables.append(table.assign(variant=variant))
    return pd.concat(tables)[["variant", *table.columns]]


STUDIES = (
    Study(name="laboratory", part=one_seed, n_parts=20, packages=("numpy", "scipy", "rdkit")),
)


def hits_by_batch(study: pd.DataFrame, variant: str) -> tuple[Values, Values]:
    """Experiments after each batch, shape ``(n_batches,)``, and hits, ``(n_seeds, n_batches)``."""
    rows = study[study["variant"] == variant]
    hits = rows.pivot(index="part", columns="measured", values="hits")
    return hits.columns.to_numpy(dtype=float), hits.to_numpy(dtype=float)


def hits_by_cost(study: pd.DataFrame, variant: str, budgets: ArrayLike) -> Values:
    """Hits of the last batch that a budget paid for, shape ``(n_seeds, n_budgets)``."""
    grid = np.asarray(budgets, dtype=float)
    rows = study[study["variant"] == variant]
    found = []
    for _, one in rows.groupby("part"):
        paid = np.searchsorted(one["spent"].to_numpy(), grid, side="right")
        found.append(np.concatenate([[0.0], one["hits"].to_numpy()])[paid])
    return np.array(found)


def at_the_end(study: pd.DataFrame, variant: str, column: str) -> Values:
    """A column after the last batch, shape ``(n_seeds,)``."""
    rows = study[study["variant"] == variant]
    return rows.groupby("part")[column].last().to_numpy(dtype=float)
