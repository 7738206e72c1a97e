"""What is forgotten and what the hidden layer holds, on networks whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matinf.transfer.forgetting import (
    divided,
    median_error,
    reread_source_error,
    source_error,
    watched,
)
from matinf.transfer.hidden_layer import HiddenMap, gap_read, metals_apart
from matinf.transfer.network import TrainedNetwork
from matinf.transfer.pretraining import fine_tune, pretrain
from matinf.transfer.tasks import SourceTask, TargetTask
from matinf.transfer.training import TrainingConfig

SIZES = (24, 16)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def made(n: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X = rng(seed).normal(size=(n, 5))
    y = np.c_[np.sin(2 * X[:, 0]) * X[:, 1], 100 * np.abs(X[:, 2])]
    return X, y, np.array([f"{seed}-{i}" for i in range(n)])


def target(n: int, *, seed: int) -> TargetTask:
    X, y, groups = made(n, seed=seed)
    return TargetTask(X=X, y=np.clip(y[:, 0], 0, None), groups=groups)


@pytest.fixture(scope="module")
def source() -> SourceTask:
    X, y, groups = made(2000, seed=1)
    return SourceTask(X=X, y=y, groups=groups)


@pytest.fixture(scope="module")
def before(source: SourceTask) -> TrainedNetwork:
    config = TrainingConfig(max_epochs=30, batch_size=128, learning_rate=3e-3)
    known = divided(source, n_held=500, rng=rng()).known
    return pretrain(known, rng=rng(1), hidden_sizes=SIZES, config=config)


def shuffled(network: TrainedNetwork) -> TrainedNetwork:
    """The last hidden layer's numbers in another order: the head, left alone, misreads them."""
    order = rng(5).permutation(SIZES[-1])
    last = {key: network.weights[key][order] for key in ("layers.1.weight", "layers.1.bias")}
    return replace(network, weights={**network.weights, **last})


def test_a_divided_source_is_whole_and_disjoint(source: SourceTask) -> None:
    parts = divided(source, n_held=500, rng=rng())
    assert len(parts.held) == 500
    assert set(parts.held.groups) | set(parts.known.groups) == set(source.groups)
    assert not set(parts.held.groups) & set(parts.known.groups)


def test_the_error_is_in_deviations_of_each_output(
    before: TrainedNetwork, source: SourceTask
) -> None:
    held = divided(source, n_held=500, rng=rng()).held
    missed = np.abs(before.predict(held.X) - held.y).mean(axis=0)
    expected = (missed / before.y_scale.std).mean()
    assert source_error(before, before, held) == pytest.approx(expected)
    assert expected < 0.8 * median_error(before, divided(source, n_held=500, rng=rng()))


def test_a_layer_in_another_order_is_misread_and_not_forgotten(
    before: TrainedNetwork, source: SourceTask
) -> None:
    parts = divided(source, n_held=500, rng=rng())
    turned = shuffled(before)
    assert source_error(turned, before, parts.held) > 2 * source_error(before, before, parts.held)
    reread = [reread_source_error(network, before, parts) for network in (before, turned)]
    assert reread[1] == pytest.approx(reread[0], rel=1e-9)
    spike = dict(before.weights)  # a unit that speaks once among thousands, and softly
    spike["layers.1.bias"] = spike["layers.1.bias"].copy()
    spike["layers.1.bias"][0] -= np.quantile(before.hidden(parts.held.X)[:, 0], 0.999)
    rare = reread_source_error(replace(before, weights=spike), before, parts)
    assert rare < 1.5 * reread[0]
    silent = {key: 0 * array for key, array in before.weights.items()}
    nothing = replace(before, weights=silent)
    assert reread_source_error(nothing, before, parts) > 1.5 * reread[0]


def test_watching_starts_before_the_first_step_and_changes_nothing(
    before: TrainedNetwork, source: SourceTask
) -> None:
    held = divided(source, n_held=500, rng=rng()).held
    train, test = target(60, seed=2), target(200, seed=3)
    strategies = {
        "scratch": {"learning_rate": 1e-2},
        "frozen": {"learning_rate": 1e-2, "n_frozen": 2},
        "full": {"learning_rate": 1e-2},
    }
    course = watched(
        before, strategies, train=train, test=test, held=held, rng=rng(4), batch_size=32,
        max_epochs=20,
    )  # fmt: skip
    assert course.epochs.tolist() == [0, 5, 10, 15, 20]
    start = source_error(before, before, held)
    assert course.source["full"][0] == pytest.approx(start)
    assert course.source["full"][-1] > start
    np.testing.assert_allclose(course.source["frozen"], start)
    assert course.source["scratch"][0] != pytest.approx(start)
    config = TrainingConfig(learning_rate=1e-2, batch_size=32, max_epochs=20, validation_fraction=0)
    seed = int(rng(4).integers(2**63))
    alone = fine_tune(before, train.X, train.y[:, None], rng=rng(seed), config=config)
    np.testing.assert_array_equal(course.networks["full"].predict(test.X), alone.predict(test.X))
    missed = np.abs(alone.predict(test.X)[:, 0] - test.y).mean()
    assert course.target["full"][-1] == pytest.approx(missed)
    assert course.loss["full"].size == 20


def test_a_layer_that_only_turned_lies_on_its_old_map(before: TrainedNetwork) -> None:
    rows = target(300, seed=6)
    same = HiddenMap.of(before, before, rows)
    np.testing.assert_allclose(same.after, same.before, atol=1e-9)
    assert same.old_plane == pytest.approx(same.shown[0])
    turned = HiddenMap.of(before, shuffled(before), rows)
    np.testing.assert_allclose(turned.after, turned.before, atol=1e-9)
    assert turned.shown[1] == pytest.approx(same.shown[0])
    assert turned.old_plane < same.old_plane
    assert np.square(same.before).sum(axis=1).mean() == pytest.approx(1)


def test_metals_apart_knows_order_from_noise(before: TrainedNetwork) -> None:
    rows = target(400, seed=7)
    marked = np.where(before.hidden(rows.X)[:, 0] > 0.5, 1.0, 0.0)
    seen = TargetTask(X=rows.X, y=marked, groups=rows.groups)
    noise = TargetTask(X=rows.X, y=rng(8).integers(2, size=400), groups=rows.groups)
    assert metals_apart(before, seen, rng=rng()) > 0.9
    assert metals_apart(before, noise, rng=rng()) == pytest.approx(0.5, abs=0.1)


def test_gaps_are_read_where_they_stand_and_nowhere_else(before: TrainedNetwork) -> None:
    rows = target(400, seed=9)
    layer = before.hidden(rows.X)
    straight = TargetTask(X=rows.X, y=1 + layer @ np.ones(SIZES[-1]), groups=rows.groups)
    noise = TargetTask(X=rows.X, y=1 + rng(8).random(400), groups=rows.groups)
    assert gap_read(before, straight, rng=rng()) > 0.99
    assert gap_read(before, noise, rng=rng()) < 0.1
    silent = {key: 0 * array for key, array in before.weights.items()}
    assert gap_read(replace(before, weights=silent), straight, rng=rng()) < 0.01
