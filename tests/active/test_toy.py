"""The small Gaussian process against the textbook, and the campaigns on it."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.active import toy_study
from matinf.active.toy import State, ToyPosterior, matern52, run_toy_campaign


def conditioned(prior: ToyPosterior, seen: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    """Mean and covariance by one matrix inverse."""
    K = prior.covariance
    inside = np.linalg.inv(K[np.ix_(seen, seen)] + prior.noise_std**2 * np.eye(seen.size))
    gain = K[:, seen] @ inside
    return prior.mean + gain @ (y - prior.mean[seen]), K - gain @ K[seen]


def test_measuring_one_after_the_other_is_measuring_all_at_once() -> None:
    rng = np.random.default_rng(0)
    prior = ToyPosterior(
        mean=rng.normal(size=30), covariance=matern52(rng.random((30, 2)), lengthscale=0.3),
        noise_std=0.1,
    )  # fmt: skip
    seen, y = np.array([3, 17, 8, 3]), rng.normal(size=4)
    posterior = prior.fantasise(seen, y)
    mean, covariance = conditioned(prior, seen, y)
    np.testing.assert_allclose(posterior.mean, mean, atol=1e-10)
    np.testing.assert_allclose(posterior.covariance, covariance, atol=1e-10)
    np.testing.assert_allclose(posterior.std, np.sqrt(np.diag(covariance)), atol=1e-8)
    assert prior.std.max() == pytest.approx(1)


def test_the_covariance_agrees_with_scikit_learn() -> None:
    from sklearn.gaussian_process.kernels import Matern

    X = np.random.default_rng(1).random((12, 3))
    expected = Matern(length_scale=0.4, nu=2.5)(X)
    np.testing.assert_allclose(matern52(X, lengthscale=0.4), expected, atol=1e-12)
    with pytest.raises(ValueError, match="lengthscale"):
        matern52(X, lengthscale=0)


def test_draws_have_mean_and_covariance() -> None:
    posterior = toy_study.line_prior(6, lengthscale=0.3).measured(2, 1.0)
    rng = np.random.default_rng(2)
    draws = np.stack([posterior.sample(rng=rng) for _ in range(20_000)])
    np.testing.assert_allclose(draws.mean(axis=0), posterior.mean, atol=0.04)
    np.testing.assert_allclose(np.cov(draws.T), posterior.covariance, atol=0.04)


def test_a_campaign_measures_each_candidate_once_and_remembers() -> None:
    prior = toy_study.line_prior(12, lengthscale=0.2)
    task = toy_study.draw_tasks(prior, 1, rng=np.random.default_rng(3))[0]
    run = run_toy_campaign(
        task.truth, prior, toy_study.STRATEGIES["EI"], initial=task.initial, n_steps=10,
        rng=np.random.default_rng(4), remember=True,
    )  # fmt: skip
    assert sorted(run.measured) == list(range(12))
    assert run.mean.shape == run.std.shape == (11, 12)
    assert run.regret.shape == (11,)
    assert run.regret[-1] == 0
    assert run.model_error < 0.01
    for step in range(10):
        seen = run.measured[: 2 + step]
        mean, _ = conditioned(prior, seen, task.truth[seen])
        np.testing.assert_allclose(run.mean[step], mean, atol=1e-6)
        left = np.setdiff1d(np.arange(12), seen)
        assert run.measured[2 + step] == left[np.argmax(run.scores[step][left])]
    with pytest.raises(ValueError, match="expected up to 10"):
        run_toy_campaign(
            task.truth, prior, toy_study.STRATEGIES["EI"], initial=task.initial, n_steps=11,
            rng=np.random.default_rng(4),
        )  # fmt: skip


def test_a_strategy_never_sees_the_value_of_an_unmeasured_candidate() -> None:
    prior = toy_study.line_prior(15, lengthscale=0.2)
    task = toy_study.draw_tasks(prior, 1, rng=np.random.default_rng(5))[0]
    seen: list[int] = task.initial.tolist()
    other = np.random.default_rng(6).normal(size=15)

    def scores(state: State) -> np.ndarray:
        measured = np.flatnonzero(~state.available)
        hidden = np.where(state.available, other, task.truth)  # the rest replaced by anything
        mean, _ = conditioned(prior, measured, hidden[measured])
        np.testing.assert_allclose(state.mean, mean, atol=1e-6)
        assert state.best == task.truth[measured].max()
        return state.std

    run = run_toy_campaign(
        task.truth, prior, scores, initial=seen, n_steps=5, rng=np.random.default_rng(0)
    )
    assert run.measured[:2].tolist() == seen


def test_every_strategy_sees_the_same_tasks_and_dice_of_its_own() -> None:
    prior = toy_study.line_prior(21, lengthscale=0.1)
    tasks = toy_study.draw_tasks(prior, 5, rng=np.random.default_rng(7))
    wanted = {name: toy_study.STRATEGIES[name] for name in ("EI", "random")}
    runs = toy_study.compare(wanted, tasks, prior, n_steps=4, rng=np.random.default_rng(8))
    again = toy_study.compare(wanted, tasks, prior, n_steps=4, rng=np.random.default_rng(8))
    np.testing.assert_array_equal(runs.regret, again.regret)
    assert runs.regret.shape == (2, 5, 5)
    np.testing.assert_array_equal(runs.of("EI")[:, 0], runs.of("random")[:, 0])
    assert (np.diff(runs.regret, axis=2) <= 0).all()
    assert runs.at(4, rng=np.random.default_rng(0)).shape == (3, 2)
    difference = runs.difference("EI", "random", step=4, rng=np.random.default_rng(0))
    expected = (runs.of("EI") - runs.of("random"))[:, 4].mean()
    assert difference.estimate == pytest.approx(expected)


def test_the_band_of_a_mean_is_that_of_a_normal_sample() -> None:
    sample = np.random.default_rng(9).normal(3, 2, size=(400, 3))
    estimate, low, high = toy_study.mean_band(sample, rng=np.random.default_rng(10))
    np.testing.assert_allclose(estimate, sample.mean(axis=0))
    np.testing.assert_allclose(high - low, 2 * 1.96 * 2 / 20, rtol=0.15)


def test_batches_take_k_new_candidates_a_step() -> None:
    prior = toy_study.line_prior(31, lengthscale=0.1)
    tasks = toy_study.draw_tasks(prior, 3, rng=np.random.default_rng(11))
    taken: list[int] = []

    def four(state: State, k: int) -> np.ndarray:
        chosen = toy_study.BATCHES["kriging believer"](state, k)
        assert state.available[chosen].all()
        taken.extend(chosen.tolist())
        return chosen

    runs = toy_study.compare_batches(
        {"believer": four}, tasks[:1], prior, k=4, n_steps=3, rng=np.random.default_rng(12)
    )
    assert len(set(taken)) == 12
    assert runs.regret.shape == (1, 1, 4)
    assert runs.per_step == 4
    best = max(tasks[0].truth[[*taken, *tasks[0].initial]])
    assert runs.of("believer")[0, -1] == pytest.approx(tasks[0].truth.max() - best)


def test_random_search_in_closed_form_is_what_the_dice_do() -> None:
    prior = toy_study.line_prior(21, lengthscale=0.05)
    tasks = toy_study.draw_tasks(prior, 40, rng=np.random.default_rng(13))
    blind = toy_study.random_regret(tasks)
    values = np.stack([task.truth for task in tasks])
    rng = np.random.default_rng(14)
    regrets = []
    for _ in range(400):
        drawn = np.maximum.accumulate(rng.permuted(values, axis=1), axis=1)
        regrets.append((values.max(axis=1, keepdims=True) - drawn).mean(axis=0))
    error = np.std(regrets, axis=0) / np.sqrt(400)
    assert (np.abs(np.mean(regrets, axis=0) - blind) < 5 * error + 1e-9).all()
