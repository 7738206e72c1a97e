"""From what a material is called to numbers that a model can learn from.

Formulas become atomic fractions and Magpie's statistics; SMILES become Morgan fingerprints.
"""

from matinf.features.compositions import element_fractions, fraction_matrix
from matinf.features.fingerprints import SmilesError, morgan_fingerprints, morgan_fragments
from matinf.features.formulas import SYMBOLS, FormulaError, parse_formula
from matinf.features.magpie import (
    NORMS,
    PROPERTIES,
    STATISTICS,
    formulas_without_data,
    magpie_features,
    magpie_quantities,
)
from matinf.features.statistics import property_statistics, stoichiometric_norms

__all__ = [
    "NORMS",
    "PROPERTIES",
    "STATISTICS",
    "SYMBOLS",
    "FormulaError",
    "SmilesError",
    "element_fractions",
    "formulas_without_data",
    "fraction_matrix",
    "magpie_features",
    "magpie_quantities",
    "morgan_fingerprints",
    "morgan_fragments",
    "parse_formula",
    "property_statistics",
    "stoichiometric_norms",
]
