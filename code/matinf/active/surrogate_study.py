"""How well kernels learn energies of molecules from few of them, and how well they know it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.constants import physical_constants
from scipy.stats import spearmanr

from matinf.active.hyperparameters import Vector
from matinf.active.pairs import KernelName, Pool
from matinf.active.posterior import PoolPosterior
from matinf.active.surrogate import Prediction, Surrogate
from matinf.calibration import coverage, fit_std_scale, miscalibration_area, needed_levels
from matinf.datasets import load_qm9_sample
from matinf.features import morgan_fingerprints
from matinf.studies import Study

SIZES = (50, 300, 1000)
KERNELS: tuple[KernelName, ...] = ("matern12", "tanimoto")
N_TEST = 2000
N_REPEATS = 20
LEVELS = np.linspace(0.05, 0.95, 19)
HARTREE_IN_EV = float(physical_constants["Hartree energy in eV"][0])


@cache
def lumo_task() -> tuple[Pool, Vector]:
    """Fingerprints of all 10,000 molecules, and their LUMO energies in eV."""
    return Pool(morgan_fingerprints(load_qm9_sample()["smiles"])), energies("lumo")


@cache
def energies(column: str) -> Vector:
    """An energy of all 10,000 molecules, eV, by its column: ``"lumo"``, ``"homo"`` or their gap."""
    found: Vector = HARTREE_IN_EV * load_qm9_sample()[column].to_numpy()
    found.flags.writeable = False  # shared by all who ask
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """One model, trained on some molecules and tested on others.

    Attributes:
        posterior: The model.
        y: Energies of the test molecules, eV, shape ``(n_test,)``.
        stated: What the model says of them, the noise included, eV.
        left_out: What it says of each training molecule from the others, eV.
    """

    posterior: PoolPosterior
    y: Vector
    stated: Prediction
    left_out: Prediction

    @property
    def factor(self) -> float:
        """Factor for all standard deviations, from the training molecules alone."""
        y = self.posterior.y
        return fit_std_scale(y, self.left_out.mean, self.left_out.std)

    @property
    def mended(self) -> Prediction:
        """The same means, with the standard deviations multiplied by :attr:`factor`."""
        return Prediction(mean=self.stated.mean, std=self.factor * self.stated.std)

    def coverage_by_quantiles(self, levels: NDArray[np.float64]) -> Vector:
        """Coverage of intervals as wide as held this share of the training molecules.

        No bell curve is assumed: where an interval of level p should end, in standard deviations,
        is read off the training molecules, each predicted from the others.

        Args:
            levels: Probabilities, shape ``(n_levels,)``.

        Returns:
            Share of the test molecules inside, same shape.
        """
        known = needed_levels(self.posterior.y, self.left_out.mean, self.left_out.std)
        asked = np.quantile(known, levels)
        return coverage(self.y, self.stated.mean, self.stated.std, levels=asked)


def trial(
    kernel: KernelName,
    train: NDArray[np.intp],
    test: NDArray[np.intp],
    *,
    energy: str = "lumo",
) -> Trial:
    """Learn the energies of some molecules, hyperparameters included; predict those of others.

    Args:
        kernel: Kernel of the Gaussian process.
        train: Row numbers of the molecules that are learned from.
        test: Row numbers of the molecules that are predicted, none of them in ``train``.
        energy: Which one, as for :func:`energies`.
    """
    pool, y = lumo_task()[0], energies(energy)
    posterior = PoolPosterior.start(Surrogate(kernel=kernel), pool, train, y[train])
    measured_std = np.hypot(posterior.std[test], posterior.noise_std)
    return Trial(
        posterior=posterior,
        y=y[test],
        stated=Prediction(mean=posterior.mean[test], std=measured_std),
        left_out=posterior.leave_one_out(),
    )


def scores(one: Trial) -> dict[str, float]:
    """Error, calibration as stated and as mended, and hyperparameters of a trial; eV."""
    error, used = one.y - one.stated.mean, one.posterior.hyperparameters
    found = {
        "mae": float(np.abs(error).mean()),
        "r2": float(1 - np.mean(error**2) / one.y.var()),
        "factor": one.factor,
        "rank_correlation": float(spearmanr(one.stated.std, np.abs(error)).statistic),
        "area_quantiles": float(np.abs(one.coverage_by_quantiles(LEVELS) - LEVELS).mean()),
        "log_marginal_likelihood": one.posterior.log_marginal_likelihood,
        "variance": used.variance,
        "lengthscale": used.lengthscale,
        "noise_std": used.noise_std,
    }
    for name, says in (("stated", one.stated), ("mended", one.mended)):
        at = dict(zip((50, 90, 99), coverage(one.y, says.mean, says.std, levels=_AT), strict=True))
        found |= {f"coverage_{level}_{name}": float(share) for level, share in at.items()}
        found[f"area_{name}"] = miscalibration_area(one.y, says.mean, says.std)
    return found


_AT = [0.5, 0.9, 0.99]


def compare_kernels(number: int, rng: np.random.Generator) -> pd.DataFrame:
    """One repeat at one size: both kernels learn from the same molecules and predict the same.

    Args:
        number: The sizes take turns; each repeat draws molecules of its own.
        rng: Draws the molecules.
    """
    n_train, (pool, y) = SIZES[number % len(SIZES)], lumo_task()
    test, train = np.split(rng.permutation(len(pool))[: N_TEST + n_train], [N_TEST])
    ignorant = float(np.abs(y[test] - np.median(y[train])).mean())
    rows = [
        {"kernel": kernel, "n_train": n_train, "mae_of_median": ignorant}
        | scores(trial(kernel, train, test))
        for kernel in KERNELS
    ]
    return pd.DataFrame(rows)


RIVALS: tuple[KernelName, ...] = ("tanimoto", "matern12", "matern52", "rbf")
ENERGIES = ("lumo", "homo")
N_RIVALS_TRAIN = 300


def compare_rivals(_number: int, rng: np.random.Generator) -> pd.DataFrame:
    """One repeat: every kernel learns two energies from the same molecules; errors in eV.

    Args:
        rng: Draws the molecules.
    """
    order = rng.permutation(len(energies("lumo")))[: N_TEST + N_RIVALS_TRAIN]
    test, train = np.split(order, [N_TEST])
    rows = []
    for energy in ENERGIES:
        for kernel in RIVALS:
            one = trial(kernel, train, test, energy=energy)
            error = float(np.abs(one.y - one.stated.mean).mean())
            rows.append({"energy": energy, "kernel": kernel, "mae": error})
    return pd.DataFrame(rows)


STUDIES = (
    Study(
        name="molecule-rivals",
        part=compare_rivals,
        n_parts=N_REPEATS,
        packages=("numpy", "scipy", "rdkit"),
    ),
    Study(
        name="molecule-kernels",
        part=compare_kernels,
        n_parts=N_REPEATS * len(SIZES),
        packages=("numpy", "scipy", "rdkit"),
    ),
)
