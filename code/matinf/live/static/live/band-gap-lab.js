// The band-gap laboratory: type a formula, read its gap without and with transfer.

import { BandGapModels } from "./band-gap.js";
import { button, make, row, select } from "./controls.js";
import { EnergyAxis, printed } from "./energy-axis.js";
import { parseFormula, respelled, withoutIsotopes } from "./formula.js";
import { Lab, define } from "./lab.js";

const LONGEST = 500; // characters of a formula
const NEAREST = 5;
const SLICE = 10; // ms of work between two breaks
const GOES_ON = ["nothing", "open bracket"]; // who types on may still mend it
const WAYS = [
  ["none", "no_transfer", "Without transfer"],
  ["removed", "transfer", "With transfer"],
];

/** Energies with two decimals at most. @param {number} value @param {number} [digits] */
function ev(value, digits = 2) {
  return String(Number(value.toFixed(digits)));
}

function percent(share) {
  return `${Math.round(100 * share)}\u00a0%`;
}

/** One energy or the span of several. */
function span({ low, high }) {
  return ev(low) === ev(high) ? ev(low) : `${ev(low)}\u2013${ev(high)}`;
}

/** Gives way to the page whenever it has worked for a while. */
function breather() {
  let since = performance.now();
  return () => {
    if (performance.now() - since < SLICE) return undefined;
    return new Promise((go) => {
      setTimeout(() => {
        since = performance.now();
        go();
      });
    });
  };
}

/** The field for the formula, with a line for what is wrong with it. */
function formulaField({ label, value, word, onInput }) {
  const field = make("input", {
    type: "text", id: "gap-formula", class: "gap-field", maxlength: LONGEST, spellcheck: "false",
    autocomplete: "off", autocapitalize: "off", autocorrect: "off", "aria-describedby": word.id,
  });
  const set = (next) => {
    field.value = next;
  };
  field.addEventListener("input", () => onInput(field.value));
  set(value);
  const head = make("label", { for: field.id }, label);
  return { element: make("div", { class: "lab-control gap-formula" }, head, field), field, set, value: () => field.value };
}

class BandGapLab extends Lab {
  defaults(data) {
    return { formula: data.examples[0], size: String(data.sizes[0]) };
  }

  async build(data) {
    this.data = data;
    if (!data.sizes.map(String).includes(this.state.size)) this.state.size = String(data.sizes[0]);
    this.state.formula = this.state.formula.slice(0, LONGEST);
    this.models = new BandGapModels(await this.asset(data.asset));
    await this.models.prepare(breather());
    this.#stage();
    this.#trust();
  }

