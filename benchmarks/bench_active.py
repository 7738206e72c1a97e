"""A campaign of 30 steps of ten measurements: the textbook loop and ours, one factor at a time.

The textbook loop builds a GPflow GPR with a Matérn-1/2 kernel on all columns at every step,
optimises it from GPflow's default hyperparameters, and predicts the whole pool. Ours knows the
distances of all pairs, and adds to one posterior what is measured. Both measure the same 50
molecules first and choose by expected improvement. Both are run twice over: with a fit at every
step, and with a fit at every tenth. Two further campaigns change one thing of ours each: the
posterior is rebuilt at every step, or the kernel is Tanimoto's. So each ratio has one cause.

What is found is held against the textbook that is fitted as often and has the same kernel: the
same model must not find less for being quick.

Times are of the processor, on one thread: what else a machine does then matters little. Every
campaign has a process of its own. How the time grows is measured on pools drawn from all molecules
of QM9, which are downloaded as `make data` downloads them. A time per step is that of ten steps in
a row.

    python benchmarks/bench_active.py            everything, about six minutes
    python benchmarks/bench_active.py --short    a few steps on small pools; nothing is written
"""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import Measurement, record
from threadpoolctl import threadpool_limits

from matinf.active.acquisition import expected_improvement
from matinf.active.batches import top_k
from matinf.active.campaign import CampaignConfig, run_campaign
from matinf.active.metrics import top_k_recall
from matinf.active.oracle import TableOracle
from matinf.active.pairs import KernelName, Pool
from matinf.active.pool_model import GaussianProcess, GaussianProcessState
from matinf.active.posterior import PoolPosterior
from matinf.active.strategies import Acquire
from matinf.active.surrogate import Surrogate
from matinf.datasets import load_qm9_sample
from matinf.features import morgan_fingerprints

SEED = 2026
N_INITIAL, BATCH = 50, 10
STEP, TENTH = "a fit at every step", "a fit at every tenth"
EVERY = {STEP: 1, TENTH: 10}
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"),
    "1",
)
DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is run."""

    n_steps: int = 30
    repeats: int = 3
    n_campaigns: int = 2
    pool_sizes: tuple[int, ...] = (2_500, 5_000, 10_000, 20_000, 40_000, 80_000, 130_831)
    measured: tuple[int, ...] = (60, 125, 250, 500, 1000)


SHORT = Plan(
    n_steps=6, repeats=1, n_campaigns=1, pool_sizes=(2_500, 5_000, 10_000), measured=(60, 125, 250)
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished campaign: what it measured in order, and its processor time."""

    measured: NDArray[np.intp]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class RebuiltState(GaussianProcessState):
    """A process that is conditioned afresh on everything when something is measured."""

    def add(self, indices: NDArray[np.intp], y: NDArray[np.float64]) -> RebuiltState:
        """The state after further measurements, nothing of this one being used again."""
        old = self.posterior
        posterior = PoolPosterior.start(
            old.surrogate,
            old.pool,
            np.concatenate([old.indices, indices]),
            np.concatenate([old.y, y]),
            optimise=False,
            hyperparameters=old.hyperparameters,
        )
        return RebuiltState(posterior=posterior)


@dataclass(frozen=True, kw_only=True)
class Rebuilt(GaussianProcess):
    """The model of a campaign that keeps hyperparameters between fits, and nothing else."""

    def start(self, *args: Any, **options: Any) -> RebuiltState:
        """Condition on measurements afresh."""
        return RebuiltState(posterior=super().start(*args, **options).posterior)


def ours(
    pool_file: Path,
    n_steps: int,
    *,
    refit_every: int,
    kernel: KernelName = "matern12",
    rebuilt: bool = False,
    seed: int = SEED,
) -> Run:
    """A campaign of the book, from fingerprints to its result."""
    X, y = read(pool_file)
    make = Rebuilt if rebuilt else GaussianProcess
    config = CampaignConfig(
        strategy=Acquire(by="ei"),
        model=make(surrogate=Surrogate(kernel=kernel)),
        n_initial=N_INITIAL,
        batch_size=BATCH,
        n_steps=n_steps,
        refit_every=refit_every,
    )
    rng = np.random.default_rng(seed)
    started = time.process_time()
    result = run_campaign(Pool(X), TableOracle(values=y), config, rng=rng, progress=False)
    return Run(measured=result.labelled, seconds=time.process_time() - started)


def textbook(pool_file: Path, n_steps: int, *, refit_every: int, measured: NDArray[np.intp]) -> Run:
    """A fresh model on all columns at every step, from the same first measurements."""
    from matinf.active.tensorflow import gpflow

    X, y = read(pool_file)
    X_pool = X.astype(float)
    fitted: list[Any] = []
    started = time.process_time()
    for step in range(n_steps):
        shift, scale = y[measured].mean(), y[measured].std()
        data = (X_pool[measured], ((y[measured] - shift) / scale)[:, None])
        model = gpflow.models.GPR(data, gpflow.kernels.Matern12())
        if step % refit_every == 0:
            gpflow.optimizers.Scipy().minimize(model.training_loss, model.trainable_variables)
            fitted = [variable.numpy() for variable in model.trainable_variables]
        else:
            for variable, value in zip(model.trainable_variables, fitted, strict=True):
                variable.assign(value)
        mean, variance = (part.numpy()[:, 0] for part in model.predict_f(X_pool))
        std = np.sqrt(np.maximum(variance, 0))
        scores = expected_improvement(mean, std, best=float(data[1].max()))
        available = ~np.isin(np.arange(len(y)), measured)
        measured = np.concatenate([measured, top_k(scores, BATCH, available=available)])
    return Run(measured=measured, seconds=time.process_time() - started)


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
    started = time.process_time()
    for batch in rest.reshape(10, BATCH):
        posterior = posterior.add(batch, y[batch])
    return (time.process_time() - started) / 10


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


