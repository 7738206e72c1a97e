// Band gaps from formulas: two small quantile forests, without and with latent variables, and the
// measured compounds that they learned from. The models of matinf.transfer.small_model.
//
// What comes with the page are the splits of the trees and the measured compounds. Which compound
// lies in which leaf is found here, by sending all of them down the trees once.

import { parseFormula } from "./formula.js";
import { compositionKey, fractions, magpieFeatures } from "./features.js";

const LEVELS = 256;
const LEAF = 255; // in place of a feature's number
const SNAP = 1e-7; // levels: what lies on an edge but for rounding is lifted over it
const HAIR = 1e-9; // a cumulative weight that lacks no more than this is complete
const SLICE = 25; // compounds read between two breaks
const WAYS = ["none", "removed"]; // without transfer, and with calculations of other compounds

/**
 * @typedef {{ features: string, thresholds: string, levels?: string, tail?: number }} Packed
 * @typedef {{ size: number, rows: number[] | null, far: number, none: Packed, removed: Packed }} Pair
 * @typedef {object} Data
 * @property {Record<string, (number | null)[]>} elements Magpie's properties
 * @property {number[]} low Lower ends of the features' ranges
 * @property {number[]} high Upper ends
 * @property {string} formulas Measured compounds, with spaces between
 * @property {number[]} gaps Of those of the task, eV
 * @property {[number, number, number][]} disputed Of the others: lowest, highest, how many reports
 * @property {Packed} base
 * @property {Pair[]} models
 *
 * @typedef {{ median: number, low: number, high: number, metal: number,
 *             weights: Float64Array }} Prediction in eV; `metal` is the chance of no gap
 * @typedef {{ formula: string, low: number, high: number, reports: number, inTask: boolean,
 *             learned: boolean, distance: number }} Compound
 */

