"""A molecule seen in space: for cages, which no drawing in the plane does justice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers
from scipy.spatial.transform import Rotation

from matinf.background.molecules import MoleculeLayout, molecule_layout


def molecule_view(smiles: str, *, rng: np.random.Generator, n_views: int = 300) -> MoleculeLayout:
    """Build a molecule in space and look at it from where its atoms hide no bond.

    RDKit embeds the molecule and relaxes it in the MMFF force field; of random views the one is
    taken in which the atom nearest to a foreign bond is farthest from it.

    Args:
        smiles: One molecule.
        rng: Source of the embedding's start and of the views.
        n_views: How many views to try.

    Raises:
        SmilesError: if the SMILES cannot be read.
        ValueError: if no place in space is found for its atoms.
    """
    layout = molecule_layout(smiles, centre=0)
    atoms = _in_space(smiles, len(layout.positions), seed=int(rng.integers(2**31)))
    views = [(atoms @ turn)[:, :2] for turn in Rotation.random(n_views, rng).as_matrix()]
    clear = [_clearance(view, layout.bonds) for view in views]
    return replace(layout, positions=views[int(np.argmax(clear))])


def _in_space(smiles: str, n_atoms: int, *, seed: int) -> NDArray[np.float64]:
    """Places of the atoms that are not hydrogen, in ångström, shape ``(n_atoms, 3)``."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    if rdDistGeom.EmbedMolecule(molecule, randomSeed=seed) != 0:
        raise ValueError(f"{smiles}: no place in space was found for its atoms")
    rdForceFieldHelpers.MMFFOptimizeMolecule(molecule)
    return np.asarray(molecule.GetConformer().GetPositions()[:n_atoms])


def _clearance(view: NDArray[np.float64], bonds: NDArray[np.int64]) -> float:
    """Smallest distance of an atom from a bond that it is not part of, in the plane."""
    start, along = view[bonds[:, 0]], view[bonds[:, 1]] - view[bonds[:, 0]]
    lengths = np.maximum(np.einsum("ij,ij->i", along, along), 1e-12)
    away = view[:, None] - start  # (n_atoms, n_bonds, 2)
    share = np.clip(np.einsum("abi,bi->ab", away, along) / lengths, 0, 1)
    gaps = np.linalg.norm(away - share[..., None] * along, axis=-1)
    gaps[bonds[:, 0], np.arange(len(bonds))] = np.inf
    gaps[bonds[:, 1], np.arange(len(bonds))] = np.inf
    return float(gaps.min(initial=np.inf))
