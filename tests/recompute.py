"""A stored study, held by computing one of its parts again."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from matinf.studies import Study, load_study, provenance


def assert_recomputed(
    study: Study, number: int, *, rtol: float = 1e-6, apart_from: Sequence[str] = ()
) -> None:
    """The stored rows of one part are what its plan gives today, but for columns of times."""
    made = provenance(study.name)
    assert (made.seed, made.n_parts) == (study.seed, study.n_parts)
    stored = load_study(study.name)
    assert sorted(stored["part"].unique()) == list(range(study.n_parts))
    old = stored[stored["part"] == number].reset_index(drop=True)
    new = study.compute(number)
    assert len(old) > 0
    assert list(old.columns) == list(new.columns)
    old, new = old.drop(columns=[*apart_from]), new.drop(columns=[*apart_from])
    numeric = new.select_dtypes(np.number).columns
    pd.testing.assert_frame_equal(
        old[numeric].astype(float), new[numeric].astype(float), rtol=rtol, atol=1e-7
    )
    words = [c for c in new.columns if c not in numeric]
    assert old[words].astype(str).equals(new[words].astype(str))
