"""The body that the pages on physics look at together: one truth, one thermometer, one window."""

from __future__ import annotations

import numpy as np

from matinf.physics.cooling import Cooling, Readings, read_thermometer

BODY = Cooling(r=0.005, T0=90.0, T_env=20.0)
"""The truth: a body at 90 °C in a room of 20 °C, which nears it in about 200 s."""

WINDOW = 600.0
"""How far ahead one wants to know, in s: three times 1/r."""

LAST_READING = 150.0
"""When the readings end, in s: a quarter of the window, and about half of the cooling."""


def early_readings(*, rng: np.random.Generator, n_readings: int = 15) -> Readings:
    """Readings of :data:`BODY` from its start to :data:`LAST_READING`, each off by 0.3 K.

    Args:
        rng: Source of the errors.
        n_readings: How many, evenly spaced.
    """
    times = np.linspace(0, LAST_READING, n_readings)
    return read_thermometer(BODY, times, noise=0.3, rng=rng)
