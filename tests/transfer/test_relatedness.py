"""Measures of relatedness on pairs of tasks whose right answer is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.linear_model import LinearRegression

from matinf.transfer.combined import SourceModels, seeded, target_trees
from matinf.transfer.relatedness import (
    domain_similarity,
    explained_by_source,
    log_evidence,
    rehearsed_error,
)
from matinf.transfer.tasks import SourceTask

Matrix = np.ndarray
RELATIONS: dict[str, Callable[[Matrix], Matrix]] = {
    "identical": lambda X: X[:, 0] + np.sin(2 * X[:, 1]),
    "linear": lambda X: 40 - 7 * (X[:, 0] + np.sin(2 * X[:, 1])),
    "half": lambda X: X[:, 0] + np.sin(2 * X[:, 1]) + 1.3 * X[:, 3] * X[:, 4],
    "unrelated": lambda X: np.sin(3 * X[:, 5]) + X[:, 6],
}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def features(n: int, seed: int) -> Matrix:
    return rng(seed).normal(size=(n, 8))


@pytest.fixture(scope="module")
def taught() -> dict[str, SourceModels]:
    """What each source taught; the target is always the first of the relations."""
    X = features(2500, 1)
    tasks = {
        name: SourceTask(X=X, y=relation(X), groups=np.arange(len(X)).astype(str))
        for name, relation in RELATIONS.items()
    }
    return {name: SourceModels.taught(task, rng=rng(2)) for name, task in tasks.items()}


def labelled(seed: int, n: int = 100) -> tuple[Matrix, Matrix]:
    X = features(n, 100 + seed)
    return X, RELATIONS["identical"](X)


@pytest.mark.parametrize("model", ["trees", "network"])
def test_explained_variance_ranks_the_sources_rightly(
    taught: dict[str, SourceModels], model: str
) -> None:
    for seed in range(5):
        X, y = labelled(seed)
        found = {}
        for name, models in taught.items():
            outputs = models.outputs(X) if model == "trees" else models.network.predict(X)
            found[name] = explained_by_source(outputs, y, rng=rng(seed))
        assert found["identical"] > 0.85
        assert found["linear"] == pytest.approx(found["identical"], abs=0.05)
        assert found["identical"] - 0.15 > found["half"] > found["unrelated"] + 0.15
        assert -0.2 < found["unrelated"] < 0.1


def test_log_evidence_ranks_the_sources_rightly(taught: dict[str, SourceModels]) -> None:
    for seed in range(5):
        X, y = labelled(seed)
        found = {n: log_evidence(m.network.hidden(X), y) for n, m in taught.items()}
        assert found["linear"] == pytest.approx(found["identical"], abs=0.3)
        assert found["identical"] - 0.1 > found["half"] > found["unrelated"] + 0.02


def test_the_gain_itself_follows(taught: dict[str, SourceModels]) -> None:
    """What the measures are to foretell; rehearsed on the labelled samples, or tested for real."""
    X, y = labelled(0)
    test_X = features(1000, 7)
    test_y = RELATIONS["identical"](test_X)
    real, rehearsed = {}, {}
    for name, model in {n: m.latent() for n, m in taught.items()}.items():
        fitted = seeded(model, 0).fit(X, y)
        real[name] = np.abs(fitted.predict(test_X) - test_y).mean()
        rehearsed[name] = rehearsed_error(seeded(model, 0), X, y, rng=rng())
    alone = np.abs(seeded(target_trees(), 0).fit(X, y).predict(test_X) - test_y).mean()
    for errors in (real, rehearsed):
        assert max(errors["identical"], errors["linear"]) < errors["half"] < errors["unrelated"]
    assert real["half"] < alone
    assert real["unrelated"] > 0.97 * alone


# -- closed forms ------------------------------------------------------------------------------


def test_a_straight_line_is_explained_whole_and_its_scale_does_not_matter() -> None:
    g = rng().normal(size=60)
    assert explained_by_source(g, 3 - 2 * g, rng=rng()) == pytest.approx(1, abs=1e-3)
    y = g + rng(1).normal(size=60)
    once = explained_by_source(g, y, rng=rng())
    assert explained_by_source(1e6 * g, 5 + y / 1e3, rng=rng()) == pytest.approx(once, abs=1e-9)
    assert once == pytest.approx(np.corrcoef(g, y)[0, 1] ** 2, abs=0.08)


def test_many_useless_outputs_do_not_pass_for_related() -> None:
    """In-sample they would: 40 columns explain two fifths of 100 labels of noise."""
    noise, y = rng().normal(size=(100, 40)), rng(1).normal(size=100)
    assert LinearRegression().fit(noise, y).score(noise, y) > 0.3
    assert explained_by_source(noise, y, rng=rng()) < 0.1


def test_log_evidence_is_the_largest_of_all_alphas_and_betas() -> None:
    """Against the multivariate normal density of the labels, written out."""
    F, w = rng(3).normal(size=(40, 5)), np.array([1.0, -0.5, 0, 0, 0.3])
    y = F @ w + 0.5 * rng(4).normal(size=40)
    z, centred = (y - y.mean()) / y.std(), F - F.mean(axis=0)

    def density(alpha: float, beta: float) -> float:
        covariance = np.eye(40) / beta + centred @ centred.T / alpha
        _, log_det = np.linalg.slogdet(2 * np.pi * covariance)
        return float(-(log_det + z @ np.linalg.solve(covariance, z)) / 2 / 40)

    grid = np.logspace(-1.5, 2.5, 81)
    best = max(density(a, b) for a in grid for b in grid)
    found = log_evidence(F, y)
    assert found == pytest.approx(best, abs=1e-3)
    assert found >= best - 1e-6


def test_log_evidence_bears_more_columns_than_samples_and_constant_ones() -> None:
    F = np.hstack([rng().normal(size=(20, 60)), np.ones((20, 3))])
    y = rng(1).normal(size=20)
    assert np.isfinite(log_evidence(F, y))
    assert log_evidence(F, 7 + 3 * y) == pytest.approx(log_evidence(F, y), abs=1e-9)


def test_a_dead_layer_has_the_evidence_of_noise() -> None:
    y = rng(1).normal(size=20)
    expected = norm.logpdf((y - y.mean()) / y.std()).mean()
    for dead in (np.zeros((20, 64)), np.full((20, 3), 0.1), np.empty((20, 0))):
        assert log_evidence(dead, y) == pytest.approx(expected)


def test_similarity_knows_compositions_and_no_labels() -> None:
    X, other = features(400, 1), features(400, 2)
    alike = domain_similarity(X, other, rng=rng())
    apart = domain_similarity(X, other + 5, rng=rng())
    assert alike > -0.4
    assert apart == pytest.approx(-2, abs=0.02)
    assert alike > domain_similarity(X, other + 1, rng=rng()) > apart


def test_rehearsal_never_tests_on_what_it_learnt_from() -> None:
    """A model that remembers everything would err by nothing."""
    X, y = features(60, 1), rng().normal(size=60)
    model = ExtraTreesRegressor(10, random_state=0)
    assert np.abs(model.fit(X, y).predict(X) - y).mean() == pytest.approx(0, abs=1e-9)
    assert rehearsed_error(model, X, y, rng=rng()) > 0.5


@pytest.mark.parametrize(
    "measure", [lambda g, y: explained_by_source(g, y, rng=rng()), log_evidence]
)
def test_bad_input_is_named(measure: Callable[[Matrix, Matrix], float]) -> None:
    with pytest.raises(ValueError, match="one row per label"):
        measure(np.ones((3, 2)), np.arange(4.0))
    with pytest.raises(ValueError, match="all equal"):
        measure(rng().normal(size=(5, 2)), np.ones(5))
    with pytest.raises(ValueError, match="all equal"):  # but for rounding
        measure(rng().normal(size=(30, 2)), np.r_[np.full(29, 0.1), 0.1 + 1e-16])
    for hole in (np.nan, np.inf):
        with pytest.raises(ValueError, match="finite numbers"):
            measure(np.r_[rng().normal(size=9), hole], np.arange(10.0))
        with pytest.raises(ValueError, match="finite numbers"):
            measure(rng().normal(size=10), np.r_[np.arange(9.0), hole])


def test_sides_that_cannot_be_compared_are_named() -> None:
    X = features(30, 1)
    with pytest.raises(ValueError, match="same features"):
        domain_similarity(X, X[:, :4], rng=rng())
    with pytest.raises(ValueError, match="10 samples or more"):
        domain_similarity(X, X[:3], rng=rng())
    with pytest.raises(ValueError, match="finite numbers"):
        domain_similarity(X, np.where(X > 2, np.nan, X), rng=rng())
