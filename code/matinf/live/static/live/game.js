// A game on a hidden truth: everyone begins with the same measurements, and takes ten more.
//
// The players of matinf/active/game.py. No player looks at a value before measuring it.

import { highest, logExpectedImprovement } from "./acquisition.js";
import { condition, predict } from "./gp.js";
import { Random } from "./random.js";

/**
 * What expected improvement measures, one candidate after the other, by the model `theta`.
 * @param {number[]} truth Value of every candidate; they stand evenly from 0 to 1.
 * @param {number[]} initial Candidates measured first.
 * @param {Hyperparameters} theta Of gp.js.
 * @param {number} steps
 * @returns {number[]} The candidates, without the first ones.
 */
export function improver(truth, initial, theta, steps) {
  const places = truth.map((_, i) => i / (truth.length - 1));
  const measured = [...initial];
  for (let step = 0; step < steps; step++) {
    const y = measured.map((i) => truth[i]);
    const { mean, std } = predict(condition(measured.map((i) => places[i]), y, theta), places);
    // Its logarithm has the same order, and tells better from worse where EI is as good as 0.
    const scores = logExpectedImprovement(mean, std, { best: Math.max(...y) });
    measured.push(highest(scores, (i) => !measured.includes(i)));
  }
  return measured.slice(initial.length);
}

/** What random search measures: candidates without replacement. */
export function dice(truth, initial, steps, seed) {
  const order = new Random(seed).permutation(truth.length);
  return order.filter((i) => !initial.includes(i)).slice(0, steps);
}

/**
 * What is missing to the best candidate after the first measurements and after each further one.
 * @param {number[]} truth
 * @param {number[]} initial
 * @param {number[]} moves
 */
export function regret(truth, initial, moves) {
  const top = Math.max(...truth);
  let best = Math.max(...initial.map((i) => truth[i]));
  return [best, ...moves.map((i) => (best = Math.max(best, truth[i])))].map((b) => top - b);
}
