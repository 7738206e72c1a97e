"""From a compound to its features, step by step, and what a fingerprint cannot tell apart.

The page on representations goes on with :mod:`matinf.background.feature_matrix`,
:mod:`matinf.background.outliers` and :mod:`matinf.background.importance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from matinf import datasets
from matinf.features import (
    magpie_features,
    magpie_quantities,
    morgan_fingerprints,
    parse_formula,
)
from matinf.quantities import Quantity


@dataclass(frozen=True, kw_only=True)
class FeatureSteps:
    """One property of one compound on its way to features."""

    formula: str
    elements: tuple[str, ...]
    fractions: NDArray[np.float64]  # (n_elements,), sum 1
    values: NDArray[np.float64]  # (n_elements,), the property, in its unit
    statistics: Mapping[str, float]  # "mean", "avg_dev", ... in the same unit
    quantity: Quantity


def feature_steps(formula: str, *, name: str) -> FeatureSteps:
    """Follow one property of a compound from its elements to its six features.

    Args:
        formula: The compound.
        name: Magpie's name of the property, such as ``"Electronegativity"``.

    Raises:
        FormulaError: if the formula cannot be read, or Magpie lacks a property of an element.
        KeyError: if Magpie has no property of that name.
    """
    amounts = parse_formula(formula)
    elements = tuple(amounts)
    features = magpie_features([formula]).iloc[0]
    ends = f" {name}"
    return FeatureSteps(
        formula=formula,
        elements=elements,
        fractions=np.array(list(amounts.values())) / sum(amounts.values()),
        values=datasets.load_elements().loc[list(elements), name].to_numpy(dtype=float),
        statistics={
            str(column).removesuffix(ends): float(value)
            for column, value in features.items()
            if str(column).endswith(ends)
        },
        quantity=magpie_quantities()[f"mean {name}"],
    )


def shared_fingerprints(
    smiles: Sequence[str], values: ArrayLike, *, radius: int = 2, n_bits: int = 1024
) -> pd.DataFrame:
    """Find different molecules with one fingerprint: what no model of it can tell apart.

    Args:
        smiles: The molecules, each once.
        values: Their property, shape ``(n_samples,)``.
        radius: As in :func:`matinf.features.morgan_fingerprints`.
        n_bits: As there.

    Returns:
        One row per fingerprint that several molecules have: ``smiles`` (a list), and ``spread``,
        the largest minus the smallest of their values.

    Raises:
        SmilesError: if a SMILES cannot be read.
    """
    bits = np.packbits(morgan_fingerprints(smiles, radius=radius, n_bits=n_bits), axis=1)
    table = pd.DataFrame({"smiles": list(smiles), "value": np.asarray(values, dtype=float)})
    groups = table.groupby([row.tobytes() for row in bits], sort=False)
    found = groups.agg(smiles=("smiles", list), spread=("value", lambda v: v.max() - v.min()))
    return found[groups.size() > 1].reset_index(drop=True)
