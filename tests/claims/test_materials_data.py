"""What "What makes materials data different" says, tested so that it stays true."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from matinf import datasets, splits
from matinf.background import generalisation as g
from matinf.background import materials_data as md
from matinf.features import SYMBOLS, element_fractions, magpie_features, parse_formula
from matinf.lost_ties import error_with_ties
from matinf.metrics import replicate_floor

LANTHANIDES = SYMBOLS[SYMBOLS.index("La") : SYMBOLS.index("Lu") + 1]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return datasets.load_gap_task()


@pytest.fixture(scope="module", name="X")
def features(table: pd.DataFrame) -> np.ndarray:
    return magpie_features(table["formula"]).to_numpy()


@pytest.fixture(scope="module")
def y(table: pd.DataFrame) -> np.ndarray:
    return table["gap"].to_numpy()


@pytest.fixture(scope="module")
def fractions(table: pd.DataFrame) -> pd.DataFrame:
    return element_fractions(table["formula"])


@pytest.fixture(scope="module")
def repeated() -> md.Replicates:
    gaps = datasets.load_experimental_gaps()
    return md.replicates(gaps["formula"], gaps["gap"], rng=np.random.default_rng(2026))


# -- small


@pytest.mark.parametrize("seed", [1, 2])
def test_the_last_doubling_helps_and_the_floor_is_far(
    X: np.ndarray, y: np.ndarray, repeated: md.Replicates, seed: int
) -> None:
    curve = g.learning_curve(
        X, y, sizes=[200, 1600, 3200], n_repeats=4, n_test=1000, rng=np.random.default_rng(seed)
    )
    assert (np.diff(curve.errors.mean(axis=0)) < 0).all()
    assert curve.last_doubling.high < 1
    assert curve.doublings_to(repeated.floor.estimate).low > 6


@pytest.mark.parametrize("seed", [3, 4])
def test_every_doubling_helps(X: np.ndarray, y: np.ndarray, seed: int) -> None:
    curve = g.learning_curve(
        X,
        y,
        sizes=[50, 100, 200, 400, 800, 1600],
        n_repeats=8,
        n_test=1000,
        rng=np.random.default_rng(seed),
    )
    assert (np.diff(curve.errors.mean(axis=0)) < 0).all()


# -- sparse


def test_coverage_falls_steeply_with_the_number_of_elements(table: pd.DataFrame) -> None:
    pairs, triples, quadruples = (
        md.combination_coverage(table["formula"], order=k) for k in (2, 3, 4)
    )
    assert pairs.share > 0.5
    assert triples.share < pairs.share / 10
    assert quadruples.share < triples.share / 10


def test_chalcogens_are_tried_with_almost_everything_and_lanthanides_not(
    table: pd.DataFrame,
) -> None:
    counts = md.pair_counts(table["formula"])
    held = pd.Series(np.diag(counts), index=counts.index)
    assert set(held.nlargest(4).index) == {"O", "S", "Se", "Te"}, "in more compounds than any other"
    seen = counts > 0
    assert (seen.loc[["O", "S", "Se", "Te"]].mean(axis=1) > 0.85).all()
    among = seen.loc[list(LANTHANIDES), list(LANTHANIDES)].to_numpy()[np.triu_indices(15, 1)]
    assert among.mean() < 0.5


def test_nearly_half_of_the_pairs_are_of_metals_alone(table: pd.DataFrame) -> None:
    every = md.combination_coverage(table["formula"], order=2)
    with_gap = md.combination_coverage(table["formula"][table["gap"] > 0], order=2)
    assert 0.4 < 1 - with_gap.seen / every.seen < 0.5


def test_what_many_measured_is_seldom_in_the_table(table: pd.DataFrame) -> None:
    reported = datasets.load_experimental_gaps()["formula"]
    kept = md.share_kept(reported, table["formula"])
    assert kept[1] > 0.99 > 0.6 > kept[2] > kept[3] > kept[4]
    assert md.pair_counts(table["formula"]).loc["Ga", "N"] == 0
    assert (reported == "GaN").sum() > 10


# -- biased


def test_elements_of_semiconductors_are_over_represented(table: pd.DataFrame) -> None:
    computed = datasets.load_dft_transport()["formula"].unique()
    emphasis = md.element_emphasis(table["formula"], computed)
    assert (emphasis.ratio[["Ga", "In", "Se", "Cd", "Te", "Ge"]] > 1.5).all()
    assert (emphasis.ratio[["H", "F", "C", "N", "Cl"]] < 0.6).all()
    assert emphasis.ratio.idxmax() == "Pm"
    assert emphasis.share["O"] < emphasis.reference_share["O"] / 1.5
    # Which element leads hangs on how rare it may be, and the page says so.
    leaders = [emphasis.extremes(1, least_share=least)[0][0] for least in (0.02, 0.05)]
    assert leaders == ["Eu", "Se"]
    assert emphasis.share["Eu"] < 0.025


def test_most_targets_are_zero_and_most_compositions_reported_once(y: np.ndarray) -> None:
    assert np.mean(y == 0) > 0.5
    assert np.median(y) == 0
    gaps = datasets.load_experimental_gaps()
    reports = np.unique(md.same_composition(gaps["formula"]), return_counts=True)[1]
    assert np.mean(reports == 1) > 0.75
    assert md.share_of_most_reported(reports, top=0.1) > 0.3


def test_metals_were_chosen_to_be_as_many_as_the_non_metals() -> None:
    gaps = datasets.load_experimental_gaps()
    assert len(datasets.load_metals()) == pytest.approx(gaps["formula"].nunique(), rel=0.02)


def test_no_element_and_nothing_of_five_elements(table: pd.DataFrame) -> None:
    sizes = {len(parse_formula(formula)) for formula in table["formula"]}
    assert sizes == {2, 3, 4}


# -- clustered


def test_oxides_and_chalcogenides_keep_together_halides_and_pnictides_do_not(
    X: np.ndarray, table: pd.DataFrame
) -> None:
    """Share of points whose nearest on the map is of their own family."""
    drawn = g.composition_map(X, table, n_points=1000, rng=np.random.default_rng(7))
    points = drawn.points
    _, nearest = cKDTree(points[["x", "y"]]).query(points[["x", "y"]], k=2)
    family = points["family"].to_numpy()
    share = pd.Series(family[nearest[:, 1]] == family).groupby(family).mean()
    assert share[["oxides", "chalcogenides"]].min() > 0.8
    assert share[["halides", "pnictides"]].max() < 0.75


def test_with_lost_ties_put_back_the_floor_is_about_a_tenth_lower() -> None:
    reports = datasets.load_experimental_gaps()
    formulas = md.same_composition(reports["formula"])
    found = replicate_floor(formulas, reports["gap"], rng=np.random.default_rng(0))
    error = error_with_ties(formulas, reports["gap"])
    assert 0.88 < error / found.mean_absolute_error.estimate < 0.95


def test_neighbours_are_of_one_family_far_oftener_than_by_chance(
    X: np.ndarray, table: pd.DataFrame
) -> None:
    drawn = g.composition_map(X, table, n_points=100, rng=np.random.default_rng(0))
    assert drawn.neighbour_agreement > 3 * drawn.chance_agreement


@pytest.fixture(scope="module")
def random_errors(X: np.ndarray, y: np.ndarray) -> dict[int, np.ndarray]:
    """Errors under random folds, by seed."""
    return {s: g.random_fold_errors(X, y, rng=np.random.default_rng(s)) for s in (11, 12)}


@pytest.mark.parametrize("seed", [11, 12])
def test_random_folds_promise_too_much(
    X: np.ndarray, y: np.ndarray, random_errors: dict[int, np.ndarray], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    clusters = splits.composition_clusters(X, n_clusters=10, rng=rng)
    out = list(splits.leave_one_cluster_out(clusters))
    # So that lack of data cannot be the reason: a random fold holds back a fifth.
    assert max(len(test) for _, test in out) < len(y) / 5
    names = [str(i) for i in range(10)]
    by_cluster = g.leave_out(X, y, out, names=names, random_errors=random_errors[seed], rng=rng)
    assert by_cluster.typical.low > 1.15
    assert np.sum(by_cluster.optimism > 1) >= 9


def test_elements_held_back_are_harder(
    X: np.ndarray, y: np.ndarray, fractions: pd.DataFrame, random_errors: dict[int, np.ndarray]
) -> None:
    names = splits.elements_left_out(fractions, min_test=300)
    out = list(splits.leave_one_element_out(fractions, min_test=300))
    error = random_errors[11]
    assert error[y > 0].mean() > error.mean() > error[y == 0].mean()
    assert [n for n, (_, test) in zip(names, out, strict=True) if len(test) > len(y) / 5] == ["O"]
    by_element = g.leave_out(
        X, y, out, names=names, random_errors=random_errors[11], rng=np.random.default_rng(5)
    )
    assert by_element.typical.low > 1.1
    assert {"O", "Li"} <= {n for n, o in zip(names, by_element.optimism, strict=True) if o > 1.4}


def test_wider_clusters_cost_more_than_narrower_ones(X: np.ndarray, y: np.ndarray) -> None:
    some = np.arange(0, len(y), 2)
    X, y = X[some], y[some]
    expected = g.random_fold_errors(X, y, rng=np.random.default_rng(6))
    typical = []
    for n_clusters in (5, 20):
        rng = np.random.default_rng(7)
        clusters = splits.composition_clusters(X, n_clusters=n_clusters, rng=rng)
        left_out = g.leave_out(
            X,
            y,
            splits.leave_one_cluster_out(clusters),
            names=[str(i) for i in range(n_clusters)],
            random_errors=expected,
            rng=rng,
        )
        typical.append(left_out.typical.estimate)
    assert typical[0] > 1.15 * typical[1] > 1.15


# -- low in quality


def test_alp_has_the_widest_spread(repeated: md.Replicates) -> None:
    assert repeated.spreads.index[0] == "AlP"
    assert repeated.spreads.iloc[0] > 1
    assert (repeated.spreads > 0.1).mean() > 0.5


def test_replicates_set_a_floor_of_an_eighth_of_an_electronvolt(repeated: md.Replicates) -> None:
    assert repeated.floor.low > 0.1
    assert repeated.floor.high < 0.15


def test_reports_are_rounded_to_tenths_oftener_than_by_chance() -> None:
    gaps = datasets.load_experimental_gaps()["gap"]
    assert md.share_of_multiples(gaps, step=0.1) > 2 * 0.1


def test_some_labels_are_doubtful(table: pd.DataFrame, fractions: pd.DataFrame) -> None:
    phosphate = table["formula"].map(md.is_phosphate)
    assert (table["gap"][phosphate] == 0).mean() > 0.5
    promethium = fractions["Pm"] > 0
    assert promethium.sum() > 10
    assert (table["gap"][promethium] == 0).all()


@pytest.mark.parametrize("seed", [21, 22])
def test_forests_without_lithium_see_gaps_in_its_oxides_not_its_alloys(
    X: np.ndarray, y: np.ndarray, fractions: pd.DataFrame, seed: int
) -> None:
    lithium = fractions["Li"].to_numpy() > 0
    oxide, zero = fractions["O"].to_numpy()[lithium] > 0, y[lithium] == 0
    predicted = g.predictions_without(X, y, lithium, n_repeats=2, rng=np.random.default_rng(seed))
    opened = (predicted > 0.5).mean(axis=0)
    assert opened[oxide & zero].mean() > 0.75
    assert opened[oxide & ~zero].mean() > 0.9
    assert opened[~oxide & zero].mean() < 0.35
    promised = g.random_fold_errors(X, y, rng=np.random.default_rng(seed))[lithium]
    lost = np.abs(predicted - y[lithium]).mean(axis=0) - promised
    assert lost[oxide & zero].sum() > 0.6 * lost.sum() > 0
