"""Networks that obey the law of cooling: derivatives, accuracy, determinism, refusals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from matinf.physics.clock import Clock
from matinf.physics.cooling import Cooling
from matinf.physics.losses import Objective, Term
from matinf.physics.network import NetworkShape, curvature, slope
from matinf.physics.optimise import AdamLBFGS, LevenbergMarquardt, minimise
from matinf.physics.pinn import (
    CoolingCurve,
    CoolingNetwork,
    PinnConfig,
    relative_error,
    solve_cooling,
)

HOT = Cooling(r=0.005, T0=90.0, T_env=20.0)
TIMES = np.linspace(0, 600, 301)
DOUBLE = torch.float64


def tensor(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=DOUBLE)


class Exact(CoolingNetwork):
    """The closed form in place of the network."""

    def temperature(self, theta: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        values = self.quantities(theta)
        return values["T_env"] + (values["T0"] - values["T_env"]) * torch.exp(-values["r"] * t)


def network(kind: type[CoolingNetwork] = CoolingNetwork, **changes: Any) -> CoolingNetwork:
    settings = {
        "shape": NetworkShape(hidden_sizes=(7, 5)),
        "clock": Clock(t_end=600, rate=0.01),
        "body": HOT,
        "span": 70.0,
    }
    return kind(**settings | changes)


def residuals(net: CoolingNetwork, theta: torch.Tensor, t: Any) -> np.ndarray:
    return np.array([net.residual(theta, tensor(float(s))).item() for s in t])


@pytest.mark.parametrize("body", [HOT, Cooling(r=0.1, T0=-20.0, T_env=60.0)], ids=["hot", "cold"])
def test_the_exact_solution_leaves_no_residual(body: Cooling) -> None:
    net = network(Exact, body=body)
    theta = net.shape.initial(rng=np.random.default_rng(0))
    largest = body.r * abs(body.T0 - body.T_env)
    assert np.abs(residuals(net, theta, TIMES[::10])).max() < 1e-14 * largest


def test_a_wrong_rate_or_radiation_leaves_the_residual_that_it_must() -> None:
    theta = network().shape.initial(rng=np.random.default_rng(0))
    exact = network(Exact)
    off = network(Exact, unknown=("r",))
    theta_off = torch.cat([theta, tensor([np.log(2)])])
    faster = Cooling(r=0.01, T0=90.0, T_env=20.0)
    np.testing.assert_allclose(residuals(off, theta_off, TIMES[::50]), 0, atol=1e-13)
    assert float(off.quantities(theta_off)["r"]) == pytest.approx(faster.r)
    glowing = replace(HOT, radiation=1e-11)
    found = residuals(replace(exact, body=glowing), theta, TIMES[::50])
    T = HOT.temperature(TIMES[::50])
    np.testing.assert_allclose(found, HOT.slope(T) - glowing.slope(T), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("activation", ["tanh", "sine", "softplus"])
def test_derivatives_are_those_of_finite_differences(activation: Any) -> None:
    shape = NetworkShape(hidden_sizes=(9, 6), activation=activation)
    weights = shape.initial(rng=np.random.default_rng(1))
    weights = weights + 0.3 * torch.sin(torch.arange(shape.n_weights, dtype=DOUBLE))

    def f(x: torch.Tensor) -> torch.Tensor:
        return shape(weights, x[None])

    for point in (-0.7, 0.0, 0.4):
        x, h = tensor(point), 1e-4
        value, first, second = curvature(f, x)
        assert (value.item(), first.item()) == tuple(part.item() for part in slope(f, x))
        assert value.item() == f(x).item()
        around = [f(x + k * h).item() for k in (-1, 0, 1)]
        assert first.item() == pytest.approx((around[2] - around[0]) / (2 * h), rel=1e-5, abs=1e-7)
        bend = (around[2] - 2 * around[1] + around[0]) / h**2
        assert second.item() == pytest.approx(bend, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("start", ["hard", "soft"])
@pytest.mark.parametrize("unknown", [(), ("r",), ("r", "T0", "T_env")])
def test_the_jacobian_is_that_of_finite_differences(start: Any, unknown: tuple[str, ...]) -> None:
    net = network(start=start, unknown=unknown, body=replace(HOT, radiation=1e-11))
    theta = net.shape.initial(rng=np.random.default_rng(2))
    theta = torch.cat([theta, 0.1 * torch.ones(len(unknown), dtype=DOUBLE)])
    theta = theta + 0.2 * torch.cos(torch.arange(theta.numel(), dtype=DOUBLE))
    term = Term(
        name="physics",
        residual=lambda theta, point: net.residual(theta, point[0]),
        points=tensor([[0.0], [3.0], [100.0], [600.0]]),
        weights=tensor([1.0, 2.0, 0.5, 3.0]),
    )
    vector, J = term.jacobian(theta)
    torch.testing.assert_close(vector, term.vector(theta), rtol=1e-12, atol=1e-14)
    assert J.shape == (4, net.n_parameters)
    h = 1e-6
    for k in range(net.n_parameters):
        step = torch.zeros_like(theta)
        step[k] = h
        change = (term.vector(theta + step) - term.vector(theta - step)) / (2 * h)
        torch.testing.assert_close(J[:, k], change, rtol=1e-5, atol=1e-7)


def test_a_hard_start_holds_for_any_weights_and_a_soft_one_does_not() -> None:
    theta = torch.ones(network().n_parameters, dtype=DOUBLE)
    zero = tensor(0.0)
    assert network().temperature(theta, zero).item() == 90
    assert network(start="soft").temperature(theta, zero).item() != 90


@pytest.mark.parametrize("kind", ["logarithmic", "linear"])
def test_a_clock_spans_its_window(kind: Any) -> None:
    clock = Clock(t_end=600, rate=0.05, kind=kind)
    t, shares = clock.collocation(50)
    scaled = clock.scaled(t)
    assert t[0].item() == 0
    assert t[-1].item() == 600
    torch.testing.assert_close(scaled, torch.linspace(-1, 1, 50, dtype=DOUBLE))
    assert shares.sum().item() == pytest.approx(1)
    assert (shares * t).sum().item() == pytest.approx(300)  # the trapezoidal rule is exact here
    assert clock.ramp(tensor(0.0)).item() == 0
    assert clock.ramp(tensor(600.0)).item() > 0.9


@pytest.mark.parametrize(
    ("r", "T0", "T_env"),
    [
        (1e-3, 90.0, 60.0),
        (1e-3, 95.0, -20.0),
        (1e-2, -18.0, 25.0),
        (1e-1, 95.0, -20.0),
        (1e-1, -18.0, 25.0),
    ],
)
def test_the_law_alone_gives_the_curve(r: float, T0: float, T_env: float) -> None:
    body = Cooling(r=r, T0=T0, T_env=T_env)
    config = PinnConfig(optimiser=LevenbergMarquardt(max_steps=40, tolerance=1e-17))
    curve = solve_cooling(body, t_end=600, rng=np.random.default_rng(3), config=config)
    error = relative_error(curve.temperature(TIMES), body.temperature(TIMES), origin=T_env)
    assert error < 1e-7
    assert curve.body == body


def test_radiation_is_obeyed_too_and_so_is_a_body_at_rest() -> None:
    glowing = Cooling(r=0.002, T0=800.0, T_env=20.0, radiation=1e-12)
    curve = solve_cooling(glowing, t_end=600, rng=np.random.default_rng(4))
    exact = glowing.temperature(TIMES)
    assert relative_error(curve.temperature(TIMES), exact, origin=20) < 1e-7
    still = Cooling(r=0.01, T0=20.0, T_env=20.0)
    rest = solve_cooling(still, t_end=600, rng=np.random.default_rng(4))
    np.testing.assert_allclose(rest.temperature(TIMES), 20, atol=1e-6)


def test_a_soft_start_is_learned() -> None:
    shape = NetworkShape(hidden_sizes=(30,))
    how = LevenbergMarquardt(max_steps=30, tolerance=1e-15)
    config = PinnConfig(shape=shape, start="soft", clock="linear", optimiser=how)
    curve = solve_cooling(HOT, t_end=600, rng=np.random.default_rng(5), config=config)
    assert relative_error(curve.temperature(TIMES), HOT.temperature(TIMES), origin=20) < 1e-5
    assert curve.history.part("start")[-1] < 1e-12
    assert set(curve.history.parts[0]) == {"physics", "start"}


def test_the_textbook_way_goes_down_too_and_ends_higher() -> None:
    shape = NetworkShape(hidden_sizes=(16,), sharpness=2.0)
    slow = AdamLBFGS(adam_steps=100, lbfgs_steps=100, learning_rate=2e-2)
    errors = []
    for how in (slow, LevenbergMarquardt(max_steps=40)):
        config = PinnConfig(shape=shape, optimiser=how, n_collocation=40)
        curve = solve_cooling(HOT, t_end=600, rng=np.random.default_rng(6), config=config)
        assert curve.history.loss[-1] < 1e-4 * curve.history.loss[0]
        assert np.all(np.diff(curve.history.seconds) >= 0)
        exact = HOT.temperature(TIMES)
        errors.append(relative_error(curve.temperature(TIMES), exact, origin=20))
    assert errors[1] < 1e-3 * errors[0] < 1e-3 * 0.05


@pytest.mark.parametrize("unit", [1.0, 1e-4, 1e-8])
def test_lbfgs_goes_down_a_bent_valley_in_any_unit_of_the_loss(unit: float) -> None:
    """Rosenbrock's. In small units torch's own test takes every curvature for none."""
    term = Term(
        name="valley",
        residual=lambda theta, p: torch.where(
            p[0] > 0, 10 * (theta[1] - theta[0] ** 2), 1 - theta[0]
        ),
        points=tensor([[0.0], [1.0]]),
        weights=unit * torch.ones(2, dtype=DOUBLE),
    )
    how = AdamLBFGS(adam_steps=0, lbfgs_steps=60, tolerance=0)
    valley = Objective(terms=[term], reach=tensor([1.0, 1.0]))
    theta, history = minimise(valley, tensor([-1.2, 1.0]), how)
    np.testing.assert_allclose(theta.numpy(), [1, 1], atol=1e-6)
    assert history.loss[-1] < 1e-12 * history.loss[0]


def test_balanced_weights_favour_the_term_with_the_smaller_gradient() -> None:
    """The start weighs next to nothing: fixed weights forget it, balanced ones do not."""
    errors = {}
    for every in (0, 10):
        config = PinnConfig(
            shape=NetworkShape(hidden_sizes=(16,), sharpness=2.0),
            start="soft",
            start_weight=1e-6,
            n_collocation=40,
            optimiser=AdamLBFGS(adam_steps=160, lbfgs_steps=0, balance_every=every),
        )
        curve = solve_cooling(HOT, t_end=600, rng=np.random.default_rng(7), config=config)
        errors[every] = abs(float(curve.temperature(0.0)) - 90)
    assert errors[10] < 0.5 * errors[0]


def test_the_same_seed_gives_the_same_curve_and_global_state_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    config = PinnConfig(optimiser=LevenbergMarquardt(max_steps=5))
    one, same, other = (
        solve_cooling(HOT, t_end=600, rng=np.random.default_rng(seed), config=config)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.theta, same.theta)
    assert not np.array_equal(one.theta, other.theta)
    assert torch.equal(before, torch.random.get_rng_state())
    with pytest.raises(ValueError, match="read-only"):
        one.theta[0] = 1


def test_one_can_watch_the_curve_emerge() -> None:
    seen: list[tuple[int, float]] = []

    def watch(step: int, curve: CoolingCurve) -> None:
        error = relative_error(curve.temperature(TIMES), HOT.temperature(TIMES), origin=20)
        seen.append((step, error))

    config = PinnConfig(optimiser=LevenbergMarquardt(max_steps=6, tolerance=0))
    watched = solve_cooling(
        HOT, t_end=600, rng=np.random.default_rng(8), config=config, watch=watch
    )
    silent = solve_cooling(HOT, t_end=600, rng=np.random.default_rng(8), config=config)
    assert [step for step, _ in seen] == list(range(watched.history.n_steps + 1))
    assert seen[0][1] > 0.5 > seen[-1][1]
    np.testing.assert_array_equal(watched.theta, silent.theta)


def quadratic(reach: torch.Tensor) -> Objective:
    term = Term(
        name="line",
        residual=lambda theta, p: theta[0] * p[0] + theta[1] - p[1],
        points=tensor([[0.0, 1.0], [1.0, 3.0], [2.0, 5.0]]),
        weights=torch.ones(3, dtype=DOUBLE),
    )
    return Objective(terms=[term], reach=reach)


def test_a_line_is_found_at_once_and_a_parameter_can_be_kept() -> None:
    free = tensor([1e6, 1e6])
    theta, history = minimise(quadratic(free), tensor([0.0, 0.0]), LevenbergMarquardt())
    np.testing.assert_allclose(theta.numpy(), [2, 1], atol=1e-9)
    assert history.n_steps <= 2
    assert history.end == "the loss is below 1e-20"
    for how in (LevenbergMarquardt(), AdamLBFGS(adam_steps=20, lbfgs_steps=100)):
        kept, _ = minimise(quadratic(tensor([1e6, 0.0])), tensor([0.0, 0.5]), how)
        assert kept[1].item() == 0.5
        assert kept[0].item() == pytest.approx(2.3, rel=1e-4)  # (2.5·1 + 4.5·2) / 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NetworkShape(hidden_sizes=()), "one hidden layer or more"),
        (lambda: NetworkShape(activation="relu"), "activation: expected one of tanh"),
        (lambda: NetworkShape(sharpness=-1), "sharpness"),
        (lambda: Clock(t_end=0, rate=1), "t_end: expected a number above 0 s"),
        (lambda: Clock(t_end=1, rate=-1), "rate: expected a number above 0 1/s"),
        (lambda: Clock(t_end=1, rate=1, kind="sundial"), "clock: expected"),
        (lambda: Clock(t_end=1, rate=1).collocation(2), "n_collocation: expected 3"),
        (lambda: PinnConfig(shape=NetworkShape(n_inputs=2)), "one input, time; got 2"),
        (lambda: PinnConfig(physics_weight=0), "physics_weight"),
        (lambda: network(start="late"), "start: expected 'hard' or 'soft'"),
        (lambda: LevenbergMarquardt(max_steps=0), "max_steps: expected 1 or more"),
        (lambda: LevenbergMarquardt(damping=0), "damping > 0"),
        (lambda: AdamLBFGS(adam_steps=0, lbfgs_steps=0), "got none"),
        (lambda: AdamLBFGS(learning_rate=0), "learning_rate > 0"),
        (lambda: relative_error([1.0], [1.0, 2.0]), "one shape"),
        (lambda: relative_error([1.0], [0.0]), "nothing everywhere"),
        (
            lambda: solve_cooling(
                Cooling(r=0, T0=1, T_env=2), t_end=1, rng=np.random.default_rng(0)
            ),
            "r: expected a number above 0",
        ),
    ],
)
def test_impossible_settings_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_loss_that_is_no_number_is_refused() -> None:
    term = Term(
        name="bad",
        residual=lambda theta, p: torch.log(theta[0]) * p[0],
        points=tensor([[1.0]]),
        weights=tensor([1.0]),
    )
    with pytest.raises(ValueError, match="look at the units"):
        minimise(Objective(terms=[term], reach=tensor([1.0])), tensor([-1.0]), AdamLBFGS())
    with pytest.raises(ValueError, match="expected at least one point"):
        replace(term, points=torch.zeros(0, 1), weights=torch.zeros(0))
    with pytest.raises(ValueError, match="as many weights"):
        replace(term, weights=torch.zeros(2))
