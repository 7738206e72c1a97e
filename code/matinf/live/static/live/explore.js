// Controls of an explored figure: each position of them is a state that was computed while the
// page was printed. The page holds the figure of one state, and for every place that varies the
// values and which state has which; `plot.js` draws. Where the controls stand is kept in the page's
// address, under the name of the figure.

import { Address } from "./address.js";
import { button, make, row, select, settled, slider, withUnit } from "./controls.js";

const QUIET = 400; // ms without a change before it is said

/**
 * @typedef {{ path: (string | number)[], values: any[], at: number[] }} Varying
 * @typedef {{ name: string, kind: "slider" | "menu", label: string, unit: string, texts: string[], start: number }} Spec
 */

/** A copy of `whole` with `value` at the path; what is not on the way is shared with it. */
function placed(whole, [step, ...way], value) {
  const copy = Array.isArray(whole) ? [...whole] : { ...whole };
  if (way.length) copy[step] = placed(whole[step], way, value);
  else if (value === undefined) delete copy[step];
  else copy[step] = value;
  return copy;
}

/**
 * The figure of a state. Of `at`, 0 is the value of the base and -1 means that there is none.
 * @param {object} base @param {Varying[]} varying @param {number} state
 */
export function figureOf(base, varying, state) {
  return varying.reduce((figure, { path, values, at }) => {
    return at[state] === 0 ? figure : placed(figure, path, values[at[state] - 1]);
  }, base);
}

/** Number of the state in which the controls stand at these positions; the last changes fastest. */
export function stateOf(positions, counts) {
  return positions.reduce((number, position, i) => number * counts[i] + position, 0);
}

/**
 * What each position of a control is called in an address: a number, or the name of the choice.
 * @param {Spec} spec @returns {(number | string)[]}
 */
export function valuesOf({ kind, texts }) {
  if (kind === "menu") return texts;
  return texts.map((text) => Number(text.replaceAll(",", "").replace("\u2212", "-")));
}

/** Positions of the controls as a state of an address. @param {Spec[]} specs @param {number[]} positions */
export function stateAt(specs, positions) {
  return Object.fromEntries(specs.map((spec, i) => [spec.name, valuesOf(spec)[positions[i]]]));
}

/** The positions that a state names; a value that the control has not leaves it where it begins. */
export function positionsAt(specs, state) {
  return specs.map((spec) => {
    const position = valuesOf(spec).indexOf(state[spec.name]);
    return position < 0 ? spec.start : position;
  });
}

/** @param {Spec} spec @param {number} position @param {(position: number) => void} onInput */
function controlOf({ kind, label, unit, texts }, position, onInput) {
  const named = texts.map((text) => withUnit(text, unit));
  if (kind === "menu") {
    const options = named.map((text, i) => [String(i), text]);
    return select({ label, options, value: String(position), onInput: (i) => onInput(Number(i)) });
  }
  const format = (i) => named[i];
  return slider({ label, min: 0, max: texts.length - 1, step: 1, value: position, format, onInput });
}

class Explored {
  #element;
  #plot;
  #base;
  #varying;
  #specs;
  #starts;
  #positions;
  #address;
  #asked = 0; // frame in which the figure will be drawn

  /** @param {HTMLElement} element The figure, printed with the state to begin with. */
  constructor(element) {
    const read = (place) => JSON.parse(element.querySelector(place).textContent);
    this.#element = element;
    this.#plot = element.querySelector(".plot");
    this.#base = read('.plot script[type="application/json"]');
    const { controls, varying } = read(".explore-states");
    this.#specs = controls;
    this.#varying = varying;
    this.#starts = controls.map(({ start }) => start);
    const name = element.closest("figure[id]")?.id ?? element.id;
    this.#address = new Address(name, stateAt(controls, this.#starts));
    this.#positions = positionsAt(controls, this.#address.read());
    this.#build();
    if (this.#moved) this.#show((sentence) => (this.voice.textContent = sentence));
    element.dataset.ready = "";
  }

  /** Whether a control stands elsewhere than on the printed page. */
  get #moved() {
    return this.#positions.some((position, i) => position !== this.#starts[i]);
  }

  #build() {
    this.fields = this.#specs.map((spec, i) =>
      controlOf(spec, this.#positions[i], (position) => this.#move(i, position)),
    );
    const fields = this.fields.map(({ element }) => element);
    this.panel = make("div", { class: "lab-group explore-controls" }, ...fields);
    this.panel.setAttribute("role", "group");
    this.panel.setAttribute("aria-label", "Controls of the figure");
    this.#element.prepend(this.panel);
    this.#plot.after(make("div", { class: "explore-foot" }, this.#sentence(), this.#buttons()));
  }

  /** The line below the figure, read aloud when it changes. */
  #sentence() {
    const { said } = this.#base.layout.meta;
    this.voice = make("p", { class: "lab-said", role: "status", "aria-live": "polite" }, said ?? "");
    if (!said) this.voice.classList.add("lab-unseen"); // the alternative text is long
    return this.voice;
  }

  #buttons() {
    const share = this.#address.button(() => stateAt(this.#specs, this.#positions));
    this.again = button({ label: "Reset", onClick: () => this.reset() }).element;
    this.again.hidden = !this.#moved;
    return row(...(share ? [share] : []), { element: this.again });
  }

  #move(control, position) {
    this.#positions[control] = position;
    this.again.hidden = !this.#moved;
    cancelAnimationFrame(this.#asked);
    this.#asked = requestAnimationFrame(() => this.#show(this.#speak));
    this.#address.keep(stateAt(this.#specs, this.#positions));
  }

  /** Back to what is printed. */
  reset() {
    this.#starts.forEach((start, i) => {
      this.fields[i].set(this.#specs[i].kind === "menu" ? String(start) : start);
      this.#move(i, start);
    });
    this.panel.querySelector("input, select").focus(); // the button is gone
  }

  #speak = settled((sentence) => {
    this.voice.textContent = sentence;
  }, QUIET);

  #show(say) {
    const counts = this.#specs.map(({ texts }) => texts.length);
    const state = stateOf(this.#positions, counts);
    const figure = figureOf(this.#base, this.#varying, state);
    const { alt, said } = figure.layout.meta;
    this.#plot.querySelector(".plot-canvas").setAttribute("aria-label", alt);
    say(said ?? alt);
    this.#element.dataset.state = String(state);
    this.#plot.dispatchEvent(new CustomEvent("plot-figure", { detail: figure, bubbles: true }));
  }
}

for (const one of globalThis.document?.querySelectorAll(".explore") ?? []) new Explored(one);
