"""Many small campaigns on invented tasks: what acquisition functions do on average, and how surely.

A task is a draw from the model's own prior, so the model is right about everything but the values;
where it is made wrong, it is wrong on purpose and in one respect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from matinf.active import acquisition
from matinf.active.batches import kriging_believer, local_penalisation, steepest_slope, top_k
from matinf.active.random_search import random_expected_best
from matinf.active.toy import State, Strategy, ToyPosterior, Vector, matern52, run_toy_campaign
from matinf.intervals import Interval, paired_difference_interval

Batch = Callable[[State, int], NDArray[np.intp]]

STRATEGIES: Mapping[str, Strategy] = {
    "exploit": lambda s: acquisition.maximum_mean(s.mean),
    "explore": lambda s: acquisition.maximum_std(s.std),
    "PI": lambda s: acquisition.probability_of_improvement(s.mean, s.std, best=s.best),
    "EI": lambda s: acquisition.log_expected_improvement(s.mean, s.std, best=s.best),
    "UCB": lambda s: acquisition.upper_confidence_bound(s.mean, s.std, beta=2.0),
    "Thompson": lambda s: acquisition.thompson(s.posterior.sample(rng=s.rng)),
    "random": lambda s: acquisition.random_scores(s.mean.size, rng=s.rng),
}
"""The page's strategies by name; EI by its logarithm, which has the same order."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One invented property of all candidates, and the two measured first.

    Attributes:
        truth: Value of every candidate, shape ``(n_pool,)``, in prior standard deviations.
        initial: Candidates measured first, drawn at random.
    """

    truth: Vector
    initial: NDArray[np.intp]


def line_prior(n_pool: int = 101, *, lengthscale: float = 0.05) -> ToyPosterior:
    """Belief before any measurement: candidates evenly spaced from 0 to 1, mean 0, std 1."""
    x = np.linspace(0, 1, n_pool)
    return ToyPosterior(mean=np.zeros(n_pool), covariance=matern52(x, lengthscale=lengthscale))


def draw_tasks(
    prior: ToyPosterior, n_tasks: int, *, n_initial: int = 2, rng: np.random.Generator
) -> list[Task]:
    """Draw properties from a prior, each with its own first candidates."""
    n_pool = prior.mean.size
    return [
        Task(truth=prior.sample(rng=rng), initial=rng.choice(n_pool, n_initial, replace=False))
        for _ in range(n_tasks)
    ]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Several strategies on the same tasks.

    Attributes:
        names: The strategies.
        regret: Simple regret after the first candidates and after each choice (or batch),
            shape ``(n_strategies, n_tasks, n_steps + 1)``.
        model_error: Root mean squared error of the last model, ``(n_strategies, n_tasks)``.
        per_step: Measurements in a step.
    """

    names: list[str]
    regret: NDArray[np.float64]
    model_error: NDArray[np.float64]
    per_step: int = 1

    def of(self, name: str) -> NDArray[np.float64]:
        """Regret of one strategy, shape ``(n_tasks, n_steps + 1)``."""
        return self.regret[self.names.index(name)]

    def band(self, name: str, *, rng: np.random.Generator) -> NDArray[np.float64]:
        """Mean regret over tasks and its 95 % bootstrap interval, ``(3, n_steps + 1)``."""
        return mean_band(self.of(name), rng=rng)

    def at(self, step: int, *, rng: np.random.Generator) -> NDArray[np.float64]:
        """Mean regret of all strategies after some steps with its interval, ``(3, n_names)``."""
        return mean_band(self.regret[:, :, step].T, rng=rng)

    def difference(self, a: str, b: str, *, step: int, rng: np.random.Generator) -> Interval:
        """Mean of the regret of ``a`` less that of ``b`` on the same tasks after some steps."""
        return paired_difference_interval(self.of(a)[:, step], self.of(b)[:, step], rng=rng)


def mean_band(values: ArrayLike, *, rng: np.random.Generator) -> NDArray[np.float64]:
    """Mean over the first axis with its 95 % bootstrap interval: estimate, low, high."""
    sample = np.asarray(values, dtype=float)
    n = len(sample)
    means = rng.multinomial(n, np.full(n, 1 / n), 2000) @ sample.reshape(n, -1) / n
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    return np.stack([sample.reshape(n, -1).mean(axis=0), low, high])


