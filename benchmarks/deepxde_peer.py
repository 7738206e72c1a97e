"""The two forward problems by DeepXDE, as its documentation solves such: run by bench_physics.py.

Double precision, PyTorch, dimensionless as our own, Adam and then L-BFGS, whose loss is scaled as
ours is: torch would take the curvature of a small one for none. Reads one problem from standard
input as JSON and writes its predictions and seconds to a file.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import deepxde as dde
import numpy as np
import torch

HIDDEN, ADAM_STEPS, LBFGS_STEPS = [32] * 3, 5000, 2000


def trained(data: Any, n_inputs: int, transform: Any, features: Any = None) -> tuple[Any, float]:
    """Adam and L-BFGS, in as many steps as our own by them; the model and its seconds."""
    started = time.perf_counter()
    net = dde.nn.FNN([n_inputs, *HIDDEN, 1], "tanh", "Glorot uniform")
    if features is not None:
        net.apply_feature_transform(features)
    if transform is not None:
        net.apply_output_transform(transform)
    model = dde.Model(data, net)
    model.compile("adam", lr=1e-3)
    model.train(iterations=ADAM_STEPS, display_every=10**6, verbose=0)
    losses = np.atleast_1d(model.train_state.loss_train)
    dde.optimizers.set_LBFGS_options(maxiter=LBFGS_STEPS)
    model.compile("L-BFGS", loss_weights=[1e10 / float(losses.sum())] * losses.size)
    model.train(display_every=10**6, verbose=0)
    return model, time.perf_counter() - started


def cooling(k: float, *, is_hard: bool) -> tuple[Any, float]:
    """u' = -k u on [0, 1], u(0) = 1."""
    window = dde.geometry.TimeDomain(0, 1)

    def law(t: Any, u: Any) -> Any:
        return dde.grad.jacobian(u, t) + k * u

    start = dde.icbc.IC(window, lambda t: np.ones((len(t), 1)), lambda _, initial: initial)
    data = dde.data.TimePDE(window, law, [] if is_hard else [start], num_domain=120, num_boundary=2)
    return trained(data, 1, (lambda t, u: 1 + t * u) if is_hard else None)


def diffusion(window: float, *, is_about_the_corner: bool) -> tuple[Any, float]:
    """u_t = u_xx on [0, 1]: held at 1 above, a wall below, 0 at the start.

    Plain, or in the coordinates of our own, with surface and start built in.
    """
    depth, span = dde.geometry.Interval(0, 1), dde.geometry.TimeDomain(0, window)
    domain = dde.geometry.GeometryXTime(depth, span)

    def law(x: Any, u: Any) -> Any:
        return dde.grad.jacobian(u, x, i=0, j=1) - dde.grad.hessian(u, x, i=0, j=0)

    def at(place: float) -> Any:
        return lambda x, is_edge: is_edge and np.isclose(x[0], place)

    wall = dde.icbc.NeumannBC(domain, lambda _: 0.0, at(1))
    if is_about_the_corner:
        data = dde.data.TimePDE(domain, law, [wall], num_domain=400, num_boundary=80)
        return trained(data, 2, built_in, lambda x: torch.cat(corner(x, window), dim=1))
    conditions = [
        dde.icbc.DirichletBC(domain, lambda _: 1.0, at(0)),
        wall,
        dde.icbc.IC(domain, lambda _: 0.0, lambda _, initial: initial),
    ]
    data = dde.data.TimePDE(
        domain, law, conditions, num_domain=400, num_boundary=80, num_initial=40
    )
    return trained(data, 2, None)


def angle(x: Any) -> Any:
    """0 at the surface and 1 at the start."""
    return torch.atan2(x[:, :1], 2 * torch.sqrt(x[:, 1:].clamp(min=1e-12))) * 2 / np.pi


def corner(x: Any, window: float) -> tuple[Any, Any]:
    """Angle and radius about depth 0 and time 0, both from -1 to 1."""
    radius = torch.sqrt(x[:, :1] ** 2 + 4 * x[:, 1:] + 1e-12)
    return 2 * angle(x) - 1, 2 * radius / (1 + 4 * window) ** 0.5 - 1


def built_in(x: Any, output: Any) -> Any:
    """1 at the surface and 0 at the start, whatever the network says."""
    p = angle(x)
    return 1 - p + 4 * p * (1 - p) * output


def main() -> None:
    """Solve the problem on standard input, predict at its points, write an .npz."""
    problem = json.load(sys.stdin)
    torch.set_num_threads(1)
    dde.config.set_default_float("float64")
    dde.config.set_random_seed(problem["seed"])  # this process solves one problem and ends
    points = np.array(problem["points"])
    if problem["kind"] == "cooling":
        model, seconds = cooling(problem["k"], is_hard=problem["is_hard"])
    else:
        model, seconds = diffusion(
            problem["window"], is_about_the_corner=problem["is_about_the_corner"]
        )
    values = model.predict(points)[:, 0]
    np.savez(problem["to"], values=values, seconds=seconds)


if __name__ == "__main__":
    main()
