// The Gaussian process laboratory: a hidden truth on a line, a model of it, and a game.
//
// What is shown follows from the state alone (see `belief`), so that a view can be kept in the
// address, and every change, by hand or by the model's advice, takes the same way to the screen.

import { highest } from "./acquisition.js";
import { Chart } from "./chart.js";
import { button, checkbox, group, make, number, row, select, slider } from "./controls.js";
import { dice, improver, regret } from "./game.js";
import { Draws, condition, fit, predict } from "./gp.js";
import { PLAYERS, beliefMarks, between, probeMark, raceMarks, rivalMarks, scoreMarks } from "./gp-marks.js";
import { ACQUISITIONS, KERNEL_NAMES } from "./gp-menu.js";
import { Lab, define, reducedMotion } from "./lab.js";
import { Random } from "./random.js";

const CURVES = 3; // drawn from the model
const THROWS = 16; // curves of Thompson sampling, one after the other
const ERROR = 0.2; // of the noisy instrument, in prior standard deviations
const MOVING = 280; // ms from one belief to the next
const FEWEST = 3; // measurements to fit three numbers to
const BOUNDS = { variance: [0.125, 8], lengthscale: [0.02, 0.64], noise: [0.001, 1] };
const OWN = Object.keys(BOUNDS);
const FITS_ANEW = ["measured", "kernel", "noisy", "fit", "truth"];
const MOVES = ["measured", "moves", "fit", "kernel", "noisy"];

class GaussianProcessLab extends Lab {
  defaults(data) {
    return {
      truth: 0, measured: data.opening[0],
      kernel: data.kernel, lengthscale: data.lengthscale, variance: 1, noise: data.noise, fit: false,
      acquisition: "ei", xi: 0, beta: 2, target: 0,
      curves: true, reveal: false, noisy: false,
      playing: false, moves: [],
    };
  }

  build(data) {
    this.data = data;
    const n = data.truths[0].length;
    this.places = Float64Array.from({ length: n }, (_, i) => i / (n - 1));
    this.draws = new Draws(this.places, CURVES, 1);
    this.throws = new Draws(this.places, THROWS, 2);
    this.here = null; // the candidate that the reader points at
    Object.assign(this.state, legible(this.state, data));
    this.#makeStage();
    this.#makeControls();
  }

  // -- what the reader can do ------------------------------------------------------------------

  /** Measure a candidate; in the game one that is measured already would be wasted. */
  measure(index) {
    const { playing, moves, measured } = this.state;
    if (!playing) this.set({ measured: [...measured, index] });
    else if (this.over || this.seen.includes(index)) return;
    else this.set({ moves: [...moves, index] });
  }

  undo() {
    this.set({ measured: this.state.measured.slice(0, -1) });
  }

  /** Another hidden truth, of which little is known. */
  another(changes = {}) {
    const truth = (this.state.truth + 1) % this.data.truths.length;
    this.set({ truth, measured: [...this.data.opening[truth]], moves: [], reveal: false, ...changes });
  }

  /** The game, on a truth that the reader knows nothing of. */
  play() {
    this.another({ playing: true });
  }

  leave() {
    this.set({ measured: this.seen, reveal: this.over, playing: false, moves: [] });
  }

  // -- what follows from the state -------------------------------------------------------------

  get truth() {
    return this.data.truths[this.state.truth];
  }

  get initial() {
    return this.data.initial[this.state.truth];
  }

  /** Candidates that the reader knows, in the order of measuring. */
  get seen() {
    return this.state.playing ? [...this.initial, ...this.state.moves] : this.state.measured;
  }

  get over() {
    return this.state.playing && this.state.moves.length >= this.data.steps;
  }

  /** Their values: the truth, and the instrument's error where it has one. */
  get values() {
    const exact = this.seen.map((i) => this.truth[i]);
    if (!this.state.noisy || this.state.playing) return exact;
    const errors = new Random(1000 + this.state.truth).normals(exact.length);
    return exact.map((value, k) => value + ERROR * errors[k]);
  }

  /** Hyperparameters of the model; in the game those that the truths were drawn with. */
  get theta() {
    const { playing, kernel, variance, lengthscale, noise } = this.state;
    if (!playing) return { kernel, variance, lengthscale, noise };
    const { data } = this;
    return { kernel: data.kernel, variance: 1, lengthscale: data.lengthscale, noise: data.noise };
  }

