"""The networks that learn in the page are those of the book: shipped JavaScript against torch."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from matinf.physics import inverse, regression
from matinf.physics.cooling import Cooling, Readings, newton_cooling
from matinf.physics.cooling_fit import cramer_rao_bound, fit_cooling
from matinf.physics.inverse import InverseConfig, learn_cooling, look_at
from matinf.physics.losses import Objective
from matinf.physics.network import NetworkShape, one_thread
from matinf.physics.optimise import LevenbergMarquardt
from matinf.physics.pinn import PinnConfig
from matinf.physics.regression import RegressionConfig, fit_network
from matinf_book.assets import node_binary

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "code" / "matinf" / "live" / "static" / "live"
WINDOW = 600.0


def in_node(cases: list[dict[str, Any]]) -> list[Any]:
    done = subprocess.run(
        [str(node_binary()), str(HERE / "cooling.mjs"), str(MODULES)],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def draw(rng: np.random.Generator, *, least_change: float = 0.0) -> tuple[Cooling, Readings]:
    """A body and readings of it from all over what the reader can set."""
    while True:
        body = Cooling(
            r=float(np.exp(rng.uniform(np.log(1e-3), np.log(5e-2)))),
            T0=float(rng.uniform(-20, 100)),
            T_env=float(rng.uniform(0, 40)),
        )
        if abs(body.T0 - body.T_env) > max(least_change, 1.0):
            break
    n, last = int(rng.integers(3, 41)), float(rng.uniform(50, WINDOW))
    noise, t = float(rng.uniform(0.1, 4)), np.linspace(0, last, n)
    errors = noise * rng.standard_normal(n)
    return body, Readings(t=t, T=body.temperature(t) + errors, noise=noise)


def as_json(readings: Readings) -> dict[str, Any]:
    return {"t": readings.t.tolist(), "T": readings.T.tolist(), "noise": readings.noise}


def how(settings: LevenbergMarquardt) -> dict[str, float]:
    return {
        "maxSteps": settings.max_steps,
        "tolerance": settings.tolerance,
        "patience": settings.patience,
        "leastGain": settings.least_gain,
        "damping": settings.damping,
    }


def physics_case(
    readings: Readings, *, T_env: float, T0: float | None, config: InverseConfig
) -> dict[str, Any]:
    settings = {
        "hiddenSizes": config.pinn.shape.hidden_sizes,
        "nCollocation": config.pinn.n_collocation,
        "slack": config.slack,
    }
    known = {"T_env": T_env, "T0": T0, "tEnd": WINDOW}
    return {"kind": "physics", "readings": as_json(readings), "known": known, "settings": settings}


def plain_case(readings: Readings, config: RegressionConfig) -> dict[str, Any]:
    settings = {"hiddenSizes": config.shape.hidden_sizes, "weightDecay": config.weight_decay}
    return {"kind": "plain", "readings": as_json(readings), "settings": settings}


class Stopped(Exception):
    """Training was about to begin."""


def objective_of(
    room: ModuleType, train: Callable[..., object], *readings: Readings, **settings: Any
) -> tuple[Objective, torch.Tensor]:
    """The loss that a function would go down, and where it would start."""
    stop = patch.object(room, "minimise", side_effect=Stopped)
    with stop as minimise, pytest.raises(Stopped):
        train(*readings, **settings)
    objective, theta = minimise.call_args.args[:2]
    return objective, theta


def loss_and_gradient(
    objective: Objective, theta: torch.Tensor
) -> tuple[float, NDArray[np.float64]]:
    """By torch's own reverse mode over the whole loss."""
    with one_thread():
        at = theta.clone().requires_grad_(True)
        vector = objective.vector(at)
        loss = 0.5 * (vector @ vector)
        loss.backward()
    assert at.grad is not None
    return loss.item(), at.grad.numpy()


