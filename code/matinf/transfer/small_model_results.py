"""The stored study of the small models, read as intervals."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from matinf.intervals import Interval
from matinf.repeats import corrected_interval
from matinf.studies import load_study
from matinf.transfer.latent_variable_results import FoldStudy, fold_study
from matinf.transfer.latent_variable_study import BEST, N_SPLITS


@dataclass(frozen=True, kw_only=True)
class SmallModelScores:
    """How good the small models are, beside a large one on the same folds.

    Attributes:
        small: Study of the small models by fold.
        large: Study of the large models by fold.
        left_out: Study of the small models on compounds of an element that was left out.
    """

    small: FoldStudy
    large: FoldStudy
    left_out: pd.DataFrame

    @classmethod
    def stored(cls) -> SmallModelScores:
        """The stored studies."""
        return cls(
            small=fold_study("small-models"),
            large=fold_study("latent-variable-folds"),
            left_out=load_study("small-models-elements"),
        )

    def interval(self, column: str = "mae", *, way: str, size: int) -> Interval:
        """Mean of a score over the folds.

        Args:
            column: One of :func:`matinf.transfer.small_model_study.small_scores`.
            way: One of :data:`matinf.transfer.small_model.WAYS`.
            size: Target samples to learn from; 0 for all.
        """
        return self.small.interval(column, source=way, size=size)

    def gain(self, *, size: int) -> Interval:
        """Change of the small model's error by transfer, eV, on the same folds."""
        return self.small.difference({"source": "removed"}, {"source": "none"}, size=size)

    def large_error(self, *, way: str, size: int, method: str = BEST) -> Interval:
        """Mean absolute error of a large model, eV; arguments as in :meth:`minus_large`."""
        return self.large.interval("mae", source=way, size=size, method=method)

    def minus_large(self, *, way: str, size: int, method: str = BEST) -> Interval:
        """Error of the small model minus that of a large one, eV, on the same folds.

        Args:
            way: One of :data:`matinf.transfer.small_model.WAYS`.
            size: Target samples to learn from; 0 for all.
            method: Name of the large model.
        """
        large = self.large.values("mae", source=way, size=size, method=method)
        pairs = self.small.values("mae", source=way, size=size) - large
        return corrected_interval(pairs.dropna(), test_share=1 / N_SPLITS)
