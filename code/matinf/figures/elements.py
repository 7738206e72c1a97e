"""The elements: symbols, names and places in the periodic table.

Group 3 holds Sc, Y, Lu and Lr, as IUPAC's provisional report proposes :cite:`scerri2021`; the
fourteen before lutetium and lawrencium stand in two rows of their own.
"""

from typing import NamedTuple

_SYMBOLS = """
H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm
Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No
Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""

_NAMES = """
hydrogen helium lithium beryllium boron carbon nitrogen oxygen fluorine neon sodium magnesium
aluminium silicon phosphorus sulfur chlorine argon potassium calcium scandium titanium vanadium
chromium manganese iron cobalt nickel copper zinc gallium germanium arsenic selenium bromine
krypton rubidium strontium yttrium zirconium niobium molybdenum technetium ruthenium rhodium
palladium silver cadmium indium tin antimony tellurium iodine xenon caesium barium lanthanum
cerium praseodymium neodymium promethium samarium europium gadolinium terbium dysprosium holmium
erbium thulium ytterbium lutetium hafnium tantalum tungsten rhenium osmium iridium platinum gold
mercury thallium lead bismuth polonium astatine radon francium radium actinium thorium
protactinium uranium neptunium plutonium americium curium berkelium californium einsteinium
fermium mendelevium nobelium lawrencium rutherfordium dubnium seaborgium bohrium hassium
meitnerium darmstadtium roentgenium copernicium nihonium flerovium moscovium livermorium
tennessine oganesson
"""

_NOBLE = (0, 2, 10, 18, 36, 54, 86, 118)  # atomic numbers that end the periods


class Element(NamedTuple):
    """An element and its place: ``group`` is 0 for the lanthanides and actinides apart."""

    number: int
    symbol: str
    name: str
    period: int
    group: int

    @property
    def row(self) -> int:
        """Row of the drawn table: the period, or 9 and 10 for the rows that stand apart."""
        return self.period if self.group else self.period + 3

    @property
    def column(self) -> int:
        """Column of the drawn table, 1 to 18."""
        return self.group or self.number - _NOBLE[self.period - 1]

    @property
    def family(self) -> str:
        """Name of its family, as chemists say it."""
        if not self.group:
            return "lanthanides" if self.period == 6 else "actinides"
        return _FAMILIES.get(self.group, "transition metals")


_FAMILIES = {
    1: "alkali metals",
    2: "alkaline earths",
    13: "boron group",
    14: "carbon group",
    15: "pnictogens",
    16: "chalcogens",
    17: "halogens",
    18: "noble gases",
}


def _element(number: int, symbol: str, name: str) -> Element:
    period = next(p for p in range(1, 8) if number <= _NOBLE[p])
    place, to_end = number - _NOBLE[period - 1], _NOBLE[period] - number
    if place <= 2 and number != 2:
        group = place
    else:
        group = 18 - to_end if to_end < 16 else 0
    return Element(number, symbol, name, period, group)


ELEMENTS: dict[str, Element] = {
    symbol: _element(i + 1, symbol, name)
    for i, (symbol, name) in enumerate(zip(_SYMBOLS.split(), _NAMES.split(), strict=True))
}


def chemical_order(element: Element) -> tuple[float, int]:
    """Sort key that keeps families together: down group 1, down group 2, the f block, on to 18.

    Like Mendeleev numbers, neighbours in this order are chemically alike.
    """
    if element.group:
        return (float(element.group), element.period)
    return (2.0 + element.period / 10, element.number)
