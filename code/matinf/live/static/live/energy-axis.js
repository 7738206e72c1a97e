// The drawing of the band-gap laboratory: predictions, a measured value and the nearest compounds
// on one axis of energy, with the visible spectrum as a reference.

import { make } from "./controls.js";
import { ticks } from "./chart.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 14; // px left and right
const TOP = 26; // px, for the name of the measured value
const [PREDICTION, COMPOUND, HEADING] = [74, 22, 26]; // px that a row takes
const HILL = 26; // px of the highest bar of a distribution
const BIN = 0.2; // eV of a bar
const FAINTEST = 0.8; // px of a bar that is drawn
const SHOWN = 0.99; // share of a distribution that the axis holds at least
const VISIBLE = [1.6, 3.3]; // eV
const FEWEST = 4; // eV that the axis shows at least
const LETTER = 7; // px, roughly

/**
 * @typedef {{ way: string, title: string, text: string, chance: string, low: number, median: number, high: number,
 *             values: Float64Array, weights: Float64Array }} Row of a prediction; energies in eV
 * @typedef {{ name: string, text: string, low: number, high: number, learned: boolean }} Compound
 * @typedef {{ rows: Row[], measured: { low: number, high: number, text: string } | null,
 *             heading: string, compounds: Compound[], description: string }} Picture
 */

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A formula with its amounts set low, as print has it. @param {string} formula */
export function printed(formula) {
  const low = (digits) => digits.replace(/[0-9]/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));
  return formula.replace(/(?<=[A-Za-z)\]}])[0-9]*\.?[0-9]+/g, low);
}

export class EnergyAxis {
  constructor() {
    this.svg = svg("svg", { class: "gap-drawing", role: "img" });
    this.element = make("div", { class: "gap-room" }, this.svg);
    new ResizeObserver(([{ contentRect }]) => {
      if (Math.abs(contentRect.width - (this.width ?? 0)) < 1) return;
      this.width = contentRect.width;
      this.#render();
    }).observe(this.element);
  }

  /** @param {Picture} picture */
  draw(picture) {
    this.picture = picture;
    this.#render();
  }

  #render() {
    const { picture, width } = this;
    if (!picture || !(width > 0)) return;
    const { rows, measured, compounds } = picture;
    const energies = [...rows, ...compounds, ...(measured ? [measured] : [])].map(({ high }) => high);
    const last = Math.max(FEWEST, Math.ceil(Math.max(...energies, ...rows.map(reach)) + 0.2));
    this.place = (energy) => MARGIN + (energy / last) * (width - 2 * MARGIN);
    const below = TOP + rows.length * PREDICTION;
    const bottom = below + HEADING + compounds.length * COMPOUND + 16;
    const highest = Math.max(...rows.map((row) => Math.max(...bars(row, last))));
    this.svg.replaceChildren(
      ...this.#axis(last, bottom),
      ...this.#measured(measured, bottom),
      ...rows.flatMap((row, i) => this.#prediction(row, TOP + i * PREDICTION, last, highest)),
      svg("text", { class: "gap-heading", x: MARGIN, y: below + 18 }, picture.heading),
      ...compounds.flatMap((one, i) => this.#compound(one, below + HEADING + (i + 0.5) * COMPOUND)),
    );
    const height = bottom + 50;
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) {
      this.svg.setAttribute(name, value);
    }
    this.svg.setAttribute("aria-label", picture.description);
  }