/** Bytes that Python packed with zlib and base64. @param {string} text */
export async function unpacked(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Even steps between the ends of a feature's range, 0 to 255. */
function level(value, low, high) {
  const width = high > low ? high - low : 1;
  const step = Math.floor(((value - low) / width) * (LEVELS - 1) + (0.5 + SNAP));
  return Math.min(LEVELS - 1, Math.max(0, step));
}

/** Trees node after node; the left child of a split stands right behind it. */
class Trees {
  /** @param {Uint8Array} features one per node @param {Uint8Array} thresholds one per split */
  constructor(features, thresholds) {
    this.features = features;
    this.thresholds = new Uint8Array(features.length);
    this.right = new Int32Array(features.length); // of a leaf: its number
    this.roots = [0];
    this.nLeaves = 0;
    const open = []; // splits whose left side is being read
    let split = 0;
    for (let node = 0; node < features.length; node += 1) {
      if (features[node] !== LEAF) {
        this.thresholds[node] = thresholds[split];
        split += 1;
        open.push(node);
        continue;
      }
      this.right[node] = this.nLeaves;
      this.nLeaves += 1;
      if (open.length) this.right[open.pop()] = node + 1;
      else this.roots.push(node + 1);
    }
    this.roots.pop();
  }

  /** Leaf of one sample in each tree, counted through all trees. @param {ArrayLike<number>} levels */
  leaves(levels) {
    return Int32Array.from(this.roots, (root) => {
      let node = root;
      while (this.features[node] !== LEAF) {
        const left = levels[this.features[node]] <= this.thresholds[node];
        node = left ? node + 1 : this.right[node];
      }
      return this.right[node];
    });
  }
}

/** @param {Packed} packed */
async function trees({ features, thresholds }) {
  return new Trees(await unpacked(features), await unpacked(thresholds));
}

/** A quantile forest and the values that it learned from, in rising order. */
class GapForest {
  /**
   * @param {Trees} forest @param {number} tail cut off at each end of the interval
   * @param {number[]} rows of the training compounds @param {number[]} gaps of all compounds
   */
  constructor(forest, tail, rows, gaps) {
    Object.assign(this, { forest, tail });
    this.rows = [...rows].sort((a, b) => gaps[a] - gaps[b]); // stable, as in Python
    this.y = Float64Array.from(this.rows, (row) => gaps[row]);
    this.members = Array.from({ length: forest.nLeaves }, () => []); // of each leaf, in order of y
  }

  /** Send one training compound down the trees. */
  place(i, levels) {
    for (const leaf of this.forest.leaves(levels)) this.members[leaf].push(i);
  }

  /** Weight of each training value for a sample. @param {ArrayLike<number>} levels */
  weights(levels) {
    const own = this.forest.leaves(levels);
    const weights = new Float64Array(this.y.length);
    for (const leaf of own) {
      const members = this.members[leaf];
      for (const i of members) weights[i] += 1 / members.length;
    }
    return weights.map((weight) => weight / own.length);
  }

  /** @param {ArrayLike<number>} levels @returns {Prediction} */
  predict(levels) {
    const weights = this.weights(levels);
    let total = 0;
    let metal = 0;
    const cumulative = weights.map((weight, i) => {
      total += weight;
      if (this.y[i] <= 0) metal = total;
      return total;
    });
    const quantile = (share) => {
      const asked = Math.min(Math.max(share, 2 * HAIR), 1) - HAIR;
      return this.y[Math.max(0, cumulative.findIndex((reached) => reached >= asked))];
    };
    const [low, high] = [quantile(this.tail), quantile(1 - this.tail)];
    return { median: quantile(0.5), low, high, metal, weights };
  }
}

/** Places of the smallest numbers, but for one; of equal ones the first. */
function smallest(numbers, count, apartFrom) {
  const found = [];
  numbers.forEach((number, i) => {
    if (i === apartFrom || (found.length === count && number >= numbers[found.at(-1)])) return;
    const place = found.findIndex((other) => number < numbers[other]);
    found.splice(place < 0 ? found.length : place, 0, i);
    found.length = Math.min(found.length, count);
  });
  return found;
}

/** Both models, for each number of gaps that they learned from, and the measured compounds. */
export class BandGapModels {
  /** @param {Data} data */
  constructor(data) {
    this.data = data;
    this.formulas = data.formulas.split(" ");
    this.low = [...data.gaps, ...data.disputed.map(([low]) => low)];
    this.high = [...data.gaps, ...data.disputed.map(([, high]) => high)];
  }

  /**
   * Read the trees and send the measured compounds down. Between slices of a few milliseconds
   * `pause` is awaited, so that the page stays free.
   * @param {() => Promise<void> | void} [pause]
   */
  async prepare(pause = () => {}) {
    await this.#unpack(pause);
    this.levels = [];
    this.keys = new Map();
    this.elements = this.formulas.map(() => []);
    for (let i = 0; i < this.formulas.length; i += 1) {
      const parts = fractions(parseFormula(this.formulas[i]));
      this.keys.set(compositionKey(parts), i);
      this.elements[i] = parts.symbols;
      this.levels.push(this.inputs(parts));
      if (i % SLICE === SLICE - 1) await pause();
    }
    for (const forest of this.forests()) {
      for (let i = 0; i < forest.rows.length; i += 1) {
        forest.place(i, this.levels[forest.rows[i]]);
        if (i % SLICE === SLICE - 1) await pause();
      }
    }
    for (const pair of this.pairs.values()) {
      pair.seen = new Set(pair.rows.flatMap((row) => this.elements[row]));
    }
  }

  async #unpack(pause) {
    const { base, models, gaps } = this.data;
    this.base = await trees(base);
    this.baseLevels = await unpacked(base.levels);
    this.pairs = new Map();
    for (const { size, rows, far, ...packed } of models) {
      const learned = rows ?? gaps.map((_, i) => i);
      const pair = { rows: learned, learned: new Set(learned), far };
      for (const way of WAYS) {
        await pause();
        pair[way] = new GapForest(await trees(packed[way]), packed[way].tail, learned, gaps);
      }
      this.pairs.set(size, pair);
    }
  }

  *forests() {
    for (const { none, removed } of this.pairs.values()) yield* [none, removed];
  }

  /** Levels of the features of a composition, and of its latent variables behind them. */
  inputs(parts) {
    const { elements, low, high } = this.data;
    const features = magpieFeatures(parts, elements);
    const levels = Array.from(features, (value, k) => level(value, low[k], high[k]));
    const leaves = this.base.leaves(levels);
    const outputs = this.baseLevels.length / this.base.nLeaves;
    for (let k = 0; k < outputs; k += 1) {
      let sum = 0;
      for (const leaf of leaves) sum += this.baseLevels[leaf * outputs + k];
      levels.push(level(sum / leaves.length, 0, LEVELS - 1));
    }
    return Uint8Array.from(levels);
  }

  /**
   * What both models say of a formula, and what it is to be seen beside.
   * @param {string} formula
   * @param {number} size How many gaps were learned from, a key of `pairs`
   * @param {number} [count] How many of the nearest compounds
   * @throws {import("./formula.js").FormulaError}
   */
  answer(formula, size, count = 5) {
    const parts = fractions(parseFormula(formula));
    const levels = this.inputs(parts);
    const pair = this.pairs.get(size);
    const [none, removed] = [pair.none.predict(levels), pair.removed.predict(levels)];
    const distances = Float64Array.from(this.levels, (others) => this.distance(levels, others));
    const measured = this.keys.get(compositionKey(parts)) ?? -1;
    const compound = (i) => this.compound(i, size, distances[i]);
    const nearest = pair.rows.reduce((least, row) => Math.min(least, distances[row]), Infinity);
    return {
      none,
      removed,
      known: measured < 0 ? null : compound(measured),
      nearest: smallest(distances, count, measured).map(compound),
      distance: nearest,
      far: nearest > pair.far,
      unseen: parts.symbols.filter((symbol) => !pair.seen.has(symbol)),
    };
  }

  /** Mean difference of the features, in hundredths of their ranges; latent variables are none. */
  distance(levels, others) {
    const count = this.data.low.length;
    let total = 0;
    for (let k = 0; k < count; k += 1) total += Math.abs(levels[k] - others[k]);
    return total * (100 / ((LEVELS - 1) * count));
  }

  /** @returns {Compound} */
  compound(i, size, distance) {
    const inTask = i < this.data.gaps.length;
    return {
      formula: this.formulas[i],
      low: this.low[i],
      high: this.high[i],
      reports: inTask ? 1 : this.data.disputed[i - this.data.gaps.length][2],
      inTask,
      learned: this.pairs.get(size).learned.has(i),
      distance,
    };
  }
}
