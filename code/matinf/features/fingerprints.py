"""Molecules: SMILES to Morgan fingerprints, by RDKit."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdFingerprintGenerator

from matinf.features.rows import RowError, listed, text


class SmilesError(RowError):
    """A SMILES that cannot be used; says which, in which row, why, and what to do."""

    kind = "SMILES"


def morgan_fingerprints(
    smiles: Iterable[str], *, radius: int = 2, n_bits: int = 1024
) -> NDArray[np.uint8]:
    """Hash the surroundings of every atom of every molecule into bits :cite:`rogers2010`.

    For each atom, and each r from 0 to ``radius``, the fragment within r bonds of the atom gets
    a number; its bit, the number modulo ``n_bits``, is set to 1. Different fragments may share a
    bit.

    Args:
        smiles: The molecules, ``n_samples`` of them; duplicates are kept.
        radius: Largest distance from the central atom, in bonds.
        n_bits: Length of the fingerprint.

    Returns:
        Bits 0 or 1, shape ``(n_samples, n_bits)``.

    Raises:
        SmilesError: naming the first SMILES that cannot be read, and its row.
        ValueError: if ``radius`` is negative or ``n_bits`` is not positive.
    """
    generator = _generator(radius, n_bits)
    bits = [generator.GetFingerprintAsNumPy(molecule) for molecule in _molecules(smiles)]
    return np.array(bits, dtype=np.uint8).reshape(len(bits), n_bits)


def morgan_fragments(smiles: str, *, radius: int = 2, n_bits: int = 1024) -> pd.DataFrame:
    """List which fragment of a molecule sets which bit of its Morgan fingerprint.

    Args:
        smiles: One molecule.
        radius: Largest distance from the central atom, in bonds.
        n_bits: Length of the fingerprint.

    Returns:
        One row per fragment: its ``bit``, the index of its central ``atom``, its ``radius`` in
        bonds and the ``fragment`` as SMILES, ordered by radius and atom. Of fragments that cover
        the same bonds, RDKit keeps one.

    Raises:
        SmilesError: if the SMILES cannot be read.
        ValueError: if ``radius`` is negative or ``n_bits`` is not positive.
    """
    (molecule,) = _molecules([smiles])
    found = rdFingerprintGenerator.AdditionalOutput()
    found.AllocateBitInfoMap()
    _generator(radius, n_bits).GetFingerprint(molecule, additionalOutput=found)
    rows = [
        (bit, atom, reach, _fragment(molecule, atom, reach))
        for bit, centres in found.GetBitInfoMap().items()
        for atom, reach in centres
    ]
    table = pd.DataFrame(rows, columns=["bit", "atom", "radius", "fragment"])
    return table.sort_values(["radius", "atom"], ignore_index=True)


def _fragment(molecule: Chem.Mol, atom: int, radius: int) -> str:
    """SMILES of the atoms within ``radius`` bonds of one atom, written from that atom outwards."""
    bonds = list(Chem.FindAtomEnvironmentOfRadiusN(molecule, radius, atom)) if radius else []
    ends = [molecule.GetBondWithIdx(bond) for bond in bonds]
    atoms = {atom}.union(*((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in ends))
    return str(Chem.MolFragmentToSmiles(molecule, list(atoms), bonds, rootedAtAtom=atom))


def _generator(radius: int, n_bits: int) -> rdFingerprintGenerator.FingerprintGenerator64:
    if radius < 0 or n_bits < 1:
        raise ValueError(f"expected radius >= 0 and n_bits >= 1, found {radius} and {n_bits}")
    return rdFingerprintGenerator.GetMorganGenerator(radius=radius, fpSize=n_bits)


def _molecules(smiles: Iterable[str]) -> list[Chem.Mol]:
    # RDKit writes its complaints to standard error; here they become the text of an exception.
    with rdBase.BlockLogs():
        return [_molecule(one, row) for row, one in enumerate(listed(smiles))]


def _molecule(smiles: str, row: int) -> Chem.Mol:
    spelled = text(smiles, row, SmilesError).strip()
    if not spelled:
        raise SmilesError(smiles, "expected a SMILES, found nothing; drop or mend this row", row)
    if strange := next((character for character in spelled if not character.isascii()), ""):
        # RDKit would pass over some of them: "CCOé" would be ethanol.
        problem = f"expected letters, digits and signs of ASCII, found {strange!r}; correct it"
        raise SmilesError(smiles, problem, row)
    if len(spelled.split()) != 1:  # RDKit would read "C O" as methane, and O as its name
        raise SmilesError(smiles, "expected one SMILES without spaces; drop or mend this row", row)
    molecule = _read(spelled)
    if molecule is None:
        raise SmilesError(smiles, f"{_reason(spelled)}; correct it or drop this row", row)
    return molecule


def _read(smiles: str, *, sanitize: bool = True) -> Chem.Mol | None:
    return Chem.MolFromSmiles(smiles, sanitize=sanitize)  # RDKit's types leave out its None


def _reason(smiles: str) -> str:
    """Why RDKit refuses a SMILES: its spelling, or the chemistry of what is spelled."""
    spelled = _read(smiles, sanitize=False)
    if spelled is None:
        return "expected the spelling of a molecule, found a syntax error"
    problems = [problem.Message() for problem in Chem.DetectChemistryProblems(spelled)]
    return f"expected a possible molecule, found {' and '.join(problems) or 'an impossible one'}"
