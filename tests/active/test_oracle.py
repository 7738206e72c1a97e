"""Oracles: what they answer, and what becomes of those that fail."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.active.oracle import TableOracle, ask, stuck_for

Y = np.array([0.0, 1.0, 4.0, 9.0, 16.0])
ALL = np.arange(5)


def test_a_table_answers_what_stands_in_it() -> None:
    np.testing.assert_array_equal(TableOracle(values=Y)(np.array([3, 0])), [9.0, 0.0])


def test_noise_depends_on_the_candidate_alone() -> None:
    oracle = TableOracle(values=np.zeros(2000), noise_std=0.5, noise_seed=3)
    every = oracle(np.arange(2000))
    assert oracle(np.array([1999, 7])).tolist() == [every[1999], every[7]]
    assert every.std() == pytest.approx(0.5, rel=0.06)
    other = TableOracle(values=np.zeros(2000), noise_std=0.5, noise_seed=4)(np.arange(2000))
    assert abs(np.corrcoef(every, other)[0, 1]) < 0.1


def test_a_table_says_what_is_wrong_with_it() -> None:
    with pytest.raises(ValueError, match=r"shape \(n_pool,\), got \(1, 5\)"):
        TableOracle(values=Y[None])
    with pytest.raises(ValueError, match="noise_std: expected 0 or more"):
        TableOracle(values=Y, noise_std=-1)


class Fragile:
    """Raises for candidate 1, says NaN for 2 and infinity for 3, and counts who was asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, indices: np.ndarray, /) -> np.ndarray:
        self.asked.extend(indices.tolist())
        if 1 in indices:
            raise RuntimeError("the furnace broke")
        return np.where(indices == 2, np.nan, np.where(indices == 3, np.inf, Y[indices]))


def test_a_candidate_that_fails_takes_no_other_with_it() -> None:
    oracle = Fragile()
    answers = list(ask(oracle, ALL))
    assert [a.index for a in answers] == oracle.asked == [0, 1, 2, 3, 4]
    assert [a.value for a in answers if not a.failure] == [0.0, 16.0]
    assert [a.failure for a in answers if a.failure] == [
        "raised RuntimeError: the furnace broke",
        "gave nan, not a finite number",
        "gave inf, not a finite number",
    ]
    assert all(np.isnan(a.value) for a in answers if a.failure)


def test_asked_together_an_exception_fails_the_batch_and_nobody_is_asked_twice() -> None:
    oracle = Fragile()
    answers = list(ask(oracle, ALL, together=True))
    assert oracle.asked == [0, 1, 2, 3, 4]
    assert all("furnace" in a.failure for a in answers)
    fine = list(ask(Fragile(), np.array([0, 2, 4]), together=True))
    assert [bool(a.failure) for a in fine] == [False, True, False]


@pytest.mark.parametrize("together", [False, True])
def test_a_reply_of_the_wrong_length_is_no_reply(together: bool) -> None:
    answers = list(ask(lambda indices: [1.0, 1.0, 1.0], np.array([0, 4]), together=together))
    assert len(answers) == 2
    assert all("gave shape (3,)" in a.failure for a in answers)
    words = list(ask(lambda indices: ["broken"], np.array([0])))
    assert "raised ValueError" in words[0].failure


def test_what_stops_a_program_on_purpose_passes_through() -> None:
    def interrupted(indices: np.ndarray) -> np.ndarray:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(ask(interrupted, ALL))


def test_nothing_is_asked_of_an_empty_batch() -> None:
    assert list(ask(Fragile(), ALL[:0])) == []
    assert list(ask(Fragile(), ALL[:0], together=True)) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 0),
        ([1.0], 1),
        ([1.0, 2.0], 1),
        ([1.0, 2.0, 2.0], 2),
        ([2.0, np.nan, 2.0], 2),
        ([3.0, 2.0, np.nan, 2.0, 2.0, np.nan], 3),
        ([np.nan], 0),
    ],
)
def test_repetition_is_counted_past_failures(values: list[float], expected: int) -> None:
    assert stuck_for(values) == expected
