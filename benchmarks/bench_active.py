"""A campaign of 100 steps of ten measurements: the textbook loop and ours, side by side.

The textbook loop builds a GPflow GPR with a Matérn-1/2 kernel on all columns at every step,
optimises it from GPflow's default hyperparameters, and predicts the whole pool. Ours keeps one
posterior up to date and optimises at every tenth step. Both measure the same 50 molecules first
and choose by expected improvement, and both are run for all of the steps: nothing is
extrapolated. Every campaign has a process of its own, so that its memory can be told.

What is found is held against the textbook with the kernel of the textbook: the same model must not
find less for being quick. The Tanimoto kernel is another model; what it finds is told beside it.

How the time grows is measured on pools drawn from all molecules of QM9, which are downloaded as
`make data` downloads them. A time per step is that of ten steps in a row.

    python benchmarks/bench_active.py            everything, about ten minutes
    python benchmarks/bench_active.py --short    a few steps on small pools; nothing is written
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import resource
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import Measurement, record

from matinf.active.acquisition import expected_improvement
from matinf.active.batches import top_k
from matinf.active.campaign import CampaignConfig, run_campaign
from matinf.active.metrics import top_k_recall
from matinf.active.oracle import TableOracle
from matinf.active.pairs import KernelName, Pool
from matinf.active.pool_model import GaussianProcess
from matinf.active.posterior import PoolPosterior
from matinf.active.strategies import Acquire
from matinf.active.surrogate import Surrogate
from matinf.datasets import load_qm9_sample
from matinf.features import morgan_fingerprints

SEED = 2026
N_INITIAL, BATCH, REFIT_EVERY = 50, 10, 10
DATA = Path(__file__).parents[1] / "data"
TITLES: dict[KernelName, str] = {"tanimoto": "ours, Tanimoto", "matern12": "ours, Matérn-1/2"}
RESET_PEAK = Path("/proc/self/clear_refs")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is run."""

    n_steps: int = 100
    repeats: int = 3
    n_campaigns: int = 1
    pool_sizes: tuple[int, ...] = (2_500, 5_000, 10_000, 20_000, 40_000, 80_000, 130_831)
    measured: tuple[int, ...] = (60, 125, 250, 500, 1000)


