// The cooling laboratory: the reader sets up an experiment, and two networks learn from it in the
// page, in a worker. One sees the readings alone, the other has to obey Newton's law as well and
// learns its rate. Beside them stand the truth, least squares, and the bound that none can pass.

import { Chart } from "./chart.js";
import { button, checkbox, group, make, number, raised, row, slider } from "./controls.js";
import { newtonCooling } from "./cooling.js";
import { cramerRaoBound, fitCooling } from "./cooling-fit.js";
import { Lab, debounced, define, reducedMotion } from "./lab.js";
import { Random } from "./random.js";

const PLACES = 121; // points of a drawn curve
const PATIENCE = 300; // ms after the last change of a control at which training begins

const PER_SECOND = "10\u207b\u00b3\u2009s\u207b\u00b9"; // the unit in which rates are shown

/** What the reader can set; an address that asks for more is brought back into the range. */
const RANGES = {
  T0: { label: "Start", unit: "\u00b0C", min: -20, max: 100, step: 1 },
  T_env: { label: "Environment", unit: "\u00b0C", min: -20, max: 40, step: 1 },
  r: { label: "Rate r", unit: `\u00d7\u00a0${PER_SECOND}`, min: 0.001, max: 0.05, scale: "log", format: (r) => number(1000 * r, 2) },
  noise: { label: "Noise \u03c3 of a reading", unit: "K", min: 0.1, max: 5, scale: "log", format: (v) => number(v, 2) },
  readings: { label: "Readings", min: 3, max: 60, step: 1 },
  last: { label: "Last reading at", unit: "s", min: 30, max: 600, step: 10 },
  weight: { label: "Weight of the physics", min: 1e-4, max: 1e4, step: 0.5, scale: "log", format: power },
};

class CoolingLab extends Lab {
  defaults({ body, noise, readings, last }) {
    const weight = 1e4; // one over the squared slack that the Python has by default
    return { ...body, noise, readings, last, weight, known: false, seed: 0 };
  }

  build(data) {
    for (const [key, { min, max }] of Object.entries(RANGES)) {
      this.state[key] = Math.min(max, Math.max(min, this.state[key]));
    }
    this.state.readings = Math.round(this.state.readings);
    this.recipes = data.networks;
    this.window = data.window;
    this.errors = data.errors;
    this.times = Array.from({ length: PLACES }, (_, i) => (i * data.window) / (PLACES - 1));
    this.run = 0;
    this.going = false;
    this.history = empty();
    this.worker = new Worker(new URL("./cooling-worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data: message }) => this.#hear(message);
    this.worker.onerror = () => this.announce("Training is not possible: the worker did not start.");
    this.left.addEventListener("abort", () => this.worker.terminate());
    this.#charts();
    this.#table();
    this.#controls();
  }

  #charts() {
    const time = { title: "Time", unit: "s", domain: [0, this.window] };
    const step = { title: "Step of training" };
    const describe = (t) => this.#at(t);
    const chart = (label, x, y, options) => new Chart({ label, x, y, ...options });
    this.curve = chart("Temperature of the body", time, { title: "Temperature", unit: "\u00b0C" }, {
      height: 340,
      cursor: { step: this.window / 60, describe, onMove: (t) => this.#read(t) },
    });
    const small = { height: 200 };
    this.residual = chart("How far each curve is from obeying the law", time, { title: "Off the law", unit: "K/s" }, { ...small, legend: false });
    const misfit = { title: "Misfit", unit: "\u03c3\u00b2", scale: "log", domain: [1e-3, 1e4] };
    this.misfit = chart("Misfit while training", step, misfit, small);
    this.rate = chart("Learned rate while training", step, { title: "Rate r", unit: PER_SECOND }, small);
    this.readout = make("p", { class: "cooling-readout" }, "Point at the chart, or move along it with the arrow keys, to read the curves.");
    const panel = (title, { element }) => make("div", {}, make("p", {}, title), element);
    this.stage.append(
      make("div", { class: "cooling-curves" }, this.curve.element, this.readout, panel("Is the law obeyed?", this.residual)),
      make("div", { class: "cooling-panels" }, panel("Are the readings met?", this.misfit), panel("What is the rate?", this.rate)),
    );
  }

  #table() {
    const heads = ["", `Rate r (${PER_SECOND})`, "Worst error up to the last reading (K)", "Worst error after it (K)"];
    const head = make("tr", {}, ...heads.map((text) => make(text ? "th" : "td", text ? { scope: "col" } : {}, text)));
    this.rows = make("tbody");
    this.bound = make("caption");
    const table = make("table", {}, this.bound, make("thead", {}, head), this.rows);
    this.stage.append(make("div", { class: "cooling-found" }, table));
  }

  #controls() {
    const sliders = (...keys) => keys.map((key) => this.bind(key, slider, RANGES[key]));
    const known = this.bind("known", checkbox, { label: "Start is known" });
    const experiment = group("The experiment", ...sliders("T0", "T_env", "r", "noise", "readings", "last"));
    const law = group("The law", ...sliders("weight"), known);
    this.button = button({ label: "Train", primary: true, onClick: () => (this.going ? this.stop() : this.train()) });
    const again = button({ label: "New noise", onClick: () => this.set({ seed: this.state.seed + 1 }) });
    this.controls.append(row(this.button, again), experiment, law);
  }