  /** All that is drawn: belief, curves, scores and what would be measured next. */
  belief() {
    const { seen, values, places, state } = this;
    const model = condition(seen.map((i) => places[i]), values, this.theta);
    const { mean, std } = predict(model, places);
    const sample = () => this.throws.posterior(model, seen, values)[seen.length % THROWS];
    const random = () => new Random(seen.length + 1);
    const best = values.length ? Math.max(...values) : 0;
    const { score } = ACQUISITIONS[state.acquisition];
    const scores = score({ ...state, mean, std, best, sample, random });
    const next = highest(scores, (i) => !seen.includes(i));
    const curves = state.curves && !state.playing ? this.draws.posterior(model, seen, values) : [];
    return { mean, std, scores, curves, next, best, logLikelihood: model.logLikelihood };
  }

  /** The players of the game: what each has measured, and what each still misses. */
  players() {
    const { truth, initial, state } = this;
    const { steps } = this.data;
    const n = state.moves.length;
    const moves = {
      you: state.moves,
      EI: improver(truth, initial, this.theta, steps).slice(0, n),
      random: dice(truth, initial, steps, state.truth + 1).slice(0, n),
    };
    return Object.entries(moves).map(([name, own]) => (
      { name, moves: own, regret: regret(truth, initial, own) }));
  }

  // -- from the state to the screen ------------------------------------------------------------

  update(changed) {
    if (this.#fitted(changed)) return; // which has called this again
    const focus = document.activeElement;
    const few = changed.size < 5 && !changed.has("truth"); // not the beginning, nor a reset
    this.rivals = this.state.playing ? this.players() : [];
    this.shown ??= this.belief();
    this.#arrange();
    this.#show(this.belief(), few && MOVES.some((key) => changed.has(key)) && !reducedMotion());
    if (focus === document.activeElement) return;
    if (focus.isConnected) focus.focus(); // it stands in another place
    else this.#lead();
  }

  /** Keep the hyperparameters where the marginal likelihood is largest, until a slider is moved. */
  #fitted(changed) {
    const { state } = this;
    if (!state.fit || state.playing || this.fitting) return false;
    if (changed.size === 1 && OWN.some((key) => changed.has(key))) {
      this.set({ fit: false });
      return true;
    }
    if (this.seen.length < FEWEST || !FITS_ANEW.some((key) => changed.has(key))) return false;
    const { theta } = fit(this.seen.map((i) => this.places[i]), this.values, this.theta, BOUNDS);
    this.fitting = true; // no slider was moved by hand
    this.set({ ...theta, measured: state.measured });
    this.fitting = false;
    return true;
  }

