"""The study of a learned rate: its error and its intervals, over many draws of the noise.

Every draw gives the readings that :mod:`matinf.physics.scenario` describes; the environment is
known, rate and start are not. One network learns them, least squares fits them, and what each
says of its own uncertainty is kept beside what came out. What takes many trainings is done for
every second draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from matinf.intervals import Interval, bootstrap_interval
from matinf.physics.checks import Vector
from matinf.physics.cooling import Readings
from matinf.physics.cooling_fit import fit_cooling
from matinf.physics.inverse import LIKELIHOOD, CoolingEstimate, InverseConfig, learn_cooling
from matinf.physics.network import NetworkShape
from matinf.physics.pinn import PinnConfig
from matinf.physics.scenario import BODY, early_readings
from matinf.physics.uncertainty import cooling_ensemble, profile_rate
from matinf.studies import Study, load_study

PINN = PinnConfig(
    shape=NetworkShape(hidden_sizes=(16,), sharpness=3.0), n_collocation=60, optimiser=LIKELIHOOD
)
CONFIG = InverseConfig(pinn=PINN)
"""A small network: half the window is smooth, and a study trains some thousands of it."""

METHODS = ("least squares", "network", "profile", "weights", "resampled")
SLACKS = (0.1, 0.3, 1.0, 3.0, 10.0)
LEVELS = (0.8, 0.95)
N_MEMBERS = 5
N_DRAWS = 200
DRAWS_IN_PART = 2

Row = dict[str, float | str]


def in_one_training(
    readings: Readings, *, rng: np.random.Generator
) -> tuple[CoolingEstimate, list[Row]]:
    """What least squares and one network say of the rate.

    Args:
        readings: Of the scenario's body.
        rng: Source of the first weights.

    Returns:
        The network's estimate, and rows with the ``method``, its ``slack``, estimate ``r`` and
        ``std`` in 1/s, sum of squares ``chi_squared`` and both ends of an interval for each of
        :data:`LEVELS`.
    """
    fit = fit_cooling(readings, T_env=BODY.T_env)
    ends = [fit.interval(level=level) for level in LEVELS]
    said = {"std": fit.std["r"], "chi_squared": fit.chi_squared}
    rival = _row("least squares", fit.body.r, ends, **said)
    found = learn_cooling(readings, rng=rng, T_env=BODY.T_env, config=CONFIG)
    said = {"std": found.std["r"], "chi_squared": found.chi_squared, "slack": CONFIG.slack}
    ends = [found.interval(level=level) for level in LEVELS]
    return found, [rival, _row("network", found.body.r, ends, **said)]


def in_many_trainings(found: CoolingEstimate, *, rng: np.random.Generator) -> Iterator[Row]:
    """How sure the rate is by a profile and by two ensembles; rows as above."""
    profile = profile_rate(found, how=LIKELIHOOD, n_values=7)
    yield _row("profile", found.body.r, [profile.interval(level=p) for p in LEVELS])
    for name in ("weights", "resampled"):
        ensemble = cooling_ensemble(
            found, n_members=N_MEMBERS, resample=name == "resampled", rng=rng, config=CONFIG
        )
        ends = [ensemble.interval(level=level) for level in LEVELS]
        yield _row(name, ends[0].estimate, ends, std=float(ensemble.rates.std(ddof=1)))


def by_every_slack(readings: Readings, *, rng: np.random.Generator) -> Iterator[Row]:
    """What networks say of the rate whose law may be broken, more and more; rows as above."""
    for slack in SLACKS:
        # the spectrum of the forces has the true rate in it: δ is what it says
        config = InverseConfig(pinn=PINN, slack=slack, r_guess=BODY.r)
        loose = learn_cooling(readings, rng=rng, T_env=BODY.T_env, config=config)
        said = {"std": loose.std["r"], "chi_squared": loose.chi_squared, "slack": slack}
        yield _row("loose", loose.body.r, [loose.interval(level=p) for p in LEVELS], **said)


def _row(
    method: str,
    r: float,
    ends: Sequence[Interval],
    *,
    slack: float = np.nan,
    std: float = np.nan,
    chi_squared: float = np.nan,
) -> Row:
    row: Row = {"method": method, "slack": slack, "r": r, "std": std, "chi_squared": chi_squared}
    for interval in ends:
        row |= {f"low_{interval.level:g}": interval.low, f"high_{interval.level:g}": interval.high}
    return row


def draws_of_part(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """Some draws of the noise; on the first of them all that takes many trainings, too."""
    rows: list[Row] = []
    for k in range(DRAWS_IN_PART):
        readings = early_readings(rng=rng)
        found, of_draw = in_one_training(readings, rng=rng)
        if k == 0:
            of_draw += in_many_trainings(found, rng=rng)
            of_draw += by_every_slack(readings, rng=rng)
        rows += [{"draw": number * DRAWS_IN_PART + k, **row} for row in of_draw]
    return pd.DataFrame(rows)


STUDIES = (
    Study(
        name="inverse-rate",
        part=draws_of_part,
        n_parts=N_DRAWS // DRAWS_IN_PART,
        packages=("numpy", "scipy", "torch"),
    ),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class RateStudy:
    """The rates that were learned, and how they are judged.

    Attributes:
        table: Rows as :func:`in_one_training` gives them, with the number of the ``draw``.
        truth: The true rate in 1/s.
    """

    table: pd.DataFrame
    truth: float

    def rows(self, method: str, *, slack: float | None = None) -> pd.DataFrame:
        """The rows of one method, by draw.

        Raises:
            ValueError: if the method, or the slack, was not studied.
        """
        is_asked = self.table["method"] == method
        if slack is not None:
            is_asked &= np.isclose(self.table["slack"], slack)
        if not is_asked.any():
            raise ValueError(f"{method} (slack {slack}) is not in the study")
        return self.table[is_asked].sort_values("draw")

    def errors(self, method: str, *, slack: float | None = None) -> Vector:
        """Estimates less the truth in 1/s, shape ``(n_draws,)``."""
        return self.rows(method, slack=slack)["r"].to_numpy(dtype=float) - self.truth

    def root_mean_square(
        self, method: str, *, rng: np.random.Generator, slack: float | None = None
    ) -> Interval:
        """Root of the mean squared error in 1/s, with its bootstrap interval over draws."""
        errors = self.errors(method, slack=slack)
        return bootstrap_interval(errors, rng=rng, statistic=_root_mean_square)

    def loss(self, method: str, rival: str, *, rng: np.random.Generator) -> Interval:
        """Root mean squared error of a method over that of a rival, on the same draws."""
        pairs = np.column_stack([self.errors(method), self.errors(rival)])  # every draw has both
        picks = rng.integers(len(pairs), size=(2000, len(pairs)))
        sizes = _root_mean_square(pairs[picks], axis=1)
        low, high = np.quantile(sizes[:, 0] / sizes[:, 1], [0.025, 0.975]).tolist()
        whole = _root_mean_square(pairs, axis=0)
        return Interval(estimate=float(whole[0] / whole[1]), low=low, high=high)

    def is_inside(self, method: str, *, level: float) -> NDArray[Any]:
        """Whether the interval of each draw holds the truth, shape ``(n_draws,)``."""
        rows = self.rows(method)
        inside = rows[f"low_{level:g}"].le(self.truth) & rows[f"high_{level:g}"].ge(self.truth)
        return inside.to_numpy()

    def coverage(self, method: str, *, level: float) -> Interval:
        """Share of the draws whose interval holds the truth, with its binomial interval."""
        return share_interval(self.is_inside(method, level=level))


def load_rate_study() -> RateStudy:
    """The stored study of the scenario's rate."""
    return RateStudy(table=load_study("inverse-rate"), truth=BODY.r)


def share_interval(is_so: ArrayLike, *, level: float = 0.95) -> Interval:
    """Share of cases, with Wilson's interval :cite:`wilson1927`: sound at 0 and 1 as well.

    Raises:
        ValueError: if there is no case.
    """
    cases = np.asarray(is_so, dtype=bool)
    if cases.size == 0:
        raise ValueError("expected one case or more")
    found = stats.binomtest(int(cases.sum()), cases.size)
    ends = found.proportion_ci(level, method="wilson")
    return Interval(
        estimate=float(cases.mean()), low=float(ends.low), high=float(ends.high), level=level
    )


def _root_mean_square(values: ArrayLike, axis: int = -1) -> NDArray[Any]:
    return np.sqrt(np.mean(np.square(values), axis=axis))
