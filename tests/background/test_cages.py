"""Molecules seen in space: bonds keep their lengths, atoms keep clear of foreign bonds."""

from __future__ import annotations

import numpy as np
import pytest

from matinf.background.cages import _clearance, _in_space, molecule_view
from matinf.background.molecules import molecule_layout
from matinf.features import SmilesError

CUBANE = "C12C3C4C1C5C2C3C45"


def test_a_cage_is_seen_with_its_bonds_apart() -> None:
    view = molecule_view(CUBANE, rng=np.random.default_rng(1))
    flat = molecule_layout(CUBANE, centre=0)
    assert view.positions.shape == (8, 2)
    assert np.array_equal(view.bonds, flat.bonds)
    lengths = np.linalg.norm(np.subtract(*view.positions[view.bonds[:, :2].T]), axis=1)
    assert lengths.max() < 1.65, "a projection makes no bond of 1.57 Å longer"
    straight_on = np.array([[x, y] for x in (0, 1.57) for y in (0, 1.57)] * 2)
    assert _clearance(view.positions, view.bonds) > 0.2 > _clearance(straight_on, view.bonds)


def test_the_same_generator_gives_the_same_view() -> None:
    one, same, other = (molecule_view("CC1CC1N", rng=np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(one.positions, same.positions)
    assert not np.array_equal(one.positions, other.positions)


def test_an_atom_on_a_foreign_bond_has_no_clearance() -> None:
    bonds = np.array([[0, 1, 1]])
    points = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 0.5]])
    assert _clearance(points, bonds) == pytest.approx(0.5)
    assert _clearance(points * [1, 0], bonds) == 0
    assert _clearance(points[:2], bonds) == np.inf


def test_bonds_in_space_have_the_lengths_of_bonds() -> None:
    atoms = _in_space("CCO", 3, seed=1)
    assert np.linalg.norm(atoms[0] - atoms[1]) == pytest.approx(1.52, abs=0.03)
    assert np.linalg.norm(atoms[1] - atoms[2]) == pytest.approx(1.42, abs=0.03)


def test_what_is_no_molecule_is_refused() -> None:
    with pytest.raises(SmilesError):
        molecule_view("C(", rng=np.random.default_rng(0))
