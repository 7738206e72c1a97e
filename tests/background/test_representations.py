import numpy as np
import pandas as pd
import pytest

from matinf.background.feature_matrix import (
    correlation_clusters,
    impossible_rows,
    matrix_audit,
    one_per_composition,
)
from matinf.background.molecules import molecule_layout
from matinf.background.outliers import misread_symbols, neighbour_check
from matinf.background.representations import feature_steps, shared_fingerprints
from matinf.features import FormulaError, SmilesError, magpie_features, morgan_fingerprints


def test_steps_follow_the_definitions() -> None:
    steps = feature_steps("SrTiO3", name="Electronegativity")
    assert steps.elements == ("Sr", "Ti", "O")
    np.testing.assert_allclose(steps.fractions, [0.2, 0.2, 0.6])
    mean = steps.fractions @ steps.values
    assert steps.statistics["mean"] == pytest.approx(mean)
    deviation = steps.fractions @ np.abs(steps.values - mean)
    assert steps.statistics["avg_dev"] == pytest.approx(deviation)
    assert steps.statistics["range"] == pytest.approx(np.ptp(steps.values))
    assert steps.statistics["mode"] == steps.values[2]
    assert set(steps.statistics) == {"minimum", "maximum", "range", "mean", "avg_dev", "mode"}


def test_steps_refuse_what_cannot_be_read() -> None:
    with pytest.raises(FormulaError, match="Xx"):
        feature_steps("Xx2", name="Electronegativity")
    with pytest.raises(KeyError):
        feature_steps("MgO", name="Colour")


def test_reports_of_one_composition_become_one_row() -> None:
    reports = pd.DataFrame({"formula": ["VO2", "MgO", "V2O4", "VO2"], "gap": [0.6, 7.8, 0.7, 0.8]})
    table = one_per_composition(reports)
    assert list(table["formula"]) == ["VO2", "MgO"]
    assert list(table["n_reports"]) == [3, 1]
    assert table["gap"].tolist() == pytest.approx([0.7, 7.8])
    assert table["spread"].tolist() == pytest.approx([0.2, 0.0])


def test_audit_counts_what_was_put_in() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50))
    rare = np.zeros(50)
    rare[3] = 1.0
    X = pd.DataFrame({"a": a, "b": b, "-a": -a, "a+b": a + b, "one": 1.0, "rare": rare})
    audit = matrix_audit(X)
    assert (audit.n_samples, audit.n_features) == (50, 6)
    assert audit.constant == ("one",)
    assert audit.nearly_constant == ("rare",)
    assert audit.copies == (("a", "-a"),)
    assert audit.rank == 3
    assert (audit.n_missing, audit.n_repeated_rows) == (0, 0)
    assert matrix_audit(pd.concat([X, X.iloc[:2]])).n_repeated_rows == 2
    assert matrix_audit(X.assign(hole=np.where(rare, np.nan, a))).n_missing == 1


def test_audit_refuses_a_single_sample() -> None:
    with pytest.raises(ValueError, match="two samples"):
        matrix_audit(pd.DataFrame({"a": [1.0]}))


def test_clusters_find_monotonic_relatives_and_only_those() -> None:
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=(3, 400))
    X = pd.DataFrame(
        {"a": a, "b": b, "exp a": np.exp(a), "c": c, "-b": -b, "flat": 0.0, "a3": a**3}
    )
    found = correlation_clusters(X)
    assert [set(cluster) for cluster in found.clusters] == [
        {"a", "exp a", "a3"},
        {"b", "-b"},
        {"c"},
    ]
    assert set(found.containing("a3")) == {"a", "exp a", "a3"}
    assert "flat" not in found.correlation.columns
    assert len(found.representatives()) == 3
    assert set(found.representatives()) & {"c"}
    with pytest.raises(KeyError):
        found.containing("flat")
    with pytest.raises(ValueError, match="between 0 and 1"):
        correlation_clusters(X, threshold=1.0)


