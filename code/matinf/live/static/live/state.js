// The state of a living figure in the page's address, so that a view can be shared.
//
// One query parameter per laboratory, `?gp-lab=kernel:rbf;noise:0.05;x:0.1,0.4`: only what differs
// from the defaults, each value read back with the type that its default has. A value that cannot
// be read is passed over, so that an old link opens the laboratory all the same. An explored figure
// has one as well, by the name of the figure and of its controls.

/**
 * What a key of a state may hold.
 * @typedef {number | string | boolean | number[]} Value
 * @typedef {Record<string, Value>} State
 */

const DIGITS = 6; // significant, of a number in the address

/** A number as short as it can be written with six significant digits. */
function short(number) {
  return String(Number(number.toPrecision(DIGITS)));
}

/** @param {Value} value @returns {string} */
function written(value) {
  if (Array.isArray(value)) return value.map(short).join(",");
  if (typeof value === "number") return short(value);
  return typeof value === "boolean" ? String(Number(value)) : encodeURIComponent(value);
}

/** @param {string} text @param {Value} like @returns {Value | undefined} */
function read(text, like) {
  if (Array.isArray(like)) {
    const numbers = text === "" ? [] : text.split(",").map(Number);
    return numbers.every(Number.isFinite) ? numbers : undefined;
  }
  if (typeof like === "number") {
    return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
  }
  if (typeof like === "boolean") return { 1: true, 0: false }[text];
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // a lone percent sign
  }
}

/**
 * The state as the text of a query parameter; empty where nothing differs from the defaults.
 * @param {State} state @param {State} defaults
 */
export function encode(state, defaults) {
  return Object.keys(defaults)
    .filter((key) => written(state[key]) !== written(defaults[key]))
    .map((key) => `${key}:${written(state[key])}`)
    .join(";");
}

/**
 * The state that `encode` wrote: the defaults, and what the text has instead of them.
 * @param {string} text @param {State} defaults @returns {State}
 */
export function decode(text, defaults) {
  const state = structuredClone(defaults);
  for (const part of text.split(";")) {
    const at = part.indexOf(":");
    const key = part.slice(0, at);
    if (at < 0 || !Object.hasOwn(defaults, key)) continue;
    const value = read(part.slice(at + 1), defaults[key]);
    if (value !== undefined) state[key] = value;
  }
  return state;
}

/** The parameter's text in an address, or null. @param {string} search @param {string} name */
export function find(search, name) {
  return new URLSearchParams(search.replaceAll("+", "%2B")).get(name);
}

/**
 * The query of an address with the parameter set, or left out where the text is empty; the other
 * parameters stay as they are.
 * @param {string} search @param {string} name @param {string} text
 */
export function replaced(search, name, text) {
  const others = search
    .replace(/^\?/, "")
    .split("&")
    .filter((part) => part && find(part, name) === null); // nothing in an address makes it throw
  // The browser leaves ":", ";" and "," of a query alone; what separates parameters is escaped.
  const safe = text.replaceAll("%", "%25").replaceAll("&", "%26").replaceAll("#", "%23");
  if (safe) others.push(`${encodeURIComponent(name)}=${safe}`);
  return others.length ? `?${others.join("&")}` : "";
}
