// Magpie's features of a formula: statistics over its elements' properties, and the norms of its
// atomic fractions. The numbers of matinf.features.magpie_features, in its order.

import { FormulaError, elementNumber } from "./formula.js";

/** The 22 properties of an element, in Magpie's order and by its names. */
export const PROPERTIES = [
  "Number", "MendeleevNumber", "AtomicWeight", "MeltingT", "Column", "Row", "CovalentRadius",
  "Electronegativity", "NsValence", "NpValence", "NdValence", "NfValence", "NValence",
  "NsUnfilled", "NpUnfilled", "NdUnfilled", "NfUnfilled", "NUnfilled", "GSvolume_pa",
  "GSbandgap", "GSmagmom", "SpaceGroupNumber",
];

const NORMS = [0, 2, 3, 5, 7, 10];
const STATISTICS = 6;

/** How many features a formula has. */
export const FEATURES = PROPERTIES.length * STATISTICS + NORMS.length;

/** @typedef {{ symbols: string[], x: number[] }} Fractions of atoms, by atomic number */

/**
 * Atomic fractions, by rising atomic number: the order of writing must not change a digit.
 * @param {Map<string, number>} amounts @returns {Fractions}
 */
export function fractions(amounts) {
  const symbols = [...amounts.keys()].sort((a, b) => elementNumber(a) - elementNumber(b));
  const total = symbols.reduce((sum, symbol) => sum + amounts.get(symbol), 0);
  return { symbols, x: symbols.map((symbol) => amounts.get(symbol) / total) };
}

/** A name of the composition, the same for VO2 and V2O4. @param {Fractions} fractions */
export function compositionKey({ symbols, x }) {
  return symbols.map((symbol, i) => symbol + x[i].toFixed(6)).join("");
}

/**
 * The features of a composition.
 * @param {Fractions} fractions
 * @param {Record<string, (number | null)[]>} elements Properties by symbol; null is unknown.
 * @returns {Float64Array} of length `FEATURES`
 * @throws {FormulaError} if a property that is needed is unknown.
 */
export function magpieFeatures({ symbols, x }, elements) {
  symbols.forEach((symbol) => checked(symbol, elements[symbol]));
  const found = new Float64Array(FEATURES);
  const most = Math.max(...x);
  const abundant = x.map((share) => Math.abs(share - most) <= 1e-8 + 1e-5 * most);
  for (let p = 0; p < PROPERTIES.length; p += 1) {
    const t = symbols.map((symbol) => elements[symbol][p]);
    const [minimum, maximum] = [Math.min(...t), Math.max(...t)];
    const mean = sum(t, (value, i) => x[i] * value);
    const deviation = sum(t, (value, i) => x[i] * Math.abs(value - mean));
    const mode = Math.min(...t.filter((_, i) => abundant[i]));
    found.set([minimum, maximum, maximum - minimum, mean, deviation, mode], p * STATISTICS);
  }
  const norms = NORMS.map((p) => (p ? sum(x, (share) => share ** p) ** (1 / p) : x.length));
  found.set(norms, PROPERTIES.length * STATISTICS);
  return found;
}

function sum(values, of) {
  return values.reduce((total, value, i) => total + of(value, i), 0);
}

function checked(symbol, properties) {
  const lacking = PROPERTIES.filter((_, p) => (properties?.[p] ?? null) === null);
  if (!lacking.length) return;
  const what = lacking.length < PROPERTIES.length ? lacking.join(", ") : "any property";
  const problem = `Magpie does not know ${what} of ${symbol}; leave this formula out`;
  throw new FormulaError("no data", problem);
}
