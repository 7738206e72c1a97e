// A small chart in SVG: axes with titles and units, lines, bands, points and marks, a cursor that
// keyboard, finger and mouse share. It fills the width that it is given and takes its colours from
// the page: a mark's `role` is a name of the book's palette (`truth`, `accent`, `explore`, ...).
//
//     const chart = new Chart({
//       label: "Posterior of the Gaussian process",
//       x: { title: "Composition", domain: [0, 1] },
//       y: { title: "Gap", unit: "eV", scale: "linear" },   // without a domain it fits the marks
//       cursor: { step: 0.01, describe: (x) => "...", onMove: (x) => {}, onPick: (x, y) => {} },
//     });
//     chart.draw([
//       { type: "band", x, low, high, role: "accent", label: "two standard deviations" },
//       { type: "line", x, y, role: "truth", dash: true, width: 2, label: "truth" },
//       { type: "points", x, y, role: "data", shape: "circle", size: 5, error, label: "measured" },
//       { type: "vline", x: 0.4, role: "limit", label: "next" },
//       { type: "hline", y: 1.2, role: "limit", label: "noise floor" },
//     ]);

import { make, number } from "./controls.js";

/**
 * @typedef {{ title: string, unit?: string, domain?: [number, number], scale?: "linear" | "log" }} Axis
 * @typedef {{ step?: number, value?: number, describe?: (x: number) => string,
 *             onMove?: (x: number) => void, onPick?: (x: number, y: number | null) => void }} Cursor
 * @typedef {ArrayLike<number>} Numbers
 * @typedef {{ type: "line" | "band" | "points" | "vline" | "hline", role?: string, label?: string,
 *             x?: Numbers | number, y?: Numbers | number, low?: Numbers, high?: Numbers,
 *             error?: Numbers, dash?: boolean, width?: number, size?: number, faint?: boolean,
 *             shape?: "circle" | "ring" | "square" | "diamond" | "cross" }} Mark
 */

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { top: 14, right: 14, bottom: 46, left: 58 }; // px
const TICK_ROOM = { x: 84, y: 48 }; // px that a tick takes
const BIG_STEP = 10; // steps of the cursor with Shift or Page up

/** An element of SVG. */
function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Round numbers that divide a range into about `count` parts. @returns {number[]} */
export function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Powers of ten in a range, thinned to `count`. @returns {number[]} */
export function powers(low, high, count) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, count)));
  const found = [];
  for (let power = first; power <= last; power += every) found.push(10 ** power);
  return found;
}

/** The map from a domain to pixels, and back. */
function scaleOf(kind, [low, high], [from, to]) {
  const log = kind === "log";
  const at = log ? Math.log10 : (value) => value;
  const [a, b] = [at(low), at(high)];
  const place = (value) => from + ((at(value) - a) / (b - a)) * (to - from);
  const back = (pixel) => {
    const value = a + ((pixel - from) / (to - from)) * (b - a);
    return log ? 10 ** value : value;
  };
  return { place, back };
}

function listed(value) {
  return typeof value === "number" ? [value] : (value ?? []);
}

/** All numbers that marks place along one axis. */
function* placed(marks, axis) {
  for (const mark of marks) {
    if (axis === "x") yield* listed(mark.x);
    else {
      const values = listed(mark.y);
      for (let i = 0; i < values.length; i += 1) {
        yield values[i] - (mark.error?.[i] ?? 0);
        yield values[i] + (mark.error?.[i] ?? 0);
      }
      yield* listed(mark.low);
      yield* listed(mark.high);
    }
  }
}

/** A domain that holds all finite numbers, with a little air. @returns {[number, number]} */
export function fitted(numbers, log) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of numbers) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) return high / low > 1.01 ? [low / 1.2, high * 1.2] : [low / 2, high * 2];
  const air = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
  return [low - air, high + air];
}

