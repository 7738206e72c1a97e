"""What the page on Gaussian processes says, held to the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from tensorflow_probability import distributions as tfd

from matinf.active.curves import CurveProcess, alloy_series, landscape
from matinf.active.hyperparameters import (
    Hyperparameters,
    leave_one_out,
    log_marginal_likelihood,
)
from matinf.active.pairs import KernelName, Pool
from matinf.active.surrogate import FittedSurrogate, Surrogate
from matinf.active.surrogate_study import N_REPEATS, lumo_task, trial
from matinf.active.tensorflow import gpflow
from matinf.background.representations import shared_fingerprints
from matinf.calibration import calibration_curve
from matinf.datasets import load_experimental_gaps, load_qm9_sample
from matinf.intervals import Interval, mean_interval
from matinf.studies import load_study

SIZES = (50, 300, 1000)
TOLD = 1.22  # eV, the withheld report
SMOOTH: tuple[KernelName, ...] = ("matern32", "matern52", "rbf")


@pytest.fixture(scope="module")
def series() -> pd.DataFrame:
    return alloy_series("Ga", "As", "P")


@pytest.fixture(scope="module")
def known(series: pd.DataFrame) -> pd.DataFrame:
    return series[series["x"] != 0.9]


def fitted(table: pd.DataFrame, kernel: KernelName = "matern52") -> FittedSurrogate:
    return Surrogate(kernel=kernel).fit(table[["x"]].to_numpy(), table["gap"].to_numpy())


def test_the_eleventh_report_is_one_and_is_as_the_page_says(series: pd.DataFrame) -> None:
    assert len(series) == 11
    assert series.loc[series["x"] == 0.9, "gap"].tolist() == [TOLD]
    assert (series.loc[series["x"].between(0.5, 1) & (series["x"] != 0.9), "gap"] >= 2).all()


@pytest.mark.parametrize("kernel", SMOOTH)
def test_ten_alloys_contradict_the_report_whatever_the_kernel(
    kernel: KernelName, known: pd.DataFrame
) -> None:
    says = fitted(known, kernel).predict_measurement([[0.9]])
    assert says.mean[0] - TOLD > 40 * says.std[0]
    assert abs(says.mean[0] - TOLD - 1) < 1 * says.std[0], "with a 2 for the 1 it would fit"


@pytest.mark.parametrize("lengthscale", [0.3, 0.5, 1.0])
def test_the_guessed_prior_contradicts_it_too(lengthscale: float, known: pd.DataFrame) -> None:
    used = Hyperparameters(kernel="matern52", lengthscale=lengthscale, noise_std=0.05)
    process = CurveProcess(hyperparameters=used, mean=2.0, scale=0.5)
    there = process.posterior([0.9], known["x"], known["gap"])
    assert there.mean[0] - TOLD > 10 * np.hypot(there.std[0], process.noise_std)


def test_the_evidence_of_ten_has_one_peak_and_that_of_eleven_is_a_plain(
    series: pd.DataFrame, known: pd.DataFrame
) -> None:
    grid = {"lengthscales": np.geomspace(0.01, 10, 61), "noise_stds": np.geomspace(0.003, 2, 49)}
    start = fitted(known).hyperparameters
    ten, eleven = (landscape(table["x"], table["gap"], start, **grid) for table in (known, series))
    assert np.mean(ten.values > ten.values.max() - 1) < 0.05
    assert np.mean(eleven.values > eleven.values.max() - 1) > 0.3
    assert ten.best[0] == pytest.approx(start.lengthscale, rel=0.15)
    near_b = np.abs(np.log(grid["lengthscales"] / start.lengthscale)).argmin()
    noise_b = np.abs(np.log(grid["noise_stds"] / start.noise_std)).argmin()
    assert eleven.values[noise_b, near_b] < eleven.values.max() - 20
    short = eleven.values[:, 0]
    assert short.max() == pytest.approx(eleven.values.max(), abs=0.1), "no curve is left"


def test_with_the_misprint_the_model_gives_up_the_curve_and_hides_it(
    series: pd.DataFrame,
) -> None:
    """The lengthscale ends at the optimiser's bound, and what is called noise is arbitrary."""
    spoilt = fitted(series)
    used, x = spoilt.hyperparameters, series["x"].to_numpy()[:, None]
    assert used.lengthscale < 0.01 * np.diff(series["x"]).min()
    assert used.lengthscale == pytest.approx(1e-4 * 0.39, rel=0.01), "the shortest that is tried"
    z = (series["gap"].to_numpy() - spoilt.target_mean) / spoilt.target_std
    pairs = Pool(x).pairs(np.arange(11), kernel="matern52")
    mean, std = leave_one_out(z, pairs, used)
    suspect = int(np.flatnonzero(series["x"] == 0.9)[0])
    assert abs(z[suspect] - mean[suspect]) < 2.5 * std[suspect]
    total = used.noise_std**2 + used.variance
    for share in (0.1, 0.5, 0.9):
        other = replace(used, noise_std=np.sqrt(share * total), variance=(1 - share) * total)
        value, _ = log_marginal_likelihood(z, pairs, other)
        assert value == pytest.approx(spoilt.log_marginal_likelihood, abs=1e-6)
    assert total == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("start", [0.1, 0.5, 2.0])