  /** Everything that follows from the state at once; training follows a moment later. */
  update() {
    const { r, T0, T_env, noise, readings: n, last, known, seed } = this.state;
    const body = { r, T0, T_env };
    const errors = seed === 0 ? this.errors : new Random(seed).normals(this.errors.length);
    const t = Array.from({ length: n }, (_, i) => (i * last) / (n - 1));
    const T = t.map((time, i) => newtonCooling(time, body) + noise * errors[i]);
    this.readings = { t, T, noise };
    this.known = { T_env, T0: known ? T0 : null, tEnd: this.window };
    this.truth = this.times.map((time) => newtonCooling(time, body));
    this.fit = fitCooling(this.readings, this.known);
    this.crb = cramerRaoBound(body, t, noise, !known);
    this.#cancel();
    this.history.old = true;
    this.curve.describe("Temperature against time: truth and readings; the networks are not trained on them yet.");
    this.#draw();
    // The first training is over before the laboratory is on the screen: there is nothing to watch.
    if (this.hasTrained) this.#trainSoon();
    else this.train({ watch: false });
    this.hasTrained = true;
  }

  #trainSoon = debounced(() => this.history.old && this.train(), PATIENCE);

  /** Train both networks from their first weights; `watch` holds each step for a moment. */
  train({ watch = !reducedMotion() } = {}) {
    this.run += 1;
    this.history = empty();
    const { plain, physics } = this.recipes;
    const slack = this.state.weight ** -0.5;
    const networks = { plain, physics: { ...physics, settings: { ...physics.settings, slack } } };
    const { readings, known, times } = this;
    this.#show(true);
    this.worker.postMessage({ run: this.run, watch, job: { readings, known, rate: this.state.r, times, networks } });
  }

  /** End training where it is. */
  stop() {
    this.#cancel();
    const { length } = this.history.physics;
    this.announce(`Stopped after ${Math.max(0, length - 1)} steps: the curves stay as they are.`);
  }

