"""What the page on fine-tuning says, held to the stored studies and to networks trained here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matinf import datasets
from matinf.metrics import replicate_floor
from matinf.repeats import corrected_interval
from matinf.studies import load_study
from matinf.transfer import fine_tuning_study as study
from matinf.transfer.fine_tuning import FineTunedRegressor
from matinf.transfer.forgetting import Course, median_error, reread_source_error, watched
from matinf.transfer.hidden_layer import HiddenMap, gap_read, metals_apart
from matinf.transfer.network import Network, TrainedNetwork, torch_generator, weights_of
from matinf.transfer.tasks import TargetTask

HELPED = (25, 50, 100, 200)  # samples up to which the source's weights help
NOT_ANY_MORE = (400, 1000, 2000)


@pytest.fixture(scope="module")
def found() -> study.Comparison:
    return study.load_comparison()


# -- who wins ----------------------------------------------------------------------------------


def test_the_source_helps_where_samples_are_few(found: study.Comparison) -> None:
    gains = [found.gain("discriminative", size) for size in HELPED]
    assert all(gain.low > 0 for gain in gains)
    assert gains[0].estimate == max(gain.estimate for gain in gains)


def test_the_source_does_not_help_where_samples_are_many(found: study.Comparison) -> None:
    for size in NOT_ANY_MORE:
        gain = found.gain("discriminative", size)
        assert not gain.excludes(0)
        assert gain.width < 0.1


def test_a_frozen_body_never_wins_and_loses_with_many_samples(found: study.Comparison) -> None:
    assert not any(found.gain("frozen", size).low > 0 for size in found.sizes("frozen"))
    assert all(found.gain("frozen", size).high < 0 for size in (400, 1000))


def test_the_trees_beat_every_network_from_50_samples_on(found: study.Comparison) -> None:
    for name in ("scratch", "frozen", "full", "discriminative"):
        for size in found.sizes(name):
            if size >= 50:
                assert found.gain("trees", size, over=name).low > 0, (name, size)
    assert not found.gain("trees", 25, over="discriminative").excludes(0)


def test_the_trees_win_on_metals_and_lose_on_non_metals_while_samples_are_few(
    found: study.Comparison,
) -> None:
    for size in study.SIZES:
        parts = [
            found.gain("discriminative", size, over="trees", column=f"error_{part}")
            for part in ("metals", "gapped")
        ]
        assert parts[0].high < 0
        assert (parts[1].low > 0) == (size <= 200), size


def test_non_metals_gain_throughout_and_metals_lose_with_many_samples(
    found: study.Comparison,
) -> None:
    for size in study.SIZES:
        assert found.gain("discriminative", size, column="error_gapped").low > 0
    for size in NOT_ANY_MORE:
        assert found.gain("discriminative", size, column="error_metals").high < 0
    few = [found.gain("discriminative", 25, column=f"error_{c}") for c in ("metals", "gapped")]
    assert all(gain.estimate > 0 for gain in few)
    kept = [
        found.gain(name, 1000, column="error_metals").estimate
        for name in ("frozen", "full", "discriminative")
    ]
    assert kept[0] == min(kept)


def test_no_error_is_near_the_floor(found: study.Comparison) -> None:
    reports = datasets.load_experimental_gaps()
    rng = np.random.default_rng(0)
    floor = replicate_floor(reports["formula"], reports["gap"], rng=rng).mean_absolute_error
    share = np.mean(study.target_rows()[1].y > 0)
    assert found.table["error"].min() > 3 * share * floor.high


def test_early_stopping_costs(found: study.Comparison) -> None:
    costs = {
        (name, size): found.gain(name, size, over=f"{name}, early")
        for name in ("scratch", "discriminative")
        for size in found.sizes(f"{name}, early")
    }
    assert all(cost.estimate > 0 for cost in costs.values())
    assert all(cost.low > 0 for (name, _), cost in costs.items() if name == "discriminative")
    unsure = {size for (name, size), cost in costs.items() if name == "scratch" and cost.low <= 0}
    assert unsure == {50, 100}


def test_the_rate_that_is_left_is_the_highest_that_was_tried() -> None:
    chosen = study.chosen_settings()
    assert 0.03 not in study.RATES
    for name in ("scratch", "discriminative"):
        assert chosen[name]["learning_rate"] == max(study.RATES)


def test_the_best_rate_from_scratch_is_several_times_that_of_full_fine_tuning() -> None:
    chosen = study.chosen_settings()
    assert chosen["scratch"]["learning_rate"] >= 3 * chosen["full"]["learning_rate"]


# -- what is forgotten -------------------------------------------------------------------------


def test_more_samples_forget_more_and_most_of_it_can_be_read_again(
    found: study.Comparison,
) -> None:
    table = found.table
    before, reread = table["before"].mean(), table["before_reread"].mean()
    for name in ("full", "discriminative"):
        old = [found.interval(name, size, column="source") for size in (25, 100, 1000)]
        assert old[0].low > before
        assert old[0].high < old[2].low
        new = found.interval(name, 100, column="source_reread")
        assert new.low > reread
        assert new.estimate - reread < 0.5 * (old[1].estimate - before)
        last = found.interval(name, 1000, column="source_reread")
        assert new.high < last.low
        assert last.high < 0.85 * table["median"].mean()
    emptied = found.interval("discriminative", 2000, column="source_reread")
    assert emptied.low > found.interval("discriminative", 1000, column="source_reread").high
    for size in (25, 100):
        full, slow = (
            found.interval(n, size, column="source").estimate for n in ("full", "discriminative")
        )
        assert slow < full


def test_a_frozen_body_forgets_nothing(found: study.Comparison) -> None:
    frozen = found.table[found.table["strategy"] == "frozen"]
    np.testing.assert_allclose(frozen["source"], frozen["before"], rtol=1e-5)


# -- trained here: what the hidden layer holds -------------------------------------------------

Run = tuple[TrainedNetwork, Course, TargetTask]


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """Three folds under one pre-trained network."""
    before = study.pretrained_network(0)
    made = []
    for fold in range(3):
        train, test = study.fold_rows(fold, 100)
        course = watched(
            before, study.chosen_settings(), train=train, test=test, held=study.source().held,
            rng=np.random.default_rng(fold), every=10, batch_size=64, max_epochs=200,
        )  # fmt: skip
        others = study.target_rows()[1]
        new = np.flatnonzero(~np.isin(others.groups, train.groups))
        unseen = others.rows(np.random.default_rng(fold).permutation(new)[:800])
        made.append((before, course, unseen))
    return made


def test_the_layer_is_turned_and_not_enriched(runs: list[Run]) -> None:
    apart, read, planes = [], [], []
    for before, course, unseen in runs:
        tuned, scratch = (course.networks[name] for name in ("discriminative", "scratch"))
        nets, rng = (before, tuned, scratch), np.random.default_rng(1)
        apart.append([metals_apart(net, unseen, rng=rng) for net in nets])
        read.append([gap_read(net, unseen, rng=rng) for net in nets])
        drawn = HiddenMap.of(before, tuned, unseen)
        planes.append(drawn.old_plane / drawn.shown[0])
    for scores in (np.mean(apart, axis=0), np.mean(read, axis=0)):
        assert scores[0] > scores[1] > scores[2]
    assert max(planes) < 0.75


def test_a_new_head_is_judged_beside_random_weights(
    runs: list[Run], found: study.Comparison
) -> None:
    before = runs[0][0]
    bodies = [
        Network(before.shape, generator=torch_generator(np.random.default_rng(seed)))
        for seed in range(5)
    ]
    random_weights = np.mean(
        [
            reread_source_error(replace(before, weights=weights_of(body)), before, study.source())
            for body in bodies
        ]
    )
    taught = random_weights - found.table["before_reread"].mean()

    def kept(name: str, size: int) -> float:
        left = found.interval(name, size, column="source_reread").estimate
        return float((random_weights - left) / taught)

    assert kept("discriminative", 100) > 0.5 > kept("full", 100) > 0
    assert found.interval("discriminative", 1000, column="source_reread").high > random_weights
    assert found.interval("discriminative", 2000, column="source_reread").low > random_weights


def test_the_source_is_forgotten_within_a_few_epochs(runs: list[Run]) -> None:
    for before, course, _ in runs:
        for name in ("full", "discriminative"):
            errors = course.source[name]
            early = errors[course.epochs == 20][0]
            assert early - errors[0] > 0.5 * (errors[-1] - errors[0])
        median = median_error(before, study.source())
        body = course.networks["discriminative"]
        assert reread_source_error(body, before, study.source()) < 0.8 * median


def test_training_samples_are_learned_by_heart_and_it_does_no_harm(runs: list[Run]) -> None:
    for _, course, _ in runs:
        for name in ("scratch", "full", "discriminative"):
            assert course.loss[name][-1] < 0.02
            assert course.target[name][-1] < 1.1 * course.target[name].min()
        assert course.loss["frozen"][-1] > 10 * course.loss["full"][-1]


# -- the exercises -------------------------------------------------------------------------------


def test_without_metals_twenty_folds_do_not_settle_whether_the_source_helps() -> None:
    stored = load_study("fine-tuning-non-metals")
    errors = stored.pivot(index="fold", columns="strategy", values="error")
    assert len(errors) == study.N_REPEATS
    gain = corrected_interval(
        errors["scratch"] - errors["discriminative"], test_share=1 / study.N_FOLDS
    )
    assert gain.estimate > 0.015
    assert abs(gain.low) < 0.015


@pytest.mark.parametrize("n_frozen", [1, 2, 3])
def test_freezing_fewer_layers_does_not_beat_discriminative_rates(n_frozen: int) -> None:
    before, settings = study.pretrained_network(0), study.chosen_settings()

    def error(fold: int, **chosen: float) -> float:
        known, asked = study.fold_rows(fold, 100)
        model = FineTunedRegressor(pretrained=before, random_state=fold, **chosen)
        return float(np.abs(model.fit(known.X, known.y).predict(asked.X) - asked.y).mean())

    full = settings["full"] | {"n_frozen": n_frozen}
    worse = [error(f, **full) - error(f, **settings["discriminative"]) for f in range(3)]
    assert np.mean(worse) > -0.02