def of_runs(name: str, runs: list[Run]) -> Measurement:
    """Processor time of campaigns."""
    return Measurement(name=name, unit="s", runs=[run.seconds for run in runs])


def side_by_side(plan: Plan, folder: Path) -> list[Measurement]:
    """The same campaigns by both loops, one thing changed at a time: time, and molecules found."""
    molecules = load_qm9_sample()
    y = molecules["lumo"].to_numpy()
    pool_file = write(folder / "sample.npz", morgan_fingerprints(molecules["smiles"]), y)
    slow: dict[str, list[Run]] = {fits: [] for fits in EVERY}
    quick: dict[str, list[Run]] = {fits: [] for fits in EVERY}
    rebuilt, tanimoto = [], []
    for seed in range(SEED, SEED + plan.n_campaigns):
        task = (ours, pool_file, plan.n_steps)
        for fits, every in EVERY.items():
            quick[fits].append(median(plan.repeats, *task, refit_every=every, seed=seed))
            first = quick[fits][-1].measured[:N_INITIAL]
            task_of_book = (textbook, pool_file, plan.n_steps)
            slow[fits].append(alone(*task_of_book, refit_every=every, measured=first))
        tenth = {"refit_every": EVERY[TENTH], "seed": seed}
        rebuilt.append(median(plan.repeats, *task, rebuilt=True, **tenth))
        tanimoto.append(median(plan.repeats, *task, kernel="tanimoto", **tenth))
    length = f"{plan.n_steps} steps"
    rows = [of_runs(f"textbook, {length}, {fits}", slow[fits]) for fits in EVERY]
    rows += [of_runs(f"ours, {length}, {fits}", quick[fits]) for fits in EVERY]
    rows.append(of_runs(f"ours, {length}, {TENTH}, posterior rebuilt", rebuilt))
    rows.append(of_runs(f"ours, {length}, {TENTH}, Tanimoto", tanimoto))
    for fits in EVERY:
        name = f"ours instead of the textbook, {fits}: times faster"
        rows.append(factor(name, slow[fits], quick[fits], LIMITS[fits]))
    for whose, runs in (("textbook", slow), ("ours", quick)):
        name = f"{TENTH} instead of {STEP}, {whose}: times faster"
        rows.append(factor(name, runs[STEP], runs[TENTH]))
    rows.append(
        factor("posterior added to instead of rebuilt: times faster", rebuilt, quick[TENTH])
    )
    rows.append(factor("Tanimoto instead of Matérn-1/2: times faster", quick[TENTH], tanimoto))
    for top in (10, 100):
        for fits in EVERY:
            rows += found(fits, slow[fits], quick[fits], y, top=top)
        more = np.subtract(held(tanimoto, y, top=top), held(quick[TENTH], y, top=top))
        name = f"of the {top} best, Tanimoto more than Matérn-1/2, {TENTH}"
        rows.append(Measurement(name=name, unit="", runs=more.tolist()))
    return rows


LIMITS = {STEP: "at least 10", TENTH: "at least 10"}


def median(repeats: int, campaign: Callable[..., Run], *args: Any, **options: Any) -> Run:
    """A campaign that is run several times, with the median of its times."""
    runs = [alone(campaign, *args, **options) for _ in range(repeats)]
    return replace(runs[0], seconds=float(np.median([run.seconds for run in runs])))


def factor(name: str, slow: list[Run], quick: list[Run], limit: str = "") -> Measurement:
    """How many times faster, campaign by campaign."""
    times = [one.seconds / other.seconds for one, other in zip(slow, quick, strict=True)]
    return Measurement(name=name, unit="", runs=times, limit=limit)


def held(runs: list[Run], y: NDArray[np.float64], *, top: int) -> list[int]:
    """How many of the best each campaign found."""
    return [round(top * top_k_recall(run.measured, y, k=top)[-1]) for run in runs]


def found(
    fits: str, slow: list[Run], quick: list[Run], y: NDArray[np.float64], *, top: int
) -> list[Measurement]:
    """How many of the best the textbook found, and what ours found more, campaign by campaign."""
    theirs = held(slow, y, top=top)
    more = np.subtract(held(quick, y, top=top), theirs).tolist()
    what = f"of the {top} best"
    return [
        Measurement(name=f"{what} found by the textbook, {fits}", unit="", runs=theirs),
        Measurement(
            name=f"{what}, ours more than the textbook, {fits}",
            unit="",
            runs=more,
            limit="at least 0",
        ),
    ]


def main() -> None:
    """Run both loops and measure how ours grows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a few steps; nothing is written")
    short = parser.parse_args().short
    plan = SHORT if short else Plan()
    os.environ.update(ONE_THREAD)  # of the campaigns' processes; this one is limited below
    with threadpool_limits(1), tempfile.TemporaryDirectory(prefix="matinf-bench-") as temporary:
        folder = Path(temporary)
        rows = side_by_side(plan, folder)
        X, y = all_molecules(folder)
        rows += growth(plan, X, y)
        if not short:
            pool_file = write(folder / "all.npz", X, y)
            run = alone(ours, pool_file, 100, refit_every=10, kernel="tanimoto")
            name = f"ours, 100 steps, {TENTH}, Tanimoto, pool of {len(y):,}"
            rows.append(of_runs(name, [run]))
    if short:
        for m in rows:
            print(f"  {m.name:<66} {m.median:10.4g} {m.unit}")
    else:
        packages = ("numpy", "scipy", "gpflow", "tensorflow")
        date = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
        record("active", rows, *packages, seed=SEED, date=date)


if __name__ == "__main__":
    main()
