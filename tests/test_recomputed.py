"""Every stored study is computed again in part, and what is not its own is found.

One part of each study is made anew on this processor and held to the stored rows: exactly where
numbers are plain arithmetic, within the study's own spread where they were learned.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from matinf.active import campaign_study, surrogate_study
from matinf.active.campaign_results import read_campaigns
from matinf.active.laboratory import study as laboratory_study
from matinf.physics import diffusion_study, extrapolation_study, inverse_study, pinn_study
from matinf.physics.diffusion_fit import fit_diffusion
from matinf.physics.diffusion_pinn import solve_diffusion
from matinf.physics.diffusion_surface import fit_history
from matinf.studies import load_study
from matinf.transfer import (
    fine_tuning_study,
    latent_variable_study,
    negative_transfer_study,
    small_model_study,
)
from matinf.transfer.small_model_study import ELEMENTS
from recompute import LARGEST, Check, allowed, assert_within_spread

PLANS = {
    study.name: study
    for module in (
        campaign_study,
        surrogate_study,
        laboratory_study,
        diffusion_study,
        extrapolation_study,
        inverse_study,
        pinn_study,
        fine_tuning_study,
        latent_variable_study,
        negative_transfer_study,
        small_model_study,
    )
    for study in module.STUDIES
}


def columns(name: str, *, apart_from: tuple[str, ...]) -> tuple[str, ...]:
    """All columns of a stored study but those named and its part."""
    return tuple(c for c in load_study(name).columns if c not in {"part", *apart_from})


def check(
    name: str, part: int, alike: str, *, learned: str = "", exact: str = "", **more: object
) -> Check:
    """A check in few words; ``learned`` is by default all that is not ``alike`` or ``exact``."""
    keys = tuple(alike.split())
    names = tuple(learned.split()) or columns(name, apart_from=(*keys, *exact.split()))
    return Check(study=PLANS[name], part=part, alike=keys, learned=names, **more)


# -- campaigns: what was found when ----------------------------------------------------------------


def read_course(table: pd.DataFrame) -> pd.DataFrame:
    """The course of each campaign in numbers: how many of the 100 best it held, and how good.

    A last digit may decide between two candidates, and then the rest of the campaign differs.
    """
    by = "strategy" if "strategy" in table else "setting"
    held, best = {}, {}
    for name, runs in read_campaigns(table, by=by).items():
        places = table.index[table[by] == name]
        order = table.loc[places, "seed"].sort_values().index
        for share in (0.25, 0.5, 1.0):
            step = round(share * runs.n_steps)
            held |= {
                (row, share): v for row, v in zip(order, runs.recall(100)[:, step], strict=True)
            }
            best |= {(row, share): v for row, v in zip(order, runs.best[:, step], strict=True)}
    seen = table[["part", by, "seed", "r2_rest", "mae_rest"]].copy()
    for share in (0.25, 0.5, 1.0):
        seen[f"held_{share}"] = [held[row, share] for row in table.index]
        seen[f"best_{share}"] = [best[row, share] for row in table.index]
    seen["initial"] = [
        " ".join(str(i) for i, step in enumerate(words.split()) if step == "0")
        for words in table["found"]
    ]
    return seen


COURSE = "r2_rest mae_rest held_0.25 held_0.5 held_1.0 best_0.25 best_0.5 best_1.0"


def read_settings(table: pd.DataFrame) -> pd.DataFrame:
    """A column of settings, some of them numbers, as words: a table on file may say 2.0 for 2."""
    numbers = pd.to_numeric(table["setting"], errors="coerce")
    words = [
        str(s) if np.isnan(n) else f"{n:g}"
        for s, n in zip(table["setting"].fillna(""), numbers, strict=True)
    ]
    return table.assign(setting=words)


# -- parts that would take long as a whole ---------------------------------------------------------


def slow_rivals(part: int) -> pd.DataFrame:
    """The classical rivals under an unknown surface; the network takes half a minute."""
    study = diffusion_study
    rng = np.random.default_rng([PLANS["diffusion-surface"].seed, part])
    readings = study.slow_readings(rng=rng.spawn(2)[0])
    constant = fit_diffusion(readings, c0=study.TRUTH.c0)
    known = {"c0": study.TRUTH.c0, "knots": study.KNOTS, "D_guess": study.ASSUMED.D}
    pieces, std = fit_history(readings, **known)
    hours = [f"surface_{t / study.HOUR:.0f}" for t in study.PULLED]
    surfaces = [np.full(study.PULLED.size, constant.steel.cs), pieces.at_surface(study.PULLED)]
    rows = [
        {"part": part, "way": way, "D": D, "std": s} | dict(zip(hours, surface, strict=True))
        for (way, D, s), surface in zip(
            [("constant", constant.steel.D, constant.std["D"]), ("pieces", pieces.D, std)],
            surfaces,
            strict=True,
        )
    ]
    return pd.DataFrame(rows)


def windows(part: int) -> pd.DataFrame:
    """The grid and the network in metres and seconds; the other networks take long."""
    study = diffusion_study
    window = study.WINDOWS[part % len(study.WINDOWS)]
    t_end = window * float(study.ASSUMED.thickness) ** 2 / study.ASSUMED.D
    seed = int(np.random.default_rng([PLANS["diffusion-windows"].seed, part]).integers(2**31))
    raw = solve_diffusion(
        study.ASSUMED,
        t_end=t_end,
        rng=np.random.default_rng(seed),
        config=replace(study.FORWARD, coordinates="raw"),
    )
    rows = [
        (part, "classical", window, study.grid_error(200, t_end)[0], 0.0),
        (part, "raw", window, study.network_error(raw, t_end), raw.history.loss[-1]),
    ]
    return pd.DataFrame(rows, columns=["part", "way", "window", "error", "loss"])


# -- what is computed again ------------------------------------------------------------------------

SETTING = next(
    int(part)
    for part, setting in load_study("campaign-settings")[["part", "setting"]].itertuples(
        index=False
    )
    if setting == "local_penalisation 200"
)
SCORES = "mae mae_metals mae_gapped mae_computed mae_not_computed r2"
LATENT = latent_variable_study
WINDOW_ROWS = "way in ['classical', 'raw']"

CHECKS = [
    check("beyond-the-readings", 0, "setting", exact="group repeat"),
    check(
        "campaigns",
        11 * len(campaign_study.STRATEGIES) + list(campaign_study.STRATEGIES).index("log_ei"),
        "strategy",
        learned=COURSE,
        read=read_course,
    ),
    check(
        "campaign-settings",
        SETTING,
        "setting",
        learned=COURSE,
        read=read_course,
    ),
    check(
        "diffusion-cost", 0, "way size", learned="error", orders=("error",), left_out=("seconds",)
    ),
    check("diffusion-coverage", 3, "way", within=0.1),
    check("diffusion-grid", 5, "way", learned="D std", left_out=("seconds",), within=0.1),
    check("diffusion-surface", 5, "way", within=0.1, rows="way != 'physics'", compute=slow_rivals),
    check(
        "diffusion-windows",
        0,
        "way window",
        orders=("error", "loss"),
        rows=WINDOW_ROWS,
        compute=windows,
    ),
    check(
        "diffusion-windows",
        4,
        "way window",
        orders=("error", "loss"),
        rows=WINDOW_ROWS,
        compute=windows,
    ),
    # Hundreds of steps of training in single precision: nearly another draw of the first weights.
    check("fine-tuning", 0, "strategy size", exact="fold", within=1.5),
    check("fine-tuning-non-metals", 3, "strategy", exact="fold n_train", within=1.5),
    check("fine-tuning-settings", 0, "size strategy trial", exact="repeat", within=1.5),
    check("inverse-rate", 3, "method slack", exact="draw", within=0.1),
    check("laboratory", 3, "variant batch", exact="measured"),
    check(
        "latent-variable-curve",
        LATENT._CURVE.index(("none", 3, 400)),
        "source size method",
        learned=SCORES,
    ),
    check(
        "latent-variable-curve",
        LATENT._CURVE.index(("removed", 2, 100)),
        "source size method",
        learned=SCORES,
    ),
    check(
        "latent-variable-folds",
        LATENT._FOLDS.index(("removed", 1, 2, 200)),
        "source size method",
        learned=SCORES,
    ),
    check(
        "latent-variable-outputs",
        LATENT._OUTPUTS.index(("removed", 0, 4)),
        "source latent",
        learned=SCORES,
    ),
    check("molecule-kernels", 3, "kernel n_train", exact="mae_of_median"),
    check("molecule-kernels", 31, "kernel n_train", exact="mae_of_median"),
    check("molecule-rivals", 7, "energy kernel"),
    check("negative-transfer-networks", 0, "source way", exact="repeat"),
    check("negative-transfer-pairs", 74, "target source", exact="repeat"),
    check("negative-transfer-curves", 3, "source method size", exact="repeat"),
    check("physics-balance", 0, "way start_weight", orders=("error_adam", "error")),
    check(
        "physics-cost",
        0,
        "way setting",
        learned="error",
        orders=("error",),
        read=read_settings,
        left_out=("seconds",),
    ),
    check("physics-weight", 1, "way slack"),
    check("small-models", 0, "source size", exact="repeat fold n_train"),
    check(
        "small-models-elements",
        ELEMENTS.index("F"),
        "source",
        exact="element n_test n_train",
        within=0.2,
    ),
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_part_comes_out_as_it_is_stored(check: Check) -> None:
    assert_within_spread(check, check.stored(), check.again())


def test_a_part_of_every_stored_study_is_computed_again() -> None:
    stored = {file.stem for file in (Path(__file__).parents[1] / "data" / "studies").glob("*.csv")}
    assert {check.study.name for check in CHECKS} == stored


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_stored_row_that_was_altered_is_found(check: Check) -> None:
    """Each number of the part's first row in turn, moved just beyond what its column allows."""
    stored = check.stored()
    same = check.of_part(stored)
    assert_within_spread(check, stored, same)
    for column in same.columns:
        value = same.loc[0, column]
        if column == "part" or pd.isna(value):
            continue
        altered = same.astype({column: object})
        altered.loc[0, column] = moved(check, stored, column, value)
        with pytest.raises(AssertionError):
            assert_within_spread(check, stored, altered)


def moved(check: Check, stored: pd.DataFrame, column: str, value: object) -> object:
    """What was stored, just beyond what is allowed; another word, or another count."""
    if isinstance(value, str):
        return f"not {value}"
    if column not in check.learned:
        return value + 1
    by = 1.01 * LARGEST * allowed(check, stored, column)[0]
    least = 1e-5 * float(stored[column].astype(float).abs().max())  # where there is no spread
    if column in check.orders:
        return value * 10 ** max(by, 1e-3) or 1e-3
    return value + max(by, least)