  /** Show a belief, by way of what lies between it and the last one where that helps the eye. */
  #show(next, moving) {
    cancelAnimationFrame(this.frame);
    this.#words(next);
    const from = this.shown;
    if (!moving || from.curves.length !== next.curves.length) {
      this.#draw(next);
      return;
    }
    const start = performance.now();
    const step = (now) => {
      const share = Math.min(1, Math.max(0, (now - start) / MOVING));
      this.#draw(share < 1 ? between(from, next, 1 - (1 - share) ** 3) : next);
      if (share < 1) this.frame = requestAnimationFrame(step);
    };
    step(start);
  }

  #draw(shown) {
    this.shown = shown;
    const { places, state, seen, values } = this;
    const { playing } = state;
    const most = Math.max(3.2, 2.4 * Math.sqrt(this.theta.variance));
    this.top.setDomain("y", [-most, most]);
    const marks = beliefMarks(places, shown);
    if (state.reveal || this.over) {
      marks.push({ type: "line", x: places, y: this.truth, role: "truth", dash: true, label: "truth" });
    }
    if (seen.length) marks.push({ type: "hline", y: shown.best, role: "muted", label: "best so far" });
    if (!playing && shown.next >= 0) {
      const { role } = ACQUISITIONS[state.acquisition];
      marks.push({ type: "vline", x: places[shown.next], role, label: "next" });
    }
    if (this.over) marks.push(...rivalMarks(places, this.truth, this.rivals));
    else if (this.here !== null) marks.push(probeMark(places, shown, this.here));
    const x = seen.map((i) => places[i]);
    marks.push({ type: "points", x, y: values, role: "reader", size: 5, label: playing ? "you measured" : "measured" });
    this.top.draw(marks);
    if (playing) this.#drawRace();
    else this.#drawScores();
  }

  #drawScores() {
    const kind = ACQUISITIONS[this.state.acquisition];
    this.scores.axes.y.title = kind.short;
    this.scores.draw(scoreMarks(this.places, this.shown, kind, this.here));
  }

  #drawRace() {
    const first = this.rivals[0].regret[0];
    this.race.setDomain("y", [0, 1.08 * Math.max(0.5, first, this.data.record.regret.EI[0])]);
    this.race.draw(raceMarks(this.rivals, this.over ? this.data.record : null));
  }

  // -- the parts -------------------------------------------------------------------------------

  #makeStage() {
    const narrow = this.clientWidth < 560;
    const index = (x) => Math.round(x * (this.places.length - 1));
    const cursor = {
      step: this.places[1],
      describe: (x) => this.#at(index(x)),
      onMove: (x) => this.#point(index(x)),
      onPick: (x) => this.measure(index(x)),
    };
    const x = { title: "Composition x", domain: [0, 1] };
    const y = { title: "Property (prior std)" };
    const steps = { title: "Measurements taken", domain: [0, this.data.steps + 0.25] };
    this.top = new Chart({ label: "The hidden truth", x, y, height: narrow ? 300 : 370, cursor });
    this.scores = new Chart({ label: "Acquisition function", x, y: { title: "EI" }, height: 175, legend: false });
    this.race = new Chart({ label: "Regret of each player", x: steps, y: { title: "Regret (prior std)" }, height: narrow ? 220 : 370 });
    this.readout = make("p", { class: "gp-readout" });
    this.hint = make("p", { class: "gp-hint", id: `${this.id}-hint` },
      "Press in the chart to measure, or use the arrow keys and Enter.");
    this.top.element.classList.add("gp-belief");
    this.top.handle.setAttribute("aria-describedby", this.hint.id);
    this.buttons = {
      next: button({ label: "Measure next", primary: true, onClick: () => this.measure(this.shown.next) }),
      here: button({ label: "Measure here", onClick: () => this.measure(this.here) }),
      undo: button({ label: "Undo", onClick: () => this.undo() }),
      another: button({ label: "New truth", onClick: () => this.another() }),
      again: button({ label: "Play another truth", primary: true, onClick: () => this.play() }),
      leave: button({ label: "Leave the game", onClick: () => this.leave() }),
    };
    this.bench = row();
    const pointed = make("div", { class: "gp-pointed" }, this.hint, this.readout);
    const bench = make("div", { class: "gp-bench" }, pointed, this.bench);
    this.below = make("div", { class: "gp-below" });
    this.stage.append(this.top.element, this.below, bench, this.#makeGame());
  }

  /** The invitation to the game, and in it the standing of the players. */
  #makeGame() {
    this.task = make("p", { class: "gp-task" });
    this.standing = make("dl", { class: "gp-standing" });
    this.begin = button({ label: "Play", primary: true, onClick: () => this.play() });
    const caption = make("p", { class: "gp-fact" }, "Still missing to the highest value");
    this.board = make("div", { class: "gp-board" }, caption, this.standing);
    this.record = make("p", { class: "gp-record" }, recordOf(this.data.record));
    this.game = make("section", { class: "gp-game", "aria-label": "Game" });
    return this.game;
  }

  #makeControls() {
    const log = (key) => (
      { min: BOUNDS[key][0], max: BOUNDS[key][1], scale: "log", format: (value) => number(value, 2) });
    const own = (key, label) => this.bind(key, slider, { label, ...log(key) });
    const settings = {
      xi: this.bind("xi", slider, { label: "Margin ξ", min: 0, max: 1, step: 0.01 }),
      beta: this.bind("beta", slider, { label: "Optimism β", min: 0, max: 5, step: 0.1 }),
      target: this.bind("target", slider, { label: "Target t", min: -3, max: 3, step: 0.1 }),
    };
    this.settings = settings;
    this.setting = make("div", { class: "gp-setting" });
    this.likelihood = make("p", { class: "gp-fact" });
    this.panel = make("div", { class: "gp-panel" });
    const names = Object.entries(ACQUISITIONS).map(([key, { name }]) => [key, name]);
    this.groups = [
      group("Model",
        this.bind("kernel", select, { label: "Kernel", options: KERNEL_NAMES }),
        own("lengthscale", "Lengthscale"), own("variance", "Variance"), own("noise", "Noise (std)"),
        this.bind("fit", checkbox, { label: "Fit to what is measured" }),
        this.likelihood),
      group("What to measure next",
        this.bind("acquisition", select, { label: "Acquisition function", options: names }),
        this.setting),
      group("Show",
        this.bind("curves", checkbox, { label: "Possible curves" }),
        this.bind("reveal", checkbox, { label: "The hidden truth" }),
        this.bind("noisy", checkbox, { label: `Noisy instrument (± ${ERROR})` })),
    ];
    this.controls.append(this.panel);
  }

  /** The parts that belong to the state; what cannot be used now is not on the page. */
  #arrange() {
    const { state, over, game } = this;
    const { playing } = state;
    const { next, here, undo, another, again, leave } = this.buttons;
    const { setting } = ACQUISITIONS[state.acquisition];
    this.toggleAttribute("data-playing", playing);
    holds(this.setting, [this.settings[setting]]);
    holds(this.panel, playing ? [] : this.groups);
    holds(this.below, [playing ? this.race.element : this.scores.element]);
    const buttons = playing ? [over ? again : here, leave] : [next, here, undo, another];
    holds(this.bench, buttons.map(({ element }) => element));
    // No word of averages in the middle of a game.
    holds(game, [this.task, playing ? this.board : this.begin.element, (over || !playing) && this.record]);
    undo.element.disabled = this.seen.length === 0;
  }

  /** Where the focus goes when what had it is gone. */
  #lead() {
    if (this.over) this.buttons.again.element.focus();
    else if (this.state.playing) this.top.handle.focus();
    else this.begin.element.focus();
  }

  // -- words -----------------------------------------------------------------------------------

  #point(index) {
    this.here = index;
    this.#draw(this.shown);
    this.top.point(this.places[index]);
    this.#pointed();
  }

  #pointed(shown = this.shown) {
    const { here, state } = this;
    const { element } = this.buttons.here;
    this.readout.hidden = here === null || this.over;
    this.hint.hidden = here !== null || this.over; // read with the chart all the same
    if (here !== null) this.readout.textContent = this.#at(here, shown);
    element.textContent = here === null ? "Measure here" : `Measure ${this.#place(here)}`;
    element.disabled = here === null || this.over || (state.playing && this.seen.includes(here));
  }

  #place(index) {
    return `x = ${this.places[index].toFixed(2)}`;
  }

  /** What is believed at a candidate. */
  #at(index, { mean, std, scores } = this.shown) {
    const { short } = ACQUISITIONS[this.state.acquisition];
    const score = this.state.playing ? "" : `, ${short} ${number(scores[index], 2)}`;
    return `${this.#place(index)}: mean ${fixed(mean[index])}, std ${fixed(std[index])}${score}`;
  }

  #words(shown) {
    const { next, best, logLikelihood } = shown;
    const { element } = this.buttons.next;
    element.textContent = next < 0 ? "Nothing left" : `Measure next, ${this.#place(next)}`;
    element.disabled = next < 0;
    const wait = this.state.fit && this.seen.length < FEWEST ? `; fits from ${FEWEST} measurements on` : "";
    this.likelihood.textContent = `Log marginal likelihood ${fixed(logLikelihood)}${wait}`;
    this.#pointed(shown); // what will be drawn, not what is drawn yet
    if (this.state.playing) this.#gameWords();
    else this.#freeWords(next, best);
  }

  #freeWords(next, best) {
    const { seen, values, state } = this;
    const { name, short } = ACQUISITIONS[state.acquisition];
    const count = seen.length === 1 ? "1 measurement" : `${seen.length} measurements`;
    const found = seen.length ? `${count}, the best ${fixed(best)} at ${this.#place(seen[values.indexOf(best)])}.` : "Nothing is measured yet.";
    const advice = next < 0 ? "" : ` ${name} would measure ${this.#place(next)} next.`;
    this.task.textContent = `Can you find the highest value in ${this.data.steps} measurements, before expected improvement does, and faster than dice?`;
    this.top.describe(`What a Gaussian process believes of a hidden truth. ${found}`);
    this.scores.describe(next < 0 ? short : `${short} of each candidate, highest at ${this.#place(next)}.`);
    this.announce(found + advice);
  }

  #gameWords() {
    const { over, rivals, state } = this;
    const { steps } = this.data;
    const n = state.moves.length;
    const last = rivals.map(({ name, regret: y }) => ({ name, misses: y[y.length - 1] }));
    this.task.textContent = over ? verdict(last) : `Measurement ${n + 1} of ${steps}. Find the highest value.`;
    this.standing.replaceChildren(...last.map(({ name, misses }) => make("div", { style: `--series: var(--series-${PLAYERS[name]})` },
      make("dt", {}, name), make("dd", {}, fixed(misses)))));
    const missing = last.map(({ name, misses }) => `${name} ${fixed(misses)}`).join(", ");
    this.top.describe(`What the model believes after ${n} of your ${steps} measurements.`);
    this.race.describe(`Regret after ${n} measurements: ${missing}.`);
    this.announce(`After ${n} of ${steps} measurements, missing to the highest value: ${missing}.${over ? ` ${verdict(last)}` : ""}`);
  }

  /**
   * For the benchmark: how long the lengthscale slider takes to answer, until the picture is drawn
   * and laid out, ms.
   * @param {number} points How many measurements there are.
   * @param {number} count How many times it is moved.
   * @returns {number[]}
   */
  answers(points, count) {
    const stride = Math.floor(this.places.length / points);
    const measured = Array.from({ length: points }, (_, k) => k * stride);
    this.set({ playing: false, fit: false, measured });
    cancelAnimationFrame(this.frame);
    const field = this.querySelector('input[type="range"]');
    const [low, high] = [Number(field.min), Number(field.max)];
    return Array.from({ length: count }, (_, k) => {
      const before = performance.now();
      field.valueAsNumber = low + (0.26 + 0.01 * (k % 50)) * (high - low);
      field.dispatchEvent(new Event("input"));
      this.getBoundingClientRect();
      return performance.now() - before;
    });
  }
}