def agrees(found: Any, expected: Any, *, tolerance: float = 1e-6) -> None:
    """Relative to the largest number."""
    expected = np.asarray(expected)
    scale = float(np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


def shape(rng: np.random.Generator) -> NetworkShape:
    sizes = rng.integers(1, 20, size=rng.integers(1, 4))
    return NetworkShape(hidden_sizes=tuple(sizes.tolist()), sharpness=float(rng.uniform(1, 5)))


def test_loss_and_gradient_with_physics_are_those_of_torch() -> None:
    rng = np.random.default_rng(1)
    cases, expected = [], []
    for k in range(60):
        body, readings = draw(rng)
        config = InverseConfig(
            pinn=PinnConfig(shape=shape(rng), n_collocation=int(rng.integers(3, 30))),
            slack=float(10 ** rng.uniform(-2, 2)),
        )
        known: dict[str, Any] = {"T_env": body.T_env, "T0": body.T0 if k % 2 else None}
        settings = {"rng": rng, "t_end": WINDOW, "config": config} | known
        objective, start = objective_of(inverse, learn_cooling, readings, **settings)
        theta = start + 0.3 * torch.tensor(rng.standard_normal(len(start)))
        case = physics_case(readings, **known, config=config)
        cases.append({**case, "do": "evaluate", "theta": theta.tolist(), "t": [0.0]})
        expected.append(loss_and_gradient(objective, theta))
    for found, (loss, gradient) in zip(in_node(cases), expected, strict=True):
        assert found["loss"] == pytest.approx(loss, rel=1e-6)
        agrees(found["gradient"], gradient)


def test_loss_and_gradient_without_physics_are_those_of_torch() -> None:
    rng = np.random.default_rng(2)
    cases, expected = [], []
    for k in range(60):
        _, readings = draw(rng)
        config = RegressionConfig(shape=shape(rng), weight_decay=1e-2 if k % 2 else 0.0)
        objective, start = objective_of(regression, fit_network, readings, rng=rng, config=config)
        theta = start + 0.3 * torch.tensor(rng.standard_normal(len(start)))
        case = plain_case(readings, config)
        cases.append({**case, "do": "evaluate", "theta": theta.tolist(), "t": [0.0]})
        expected.append(loss_and_gradient(objective, theta))
    for found, (loss, gradient) in zip(in_node(cases), expected, strict=True):
        assert found["loss"] == pytest.approx(loss, rel=1e-6)
        agrees(found["gradient"], gradient)


TRAINED = 20
LARGE = 5  # of them as large as on the page
SMALL = {
    "pinn": PinnConfig(
        shape=NetworkShape(hidden_sizes=(16,), sharpness=3.0),
        n_collocation=60,
        optimiser=inverse.LIKELIHOOD,
    )
}
SLACKS = (0.01, 0.01, 0.01, 0.01, 0.01, 0.03, 0.03, 0.1, 0.3, 1.0)  # shares of the noise


def test_networks_with_physics_learn_the_same_rate_and_curve() -> None:
    rng = np.random.default_rng(3)
    t = np.linspace(0, WINDOW, 25)
    cases, expected = [], []
    for k in range(TRAINED):
        body, readings = draw(rng, least_change=20.0)
        config = InverseConfig(slack=SLACKS[k % len(SLACKS)], **({} if k < LARGE else SMALL))
        known: dict[str, Any] = {"T_env": body.T_env, "T0": body.T0 if k % 2 else None}
        learned = learn_cooling(
            readings, rng=np.random.default_rng(k), t_end=WINDOW, config=config, **known
        )
        n_unknown = len(learned.curve.network.unknown)
        weights = config.pinn.shape.initial(rng=np.random.default_rng(k)).tolist()
        case = physics_case(readings, **known, config=config)
        case |= {"do": "train", "theta": weights + n_unknown * [0.0], "t": t.tolist()}
        cases.append({**case, "how": how(inverse.LIKELIHOOD)})
        expected.append(learned)
    for found, learned in zip(in_node(cases), expected, strict=True):
        assert found["r"] == pytest.approx(learned.body.r, rel=5e-4)
        assert found["rStd"] == pytest.approx(learned.std["r"], rel=1e-2)
        apart = np.abs(learned.curve.temperature(t) - found["T"]).max()
        assert apart < 0.01 * learned.readings.noise
        assert found["parts"]["data"] == pytest.approx(learned.chi_squared / 2, abs=1e-3)
        assert (np.diff(found["losses"]) <= 0).all()


def test_networks_without_physics_learn_the_same_curve() -> None:
    t = np.linspace(0, WINDOW, 25)
    cases, expected = [], []
    rng = np.random.default_rng(4)
    config = RegressionConfig(optimiser=LevenbergMarquardt(max_steps=30, least_gain=1e-9))
    for k in range(4):
        _, readings = draw(rng)
        learned = fit_network(readings, rng=np.random.default_rng(k), config=config)
        weights = config.shape.initial(rng=np.random.default_rng(k), head=1.0)
        case = plain_case(readings, config) | {"do": "train", "theta": weights.tolist()}
        cases.append({**case, "how": how(config.optimiser), "t": t.tolist()})
        expected.append((learned, readings.noise))
    for found, (learned, noise) in zip(in_node(cases), expected, strict=True):
        assert len(found["losses"]) == len(learned.history.loss)
        assert found["losses"][-1] == pytest.approx(learned.history.loss[-1], rel=1e-6)
        np.testing.assert_allclose(found["T"], learned.temperature(t), rtol=0, atol=1e-4 * noise)


def test_a_sharper_law_is_nearer_to_least_squares_in_the_page_too() -> None:
    body, readings = draw(np.random.default_rng(8), least_change=40.0)
    weights = NetworkShape().initial(rng=np.random.default_rng(0)).tolist()
    cases = [
        physics_case(readings, T_env=body.T_env, T0=None, config=InverseConfig(slack=slack))
        | {"do": "train", "theta": [*weights, 0.0, 0.0], "t": [0], "how": how(inverse.LIKELIHOOD)}
        for slack in (10.0, 0.01)
    ]
    rival = fit_cooling(readings, T_env=body.T_env)
    loose, sharp = (abs(found["r"] - rival.body.r) for found in in_node(cases))
    assert sharp < 0.01 * rival.std["r"]
    assert loose > 10 * sharp


def test_least_squares_and_the_bound_are_those_of_scipy() -> None:
    rng = np.random.default_rng(5)
    cases, expected = [], []
    while len(cases) < 50:
        body, readings = draw(rng, least_change=10.0)
        T0 = body.T0 if len(cases) % 2 else None
        fit = fit_cooling(readings, T_env=body.T_env, T0=T0)
        if fit.std["r"] > 0.5 * fit.body.r:
            continue  # hardly any rate is ruled out: nothing to agree about
        unknown = ("r", "T0") if T0 is None else ("r",)
        bound = cramer_rao_bound(body, readings.t, noise=readings.noise, unknown=unknown)
        known = {"T_env": body.T_env, "T0": T0}
        truth = {"r": body.r, "T0": body.T0, "T_env": body.T_env}
        case = {"do": "classical", "readings": as_json(readings), "known": known, "body": truth}
        cases.append(case)
        expected.append((fit, bound["r"], look_at(readings)))
    for found, (fit, bound, guess) in zip(in_node(cases), expected, strict=True):
        assert found["fit"]["r"] == pytest.approx(fit.body.r, rel=1e-6)
        assert found["fit"]["T0"] == pytest.approx(fit.body.T0, rel=1e-6, abs=1e-6)
        assert found["fit"]["std"] == pytest.approx(fit.std["r"], rel=1e-6)
        assert found["bound"] == pytest.approx(bound, rel=1e-9)
        assert found["guess"] == pytest.approx(guess, rel=1e-12)


def test_the_truth_is_that_of_the_book() -> None:
    t = np.linspace(0, WINDOW, 7)
    body = {"r": 0.005, "T0": 90.0, "T_env": 20.0}
    (found,) = in_node([{"do": "truth", "body": body, "t": t.tolist()}])
    np.testing.assert_allclose(found, newton_cooling(t, **body), rtol=1e-14)


def test_curves_and_their_slopes_are_those_of_the_network() -> None:
    rng = np.random.default_rng(6)
    body, readings = draw(rng)
    t = np.linspace(0, WINDOW, 9)
    learned = learn_cooling(readings, rng=rng, T_env=body.T_env, t_end=WINDOW)
    config = InverseConfig()
    case = physics_case(readings, T_env=body.T_env, T0=None, config=config)
    case |= {"do": "evaluate", "theta": learned.curve.theta.tolist(), "t": t.tolist()}
    (found,) = in_node([case])
    np.testing.assert_allclose(found["T"], learned.curve.temperature(t), rtol=1e-9)
    law = learned.body.r * (body.T_env - np.array(found["T"]))
    np.testing.assert_allclose(
        np.array(found["change"]) - law, learned.curve.residual(t), rtol=0, atol=1e-9
    )


def test_the_triangle_solves_least_squares_over_a_diagonal() -> None:
    rng = np.random.default_rng(7)
    for m, p in ((30, 12), (5, 12), (12, 12)):
        J, rows, below = rng.normal(size=(m, p)), rng.normal(size=m), rng.normal(size=p)
        is_wide = m < p  # then it is squared, for which it must not be too steep
        reach = rng.uniform(0.5, 2, size=p) if is_wide else 10.0 ** rng.integers(-3, 4, size=p)
        diagonal = rng.uniform(1e-2, 1, size=p)
        case = {"J": J.T.ravel().tolist(), "rows": rows.tolist(), "below": below.tolist()}
        case |= {"do": "solve", "reach": reach.tolist(), "diagonal": diagonal.tolist()}
        (found,) = in_node([case])
        A = np.vstack([J * reach, np.diag(diagonal)])
        exact = np.linalg.lstsq(A, np.concatenate([rows, below]), rcond=None)[0]
        np.testing.assert_allclose(found["x"], exact, rtol=1e-6)
        if is_wide:
            np.testing.assert_allclose(found["wide"], exact, rtol=1e-6)
        variances = np.diag(np.linalg.inv((A / reach).T @ (A / reach)))[-2:] / reach[-2:] ** 2
        np.testing.assert_allclose(found["variances"], variances, rtol=1e-6)
