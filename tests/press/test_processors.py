"""Other processors: libraries do as they are told, and where outputs were made is known."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from matinf_book import processors
from matinf_book.processors import (
    IMITATED,
    KERNEL_ENVIRONMENT,
    THREADS,
    arithmetic_key,
    imitating,
    kernel_environment,
)

SEEN = """
import json, warnings
with warnings.catch_warnings():
    warnings.simplefilter("error")
    import numpy as np
import torch, threadpoolctl
blas = [p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]
print(json.dumps({
    "simd": np.show_config(mode="dicts")["SIMD Extensions"]["found"],
    "blas": [p.get("architecture") for p in blas],
    "threads": sorted({p["num_threads"] for p in threadpoolctl.threadpool_info()}),
    "torch": torch.backends.cpu.get_cpu_capability(),
}))
"""
INTEL = platform.machine().lower() in {"x86_64", "amd64"}


def seen(name: str) -> dict[str, list[str]]:
    """What libraries say of the processor in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-c", SEEN],
        env={**os.environ, **imitating(name)},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(answer.stdout))


@pytest.mark.skipif(not INTEL, reason="there is no older processor of this kind to imitate")
def test_libraries_compute_as_on_an_older_processor() -> None:
    haswell, nehalem = seen("haswell"), seen("nehalem")
    assert set(haswell["blas"]) == {"Haswell"}
    assert set(nehalem["blas"]) == {"Nehalem"}
    assert haswell["torch"] == nehalem["torch"] == "DEFAULT"
    assert not [f for f in nehalem["simd"] if f.startswith(("AVX2", "FMA3", "AVX512"))]


def test_one_thread_is_one() -> None:
    assert seen("one-thread")["threads"] == [1]
    assert set(THREADS) < set(KERNEL_ENVIRONMENT)


def test_an_imitation_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected one of haswell, .*, got 'z80'"):
        imitating("z80")


@pytest.mark.parametrize("name", IMITATED)
def test_elsewhere_nothing_is_asked_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(processors.platform, "machine", lambda: "arm64")
    assert "NPY_DISABLE_CPU_FEATURES" not in imitating(name)
    assert imitating(name).get("OPENBLAS_CORETYPE", "ARMV8") == "ARMV8"


def test_the_key_of_outputs_knows_interpreter_processor_and_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain = arithmetic_key({})
    assert plain == arithmetic_key({"HOME": "elsewhere", "MATINF_COMMIT": "abc"})
    assert platform.python_version() in plain
    keys = {plain, *(arithmetic_key(imitating(name)) for name in IMITATED)}
    assert len(keys) == 1 + len(IMITATED)
    monkeypatch.setattr(processors, "_simd", lambda: ["SSE42"])
    assert arithmetic_key({}) not in keys
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("MATINF_DATA", "elsewhere")
    kernels = arithmetic_key(kernel_environment(tmp_path))
    assert "OMP_NUM_THREADS=1" in kernels
    assert "MATINF_DATA=elsewhere" in kernels


def test_what_is_imported_leaves_the_key_as_it_is(tmp_path: Path) -> None:
    """The press asks before Sphinx and its extensions are there, Sphinx asks after."""
    program = """
from pathlib import Path
from matinf_book.processors import arithmetic_key, kernel_environment
before = arithmetic_key(kernel_environment(Path()))
import matinf_book.extension, myst_nb, sklearn.ensemble, torch, matinf.active.tensorflow
assert arithmetic_key(kernel_environment(Path())) == before
"""
    code = str(Path(processors.__file__).parents[1])
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": code}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
