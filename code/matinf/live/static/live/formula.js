// Chemical formulas, read into amounts of elements: the grammar of matinf.features.parse_formula,
// with the same words for what cannot be read.

/** The 118 elements in order of atomic number. */
export const SYMBOLS = `
  H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se
  Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy
  Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf
  Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
`.trim().split(/\s+/);

const NUMBERS = new Map(SYMBOLS.map((symbol, number) => [symbol, number]));
const MEANT = 98; // elements that a word in small letters may mean: up to californium
const ISOTOPES = { D: "H", T: "H" };
const [SMALLEST, LARGEST] = [1e-9, 1e9]; // atoms per formula unit

// White space as Python counts it; JavaScript's own \s has other characters at its edges.
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*";
const AMOUNT = "[0-9]+(?:\\.[0-9]+)?|\\.[0-9]+";
const TOKEN = new RegExp(
  `(?<open>[(\\[{])${SPACE}` +
    `|(?:(?<symbol>[A-Z][a-z]?)|(?<close>[)\\]}]))${SPACE}(?<amount>${AMOUNT})?${SPACE}`,
  "y",
);
const COEFFICIENT = new RegExp(`^${SPACE}(${AMOUNT})?${SPACE}`);
const DOT = /[\u00b7\u2022\u2219\u22c5*]/;
// CuSO4.5H2O: 4.5 oxygen atoms, or 4 and five waters? A guess would be wrong without a sign of it.
const AMBIGUOUS_DOT = new RegExp(
  `[A-Za-z)\\]}]${SPACE}[1-9][0-9]*\\.[0-9]+${SPACE}[(\\[{]?${SPACE}(?<guest>H2O|NH3)`,
);
// Fe(III)2O3: not an iodide. A single (I) or (V) may be the element.
const OXIDATION_STATE = new RegExp(`[(\\[]${SPACE}(?:II|III|IV|VI|VII|VIII)${SPACE}[)\\]]`);
const CHARGE = /[-+\u2212\u2013^\u207a\u207b]/;
const DIGIT = /[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2460-\u2468\u2776-\u277e]/u;
const UNPRINTABLE = /[\p{C}\p{Z}]/u;
const PARTNER = { "(": ")", "[": "]", "{": "}" };
const SHOWN = 20; // characters of what cannot be read

/** A text that is no formula; `kind` says in one word why, the message what to do. */
export class FormulaError extends Error {
  /** @param {string} kind @param {string} message */
  constructor(kind, message) {
    super(message);
    this.name = "FormulaError";
    this.kind = kind;
  }
}

/**
 * Amounts of the elements of a formula, in the order in which they first appear:
 * `Ca(OH)2` gives Ca 1, O 2, H 2.
 *
 * Brackets nest; amounts may be decimals; a dot joins parts, each with its amount in front.
 * @param {string} formula
 * @returns {Map<string, number>}
 * @throws {FormulaError}
 */
export function parseFormula(formula) {
  const text = formula.replace(/[\u2080-\u2089]/g, (digit) => String(digit.charCodeAt(0) - 0x2080));
  refuseTwoReadings(text);
  const amounts = new Map();
  for (const part of text.split(DOT)) {
    const [whole, coefficient] = COEFFICIENT.exec(part);
    add(amounts, readPart(part.slice(whole.length)), Number(coefficient ?? 1));
  }
  for (const [symbol, amount] of amounts) {
    if (amount >= SMALLEST && amount <= LARGEST) continue;
    const limits = `${general(SMALLEST)} and ${general(LARGEST)}`;
    const problem = `expected amounts between ${limits}, found ${general(amount)} of ${symbol}`;
    throw new FormulaError("amount", problem);
  }
  return amounts;
}

/** Stop at what could be read, but perhaps not as it was meant. */
function refuseTwoReadings(text) {
  const guest = AMBIGUOUS_DOT.exec(text)?.groups.guest;
  if (guest) {
    const problem =
      `'.' before ${guest} may be a decimal point or a hydrate's dot; ` +
      `write '\u00b7', or brackets as in (Na1.5)${guest}`;
    throw new FormulaError("ambiguous dot", problem);
  }
  const state = OXIDATION_STATE.exec(text);
  if (state) {
    const problem = `${quoted(state[0])} reads as iodine or vanadium; leave out oxidation states`;
    throw new FormulaError("charge", problem);
  }
}

