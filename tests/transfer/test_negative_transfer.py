"""Sources that hurt are made as they say, and never hold what is tested on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.base import clone

from matinf.features import SYMBOLS
from matinf.intervals import mean_interval
from matinf.repeats import corrected_interval
from matinf.transfer import negative_transfer_results as results
from matinf.transfer import negative_transfer_study as plan
from matinf.transfer.combined import SourceModels, seeded, target_trees
from matinf.transfer.negative_transfer import (
    FAMILIES,
    RECIPES,
    atoms_in_the_formula,
    families,
    place_in_the_alphabet,
    random_function,
    recipe,
)
from matinf.transfer.tasks import SourceTask, composition_keys, load_target_task


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def built(name: str, n_samples: int = 500, seed: int = 1) -> SourceTask:
    return recipe(name).build(plan.pool(), n_samples=n_samples, rng=rng(seed))


# -- sources -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [one.name for one in RECIPES])
def test_no_source_holds_a_composition_of_the_target(name: str) -> None:
    source = built(name)
    assert len(source) == 500
    assert not np.isin(source.groups, load_target_task().groups).any()
    assert np.unique(source.groups).size == 500
    np.testing.assert_array_equal(source.y, built(name).y)
    assert not np.array_equal(source.groups, built(name, seed=2).groups)


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("NaCl", "halides"),
        ("BiOCl", "halides"),
        ("TiO2", "oxides"),
        ("La2O2S", "oxides"),
        ("CdSe", "selenides"),
        ("CdS0.5Se0.5", "sulfides"),
        ("PbTe", "tellurides"),
        ("GaAs", "pnictides"),
        ("NiAl", "intermetallics"),
        ("SiC", "others"),
    ],
)
def test_families_go_by_the_anion(formula: str, family: str) -> None:
    assert families(composition_keys([formula])).tolist() == [family]
    assert family in FAMILIES


def test_sources_elsewhere_are_of_one_family() -> None:
    elsewhere = [one for one in RECIPES if one.kind == "elsewhere"]
    assert len(elsewhere) >= 3
    for one in elsewhere:
        assert set(families(built(one.name).groups)) == {one.family}


def test_shuffled_labels_are_the_right_ones_in_wrong_places() -> None:
    right, half, none = (
        built(n) for n in ("conductivity", "conductivity, half shuffled", "conductivity, shuffled")
    )
    for source in (half, none):
        np.testing.assert_array_equal(np.sort(source.y), np.sort(right.y))
    assert np.mean(half.y == right.y) == pytest.approx(0.5, abs=0.02)
    assert np.mean(none.y == right.y) < 0.02
    assert abs(np.corrcoef(none.y, right.y)[0, 1]) < 0.15


def test_ten_shuffled_properties_stay_together() -> None:
    right, wrong = built("ten properties"), built("ten properties, shuffled")
    assert right.y.shape == (500, 10)
    np.testing.assert_allclose(np.corrcoef(right.y.T), np.corrcoef(wrong.y.T), atol=1e-9)
    assert np.mean((right.y == wrong.y).all(axis=1)) < 0.02


def test_made_up_properties_are_what_they_say() -> None:
    keys = composition_keys(["Ac", "Zr", "AcZr", "VO2", "V2O4", "NaCl", "Ca3(PO4)2"])
    places = place_in_the_alphabet(keys)
    assert places[:3].tolist() == [0, pytest.approx(1, abs=0.01), pytest.approx(places[1] / 2)]
    assert sorted(SYMBOLS)[0] == "Ac"
    assert atoms_in_the_formula(keys).tolist() == [1, 1, 2, 3, 3, 2, 13]


def test_a_random_function_is_smooth_and_drawn_anew() -> None:
    X = rng().normal(size=(200, 5))
    y = random_function(X, rng=rng(1))
    near = random_function(np.vstack([X, X[:1] + 1e-4]), rng=rng(1))
    assert y.std() > 1
    assert abs(near[-1] - near[0]) < 0.01 * y.std()
    assert abs(np.corrcoef(y, random_function(X, rng=rng(2)))[0, 1]) < 0.9


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(ValueError, match="no source is named 'luck'"):
        recipe("luck")


# -- one source, used in every way ---------------------------------------------------------------


@pytest.fixture(scope="module")
def taught() -> SourceModels:
    X = rng(1).normal(size=(600, 6))
    y = np.stack([X[:, 0] * X[:, 1], X[:, 2]], axis=1)
    task = SourceTask(X=X, y=y, groups=np.arange(600).astype(str))
    return SourceModels.taught(task, rng=rng(2))


def test_every_way_predicts_and_can_be_cloned(taught: SourceModels) -> None:
    X = rng(3).normal(size=(40, 6))
    y = X[:, 0] * X[:, 1]
    ways = (
        taught.latent(),
        taught.latent(passthrough=False),
        taught.fine_tuned(),
        taught.fine_tuned(n_frozen=2),
        taught.averaged(),
        taught.stacked(),
    )
    for way in ways:
        once, again = (seeded(clone(way), 5).fit(X, y).predict(X[:7]) for _ in range(2))
        assert once.shape == (7,)
        np.testing.assert_array_equal(once, again)
    assert taught.outputs(X).shape == (40, 2)


def test_the_average_is_the_mean_of_both(taught: SourceModels) -> None:
    X = rng(3).normal(size=(40, 6))
    y = X[:, 2]
    each = [seeded(w, 5).fit(X, y).predict(X) for w in (taught.latent(), taught.fine_tuned())]
    averaged = seeded(taught.averaged(), 5).fit(X, y).predict(X)
    np.testing.assert_allclose(averaged, np.mean(each, axis=0))


def test_the_stack_learns_from_predictions_of_unseen_samples(taught: SourceModels) -> None:
    """The last trees see the features, the latent variables and one column of the network."""
    X = rng(3).normal(size=(40, 6))
    fitted = seeded(taught.stacked(), 5).fit(X, X[:, 2])
    stack = fitted.target_estimator_
    assert stack.final_estimator_.n_features_in_ == 6 + 2 + 1
    assert stack.estimators_[0][-1].n_features_in_ == 6
    remembered = stack.estimators_[0].predict(np.hstack([X, fitted.latent_values(X)]))
    assert stack.cv == 3
    assert np.abs(remembered - X[:, 2]).mean() < 0.1


def test_latent_variables_alone_are_all_that_is_seen(taught: SourceModels) -> None:
    X = rng(3).normal(size=(40, 6))
    fitted = seeded(taught.latent(passthrough=False), 0).fit(X, X[:, 2])
    assert fitted.target_estimator_.n_features_in_ == 2
    alone = seeded(target_trees(), 0).fit(taught.outputs(X), X[:, 2])
    np.testing.assert_array_equal(fitted.predict(X), alone.predict(taught.outputs(X)))


# -- reading the studies -------------------------------------------------------------------------


@pytest.fixture
def pairs() -> pd.DataFrame:
    """Two sources, two families and the whole; source a gains 0.1 and 0.3, source b nothing."""
    rows = []
    for target, gain in ((results.WHOLE, 0.2), ("oxides", 0.1), ("halides", 0.3)):
        for repeat in range(3):
            base = {"target": target, "repeat": repeat, "part": 0}
            for source, helped in (("none", 0.0), ("a", gain), ("b", 0.0)):
                error = 1 + 0.1 * repeat - helped
                columns = dict.fromkeys(results.BASELINES, error)
                rows.append(base | columns | {"source": source, "explained": helped})
    return pd.DataFrame(rows)


def test_gains_are_paired_by_target_and_repeat(pairs: pd.DataFrame) -> None:
    gains = results.gains_on_all(pairs, "fine_tuned")
    assert gains["a"].estimate == pytest.approx(0.2)
    assert gains["a"].width == pytest.approx(0)
    assert gains["b"].estimate == pytest.approx(0)
    means = results.pair_means(pairs).set_index(["target", "source"])["latent_gain"]
    assert means["halides", "a"] == pytest.approx(0.3)
    assert results.WHOLE not in means.index.get_level_values(0)


def test_choice_takes_the_source_that_explains_most(pairs: pd.DataFrame) -> None:
    found = results.choice(pairs, "explained", "latent_gain", rival="b")
    assert found.over_rival.estimate == pytest.approx(0.2)
    assert found.over_random.estimate == pytest.approx(0.1)
    assert found.hurts_at_random == 0
    assert found.chosen.estimate == pytest.approx(0.2)
    assert found.at_random == pytest.approx(0.1)
    assert found.best == pytest.approx(0.2)
    assert found.hurts == 0


def test_rank_correlation_knows_how_few_targets_there_are() -> None:
    """Thirty-six points; all that makes them agree is one number per target."""
    targets, sources = rng().normal(size=4), range(9)
    table = pd.DataFrame(
        [
            {"source": s, "target": t, "x": effect + noise[0] / 50, "y": effect + noise[1] / 50}
            for t, effect in enumerate(targets)
            for s, noise in zip(sources, rng(t).normal(size=(9, 2)), strict=True)
        ]
    )
    drawn = {"rng": rng(), "n_resamples": 400}
    wide = results.rank_correlation(table, "x", "y", within=False, **drawn)
    assert wide.estimate > 0.8
    assert wide.low < 0.3, "four targets cannot tell, however many sources there are"
    shuffled = table.assign(y=rng(1).permutation(table["y"]))
    for within in (True, False):
        none = results.rank_correlation(shuffled, "x", "y", within=within, **drawn)
        assert not none.excludes(0)
    assert abs(results.rank_correlation(table, "x", "y", **drawn).estimate) < 0.5
    with pytest.raises(ValueError, match="every source with every target"):
        results.rank_correlation(table.iloc[1:], "x", "y", rng=rng())


def test_within_a_target_its_own_level_does_not_count() -> None:
    pairs = [(s, t) for s in range(8) for t in range(5)]
    table = pd.DataFrame(pairs, columns=["source", "target"])
    table["x"] = rng().normal(size=8)[table["source"]]
    table["y"] = table["x"] + 100 * rng(1).normal(size=5)[table["target"]]
    found = results.rank_correlation(table, "x", "y", rng=rng(), n_resamples=200)
    assert (found.estimate, found.low, found.high) == pytest.approx((1, 1, 1))
    pooled = results.rank_correlation(table, "x", "y", rng=rng(), within=False, n_resamples=200)
    assert pooled.estimate == pytest.approx(spearmanr(table["x"], table["y"]).statistic)
    assert pooled.estimate < 0.6


def test_one_draw_tells_less_than_the_mean_of_many() -> None:
    worth = np.arange(8) / 10
    rows = [
        {"target": t, "repeat": r, "part": 0, "source": str(s), "explained": x}
        | dict.fromkeys(results.BASELINES, error)
        for t in ("oxides", "halides")
        for r in range(10)
        for s, x, error in (
            ("none", np.nan, 1.0),
            *zip(range(8), *rng(r).normal([worth, 1 - worth], 0.3), strict=True),
        )
    ]
    pairs = pd.DataFrame(rows)
    one = results.correlation_in_one_draw(pairs, "explained", "latent_gain")
    gains = results.with_gains(pairs).groupby(["target", "repeat"])
    draws = [spearmanr(d["explained"], d["latent_gain"]).statistic for _, d in gains]
    assert one.estimate == pytest.approx(np.mean(draws))
    assert [one.low, one.high] == pytest.approx(np.quantile(draws, [0.05, 0.95]).tolist())
    means = results.pair_means(pairs)
    many = results.rank_correlation(means, "explained", "latent_gain", rng=rng(), n_resamples=50)
    assert 0 < one.estimate < many.estimate - 0.1


def test_curves_and_ways_are_read_by_source_and_method() -> None:
    rows = [
        {"source": s, "method": m, "repeat": r, "size": n, "mae": 1 / n + r / 100 - help_}
        for s, m, help_ in (("none", "latent", 0.0), ("a", "latent", 0.05))
        for r in range(4)
        for n in (25, 50, 1600)
    ]
    curves = results.learning_curves(pd.DataFrame(rows))
    gain = results.gain_curve(curves, "a", "latent")
    assert [round(g.estimate, 6) for g in gain] == [0.05] * 3
    repeats = np.arange(4) / 100
    widened = corrected_interval(repeats, test_share=0.2)
    for size, expected in ((50, mean_interval(repeats)), (1600, widened)):
        assert curves.interval("none, latent", size).width == pytest.approx(expected.width)


def test_a_network_is_compared_on_the_same_draws_and_its_harm_is_shared_out() -> None:
    errors = {("none", "as it is"): 0.5, ("a", "as it is"): 0.6, ("a", "own scale"): 0.525}
    rows = [
        {"source": s, "way": w, "repeat": r, "mae": mae + r / 100}
        for (s, w), mae in errors.items()
        for r in range(5)
    ]
    table = pd.DataFrame(rows)
    gain = results.network_gain(table, "a", "own scale", over=("a", "as it is"))
    assert [gain.low, gain.high] == pytest.approx([0.075, 0.075])
    share = results.share_of_harm(table, "a", "own scale")
    assert [share.low, share.high] == pytest.approx([0.25, 0.25])


# -- the studies -----------------------------------------------------------------------------------


def test_all_sources_see_the_same_draws_and_no_draw_tests_what_it_labels() -> None:
    for target in plan.TARGETS:
        train, test = plan.labelled(target, 0)
        groups = plan.target_task(target).groups
        assert train.size == plan.N_LABELLED
        assert not np.isin(groups[train], groups[test]).any()
        assert np.array_equal(train, plan.labelled(target, 0)[0])
        assert not np.array_equal(train, plan.labelled(target, 1)[0])


def test_the_families_share_no_composition() -> None:
    groups = np.concatenate([plan.target_task(t).groups for t in plan.TARGETS[1:]])
    assert np.unique(groups).size == groups.size
