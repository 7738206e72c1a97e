"""Tasks: what the source and the target hold, and what they refuse."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from matinf import datasets
from matinf.features import magpie_features
from matinf.quantities import Quantity
from matinf.transfer.tasks import (
    TRANSPORT,
    SourceTask,
    TargetTask,
    composition_keys,
    load_source_task,
    load_target_task,
)

OUTPUTS = tuple(Quantity(name=name, label=name.title(), symbol="y", unit="eV") for name in "ab")


def small(n_samples: int = 6) -> SourceTask:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n_samples, 3)), rng.normal(5, 9, size=(n_samples, 2))
    groups = np.array(list("aabbcc"))[:n_samples]
    return SourceTask(X=X, y=y, groups=groups, quantities=OUTPUTS)


def test_keys_are_the_same_where_compositions_are() -> None:
    keys = composition_keys(["VO2", "V2O4", "O2V", "V2O3", "Fe"])
    assert keys[0] == keys[1] == keys[2] == "O0.666667V0.333333"
    assert len(set(keys)) == 3


def test_a_task_cannot_be_written_to() -> None:
    task = small()
    with pytest.raises(ValueError, match="read-only"):
        task.X[0, 0] = 1.0
    assert copy.deepcopy(task) is task


def test_a_task_does_not_lock_the_arrays_it_is_given() -> None:
    X = np.zeros((2, 1))
    SourceTask(X=X, y=np.zeros(2), groups=np.array(["a", "b"]))
    X[0, 0] = 1.0
    assert X[0, 0] == 1.0


def test_without_removes_these_groups_and_no_other() -> None:
    task = small()
    left = task.without(["a", "c", "not there"])
    assert list(left.groups) == ["b", "b"]
    np.testing.assert_array_equal(left.X, task.X[2:4])
    np.testing.assert_array_equal(left.y, task.y[2:4])


def test_without_everything_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"all 6 samples .* use a larger source"):
        small().without(["a", "b", "c"])


def test_standardised_outputs_have_mean_0_and_deviation_1() -> None:
    task = small()
    scaled = task.standardised()
    np.testing.assert_allclose(scaled.y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.y.std(axis=0), 1)
    assert [quantity.unit for quantity in scaled.quantities] == ["σ", "σ"]
    constant = SourceTask(X=task.X, y=np.full(6, 7.0), groups=task.groups).standardised()
    np.testing.assert_array_equal(constant.y, np.zeros(6))


def test_outputs_are_chosen_by_name() -> None:
    task = small()
    chosen = task.outputs(["b"])
    np.testing.assert_array_equal(chosen.y, task.y[:, [1]])
    assert chosen.quantities == (OUTPUTS[1],)
    with pytest.raises(ValueError, match="no output is named"):
        task.outputs(["c"])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"X": np.empty((0, 3))}, "expected samples and features"),
        ({"X": np.zeros(6)}, "expected samples and features"),
        ({"X": np.full((6, 3), np.nan)}, "X: expected finite"),
        ({"y": np.full(6, np.inf)}, "y: expected finite"),
        ({"y": np.zeros(5)}, "y: expected 6 rows"),
        ({"groups": np.array(["a"])}, "groups: expected shape"),
        ({"groups": ["a", "b", None, "d", "e", "f"]}, "groups: expected a label"),
        ({"groups": [1.0, 2.0, np.nan, 4.0, 5.0, 6.0]}, "groups: expected a label"),
        ({"features": ("one",)}, "expected 3 feature names"),
        ({"quantities": OUTPUTS}, "expected 1 quantities"),
    ],
)
def test_a_wrong_task_is_refused(wrong: dict[str, object], message: str) -> None:
    right = {"X": np.zeros((6, 3)), "y": np.zeros(6), "groups": np.array(list("abcdef"))}
    with pytest.raises(ValueError, match=message):
        SourceTask(**(right | wrong))  # type: ignore[arg-type]


def test_a_target_has_one_output() -> None:
    with pytest.raises(ValueError, match="one output"):
        TargetTask(X=np.zeros((2, 1)), y=np.zeros((2, 2)), groups=np.array(["a", "b"]))


def test_the_target_is_the_gap_task() -> None:
    task, gaps = load_target_task(), datasets.load_gap_task()
    np.testing.assert_array_equal(task.y, gaps["gap"])
    assert len(set(task.groups)) == len(task) == 4619
    np.testing.assert_array_equal(task.X[:50], magpie_features(gaps["formula"][:50]))
    assert task.quantities[0].unit == "eV"


def test_the_source_has_one_row_per_composition_and_its_median() -> None:
    task, entries = load_source_task(), datasets.load_dft_transport()
    assert len(set(task.groups)) == len(task) == 34_627
    assert task.y.shape == (34_627, 10)
    silica = entries[entries["formula"] == "SiO2"]
    assert len(silica) > 1
    row = np.flatnonzero(task.groups == composition_keys(["SiO2"])[0])
    expected = [
        np.median(silica[name] if "seebeck" in name else np.log10(silica[name]))
        for name in TRANSPORT
    ]
    np.testing.assert_allclose(task.y[row[0]], expected)


def test_the_source_says_where_a_logarithm_was_taken() -> None:
    task = load_source_task(("seebeck_n", "conductivity_p"))
    assert [q.name for q in task.quantities] == ["seebeck_n", "conductivity_p"]
    assert [q.unit for q in task.quantities] == ["µV/K", "decades of S/m"]
    assert task.y[:, 1].max() < 10


@pytest.mark.parametrize("targets", [(), "seebeck_p", ("gap",)])
def test_an_unknown_source_property_is_refused(targets: object) -> None:
    with pytest.raises(ValueError, match=r"expected one name|no output"):
        load_source_task(targets)  # type: ignore[arg-type]
