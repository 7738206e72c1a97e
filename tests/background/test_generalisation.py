"""Learning curves and groups held back, on made-up data whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from matinf.background import generalisation as g
from matinf.splits import leave_one_cluster_out


def made_up(n: int = 300, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    return X, np.maximum(0, 1 + X[:, 0])


def curve(errors: list[list[float]], sizes: list[int]) -> g.LearningCurve:
    return g.LearningCurve(sizes=np.array(sizes), errors=np.array(errors), n_test=10)


def test_learning_curve_tests_on_what_it_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = made_up()
    seen = []

    def spy(X, y, *, train, test, rng):
        seen.append((set(train.tolist()), set(test.tolist())))
        return np.ones(len(test))

    monkeypatch.setattr(g, "absolute_errors", spy)
    made = g.learning_curve(
        X, y, sizes=[10, 20], n_repeats=3, n_test=50, rng=np.random.default_rng(1)
    )
    assert made.errors.shape == (3, 2)
    for (small, test), (large, same_test) in zip(seen[::2], seen[1::2], strict=True):
        assert test == same_test
        assert small < large
        assert (len(small), len(large)) == (10, 20)
        assert not large & test
        assert (y[list(test)] > 0).all()
    assert seen[0][1] != seen[2][1]


def test_learning_curve_is_the_same_for_the_same_seed() -> None:
    X, y = made_up()
    first, again = (
        g.learning_curve(X, y, sizes=[20], n_repeats=2, n_test=50, rng=np.random.default_rng(7))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.errors, again.errors)


def test_learning_curve_needs_enough_samples() -> None:
    X, y = made_up(50)
    with pytest.raises(ValueError, match="more than 50 samples"):
        g.learning_curve(X, y, sizes=[40], n_repeats=2, n_test=11, rng=np.random.default_rng(0))


def test_doublings_follow_the_pace() -> None:
    made = curve([[1.0, 0.5], [1.0, 0.5 + 1e-9]], [100, 200])
    assert made.last_doubling.estimate == pytest.approx(0.5)
    assert made.doublings_to(0.125).estimate == pytest.approx(2)
    ordered = curve([[1.0, 0.5], [1.0, 0.52]], [100, 200]).doublings_to(0.1)
    assert ordered.low < ordered.estimate < ordered.high


def test_no_number_of_doublings_where_doubling_does_not_help() -> None:
    with pytest.raises(ValueError, match="may not have helped"):
        curve([[1.0, 0.9], [1.0, 1.05]], [100, 200]).doublings_to(0.1)
    with pytest.raises(ValueError, match="last size to double"):
        _ = curve([[1.0, 0.9], [1.0, 0.8]], [100, 150]).last_doubling


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("BiOCl", "oxides"),
        ("CsPbI3", "halides"),
        ("CdTe", "chalcogenides"),
        ("GaAs", "pnictides"),
        ("MgB2", "borides to stannides"),
        ("AuZn", "intermetallics"),
    ],
)
def test_families(formula: str, expected: str) -> None:
    assert g.family(formula) == expected


def test_map_holds_a_sample_and_knows_its_neighbours() -> None:
    rng = np.random.default_rng(0)
    formulas = ["ZnO"] * 60 + ["NaCl"] * 60
    X = rng.normal(size=(120, 25)) + np.repeat([[0.0], [50.0]], 60, axis=0)
    table = pd.DataFrame({"formula": formulas, "gap": 1.0})
    drawn = g.composition_map(X, table, n_points=100, rng=np.random.default_rng(3))
    assert len(drawn.points) == 100
    assert drawn.neighbour_agreement == 1
    assert drawn.chance_agreement == pytest.approx(0.5)
    centres = drawn.points.groupby("family")[["x", "y"]].mean()
    apart = np.linalg.norm(centres.loc["oxides"] - centres.loc["halides"])
    assert apart > drawn.points.groupby("family")[["x", "y"]].std().to_numpy().max()


def test_a_group_of_its_own_kind_is_hard_when_held_back() -> None:
    X, y = made_up()
    groups = np.repeat([0, 1, 2], 100)
    X[:, 1] = groups
    y = y + 5 * (groups == 2)  # nothing outside group 2 tells of this
    errors = g.random_fold_errors(X, y, rng=np.random.default_rng(0))
    held = g.leave_out(
        X,
        y,
        leave_one_cluster_out(groups),
        names=["a", "b", "c"],
        random_errors=errors,
        rng=np.random.default_rng(0),
    )
    assert list(held.n_test) == [100] * 3
    assert held.random[2] == pytest.approx(errors[200:].mean())
    assert held.left_out[2] > 4
    assert held.optimism[2] > 4


def test_typical_optimism_is_a_geometric_mean() -> None:
    held = g.LeftOut(
        names=["a", "b"], n_test=np.array([1, 1]), random=np.ones(2), left_out=np.array([1.0, 4.0])
    )
    assert held.typical.estimate == pytest.approx(2)
    with pytest.raises(ValueError, match="per group"):
        g.LeftOut(names=["a"], n_test=np.ones(2), random=np.ones(2), left_out=np.ones(2))


def test_predictions_never_look_at_what_is_held_back() -> None:
    X, y = made_up()
    held = X[:, 1] > 0.5
    poisoned = np.where(held, 1e6, y)
    made = g.predictions_without(X, poisoned, held, n_repeats=2, rng=np.random.default_rng(0))
    assert made.shape == (2, held.sum())
    assert made.max() <= y[~held].max()


def test_clusters_are_named_by_what_sets_them_apart() -> None:
    fractions = pd.DataFrame(
        {"O": [0.5, 0.5, 0.0, 0.0], "Zn": [0.5, 0.0, 0.5, 0.0], "Te": [0.0, 0.5, 0.5, 1.0]}
    )
    names = g.cluster_names(fractions, np.array([0, 0, 1, 1]))
    assert [name.split(", ")[0] for name in names] == ["O", "Te"]
