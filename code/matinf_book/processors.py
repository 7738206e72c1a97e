"""What decides the last digit of a number beside code and data, and how to imitate other machines.

Libraries of arithmetic choose among several ways of adding the same numbers by what a processor
can do. Each way rounds differently, and training, trees and optimisers magnify the difference. They
can be told to work as on an older processor, so that one machine can say what another would.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PRINTING = "MATINF_PRESS"  # tells a kernel that what it shows is printed: matinf.live reads it
# One thread per kernel: pages run side by side, and sums come out in the same order each time.
KERNEL_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONHASHSEED": "0",
    PRINTING: "1",
}
THREADS = tuple(name for name in KERNEL_ENVIRONMENT if name.endswith("_THREADS"))

# Beginnings of the variables that tell a library of arithmetic how to compute, and none that a
# library sets itself where it is imported: the press and Sphinx must agree on the key.
ARITHMETIC = (
    *("ATEN_", "BLIS_", "DNNL_", "MKL_", "NPY_", "OMP_", "ONEDNN_", "OPENBLAS_"),
    *("TF_ENABLE_", "TF_NUM_", "VECLIB_", "XLA_", "PYTHONHASHSEED", "MATINF_DATA"),
)

# With AVX2, without AVX-512: what most desks and rented machines have.
_HASWELL = {
    "ATEN_CPU_CAPABILITY": "default",
    "OPENBLAS_CORETYPE": "Haswell",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
}
# What NumPy may not use when it is to compute as on a processor of 2008.
_AFTER_NEHALEM = ("AVX2", "FMA3", "AVX512")

IMITATED: dict[str, str] = {
    "haswell": "a processor of 2013, with AVX2 and without AVX-512",
    "nehalem": "a processor of 2008, without AVX2",
    "one-thread": "this processor, with one thread for every library",
}


def kernel_environment(root: Path) -> dict[str, str]:
    """Environment of the kernels: fixed threads, and our packages found without an install."""
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join(filter(None, [str(root / "code"), known]))
    return {**os.environ, **KERNEL_ENVIRONMENT, "PYTHONPATH": path}


def imitating(name: str) -> dict[str, str]:
    """Environment variables under which libraries compute as on another processor.

    Args:
        name: One of :data:`IMITATED`.

    Returns:
        The variables. On a processor that is not of Intel's kind there is no older one of that
        kind to imitate; OpenBLAS then takes its plainest way of computing.

    Raises:
        ValueError: if there is no such imitation.
    """
    if name not in IMITATED:
        raise ValueError(f"processor: expected one of {', '.join(IMITATED)}, got {name!r}")
    if name == "one-thread":
        return dict.fromkeys(THREADS, "1")
    if platform.machine().lower() not in {"x86_64", "amd64"}:
        return {"OPENBLAS_CORETYPE": "ARMV8", "ATEN_CPU_CAPABILITY": "default"}
    if name == "haswell":
        return dict(_HASWELL)
    newer = [feature for feature in _simd() if feature.startswith(_AFTER_NEHALEM)]
    disabled = {"NPY_DISABLE_CPU_FEATURES": " ".join(newer)} if newer else {}
    return {**_HASWELL, "OPENBLAS_CORETYPE": "Nehalem", **disabled}


def _simd() -> list[str]:
    """What NumPy uses of this processor; NumPy warns when it is told to leave out anything else."""
    import numpy as np

    config: Any = np.show_config  # NumPy's own types leave out that it can return what it shows
    found: list[str] = config(mode="dicts")["SIMD Extensions"]["found"]
    return found


def arithmetic_key(environment: Mapping[str, str] = os.environ) -> str:
    """What decides the last digits of an output beside code and data, in one line.

    Interpreter, processor, and the variables that steer libraries of arithmetic. Outputs stored
    under another key were made elsewhere, and are made anew.

    Args:
        environment: The environment in which a kernel runs.
    """
    told = [f"{k}={v}" for k, v in sorted(environment.items()) if k.startswith(ARITHMETIC)]
    interpreter = f"{platform.python_implementation()} {platform.python_version()}"
    machine = f"{sys.platform} {platform.machine()}"
    return " ".join([interpreter, machine, *_simd(), *told])
