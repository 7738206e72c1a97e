"""The study of plain networks beyond their readings: twenty draws, one change at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from matinf.physics.cooling import Readings, read_thermometer
from matinf.physics.extrapolation import (
    Belief,
    ensemble_belief,
    law_beliefs,
    resampled_ensemble,
)
from matinf.physics.network import Activation, NetworkShape
from matinf.physics.optimise import AdamLBFGS, Optimiser
from matinf.physics.regression import RegressionConfig, network_ensemble
from matinf.physics.scenario import BODY, LAST_READING, WINDOW
from matinf.studies import Study

N_REPEATS = 20
N_MEMBERS = 5
NOISE = 0.3  # K
TIMES = np.array([15, 45, 75, 105, 135, 150, 165, 180, 210, 240, 300, 360, 450, 600], dtype=float)
"""Where beliefs are stored, s."""


def plain(
    *hidden_sizes: int,
    activation: Activation = "tanh",
    weight_decay: float = 1e-5,
    optimiser: Optimiser | None = None,
) -> RegressionConfig:
    """The page's network, two layers of ten, or another."""
    shape = NetworkShape(
        hidden_sizes=hidden_sizes or (10, 10), activation=activation, sharpness=1.0
    )
    config = RegressionConfig(shape=shape, weight_decay=weight_decay)
    return config if optimiser is None else replace(config, optimiser=optimiser)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One way to measure and to train.

    Attributes:
        group: What is changed: ``"shape"``, ``"points"``, …
        config: How the networks are trained.
        n_readings: How many readings, evenly spaced.
        until: When the last is, s.
        resampled: Whether members see readings drawn anew.
    """

    group: str
    config: RegressionConfig = field(default_factory=plain)
    n_readings: int = 15
    until: float = LAST_READING
    resampled: bool = False


SETTINGS: Mapping[str, Setting] = {
    "as on the page": Setting(group="base"),
    "one layer of 10": Setting(group="shape", config=plain(10)),
    "one layer of 100": Setting(group="shape", config=plain(100)),
    "three layers of 10": Setting(group="shape", config=plain(10, 10, 10)),
    "softplus": Setting(group="activation", config=plain(activation="softplus")),
    "sine": Setting(group="activation", config=plain(activation="sine")),
    "no decay": Setting(group="decay", config=plain(weight_decay=0.0)),
    "decay × 100": Setting(group="decay", config=plain(weight_decay=1e-3)),
    "decay × 10,000": Setting(group="decay", config=plain(weight_decay=1e-1)),
    "5 readings": Setting(group="points", n_readings=5),
    "60 readings": Setting(group="points", n_readings=60),
    "240 readings": Setting(group="points", n_readings=240),
    "until 300 s": Setting(group="until", until=300.0),
    "until 450 s": Setting(group="until", until=450.0),
    "until 600 s": Setting(group="until", until=WINDOW),
    "resampled readings": Setting(group="ensemble", resampled=True),
    "Adam": Setting(
        group="optimiser",
        config=plain(optimiser=AdamLBFGS(adam_steps=1000, learning_rate=1e-2, lbfgs_steps=0)),
    ),
}
"""What is studied; each differs from the first in one thing."""

GROUPS = tuple(dict.fromkeys(setting.group for setting in SETTINGS.values()))


def beyond(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Beliefs of one group's settings about one draw of readings."""
    repeat, place = divmod(number, len(GROUPS))
    group = GROUPS[place]
    rows = [
        _row(name, setting, repeat, rng=child)
        for (name, setting), child in zip(SETTINGS.items(), rng.spawn(len(SETTINGS)), strict=True)
        if setting.group == group
    ]
    if group == "base":
        readings = drawn(SETTINGS["as on the page"], repeat)
        beliefs = law_beliefs(readings, TIMES, T_env=BODY.T_env)
        rows += [_columns(name, group, repeat, belief) for name, belief in beliefs.items()]
    return pd.DataFrame(rows)


def drawn(setting: Setting, repeat: int) -> Readings:
    """The readings of one repeat; settings that measure alike share them."""
    times = np.linspace(0, setting.until, setting.n_readings)
    rng = np.random.default_rng([2026, 7, repeat])
    return read_thermometer(BODY, times, noise=NOISE, rng=rng)


def _row(
    name: str, setting: Setting, repeat: int, *, rng: np.random.Generator
) -> dict[str, object]:
    train = resampled_ensemble if setting.resampled else network_ensemble
    ensemble = train(drawn(setting, repeat), n_members=N_MEMBERS, rng=rng, config=setting.config)
    return _columns(name, setting.group, repeat, ensemble_belief(ensemble, TIMES))


def _columns(name: str, group: str, repeat: int, belief: Belief) -> dict[str, object]:
    values = {
        f"{kind}_{t:.0f}": value
        for kind, of in (("mean", belief.mean), ("std", belief.std))
        for t, value in zip(TIMES, of, strict=True)
    }
    return {"setting": name, "group": group, "repeat": repeat, **values}


STUDIES = (
    Study(
        name="beyond-the-readings",
        part=beyond,
        n_parts=N_REPEATS * len(GROUPS),
        packages=("numpy", "scipy", "torch"),
    ),
)
