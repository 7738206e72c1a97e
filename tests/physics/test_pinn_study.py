"""The stored studies of the page on physics-informed networks, computed again in part."""

import numpy as np
import pytest

from matinf.physics import pinn_study
from matinf.physics.scenario import BODY

WEIGHT, BALANCE, COST = pinn_study.STUDIES


def test_errors_are_those_of_the_part_without_readings() -> None:
    assert pinn_study.error_beyond(BODY.temperature) == 0
    assert pinn_study.error_beyond(lambda t: BODY.temperature(t) + 2) == pytest.approx(2)
    early = lambda t: BODY.temperature(t) + np.where(t < 150, 50, 0)  # noqa: E731
    assert pinn_study.error_beyond(early) == 0


def test_seconds_are_of_the_processor() -> None:
    assert 0 < pinn_study.seconds(lambda: sum(range(20_000)), 3) < 0.1