def test_priors_keep_a_curve_and_pay_with_noise_and_tails_pay_with_nothing(
    start: float, series: pd.DataFrame
) -> None:
    """As the page has it, from several first lengthscales."""
    data = series[["x"]].to_numpy(), (series["gap"] - 2.0).to_numpy()[:, None]

    def kernel() -> Any:
        return gpflow.kernels.Matern52(variance=0.5**2, lengthscales=start)

    wary = gpflow.models.GPR(data, kernel(), noise_variance=0.05**2)
    wary.kernel.lengthscales.prior = tfd.LogNormal(np.log(0.5), np.log(2.0))
    wary.kernel.variance.prior = tfd.LogNormal(np.log(0.5**2), np.log(2.0**2))
    robust = gpflow.models.VGP(data, kernel(), gpflow.likelihoods.StudentT(scale=0.05, df=4))
    there = []
    for model in (wary, robust):
        gpflow.optimizers.Scipy().minimize(model.training_loss, model.trainable_variables)
        there.append(2.0 + model.predict_f(np.array([[0.9]]))[0].numpy()[0, 0])
    assert 0.2 < wary.kernel.lengthscales.numpy() < 0.6, "a curve"
    assert 0.25 < wary.likelihood.variance.numpy() ** 0.5 < 0.4, "and noise for all"
    assert 0.5 < there[0] - TOLD < 0.8
    assert robust.kernel.lengthscales.numpy() > 1
    assert robust.likelihood.scale.numpy() < 0.04
    assert there[1] - TOLD == pytest.approx(1.0, abs=0.04)


def test_ten_gaps_refuse_the_rough_kernel_and_hardly_part_the_smooth_ones(
    known: pd.DataFrame,
) -> None:
    smoothest, smooth, rough = (
        fitted(known, kernel).log_marginal_likelihood for kernel in ("rbf", "matern52", "matern12")
    )
    assert abs(smoothest - smooth) < 1.5
    assert min(smoothest, smooth) > rough + 5


def test_two_measurements_narrow_the_belief_between_them(known: pd.DataFrame) -> None:
    used = Hyperparameters(kernel="matern52", lengthscale=0.5, noise_std=0.05)
    process = CurveProcess(hyperparameters=used, mean=2.0, scale=0.5)
    two = known.iloc[[0, -1]]
    widest = process.posterior(np.linspace(0, 1, 121), two["x"], two["gap"]).std.max()
    assert 0.6 * process.scale < widest < 0.8 * process.scale


def test_the_noise_of_the_series_is_below_the_scatter_of_reports_of_one_crystal(
    known: pd.DataFrame,
) -> None:
    model = fitted(known)
    noise = model.target_std * model.hyperparameters.noise_std
    reports = load_experimental_gaps()
    assert noise < 0.5 * reports.loc[reports["formula"] == "GaAs", "gap"].std()


