"""What the page on representations says, held to the data."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor

from matinf.background.feature_matrix import (
    CorrelationClusters,
    correlation_clusters,
    impossible_rows,
    matrix_audit,
    one_per_composition,
)
from matinf.background.importance import (
    RANDOM_COLUMN,
    CopiesResult,
    ForestConfig,
    ImportanceResult,
    importance_with_copies,
    importances,
)
from matinf.background.outliers import counterparts, misread_symbols, neighbour_check
from matinf.background.representations import shared_fingerprints
from matinf.datasets import load_elements, load_experimental_gaps, load_qm9_sample
from matinf.features import element_fractions, magpie_features
from matinf.metrics import mean_interval, replicate_floor
from matinf.splits import chemical_systems

BEST = "mode MeltingT"
SMALL = {"n_trees": 15, "n_train": 600, "n_repeats": 5}
SEEDS = (11, 12)


@pytest.fixture(scope="module")
def reports() -> pd.DataFrame:
    return load_experimental_gaps()


@pytest.fixture(scope="module")
def table(reports: pd.DataFrame) -> pd.DataFrame:
    return one_per_composition(reports)


@pytest.fixture(scope="module", name="X")
def features(table: pd.DataFrame) -> pd.DataFrame:
    return magpie_features(table["formula"])


@pytest.fixture(scope="module")
def related(X: pd.DataFrame) -> CorrelationClusters:
    return correlation_clusters(X, threshold=0.8)


@pytest.fixture(scope="module")
def systems(table: pd.DataFrame) -> np.ndarray:
    return chemical_systems(element_fractions(table["formula"]))


@pytest.fixture(scope="module")
def result(
    X: pd.DataFrame, table: pd.DataFrame, related: CorrelationClusters, systems: np.ndarray
) -> ImportanceResult:
    config = ForestConfig(n_trees=15, n_repeats=5)
    rng = np.random.default_rng(SEEDS[0])
    return importances(X, table["gap"], systems, related.clusters, rng=rng, config=config)


def copies(
    X: pd.DataFrame, table: pd.DataFrame, systems: np.ndarray, seed: int, **settings: object
) -> CopiesResult:
    share = settings.pop("max_features", 1.0)
    return importance_with_copies(
        X,
        table["gap"],
        systems,
        BEST,
        rng=np.random.default_rng(seed),
        config=ForestConfig(max_features=share, **SMALL),
        **settings,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_an_exact_copy_takes_half(X, table, related, systems, seed: int) -> None:
    found = copies(X[related.representatives()], table, systems, seed, counts=(0, 1))
    original, together = found.impurity_original.mean(axis=1), found.impurity_together.mean(axis=1)
    assert 0.3 < original[1] / original[0] < 0.7
    assert 0.75 < together[1] / together[0] < 1.33
    permuted = found.permutation_original.mean(axis=1)
    assert permuted[1] < 0.6 * permuted[0]
    assert abs(np.diff(found.errors.mean(axis=1))[0]) < 0.03


@pytest.mark.parametrize("seed", SEEDS)
def test_copies_inflate_where_splits_see_a_third(X, table, related, systems, seed: int) -> None:
    found = copies(
        X[related.representatives()], table, systems, seed, counts=(0, 7), max_features=1 / 3
    )
    assert found.impurity_together[1].mean() > 1.8 * found.impurity_together[0].mean()
    assert found.permutation_together[1].mean() > 1.8 * found.permutation_together[0].mean()
    assert found.errors[1].mean() > found.errors[0].mean() - 0.02


def test_a_noisy_copy_takes_less_than_an_exact_one(X, table, related, systems) -> None:
    few = X[related.representatives()]
    kept = []
    for noise in (0.0, 0.1):
        found = copies(few, table, systems, SEEDS[0], counts=(0, 1), noise=noise)
        kept.append(found.impurity_original[1].mean() / found.impurity_together[1].mean())
    assert kept[1] > max(kept[0], 0.5)


def test_one_column_per_group_predicts_as_well(X, table, related, systems) -> None:
    errors = [
        copies(columns, table, systems, SEEDS[0], counts=[0], max_features=1 / 3).errors[0]
        for columns in (X[related.representatives()], X)
    ]
    assert abs(mean_interval(errors[0] - errors[1]).estimate) < 0.03


def test_the_heaviest_group_is_worth_most_though_no_column_shows_it(
    result: ImportanceResult, related: CorrelationClusters
) -> None:
    top = related.clusters[0]
    alone = result.permutation[list(top)].mean().max()
    assert result.together.mean().idxmax() == top[0]
    assert mean_interval(result.together[top[0]]).low > 2 * alone
    assert {"mean Row", "mean AtomicWeight", "minimum CovalentRadius"} <= set(top)


def test_the_first_place_by_impurity_is_a_matter_of_the_draw(
    X: pd.DataFrame, table: pd.DataFrame, related: CorrelationClusters
) -> None:
    first = set()
    for seed in range(12):
        some = np.random.default_rng(seed).permutation(len(X))[:500]
        model = RandomForestRegressor(
            15, max_features=1 / 3, min_samples_leaf=2, random_state=seed
        ).fit(X.to_numpy()[some], table["gap"].to_numpy()[some])
        first.add(X.columns[model.feature_importances_.argmax()])
    assert BEST in first
    assert len(first) > 2
    assert set(related.containing(BEST)) == {BEST, "maximum Electronegativity"}


def test_melting_temperature_leads_where_relatives_are_gone(
    X: pd.DataFrame, table: pd.DataFrame, related: CorrelationClusters, systems: np.ndarray
) -> None:
    few = X[related.representatives()]
    model = RandomForestRegressor(20, max_features=1 / 3, min_samples_leaf=2, random_state=SEEDS[0])
    found = pd.Series(model.fit(few.to_numpy(), table["gap"]).feature_importances_, few.columns)
    assert found.idxmax() == BEST


def test_chance_gets_impurity_but_no_permutation_importance(result: ImportanceResult) -> None:
    impurity = result.impurity.mean()
    assert (impurity < impurity[RANDOM_COLUMN]).sum() > 0.4 * len(impurity)
    assert abs(result.permutation[RANDOM_COLUMN].mean()) < 0.004


def test_anions_are_in_the_order_of_their_melting_temperatures(table: pd.DataFrame) -> None:
    assert load_elements().loc[["O", "S", "Se", "Te"], "MeltingT"].is_monotonic_increasing
    melting = load_elements()["MeltingT"][["O", "S", "Se", "Te"]]
    assert magpie_features(table["formula"])[BEST].isin(melting).mean() > 0.6


def test_shuffling_makes_compounds_that_cannot_exist(X: pd.DataFrame) -> None:
    order = np.random.default_rng(SEEDS[0]).permutation(len(X))
    share = []
    for columns in ([BEST], [BEST, "maximum Electronegativity"]):
        mixed = X.copy()
        mixed[columns] = X[columns].to_numpy()[order]
        share.append(impossible_rows(mixed, ["MeltingT", "Electronegativity"]).mean())
    assert not impossible_rows(X, ["MeltingT", "Electronegativity"]).any()
    assert 0.2 < share[0] < share[1]


def test_errors_stay_above_the_replicate_floor(
    reports: pd.DataFrame, result: ImportanceResult
) -> None:
    found = replicate_floor(
        reports["formula"], reports["gap"], rng=np.random.default_rng(SEEDS[0]), n_resamples=200
    )
    assert result.errors.min() > found.mean_absolute_error.high


def test_the_matrix_is_as_the_audit_says(X: pd.DataFrame) -> None:
    audit = matrix_audit(X)
    assert audit.n_missing == 0
    assert audit.n_repeated_rows == 0
    assert audit.rank < audit.n_features - 22
    assert audit.constant == ("minimum NfValence", "minimum NfUnfilled")
    assert audit.copies


def test_a_stricter_threshold_parts_the_largest_group(
    X: pd.DataFrame, related: CorrelationClusters
) -> None:
    strict = correlation_clusters(X, threshold=0.9)
    assert len(strict.clusters) > len(related.clusters)
    assert not set(related.clusters[0]) & set(strict.clusters[0])
    assert not any(set(related.clusters[0]) <= set(cluster) for cluster in strict.clusters)


def test_vanadium_dioxide_is_written_twice(reports: pd.DataFrame, table: pd.DataFrame) -> None:
    assert {"VO2", "V2O4"} <= set(reports["formula"])
    assert {"VO2", "V2O4"} - set(table["formula"])


def test_named_outliers_are_outliers(table: pd.DataFrame, X: pd.DataFrame) -> None:
    check = neighbour_check(X, table["gap"]).set_index(table["formula"])
    far = check["distance"].rank(ascending=False)
    surprising = check["surprise"].abs().rank(ascending=False)
    assert far[["FeSc2", "CsAu"]].max() <= 3
    assert far["Sm2Sc3"] <= 10
    assert surprising[["CsSb", "MnF2"]].max() <= 3


def test_misprints_repeat_the_gap_of_a_selenide_or_telluride(reports: pd.DataFrame) -> None:
    found = misread_symbols(reports, swaps={"Sc": "Se", "Tc": "Te"})
    assert set(found["written"]) == {"GaTc", "Sm2Sc3", "HgSc", "ZnTc"}
    assert "FeSe2" not in set(reports["formula"])
    coincident = misread_symbols(reports, swaps={"S": "Se"})["written"].nunique()
    pairs = counterparts(reports["formula"], swaps={"S": "Se"})
    assert ("SnS", "SnSe") in pairs
    assert coincident < 0.1 * len(pairs)
    backwards = misread_symbols(reports, swaps={"Sb": "Sr", "Ga": "Ge", "Ti": "Tl", "Ca": "Cs"})
    assert backwards.empty


def test_more_bits_part_no_twins_but_more_bonds_do() -> None:
    molecules = load_qm9_sample()
    data = (molecules["smiles"], molecules["homo_lumo_gap"])
    n_twins = shared_fingerprints(*data)["smiles"].map(len).sum()
    assert shared_fingerprints(*data, n_bits=4096)["smiles"].map(len).sum() == n_twins
    assert shared_fingerprints(*data, radius=1)["smiles"].map(len).sum() > 10 * n_twins
    assert shared_fingerprints(*data, radius=3).empty


def test_the_gap_grows_from_gallium_arsenide_to_magnesium_oxide(table: pd.DataFrame) -> None:
    gaps = table.set_index("formula")["gap"]
    assert gaps["MgO"] > gaps["GaAs"]
