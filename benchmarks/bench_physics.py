"""Physics-informed networks against closed forms, classical solvers, least squares and DeepXDE.

All in one run on one core: forward problems by error and time; inverse problems by the error of
what is learned, over the Cramér-Rao bound, with least squares on the same draws beside it; and
the same two forward problems by DeepXDE, which is installed into a temporary environment that
borrows this one's packages and is thrown away. Without DeepXDE (no package index) nothing is
recorded.

python benchmarks/bench_physics.py --trial    a few seconds, records nothing
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from record import Measurement, record

from matinf.physics.cooling import Cooling, read_thermometer
from matinf.physics.cooling_fit import cramer_rao_bound, fit_cooling
from matinf.physics.crank_nicolson import crank_nicolson
from matinf.physics.diffusion import CARBON_IN_AUSTENITE, Carburising
from matinf.physics.diffusion_fit import cramer_rao_bound as diffusion_bound
from matinf.physics.diffusion_fit import fit_diffusion, read_depths
from matinf.physics.diffusion_inverse import learn_diffusion
from matinf.physics.diffusion_pinn import solve_diffusion
from matinf.physics.inverse import learn_cooling
from matinf.physics.network import NetworkShape
from matinf.physics.optimise import AdamLBFGS
from matinf.physics.parametric import TrainedRange, train_parametric
from matinf.physics.pinn import PinnConfig, relative_error, solve_cooling

SEED = 2026
PEER_SEEDS = (2026, 2027, 2028)
T_END = 600.0  # s
TIMES = np.linspace(0, T_END, 1001)
RATES = np.geomspace(1e-3, 1e-1, 5)  # 1/s
STARTS = ((95.0, -20.0), (90.0, 20.0), (90.0, 60.0), (5.0, 60.0), (-15.0, 25.0))  # T0, T_env in °C
PEER_RATES = (0.005, 0.05)  # 1/s
HOUR = 3600.0
STEEL = Carburising(D=CARBON_IN_AUSTENITE.at(925), c0=0.2, cs=1.1, thickness=2e-3)
WINDOWS = (8 * HOUR, 40 * HOUR)
DEPTHS = np.linspace(1e-4, 1.2e-3, 10)  # m
TEXTBOOK = PinnConfig(
    shape=NetworkShape(hidden_sizes=(32, 32, 32), sharpness=1.0),
    clock="linear",
    optimiser=AdamLBFGS(adam_steps=5000, lbfgs_steps=2000, learning_rate=5e-3),
)


def timed(function: Callable[..., Any], *args: Any, **settings: Any) -> tuple[Any, float]:
    """What a function returns, and the wall seconds of one call."""
    started = time.perf_counter()
    value = function(*args, **settings)
    return value, time.perf_counter() - started


def cooling_error(body: Cooling, config: PinnConfig | None, seed: int) -> tuple[float, float]:
    """Relative L2 error and seconds of one forward problem."""
    rng = np.random.default_rng(seed)
    curve, seconds = timed(solve_cooling, body, t_end=T_END, rng=rng, config=config)
    exact = body.temperature(TIMES)
    return relative_error(curve.temperature(TIMES), exact, origin=body.T_env), seconds


def forward_cooling(is_trial: bool) -> list[Measurement]:
    """Hot and cold starts, all environments, two decades of rates."""
    cases = [
        Cooling(r=float(r), T0=T0, T_env=T_env)
        for r, (T0, T_env) in product(RATES[::4] if is_trial else RATES, STARTS)
    ]
    errors, seconds = zip(*(cooling_error(body, None, SEED) for body in cases), strict=True)
    return [
        *worst_and_all("Newton forward: relative L2 error", "", errors, "at most 1e-5"),
        *worst_and_all("Newton forward: time", "s", seconds, "at most 10"),
    ]


def worst_and_all(name: str, unit: str, runs: Any, limit: str) -> list[Measurement]:
    """The worst of all cases, which has to keep the limit, and every case."""
    return [
        Measurement(name=f"{name}, worst case", unit=unit, runs=[max(runs)], limit=limit),
        Measurement(name=f"{name}, each case", unit=unit, runs=list(runs)),
    ]


def parametric(is_trial: bool) -> list[Measurement]:
    """One network for all environments and rates: its training, and errors at random conditions."""
    box = TrainedRange(T0=90.0, T_env=(-20.0, 60.0), r=(1e-3, 1e-1), t_end=T_END)
    rng = np.random.default_rng(SEED)
    network, seconds = timed(train_parametric, box, rng=rng)
    errors = []
    for _ in range(10 if is_trial else 200):
        T_env, r = rng.uniform(*box.T_env), float(np.exp(rng.uniform(*np.log(box.r))))
        exact = Cooling(r=r, T0=90.0, T_env=T_env).temperature(TIMES)
        found = network.temperature(TIMES, T_env=T_env, r=r)
        errors.append(relative_error(found, exact, origin=T_env))
    return [
        Measurement(name="Newton parametric: time to train", unit="s", runs=[seconds]),
        Measurement(name="Newton parametric: relative L2 error", unit="", runs=errors),
    ]


def inverse_cooling(is_trial: bool) -> list[Measurement]:
    """Two hundred draws at three rates: errors over the bound, and coverage of 95% intervals.

    Of fifty draws alone the error is known to a tenth, and least squares itself may miss 1.1.
    """
    t, rng, rows = np.linspace(0, 300, 21), np.random.default_rng(SEED), []
    for r in (0.003, 0.01, 0.05):
        body = Cooling(r=r, T0=90.0, T_env=20.0)
        bound = cramer_rao_bound(body, t, noise=0.5, unknown=("r", "T0"))["r"]
        for _ in range(3 if is_trial else 200):
            readings = read_thermometer(body, t, noise=0.5, rng=rng)
            found, seconds = timed(learn_cooling, readings, T_env=20.0, rng=rng)
            rival = fit_cooling(readings, T_env=20.0)
            errors = ((found.body.r - r) / bound, (rival.body.r - r) / bound)
            rows.append((r, *errors, seconds, not found.interval().excludes(r)))
    table = np.array(rows)
    rates = np.unique(table[:, 0])
    ours, theirs = (
        [float(np.sqrt(np.mean(table[table[:, 0] == r, k] ** 2))) for r in rates] for k in (1, 2)
    )
    name = "Newton inverse: error of r over the Cramér-Rao bound"
    return [
        Measurement(name=f"{name}, network, each rate", unit="", runs=ours, limit="at most 1.1"),
        Measurement(name=f"{name}, least squares, each rate", unit="", runs=theirs),
        Measurement(
            name="Newton inverse: error of r, network over least squares, worst rate",
            unit="",
            runs=[max(a / b for a, b in zip(ours, theirs, strict=True))],
            limit="at most 1.01",
        ),
        Measurement(name="Newton inverse: time", unit="s", runs=table[:, 3].tolist()),
        Measurement(
            name="Newton inverse: share of 95% intervals that hold r",
            unit="",
            runs=[float(table[:, 4].mean())],
            limit="at least 0.9",
        ),
    ]


def diffusion_grid(t_end: float) -> tuple[np.ndarray, np.ndarray]:
    """Depths and times at which fields are judged: dense early on, as the solver's own times."""
    x = np.linspace(0, STEEL.thickness, 101)
    return x[None], t_end * (np.arange(1, 101)[:, None] / 100) ** 2


