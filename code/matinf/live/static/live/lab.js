// The base of every laboratory: a custom element that reads its data from the page, builds itself,
// keeps its state in the address and says in words what happened.
//
// A laboratory is a module that ends by naming its element:
//
//     import { Chart } from "./chart.js";
//     import { slider } from "./controls.js";
//     import { Lab, define } from "./lab.js";
//
//     class WaveLab extends Lab {
//       defaults(data) {               // the state: numbers, strings, booleans, arrays of numbers
//         return { pitch: data.pitch };
//       }
//       build(data) {                  // once; may be async
//         this.chart = new Chart({ label: "Wave", x: { title: "Time", unit: "s" }, y: { title: "Height", unit: "m" } });
//         this.controls.append(this.bind("pitch", slider, { label: "Pitch", min: 1, max: 9, unit: "Hz" }));
//         this.stage.append(this.chart.element);
//       }
//       update(changed) {              // after build, after every set() and after a reset
//         this.chart.draw([{ type: "line", x: [...], y: [...], role: "accent", label: "wave" }]);
//         this.announce(`The wave has ${this.state.pitch} peaks.`);
//       }
//     }
//     define("wave-lab", WaveLab);
//
// `this.stage` holds what is looked at, `this.controls` what is changed; `this.set({ pitch: 3 })`
// changes the state from the code. A laboratory has a button that resets it. Its Python twin is a
// subclass of `matinf.live.lab.Laboratory`.
//
// The notebook display joins the modules into one script, and reads these forms alone: imports
// `import { a, b as c } from "./name.js";`, exports `export function`, `export class` and
// `export const`, and workers `new Worker(new URL("./name.js", import.meta.url), { type: "module" })`.

import { Address } from "./address.js";
import { button, make, row, settled } from "./controls.js";

const QUIET = 400; // ms without a change before it is said

/** Register a laboratory under the name of its element. */
export function define(name, laboratory) {
  if (!customElements.get(name)) customElements.define(name, laboratory);
}

/** Whether the reader asked for less motion. */
export function reducedMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** The given function, called once when nothing has called it for a while. */
export function debounced(call, wait = QUIET) {
  return settled(call, wait);
}

export class Lab extends HTMLElement {
  /** @type {import("./state.js").State} */
  state = {};
  #defaults = {};
  #bound = new Map(); // key of the state -> control
  #still = null;
  #address = null;
  #built = false;
  #leave = new AbortController();

  /** The initial state, by which the address is read too. */
  defaults() {
    return {};
  }

  /** Put charts into `this.stage` and controls into `this.controls`. */
  build() {
    throw new Error(`${this.localName} builds nothing`);
  }

  /** Show the state. `changed` holds the keys that differ since the last call. */
  update() {}

  /** Fires when the element leaves the page: for listeners and workers. */
  get left() {
    return this.#leave.signal;
  }

  async connectedCallback() {
    if (this.#built) return;
    this.#built = true;
    try {
      await this.#start();
      this.dataset.ready = "";
    } catch (error) {
      this.#explain(error);
    }
  }

  /**
   * What the twin put into `assets` under this name: a file beside the page, or, in the frame of a
   * notebook, a part of the element.
   * @param {string} name
   */
  async asset(name) {
    const inside = this.querySelector(`script[data-asset="${name}"]`);
    if (inside) return JSON.parse(inside.textContent);
    const answer = await fetch(JSON.parse(this.dataset.assets)[name]);
    if (!answer.ok) throw new Error(`${name} cannot be loaded: ${answer.status}`);
    return answer.json();
  }

  /** The still picture stays; a line says why. */
  #explain(error) {
    const reason = `This laboratory could not start (${error.message}). The picture shows where it begins.`;
    this.append(make("p", { class: "lab-failed", role: "status" }, reason));
    this.dataset.failed = error.message;
    console.error(`${this.id}: ${error.message}`);
  }

  disconnectedCallback() {
    // A move within the page connects it again at once.
    queueMicrotask(() => this.isConnected || this.#leave.abort());
  }

  async #start() {
    const source = this.querySelector('script[type="application/json"]');
    const data = JSON.parse(source.textContent);
    this.#still = this.querySelector(".lab-still");
    this.#defaults = this.defaults(data);
    this.#address = new Address(this.id, this.#defaults);
    this.state = this.#address.read();
    this.stage = make("div", { class: "lab-stage" });
    this.controls = make("div", { class: "lab-controls" });
    this.#voice = make("p", { class: "lab-said", role: "status", "aria-live": "polite" });
    await this.build(data, this.state);
    const share = this.#address.button(() => this.state);
    const reset = button({ label: "Reset", onClick: () => this.reset() });
    this.controls.append(row(...(share ? [share, reset] : [reset])));
    const body = make("div", { class: "lab-body" }, this.stage, this.controls, this.#voice);
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", this.dataset.title ?? this.localName);
    this.#still.replaceWith(body);
    this.update(new Set(Object.keys(this.state)));
  }

  #voice = null;
  #say = debounced((sentence) => {
    this.#voice.textContent = sentence;
  });

  /** Say a sentence, in the line below the controls and aloud; the last of a flurry counts. */
  announce(sentence) {
    if (this.#voice.textContent === "") this.#voice.textContent = sentence;
    this.#say(sentence);
  }

  /**
   * A control for one key of the state: `this.bind("noise", slider, { label: "Noise", ... })`.
   * It shows the state, changes it, and follows it. Returns the control's element.
   */
  bind(key, control, options = {}) {
    const onInput = (value) => this.set({ [key]: value });
    const made = control({ ...options, value: this.state[key], onInput });
    this.#bound.set(key, made);
    return made.element;
  }

  /** Change the state; controls, address and picture follow. */
  set(changes) {
    const changed = new Set(Object.keys(changes));
    Object.assign(this.state, changes);
    for (const key of changed) {
      const control = this.#bound.get(key);
      if (control && control.value() !== this.state[key]) control.set(this.state[key]);
    }
    this.update(changed);
    this.#address.keep(this.state);
  }

  /** Back to where it began. */
  reset() {
    this.set(structuredClone(this.#defaults));
  }
}