  #cancel() {
    if (!this.going) return;
    this.run += 1; // what is still on its way is not meant for this run
    this.worker.postMessage({ run: null });
    this.#show(false);
  }

  #show(going) {
    this.going = going;
    this.button.element.textContent = going ? "Stop" : "Train";
    this.dataset.training = String(going);
  }

  #hear({ run, looks, seconds }) {
    if (run !== this.run) return;
    for (const look of looks) this.history[look.network].push(look);
    if (seconds !== undefined) {
      this.seconds = seconds;
      this.#show(false);
      const sentence = this.#sentence();
      this.curve.describe(`Temperature against time: truth, readings and both networks. ${sentence}`);
      this.announce(sentence);
    }
    if (!this.going || !reducedMotion()) this.#drawSoon();
  }

  /** At most once for each picture that the screen shows. */
  #drawSoon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const { plain, physics, old } = this.history;
    const looks = { plain: plain.at(-1), physics: physics.at(-1) };
    this.#drawCurves(looks, old);
    this.#drawTraining(plain, physics, old);
    this.#drawTable(looks, old);
  }

  #drawCurves({ plain, physics }, faint) {
    const { times: x, readings, state } = this;
    const learned = (key) => [
      ...(plain ? [{ type: "line", x, y: plain[key], role: "plain", label: "plain network", faint, width: 2.5 }] : []),
      ...(physics ? [{ type: "line", x, y: physics[key], role: "physics", label: "physics-informed", faint, width: 2.5 }] : []),
    ];
    const end = state.last < this.window ? [{ type: "vline", x: state.last, role: "muted", label: "last reading" }] : [];
    const all = [...this.truth, ...readings.T];
    const air = 0.12 * (Math.max(...all) - Math.min(...all)) + state.noise;
    this.curve.setDomain("y", [Math.min(...all) - air, Math.max(...all) + air]);
    this.curve.draw([
      ...end,
      ...learned("T"),
      { type: "line", x, y: this.truth, role: "truth", dash: true, label: "truth" },
      { type: "points", x: readings.t, y: readings.T, role: "data", label: "readings", size: 4 },
    ]);
    this.residual.draw([{ type: "line", x: [0, this.window], y: [0, 0], role: "truth", dash: true }, ...learned("residual")]);
  }

  #drawTraining(plain, physics, faint) {
    const whole = [0, Math.max(plain.length, physics.length, 11) - 1];
    const line = (looks, key, role, label, dash = false) => {
      const y = looks.map((look) => Math.max(look[key], 1e-8));
      return { type: "line", x: y.map((_, step) => step), y, role, label, dash, faint };
    };
    this.misfit.setDomain("x", whole);
    this.misfit.draw([
      { type: "hline", y: 1, role: "muted", label: "as the noise" },
      line(plain, "misfit", "plain", "plain"),
      line(physics, "misfit", "physics", "physics-informed"),
      line(physics, "law", "physics", "its law", true),
    ]);
    this.#drawRate([0, Math.max(physics.length, 11) - 1], { ...line(physics, "r", "physics", "learned"), width: 2.5 });
  }

  /** Near the truth, where the bound can be seen; the first steps come in from outside. */
  #drawRate(whole, learned) {
    const [r, crb, fit] = [this.state.r, this.crb, this.fit.r].map((rate) => 1000 * rate);
    const far = (rate) => 1.3 * Math.abs(rate - r);
    const last = this.going ? r : (learned.y.at(-1) ?? r / 1000) * 1000;
    const half = Math.min(Math.max(far(fit), far(last), Number.isFinite(crb) ? 5 * crb : r), 3 * r);
    const level = (y, role, label, dash) => ({ type: "line", x: whole, y: [y, y], role, label, dash });
    this.rate.setDomain("x", whole);
    this.rate.setDomain("y", [r - half, r + half]);
    this.rate.draw([
      ...(crb < half ? [{ type: "band", x: whole, low: [r - crb, r - crb], high: [r + crb, r + crb], role: "limit", label: "bound" }] : []),
      level(r, "truth", "truth", true),
      level(fit, "classical", "least squares"),
      { ...learned, y: learned.y.map((rate) => 1000 * rate) },
    ]);
  }

  #drawTable({ plain, physics }, old) {
    const fit = { T: this.times.map((t) => newtonCooling(t, this.fit)), r: this.fit.r, std: this.fit.std };
    const line = (role, name, look) => {
      const key = make("span", { class: "cooling-key", style: `--series: var(--series-${role})` });
      const off = look ? this.#off(look.T).map((error) => number(error, 2)) : ["\u2013", "\u2013"];
      const cells = [look?.r ? measured(1000 * look.r, 1000 * look.std) : "\u2013", ...off];
      const numbers = cells.map((text) => make("td", {}, text));
      return make("tr", {}, make("th", { scope: "row" }, key, name), ...numbers);
    };
    this.rows.replaceChildren(
      line("plain", "Plain network", old ? null : plain),
      line("physics", "Physics-informed", old ? null : physics),
      line("classical", "Least squares", fit),
      line("truth", "Truth", { T: this.truth, r: this.state.r }),
    );
    this.bound.textContent = Number.isFinite(this.crb)
      ? `From these readings no unbiased method knows r better than to \u00b1\u00a0${number(1000 * this.crb, 2)}\u00a0\u00d7\u00a0${PER_SECOND} (Cram\u00e9r\u2013Rao bound).`
      : "The body is as warm as its environment: its readings say nothing about r.";
  }

  /** Largest distance from the truth up to the last reading, and after it. */
  #off(T) {
    const off = [0, NaN];
    this.times.forEach((t, i) => {
      const part = t <= this.state.last ? 0 : 1;
      off[part] = Math.max(off[part] || 0, Math.abs(T[i] - this.truth[i]));
    });
    return off;
  }

  /** The curves at one time, in words. */
  #at(t) {
    const place = Math.round((t / this.window) * (PLACES - 1));
    const { plain, physics } = this.history;
    const curves = { truth: this.truth, plain: plain.at(-1)?.T, "physics-informed": physics.at(-1)?.T };
    const values = Object.entries(curves).filter(([, T]) => T).map(([name, T]) => `${name} ${T[place].toFixed(1)}`);
    return `${Math.round(this.times[place])} s: ${values.join(", ")} \u00b0C`;
  }

  #read(t) {
    this.readout.textContent = this.#at(t);
  }

  #sentence() {
    const looks = [this.history.plain, this.history.physics].map((all) => all.at(-1));
    const [plain, physics] = looks.map(({ T }) => kelvin(Math.abs(T.at(-1) - this.truth.at(-1))));
    const [learned, fit, truth] = [looks[1].r, this.fit.r, this.state.r].map((r) => number(1000 * r));
    const rates = `Learned rate ${learned}, least squares ${fit}, truth ${truth}\u00a0\u00d7\u00a0${PER_SECOND}.`;
    const off = `the physics-informed network is ${physics} off, the plain one ${plain}`;
    return `${rates} At ${this.window}\u00a0s ${off}. Computed in ${this.seconds.toFixed(1)}\u00a0s.`;
  }
}

const kelvin = (value) => `${number(value, 2)}\u00a0K`;
const empty = () => ({ plain: [], physics: [], old: false });

/** A weight as the power of ten that it is, or the whole number below it. */
function power(weight) {
  const exponent = Math.round(2 * Math.log10(weight)) / 2;
  const whole = Math.floor(exponent);
  return `${exponent === whole ? "" : "3\u00b7"}10${raised(whole)}`;
}

/** A value with its standard deviation, to two digits of that. */
function measured(value, std) {
  if (!(std > 0 && std < 10 * Math.abs(value))) return number(value, 4);
  const digits = Math.max(0, 1 - Math.floor(Math.log10(std)));
  return `${value.toFixed(digits)} \u00b1 ${std.toFixed(digits)}`;
}

define("cooling-lab", CoolingLab);