def forward_diffusion(is_trial: bool) -> list[Measurement]:
    """The network, and Crank-Nicolson on a coarse and on a fine grid, in two windows."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for t_end in WINDOWS[:1] if is_trial else WINDOWS:
        x, t = diffusion_grid(t_end)
        exact = STEEL.concentration(x, t)
        rng = np.random.default_rng(SEED)
        field, seconds = timed(solve_diffusion, STEEL, t_end=t_end, rng=rng)
        found.setdefault("network", []).append(
            (*field_errors(field.concentration(x, t), exact), seconds)
        )
        for n in (50, 200, 800):
            grid, seconds = timed(crank_nicolson, STEEL, t_end=t_end, n_depths=n + 1, n_times=n)
            truth = STEEL.concentration(grid.x, grid.t[1:, None])
            errors = field_errors(grid.c[1:], truth)
            found.setdefault(f"Crank-Nicolson, {n} steps", []).append((*errors, seconds))
    rows = []
    for who, runs in found.items():
        errors, last, seconds = zip(*runs, strict=True)
        limits = ("at most 1e-3", "at most 60") if who == "network" else ("", "")
        name = f"diffusion forward, {who}"
        rows += [
            Measurement(
                name=f"{name}: relative L2 error", unit="", runs=list(errors), limit=limits[0]
            ),
            Measurement(name=f"{name}: the same of the last profile", unit="", runs=list(last)),
            Measurement(name=f"{name}: time", unit="s", runs=list(seconds), limit=limits[1]),
        ]
    return rows


def field_errors(found: np.ndarray, exact: np.ndarray) -> tuple[float, float]:
    """Relative L2 error of the whole field, early jump and all, and of its last profile."""
    whole = relative_error(found, exact, origin=STEEL.c0)
    return whole, relative_error(found[-1], exact[-1], origin=STEEL.c0)


def inverse_diffusion(is_trial: bool) -> list[Measurement]:
    """Fifty draws of ten depth readings: errors over the bound, coverage at 80% and 95%."""
    t, rng, rows = 8 * HOUR, np.random.default_rng(SEED), []
    bound = diffusion_bound(STEEL, DEPTHS, t, noise=0.02)["D"]
    for _ in range(2 if is_trial else 50):
        readings = read_depths(STEEL, DEPTHS, t, noise=0.02, rng=rng)
        known = {"c0": STEEL.c0, "cs": STEEL.cs, "thickness": STEEL.thickness}
        found, seconds = timed(learn_diffusion, readings, D_guess=1.5 * STEEL.D, rng=rng, **known)
        rival = fit_diffusion(readings, **known)
        inside = [not found.interval(level=p).excludes(STEEL.D) for p in (0.8, 0.95)]
        errors = ((found.steel.D - STEEL.D) / bound, (rival.steel.D - STEEL.D) / bound)
        rows.append((*errors, *inside, seconds))
    table = np.array(rows)
    size = np.sqrt(np.mean(table[:, :2] ** 2, axis=0)).tolist()
    inside = table[:, 2:4].mean(axis=0).tolist()
    name = "diffusion inverse"
    return [
        Measurement(name=f"{name}: error of D over the bound, network", unit="", runs=size[:1]),
        Measurement(
            name=f"{name}: error of D over the bound, least squares", unit="", runs=size[1:]
        ),
        Measurement(
            name=f"{name}: error of D, network over least squares",
            unit="",
            runs=[size[0] / size[1]],
            limit="at most 1.05",
        ),
        Measurement(name=f"{name}: share of 80% intervals that hold D", unit="", runs=inside[:1]),
        Measurement(
            name=f"{name}: share of 95% intervals that hold D",
            unit="",
            runs=inside[1:],
            limit="at least 0.86",
        ),
        Measurement(name=f"{name}: time", unit="s", runs=table[:, 4].tolist()),
    ]


def peer_environment(folder: Path) -> Path:
    """A throw-away environment with DeepXDE, which sees this one's packages; its Python."""
    venv.create(folder, with_pip=True)
    here = sysconfig.get_paths()["purelib"]
    python = next(folder.glob("bin/python")) if os.name != "nt" else folder / "Scripts/python.exe"
    there = next(folder.rglob("site-packages"))
    (there / "ours.pth").write_text(here + "\n", encoding="utf-8")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "deepxde"], check=True)
    return python