def test_reports_of_pure_gap_are_of_something_else(known: pd.DataFrame) -> None:
    reports = load_experimental_gaps()
    pure = reports.loc[reports["formula"] == "GaP", "gap"]
    says = fitted(known).predict_measurement([[1.0]])
    assert len(pure) == 4
    assert pure.min() - says.mean[0] > 20 * says.std[0]


def test_one_misprint_pulls_and_makes_surer(series: pd.DataFrame, known: pd.DataFrame) -> None:
    model = fitted(known)
    process = CurveProcess(
        hyperparameters=model.hyperparameters, mean=model.target_mean, scale=model.target_std
    )
    before = process.posterior([0.8, 0.9], known["x"], known["gap"])
    after = process.posterior([0.8, 0.9], series["x"], series["gap"])
    assert (before.mean - after.mean > 0.2).all()
    assert (after.std < before.std).all()


def test_the_settings_a_and_c_are_worse_than_b(known: pd.DataFrame) -> None:
    best = fitted(known)
    X, y = known[["x"]].to_numpy(), known["gap"].to_numpy()
    for changed in (
        {"lengthscale": 0.03},
        {"lengthscale": 3.0, "noise_std": 0.7},
    ):
        start = replace(best.hyperparameters, **changed)
        other = Surrogate(kernel="matern52").fit(X, y, optimise=False, start=start)
        assert other.log_marginal_likelihood < best.log_marginal_likelihood - 5


# -- molecules ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study() -> pd.DataFrame:
    return load_study("molecule-kernels")


def difference(study: pd.DataFrame, column: str, n: int) -> pd.Series:
    """Tanimoto less Matérn-1/2, repeat by repeat."""
    sides = study[study["n_train"] == n].pivot(index="part", columns="kernel", values=column)
    return sides["tanimoto"] - sides["matern12"]


def mean_of(study: pd.DataFrame, column: str, kernel: str, n: int) -> Interval:
    rows = study[(study["kernel"] == kernel) & (study["n_train"] == n)]
    return mean_interval(rows[column])


@pytest.mark.parametrize("n", SIZES)
def test_tanimoto_leads_in_every_repeat_by_little(study: pd.DataFrame, n: int) -> None:
    lead = -difference(study, "mae", n)
    assert len(lead) == N_REPEATS == 20
    assert (lead > 0).all()
    assert mean_interval(lead).low > 0
    assert mean_interval(lead).high < 0.06 * mean_of(study, "mae", "matern12", n).estimate


def test_of_four_kernels_none_is_better_than_tanimoto_for_two_energies() -> None:
    """For the HOMO it leads all three, for the LUMO the smooth ones are level with it."""
    rivals = load_study("molecule-rivals").pivot(
        index=["energy", "part"], columns="kernel", values="mae"
    )
    less = {
        (energy, kernel): mean_interval(rivals.loc[energy, kernel] - rivals.loc[energy, "tanimoto"])
        for energy in ("lumo", "homo")
        for kernel in ("matern12", "matern52", "rbf")
    }
    assert len(rivals.loc["lumo"]) == N_REPEATS
    for kernel in ("matern12", "matern52", "rbf"):
        assert less["homo", kernel].low > 0.002
        assert less["homo", kernel].high < 0.02
    assert less["lumo", "matern12"].low > 0.005
    for kernel in ("matern52", "rbf"):
        assert not less["lumo", kernel].excludes(0)
        assert less["lumo", kernel].width < 0.01


def test_one_draw_of_fifty_scatters_as_much_as_the_kernels_differ(study: pd.DataFrame) -> None:
    rows = study[(study["kernel"] == "tanimoto") & (study["n_train"] == 50)]
    assert rows["r2"].std() > difference(study, "r2", 50).mean()


@pytest.fixture(scope="module")
def twins() -> pd.DataFrame:
    _, energies = lumo_task()
    return shared_fingerprints(load_qm9_sample()["smiles"], energies)


@pytest.mark.parametrize("n", SIZES)
def test_errors_lie_between_ignorance_and_twins(
    study: pd.DataFrame, twins: pd.DataFrame, n: int
) -> None:
    assert (twins["smiles"].map(len) == 2).all(), "half the spread is the best error of a pair"
    for kernel in ("tanimoto", "matern12"):
        error = mean_of(study, "mae", kernel, n)
        assert twins["spread"].mean() / 2 < error.low
        assert error.high < study["mae_of_median"].mean()