export class Chart {
  /**
   * @param {{ label: string, x: Axis, y: Axis, height?: number, cursor?: Cursor, legend?: boolean }} options
   */
  constructor({ label, x, y, height = 300, cursor, legend = true }) {
    Object.assign(this, { label, axes: { x, y }, height, legend, marks: [], width: 0 });
    this.legendList = make("ul", { class: "chart-legend" });
    this.svg = svg("svg", { class: "chart-drawing", role: "img", "aria-label": label });
    this.room = make("div", { class: "chart-room" }, this.svg);
    this.element = make("div", { class: "chart" }, this.legendList, this.room);
    if (cursor) this.#cursor(cursor);
    new ResizeObserver(([{ contentRect }]) => {
      if (Math.abs(contentRect.width - this.width) < 1) return;
      this.width = contentRect.width;
      this.#render();
    }).observe(this.room);
  }

  /** Show these marks, the first at the back. @param {Mark[]} marks */
  draw(marks) {
    this.marks = marks;
    this.width ||= this.room.clientWidth; // the observer may not have spoken yet
    this.#render();
  }

  /** Say what the drawing shows, for those who do not see it. @param {string} sentence */
  describe(sentence) {
    this.svg.setAttribute("aria-label", sentence);
  }

  /** Set an axis's domain; null lets it fit the marks. Takes effect with the next drawing. */
  setDomain(axis, domain) {
    this.axes[axis].domain = domain ?? undefined;
  }

  /** Move the cursor, where there is one, without calling `onMove`. @param {number | null} x */
  point(x) {
    if (!this.cursor) return;
    this.cursor.value = x;
    this.#showCursor();
  }

  #render() {
    if (this.width < 10) return;
    const { width, height } = this;
    const inside = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const domain = (axis) => {
      const { domain: fixed, scale } = this.axes[axis];
      return fixed ?? fitted(placed(this.marks, axis), scale === "log");
    };
    this.domains = { x: domain("x"), y: domain("y") };
    this.inside = inside;
    this.x = scaleOf(this.axes.x.scale, this.domains.x, [inside.left, inside.right]);
    this.y = scaleOf(this.axes.y.scale, this.domains.y, [inside.bottom, inside.top]);
    this.clip ??= `chart-clip-${Math.random().toString(36).slice(2, 9)}`;
    const box = svg("rect", { x: inside.left, y: inside.top - 6, width: inside.right - inside.left, height: inside.bottom - inside.top + 12 });
    const drawn = svg("g", { "clip-path": `url(#${this.clip})` });
    for (const mark of this.marks) drawn.append(...this.#mark(mark));
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    const labels = this.marks.filter((mark) => mark.label && mark.type.endsWith("line") && mark.type !== "line");
    this.svg.replaceChildren(
      svg("defs", {}, svg("clipPath", { id: this.clip }, box)),
      ...this.#axes(),
      drawn,
      ...labels.map((mark) => this.#lineLabel(mark)),
    );
    this.#drawLegend();
    this.#showCursor();
  }

  #axes() {
    const { left, right, top, bottom } = this.inside;
    const parts = [];
    const valuesOf = (axis, length) => {
      const [low, high] = this.domains[axis];
      const count = length / TICK_ROOM[axis];
      const inDecades = this.axes[axis].scale === "log" && high / low >= 10;
      return inDecades ? powers(low, high, count) : ticks(low, high, count);
    };
    for (const value of valuesOf("x", right - left)) {
      const x = this.x.place(value);
      parts.push(svg("line", { class: "chart-grid", x1: x, x2: x, y1: top, y2: bottom }));
      parts.push(svg("text", { class: "chart-tick", x, y: bottom + 18, "text-anchor": "middle" }, number(value, 6)));
    }
    for (const value of valuesOf("y", bottom - top)) {
      const y = this.y.place(value);
      parts.push(svg("line", { class: "chart-grid", x1: left, x2: right, y1: y, y2: y }));
      parts.push(svg("text", { class: "chart-tick", x: left - 8, y: y + 4, "text-anchor": "end" }, number(value, 6)));
    }
    const title = ({ title: name, unit }) => (unit ? `${name} (${unit})` : name);
    const middle = (top + bottom) / 2;
    parts.push(svg("text", { class: "chart-title", x: (left + right) / 2, y: this.height - 6, "text-anchor": "middle" }, title(this.axes.x)));
    const turned = `translate(14 ${middle}) rotate(-90)`;
    parts.push(svg("text", { class: "chart-title", transform: turned, "text-anchor": "middle" }, title(this.axes.y)));
    return parts;
  }

