"""Every column's name, label, symbol and unit, in one place.

Tables, axis titles and prose take them from here, so that a quantity is called the same and
carries the same unit on every page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Quantity:
    r"""A measurable or computed quantity, as the book names it.

    Attributes:
        name: The data column, for example ``"gap"``.
        label: The name in words, for an axis or a table head; begins with a capital.
        symbol: LaTeX without dollars, for example ``r"E_\mathrm{g}"``.
        unit: As printed, for example ``"eV"``; empty for counts, names and ratios.
    """

    name: str
    label: str
    symbol: str
    unit: str = ""

    @property
    def axis(self) -> str:
        """Title of an axis: the label with its unit, ``"Measured band gap (eV)"``."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a quantity without name or label."""
        if not self.name or not self.label:
            raise ValueError(f"a quantity needs a name and a label, got {self!r}")


def _carriers(name: str, label: str, symbol: str, unit: str) -> tuple[Quantity, Quantity]:
    """One transport quantity for holes (p) and for electrons (n)."""
    holes = Quantity(name=f"{name}_p", label=f"{label}, holes", symbol=f"{symbol}^p", unit=unit)
    electrons = Quantity(
        name=f"{name}_n", label=f"{label}, electrons", symbol=f"{symbol}^n", unit=unit
    )
    return holes, electrons


def _magpie(name: str, label: str, symbol: str, unit: str = "") -> Quantity:
    """One of Magpie's element properties, under Magpie's own name."""
    return Quantity(name=name, label=label, symbol=symbol, unit=unit)


_MEASURED = (
    Quantity(name="formula", label="Composition", symbol=r"\mathrm{formula}"),
    Quantity(name="gap", label="Measured band gap", symbol=r"E_\mathrm{g}", unit="eV"),
)

# Transport is computed for a constant relaxation time, which the source leaves out: it gives
# the conductivities and the power factor divided by it. The file's numbers are those for 1 fs.
_TRANSPORT = (
    Quantity(name="material_id", label="Materials Project entry", symbol=r"\mathrm{id}"),
    *_carriers("seebeck", "Seebeck coefficient", "S", "µV/K"),
    *_carriers("conductivity", "Conductivity at τ = 1 fs", r"\sigma", "S/m"),
    *_carriers(
        *("thermal_conductivity", "Electronic thermal conductivity at τ = 1 fs"),
        *(r"\kappa_\mathrm{e}", "µW/(m K)"),
    ),
    *_carriers("power_factor", "Power factor at τ = 1 fs", r"\mathrm{PF}", "µW/(m K²)"),
    *_carriers("effective_mass", "Conductivity effective mass", "m", "electron masses"),
)

_ELEMENTS = (
    Quantity(name="symbol", label="Element", symbol=r"\mathrm{El}"),
    Quantity(name="atomic_number", label="Atomic number", symbol="Z"),
    _magpie("Number", "Atomic number", "Z"),
    _magpie("MendeleevNumber", "Mendeleev number", r"M"),
    _magpie("AtomicWeight", "Atomic weight", r"A_\mathrm{r}", "u"),
    _magpie("MeltingT", "Melting temperature", r"T_\mathrm{m}", "K"),
    _magpie("Column", "Column of the periodic table", "g"),
    _magpie("Row", "Row of the periodic table", "r"),
    _magpie("CovalentRadius", "Covalent radius", r"r_\mathrm{cov}", "pm"),
    _magpie("Electronegativity", "Electronegativity (Pauling)", r"\chi"),
    _magpie("NsValence", "Valence s electrons", "N_s"),
    _magpie("NpValence", "Valence p electrons", "N_p"),
    _magpie("NdValence", "Valence d electrons", "N_d"),
    _magpie("NfValence", "Valence f electrons", "N_f"),
    _magpie("NValence", "Valence electrons", "N_v"),
    _magpie("NsUnfilled", "Unfilled s states", r"N_s^\circ"),
    _magpie("NpUnfilled", "Unfilled p states", r"N_p^\circ"),
    _magpie("NdUnfilled", "Unfilled d states", r"N_d^\circ"),
    _magpie("NfUnfilled", "Unfilled f states", r"N_f^\circ"),
    _magpie("NUnfilled", "Unfilled valence states", r"N_v^\circ"),
    _magpie("GSvolume_pa", "DFT volume per atom of the ground state", r"V_0", "Å³"),
    _magpie("GSbandgap", "DFT band gap of the ground state", r"E_\mathrm{g}^\mathrm{DFT}", "eV"),
    _magpie("GSmagmom", "DFT magnetic moment per atom of the ground state", r"\mu", "µB"),
    _magpie("SpaceGroupNumber", "Space group number of the ground state", r"\mathrm{SG}"),
)

_MOLECULES = (
    Quantity(name="qm9_index", label="QM9 index", symbol="i"),
    Quantity(name="smiles", label="Molecule", symbol=r"\mathrm{SMILES}"),
    Quantity(name="homo", label="HOMO energy", symbol=r"\varepsilon_\mathrm{HOMO}", unit="Hartree"),
    Quantity(name="lumo", label="LUMO energy", symbol=r"\varepsilon_\mathrm{LUMO}", unit="Hartree"),
    Quantity(
        name="homo_lumo_gap",
        label="HOMO-LUMO gap",
        symbol=r"\Delta\varepsilon",
        unit="Hartree",
    ),
)

QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {quantity.name: quantity for quantity in (*_MEASURED, *_TRANSPORT, *_ELEMENTS, *_MOLECULES)}
)
"""Every data column's :class:`Quantity`, by the column's name. Read-only."""