@pytest.mark.parametrize("n", [300, 1000])
@pytest.mark.parametrize("kind", ["mended", "quantiles"])
def test_both_repairs_help_from_300_on(study: pd.DataFrame, n: int, kind: str) -> None:
    rows = study[study["n_train"] == n]
    assert mean_interval(rows[f"area_{kind}"] - rows["area_stated"]).high < 0


def test_neither_repair_helps_from_50(study: pd.DataFrame) -> None:
    rows = study[(study["n_train"] == 50) & (study["kernel"] == "tanimoto")]
    assert not mean_interval(rows["area_mended"] - rows["area_stated"]).high < 0
    assert mean_interval(rows["area_quantiles"] - rows["area_stated"]).low > 0


def test_fifty_molecules_do_not_show_how_wide_their_intervals_should_be(
    study: pd.DataFrame,
) -> None:
    rows = study[(study["n_train"] == 50) & (study["kernel"] == "tanimoto")]
    assert np.ptp(rows["coverage_90_stated"]) > 0.08
    # A factor that knew would be small where coverage is large.
    assert spearmanr(rows["factor"], rows["coverage_90_stated"]).statistic > -0.2


def test_intervals_are_too_wide_in_the_middle_and_too_narrow_in_the_tail(
    study: pd.DataFrame,
) -> None:
    assert mean_of(study, "coverage_50_stated", "tanimoto", 1000).low > 0.55
    assert mean_of(study, "coverage_99_stated", "tanimoto", 1000).high < 0.99
    mended = mean_of(study, "coverage_99_mended", "tanimoto", 1000)
    assert mended.high < mean_of(study, "coverage_99_stated", "tanimoto", 1000).low


def test_quantiles_mend_more_than_a_factor_and_not_all(study: pd.DataFrame) -> None:
    rows = study[(study["n_train"] == 1000) & (study["kernel"] == "tanimoto")]
    assert mean_interval(rows["area_quantiles"] - rows["area_mended"]).high < 0
    pool, _ = lumo_task()
    order = np.random.default_rng(2026).permutation(len(pool))  # as on the page
    one = trial("tanimoto", order[:1000], order[1000:3000])
    stated = calibration_curve(one.y, one.stated.mean, one.stated.std)
    covered = one.coverage_by_quantiles(stated.levels)
    assert np.mean((covered < stated.low) | (covered > stated.high)) > 0.25


def test_the_deviation_ranks_errors_feebly_or_the_wrong_way(study: pd.DataFrame) -> None:
    right = mean_of(study, "rank_correlation", "tanimoto", 1000)
    assert 0.1 < right.low < right.high < 0.25
    assert mean_of(study, "rank_correlation", "matern12", 50).high < 0


@pytest.mark.parametrize("seed", [11, 12])
def test_the_deviation_of_matern_follows_the_number_of_bits(seed: int) -> None:
    pool, _ = lumo_task()
    order = np.random.default_rng(seed).permutation(len(pool))
    train, test = order[:300], order[300:1300]
    along = {
        kernel: spearmanr(trial(kernel, train, test).stated.std, pool.norms[test]).statistic
        for kernel in ("matern12", "tanimoto")
    }
    assert along["matern12"] > 0.6
    assert abs(along["tanimoto"]) < 0.3


def test_tanimoto_says_nearly_the_same_of_all_and_ranks_better_than_it_says() -> None:
    pool, _ = lumo_task()
    order = np.random.default_rng(11).permutation(len(pool))
    one = trial("tanimoto", order[:1000], order[1000:3000])
    std, error = one.stated.std, np.abs(one.y - one.stated.mean)
    low, high = np.quantile(std, [0.05, 0.95])
    assert high < 1.25 * low
    dice = np.abs(std * np.random.default_rng(1).standard_normal((50, std.size)))
    honest = [spearmanr(std, drawn).statistic for drawn in dice]
    assert spearmanr(std, error).statistic > np.mean(honest) + 2 * np.std(honest)
