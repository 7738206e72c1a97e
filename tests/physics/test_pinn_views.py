"""Looking at networks: walks end where solving ends, stiffness is that of the loss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from matinf.physics import pinn_views as views
from matinf.physics.network import NetworkShape
from matinf.physics.optimise import LevenbergMarquardt
from matinf.physics.pinn import PinnConfig, law_of_cooling, solve_cooling
from matinf.physics.scenario import BODY, WINDOW

SMALL = PinnConfig(
    shape=NetworkShape(hidden_sizes=(8,), sharpness=2.0),
    n_collocation=30,
    optimiser=LevenbergMarquardt(max_steps=6, tolerance=0),
)
T = np.linspace(0, WINDOW, 13)


def test_a_walk_begins_flat_and_ends_where_solving_ends() -> None:
    seen = views.walk(BODY, T, steps=(0, 2), config=SMALL, rng=np.random.default_rng(0))
    assert list(seen) == [0, 2, 6]
    flat, residual = seen[0]
    np.testing.assert_allclose(flat, BODY.T0)
    np.testing.assert_allclose(residual, BODY.r * (BODY.T0 - BODY.T_env))
    curve = solve_cooling(BODY, t_end=WINDOW, rng=np.random.default_rng(0), config=SMALL)
    np.testing.assert_array_equal(seen[6][0], curve.temperature(T))
    np.testing.assert_array_equal(seen[6][1], curve.residual(T))


def test_stiffness_is_how_fast_the_loss_rises() -> None:
    curve = solve_cooling(BODY, t_end=WINDOW, rng=np.random.default_rng(0), config=SMALL)
    objective = law_of_cooling(curve.network, SMALL)
    values = views.stiffness(objective, curve.theta)
    assert np.all(np.diff(values) <= 0)
    theta = torch.tensor(curve.theta)
    _, J = objective.jacobian(theta)
    steepest = torch.linalg.svd(J)[2][0]
    change = objective.vector(theta + 1e-5 * steepest) - objective.vector(theta)
    assert change.norm().item() / 1e-5 == pytest.approx(values[0], rel=1e-3)


def table() -> pd.DataFrame:
    rows = [
        (part, way, slack, scale * (1 + 0.01 * part))
        for part in range(20)
        for way, slack, scale in (
            ("informed", 0.01, 0.1),
            ("informed", 100.0, 2.0),
            ("least squares", np.nan, 0.2),
        )
    ]
    return pd.DataFrame(rows, columns=["part", "way", "slack", "error"])


def test_medians_come_with_intervals_by_slack() -> None:
    slacks, errors = views.errors_by_slack(table())
    assert slacks == [0.01, 100.0]
    assert [e.estimate for e in errors] == pytest.approx([0.1095, 2.19])
    assert all(e.low < e.estimate < e.high for e in errors)
    assert views.errors_of(table(), "least squares").estimate == pytest.approx(0.219)


def test_ratios_are_paired_by_part() -> None:
    rows = table()
    one = rows[rows["slack"] != 100].sample(frac=1, random_state=0)
    ratio = views.ratio_of(one, "informed", "least squares")
    assert ratio.estimate == pytest.approx(0.5)
    assert ratio.width < 1e-9, "pairing removes what the parts have in common"


def test_the_interval_of_a_ratio_is_wide_enough_for_few_parts() -> None:
    rows = [
        ("a", 0, 1.0),
        ("b", 0, 1.0),
        ("a", 1, 4.0),
        ("b", 1, 1.0),
        ("a", 2, 16.0),
        ("b", 2, 1.0),
    ]
    ratio = views.ratio_of(pd.DataFrame(rows, columns=["way", "part", "error"]), "a", "b")
    half = 4.302653 * np.log(4) / 3**0.5  # Student's, two degrees of freedom
    assert ratio.estimate == pytest.approx(4)
    assert ratio.high / ratio.estimate == pytest.approx(np.exp(half), rel=1e-5)
    assert ratio.estimate / ratio.low == pytest.approx(np.exp(half), rel=1e-5)


def test_costs_are_medians_and_the_fastest_that_is_good_enough_counts() -> None:
    rows = [
        ("damped", "2", 1.0, 1e-5),
        ("damped", "2", 3.0, 1e-5),
        ("damped", "2", 2.0, 1e-5),
        ("damped", "9", 5.0, 1e-9),
        ("closed form", np.nan, 1e-6, 0.0),
    ]
    costs = views.typical_costs(pd.DataFrame(rows, columns=["way", "setting", "seconds", "error"]))
    assert len(costs) == 3
    assert views.fastest(costs, "damped", error=1e-4) == 2.0
    assert views.fastest(costs, "damped", error=1e-7) == 5.0
    assert views.fastest(costs, "closed form", error=0) == 1e-6
    with pytest.raises(ValueError, match="no setting reaches an error of 1e-12"):
        views.fastest(costs, "damped", error=1e-12)
