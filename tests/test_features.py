"""Formulas, Magpie's features and fingerprints: against hand work, peers and malformed input."""

from __future__ import annotations

import contextlib
import math
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from matinf import datasets
from matinf.features import (
    PROPERTIES,
    SYMBOLS,
    FormulaError,
    SmilesError,
    element_fractions,
    formulas_without_data,
    fraction_matrix,
    magpie_features,
    magpie_quantities,
    morgan_fingerprints,
    morgan_fragments,
    parse_formula,
    property_statistics,
    stoichiometric_norms,
)


@pytest.fixture(scope="module")
def all_formulas() -> pd.Series[str]:
    tables = [
        datasets.load_experimental_gaps(),
        datasets.load_metals(),
        datasets.load_dft_transport(),
    ]
    return pd.concat([table["formula"] for table in tables]).drop_duplicates(ignore_index=True)


# --- reading formulas -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "amounts"),
    [
        ("H", {"H": 1}),
        ("Fe2O3", {"Fe": 2, "O": 3}),
        ("CO", {"C": 1, "O": 1}),
        ("Co", {"Co": 1}),
        ("Hg0.7Cd0.3Te", {"Hg": 0.7, "Cd": 0.3, "Te": 1}),
        ("Fe.5Ni.5", {"Fe": 0.5, "Ni": 0.5}),
        ("Ca(OH)2", {"Ca": 1, "O": 2, "H": 2}),
        ("K4[Fe(CN)6]", {"K": 4, "Fe": 1, "C": 6, "N": 6}),
        ("{[(Fe2)2O]3}0.5", {"Fe": 6, "O": 1.5}),
        ("CuSO4·5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}),
        ("V2O5*0.5H2O", {"V": 2, "O": 5.5, "H": 1}),
        ("CaO•H2O", {"Ca": 1, "O": 2, "H": 2}),
        ("CaO∙H2O", {"Ca": 1, "O": 2, "H": 2}),
        ("CaO⋅H2O", {"Ca": 1, "O": 2, "H": 2}),
        ("Na0.5H2O", {"Na": 0.5, "H": 2, "O": 1}),
        ("(Na1.5)H2O", {"Na": 1.5, "H": 2, "O": 1}),
        ("Bi(I)3", {"Bi": 1, "I": 3}),
        (" Fe2 O 3\n", {"Fe": 2, "O": 3}),
        ("Fe₂O₃", {"Fe": 2, "O": 3}),
        ("Se0.999Pb0.999Sn0.001Se0.001", {"Se": 1, "Pb": 0.999, "Sn": 0.001}),
        ("(" * 2000 + "Og" + ")" * 2000, {"Og": 1}),
    ],
)
def test_amounts_worked_by_hand(formula: str, amounts: dict[str, float]) -> None:
    parsed = parse_formula(formula)
    assert parsed == pytest.approx(amounts, rel=1e-12)
    assert list(parsed) == list(amounts), "elements keep the order of their first appearance"