PEER_SETTINGS = {"DDE_BACKEND": "pytorch", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}


def peer_version(python: Path) -> str:
    """DeepXDE's version."""
    ask = "from importlib.metadata import version; print(version('deepxde'))"
    return subprocess.check_output([python, "-c", ask], encoding="utf-8").strip()


def peer_solution(python: Path, folder: Path, **problem: Any) -> tuple[np.ndarray, float]:
    """DeepXDE's predictions at the points asked, and its seconds."""
    script, out = Path(__file__).with_name("deepxde_peer.py"), folder / "solution.npz"
    subprocess.run(
        [python, script],
        input=json.dumps(problem | {"to": str(out)}),
        env=os.environ | PEER_SETTINGS,
        encoding="utf-8",
        stdout=subprocess.DEVNULL,
        check=True,
    )
    with np.load(out) as found:
        return found["values"], float(found["seconds"])


def against_deepxde(is_trial: bool) -> tuple[list[Measurement], str]:
    """The same forward problems by DeepXDE, and by our network trained the textbook's way."""
    rows: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = peer_environment(folder / "environment")
        for seed in PEER_SEEDS[:1] if is_trial else PEER_SEEDS:
            for r in PEER_RATES[:1] if is_trial else PEER_RATES:
                for how, pair in cooling_peer(python, folder, r, seed).items():
                    rows.setdefault(f"Newton, r = {r} 1/s, {how}", []).append(pair)
            for t_end in [] if is_trial else WINDOWS:
                for how, pair in diffusion_peer(python, folder, t_end, seed).items():
                    rows.setdefault(f"diffusion, {t_end / HOUR:g} h, {how}", []).append(pair)
        version = peer_version(python)
    return [
        Measurement(name=f"{name}: {what}", unit=unit, runs=[pair[k] for pair in pairs])
        for name, pairs in rows.items()
        for k, (what, unit) in enumerate((("relative L2 error", ""), ("time", "s")))
    ], version


