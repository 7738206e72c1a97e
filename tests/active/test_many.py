"""Many campaigns: the same results alone, on several cores, and on a cluster that loses one."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import joblib
import numpy as np
import pytest

from active.campaigns import config, pool
from matinf.active.campaign import run_campaign
from matinf.active.many import run_campaigns
from matinf.active.oracle import TableOracle

X, Y = pool()
NAMES = ("random", "thompson", "believer")


class Slow:
    """Takes its time, writes down which process it ran in, and answers from a table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, indices: np.ndarray, /) -> np.ndarray:
        (self.folder / str(os.getpid())).touch()
        time.sleep(0.02)
        return Y[indices]


def digests(results: dict) -> dict[tuple[str, int], str]:
    return {key: result.digest() for key, result in results.items()}


@pytest.fixture(scope="module")
def alone() -> dict[tuple[str, int], str]:
    """One after the other, in this process, without joblib."""
    return {
        (name, seed): run_campaign(
            X, TableOracle(values=Y), config(name), rng=np.random.default_rng(seed)
        ).digest()
        for name in NAMES
        for seed in (1, 2)
    }


def test_each_seed_and_strategy_once(alone: dict) -> None:
    configs = {name: config(name) for name in NAMES}
    results = run_campaigns(X, TableOracle(values=Y), configs, seeds=(1, 2))
    assert digests(results) == alone
    starts = {tuple(r.labelled[:12]) for (_, seed), r in results.items() if seed == 1}
    assert len(starts) == 1, "one seed, one initial draw"


def test_a_stopped_run_of_many_goes_on(alone: dict, tmp_path: Path) -> None:
    configs = {name: config(name) for name in NAMES}
    oracle = TableOracle(values=Y)
    some = {"random": configs["random"]}
    run_campaigns(X, oracle, some, seeds=(1, 2), checkpoints=tmp_path / "journals")
    journals = tmp_path / "journals"
    before = {f.name: f.stat().st_mtime_ns for f in journals.iterdir()}
    assert set(before) == {"random-1.journal", "random-2.journal"}
    assert digests(run_campaigns(X, oracle, configs, seeds=(1, 2), checkpoints=journals)) == alone
    assert {n: (journals / n).stat().st_mtime_ns for n in before} == before


@pytest.mark.slow
def test_several_processes_give_the_same(alone: dict, tmp_path: Path) -> None:
    configs = {name: config(name) for name in NAMES}
    results = run_campaigns(X, Slow(tmp_path), configs, seeds=(1, 2), n_jobs=2)
    assert digests(results) == alone
    assert str(os.getpid()) not in {f.name for f in tmp_path.iterdir()}


@pytest.mark.slow
def test_a_cluster_gives_the_same_though_a_worker_is_killed(alone: dict, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    configs = {name: config(name) for name in NAMES}
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = set(client.run(os.getpid).values())
        assert len(workers) == 2
        killer = threading.Thread(target=_kill_one, args=(tmp_path, workers))
        killer.start()
        with joblib.parallel_config(backend="dask"):
            results = run_campaigns(X, Slow(tmp_path), configs, seeds=(1, 2))
        killer.join()
    assert digests(results) == alone
    used = {int(f.name) for f in tmp_path.iterdir() if f.name.isdigit()}
    killed = {int(f.name.removeprefix("killed-")) for f in tmp_path.glob("killed-*")}
    assert len(killed) == 1
    assert killed < used, "the one that was killed had work"
    assert used & workers, "on the cluster"
    assert os.getpid() not in used


def _kill_one(folder: Path, workers: set[int]) -> None:
    """As soon as a worker of our own cluster is at work, kill it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        busy = [pid for pid in workers if (folder / str(pid)).exists()]
        if busy:
            time.sleep(0.1)
            os.kill(busy[0], signal.SIGKILL)
            (folder / f"killed-{busy[0]}").touch()
            return
        time.sleep(0.01)
