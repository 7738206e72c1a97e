// Controls of an explored figure: each position of them is a state that was computed while the
// page was printed. The page holds the figure of one state, and for every place that varies the
// values and which state has which; `plot.js` draws.

import { make, select, settled, slider, withUnit } from "./controls.js";

const QUIET = 400; // ms without a change before it is said

/**
 * @typedef {{ path: (string | number)[], values: any[], at: number[] }} Varying
 * @typedef {{ kind: "slider" | "menu", label: string, unit: string, texts: string[], start: number }} Spec
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

/** @param {Spec} spec @param {(position: number) => void} onInput */
function controlOf({ kind, label, unit, texts, start }, onInput) {
  const named = texts.map((text) => withUnit(text, unit));
  if (kind === "menu") {
    const options = named.map((text, i) => [String(i), text]);
    return select({ label, options, value: String(start), onInput: (i) => onInput(Number(i)) });
  }
  const format = (i) => named[i];
  return slider({ label, min: 0, max: texts.length - 1, step: 1, value: start, format, onInput });
}

function begin(explored) {
  const plot = explored.querySelector(".plot");
  const canvas = plot.querySelector(".plot-canvas");
  const read = (script) => JSON.parse(script.textContent);
  const base = read(plot.querySelector('script[type="application/json"]'));
  const { controls, varying } = read(explored.querySelector(".explore-states"));
  const counts = controls.map(({ texts }) => texts.length);
  const positions = controls.map(({ start }) => start);
  const voice = make("p", { class: "lab-said", role: "status", "aria-live": "polite" });
  const speak = settled((sentence) => {
    voice.textContent = sentence;
  }, QUIET);
  let asked = 0; // frame in which the figure will be drawn

  function show() {
    const state = stateOf(positions, counts);
    const figure = figureOf(base, varying, state);
    const { alt, said } = figure.layout.meta;
    canvas.setAttribute("aria-label", alt);
    speak(said ?? alt);
    explored.dataset.state = String(state);
    plot.dispatchEvent(new CustomEvent("plot-figure", { detail: figure, bubbles: true }));
  }

  const fields = controls.map((spec, i) =>
    controlOf(spec, (position) => {
      positions[i] = position;
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(show);
    }),
  );
  const panel = make("div", { class: "lab-group explore-controls" }, ...fields.map((f) => f.element));
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", "Controls of the figure");
  voice.textContent = base.layout.meta.said ?? "";
  if (!base.layout.meta.said) voice.classList.add("lab-unseen"); // the alternative text is long
  explored.prepend(panel);
  plot.after(voice);
  explored.dataset.ready = "";
}

for (const explored of globalThis.document?.querySelectorAll(".explore") ?? []) begin(explored);