  #axis(last, bottom) {
    const { place, width } = this;
    const [from, to] = VISIBLE.map(place);
    const stops = ["#c23b3b", "#c99a2e", "#3f9b5a", "#3b6fc2", "#7a4bb5"];
    const ramp = stops.map((colour, i) => svg("stop", { offset: i / (stops.length - 1), "stop-color": colour }));
    const lines = ticks(0, last, Math.min(last, (width - 2 * MARGIN) / 48)).flatMap((value) => [
      svg("line", { class: "chart-grid", x1: place(value), x2: place(value), y1: TOP, y2: bottom }),
      svg("text", { class: "chart-tick", x: place(value), y: bottom + 22, "text-anchor": "middle" }, String(value)),
    ]);
    return [
      svg("defs", {}, svg("linearGradient", { id: "gap-light" }, ...ramp)),
      ...lines,
      svg("rect", { class: "gap-light", x: from, width: to - from, y: bottom, height: 5, fill: "url(#gap-light)" }),
      svg("text", { class: "chart-tick gap-light-name", x: (from + to) / 2, y: bottom - 4, "text-anchor": "middle" }, "visible light"),
      svg("text", { class: "chart-title", x: width / 2, y: bottom + 44, "text-anchor": "middle" }, "Band gap (eV)"),
    ];
  }

  /** What was measured of the formula itself, through all rows. */
  #measured(measured, bottom) {
    if (!measured) return [];
    const [from, to] = [measured.low, measured.high].map(this.place);
    const [x, thick] = [Math.min(from, (from + to) / 2 - 1), Math.max(2, to - from)];
    const after = from < this.width / 2;
    const label = { x: after ? from : to, y: 14, "text-anchor": after ? "start" : "end" };
    return [
      svg("rect", { class: "gap-measured", x, width: thick, y: TOP - 6, height: bottom - TOP + 6 }),
      svg("text", { class: "chart-label", ...label }, measured.text),
    ];
  }

  /** The distribution as a row of bars, the interval and the median below it. */
  #prediction(row, top, last, highest) {
    const { place } = this;
    const line = top + 24 + HILL;
    const style = `--series: var(--series-${row.way})`;
    const step = place(BIN) - place(0);
    const hills = bars(row, last).flatMap((weight, i) => {
      const height = (weight / highest) * HILL;
      if (height < FAINTEST) return [];
      // The first bar is that of the metals, at zero; the others stand on their interval.
      const wide = i === 0 ? Math.min(step, 2 * MARGIN) : step;
      const x = i === 0 ? place(0) - wide / 2 : place((i - 1) * BIN);
      return [svg("rect", { class: "gap-hill", x: x + 0.5, width: Math.max(1, wide - 1), y: line - 6 - height, height })];
    });
    const fits = (row.title.length + row.text.length + row.chance.length + 5) * LETTER < this.width;
    const words = `  ${row.text}${fits ? ` (${row.chance})` : ""}`;
    const title = svg("text", { class: "gap-title", x: MARGIN, y: top + 13 }, svg("tspan", { class: "gap-way" }, row.title), words);
    return [
      title,
      svg("g", { style }, ...hills,
        svg("path", { class: "gap-interval", d: `M${place(row.low)} ${line}H${place(row.high)}` }),
        svg("circle", { class: "gap-median", cx: place(row.median), cy: line, r: 6 })),
    ];
  }

  /** A measured neighbour: a dot at its value, or a bar over its reports, with its name beside. */
  #compound({ name, text, low, high, learned }, y) {
    const [from, to] = [low, high].map(this.place);
    const words = `${name}  ${text}`;
    const after = to + 10 + words.length * LETTER < this.width;
    const label = { x: after ? to + 10 : from - 10, y: y + 4, "text-anchor": after ? "start" : "end" };
    const kind = `gap-neighbour${learned ? "" : " gap-unlearned"}`;
    const mark = to - from > 2
      ? svg("rect", { class: kind, x: from, width: to - from, y: y - 3.5, height: 7, rx: 3.5 })
      : svg("circle", { class: kind, cx: from, cy: y, r: 4.5 });
    return [mark, svg("text", { class: "gap-name", ...label }, svg("tspan", { class: "gap-way" }, name), `  ${text}`)];
  }
}

/** The energy up to which nearly all of a distribution lies. @param {Row} row */
function reach({ values, weights }) {
  let total = 0;
  return values.find((_, i) => (total += weights[i]) >= SHOWN) ?? values.at(-1);
}

/**
 * Weight of metals, then of each step of the axis; what little lies beyond it has no bar.
 * @param {Row} row @param {number} last
 */
function bars({ values, weights }, last) {
  const found = new Float64Array(1 + Math.ceil(last / BIN));
  values.forEach((value, i) => {
    const bar = value <= 0 ? 0 : 1 + Math.floor(value / BIN + 1e-9);
    if (bar < found.length) found[bar] += weights[i];
  });
  return Array.from(found);
}