/** Symbols, amounts and brackets; the last of `groups` is the innermost open bracket. */
function readPart(part) {
  const groups = [new Map()];
  const awaited = [];
  let position = 0;
  for (;;) {
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(part)?.groups;
    if (!token) break;
    position = TOKEN.lastIndex;
    const times = Number(token.amount ?? 1);
    if (token.open) {
      groups.push(new Map());
      awaited.push(PARTNER[token.open]);
    } else if (token.close) {
      if (awaited.pop() !== token.close) {
        const problem = `no open bracket for ${quoted(token.close)}; balance the brackets`;
        throw new FormulaError("no open bracket", problem);
      }
      const inside = filled(groups.pop());
      add(groups.at(-1), inside, times);
    } else {
      add(groups.at(-1), new Map([[known(token.symbol), 1]]), times);
    }
  }
  if (position < part.length) throw explained(part.slice(position));
  if (awaited.length) {
    const problem = `expected ${quoted(awaited.at(-1))} before the end; balance the brackets`;
    throw new FormulaError("open bracket", problem);
  }
  return filled(groups[0]);
}

function add(amounts, more, times) {
  for (const [symbol, amount] of more) {
    amounts.set(symbol, (amounts.get(symbol) ?? 0) + times * amount);
  }
}

function filled(amounts) {
  if (amounts.size) return amounts;
  const problem = "expected an element symbol, found nothing; complete the formula";
  throw new FormulaError("nothing", problem);
}

function known(symbol) {
  if (NUMBERS.has(symbol)) return symbol;
  const meant = ISOTOPES[symbol];
  const advice = meant ? `write ${meant} for an isotope` : "correct the symbol";
  const problem = `expected an element, found ${quoted(symbol)}; ${advice}`;
  throw new FormulaError("no element", problem);
}

/** What is wrong with the first characters that do not fit, and what to do about them. */
function explained(rest) {
  const characters = Array.from(rest);
  let [kind, advice] = ["spelling", "correct the spelling; symbols begin with a capital letter"];
  if (CHARGE.test(rest)) [kind, advice] = ["charge", "leave out charges and unknown amounts"];
  else if (characters[0] === ",") {
    advice = "write a decimal point, and an amount for each element of a mixed site";
  } else if (characters[0] === ".") [kind, advice] = ["dot", "write the dot of a hydrate as '\u00b7'"];
  else if (DIGIT.test(characters[0])) {
    [kind, advice] = ["two amounts", "write one amount behind its element or bracket"];
  }
  const found = quoted(characters.slice(0, SHOWN).join(""));
  const expected = "expected an element symbol, an amount or a bracket";
  return new FormulaError(kind, `${expected}, found ${found}; ${advice}`);
}

/** A text in quotes, what cannot be printed written out, as Python's `repr` does. */
function quoted(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const plain = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [quote]: `\\${quote}` };
  const escaped = Array.from(text, (character) => {
    if (character in plain) return plain[character];
    if (character === " " || !UNPRINTABLE.test(character)) return character;
    const code = character.codePointAt(0).toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
    return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
  return quote + escaped.join("") + quote;
}

/** A number with six significant digits, as Python's format "g" writes it. */
function general(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : "inf";
  const [mantissa, power] = value.toExponential(5).split("e");
  const exponent = Number(power);
  const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent >= -4 && exponent < 6) return trimmed(value.toFixed(5 - exponent));
  const sign = exponent < 0 ? "-" : "+";
  return `${trimmed(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** Atomic number less one, by which tables of elements are read. @param {string} symbol */
export function elementNumber(symbol) {
  return NUMBERS.get(symbol);
}

/**
 * The formula that was meant, where only capitals are wrong: `gaas` gives `GaAs`. Of several
 * readings that with the fewest symbols; null if there is none, or if nothing is wrong.
 * @param {string} text
 * @returns {string | null}
 */
export function respelled(text) {
  return readable(text, text.replace(/[A-Za-z]+/g, (letters) => spelled(letters)?.join("") ?? letters));
}

/**
 * The formula with its isotopes written as their element: `D2O` gives `H2O`; null if there are none.
 * @param {string} text
 * @returns {string | null}
 */
export function withoutIsotopes(text) {
  return readable(text, text.replace(/[DT](?![a-z])/g, (symbol) => ISOTOPES[symbol]));
}

function readable(text, guess) {
  if (guess === text) return null;
  try {
    parseFormula(guess);
    return guess;
  } catch {
    return null;
  }
}

/** Letters as symbols, as few as possible; of equally few, the longer one first. */
function spelled(letters) {
  const best = [[]]; // of the last i letters
  for (let i = 1; i <= letters.length; i += 1) {
    const rest = letters.slice(letters.length - i);
    const starts = [2, 1].filter((size) => size <= i && best[i - size]);
    const readings = starts
      .map((size) => [rest[0].toUpperCase() + rest.slice(1, size).toLowerCase(), i - size])
      .filter(([symbol]) => NUMBERS.get(symbol) < MEANT)
      .map(([symbol, left]) => [symbol, ...best[left]]);
    best.push(readings.sort((a, b) => a.length - b.length)[0] ?? null);
  }
  return best[letters.length];
}
