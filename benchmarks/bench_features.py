"""Featurising formulas: `matinf.features` against matminer, side by side in one process.

Both read the same 500 formulas from text and make Magpie's 132 statistics and 6 norms. What
favours matminer is left in: its tables are loaded before the clock starts, its reader of formulas
remembers these from the run before, and it runs without its pool of processes and progress bar.
The runs alternate, so that a busy machine slows both.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matminer.featurizers.composition import ElementProperty, Stoichiometry
from numpy.typing import NDArray
from pymatgen.core import Composition
from record import Measurement, record, timed

from matinf import datasets
from matinf.features import formulas_without_data, magpie_features

FORMULAS = 500
REPEATS = 7
CALLS = 20  # of ours in one run: a single call is too short to be timed among other work

Features = NDArray[np.float64]


def sample(formulas: list[str], *, size: int, rng: np.random.Generator) -> list[str]:
    """Draw distinct formulas that lack no element's property."""
    unknown = set(formulas_without_data(formulas)["formula"])
    known = sorted(set(formulas) - unknown)
    return [str(formula) for formula in rng.choice(known, size, replace=False)]


def matminer_featuriser() -> Callable[[list[str]], Features]:
    """Matminer's two featurisers, ready to run, one formula after the other."""
    magpie, norms = ElementProperty.from_preset("magpie", impute_nan=False), Stoichiometry()

    def featurise(formulas: list[str]) -> Features:
        rows = map(Composition, formulas)
        return np.array([magpie.featurize(row) + norms.featurize(row) for row in rows])

    return featurise


def many_calls(formulas: list[str]) -> None:
    """Featurise the same formulas several times; nothing of them is remembered in between."""
    for _ in range(CALLS):
        magpie_features(formulas)


def main() -> None:
    """Time both run by run, after checking that they make the same numbers."""
    everything = list(datasets.load_dft_transport()["formula"])
    formulas = sample(everything, size=FORMULAS, rng=np.random.default_rng(0))
    featurise = matminer_featuriser()
    difference = np.abs(featurise(formulas) - magpie_features(formulas).to_numpy()).max()

    theirs, ours = [], []
    for _ in range(REPEATS):
        theirs += timed(lambda: featurise(formulas), repeats=1)
        ours += [seconds / CALLS for seconds in timed(lambda: many_calls(formulas), repeats=1)]
    ratios = [slow / fast for slow, fast in zip(theirs, ours, strict=True)]
    record(
        "features",
        [
            Measurement(name=f"matminer, {FORMULAS} formulas", unit="s", runs=theirs),
            Measurement(name=f"matinf, {FORMULAS} formulas", unit="s", runs=ours),
            Measurement(name="matminer / matinf", unit="", runs=ratios, limit="at least 50"),
            Measurement(
                name="largest difference of any feature",
                unit="",
                runs=[float(difference)],
                limit="at most 1e-9",
            ),
        ],
        *("matminer", "numpy", "scipy", "pandas"),
    )


if __name__ == "__main__":
    main()
