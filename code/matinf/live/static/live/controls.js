// Labelled controls of the browser's own making: each can be reached, changed and read aloud
// without a mouse. Every function gives `{ element, value, set }`: `element` is put into the page,
// `value()` reads it, `set(value)` changes it without calling `onInput`.

/**
 * @template T
 * @typedef {{ element: HTMLElement, value: () => T, set: (value: T) => void }} Control
 */

let made = 0; // ids of this page's controls

/** The given function, called once when nothing has called it for a while (ms). */
export function settled(call, wait) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...values), wait);
  };
}

/**
 * An element with attributes and children. A name that begins with "on" is a listener; a property
 * that is false or null is left out.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * A number as it is read: up to `digits` significant digits, a true minus sign.
 * @param {number} value @param {number} [digits]
 */
export function number(value, digits = 3) {
  if (!Number.isFinite(value)) return "\u2013";
  const size = Math.abs(value);
  let text = String(Number(value.toPrecision(digits)));
  if (size >= 10 ** digits && size < 1e6) text = String(Math.round(value));
  const [mantissa, exponent] = text.split("e");
  const power = exponent ? ` \u00d7 10${raised(Number(exponent))}` : "";
  return `${mantissa.replace("-", "\u2212")}${power}`;
}

/** A whole number as an exponent. @param {number} exponent */
export function raised(exponent) {
  const digits = [...String(Math.abs(exponent))].map((digit) => "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[digit]);
  return (exponent < 0 ? "\u207b" : "") + digits.join("");
}

/** A value with its unit, after a no-break space. @param {string} text @param {string} [unit] */
export function withUnit(text, unit) {
  return unit ? `${text}\u00a0${unit}` : text;
}

function labelled(label, field, shown) {
  field.id = `lab-control-${(made += 1)}`;
  const head = make("span", { class: "lab-control-head" }, make("label", { for: field.id }, label));
  if (shown) {
    shown.setAttribute("for", field.id);
    head.append(shown);
  }
  return make("div", { class: "lab-control" }, head, field);
}

/**
 * A slider that says its value and unit.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.min
 * @param {number} options.max
 * @param {number} [options.step] on a logarithmic scale: of the exponent, to base ten
 * @param {number} options.value
 * @param {string} [options.unit]
 * @param {"linear" | "log"} [options.scale]
 * @param {(value: number) => string} [options.format]
 * @param {(value: number) => void} [options.onInput]
 * @returns {Control<number>}
 */
export function slider({ label, min, max, step, value, unit, scale, format, onInput }) {
  // A logarithmic slider counts its steps, so that both ends can be reached exactly.
  const log = scale === "log";
  const decades = Math.log10(max / min);
  const count = Math.round(step ? decades / step : 100);
  const to = log ? (x) => (count * Math.log10(x / min)) / decades : (x) => x;
  const from = log ? (i) => Number((min * 10 ** ((i * decades) / count)).toPrecision(3)) : (x) => x;
  const [low, high] = log ? [0, count] : [min, max];
  const steps = log ? 1 : (step ?? (max - min) / 100);
  const field = make("input", { type: "range", min: low, max: high, step: steps });
  const shown = make("output", { class: "lab-control-value" });
  let held = value; // the thumb stands at the nearest step
  const say = () => {
    const text = withUnit((format ?? number)(held), unit);
    shown.textContent = text;
    field.setAttribute("aria-valuetext", text);
    const share = (field.valueAsNumber - low) / (high - low);
    field.style.setProperty("--share", `${100 * share}%`);
  };
  const set = (next) => {
    held = next;
    field.valueAsNumber = to(next);
    say();
  };
  field.addEventListener("input", () => {
    held = from(field.valueAsNumber);
    say();
    onInput?.(held);
  });
  const element = labelled(label, field, shown);
  set(value);
  return { element, set, value: () => held };
}

/**
 * A menu. `options` are pairs of a value and what is read.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {[string, string][]} options.options
 * @param {string} options.value
 * @param {(value: string) => void} [options.onInput]
 * @returns {Control<string>}
 */
export function select({ label, options, value, onInput }) {
  const entries = options.map(([name, text]) => make("option", { value: name }, text));
  const field = make("select", {}, ...entries);
  const set = (next) => {
    if (options.some(([name]) => name === next)) field.value = next;
  };
  field.addEventListener("input", () => onInput?.(field.value));
  set(value);
  return { element: labelled(label, field), set, value: () => field.value };
}

/**
 * A field for a number; a value that is none, or out of range, is marked and not passed on.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.min
 * @param {number} options.max
 * @param {number} [options.step]
 * @param {number} options.value
 * @param {string} [options.unit]
 * @param {(value: number) => void} [options.onInput]
 * @returns {Control<number>}
 */
export function numberField({ label, min, max, step, value, unit, onInput }) {
  const field = make("input", { type: "number", min, max, step: step ?? "any" });
  let last = value;
  const set = (next) => {
    last = next;
    field.value = String(next);
  };
  field.addEventListener("input", () => {
    const good = field.value !== "" && field.validity.valid;
    field.setAttribute("aria-invalid", String(!good));
    if (!good) return;
    last = field.valueAsNumber;
    onInput?.(last);
  });
  set(value);
  return { element: labelled(unit ? `${label} (${unit})` : label, field), set, value: () => last };
}

/**
 * @param {object} options
 * @param {string} options.label
 * @param {boolean} options.value
 * @param {(value: boolean) => void} [options.onInput]
 * @returns {Control<boolean>}
 */
export function checkbox({ label, value, onInput }) {
  const field = make("input", { type: "checkbox" });
  field.checked = value;
  field.addEventListener("input", () => onInput?.(field.checked));
  const element = make("label", { class: "lab-control lab-check" }, field, make("span", {}, label));
  const set = (next) => {
    field.checked = next;
  };
  return { element, set, value: () => field.checked };
}

/**
 * A button; `primary` marks the one that leads on.
 * @param {{ label: string, primary?: boolean, onClick: () => void }} options
 * @returns {{ element: HTMLButtonElement }}
 */
export function button({ label, primary = false, onClick }) {
  const kind = primary ? "lab-button lab-button-primary" : "lab-button";
  const element = make("button", { type: "button", class: kind, onclick: onClick }, label);
  return { element: /** @type {HTMLButtonElement} */ (element) };
}

/** Buttons in a row. @param {...{ element: HTMLElement }} buttons */
export function row(...buttons) {
  return make("div", { class: "lab-buttons" }, ...buttons.map((one) => one.element));
}

/** Controls that belong together, under a heading. @param {string} legend */
export function group(legend, ...controls) {
  const inside = controls.map((one) => one.element ?? one);
  return make("fieldset", { class: "lab-group" }, make("legend", {}, legend), ...inside);
}
