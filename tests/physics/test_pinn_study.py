"""The stored studies of the page on physics-informed networks, computed again in part."""

import numpy as np
import pytest

from matinf.physics import pinn_study
from matinf.physics.scenario import BODY
from recompute import assert_recomputed

WEIGHT, BALANCE, COST = pinn_study.STUDIES


def test_weights_of_the_law_are_recomputed() -> None:
    assert_recomputed(WEIGHT, 1, rtol=0.02)


def test_costs_are_recomputed_but_for_their_seconds() -> None:
    assert_recomputed(COST, 0, rtol=0.02, apart_from=["seconds", "setting"])


def test_weights_that_adapt_are_recomputed_as_far_as_rounding_lets_them() -> None:
    """After Adam; two hundred steps of L-BFGS make much of a last digit."""
    assert_recomputed(BALANCE, 0, rtol=0.02, apart_from=["error"])


def test_errors_are_those_of_the_part_without_readings() -> None:
    assert pinn_study.error_beyond(BODY.temperature) == 0
    assert pinn_study.error_beyond(lambda t: BODY.temperature(t) + 2) == pytest.approx(2)
    early = lambda t: BODY.temperature(t) + np.where(t < 150, 50, 0)  # noqa: E731
    assert pinn_study.error_beyond(early) == 0


def test_seconds_are_of_the_processor() -> None:
    assert 0 < pinn_study.seconds(lambda: sum(range(20_000)), 3) < 0.1
