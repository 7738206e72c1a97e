"""Checkpoints: a campaign that is killed, wherever, ends as if it had not been."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from active.campaigns import config, pool
from matinf.active.campaign import run_campaign
from matinf.active.checkpoint import CheckpointError, only_run
from matinf.active.one_writer import only_writer
from matinf.active.oracle import OracleError, TableOracle
from matinf.active.result import CampaignResult
from matinf.active.stopping import Budget

X, Y = pool()
ROOT = Path(__file__).parents[2]

# Kills its own process as SIGKILL does, within the n-th call of the oracle: before the answer.
KILLED = """
import os, signal, sys
import numpy as np
from active.campaigns import config, pool
from matinf.active.campaign import run_campaign

X, Y = pool()
left = int(sys.argv[3])

def oracle(indices):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return Y[indices]

run_campaign(X, oracle, config(sys.argv[1]), rng=np.random.default_rng(2), checkpoint=sys.argv[2])
"""


def run(strategy: str, path: Path | None = None, **changes: object) -> CampaignResult:
    oracle = changes.pop("oracle", TableOracle(values=Y))
    rng = np.random.default_rng(2)
    return run_campaign(X, oracle, config(strategy, **changes), rng=rng, checkpoint=path)


@pytest.mark.parametrize("strategy", ["thompson", "believer", "switch"])
def test_a_campaign_killed_again_and_again_ends_the_same(strategy: str, tmp_path: Path) -> None:
    """In the initial draw, at the start of a batch, within one, and between two fits."""
    path = tmp_path / "campaign.journal"
    for answers, total in ((7, 7), (5, 12), (11, 23), (6, 29)):
        ended = subprocess.run(
            [sys.executable, "-c", KILLED, strategy, str(path), str(answers)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(["code", "tests"])},
            capture_output=True,
            text=True,
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        assert path.read_text().count('["answer"') == total
    asked: list[int] = []

    def oracle(indices: np.ndarray) -> np.ndarray:
        asked.extend(indices)
        return Y[indices]

    resumed = run(strategy, path, oracle=oracle)
    assert len(asked) == 36 - 29, "what was measured is not asked for again"
    assert resumed.digest() == run(strategy).digest()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    path = tmp_path_factory.mktemp("finished") / "campaign.journal"
    result = run("log_ei", path)
    assert result.digest() == run("log_ei").digest(), "keeping a journal changes nothing"
    return path.read_bytes(), result.digest()


def test_power_may_go_within_any_write(finished: tuple[bytes, str], tmp_path: Path) -> None:
    content, digest = finished
    path = tmp_path / "campaign.journal"
    ends = [n for n, byte in enumerate(content, start=1) if byte == ord("\n")]
    cuts = [ends[3] - 1, ends[3], ends[3] + 1, ends[14] - 30, ends[20] - 1, len(content) - 1, 5, 0]
    for cut in cuts:
        path.write_bytes(content[:cut])
        assert run("log_ei", path).digest() == digest, cut
        assert path.read_bytes().count(b"\n") == content.count(b"\n")


def test_a_finished_campaign_is_read_back_without_an_oracle(
    finished: tuple[bytes, str], tmp_path: Path
) -> None:
    def unasked(indices: np.ndarray) -> np.ndarray:
        raise AssertionError("the oracle was asked")

    path = tmp_path / "campaign.journal"
    path.write_bytes(finished[0])
    assert run("log_ei", path, oracle=unasked, on_failure="raise").digest() == finished[1]
    assert path.read_bytes() == finished[0]


@pytest.mark.parametrize("line", [0, 1, 9])
def test_damage_is_refused(finished: tuple[bytes, str], tmp_path: Path, line: int) -> None:
    path = tmp_path / "campaign.journal"
    lines = finished[0].splitlines(keepends=True)
    harmed = bytearray(lines[line])
    harmed[len(harmed) // 2] ^= 1
    path.write_bytes(b"".join([*lines[:line], bytes(harmed), *lines[line + 1 :]]))
    with pytest.raises(CheckpointError, match=rf"line {line + 1}: .*remove the file"):
        run("log_ei", path)


def test_another_campaign_is_refused(finished: tuple[bytes, str], tmp_path: Path) -> None:
    path = tmp_path / "campaign.journal"
    path.write_bytes(finished[0])
    with pytest.raises(CheckpointError, match=r"another campaign .*config"):
        run("exploit", path)
    oracle = TableOracle(values=Y)
    with pytest.raises(CheckpointError, match="seed"):
        run_campaign(X, oracle, config("log_ei"), rng=np.random.default_rng(3), checkpoint=path)
    other = X.copy()
    other[0, 0] ^= 1
    with pytest.raises(CheckpointError, match="pool"):
        run_campaign(other, oracle, config("log_ei"), rng=np.random.default_rng(2), checkpoint=path)
    assert path.read_bytes() == finished[0]


def test_when_to_end_may_be_changed_on_the_way(tmp_path: Path) -> None:
    path = tmp_path / "campaign.journal"
    short = run("thompson", path, stopping=(Budget(n_measurements=20),))
    assert len(short.measurements) == 20
    assert run("thompson", path).digest() == run("thompson").digest()


def test_what_raised_is_asked_again_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "campaign.journal"
    asked: list[int] = []

    def oracle(indices: np.ndarray) -> np.ndarray:
        asked.extend(indices)
        if len(asked) == 19:
            raise OSError("no connection")
        return Y[indices]

    with pytest.raises(OracleError, match=r"step 2, candidate .* no connection"):
        run("exploit", path, oracle=oracle, on_failure="raise")
    resumed = run("exploit", path, oracle=oracle, on_failure="raise")
    assert len(asked) == 37
    assert asked[18] == asked[19]
    assert resumed.digest() == run("exploit").digest()


def test_failures_survive_too(tmp_path: Path) -> None:
    def oracle(indices: np.ndarray) -> np.ndarray:
        return np.where(indices % 5 == 0, np.nan, Y[indices])

    path = tmp_path / "campaign.journal"
    whole = run("log_ei", path, oracle=oracle)
    assert whole.notes
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:25]))
    assert run("log_ei", path, oracle=oracle).digest() == whole.digest()


# A campaign whose oracle never answers, as an experiment that takes a week does not.
WAITING = """
import sys
import numpy as np
from active.campaigns import config, pool
from matinf.active.campaign import run_campaign

def oracle(indices):
    print("asked", flush=True)
    return input()

X, _ = pool()
run_campaign(X, oracle, config("thompson"), rng=np.random.default_rng(2), checkpoint=sys.argv[1])
"""


def test_two_runs_of_one_campaign_are_kept_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "campaign.journal"
    first = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["code", "tests"])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == b"asked\n"
        before = path.read_bytes()
        short = functools.partial(only_writer, patience=0.2)
        monkeypatch.setattr("matinf.active.checkpoint.only_writer", short)
        with pytest.raises(CheckpointError, match=rf"run already \(process {first.pid} .*Wait"):
            run("thompson", path)
        assert path.read_bytes() == before
    finally:
        first.kill()
        first.communicate(timeout=60)
    assert run("thompson", path).digest() == run("thompson").digest()


def test_a_journal_in_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="folder that exists"):
        run("thompson", tmp_path / "nowhere" / "campaign.journal")


def test_a_run_that_ended_in_an_error_lets_the_journal_go(tmp_path: Path) -> None:
    path = tmp_path / "campaign.journal"
    with pytest.raises(CheckpointError), only_run(path):
        raise CheckpointError
    with only_run(path):
        pass