/** Put these elements, those that are any, into a parent; nothing happens if they are there. */
function holds(parent, elements) {
  const wanted = elements.filter(Boolean);
  const same = wanted.length === parent.children.length && wanted.every((one, i) => one === parent.children[i]);
  if (!same) parent.replaceChildren(...wanted);
}

/** Two decimals and a true minus sign. */
function fixed(value) {
  const text = value.toFixed(2);
  return text === "-0.00" ? "0.00" : text.replace("-", "−");
}

/** How the reader ended, against each of the others. */
function verdict([you, ...others]) {
  const words = others.map(({ name, misses }) => {
    const ahead = misses - you.misses;
    return `${Math.abs(ahead) < 5e-4 ? "as near as" : ahead > 0 ? "nearer than" : "not as near as"} ${name}`;
  });
  const found = you.misses < 5e-4 ? "You found the highest value" : "You ended short of the highest value";
  return `${found}: ${words.join(", ")}.`;
}

/** What is said of many games, from the numbers that came with the page. */
function recordOf({ games, ahead, tied }) {
  const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
  const [share, low, high] = ahead.map(percent);
  return `One game proves nothing. Over ${games} of them EI ended nearer to the highest value than random in ${share} (95\u00a0% interval ${low} to ${high}) and as near in ${percent(tied)}.`;
}

/** A state as an address may hold it, made to fit: an old or mistyped link opens all the same. */
function legible(state, data) {
  const inside = (value, low, high) => Math.min(Math.max(value, low), high);
  const truth = inside(Math.round(state.truth), 0, data.truths.length - 1);
  const candidates = (list) => list.filter((i) => Number.isInteger(i) && i >= 0 && i < data.truths[0].length);
  const known = data.initial[truth];
  const moves = candidates(state.moves).filter((i, k, all) => !known.includes(i) && all.indexOf(i) === k);
  const own = OWN.map((key) => [key, inside(state[key], ...BOUNDS[key])]);
  return {
    ...Object.fromEntries(own),
    truth, measured: candidates(state.measured).slice(0, 101), moves: moves.slice(0, data.steps),
    kernel: KERNEL_NAMES.some(([name]) => name === state.kernel) ? state.kernel : data.kernel,
    acquisition: Object.hasOwn(ACQUISITIONS, state.acquisition) ? state.acquisition : "ei",
    xi: inside(state.xi, 0, 1), beta: inside(state.beta, 0, 5), target: inside(state.target, -3, 3),
  };
}

define("gp-lab", GaussianProcessLab);