@pytest.mark.parametrize(
    ("formula", "named"),
    [
        ("", "found nothing"),
        ("  ", "found nothing"),
        ("5", "found nothing"),
        ("()2", "found nothing"),
        ("Fe(", "expected ')'"),
        ("Fe[O2", "expected ']'"),
        ("Fe)2", "no open bracket for ')'"),
        ("Fe(O]2", "no open bracket for ']'"),
        ("Fe3+", "leave out charges"),
        ("SO4 2-", "leave out charges"),
        ("Fe³⁺", "leave out charges"),
        ("La2CuO4+x", "unknown amounts"),
        ("feO", "capital letter"),
        ("Fe2 3", "one amount"),
        ("(2Fe)", "one amount"),
        ("Fe2..5", "'·'"),
        ("CuSO4.H2O", "'·'"),
        ("CuSO4.5H2O", "decimal point or a hydrate's dot"),
        ("CuSO4.5 H2O", "decimal point or a hydrate's dot"),
        ("LaCl3.7(H2O)", "decimal point or a hydrate's dot"),
        ("CuSO₄.5H₂O", "decimal point or a hydrate's dot"),
        ("Na1.5H2O", "brackets as in (Na1.5)H2O"),
        ("NiCl2.6NH3", "'.' before NH3"),
        ("Fe(III)2O3", "'(III)' reads as iodine or vanadium; leave out oxidation states"),
        ("[Fe(II)(CN)6]", "leave out oxidation states"),
        ("V [IV] O2", "leave out oxidation states"),
        ("Ga0,5In0,5As", "a decimal point"),
        ("(Ga,In)As", "an amount for each element of a mixed site"),
        ("Fe··O", "found nothing"),
        ("Fe·5", "found nothing"),
        ("D2O", "found 'D'; write H for an isotope"),
        ("LiT", "found 'T'; write H for an isotope"),
        ("Xx2", "'Xx'"),
        ("Y3N@C80", "'@C80'"),
        ("Fe1e3", "'e3'"),
        ("Fe٣", "'٣'"),
        ("Fe0O", "0 of Fe"),
        ("O0.0000000001", "of O"),
        ("Fe" + "9" * 400, "inf of Fe"),
        ("((Fe999999)999999)", "of Fe"),
    ],
)
def test_what_is_wrong_with_a_formula_is_said(formula: str, named: str) -> None:
    with pytest.raises(FormulaError) as error:
        parse_formula(formula)
    assert repr(formula) in str(error.value)
    assert named in error.value.problem
    assert error.value.row is None


@pytest.mark.parametrize("value", [None, math.nan, 3, 2.5, b"Fe", ["Fe"], pd.NA])
@pytest.mark.parametrize("function", [magpie_features, element_fractions, formulas_without_data])
def test_a_row_that_is_no_text_is_named(function, value) -> None:
    with pytest.raises(FormulaError, match=r"row 2 .*expected text") as error:
        function(["Fe", "NaCl", value, "??"])
    assert error.value.value is value
    assert error.value.row == 2
    assert type(value).__name__ in error.value.problem


@pytest.mark.parametrize("function", [magpie_features, element_fractions, formulas_without_data])
def test_the_first_unreadable_row_is_named(function) -> None:
    with pytest.raises(FormulaError, match=re.escape("formula 'Zz' in row 1 (counted from 0)")):
        function(pd.Series(["Fe", "Zz", "Qq"], index=[7, 8, 9]))
    with pytest.raises(TypeError, match=re.escape("write ['Fe2O3']")):
        function("Fe2O3")


def test_errors_cross_a_process_boundary() -> None:
    error = FormulaError("Zz", "expected an element", 4)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.row, type(copy)) == (str(error), 4, FormulaError)


symbols = st.sampled_from(SYMBOLS)
amounts = st.integers(1, 9999).map(lambda thousandths: thousandths / 1000)
compositions = st.dictionaries(symbols, amounts, min_size=1, max_size=6)
punctuation = st.sampled_from(
    [*"()[]{}.·*+-0123456789 ", "Fe", "O", "H2O", "Cl", "x", "é", "₂", "٣"]
)


def written(composition: dict[str, float]) -> str:
    return "".join(f"{symbol}{amount:.6f}" for symbol, amount in composition.items())