SHORT = Plan(
    n_steps=6, repeats=1, n_campaigns=1, pool_sizes=(2_500, 5_000, 10_000), measured=(60, 125, 250)
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished campaign: what it measured in order, its wall time and its memory."""

    measured: NDArray[np.intp]
    seconds: float
    megabytes: float = 0.0


def ours(pool_file: Path, n_steps: int, *, kernel: KernelName, seed: int = SEED) -> Run:
    """A campaign of the book, from fingerprints to its result."""
    X, y = read(pool_file)
    config = CampaignConfig(
        strategy=Acquire(by="ei"),
        model=GaussianProcess(surrogate=Surrogate(kernel=kernel)),
        n_initial=N_INITIAL,
        batch_size=BATCH,
        n_steps=n_steps,
        refit_every=REFIT_EVERY,
    )
    rng = np.random.default_rng(seed)
    with Watch() as watch:
        result = run_campaign(Pool(X), TableOracle(values=y), config, rng=rng, progress=False)
    return Run(measured=result.labelled, seconds=watch.seconds, megabytes=watch.megabytes)


def textbook(pool_file: Path, n_steps: int, *, measured: NDArray[np.intp]) -> Run:
    """A fresh model on all columns at every step, from the same first measurements."""
    from matinf.active.tensorflow import gpflow

    X, y = read(pool_file)
    X_pool = X.astype(float)
    with Watch() as watch:
        for _ in range(n_steps):
            shift, scale = y[measured].mean(), y[measured].std()
            data = (X_pool[measured], ((y[measured] - shift) / scale)[:, None])
            model = gpflow.models.GPR(data, gpflow.kernels.Matern12())
            gpflow.optimizers.Scipy().minimize(model.training_loss, model.trainable_variables)
            mean, variance = (part.numpy()[:, 0] for part in model.predict_f(X_pool))
            std = np.sqrt(np.maximum(variance, 0))
            scores = expected_improvement(mean, std, best=float(data[1].max()))
            available = ~np.isin(np.arange(len(y)), measured)
            measured = np.concatenate([measured, top_k(scores, BATCH, available=available)])
    return Run(measured=measured, seconds=watch.seconds, megabytes=watch.megabytes)


class Watch:
    """Wall time of a block, and by how much its peak memory exceeds what was there before."""

    def __enter__(self) -> Watch:
        if RESET_PEAK.exists():  # Linux: what was held and freed while loading does not count
            RESET_PEAK.write_text("5", encoding="utf-8")
        self._before, self._started = peak_megabytes(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._started
        self.megabytes = peak_megabytes() - self._before


def peak_megabytes() -> float:
    """Largest memory of this process so far; on Linux since it was last reset."""
    bytes_per_unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * bytes_per_unit / 1e6


def alone(campaign: Callable[..., Run], *args: Any, **options: Any) -> Run:
    """The result of a campaign in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as executor:
        return executor.submit(campaign, *args, **options).result()


def read(pool_file: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Fingerprints and LUMO energies (Hartree) that :func:`write` wrote."""
    with np.load(pool_file) as stored:
        return np.unpackbits(stored["bits"], axis=1), stored["y"]


def write(pool_file: Path, X: NDArray[np.uint8], y: NDArray[np.float64]) -> Path:
    """Fingerprints, eight bits in a byte, and LUMO energies (Hartree)."""
    np.savez(pool_file, bits=np.packbits(X, axis=1), y=y)
    return pool_file


def all_molecules(folder: Path) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Fingerprints and LUMO energies (Hartree) of all of QM9, downloaded into a folder."""
    sys.path.insert(0, str(DATA))
    from rebuild import download, find_package
    from sources import SOURCES, qm9_sample

    source = next(source for source in SOURCES if source.name == "qm9pack")
    download(source, folder)
    with zipfile.ZipFile(find_package(source, folder)) as package:
        header, *rows = qm9_sample(package, size=10**9)
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    return morgan_fingerprints(columns["smiles"]), np.array(columns["lumo"], dtype=float)


def steps(pool: Pool, y: NDArray[np.float64], n_measured: int) -> float:
    """Seconds per step of ten measurements after so many, averaged over ten steps."""
    order = np.random.default_rng(SEED).permutation(len(y))
    first, rest = np.split(order[: n_measured + 10 * BATCH], [n_measured])
    posterior = PoolPosterior.start(Surrogate(), pool, first, y[first], optimise=False)
    started = time.perf_counter()
    for batch in rest.reshape(10, BATCH):
        posterior = posterior.add(batch, y[batch])
    return (time.perf_counter() - started) / 10


def exponent(sizes: tuple[int, ...], seconds: list[float]) -> float:
    """Slope of time against size on logarithmic axes: 1 is linear."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def growth(plan: Plan, X: NDArray[np.uint8], y: NDArray[np.float64]) -> list[Measurement]:
    """Time per step against the size of the pool, and against what has been measured."""
    order = np.random.default_rng(SEED).permutation(len(y))
    rows, medians = [], []
    for size in plan.pool_sizes:
        pool, values = Pool(X[order[:size]]), y[order[:size]]
        runs = [steps(pool, values, 500) for _ in range(plan.repeats)]
        rows.append(Measurement(name=f"step after 500, pool of {size:,}", unit="s", runs=runs))
        medians.append(rows[-1].median)
    of_pool = exponent(plan.pool_sizes, medians)
    pool, values, medians = Pool(X[order[:10_000]]), y[order[:10_000]], []
    for n_measured in plan.measured:
        runs = [steps(pool, values, n_measured) for _ in range(plan.repeats)]
        name = f"step after {n_measured}, pool of 10,000"
        rows.append(Measurement(name=name, unit="s", runs=runs))
        medians.append(rows[-1].median)
    of_measured = exponent(plan.measured, medians)
    return [
        *rows,
        ratio("exponent of time per step in pool size (expected 1)", of_pool, "at most 1.2"),
        ratio("exponent of time per step in measurements (at most 1)", of_measured, "at most 1.2"),
    ]


def ratio(name: str, value: float, limit: str = "") -> Measurement:
    """One number worked out of the others."""
    return Measurement(name=name, unit="", runs=[value], limit=limit)


def of_runs(name: str, runs: list[Run]) -> list[Measurement]:
    """Wall time and memory of campaigns."""
    return [
        Measurement(name=name, unit="s", runs=[run.seconds for run in runs]),
        Measurement(
            name=f"{name}: peak memory added", unit="MB", runs=[run.megabytes for run in runs]
        ),
    ]


def side_by_side(plan: Plan, folder: Path) -> list[Measurement]:
    """The same campaign by both loops: time, memory, molecules found."""
    molecules = load_qm9_sample()
    y = molecules["lumo"].to_numpy()
    pool_file = write(folder / "sample.npz", morgan_fingerprints(molecules["smiles"]), y)
    fast: dict[KernelName, list[Run]] = {"tanimoto": [], "matern12": []}
    slow = []
    for number in range(plan.n_campaigns):
        for kernel, runs in fast.items():
            task = (ours, pool_file, plan.n_steps)
            runs += [alone(*task, kernel=kernel, seed=SEED + number) for _ in range(plan.repeats)]
        first = fast["tanimoto"][-1].measured[:N_INITIAL]
        slow.append(alone(textbook, pool_file, plan.n_steps, measured=first))
    rows = of_runs(f"textbook loop, Matérn-1/2, {plan.n_steps} steps", slow)
    for kernel, runs in fast.items():
        rows += of_runs(f"{TITLES[kernel]}, {plan.n_steps} steps", runs)
        times = median_seconds(slow) / median_seconds(runs)
        rows.append(ratio(f"{TITLES[kernel]}: times faster", times, "at least 50"))
    one_each = {kernel: runs[:: plan.repeats] for kernel, runs in fast.items()}
    for top in (10, 100):
        rows += found(slow, one_each, y, top=top)
    return rows


def median_seconds(runs: list[Run]) -> float:
    """Median wall time of campaigns."""
    return float(np.median([run.seconds for run in runs]))


def found(
    slow: list[Run], fast: dict[KernelName, list[Run]], y: NDArray[np.float64], *, top: int
) -> list[Measurement]:
    """How many of the best each loop found, and what ours found more, campaign by campaign."""

    def held(runs: list[Run]) -> list[float]:
        return [round(top * top_k_recall(run.measured, y, k=top)[-1]) for run in runs]

    rows = [Measurement(name=f"of the {top} best found: textbook", unit="", runs=held(slow))]
    for kernel, runs in fast.items():
        more = [ours - theirs for ours, theirs in zip(held(runs), held(slow), strict=True)]
        name = f"of the {top} best, more than the textbook: {TITLES[kernel]}"
        limit = "at least 0" if kernel == "matern12" else ""
        rows.append(Measurement(name=name, unit="", runs=more, limit=limit))
    return rows


def main() -> None:
    """Run both loops and measure how ours grows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a few steps; nothing is written")
    short = parser.parse_args().short
    plan = SHORT if short else Plan()
    with tempfile.TemporaryDirectory(prefix="matinf-bench-") as temporary:
        folder = Path(temporary)
        rows = side_by_side(plan, folder)
        X, y = all_molecules(folder)
        rows += growth(plan, X, y)
        if not short:
            pool_file = write(folder / "all.npz", X, y)
            run = alone(ours, pool_file, plan.n_steps, kernel="tanimoto")
            rows += of_runs(f"ours, Tanimoto, {plan.n_steps} steps, pool of {len(y):,}", [run])
    if short:
        for m in rows:
            print(f"  {m.name:<66} {m.median:10.4g} {m.unit}")
    else:
        packages = ("numpy", "scipy", "gpflow", "tensorflow")
        date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
        record("active", rows, *packages, seed=SEED, date=date)


if __name__ == "__main__":
    main()
