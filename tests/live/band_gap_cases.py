"""The small models as the page of the book trains them, shared by the tests of the laboratory."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
from threadpoolctl import threadpool_limits

from matinf.datasets import load_experimental_gaps
from matinf.live.band_gap_lab import BandGapLab
from matinf.metrics import replicate_floor
from matinf.transfer.gap_forest import GapForest
from matinf.transfer.small_model import SmallModels
from matinf.transfer.small_model_results import SmallModelScores

MODULES = Path(__file__).parents[2] / "code" / "matinf" / "live" / "static" / "live"


TAIL = 0.04
"""Share cut off at each end of an interval. On the page five more forests choose it for each, which
takes longer than all else; tests of the room hold that choice, and here any will do."""


@cache
def laboratory() -> BandGapLab:
    """As on the page, but for the choice of the tail."""
    gaps = load_experimental_gaps()
    floor = replicate_floor(gaps["formula"], gaps["gap"], rng=np.random.default_rng(2026))
    with threadpool_limits(1), patch.object(GapForest, "_tail", return_value=TAIL):
        models = SmallModels.trained(rng=np.random.default_rng(2026))
    return BandGapLab(
        models=models,
        scores=SmallModelScores.stored(),
        floor=floor.mean_absolute_error.estimate,
    )