def test_representative_is_the_most_related_of_its_cluster() -> None:
    rng = np.random.default_rng(2)
    core = rng.normal(size=300)
    X = pd.DataFrame({f"far {i}": core + 0.4 * rng.normal(size=300) for i in range(4)})
    found = correlation_clusters(X.assign(core=core), threshold=0.6)
    assert found.representatives() == ["core"]


def test_a_lonely_and_a_surprising_sample_are_found() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 2))
    y = np.zeros(60)
    X[7], y[11] = (40.0, 40.0), 5.0
    table = neighbour_check(X, y)
    assert table["distance"].idxmax() == 7
    assert table["surprise"].idxmax() == 11
    assert table["surprise"][11] == pytest.approx(5.0)
    with pytest.raises(ValueError, match="targets"):
        neighbour_check(X, y[:-1])


def test_misread_symbols_need_the_same_gap() -> None:
    reports = pd.DataFrame(
        {"formula": ["HgSc", "HgSe", "ScN", "ZnSe", "ZnSc"], "gap": [0.24, 0.24, 2.6, 2.7, 2.8]}
    )
    found = misread_symbols(reports, swaps={"Sc": "Se"})
    assert found.values.tolist() == [["HgSc", "HgSe", 0.24]]


def test_shared_fingerprints_are_those_of_equal_bits() -> None:
    # Beyond seven carbon atoms a chain has no new fragment within two bonds.
    smiles = ["CCCCCCCC", "CCCCCCCCC", "CCO", "c1ccccc1"]
    found = shared_fingerprints(smiles, [1.0, 3.5, 2.0, 2.0])
    assert found["smiles"].tolist() == [["CCCCCCCC", "CCCCCCCCC"]]
    assert found["spread"].tolist() == [2.5]


def test_real_rows_are_possible_and_contradictions_are_seen() -> None:
    X = magpie_features(["GaAs", "MgO", "SrTiO3", "CsF"])
    names = ["Electronegativity", "MeltingT"]
    assert not impossible_rows(X, names).any()
    for column in ("mean MeltingT", "mode Electronegativity", "range MeltingT"):
        broken = X.copy()
        broken.loc[2, column] = X[column].max() * 3 + 1
        assert impossible_rows(broken, names).tolist() == [False, False, True, False]


def test_layout_holds_the_molecule_and_its_bits() -> None:
    layout = molecule_layout("FC1=CNC(=O)NC1=O", centre=4)
    assert layout.labels == ("F", "", "", "NH", "", "O", "NH", "", "O")
    assert layout.positions.shape == (9, 2)
    assert sorted(layout.bonds[:, 2]) == [1, 1, 1, 1, 1, 1, 2, 2, 2]
    assert [(s.radius, len(s.atoms), len(s.bonds)) for s in layout.surroundings] == [
        (0, 1, 0),
        (1, 4, 3),
        (2, 6, 5),
    ]
    bits = np.flatnonzero(morgan_fingerprints([layout.smiles])[0])
    assert {s.bit for s in layout.surroundings} <= set(bits)
    lengths = np.linalg.norm(
        layout.positions[layout.bonds[:, 0]] - layout.positions[layout.bonds[:, 1]], axis=1
    )
    np.testing.assert_allclose(lengths, 1.5, atol=0.05)


def test_layout_is_the_same_each_time() -> None:
    first, second = (molecule_layout("CCN", centre=0) for _ in range(2))
    np.testing.assert_array_equal(first.positions, second.positions)
    assert first.labels == ("", "", "NH<sub>2</sub>")


def test_layout_refuses_a_missing_atom_and_a_broken_smiles() -> None:
    with pytest.raises(ValueError, match="centre"):
        molecule_layout("CCO", centre=3)
    with pytest.raises(SmilesError):
        molecule_layout("C1CC", centre=0)
