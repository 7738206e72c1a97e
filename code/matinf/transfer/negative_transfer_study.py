"""Studies of sources that help and sources that hurt, too long for a build.

No source holds a composition of the target. Each has 8,000 compositions, so that a source is not
better than another for being larger; only some families hold fewer. What all 32,323 are worth is
measured on the pages before.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from matinf.splits import Split, grouped_folds
from matinf.studies import Study
from matinf.transfer.combined import SourceModels, seeded, target_trees, untaught
from matinf.transfer.evaluation import learning_curve
from matinf.transfer.fine_tuning import FineTunedRegressor
from matinf.transfer.fine_tuning_study import chosen_settings
from matinf.transfer.negative_transfer import RECIPES, families, recipe
from matinf.transfer.network import FEATURE_LIMIT, Scale
from matinf.transfer.relatedness import (
    domain_similarity,
    explained_by_source,
    log_evidence,
    rehearsed_error,
)
from matinf.transfer.tasks import SourceTask, TargetTask, load_source_task, load_target_task

SEED = 2026
NO_SOURCE = "none"
WHOLE = "all compositions"
TARGETS = (WHOLE, "oxides", "sulfides", "selenides", "tellurides", "halides", "pnictides")
"""The target tasks: all measured gaps, and six chemical families that share no composition."""
N_LABELLED = 100
"""Target samples that pairs of tasks are compared at."""
N_REPEATS = 10

CURVE_SOURCES = (
    "ten properties",
    "place in the alphabet",
    "ten properties, shuffled",
    "conductivity of intermetallics",
)
CURVE_SIZES = (25, 50, 100, 200, 400, 1600)


@cache
def pool() -> SourceTask:
    """All computed properties of compositions that are not in the target."""
    return load_source_task().without(load_target_task().groups)


def _generators(source: str) -> list[np.random.Generator]:
    """Generators of a source: for its compositions and labels, and for its models."""
    number = [one.name for one in RECIPES].index(source)
    return np.random.default_rng([SEED, number]).spawn(2)


def source_task(source: str) -> SourceTask:
    """A source, always the same."""
    return recipe(source).build(pool(), rng=_generators(source)[0])


@cache
def models(source: str) -> SourceModels:
    """Both models of a source, always the same."""
    return SourceModels.taught(source_task(source), rng=_generators(source)[1])


@cache
def target_task(name: str) -> TargetTask:
    """The measured gaps of one of :data:`TARGETS`."""
    task = load_target_task()
    return task if name == WHOLE else task.rows(families(task.groups) == name)


# -- pairs of a source and a target ---------------------------------------------------------------


def labelled(target: str, repeat: int) -> Split:
    """The labelled samples and those to be tested on: the same for every source.

    A fifth of all compositions is tested on, or half of a family.
    """
    rng = np.random.default_rng([SEED, TARGETS.index(target), repeat])
    groups = target_task(target).groups
    n_splits = 5 if target == WHOLE else 2
    train, test = next(grouped_folds(groups, n_splits=n_splits, rng=rng))
    return rng.permutation(train)[:N_LABELLED], test


def errors_with(source: str, target: str, repeat: int) -> dict[str, float]:
    """Mean absolute errors, eV, of every way to use a source; of no source where it is "none"."""
    task, split = target_task(target), labelled(target, repeat)
    if source == NO_SOURCE:
        ways = {"latent": target_trees(), "fine_tuned": FineTunedRegressor()}
    else:
        taught = models(source)
        ways = {"latent": taught.latent(), "fine_tuned": taught.fine_tuned()}
        if target == WHOLE:
            ways |= {
                "latent_alone": taught.latent(passthrough=False),
                "frozen": taught.fine_tuned(n_frozen=2),
            }
    train, test = split
    found = {}
    for name, way in ways.items():
        model = seeded(way, repeat).fit(task.X[train], task.y[train])
        found[name] = float(np.abs(model.predict(task.X[test]) - task.y[test]).mean())
    found["rehearsed"] = rehearsed_error(
        seeded(ways["latent"], repeat),
        task.X[train],
        task.y[train],
        rng=np.random.default_rng(repeat),
    )
    return found


def measures(source: str, target: str, repeat: int) -> dict[str, float]:
    """Relatedness as far as the labelled samples alone can tell."""
    task, (train, _), taught = target_task(target), labelled(target, repeat), models(source)
    X, y, rng = task.X[train], task.y[train], np.random.default_rng([SEED, repeat])
    return {
        "explained": explained_by_source(taught.outputs(X), y, rng=rng),
        "explained_network": explained_by_source(taught.network.predict(X), y, rng=rng),
        "evidence": log_evidence(taught.network.hidden(X), y),
        "similarity": domain_similarity(taught.source.X, X, rng=rng),
    }


_PAIRS = tuple(product(TARGETS, (NO_SOURCE, *(one.name for one in RECIPES))))


def pair_part(number: int, rng: np.random.Generator) -> pd.DataFrame:  # noqa: ARG001
    """Errors and measures of one pair, a row per repeat; all pairs see the same samples."""
    target, source = _PAIRS[number]
    rows = []
    for repeat in range(N_REPEATS):
        row = {"target": target, "source": source, "repeat": repeat}
        row |= errors_with(source, target, repeat)
        rows.append(row | (measures(source, target, repeat) if source != NO_SOURCE else {}))
    return pd.DataFrame(rows, columns=PAIR_COLUMNS)


PAIR_COLUMNS = [
    *("target", "source", "repeat"),
    *("latent", "fine_tuned", "latent_alone", "frozen", "rehearsed"),
    *("explained", "explained_network", "evidence", "similarity"),
]


# -- more and more target data ---------------------------------------------------------------------

_CURVES = tuple(product((NO_SOURCE, *CURVE_SOURCES), range(N_REPEATS)))


def curve_part(number: int, rng: np.random.Generator) -> pd.DataFrame:  # noqa: ARG001
    """Errors of one source and repeat at every size; all sources see the same samples."""
    source, repeat = _CURVES[number]
    ways = {"latent": target_trees(), "fine_tuned": FineTunedRegressor()}
    if source != NO_SOURCE:
        taught = models(source)
        ways = {"latent": taught.latent(), "fine_tuned": taught.fine_tuned()}
        if source == CURVE_SOURCES[0]:
            ways |= {"averaged": taught.averaged(), "stacked": taught.stacked()}
    curves = learning_curve(
        ways,
        load_target_task(),
        sizes=CURVE_SIZES,
        n_repeats=1,
        rng=np.random.default_rng([SEED, repeat]),
    )
    rows = [
        {"source": source, "repeat": repeat, "method": method, "size": size, "mae": mae}
        for method, errors in curves.errors.items()
        for size, mae in zip(CURVE_SIZES, errors[0].tolist(), strict=True)
    ]
    return pd.DataFrame(rows)


# -- one network, taken over in several ways -------------------------------------------------------

N_DRAWS = 20
"""Draws of a hundred labels from all compositions; the first ten are those of the pairs."""
AS_IT_IS, OWN_SCALE, SCALE_ALONE, CHOSEN = "as it is", "own scale", "scale alone", "chosen"
TEN, FOREIGN, ABC = (CURVE_SOURCES[i] for i in (0, 3, 1))


def networks(source: str, train: NDArray[np.intp], repeat: int) -> dict[str, FineTunedRegressor]:
    """Networks that take a source over, by what they take of it or which settings they have.

    ``own scale`` standardises by the training samples and keeps the weights; ``scale alone``
    keeps the scale and draws the weights anew; ``chosen`` has the settings that the study of
    fine-tuning chose, by as many trials with a source as without.
    """
    if source == NO_SOURCE:
        chosen = chosen_settings()["scratch"]
        return {AS_IT_IS: FineTunedRegressor(), CHOSEN: FineTunedRegressor(**chosen)}
    chance = np.random.default_rng(repeat)
    bare = FineTunedRegressor(pretrained=untaught(source_task(source).X, rng=chance))
    if source == ABC:
        return {SCALE_ALONE: bare}
    taught = models(source)
    if source == FOREIGN:
        scale = Scale.of(target_task(WHOLE).X[train], constant=np.inf, limit=FEATURE_LIMIT)
        rescaled = replace(taught.network, x_scale=scale)
        ways = {SCALE_ALONE: bare, OWN_SCALE: taught.fine_tuned().set_params(pretrained=rescaled)}
    else:
        ways = {CHOSEN: taught.fine_tuned().set_params(**chosen_settings()["discriminative"])}
    return {AS_IT_IS: taught.fine_tuned(), **ways}


def network_part(number: int, rng: np.random.Generator) -> pd.DataFrame:  # noqa: ARG001
    """Errors of every such network in one draw; all see the same samples and the same seed."""
    task, (train, test) = target_task(WHOLE), labelled(WHOLE, number)
    rows = []
    for source in (NO_SOURCE, TEN, FOREIGN, ABC):
        for way, network in networks(source, train, number).items():
            model = seeded(network, number).fit(task.X[train], task.y[train])
            missed = np.abs(model.predict(task.X[test]) - task.y[test])
            rows.append({"repeat": number, "source": source, "way": way, "mae": missed.mean()})
    return pd.DataFrame(rows)


_PACKAGES = ("numpy", "scikit-learn", "quantile-forest", "torch")
STUDIES = (
    Study(
        name="negative-transfer-pairs",
        part=pair_part,
        n_parts=len(_PAIRS),
        seed=SEED,
        packages=_PACKAGES,
    ),
    Study(
        name="negative-transfer-curves",
        part=curve_part,
        n_parts=len(_CURVES),
        seed=SEED,
        packages=_PACKAGES,
    ),
    Study(
        name="negative-transfer-networks",
        part=network_part,
        n_parts=N_DRAWS,
        seed=SEED,
        packages=_PACKAGES,
    ),
)
