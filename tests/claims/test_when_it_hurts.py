"""What the page on negative transfer says, held to the stored studies."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from matinf.intervals import Interval
from matinf.studies import load_study
from matinf.transfer import negative_transfer_results as results
from matinf.transfer import negative_transfer_study as plan
from matinf.transfer.combined import seeded, target_trees
from matinf.transfer.evaluation import LearningCurves
from matinf.transfer.fine_tuning_results import load_comparison
from matinf.transfer.negative_transfer import RECIPES
from matinf.transfer.tasks import load_target_task

KINDS = {one.name: one.kind for one in RECIPES}
JUNK = [n for n, kind in KINDS.items() if kind in ("corrupted", "made up") and "half" not in n]
TEN, METALS = "ten properties", "conductivity of intermetallics"


@cache
def pairs() -> pd.DataFrame:
    return load_study("negative-transfer-pairs")


@cache
def curves() -> LearningCurves:
    return results.learning_curves(load_study("negative-transfer-curves"))


def gains(method: str) -> dict[str, Interval]:
    return results.gains_on_all(pairs(), method)


def gain(source: str, method: str, size: int) -> Interval:
    return results.gain_curve(curves(), source, method)[curves().sizes.tolist().index(size)]


def ranked(measure: str, method: str, *, within: bool = True) -> Interval:
    means, rng = results.pair_means(pairs()), np.random.default_rng(1)
    return results.rank_correlation(means, measure, f"{method}_gain", within=within, rng=rng)


# -- made to happen ------------------------------------------------------------------------------


def test_a_good_source_helps_both_methods() -> None:
    assert gains("fine_tuned")[TEN].low > 0
    assert gain(TEN, "latent", 200).low > 0
    assert gain(TEN, "fine_tuned", 25).low > 0


def test_useless_sources_cost_the_network_something_and_the_trees_nothing_that_shows() -> None:
    assert len(JUNK) == 5
    trees = results.mean_gain(pairs(), "latent", JUNK)
    network = results.mean_gain(pairs(), "fine_tuned", JUNK)
    assert not trees.excludes(0)
    assert abs(trees.estimate) < 0.01
    assert trees.width < 0.04
    assert network.high < 0
    assert all(gains("fine_tuned")[n].estimate < gains("latent")[n].estimate for n in JUNK)


def test_three_families_hold_fewer_compositions_than_the_other_sources() -> None:
    small = {one.name for one in RECIPES if len(plan.source_task(one.name)) < 8000}
    assert small == {f"conductivity of {f}" for f in ("halides", "intermetallics", "pnictides")}


def test_the_distant_source_hurts_the_network_most_and_the_trees_not() -> None:
    tuned = gains("fine_tuned")
    assert tuned[METALS].high < 0
    assert min(tuned, key=lambda name: tuned[name].estimate) == METALS
    assert not gains("latent")[METALS].excludes(0)


def test_what_cannot_be_ignored_must_be_good() -> None:
    alone, frozen = gains("latent_alone"), gains("frozen")
    assert all(found.high < 0 for found in alone.values())
    assert all(found.high < 0 for name, found in frozen.items() if KINDS[name] != "computed")
    assert not frozen[TEN].excludes(0)
    assert max(alone, key=lambda name: alone[name].estimate) == TEN
    assert alone["ten properties, shuffled"].estimate < 3 * alone[TEN].estimate


@cache
def networks() -> pd.DataFrame:
    return load_study("negative-transfer-networks")


def network_gain(source: str, way: str, *, over: str = "as it is") -> Interval:
    return results.network_gain(networks(), source, way, over=(results.NO_SOURCE, over))


def test_a_scale_of_its_own_takes_most_of_the_harm_of_intermetallics_away() -> None:
    assert network_gain(METALS, "as it is").high < -0.03
    over = (METALS, "as it is")
    assert results.network_gain(networks(), METALS, "own scale", over=over).low > 0.02
    assert results.share_of_harm(networks(), METALS, "own scale").high < 0.7
    assert network_gain(METALS, "scale alone").high < 0
    assert (
        network_gain(METALS, "scale alone").high
        < network_gain("place in the alphabet", "scale alone").low
    )


def test_tuning_the_rival_as_well_leaves_the_gain_of_fine_tuning() -> None:
    assert network_gain(TEN, "as it is").low > 0.01
    assert network_gain(TEN, "chosen", over="chosen").low > 0.01


def test_features_of_oxides_lie_far_out_on_the_scale_of_intermetallics() -> None:
    column = load_target_task().features.index("maximum Electronegativity")
    oxides = plan.target_task("oxides").X[:, column]
    values = [plan.source_task(n).X[:, column] for n in (METALS, "place in the alphabet")]
    far, near = (np.median(np.abs(oxides - v.mean()) / v.std()) for v in values)
    assert far > 3 > 1.5 > near


def test_fine_tuning_shows_a_gain_up_to_one_or_two_hundred_measurements() -> None:
    assert gain(TEN, "fine_tuned", 100).low > 0
    assert not gain(TEN, "fine_tuned", 400).excludes(0)
    stored = load_comparison()
    assert stored.gain("discriminative", 200).low > 0
    assert not stored.gain("discriminative", 400).excludes(0)


def test_help_and_harm_fade_with_data() -> None:
    for source, method, few in ((TEN, "latent", 200), (TEN, "fine_tuned", 25)):
        assert gain(source, method, 1600).estimate < 0.4 * gain(source, method, few).estimate
        assert not gain(source, method, 1600).excludes(0)
    harm = [gain(METALS, "fine_tuned", size) for size in (50, 1600)]
    assert harm[0].high < 0
    assert harm[1].estimate > 0.5 * harm[0].estimate
    assert not harm[1].excludes(0)


# -- foretold --------------------------------------------------------------------------------------


def test_measures_with_labels_rank_sources_better_than_chance() -> None:
    for measure in ("explained", "evidence", "rehearsed_gain"):
        assert ranked(measure, "latent").low > 0
    assert ranked("explained_network", "fine_tuned").low > 0


def test_these_data_name_no_winner_among_them() -> None:
    main, *rivals = (ranked(m, "latent") for m in ("explained", "evidence", "rehearsed_gain"))
    assert all(rival.low < main.estimate < rival.high for rival in rivals)


def test_domain_similarity_foretells_nothing() -> None:
    assert not ranked("similarity", "latent").excludes(0)
    assert not ranked("similarity", "fine_tuned").excludes(0)


def test_over_all_pairs_at_once_the_measure_tells_little() -> None:
    pooled = ranked("explained", "latent", within=False)
    assert not pooled.excludes(0)
    assert pooled.estimate < ranked("explained", "latent").estimate - 0.1


@pytest.mark.parametrize("method", ["latent", "fine_tuned"])
def test_families_differ_by_more_than_sources(method: str) -> None:
    means = results.pair_means(pairs())
    by_family, by_source = (
        means.groupby(c)[f"{method}_gain"].mean().std() for c in ("target", "source")
    )
    assert by_family > by_source


def test_six_families_do_not_settle_whether_the_choice_pays() -> None:
    found = results.choice(pairs(), "explained", "latent_gain", rival=TEN)
    assert found.at_random < found.chosen.estimate < found.best
    assert found.over_random.estimate > 0 > found.over_rival.estimate
    assert not found.over_random.excludes(0)
    assert 0 < found.hurts < found.hurts_at_random < 0.5


def test_one_draw_of_labels_tells_less_than_ten_and_may_mislead() -> None:
    for measure in ("explained", "evidence", "rehearsed_gain"):
        one = results.correlation_in_one_draw(pairs(), measure, "latent_gain")
        assert 0 < one.estimate < ranked(measure, "latent").estimate - 0.1
    assert results.correlation_in_one_draw(pairs(), "explained", "latent_gain").low < 0


def test_fine_tuning_hurts_in_most_families() -> None:
    means = results.pair_means(pairs())
    assert len(means) == 84
    assert (means["fine_tuned_gain"] < 0).mean() > 0.75
    assert means.groupby("source")["fine_tuned_gain"].mean()[TEN] < 0
    assert (means["latent_gain"] > 0).mean() > 0.5


# -- which to use ----------------------------------------------------------------------------------


def over(one: str, other: str, size: int) -> Interval:
    ways = results.ways_of_transfer(TEN)
    return curves().difference(ways[one], ways[other], size)


@pytest.mark.parametrize("size", [100, 400, 1600])
def test_trees_without_a_source_beat_the_fine_tuned_network(size: int) -> None:
    assert over("fine-tuning", "trees alone", size).low > 0


def test_latent_variables_help_while_data_are_few() -> None:
    few = [over("trees alone", "latent variable", n) for n in plan.CURVE_SIZES if n <= 400]
    assert all(0.03 < found.estimate < 0.05 for found in few)
    shown = [n for n, found in zip(plan.CURVE_SIZES, few, strict=False) if found.low > 0]
    assert shown == [25, 100, 200, 400]
    assert not over("trees alone", "latent variable", 1600).excludes(0)


@pytest.mark.parametrize("size", plan.CURVE_SIZES)
def test_stacking_adds_nothing_that_shows_and_averaging_costs(size: int) -> None:
    assert not over("latent variable", "both, stacked", size).excludes(0)
    assert over("latent variable", "both, averaged", size).estimate < 0
    if size >= 100:
        assert over("latent variable", "both, averaged", size).high < 0


def test_no_way_comes_near_the_floor() -> None:
    lowest = min(curves().interval(name, 1600).low for name in curves().errors)
    assert lowest > 0.25


# -- exercises -------------------------------------------------------------------------------------


def test_a_thousand_useless_columns_hurt_and_ten_do_not_show() -> None:
    target = load_target_task()

    def error(k: int, seed: int) -> float:
        rng = np.random.default_rng(seed)
        train, test = np.split(rng.permutation(len(target))[:1100], [100])
        X = np.hstack([target.X, rng.normal(size=(len(target), k))])
        model = seeded(target_trees(), seed).fit(X[train], target.y[train])
        return float(np.abs(model.predict(X[test]) - target.y[test]).mean())

    seeds = range(20, 26)
    plain, ten, thousand = (np.mean([error(k, s) for s in seeds]) for k in (0, 10, 1000))
    assert thousand > plain + 0.02
    assert abs(ten - plain) < 0.02