  /** @param {Mark} mark @returns {SVGElement[]} */
  #mark(mark) {
    const colour = `--series: var(--series-${mark.role ?? "accent"})`;
    const kind = mark.faint ? " chart-faint" : "";
    if (mark.type === "band") {
      const there = this.#path(mark.x, mark.high);
      const back = this.#path(Array.from(mark.x).reverse(), Array.from(mark.low).reverse(), "L");
      return [svg("path", { class: `chart-band${kind}`, style: colour, d: `${there}${back}Z` })];
    }
    if (mark.type === "points") return this.#points(mark, colour, kind);
    const dash = mark.dash ? " chart-dash" : "";
    const attributes = { class: `chart-line${dash}${kind}`, style: `${colour}; --width: ${mark.width ?? 2}px` };
    if (mark.type === "line") return [svg("path", { ...attributes, d: this.#path(mark.x, mark.y) })];
    const { left, right, top, bottom } = this.inside;
    const d =
      mark.type === "vline"
        ? `M${this.x.place(mark.x)} ${top}V${bottom}`
        : `M${left} ${this.y.place(mark.y)}H${right}`;
    return [svg("path", { ...attributes, class: `${attributes.class} chart-limit`, d })];
  }

  /** The path through points; a value that is not finite leaves a gap. */
  #path(xs, ys, begin = "M") {
    let d = "";
    let pen = begin;
    for (let i = 0; i < xs.length; i += 1) {
      const [x, y] = [this.x.place(xs[i]), this.y.place(ys[i])];
      if (!Number.isFinite(x) || !Number.isFinite(y)) {
        pen = "M";
        continue;
      }
      // A steep curve would leave the number range of the renderer: keep it near the drawing.
      d += `${pen}${x.toFixed(1)} ${Math.max(-9999, Math.min(9999, y)).toFixed(1)}`;
      pen = "L";
    }
    return d;
  }

  #points(mark, colour, kind) {
    const [xs, ys] = [listed(mark.x), listed(mark.y)];
    const size = mark.size ?? 4.5;
    const found = [];
    for (let i = 0; i < xs.length; i += 1) {
      const [x, y] = [this.x.place(xs[i]), this.y.place(ys[i])];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      if (mark.error) {
        const reach = [ys[i] - mark.error[i], ys[i] + mark.error[i]].map(this.y.place);
        found.push(svg("path", { class: "chart-error", style: colour, d: `M${x} ${reach[0]}V${reach[1]}` }));
      }
      const shape = `chart-point chart-${mark.shape ?? "circle"}${kind}`;
      found.push(svg("path", { class: shape, style: colour, d: outline(mark.shape, x, y, size) }));
    }
    return found;
  }