def cooling_peer(python: Path, folder: Path, r: float, seed: int) -> dict[str, tuple[float, float]]:
    """Errors and seconds of one cooling body by DeepXDE and by ours."""
    body, exact = Cooling(r=r, T0=90.0, T_env=20.0), np.exp(-r * TIMES)
    problem = {"kind": "cooling", "k": r * T_END, "points": (TIMES / T_END)[:, None].tolist()}
    found = {}
    for is_hard in (False, True):
        u, seconds = peer_solution(python, folder, seed=seed, is_hard=is_hard, **problem)
        how = f"DeepXDE, {'hard' if is_hard else 'soft'} start"
        found[how] = relative_error(u, exact), seconds
    for how, config in (("ours", None), ("ours by Adam and L-BFGS", TEXTBOOK)):
        found[how] = cooling_error(body, config, seed)
    return found


def diffusion_peer(
    python: Path, folder: Path, t_end: float, seed: int
) -> dict[str, tuple[float, float]]:
    """Errors and seconds of one window by DeepXDE, plain and in our coordinates, and by ours."""
    window = STEEL.D * t_end / STEEL.thickness**2
    x, t = diffusion_grid(t_end)
    depths, times = (a.ravel() for a in np.broadcast_arrays(x / STEEL.thickness, t / t_end))
    exact = STEEL.concentration(x, t)
    points = np.column_stack([depths, times * window]).tolist()
    share, found = (exact - STEEL.c0) / (STEEL.cs - STEEL.c0), {}
    for how, is_about_the_corner in (("plain", False), ("in our coordinates", True)):
        u, seconds = peer_solution(
            python, folder, seed=seed, kind="diffusion", window=window, points=points,
            is_about_the_corner=is_about_the_corner,
        )  # fmt: skip
        found[f"DeepXDE, {how}"] = relative_error(u.reshape(share.shape), share), seconds
    rng = np.random.default_rng(seed)
    field, ours = timed(solve_diffusion, STEEL, t_end=t_end, rng=rng)
    found["ours"] = relative_error(field.concentration(x, t), exact, origin=STEEL.c0), ours
    return found


def main() -> None:
    """Measure everything and write it down, or try everything in small."""
    options = argparse.ArgumentParser(description="Physics-informed networks, side by side.")
    options.add_argument("--trial", action="store_true", help="few cases; record nothing")
    is_trial = options.parse_args().trial
    rows: list[Measurement] = []
    parts = (forward_cooling, parametric, inverse_cooling, forward_diffusion, inverse_diffusion)
    for part in parts:
        rows += part(is_trial)
        print(f"  {part.__name__} done", file=sys.stderr, flush=True)
    peers, version = against_deepxde(is_trial)
    rows += peers
    if is_trial:
        for m in rows:
            print(f"  {m.name:<72} {m.median:10.3g} {m.unit:<2} {m.limit}")
        return
    record(
        "physics",
        rows,
        *("numpy", "scipy", "torch"),
        seed=SEED,
        deepxde=version,
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    )


if __name__ == "__main__":
    main()
