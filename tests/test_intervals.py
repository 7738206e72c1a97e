"""Intervals hold their level, pair what is paired, and refuse what they cannot judge."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from matinf.metrics import (
    Interval,
    bootstrap_interval,
    grouped_mean_interval,
    mean_interval,
    paired_difference_interval,
)

Statistic = Callable[..., Any]
Draw = Callable[[np.random.Generator], NDArray[np.float64]]


def share_holding(truth: float, interval: Callable[[np.random.Generator], Interval]) -> float:
    """Share of 1,500 experiments whose interval holds the truth."""
    root = np.random.default_rng(11)
    return float(np.mean([not interval(rng).excludes(truth) for rng in root.spawn(1500)]))


def test_bootstrap_interval_of_a_mean_is_nearly_students_for_many_samples() -> None:
    rng = np.random.default_rng(1)
    sample = rng.normal(2.0, 0.5, 2000)
    found = bootstrap_interval(sample, rng=rng, n_resamples=4000)
    exact = mean_interval(sample)
    assert found.estimate == pytest.approx(sample.mean())
    assert found.low == pytest.approx(exact.low, abs=0.05 * exact.width)
    assert found.high == pytest.approx(exact.high, abs=0.05 * exact.width)


# 1,500 experiments put a standard error of 0.006 on a coverage; on skewed samples of this size
# the bootstrap is known to hold about 0.93.
@pytest.mark.parametrize(
    ("draw", "statistic", "truth"),
    [
        (lambda rng: rng.normal(1.0, 2.0, 40), np.mean, 1.0),
        (lambda rng: rng.exponential(1.0, 60), np.mean, 1.0),
        (lambda rng: rng.exponential(1.0, 61), np.median, np.log(2)),
    ],
    ids=["normal mean", "skewed mean", "skewed median"],
)
def test_bootstrap_interval_holds_its_level(draw: Draw, statistic: Statistic, truth: float) -> None:
    held = share_holding(
        truth,
        lambda rng: bootstrap_interval(draw(rng), rng=rng, statistic=statistic, n_resamples=400),
    )
    assert 0.90 <= held <= 0.97


def test_bootstrap_interval_is_corrected_for_bias_and_skewness() -> None:
    sample = np.random.default_rng(12).exponential(size=30)
    found = bootstrap_interval(sample, rng=np.random.default_rng(1), n_resamples=20_000)
    bca, plain = (
        stats.bootstrap(
            (sample,), np.mean, method=method, n_resamples=20_000, rng=np.random.default_rng(2)
        ).confidence_interval
        for method in ("BCa", "percentile")
    )
    off = [abs(found.low - other.low) + abs(found.high - other.high) for other in (bca, plain)]
    assert off[0] < 0.5 * off[1], "the plain percentiles leave out the long tail"


def test_mean_interval_holds_its_level_with_four_repeats_where_the_bootstrap_does_not() -> None:
    student = share_holding(0.0, lambda rng: mean_interval(rng.normal(size=4)))
    bootstrap = share_holding(
        0.0, lambda rng: bootstrap_interval(rng.normal(size=4), rng=rng, n_resamples=400)
    )
    assert 0.93 <= student <= 0.97
    assert bootstrap < 0.90


def test_mean_interval_is_the_one_of_the_t_test() -> None:
    sample = np.array([0.31, 0.35, 0.29, 0.40, 0.33])
    expected = stats.ttest_1samp(sample, 0.0).confidence_interval(0.9)
    found = mean_interval(sample, level=0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_grouped_interval_holds_its_level_where_the_plain_bootstrap_is_too_narrow() -> None:
    groups = np.repeat(np.arange(40), 5)

    def sample(rng: np.random.Generator) -> NDArray[np.float64]:
        return rng.normal(size=40)[groups] + 0.3 * rng.normal(size=200)

    grouped = share_holding(
        0.0, lambda rng: grouped_mean_interval(sample(rng), groups, rng=rng, n_resamples=400)
    )
    plain = share_holding(
        0.0, lambda rng: bootstrap_interval(sample(rng), rng=rng, n_resamples=400)
    )
    assert 0.91 <= grouped <= 0.975
    assert plain < 0.75


def test_groups_of_one_give_the_plain_percentile_interval() -> None:
    sample = np.random.default_rng(2).normal(size=300)
    found = grouped_mean_interval(
        sample, np.arange(300), rng=np.random.default_rng(3), n_resamples=20_000
    )
    exact = mean_interval(sample)
    assert found.low == pytest.approx(exact.low, abs=0.03 * exact.width)
    assert found.high == pytest.approx(exact.high, abs=0.03 * exact.width)


def test_pairing_sees_a_difference_that_separate_intervals_hide() -> None:
    rng = np.random.default_rng(4)
    hardness = rng.gamma(2.0, 0.2, 300)
    a, b = hardness + rng.normal(0.03, 0.02, 300), hardness + rng.normal(0.0, 0.02, 300)
    difference = paired_difference_interval(a, b, rng=rng)
    apart_a, apart_b = bootstrap_interval(a, rng=rng), bootstrap_interval(b, rng=rng)
    assert difference.excludes(0.0)
    assert difference.estimate == pytest.approx(np.mean(a) - np.mean(b))
    assert apart_a.low < apart_b.high


def test_paired_difference_changes_sign_with_the_order() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=50), rng.normal(size=50)
    forward = paired_difference_interval(a, b, rng=np.random.default_rng(6))
    backward = paired_difference_interval(b, a, rng=np.random.default_rng(6))
    assert forward.estimate == pytest.approx(-backward.estimate)
    assert forward.low == pytest.approx(-backward.high, abs=0.05)


def test_a_paired_difference_takes_its_settings() -> None:
    rng = np.random.default_rng(13)
    a, b = rng.exponential(size=90), rng.normal(size=90)
    median, wide, narrow = (
        paired_difference_interval(a, b, rng=np.random.default_rng(1), **settings)
        for settings in ({"statistic": np.median}, {"level": 0.95}, {"level": 0.5})
    )
    assert median.estimate == np.median(a - b)
    assert (wide.level, narrow.level) == (0.95, 0.5)
    assert narrow.width < 0.5 * wide.width
    few = paired_difference_interval(a, b, rng=np.random.default_rng(1), n_resamples=50)
    assert few != wide


def test_a_grouped_interval_takes_its_level() -> None:
    values, groups = np.random.default_rng(14).normal(size=200), np.arange(200) // 2
    wide, narrow = (
        grouped_mean_interval(values, groups, rng=np.random.default_rng(1), level=level)
        for level in (0.95, 0.5)
    )
    assert (wide.level, narrow.level) == (0.95, 0.5)
    # Normal quantiles of 0.75 and 0.975, as far as 2,000 resamples tell.
    assert narrow.width / wide.width == pytest.approx(0.674 / 1.96, rel=0.15)


def test_the_same_generator_gives_the_same_interval_and_another_does_not() -> None:
    sample = np.random.default_rng(7).normal(size=50)
    first, second, third = (
        bootstrap_interval(sample, rng=np.random.default_rng(seed)) for seed in (8, 8, 9)
    )
    assert first == second
    assert first != third


def test_a_higher_level_is_wider() -> None:
    sample = np.random.default_rng(10).normal(size=80)
    wide, narrow = (
        bootstrap_interval(sample, rng=np.random.default_rng(1), level=level).width
        for level in (0.99, 0.8)
    )
    assert wide > 1.5 * narrow


def test_a_sample_without_spread_has_an_interval_without_width() -> None:
    found = bootstrap_interval([0.2] * 5, rng=np.random.default_rng(0))
    assert (found.low, found.estimate, found.high) == (0.2, 0.2, 0.2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0], "2 or more"),
        ([[1.0, 2.0]], "vector"),
        ([1.0, np.nan], "finite"),
        ([1.0, np.inf], "finite"),
    ],
)
def test_bootstrap_interval_refuses_what_is_no_sample(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(values, rng=np.random.default_rng(0))


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, -0.5])
def test_a_level_is_a_probability(level: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        bootstrap_interval([1.0, 2.0], rng=np.random.default_rng(0), level=level)


def test_pairs_and_groups_must_match_their_values() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="one shape"):
        paired_difference_interval([1.0, 2.0], [1.0, 2.0, 3.0], rng=rng)
    with pytest.raises(ValueError, match=r"\(2,\)"):
        grouped_mean_interval([1.0, 2.0], ["a", "b", "c"], rng=rng)
    with pytest.raises(ValueError, match="two groups"):
        grouped_mean_interval([1.0, 2.0], ["a", "a"], rng=rng)


def test_an_interval_reads_as_a_sentence_would_have_it() -> None:
    floor = Interval(estimate=0.12345, low=0.1131, high=0.1349)
    assert floor.text("eV") == "0.123 eV (95% interval 0.113 to 0.135 eV)"
    assert str(floor) == "0.123 (95% interval 0.113 to 0.135)"
    assert floor.text("eV", digits=1) == "0.1 eV (95% interval 0.1 to 0.1 eV)"
    fall = Interval(estimate=-0.12, low=-0.2, high=-0.001)
    assert fall.text("eV", digits=2) == "−0.12 eV (95% interval −0.20 to 0.00 eV)"
    assert str(Interval(estimate=1200, low=1100, high=1300, level=0.5)).startswith("1200 (50%")


def test_an_interval_is_in_order_and_knows_what_it_excludes() -> None:
    with pytest.raises(ValueError, match="low <= high"):
        Interval(estimate=1.0, low=2.0, high=0.0)
    interval = Interval(estimate=1.0, low=0.5, high=1.5)
    assert interval.excludes(0.0)
    assert not interval.excludes(0.5)


@pytest.mark.parametrize("groups", [[1.0, np.nan, np.nan, 2.0], ["a", None, None, "b"]])
def test_a_missing_group_is_no_group(groups: list[object]) -> None:
    with pytest.raises(ValueError, match="got a missing one"):
        grouped_mean_interval([1.0, 2.0, 3.0, 4.0], groups, rng=np.random.default_rng(1))


def test_an_interval_is_about_a_number() -> None:
    with pytest.raises(ValueError, match="estimate"):
        Interval(estimate=float("nan"), low=0.0, high=1.0)
