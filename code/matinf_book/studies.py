"""Making the stored studies: parts in parallel, each kept as it ends, progress told.

Every room may have a module ``studies`` with its plans in ``STUDIES``. Finished parts wait in
``_build/studies`` under a digest of the modules that they came from, so that a study that was
stopped goes on where it was, and one whose code was edited starts anew.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import os
import platform
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from .dependencies import LOCK, data_files, digest, modules_reached
from .errors import BuildError
from .processors import arithmetic_key

if TYPE_CHECKING:
    import pandas as pd

    from matinf.studies import Provenance, Study


def all_studies(code: Path) -> dict[str, tuple[Study, str]]:
    """Every plan by name, with the module that holds it."""
    files = sorted((code / "matinf").glob("*/studies.py"))
    modules = [f"matinf.{file.parent.name}.studies" for file in files]
    return {
        study.name: (study, module) for module in modules for study in import_module(module).STUDIES
    }


def make_studies(root: Path, names: Sequence[str], *, jobs: int | None = None) -> None:
    """Compute the named studies, all by default, and store them in ``data/studies``.

    Raises:
        BuildError: if there is no study of a name.
    """
    known = all_studies(root / "code")
    if missing := [name for name in names if name not in known]:
        raise BuildError(f"no study is named {missing}; there are {sorted(known)}")
    for name in names or sorted(known):
        _make(root, *known[name], jobs=jobs or _cores())


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _make(root: Path, study: Study, module: str, *, jobs: int) -> None:
    import pandas as pd

    from matinf.studies import store, written

    kept = root / "_build" / "studies" / study.name / _digest(root, study, module)
    kept.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    for done, number in enumerate(_parts(study, module, kept, jobs=jobs), start=1):
        spent, left = time.perf_counter() - started, study.n_parts - done
        print(f"  {study.name:<32} part {number:<4} {spent:6.0f} s   {left} left", flush=True)
    parts = [_read(kept / f"{number}.csv") for number in range(study.n_parts)]
    table = pd.concat(parts, ignore_index=True)
    seconds = sum(
        float((kept / f"{n}.seconds").read_text(encoding="utf-8")) for n in range(study.n_parts)
    )
    store(table, _provenance(study, table, written(table), seconds=seconds, cores=jobs))


def _digest(root: Path, study: Study, module: str) -> str:
    """What a part depends on: modules, data, lock, processor, seed; not other studies' results."""
    modules = [file.relative_to(root) for file in modules_reached(root / "code", [module])]
    data = [file for file in data_files(root) if "studies" not in file.parts]
    made_from = f"{digest(root, [*modules, *data, LOCK])} {arithmetic_key()}"
    return f"{hashlib.sha256(made_from.encode()).hexdigest()[:16]}-{study.seed}"


def _parts(study: Study, module: str, kept: Path, *, jobs: int) -> Iterator[int]:
    """Numbers of the parts as they end; those kept from before come first."""
    import joblib

    done = [n for n in range(study.n_parts) if (kept / f"{n}.csv").exists()]
    yield from done
    calls = [
        joblib.delayed(_compute)(module, study.name, number, kept)
        for number in range(study.n_parts)
        if number not in done
    ]
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        yield from joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")(calls)


def _compute(module: str, name: str, number: int, kept: Path) -> int:
    """Compute one part and keep it; the table comes last, whole, and says that it is there."""
    from matinf.studies import written

    study = next(s for s in import_module(module).STUDIES if s.name == name)
    started = time.perf_counter()
    rows = study.compute(number)
    (kept / f"{number}.seconds").write_text(
        f"{time.perf_counter() - started:.3f}\n", encoding="utf-8"
    )
    new = kept / f"{number}.new"
    new.write_bytes(written(rows))
    new.replace(kept / f"{number}.csv")
    return number


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(io.BytesIO(path.read_bytes()), keep_default_na=False, na_values=[""])


def _provenance(
    study: Study, table: pd.DataFrame, content: bytes, *, seconds: float, cores: int
) -> Provenance:
    from matinf.studies import Provenance

    return Provenance(
        study=study.name,
        command=f'make study ARGS="{study.name}"',
        seed=study.seed,
        n_parts=study.n_parts,
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        seconds=round(seconds, 1),
        cores=cores,
        versions={
            "python": platform.python_version(),
            **{package: version(package) for package in study.packages},
        },
        rows=len(table),
        sha256=hashlib.sha256(content).hexdigest(),
    )
