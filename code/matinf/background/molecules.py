"""A molecule laid out in the plane, with what one atom's fingerprint bits cover of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdDepictor

from matinf.features import morgan_fragments


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What lies within some bonds of an atom, and the bit that it sets."""

    radius: int
    bit: int
    fragment: str
    atoms: tuple[int, ...]
    bonds: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class MoleculeLayout:
    """A structural formula in the plane; lengths in units of RDKit's drawing (bonds of 1.5)."""

    smiles: str
    positions: NDArray[np.float64]  # (n_atoms, 2)
    labels: tuple[str, ...]  # "NH", "O"; empty for a carbon that is drawn as a corner
    bonds: NDArray[np.int64]  # (n_bonds, 3): first atom, second atom, order
    fragments: pd.DataFrame  # as morgan_fragments
    centre: int
    surroundings: tuple[Surroundings, ...]  # by rising radius


def molecule_layout(
    smiles: str, *, centre: int, radius: int = 2, n_bits: int = 1024
) -> MoleculeLayout:
    """Lay a molecule out, and mark the surroundings of one atom up to a radius.

    Args:
        smiles: One molecule.
        centre: Index of the atom, counted from 0 in the order of the SMILES.
        radius: Largest distance, in bonds.
        n_bits: Length of the fingerprint.

    Raises:
        SmilesError: if the SMILES cannot be read.
        ValueError: if the molecule has no such atom.
    """
    fragments = morgan_fragments(smiles, radius=radius, n_bits=n_bits)
    molecule = Chem.MolFromSmiles(smiles)
    if not 0 <= centre < molecule.GetNumAtoms():
        raise ValueError(f"centre: expected 0 to {molecule.GetNumAtoms() - 1}, got {centre}")
    Chem.Kekulize(molecule)
    rdDepictor.Compute2DCoords(molecule, canonOrient=False)
    return MoleculeLayout(
        smiles=smiles,
        positions=molecule.GetConformer().GetPositions()[:, :2],
        labels=tuple(_label(atom) for atom in molecule.GetAtoms()),
        bonds=np.array(
            [
                (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), int(bond.GetBondTypeAsDouble()))
                for bond in molecule.GetBonds()
            ]
        ).reshape(-1, 3),
        fragments=fragments,
        centre=centre,
        surroundings=tuple(
            _surroundings(molecule, row)
            for row in fragments[fragments["atom"] == centre].itertuples()
        ),
    )


def _surroundings(molecule: Chem.Mol, row: Any) -> Surroundings:
    reach, centre = int(row.radius), int(row.atom)
    bonds = tuple(Chem.FindAtomEnvironmentOfRadiusN(molecule, reach, centre)) if reach else ()
    ends = [molecule.GetBondWithIdx(bond) for bond in bonds]
    atoms = {centre}.union(*((end.GetBeginAtomIdx(), end.GetEndAtomIdx()) for end in ends))
    return Surroundings(
        radius=reach,
        bit=int(row.bit),
        fragment=str(row.fragment),
        atoms=tuple(sorted(atoms)),
        bonds=bonds,
    )


def _label(atom: Chem.Atom) -> str:
    """Symbol with its hydrogen atoms, as chemists write them at a corner."""
    if atom.GetSymbol() == "C" and atom.GetDegree() > 0:
        return ""
    count = atom.GetTotalNumHs()
    return atom.GetSymbol() + ("" if count == 0 else "H" if count == 1 else f"H<sub>{count}</sub>")
