"""Two studies of campaigns for molecules of high LUMO energy, made once and stored.

``campaigns``: every strategy with every seed. ``campaign-settings``: batch size, how a batch is
made, and noise. A part is one campaign on the 10,000 molecules: 50 at random, then ten at a step.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from matinf.active.campaign import run_campaign
from matinf.active.evaluation import aftermath, performance, steps_found
from matinf.active.oracle import TableOracle
from matinf.active.pairs import Pool
from matinf.active.result import CampaignResult
from matinf.active.settings import CampaignConfig
from matinf.active.strategies import Acquire, ExploreThenExploit, RandomSearch, Strategy, Thompson
from matinf.datasets import load_qm9_sample
from matinf.features import morgan_fingerprints
from matinf.studies import Study

N_SEEDS = 20
N_SETTINGS_SEEDS = 6
N_BEST = 100
N_STEPS = 100
N_MEASURED = 1050
PACKAGES = ("numpy", "scipy", "rdkit")

STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        "random": RandomSearch(),
        "explore": Acquire(by="explore"),
        "exploit": Acquire(by="exploit"),
        "switch": ExploreThenExploit(threshold=0.5),
        "pi": Acquire(by="pi"),
        "log_ei": Acquire(by="log_ei"),
        "ucb": Acquire(by="ucb", beta=1.0),
        "thompson": Thompson(),
    }
)
"""The strategies of the main study, by the name that its table uses."""


@cache
def task() -> tuple[Pool, NDArray[np.float64]]:
    """The 10,000 molecules as fingerprints, and their LUMO energies in Hartree."""
    molecules = load_qm9_sample()
    return Pool(morgan_fingerprints(molecules["smiles"])), molecules["lumo"].to_numpy()


def main_case(strategy: Strategy) -> CampaignConfig:
    """Settings of the main case: 50 at random, 100 steps of ten, a fit at every tenth."""
    return CampaignConfig(strategy=strategy)


def _of_batches(size: int, rule: str) -> CampaignConfig:
    """As many measurements in batches of another size, with as many fits, or one per batch."""
    strategy = Acquire(by="log_ei", batch=rule)  # type: ignore[arg-type]
    steps = (N_MEASURED - 50) // size
    return replace(
        main_case(strategy), batch_size=size, n_steps=steps, refit_every=max(100 // size, 1)
    )


_RULES = ("top_k", "kriging_believer", "local_penalisation")

SETTINGS: Mapping[str, tuple[CampaignConfig, float]] = MappingProxyType(
    {
        "top_k 1": (_of_batches(1, "top_k"), 0.0),
        "top_k 50": (_of_batches(50, "top_k"), 0.0),
        **{
            f"{rule} {size}": (_of_batches(size, rule), 0.0)
            for size in (10, 200)
            for rule in _RULES
        },
        **{
            f"{name} noise {noise}": (main_case(STRATEGIES[name]), noise)
            for noise in (0.02, 0.05)
            for name in ("exploit", "log_ei")
        },
    }
)
"""Settings of the second study and the noise of its measurements in Hartree, by name."""


def _campaign(config: CampaignConfig, seed: int, *, noise_std: float = 0.0) -> pd.DataFrame:
    """Run one campaign on one thread; one row, its lists written as words."""
    pool, lumo = task()
    oracle = TableOracle(values=lumo, noise_std=noise_std, noise_seed=seed)
    with threadpool_limits(1):
        started = time.process_time()
        result = run_campaign(pool, oracle, config, rng=np.random.default_rng(seed))
        seconds = time.process_time() - started
        rest = aftermath(result, pool, lumo)
    row = {
        "seed": seed,
        "r2_rest": rest.r2,
        "mae_rest": rest.mean_absolute_error,
        "cpu_seconds": seconds,
        "found": " ".join(map(str, steps_found(result, lumo, k=N_BEST))),
        "best": _rises(result, lumo),
        "phases": _changes(result),
    }
    if config.n_steps == N_STEPS and config.strategy.needs_model:
        row |= {"r2_labelled": _labelled_r2(result), "log_gain": _log_gains(result)}
    return pd.DataFrame([row])


def _rises(result: CampaignResult, lumo: NDArray[np.float64]) -> str:
    """Steps at the end of which the best true value had risen, and to what: ``0:0.0911 7:0.0994``.

    Values are those of the file, which gives four decimals.
    """
    best = performance(result, lumo, top=()).groupby("step")["best"].last()
    rises = best[best.diff().ne(0)]
    return " ".join(f"{step}:{value:.4f}" for step, value in rises.items())


def _changes(result: CampaignResult) -> str:
    """Steps at which the strategy changed what it does: ``0:initial 1:explore 5:exploit``."""
    phase = result.log["phase"]
    return " ".join(f"{step}:{name}" for step, name in phase[phase.ne(phase.shift())].items())


def _labelled_r2(result: CampaignResult) -> str:
    """Leave-one-out R² of what is labelled, at each fit: ``0.38 0.74``."""
    return " ".join(f"{r2:.2f}" for r2 in result.log["r2"].iloc[1::10])


def _log_gains(result: CampaignResult) -> str:
    """Hundred times the decimal logarithm of the largest expected improvement, step by step."""
    gains = result.log["expected_improvement"].iloc[1:]
    return " ".join(f"{gain:.0f}" for gain in np.log10(np.maximum(gains, 1e-99)) * 100)


_COLUMNS = ("r2_labelled", "log_gain")


def _main_part(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """One strategy with one seed; the same seed gives all strategies the same initial draw."""
    del rng  # strategies are compared in pairs
    seed, which = divmod(number, len(STRATEGIES))
    name, strategy = list(STRATEGIES.items())[which]
    table = _campaign(main_case(strategy), seed)
    for column in [c for c in _COLUMNS if c not in table]:
        table[column] = "none"  # random search has no model
    table.insert(0, "strategy", name)
    return table


def _settings_part(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """One setting with one seed, whose initial draw is that of the main study."""
    del rng
    seed, which = divmod(number, len(SETTINGS))
    name, (config, noise_std) = list(SETTINGS.items())[which]
    table = _campaign(config, seed, noise_std=noise_std).drop(columns=[*_COLUMNS], errors="ignore")
    table.insert(0, "setting", name)
    return table


STUDIES = (
    Study(
        name="campaigns",
        part=_main_part,
        n_parts=N_SEEDS * len(STRATEGIES),
        packages=PACKAGES,
    ),
    Study(
        name="campaign-settings",
        part=_settings_part,
        n_parts=N_SETTINGS_SEEDS * len(SETTINGS),
        packages=PACKAGES,
    ),
)
