"""Chemical formulas, read into amounts of elements."""

from __future__ import annotations

import re

from matinf.features.rows import RowError, text

_PERIODIC_TABLE = """
    H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se
    Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy
    Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf
    Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""

SYMBOLS: tuple[str, ...] = tuple(_PERIODIC_TABLE.split())
"""The 118 elements in order of atomic number."""

_ELEMENTS = frozenset(SYMBOLS)
SMALLEST_AMOUNT, LARGEST_AMOUNT = 1e-9, 1e9

_AMOUNT = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
_TOKEN = re.compile(
    rf"(?P<open>[(\[{{])\s*|(?:(?P<symbol>[A-Z][a-z]?)|(?P<close>[)\]}}]))\s*(?P<amount>{_AMOUNT})?\s*"
)
_COEFFICIENT = re.compile(rf"\s*({_AMOUNT})?\s*")
_DOT = re.compile("[·•∙⋅*]")
# CuSO4.5H2O: 4.5 oxygen atoms, or 4 and five waters? A guess would be wrong without a sign of it.
_AMBIGUOUS_DOT = re.compile(r"[A-Za-z)\]}]\s*[1-9][0-9]*\.[0-9]+\s*[(\[{]?\s*(?P<guest>H2O|NH3)")
# Fe(III)2O3: not an iodide. A single (I) or (V) may be the element.
_OXIDATION_STATE = re.compile(r"[(\[]\s*(?:II|III|IV|VI|VII|VIII)\s*[)\]]")
_ISOTOPES = {"D": "H", "T": "H"}
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_PARTNER = {"(": ")", "[": "]", "{": "}"}


class FormulaError(RowError):
    """A formula that cannot be used; says which, in which row, why, and what to do."""

    kind = "formula"


class _Unreadable(Exception):
    """Why a formula cannot be read, before it is known which row it stands in."""


def parse_formula(formula: str, *, row: int | None = None) -> dict[str, float]:
    """Read a chemical formula: ``"Ca(OH)2"`` becomes ``{"Ca": 1.0, "O": 2.0, "H": 2.0}``.

    Brackets ``()[]{}`` nest; amounts may be decimals and stand behind what they count; spaces
    between symbols, and subscript digits, are understood; a dot ``·`` (or ``*``) joins parts,
    each with its own amount in front: ``"CuSO4·5H2O"``. Elements keep the order of their first
    appearance, and amounts of one element add up. What has two readings is refused rather than
    guessed: ``"CuSO4.5H2O"``, whose dot may be a decimal point, and ``"Fe(III)2O3"``.

    Args:
        formula: The formula, without charges.
        row: Where it stands in a sequence, counted from 0; named in the error.

    Returns:
        Amount of each element in atoms per formula unit, all above 0.

    Raises:
        FormulaError: if this is not a formula of known elements.
    """
    try:
        return _read_formula(text(formula, row, FormulaError).translate(_SUBSCRIPTS))
    except _Unreadable as problem:
        raise FormulaError(formula, str(problem), row) from None


def _read_formula(formula: str) -> dict[str, float]:
    """Add up the parts that stand between dots, each times the coefficient in front of it."""
    _refuse_two_readings(formula)
    amounts: dict[str, float] = {}
    for part in _DOT.split(formula):
        coefficient = _COEFFICIENT.match(part)
        assert coefficient is not None  # it may be empty, so it always matches
        _add(amounts, _read_part(part[coefficient.end() :]), times=float(coefficient[1] or 1))
    for symbol, amount in amounts.items():
        if not SMALLEST_AMOUNT <= amount <= LARGEST_AMOUNT:
            limits = f"{SMALLEST_AMOUNT:g} and {LARGEST_AMOUNT:g}"
            raise _Unreadable(f"expected amounts between {limits}, found {amount:g} of {symbol}")
    return amounts


def _refuse_two_readings(formula: str) -> None:
    """Stop at what could be read, but perhaps not as it was meant."""
    if dot := _AMBIGUOUS_DOT.search(formula):
        raise _Unreadable(
            f"'.' before {dot['guest']} may be a decimal point or a hydrate's dot; "
            f"write '·', or brackets as in (Na1.5){dot['guest']}"
        )
    if state := _OXIDATION_STATE.search(formula):
        raise _Unreadable(f"{state[0]!r} reads as iodine or vanadium; leave out oxidation states")


def _read_part(part: str) -> dict[str, float]:
    """Read symbols, amounts and brackets; the last of ``groups`` is the innermost open bracket."""
    groups: list[dict[str, float]] = [{}]
    awaited: list[str] = []
    position = 0
    while token := _TOKEN.match(part, position):
        if token["open"]:
            groups.append({})
            awaited.append(_PARTNER[token["open"]])
        elif token["close"]:
            if not awaited or awaited.pop() != token["close"]:
                raise _Unreadable(f"no open bracket for {token['close']!r}; balance the brackets")
            _add(groups[-2], _filled(groups.pop()), times=float(token["amount"] or 1))
        else:
            _add(groups[-1], {_known(token["symbol"]): 1.0}, times=float(token["amount"] or 1))
        position = token.end()
    if position < len(part):
        raise _Unreadable(_explained(part[position:]))
    if awaited:
        raise _Unreadable(f"expected {awaited[-1]!r} before the end; balance the brackets")
    return _filled(groups[0])


def _add(amounts: dict[str, float], more: dict[str, float], *, times: float) -> None:
    for symbol, amount in more.items():
        amounts[symbol] = amounts.get(symbol, 0.0) + times * amount


def _filled(amounts: dict[str, float]) -> dict[str, float]:
    if not amounts:
        raise _Unreadable("expected an element symbol, found nothing; complete the formula")
    return amounts


def _known(symbol: str) -> str:
    if symbol not in _ELEMENTS:
        meant = _ISOTOPES.get(symbol)
        advice = f"write {meant} for an isotope" if meant else "correct the symbol"
        raise _Unreadable(f"expected an element, found {symbol!r}; {advice}")
    return symbol


def _explained(rest: str) -> str:
    """Say what is wrong with the first characters that do not fit, and what to do about them."""
    if re.search(r"[-+−–^⁺⁻]", rest):
        advice = "leave out charges and unknown amounts"
    elif rest[0] == ",":
        advice = "write a decimal point, and an amount for each element of a mixed site"
    elif rest[0] == ".":
        advice = "write the dot of a hydrate as '·'"
    elif rest[0].isdigit():
        advice = "write one amount behind its element or bracket"
    else:
        advice = "correct the spelling; symbols begin with a capital letter"
    return f"expected an element symbol, an amount or a bracket, found {rest[:20]!r}; {advice}"
