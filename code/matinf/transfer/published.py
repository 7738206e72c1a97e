"""Published results of the benchmark task ``matbench_expt_gap``: facts of the literature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from matinf.intervals import Interval

N_FOLDS = 5  # of the task, each a fifth of its compositions


@dataclass(frozen=True, kw_only=True)
class PublishedResult:
    """One entry of the leaderboard: five prescribed folds of 4,604 compositions.

    Attributes:
        name: Name of the method.
        mae: Mean absolute error over all folds, eV.
        std: Standard deviation over the folds, eV.
        what: What the method is, in a few words.
        source: Key in the bibliography.
        is_listed: Whether the entry stands on the leaderboard, or was submitted to it.
    """

    name: str
    mae: float
    std: float
    what: str
    source: str
    is_listed: bool = True

    @property
    def interval(self) -> Interval:
        r"""95 % interval of the error over the folds, eV, by the rule that ours are made by.

        That of :func:`matinf.repeats.corrected_interval`, from mean and standard deviation alone.
        The leaderboard divides by the number of folds; here it is by one fewer.
        """
        variance = self.std**2 * N_FOLDS / (N_FOLDS - 1) * (1 / N_FOLDS + 1 / (N_FOLDS - 1))
        half = float(stats.t.ppf(0.975, N_FOLDS - 1) * np.sqrt(variance))
        return Interval(estimate=self.mae, low=self.mae - half, high=self.mae + half)


PUBLISHED = (
    PublishedResult(
        name="Metal gate",
        mae=0.2775,
        std=0.0051,
        what="boosted trees, metals told apart first",
        source="sureshkannan2026",
        is_listed=False,
    ),
    PublishedResult(
        name="Darwin",
        mae=0.2865,
        std=0.0083,
        what="fine-tuned language model",
        source="xie2023",
    ),
    PublishedResult(
        name="Tuned CrabNet",
        mae=0.3310,
        std=0.0071,
        what="its 23 settings chosen by Bayesian optimisation",
        source="baird2022",
    ),
    PublishedResult(
        name="MODNet",
        mae=0.3327,
        std=0.0239,
        what="network on selected features",
        source="debreuck2021",
    ),
    PublishedResult(
        name="CrabNet",
        mae=0.3463,
        std=0.0088,
        what="attention over elements",
        source="wang2021",
    ),
    PublishedResult(
        name="AMMExpress",
        mae=0.4161,
        std=0.0194,
        what="automated choice of features and model",
        source="dunn2020",
    ),
    PublishedResult(
        name="Random forest",
        mae=0.4461,
        std=0.0177,
        what="on Magpie features",
        source="dunn2020",
    ),
)
"""A selection of the task's leaderboard :cite:`matbench2024`, and a submission of 2026 to it."""
