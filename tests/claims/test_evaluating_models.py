"""What the page on evaluating models says, held to the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from quantile_forest import RandomForestQuantileRegressor
from scipy.stats import norm
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import r2_score

from matinf import datasets
from matinf.background import evaluating_models as em
from matinf.background import leakage, scores
from matinf.background.forest_spread import Recalibration, coverage_under_shift, recalibrate
from matinf.background.generalisation import family
from matinf.calibration import miscalibration_area
from matinf.features import element_fractions, magpie_features
from matinf.metrics import replicate_floor
from matinf.splits import Split, chemical_systems, grouped_folds

SEEDS = (11, 12, 13)
Data = tuple[np.ndarray, np.ndarray, np.ndarray, pd.Series]


@pytest.fixture(scope="module")
def task() -> Data:
    table = datasets.load_gap_task()
    systems = chemical_systems(element_fractions(table["formula"]))
    X = magpie_features(table["formula"]).to_numpy()
    return X, table["gap"].to_numpy(), systems, table["formula"]


@pytest.fixture(scope="module")
def gapped(task: Data) -> Data:
    rows = task[1] > 0
    X, y, systems, formulas = (part[rows] for part in task)
    return X, y, systems, formulas


# -- splits ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=SEEDS[:2])
def splits(request: pytest.FixtureRequest) -> em.SplitErrors:
    reports = datasets.load_experimental_gaps()
    return em.compare_splits(
        magpie_features(reports["formula"]).to_numpy(),
        reports["gap"].to_numpy(),
        reports["formula"],
        n_repeats=5,
        n_trees=10,
        rng=np.random.default_rng(request.param),
    )


def test_rows_at_random_look_better_than_whole_compositions(splits: em.SplitErrors) -> None:
    difference = splits.difference("compositions", "rows")
    assert difference.excludes(0)
    assert difference.estimate > 0
    assert (splits.errors.idxmin(axis=1) == "rows").all()


def test_the_gain_is_memory_of_replicates(splits: em.SplitErrors) -> None:
    again, every = splits.replicated.mean(), splits.errors.mean()
    assert again["compositions"] > 2 * again["rows"]
    assert again["compositions"] / again["rows"] > every["compositions"] / every["rows"]


def test_systems_differ_little_from_compositions_and_clusters_much(splits: em.SplitErrors) -> None:
    assert not splits.difference("chemical systems", "compositions").excludes(0)
    means = splits.errors.mean()
    assert means["clusters"] > 1.2 * means["chemical systems"]
    assert means["elements"] > means["chemical systems"]
    assert splits.errors["clusters"].std() > 2 * splits.errors["rows"].std()


def test_no_split_comes_below_the_floor_and_all_beat_the_median(splits: em.SplitErrors) -> None:
    reports = datasets.load_experimental_gaps()
    y = reports["gap"].to_numpy()
    floor = replicate_floor(reports["formula"], y, rng=np.random.default_rng(0))
    assert splits.errors.to_numpy().min() > floor.mean_absolute_error.high
    assert splits.errors.mean().max() < np.abs(y - np.median(y)).mean()


def test_there_is_no_date_to_split_by() -> None:
    assert list(datasets.load_experimental_gaps()) == ["formula", "gap"]


# -- leaks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_selection_finds_something_in_nothing_and_honestly_does_not(
    gapped: Data, seed: int
) -> None:
    X, y, _, _ = gapped
    leak = leakage.selection_leak(X, y, n_repeats=20, rng=np.random.default_rng(seed))
    assert leak.interval(leak.leaked).low > 0
    assert leak.interval(leak.honest).high < 0
    assert leak.optimism.low > 0.3


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_a_feature_made_from_the_target_is_a_gift(gapped: Data, seed: int) -> None:
    X, y, systems, _ = gapped
    leak = leakage.target_leak(
        X, y, systems, n_repeats=3, n_trees=10, rng=np.random.default_rng(seed)
    )
    assert (leak.leaked > leak.honest + 0.03).all()


def test_replicates_on_both_sides_pretend_r2(splits: em.SplitErrors) -> None:
    assert (splits.r2["rows"] > splits.r2["compositions"]).mean() >= 0.8


# -- metrics -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def predicted(task: Data) -> pd.DataFrame:
    X, y, systems, _ = task
    return scores.out_of_fold(X, y, systems, rng=np.random.default_rng(21), n_trees=20)


def errors(predicted: pd.DataFrame, y: np.ndarray) -> pd.DataFrame:
    return predicted.sub(y, axis=0)


def test_the_metric_chooses_the_winner(task: Data, predicted: pd.DataFrame) -> None:
    error = errors(predicted, task[1])
    mae, rmse = error.abs().mean(), np.sqrt((error**2).mean())
    assert mae["median"] < 0.9 * mae["mean"]
    assert rmse["median"] > 1.1 * rmse["mean"]
    assert mae["forest, median"] < 0.85 * mae["forest, mean"]
    assert rmse["forest, median"] == pytest.approx(rmse["forest, mean"], rel=0.05)


def test_the_nearest_neighbour_is_no_straw_man(task: Data, predicted: pd.DataFrame) -> None:
    mae = errors(predicted, task[1]).abs().mean()
    assert mae["forest, mean"] < mae["nearest neighbour"] < 1.3 * mae["forest, mean"]
    assert mae["nearest neighbour"] < 0.6 * mae["median"]


def test_the_worst_rule_squared_error_more_than_absolute(
    task: Data, predicted: pd.DataFrame
) -> None:
    absolute, squared = scores.worst_share(errors(predicted, task[1])["forest, mean"])
    assert 0.05 < absolute < 0.4 < squared


def test_r2_falls_below_zero_where_errors_are_smaller(task: Data, predicted: pd.DataFrame) -> None:
    y, forest = task[1], predicted["forest, mean"].to_numpy()
    gapped, window = y > 0, (y > 1) & (y < 3)
    error = np.abs(y - forest)
    assert error[window].mean() < error[gapped].mean()
    assert r2_score(y[window], forest[window]) < 0 < r2_score(y[gapped], forest[gapped])


def test_wide_gaps_are_predicted_too_small_and_metals_too_wide(
    task: Data, predicted: pd.DataFrame
) -> None:
    y, forest = task[1], predicted["forest, mean"].to_numpy()
    assert (y - forest)[y > 4].mean() > 1
    assert 0 < (y - forest)[forest > 4].mean() < 0.6 * (y - forest)[y > 4].mean()
    assert np.mean(forest[y == 0] > 0.5) > 0.1


def test_a_lost_decimal_point_moves_rmse_most(task: Data, predicted: pd.DataFrame) -> None:
    y, forest = task[1], predicted["forest, mean"].to_numpy()
    typed = y.copy()
    typed[np.argmax(typed)] *= 10
    before, after = y - forest, typed - forest
    mae = np.abs(after).mean() / np.abs(before).mean()
    assert np.sqrt(np.mean(after**2) / np.mean(before**2)) > 1.5 > 1.15 > mae
    assert r2_score(typed, forest) < r2_score(y, forest) - 0.1


# -- uncertainties -----------------------------------------------------------------------------


def page_split(data: Data, *, seed: int, n_trees: int = 100) -> tuple[Split, Recalibration]:
    X, y, systems, _ = data
    rng = np.random.default_rng(seed)
    fold = next(grouped_folds(systems, rng=rng))
    return fold, recalibrate(X, y, systems, split=fold, rng=rng, n_trees=n_trees)


@pytest.mark.parametrize("seed", SEEDS)
def test_trees_spread_too_wide_and_the_factor_mends_it(gapped: Data, seed: int) -> None:
    says = page_split(gapped, seed=seed, n_trees=40)[1]
    raw, mended = says.test, says.recalibrated
    assert says.scale < 1
    assert raw.coverage(0.5) > 0.53
    area, less = (miscalibration_area(p.y, p.mean, p.std) for p in (raw, mended))
    assert less < area
    assert mended.coverage(0.9) == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_unit_gives_the_variance_away(gapped: Data, seed: int) -> None:
    stated = page_split(gapped, seed=seed, n_trees=40)[1].test
    in_mev = stated.in_unit(1000)
    assert in_mev.coverage(0.9) == pytest.approx(stated.coverage(0.9))
    assert stated.with_std(stated.std**2).coverage(0.9) < 0.87
    assert in_mev.with_std(in_mev.std**2).coverage(0.9) == 1


def test_the_factor_hangs_on_the_fold_and_mends_most_of_them(gapped: Data) -> None:
    X, y, systems, _ = gapped
    rng = np.random.default_rng(14)
    folds = list(grouped_folds(systems, rng=rng))
    says = [recalibrate(X, y, systems, split=fold, rng=rng, n_trees=40) for fold in folds]
    assert np.ptp([one.scale for one in says]) > 0.05
    inside = [one.recalibrated.coverage(0.9) for one in says]
    assert np.mean(inside) == pytest.approx(0.9, abs=0.05)


def test_on_the_split_of_the_page_the_variance_looks_better(gapped: Data) -> None:
    stated = page_split(gapped, seed=2026)[1].test
    areas = [miscalibration_area(stated.y, stated.mean, s) for s in (stated.std, stated.std**2)]
    assert areas[1] < areas[0]


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_halides_break_the_promise_and_known_families_keep_it(gapped: Data, seed: int) -> None:
    X, y, systems, formulas = gapped
    kinds = [family(formula) for formula in formulas]
    shifted = coverage_under_shift(
        X, y, systems, kinds, rng=np.random.default_rng(seed), n_trees=20
    )
    worst = int(np.argmin(shifted.new))
    assert shifted.names[worst] == "halides"
    assert shifted.known[worst] - shifted.new[worst] > 0.1
    assert not shifted.loss.excludes(0)
    assert np.ptp(shifted.new) > np.ptp(shifted.known)


def test_the_lead_of_a_lucky_seed_is_mostly_luck(gapped: Data) -> None:
    X, y, _, _ = gapped
    (train, test), _ = page_split(gapped, seed=2026, n_trees=5)
    forests = (RandomForestRegressor(5, max_features="sqrt", random_state=s) for s in range(40))
    missed = np.stack(
        [np.abs(y[test] - f.fit(X[train], y[train]).predict(X[test])) for f in forests]
    )
    leads, rng = [], np.random.default_rng(3)
    for _ in range(300):
        halves = np.array_split(rng.permutation(test.size), 2)
        gains = [missed[:, h].mean() - missed[:, h].mean(axis=1) for h in halves]
        leads.append([gain[np.argmax(gains[0])] for gain in gains])
    seen, kept = np.mean(leads, axis=0)
    assert kept < 0.5 * seen


def test_quantiles_hold_about_what_they_state_at_about_the_same_width(gapped: Data) -> None:
    X, y, _, _ = gapped
    (train, test), says = page_split(gapped, seed=2026)
    model = RandomForestQuantileRegressor(100, max_features="sqrt", random_state=1)
    low, high = model.fit(X[train], y[train]).predict(X[test], quantiles=[0.05, 0.95]).T
    assert np.mean((low <= y[test]) & (y[test] <= high)) == pytest.approx(0.9, abs=0.05)
    width = 2 * norm.ppf(0.95) * says.recalibrated.std.mean()
    assert np.mean(high - low) == pytest.approx(width, rel=0.2)
