"""The common scenario: early readings of a body that is far from done."""

import numpy as np

from matinf.physics.scenario import BODY, LAST_READING, WINDOW, early_readings


def test_readings_end_early_while_the_body_is_still_warm() -> None:
    readings = early_readings(rng=np.random.default_rng(2026))
    assert len(readings) == 15
    assert readings.t[[0, -1]].tolist() == [0, LAST_READING]
    cooled = (BODY.T0 - BODY.temperature(np.array([LAST_READING, WINDOW]))) / 70
    assert 0.4 < cooled[0] < 0.6
    assert 0.9 < cooled[1] < 1


def test_errors_are_as_large_as_said() -> None:
    readings = early_readings(rng=np.random.default_rng(0), n_readings=2000)
    errors = readings.T - BODY.temperature(readings.t)
    np.testing.assert_allclose(errors.std(), readings.noise, rtol=0.1)
    assert abs(errors.mean()) < 0.05
