"""Claims of the page on an ordinary neural network, from its study over draws of noise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from matinf.intervals import mean_interval
from matinf.physics.extrapolation_results import Beyond, load_beyond
from matinf.physics.extrapolation_study import N_REPEATS, SETTINGS, TIMES, plain
from matinf.physics.learning_course import learning_course
from matinf.physics.scenario import BODY, LAST_READING, WINDOW, early_readings

PAGE, LAW, LATE = "as on the page", "law", 300.0
CHANGED = [n for n, s in SETTINGS.items() if s.group in {"shape", "activation", "points", "decay"}]


@pytest.fixture(scope="module")
def beyond() -> Beyond:
    return load_beyond()


def test_the_study_holds_twenty_draws_of_every_setting(beyond: Beyond) -> None:
    for name in [*SETTINGS, LAW, "law, room unknown"]:
        assert beyond.errors(name).shape == (N_REPEATS, len(TIMES))
        assert np.isfinite(beyond.stds(name)).all()
    assert N_REPEATS >= 20


def test_a_network_interpolates_and_does_not_extrapolate(beyond: Beyond) -> None:
    assert beyond.size(PAGE, t=75).high < 0.5
    assert LAST_READING < 180 < LATE
    assert beyond.size(PAGE, t=LATE).low > 3
    assert beyond.size(PAGE, t=600).low > 10


def test_stopping_earlier_saves_nothing_and_the_noise_is_learned_by_heart() -> None:
    for seed in range(5):
        readings = early_readings(rng=np.random.default_rng([2026, seed]))
        rng = np.random.default_rng(1)
        seen = learning_course(readings, BODY, t_end=WINDOW, rng=rng, config=plain())
        assert seen.beyond.min() > 3
        assert seen.at_readings[-1] < 0.8 * readings.noise
        assert seen.among[-1] < 1.5 * readings.noise


def test_the_ensemble_states_less_than_its_error(beyond: Beyond) -> None:
    error = np.abs(beyond.errors(PAGE))[:, list(TIMES).index(LATE)]
    stated = beyond.stds(PAGE)[:, list(TIMES).index(LATE)]
    assert mean_interval(error - 2 * stated).estimate > 0
    assert mean_interval(error - stated).low > 0
    assert beyond.holds(PAGE, t=LATE) < N_REPEATS / 2
    assert beyond.holds(PAGE, t=75) < N_REPEATS / 4


def test_the_law_keeps_its_word(beyond: Beyond) -> None:
    for t in (75, 180, LATE, 600):
        assert beyond.holds(LAW, t=t) >= 17
    assert beyond.size(LAW, t=LATE).high < 0.2
    assert beyond.size("law, room unknown", t=LATE).high < beyond.size(PAGE, t=LATE).low


def test_redrawing_cures_near_the_readings_and_not_far_from_them(beyond: Beyond) -> None:
    redrawn = "resampled readings"
    assert beyond.holds(redrawn, t=75) > beyond.holds(PAGE, t=75) + 5
    assert beyond.holds(redrawn, t=180) >= 17
    assert beyond.holds(redrawn, t=600) < N_REPEATS / 2


@pytest.mark.parametrize("name", CHANGED)
def test_no_shape_decay_or_number_of_readings_helps_far_out(beyond: Beyond, name: str) -> None:
    assert beyond.size(name, t=LATE).low > 2
    assert beyond.size(name, t=LATE).low > 10 * beyond.size(LAW, t=LATE).estimate


def test_readings_that_reach_the_question_help(beyond: Beyond) -> None:
    assert beyond.size("until 300 s", t=LATE).high < 0.5
    assert beyond.size("until 300 s", t=600).low > 1


def test_the_bend_decides_how_it_fails(beyond: Beyond) -> None:
    """A softplus goes on as a straight line: below the truth, and below the room."""
    last = beyond.errors("softplus")[:, -1] + BODY.temperature(600.0)
    assert np.median(last) < BODY.T_env
    assert np.median(beyond.errors(PAGE)[:, -1]) > 0
    assert beyond.size("softplus", t=600).low > beyond.size(PAGE, t=600).high


def test_some_decay_makes_the_ensemble_surer_and_leaves_the_error(beyond: Beyond) -> None:
    assert beyond.spread("decay × 100", t=LATE).high < beyond.spread(PAGE, t=LATE).low
    assert beyond.size("decay × 100", t=LATE).low > 4


@pytest.mark.parametrize("name", ["one layer of 10", "decay × 100", "5 readings", "240 readings"])
def test_some_changes_take_a_quarter_to_a_third_off(beyond: Beyond, name: str) -> None:
    share = beyond.size(name, t=LATE).estimate / beyond.size(PAGE, t=LATE).estimate
    assert 0.64 < share < 0.77


def test_nothing_but_later_readings_takes_more_than_about_a_third_off(beyond: Beyond) -> None:
    now = beyond.size(PAGE, t=LATE).estimate
    for name, setting in SETTINGS.items():
        later = setting.group == "until"
        assert (beyond.size(name, t=LATE).estimate < 0.64 * now) == later


def test_five_readings_do_as_well_as_fifteen_and_as_240(beyond: Beyond) -> None:
    def error(name: str) -> NDArray[np.float64]:
        return np.abs(beyond.errors(name)[:, list(TIMES).index(LATE)])

    for more in (PAGE, "240 readings"):
        change = mean_interval(error(more) - error("5 readings"))
        assert change.low < -0.5  # clear of the edge on both sides: no difference is seen
        assert change.high > 0.5
    assert beyond.size("240 readings", t=75).high < beyond.size("5 readings", t=75).low / 2


def test_a_sine_is_nearly_honest_at_five_minutes_and_never_at_ten(beyond: Beyond) -> None:
    assert beyond.holds("sine", t=LATE) >= 15
    assert beyond.holds("sine", t=600) == 0


def test_redrawing_among_the_readings_is_not_yet_honest(beyond: Beyond) -> None:
    assert beyond.holds("resampled readings", t=75) < 16


def test_adam_does_not_help(beyond: Beyond) -> None:
    assert beyond.size("Adam", t=LATE).low > beyond.size(PAGE, t=LATE).estimate


def test_heavy_decay_no_longer_fits(beyond: Beyond) -> None:
    assert beyond.size("decay × 10,000", t=75).low > beyond.size(PAGE, t=75).high