@given(st.one_of(st.text(max_size=30), st.lists(punctuation, max_size=15).map("".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(FormulaError):
        parsed = parse_formula(text)
        assert parsed
        assert set(parsed) <= set(SYMBOLS)
        assert all(0 < amount < math.inf for amount in parsed.values())
        assert set(parsed) == set(re.findall("[A-Z][a-z]?", text)), "no element lost or invented"


@given(compositions)
def test_writing_and_reading_return_the_same(composition: dict[str, float]) -> None:
    assert parse_formula(written(composition)) == pytest.approx(composition, rel=1e-12)


@given(compositions, st.integers(2, 9))
def test_brackets_and_coefficients_multiply(composition: dict[str, float], times: int) -> None:
    once = parse_formula(written(composition))
    for formula in (f"({written(composition)}){times}", f"{times}{written(composition)}"):
        assert parse_formula(formula) == pytest.approx({s: times * a for s, a in once.items()})


def test_all_our_formulas_agree_with_pymatgen(all_formulas: pd.Series[str]) -> None:
    from pymatgen.core import Composition

    assert len(all_formulas) > 35_000
    for formula in all_formulas:
        assert parse_formula(formula) == pytest.approx(
            Composition(formula).get_el_amt_dict(), rel=1e-9
        ), formula


# --- fractions ------------------------------------------------------------------------------


def test_symbols_are_the_elements_in_order() -> None:
    from pymatgen.core import Element

    assert [Element.from_Z(number).symbol for number in range(1, 119)] == list(SYMBOLS)


def test_fractions_of_water_and_iron() -> None:
    fractions = element_fractions(["H2O", "Fe", "H2O"])
    assert fractions.shape == (3, 118)
    assert list(fractions.columns) == list(SYMBOLS)
    assert fractions.loc[0, "H"] == pytest.approx(2 / 3)
    assert fractions.loc[0, "O"] == pytest.approx(1 / 3)
    assert fractions.loc[1, "Fe"] == 1
    assert (fractions.loc[0] == fractions.loc[2]).all()
    assert np.count_nonzero(fractions) == 5


@given(compositions, st.randoms(use_true_random=False))
def test_order_of_elements_changes_no_bit(composition: dict[str, float], random) -> None:
    shuffled = list(composition.items())
    random.shuffle(shuffled)
    both = fraction_matrix([written(composition), written(dict(shuffled))]).toarray()
    assert (both[0] == both[1]).all()


@given(compositions, st.sampled_from([0.001, 0.37, 3.0, 1000.0]))
def test_fractions_do_not_depend_on_scale(composition: dict[str, float], scale: float) -> None:
    scaled = "".join(f"{symbol}{amount * scale:.12f}" for symbol, amount in composition.items())
    both = fraction_matrix([written(composition), scaled]).toarray()
    np.testing.assert_allclose(both[0], both[1], rtol=1e-9)
    np.testing.assert_allclose(both.sum(axis=1), 1)


# --- statistics -----------------------------------------------------------------------------


def test_statistics_worked_by_hand() -> None:
    """Fractions 1/4 and 3/4 of 10 and 2: mean 4, deviations 6 and 2 average to 3, mode 2."""
    fractions = csr_array([[0.25, 0.75, 0.0], [0.0, 0.0, 1.0], [0.5, 0.0, 0.5]])
    properties = np.array([[10.0], [2.0], [-7.0]])
    np.testing.assert_allclose(
        property_statistics(fractions, properties),
        [
            [2, 10, 8, 4, 3, 2],
            [-7, -7, 0, -7, 0, -7],
            [-7, 10, 17, 1.5, 8.5, -7],  # equally abundant: the smaller property
        ],
    )


def test_the_mode_of_fractions_that_rounding_parts_is_shared() -> None:
    nearly = csr_array([[0.5 - 1e-7, 0.5 + 1e-7]])
    clearly = csr_array([[0.5 - 1e-3, 0.5 + 1e-3]])
    properties = np.array([[1.0], [2.0]])
    assert property_statistics(nearly, properties)[0, 5] == 1
    assert property_statistics(clearly, properties)[0, 5] == 2


def test_norms_worked_by_hand() -> None:
    fractions = csr_array([[0.25, 0.75, 0.0], [0.0, 0.0, 1.0]])
    norms = stoichiometric_norms(fractions, orders=(0, 1, 2, 3))
    np.testing.assert_allclose(norms[0], [2, 1, math.sqrt(0.625), (28 / 64) ** (1 / 3)])
    np.testing.assert_allclose(norms[1], 1)


def test_statistics_refuse_what_does_not_fit() -> None:
    fractions = csr_array([[1.0, 0.0], [0.0, 0.0]])
    with pytest.raises(ValueError, match="empty row"):
        property_statistics(fractions, np.ones((2, 1)))
    with pytest.raises(ValueError, match="empty row"):
        stoichiometric_norms(fractions, orders=(2,))
    with pytest.raises(ValueError, match="do not fit"):
        property_statistics(fractions, np.ones((3, 1)))
    with pytest.raises(ValueError, match=r"found 0\.5"):
        stoichiometric_norms(csr_array([[1.0]]), orders=(0.5,))


# --- Magpie's features ----------------------------------------------------------------------


def test_features_of_rock_salt_worked_by_hand() -> None:
    """Sodium and chlorine: Z = 11 and 17, Pauling electronegativities 0.93 and 3.16."""
    salt = magpie_features(["NaCl"]).loc[0]
    assert salt["mean Number"] == 14
    assert salt["avg_dev Number"] == 3
    assert salt["mode Number"] == 11
    assert salt["range Electronegativity"] == pytest.approx(2.23)
    assert salt["mean Electronegativity"] == pytest.approx(2.045)
    assert salt["0-norm"] == 2
    assert salt["2-norm"] == pytest.approx(math.sqrt(0.5))


@pytest.fixture(scope="module")
def five_hundred(all_formulas: pd.Series[str]) -> list[str]:
    """Half measured, half computed; among them the most and the least evenly mixed ones."""
    rng = np.random.default_rng(500)
    gaps = datasets.load_gap_task()["formula"].to_numpy()
    unknown = set(formulas_without_data(all_formulas)["formula"])
    others = [formula for formula in all_formulas[::-1] if formula not in unknown]
    return [*rng.choice(gaps, 250, replace=False), *rng.choice(others, 250, replace=False)]


@pytest.mark.parametrize("impute_nan", [True, False])
def test_features_equal_matminers(five_hundred: list[str], impute_nan: bool) -> None:
    from matminer.featurizers.composition import ElementProperty, Stoichiometry

    # What imputation would invent is not needed: each element here has all its properties.
    magpie = ElementProperty.from_preset("magpie", impute_nan=impute_nan)
    norms = Stoichiometry()
    expected = _matminer_features(five_hundred, magpie, norms)
    found = magpie_features(five_hundred)

    assert found.shape == (500, 138)
    labels = magpie.feature_labels() + norms.feature_labels()
    assert list(found.columns) == [label.removeprefix("MagpieData ") for label in labels]
    np.testing.assert_allclose(found.to_numpy(), expected, rtol=0, atol=1e-9)


def _matminer_features(formulas: list[str], *featurisers) -> np.ndarray:
    from pymatgen.core import Composition

    rows = map(Composition, formulas)
    return np.array([[x for f in featurisers for x in f.featurize(row)] for row in rows])


def test_all_our_formulas_have_features_without_gaps(all_formulas: pd.Series[str]) -> None:
    gaps = formulas_without_data(all_formulas)
    assert set(gaps["element"]) == {"He", "Ne", "Ar"}
    known = all_formulas[~all_formulas.isin(gaps["formula"])]
    features = magpie_features(known)
    assert len(features) == len(known) == len(all_formulas) - 3
    assert np.isfinite(features.to_numpy()).all()
    assert list(features.index) == list(range(len(known)))


def test_features_do_not_depend_on_writing_or_neighbours(five_hundred: list[str]) -> None:
    together = magpie_features(five_hundred[:50])
    alone = pd.concat([magpie_features([f]) for f in five_hundred[:50]], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone)
    twice = magpie_features([f"({formula})2" for formula in five_hundred[:50]])
    pd.testing.assert_frame_equal(together, twice, rtol=1e-12)


def test_empty_single_duplicate_and_any_iterable() -> None:
    assert magpie_features([]).shape == (0, 138)
    assert element_fractions([]).shape == (0, 118)
    assert formulas_without_data([]).empty
    assert magpie_features(["Fe"], stoichiometry=False).shape == (1, 132)
    three = magpie_features(["NaCl", "Fe", "ClNa"])
    assert three.loc[0].equals(three.loc[2])
    for same in (
        np.array(["NaCl", "Fe"]),
        pd.Series(["NaCl", "Fe"], index=[9, 4]),
        iter(["NaCl", "Fe"]),
    ):
        pd.testing.assert_frame_equal(magpie_features(same), three[:2])


@pytest.mark.parametrize(
    ("formula", "element", "lacking"),
    [
        ("LiHe", "He", "MeltingT, Electronegativity"),
        ("Ar", "Ar", "Electronegativity"),
        ("FrCl", "Fr", "MeltingT, SpaceGroupNumber"),
        ("CfO2", "Cf", "CovalentRadius"),
        ("Lr2O3", "Lr", "CovalentRadius, Electronegativity, SpaceGroupNumber"),
        ("CRf2Og3", "Rf", "any property"),
    ],
)
def test_an_element_without_data_is_said(formula: str, element: str, lacking: str) -> None:
    with pytest.raises(FormulaError) as error:
        magpie_features(["Fe", formula])
    for part in (repr(formula), "row 1", f"know {lacking} of {element};"):
        assert part in str(error.value)


def test_formulas_without_data_are_listed_gap_by_gap() -> None:
    gaps = formulas_without_data(["Fe", "LiHe", "NaCl", "ArHe"])
    assert list(gaps.itertuples(index=False, name=None)) == [
        (1, "LiHe", "He", "MeltingT"),
        (1, "LiHe", "He", "Electronegativity"),
        (3, "ArHe", "He", "MeltingT"),
        (3, "ArHe", "He", "Electronegativity"),
        (3, "ArHe", "Ar", "Electronegativity"),
    ]
    assert list(gaps.columns) == ["row", "formula", "element", "property"]
    assert len(formulas_without_data(["Og"])) == 22


def test_an_altered_element_table_is_not_used(
    monkeypatch: pytest.MonkeyPatch, magpie_cache
) -> None:
    def refuse() -> pd.DataFrame:
        raise datasets.DatasetError(Path("elements.csv"), "a digest", "another")

    monkeypatch.setattr(datasets, "load_elements", refuse)
    with pytest.raises(datasets.DatasetError):
        magpie_features(["Fe"])


def test_another_data_folder_is_looked_into(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    magpie_features(["Fe"])
    monkeypatch.setenv("MATINF_DATA", str(tmp_path))
    with pytest.raises(datasets.DatasetError):
        magpie_features(["Fe"])


def test_the_table_that_is_kept_cannot_be_changed_by_accident() -> None:
    from matinf.features import magpie

    with pytest.raises(ValueError, match="read-only"):
        magpie._property_table()[0, 0] = 1


@pytest.fixture
def magpie_cache() -> Iterator[None]:
    from matinf.features import magpie

    magpie._property_table_in.cache_clear()
    yield
    magpie._property_table_in.cache_clear()


@pytest.mark.parametrize("stoichiometry", [True, False])
def test_every_feature_has_label_and_unit(stoichiometry: bool) -> None:
    quantities = magpie_quantities(stoichiometry=stoichiometry)
    features = magpie_features(["NaCl"], stoichiometry=stoichiometry)
    assert list(quantities) == list(features.columns)
    assert [quantity.name for quantity in quantities.values()] == list(features.columns)
    assert len({quantity.axis for quantity in quantities.values()}) == len(quantities)
    assert quantities["mean MeltingT"].axis == "Melting temperature, mean (K)"
    with_unit = {name.split()[1] for name, quantity in quantities.items() if quantity.unit}
    dimensional = {"AtomicWeight", "MeltingT", "CovalentRadius", "GSvolume_pa", "GSbandgap"}
    assert with_unit == {*dimensional, "GSmagmom"} <= set(PROPERTIES)


# --- fingerprints ---------------------------------------------------------------------------


def test_fingerprints_equal_rdkits_bit_vectors() -> None:
    from rdkit import Chem
    from rdkit.Chem import rdFingerprintGenerator

    smiles = list(datasets.load_qm9_sample()["smiles"][:200])
    found = morgan_fingerprints(smiles, radius=3, n_bits=512)
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=3, fpSize=512)
    for bits, text in zip(found, smiles, strict=True):
        assert set(np.flatnonzero(bits)) == set(
            generator.GetFingerprint(Chem.MolFromSmiles(text)).GetOnBits()
        )


def test_fingerprints_of_ethanol() -> None:
    """Three kinds of atom, and at radius 1 three kinds of surroundings: six bits."""
    bits = morgan_fingerprints(["CCO", "OCC", " C(O)C "])
    assert bits.shape == (3, 1024)
    assert bits.dtype == np.uint8
    assert bits.sum(axis=1).tolist() == [6, 6, 6]
    assert (bits == bits[0]).all()
    assert morgan_fingerprints(["CCO"], radius=0).sum() == 3
    assert morgan_fingerprints([], n_bits=64).shape == (0, 64)
    assert morgan_fingerprints(["CCO"], n_bits=1).tolist() == [[1]]


def test_fragments_explain_the_bits() -> None:
    fragments = morgan_fragments("CCO")
    assert list(fragments["fragment"]) == ["C", "C", "O", "CC", "C(C)O", "OC"]
    assert list(fragments["radius"]) == [0, 0, 0, 1, 1, 1]
    for smiles in datasets.load_qm9_sample()["smiles"][:50]:
        (bits,) = morgan_fingerprints([smiles])
        assert set(morgan_fragments(smiles)["bit"]) == set(np.flatnonzero(bits))


@pytest.mark.parametrize(
    ("smiles", "named"),
    [
        ("C1CC(", "syntax error"),
        ("c1cccc1", "kekulize"),
        ("CN(C)(C)C", "valence for atom # 1 N"),
        ("", "found nothing"),
        (" \n", "found nothing"),
        ("CCO\u00e9", "found 'é'"),
        ("CCO\u200b", "found '\\u200b'"),
        ("C\u2212C", "found '−'"),
        ("CC>>CO", "syntax error"),
        ("C O", "without spaces"),
        ("C\0C", "syntax error"),
        (None, "NoneType"),
        (math.nan, "float"),
        (7, "int"),
    ],
)
def test_an_unreadable_smiles_is_said_without_noise(
    smiles, named: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SmilesError) as error:
        morgan_fingerprints(["C", smiles, "C1CC("])
    assert f"SMILES {smiles!r} in row 1 (counted from 0)" in str(error.value)
    assert named in error.value.problem
    assert capfd.readouterr() == ("", "")


def test_rdkit_speaks_again_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    from rdkit import Chem

    with pytest.raises(SmilesError):
        morgan_fingerprints(["C1CC("])
    assert Chem.MolFromSmiles("C1CC(") is None
    assert "SMILES Parse Error" in capfd.readouterr().err


def test_fingerprint_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="found -1 and 1024"):
        morgan_fingerprints(["C"], radius=-1)
    with pytest.raises(ValueError, match="found 2 and 0"):
        morgan_fragments("C", n_bits=0)
    with pytest.raises(TypeError, match="found one"):
        morgan_fingerprints("CCO")


@given(st.text(max_size=12))
def test_any_smiles_is_read_or_refused(smiles: str) -> None:
    with contextlib.suppress(SmilesError):
        assert morgan_fingerprints([smiles]).any()