def compare(
    strategies: Mapping[str, Strategy],
    tasks: Sequence[Task],
    prior: ToyPosterior,
    *,
    n_steps: int,
    rng: np.random.Generator,
) -> Comparison:
    """Run every strategy on every task, one measurement a step.

    Args:
        strategies: Strategies by name.
        tasks: Their tasks.
        prior: The model before any measurement; the tasks may have been drawn from another.
        n_steps: Choices per campaign.
        rng: Split over campaigns: each draws from a generator of its own.
    """
    regret = np.empty((len(strategies), len(tasks), n_steps + 1))
    error = np.empty(regret.shape[:2])
    for i, strategy in enumerate(strategies.values()):
        for t, (task, own) in enumerate(zip(tasks, rng.spawn(len(tasks)), strict=True)):
            run = run_toy_campaign(
                task.truth, prior, strategy, initial=task.initial, n_steps=n_steps, rng=own
            )
            regret[i, t], error[i, t] = run.regret, run.model_error
    return Comparison(names=list(strategies), regret=regret, model_error=error)


def random_regret(tasks: Sequence[Task]) -> NDArray[np.float64]:
    """Expected regret of random search after 1, 2, ... measurements, closed form, ``(n_pool,)``.

    The mean over the tasks of what each would give: the first candidates are random as well.
    """
    expected = [t.truth.max() - random_expected_best(t.truth, t.truth.size) for t in tasks]
    return np.mean(expected, axis=0)


def wrong_std(factor: float) -> Mapping[str, Strategy]:
    """The strategies that use a standard deviation, each told ``factor`` times the true one."""
    return {
        "PI": lambda s: acquisition.probability_of_improvement(s.mean, factor * s.std, best=s.best),
        "EI": lambda s: acquisition.expected_improvement(s.mean, factor * s.std, best=s.best),
        "log EI": lambda s: acquisition.log_expected_improvement(
            s.mean, factor * s.std, best=s.best
        ),
        "UCB": lambda s: acquisition.upper_confidence_bound(s.mean, factor * s.std, beta=2.0),
        "Thompson": lambda s: s.mean + factor * (s.posterior.sample(rng=s.rng) - s.mean),
    }


# -- batches -----------------------------------------------------------------------------------


def _top(state: State, k: int) -> NDArray[np.intp]:
    scores = acquisition.log_expected_improvement(state.mean, state.std, best=state.best)
    return top_k(scores, k, available=state.available)


def _believer(state: State, k: int) -> NDArray[np.intp]:
    return kriging_believer(
        state.posterior,
        acquisition.log_expected_improvement,
        k,
        best=state.best,
        available=state.available,
    )


def _penalised(state: State, k: int) -> NDArray[np.intp]:
    x = np.linspace(0, 1, state.mean.size)

    def away(j: int) -> Vector:
        return np.abs(x - x[j])

    return local_penalisation(
        acquisition.log_expected_improvement(state.mean, state.std, best=state.best),
        state.mean,
        state.std,
        k,
        best=state.best,
        lipschitz=steepest_slope(state.mean, away, anchors=np.arange(0, x.size, 4)),
        distances=away,
        available=state.available,
    )


BATCHES: Mapping[str, Batch] = {
    "top k": _top,
    "kriging believer": _believer,
    "local penalisation": _penalised,
}
"""Ways to choose a batch by expected improvement on the line."""


def compare_batches(
    batches: Mapping[str, Batch],
    tasks: Sequence[Task],
    prior: ToyPosterior,
    *,
    k: int,
    n_steps: int,
    rng: np.random.Generator,
) -> Comparison:
    """Run every way of choosing a batch on every task, k measurements a step."""
    regret = np.empty((len(batches), len(tasks), n_steps + 1))
    error = np.empty(regret.shape[:2])
    for i, choose in enumerate(batches.values()):
        for t, (task, own) in enumerate(zip(tasks, rng.spawn(len(tasks)), strict=True)):
            truth, measured = task.truth, task.initial.tolist()
            posterior = prior.fantasise(measured, truth[measured])
            best = [truth[measured].max()]
            for _ in range(n_steps):
                available = ~np.isin(np.arange(truth.size), measured)
                state = State(posterior=posterior, best=best[-1], available=available, rng=own)
                chosen = choose(state, k)
                posterior = posterior.fantasise(chosen, truth[chosen])
                measured.extend(chosen.tolist())
                best.append(truth[measured].max())
            regret[i, t] = truth.max() - np.array(best)
            error[i, t] = np.sqrt(np.mean((posterior.mean - truth) ** 2))
    return Comparison(names=list(batches), regret=regret, model_error=error, per_step=k)
