"""Sources that ought to help, to do nothing or to hurt: negative transfer made to happen.

A source is built from one pool of computed properties: with another property, with a share of
its labels wrong, or of one chemistry. All are of one size, so that what differs is what they teach
and not how much, but for families that hold fewer compositions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from matinf.features import SYMBOLS, fraction_matrix
from matinf.quantities import Quantity
from matinf.transfer.tasks import TRANSPORT, Groups, Matrix, SourceTask

Kind = Literal["computed", "corrupted", "made up", "elsewhere"]


def _elements(symbols: str) -> frozenset[str]:
    return frozenset(symbols.split())


_NON_METALS = _elements("H B C N O F Si P S Cl Ge As Se Br Sb Te I He Ne Ar Kr Xe Rn At")
_ANIONS = {
    "halides": _elements("F Cl Br I"),
    "oxides": _elements("O"),
    "sulfides": _elements("S"),
    "selenides": _elements("Se"),
    "tellurides": _elements("Te"),
    "pnictides": _elements("N P As Sb"),
}
FAMILIES = (*_ANIONS, "intermetallics", "others")


def families(groups: Groups) -> NDArray[np.str_]:
    """Name the chemical family of each composition by the first anion of ``FAMILIES`` it holds.

    An oxychloride is a halide; what is made of metals alone is an intermetallic.

    Args:
        groups: Compositions as :func:`~matinf.transfer.tasks.composition_keys` names them.

    Returns:
        One of :data:`FAMILIES` each, shape ``(n_samples,)``.
    """
    held = np.asarray(fraction_matrix(groups.tolist()).toarray()) > 0
    found = np.full(len(groups), "others", dtype="<U14")
    found[~_holds(held, _NON_METALS)] = "intermetallics"
    for name, anions in reversed(_ANIONS.items()):
        found[_holds(held, anions)] = name
    return found


def _holds(held: NDArray[np.bool_], elements: frozenset[str]) -> NDArray[np.bool_]:
    columns = [SYMBOLS.index(symbol) for symbol in sorted(elements)]
    return np.asarray(held[:, columns].any(axis=1))


# -- labels that say nothing of a band gap -------------------------------------------------------


def place_in_the_alphabet(groups: Groups) -> Matrix:
    """Mean place of the elements' symbols in the alphabet, 0 for Ac to 1 for Zr."""
    order = np.argsort(np.argsort(SYMBOLS)) / (len(SYMBOLS) - 1)
    return np.asarray(fraction_matrix(groups.tolist()) @ order)


def atoms_in_the_formula(groups: Groups) -> Matrix:
    """Number of atoms of the smallest formula, at most 200: 3 for V2O4."""
    fractions = np.asarray(fraction_matrix(groups.tolist()).toarray())
    atoms = np.full(len(groups), 200.0)
    for n in range(199, 0, -1):
        whole = fractions * n
        atoms[(np.abs(whole - np.round(whole)) < 1e-4 * n).all(axis=1)] = n
    return atoms


def random_function(X: Matrix, *, rng: np.random.Generator, n_waves: int = 50) -> Matrix:
    r"""A smooth function of all features, drawn at random.

    :math:`\sum_k a_k \cos(w_k \cdot z + b_k)`, with standardised features :math:`z`.
    """
    z = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
    w = rng.normal(size=(X.shape[1], n_waves)) / np.sqrt(X.shape[1])
    waves = np.cos(z @ w + rng.uniform(0, 2 * np.pi, n_waves))
    return np.asarray(waves @ rng.normal(size=n_waves))


# -- sources -------------------------------------------------------------------------------------

Labels = Callable[[SourceTask, np.random.Generator], SourceTask]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a source is made of the pool: which compositions, which labels.

    Attributes:
        name: What the reader calls it.
        kind: What is or is not the matter with it.
        label: Makes the labels of the compositions that were drawn.
        family: Draw compositions of this family alone.
    """

    name: str
    kind: Kind
    label: Labels
    family: str | None = None

    def build(
        self, pool: SourceTask, *, n_samples: int = 8000, rng: np.random.Generator
    ) -> SourceTask:
        """Draw ``n_samples`` compositions of the pool (all, if there are fewer) and label them.

        The pool must be without the target's compositions already.
        """
        rows = np.arange(len(pool))
        if self.family is not None:
            rows = np.flatnonzero(families(pool.groups) == self.family)
        rows_rng, label_rng = rng.spawn(2)
        return self.label(pool.rows(rows_rng.permutation(rows)[:n_samples]), label_rng)


def _computed(*names: str) -> Labels:
    def label(pool: SourceTask, _: np.random.Generator) -> SourceTask:
        chosen = pool.outputs(names)
        return chosen.standardised() if len(names) > 1 else replace(chosen, y=chosen.y.ravel())

    return label


def _shuffled(share: float, *names: str) -> Labels:
    """Hand a share of the labels to the wrong compositions; several outputs stay together."""

    def label(pool: SourceTask, rng: np.random.Generator) -> SourceTask:
        right = _computed(*names)(pool, rng)
        wrong = rng.permutation(len(right))[: round(share * len(right))]
        y = right.y.copy()
        y[wrong] = y[rng.permutation(wrong)]
        return replace(right, y=y)

    return label


def _made_up(name: str, values: Callable[[SourceTask, np.random.Generator], Matrix]) -> Labels:
    quantity = Quantity(name=name, label=name.capitalize(), symbol="s", unit="")

    def label(pool: SourceTask, rng: np.random.Generator) -> SourceTask:
        return replace(pool, y=values(pool, rng), quantities=(quantity,))

    return label


_COMPUTED = {
    "ten properties": TRANSPORT,
    "conductivity": ("conductivity_p",),
    "Seebeck coefficient": ("seebeck_p",),
    "effective mass": ("effective_mass_p",),
}
_CORRUPTED = {
    "conductivity, half shuffled": _shuffled(0.5, "conductivity_p"),
    "conductivity, shuffled": _shuffled(1.0, "conductivity_p"),
    "ten properties, shuffled": _shuffled(1.0, *TRANSPORT),
}
_MADE_UP: dict[str, Callable[[SourceTask, np.random.Generator], Matrix]] = {
    "atoms in the formula": lambda pool, _: atoms_in_the_formula(pool.groups),
    "place in the alphabet": lambda pool, _: place_in_the_alphabet(pool.groups),
    "random function": lambda pool, rng: random_function(pool.X, rng=rng),
}
_ELSEWHERE = ("intermetallics", "oxides", "halides", "pnictides")

RECIPES: tuple[Recipe, ...] = (
    *(Recipe(name=n, kind="computed", label=_computed(*c)) for n, c in _COMPUTED.items()),
    *(Recipe(name=n, kind="corrupted", label=label) for n, label in _CORRUPTED.items()),
    *(Recipe(name=n, kind="made up", label=_made_up(n, f)) for n, f in _MADE_UP.items()),
    *(
        Recipe(
            name=f"conductivity of {family}",
            kind="elsewhere",
            label=_computed("conductivity_p"),
            family=family,
        )
        for family in _ELSEWHERE
    ),
)
"""Every source of the part, in the order in which it is drawn."""


def recipe(name: str) -> Recipe:
    """The recipe of this name.

    Raises:
        ValueError: if there is none.
    """
    known = {one.name: one for one in RECIPES}
    if name not in known:
        raise ValueError(f"no source is named {name!r}; there are {sorted(known)}")
    return known[name]