  #lineLabel(mark) {
    const { left, right, top } = this.inside;
    if (mark.type === "hline") {
      const y = this.y.place(mark.y) - 5;
      return svg("text", { class: "chart-label", x: right - 2, y, "text-anchor": "end" }, mark.label);
    }
    const x = this.x.place(mark.x);
    const before = x > (left + right) / 2;
    const anchor = { "text-anchor": before ? "end" : "start" };
    return svg("text", { class: "chart-label", x: x + (before ? -5 : 5), y: top + 9, ...anchor }, mark.label);
  }

  #drawLegend() {
    const named = this.legend ? this.marks.filter((mark) => mark.label && !/^[vh]line$/.test(mark.type)) : [];
    const key = JSON.stringify(named.map(({ type, role, label, dash, shape }) => [type, role, label, dash, shape]));
    if (key === this.legendKey) return;
    this.legendKey = key;
    const entries = named.map((mark) => make("li", {}, swatch(mark), mark.label));
    this.legendList.replaceChildren(...entries);
    this.legendList.hidden = entries.length === 0;
  }

  #cursor(cursor) {
    this.cursor = { value: null, ...cursor };
    this.handle = make("div", { class: "chart-cursor", tabindex: 0, role: "slider" });
    this.hair = make("div", { class: "chart-hair", "aria-hidden": "true" });
    this.room.append(this.hair, this.handle);
    const reach = (event) => {
      const { left, top } = this.room.getBoundingClientRect();
      return [this.x.back(event.clientX - left), this.y.back(event.clientY - top)];
    };
    const move = (x) => {
      const [low, high] = this.domains.x;
      this.cursor.value = Math.min(high, Math.max(low, x));
      this.#showCursor();
      this.cursor.onMove?.(this.cursor.value);
    };
    this.handle.addEventListener("pointermove", (event) => move(reach(event)[0]));
    this.handle.addEventListener("click", (event) => {
      const [x, y] = reach(event);
      move(x);
      this.cursor.onPick?.(this.cursor.value, y);
    });
    this.handle.addEventListener("focus", () => this.cursor.value ?? move(middleOf(this.domains.x)));
    this.handle.addEventListener("keydown", (event) => this.#key(event, move));
  }

  #key(event, move) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const [low, high] = this.domains.x;
    const step = (this.cursor.step ?? (high - low) / 100) * (event.shiftKey ? BIG_STEP : 1);
    const at = this.cursor.value ?? middleOf(this.domains.x);
    const big = BIG_STEP * step;
    const targets = {
      ArrowRight: at + step, ArrowUp: at + step, ArrowLeft: at - step, ArrowDown: at - step,
      PageUp: at + big, PageDown: at - big, Home: low, End: high,
    };
    if (event.key in targets) move(Number(targets[event.key].toPrecision(9)));
    else if (event.key === "Enter" || event.key === " ") this.cursor.onPick?.(at, null);
    else return;
    event.preventDefault();
  }

  #showCursor() {
    if (!this.cursor || !this.inside) return;
    const { left, right, top, bottom } = this.inside;
    const { value, describe } = this.cursor;
    const [low, high] = this.domains.x;
    const at = value ?? middleOf(this.domains.x);
    Object.assign(this.handle.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
    this.handle.setAttribute("aria-label", `${this.label}: ${this.axes.x.title}`);
    this.handle.setAttribute("aria-valuemin", String(low));
    this.handle.setAttribute("aria-valuemax", String(high));
    this.handle.setAttribute("aria-valuenow", String(at));
    this.handle.setAttribute("aria-valuetext", describe?.(at) ?? number(at));
    this.hair.hidden = value === null;
    Object.assign(this.hair.style, { left: `${this.x.place(at)}px`, top: `${top}px`, height: `${bottom - top}px` });
  }
}

function middleOf([low, high]) {
  return (low + high) / 2;
}

/** The outline of a point. */
function outline(shape, x, y, size) {
  if (shape === "square") return `M${x - size} ${y - size}h${2 * size}v${2 * size}h${-2 * size}Z`;
  if (shape === "diamond") {
    const reach = 1.3 * size;
    return `M${x} ${y - reach}L${x + reach} ${y}L${x} ${y + reach}L${x - reach} ${y}Z`;
  }
  if (shape === "cross") return `M${x - size} ${y - size}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}`;
  return `M${x - size} ${y}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0Z`;
}

/** A mark in small, for the legend. @param {Mark} mark */
function swatch(mark) {
  const style = `--series: var(--series-${mark.role ?? "accent"}); --width: ${mark.width ?? 2}px`;
  const shapes = {
    line: () => svg("path", { class: `chart-line${mark.dash ? " chart-dash" : ""}`, d: "M0 6H20" }),
    band: () => svg("rect", { class: "chart-band", width: 20, height: 12 }),
    points: () => svg("path", { class: `chart-point chart-${mark.shape ?? "circle"}`, d: outline(mark.shape, 10, 6, 4.5) }),
  };
  return svg("svg", { width: 20, height: 12, "aria-hidden": "true", style }, shapes[mark.type]());
}