  #stage() {
    this.word = make("p", { class: "gap-word", id: "gap-word" }); // said aloud by announce()
    this.drawing = new EnergyAxis();
    this.notes = make("ul", { class: "gap-notes" });
    const field = this.bind("formula", (options) => (this.field = formulaField(options)), {
      label: "Formula", word: this.word,
    });
    const examples = row(...this.data.examples.map((formula) =>
      button({ label: printed(formula), onClick: () => this.set({ formula }) })));
    examples.setAttribute("role", "group");
    examples.setAttribute("aria-label", "Examples");
    const ask = make("div", { class: "gap-ask" }, field, examples, this.word);
    this.stage.append(ask, this.drawing.element, this.notes);
  }

  #trust() {
    const sizes = this.data.sizes.map((size, i) => [
      String(size),
      i === 0 ? `all ${size.toLocaleString("en")} measured gaps` : `${size.toLocaleString("en")} of them`,
    ]);
    this.trust = make("div", { class: "gap-trust" });
    this.controls.append(this.bind("size", select, { label: "Learned from", options: sizes }), this.trust);
  }

  update(changed) {
    if (changed.has("size")) this.#showTrust();
    this.#read();
  }

  /** How good both models are beside the large ones. */
  #showTrust() {
    const { floor, scores } = this.data;
    const { error, large, held } = scores[this.state.size];
    const { gaps } = this.models.data;
    const gapped = gaps.filter((gap) => gap > 0).length / gaps.length;
    const cells = (values) => values.map((value) => make("td", { class: "gap-score" }, value.toFixed(2)));
    const lines = WAYS.map(([way, , title]) =>
      make("tr", {}, make("th", { scope: "row", class: "gap-way" }, title), ...cells([error[way][0], large[way][0]])));
    const heads = [
      make("td", { class: "gap-score" }),
      ...["here", "large"].map((text) => make("th", { scope: "col", class: "gap-score" }, text)),
    ];
    const table = make("table", { class: "gap-scores" },
      make("caption", {}, "Mean absolute error (eV) on compounds held back: of the models here, and of the large ones"),
      make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...lines));
    const [without, with_] = WAYS.map(([way]) => percent(held[way][0]));
    this.trust.replaceChildren(
      table,
      make("p", {}, "Intervals are made to hold nine non-metals in ten. " +
        `They held ${without} of those held back without transfer, ${with_} with it.`),
      make("p", {}, `A report of a non-metal lies ${ev(floor)}\u00a0eV from the others of it, on average; ` +
        `over all compounds, metals among them, that makes ${ev(floor * gapped)}\u00a0eV. A model that knows ` +
        "the formula alone can hardly err by less."),
    );
  }

  /** Read the formula, and show what follows from it or what is wrong with it. */
  #read() {
    const { formula, size } = this.state;
    try {
      const answer = this.models.answer(formula, Number(size), NEAREST);
      this.#mark(null);
      this.#show(answer);
    } catch (error) {
      if (error.name !== "FormulaError") throw error;
      this.#mark(error);
      this.announce(this.word.textContent);
    }
  }

  /** The word below the field; a formula that cannot be read leaves the last drawing, paler. */
  #mark(error) {
    this.toggleAttribute("data-unread", error !== null);
    const wrong = error !== null && !GOES_ON.includes(error.kind);
    this.field.field.setAttribute("aria-invalid", String(wrong));
    if (!error) {
      const amounts = parseFormula(this.state.formula);
      const total = [...amounts.values()].reduce((sum, amount) => sum + amount, 0);
      const shares = [...amounts].map(([symbol, amount]) => `${symbol}\u00a0${percent(amount / total)}`);
      this.word.replaceChildren(`Atoms: ${shares.join(", ")}`);
      return;
    }
    const { formula } = this.state;
    const words = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`;
    const [spelt, plain] = [respelled(formula), withoutIsotopes(formula)];
    if (plain) this.#offer(plain, "Isotopes are written as their element.");
    else if (spelt) this.#offer(spelt, "Symbols begin with a capital letter.");
    else this.word.replaceChildren(words);
  }

  #offer(formula, reason) {
    const take = button({ label: printed(formula), onClick: () => this.#take(formula) });
    this.word.replaceChildren("Did you mean ", take.element, `? ${reason}`);
  }

  #take(formula) {
    this.set({ formula });
    this.field.field.focus();
  }

  #show(answer) {
    const name = printed(this.state.formula.trim());
    const pair = this.models.pairs.get(Number(this.state.size));
    const rows = WAYS.map(([way, role, title]) =>
      ({ ...answer[way], way: role, title, ...told(answer[way]), values: pair[way].y }));
    const measured = answer.known && { ...answer.known, text: `measured ${span(answer.known)}\u00a0eV` };
    const compounds = answer.nearest.map((one) =>
      ({ ...one, name: printed(one.formula), text: one.high > 0 ? span(one) : "metal" }));
    const notes = [this.#knownNote(answer.known), this.#outsideNote(answer)];
    this.notes.replaceChildren(...notes.map(({ text, kind }) => make("li", { class: kind }, text)));
    const near = compounds.map((one) => `${one.name} ${one.high > 0 ? `${one.text} eV` : one.text}`);
    const sentence = [
      `${name}, learned from ${Number(this.state.size).toLocaleString("en")} gaps.`,
      ...rows.map(({ title, text, chance }) => `${title} ${text} (${chance}).`),
      ...notes.map(({ text }) => text),
      `Nearest measured: ${near.join(", ")}.`,
    ].join(" ");
    const some = compounds.some((one) => !one.learned) ? " (open: not learned from)" : "";
    this.drawing.draw({ rows, measured, compounds, heading: `Nearest measured${some}`, description: sentence });
    this.announce(sentence);
  }

  #knownNote(known) {
    if (!known) {
      const count = this.models.formulas.length.toLocaleString("en");
      return { text: `Its gap is not among the ${count} measured ones.` };
    }
    const value = known.high > 0 ? `${span(known)}\u00a0eV` : "a metal";
    if (!known.inTask) {
      return { text: `Measured: ${value} in ${known.reports} reports that differ; the models have not seen them.` };
    }
    if (!known.learned) return { text: `Measured: ${value}. Held back: the models have not seen it.` };
    return { text: `Measured: ${value}. The models learned from it: this is remembered, not predicted.`, kind: "gap-warning" };
  }

  #outsideNote({ unseen, far, distance }) {
    const limit = this.models.pairs.get(Number(this.state.size)).far;
    const off = `${distance.toFixed(1)}\u00a0%`;
    if (unseen.length) {
      const { element, held } = this.data.unmet;
      const text = `Outside of what was seen: no compound with ${unseen.join(" or ")} was learned from. ` +
        `Do not trust the intervals: learned without ${element}, they held ${percent(held)} of its non-metals.`;
      return { text, kind: "gap-warning" };
    }
    if (distance === 0) return { text: "Within what was seen: a compound with the same features was learned from." };
    const usual = `${limit.toFixed(1)}\u00a0%`;
    if (far) {
      const text = `Outside of what was seen: its features differ by ${off} of their ranges from the nearest compound learned from; 99 of 100 of these have a neighbour within ${usual}.`;
      return { text, kind: "gap-warning" };
    }
    return { text: `Within what was seen: the nearest compound learned from differs by ${off} of the features\u2019 ranges (outside is beyond ${usual}).` };
  }
}

/** A prediction in words, with as many digits as its interval allows. */
function told({ low, median, high, metal }) {
  const digits = high - low >= 1 ? 1 : 2;
  const [from, middle, to] = [low, median, high].map((value) => ev(value, digits));
  const chance = `metal: ${percent(metal)}`;
  if (high <= 0) return { text: "no gap", chance };
  if (median <= 0) return { text: `no gap, or up to ${to}\u00a0eV`, chance };
  return { text: `${middle}\u00a0eV, ${from} to ${to}\u00a0eV`, chance };
}

define("band-gap-lab", BandGapLab);
