// Acquisition functions: how much each unmeasured candidate is worth measuring next.
//
// The functions of matinf/active/acquisition.py, one for one, with the same edge cases; a test
// holds them to each other. `std` is a standard deviation, never a variance; larger is better.

import { LOG_SQRT_2PI, cdf, density, erfcx } from "./normal.js";

/** @typedef {ArrayLike<number>} Numbers */

/**
 * Exploit: the predicted value itself.
 * @param {Numbers} mean Predictive mean of each candidate.
 */
export function maximumMean(mean) {
  return Float64Array.from(checked(mean, "mean"));
}

/**
 * Exploit towards a value instead of a maximum: -|mean - target|.
 * @param {Numbers} mean
 * @param {{target: number}} settings
 */
export function closestToTarget(mean, { target }) {
  finite(target, "target");
  return Float64Array.from(checked(mean, "mean"), (m) => -Math.abs(m - target));
}

/**
 * Explore: measure where the model knows least.
 * @param {Numbers} std
 */
export function maximumStd(std) {
  return Float64Array.from(deviations(std));
}

/**
 * Chance that a candidate beats the best value so far by more than a margin, Phi(z) with
 * z = (mean - best - xi) / std; 0 or 1 where std is 0.
 * @param {Numbers} mean
 * @param {Numbers} std
 * @param {{best: number, xi?: number}} settings
 */
export function probabilityOfImprovement(mean, std, { best, xi = 0 }) {
  return each(mean, std, best, xi, (gain, s) => (s > 0 ? cdf(gain / s) : Number(gain > 0)));
}

/**
 * Mean of the amount by which a candidate beats the best value so far,
 * E max(f - best - xi, 0) = gain Phi(z) + std phi(z). Far below the best it underflows to 0.
 * @param {Numbers} mean
 * @param {Numbers} std
 * @param {{best: number, xi?: number}} settings
 */
export function expectedImprovement(mean, std, { best, xi = 0 }) {
  return each(mean, std, best, xi, improvement);
}

/**
 * Logarithm of the expected improvement, exact where that is as good as 0; -Infinity where std
 * is 0 and nothing is to be gained.
 * @param {Numbers} mean
 * @param {Numbers} std
 * @param {{best: number, xi?: number}} settings
 */
export function logExpectedImprovement(mean, std, { best, xi = 0 }) {
  return each(mean, std, best, xi, (gain, s) => {
    const far = s > 0 && gain / s <= -1;
    return far ? Math.log(s) + logBelow(gain / s) : Math.log(improvement(gain, s));
  });
}

/**
 * Optimism: what a candidate could be, mean + beta std.
 * @param {Numbers} mean
 * @param {Numbers} std
 * @param {{beta: number}} settings How many standard deviations to hope for, not negative.
 */
export function upperConfidenceBound(mean, std, { beta }) {
  finite(beta, "beta", 0);
  sameLength(checked(mean, "mean"), deviations(std));
  return Float64Array.from(mean, (m, i) => m + beta * std[i]);
}

/**
 * Thompson sampling: one joint draw from the posterior, believed.
 * @param {Numbers} sample
 */
export function thompson(sample) {
  return Float64Array.from(checked(sample, "sample"));
}

/**
 * Scores whose order is random.
 * @param {number} n Size of the pool.
 * @param {Random} random Of random.js.
 */
export function randomScores(n, random) {
  if (!(n >= 0)) throw new RangeError(`n: expected 0 or more candidates, got ${n}`);
  return Float64Array.from(random.permutation(n));
}

/**
 * The available candidate with the largest score, the first among equals; -1 if there is none.
 * @param {Numbers} scores
 * @param {(index: number) => boolean} available
 */
export function highest(scores, available = () => true) {
  let found = -1;
  for (let i = 0; i < scores.length; i++) {
    if (available(i) && (found < 0 || scores[i] > scores[found])) found = i;
  }
  return found;
}

function improvement(gain, std) {
  if (!(std > 0)) return Math.max(gain, 0);
  const z = gain / std;
  if (z === -Infinity) return 0;
  return Math.max(gain * cdf(z) + std * density(z), 0);
}

/**
 * Logarithm of phi(z) + z Phi(z) for z <= -1, whose two terms cancel and later underflow.
 * With x = -z it is phi(x) (1 - sqrt(pi / 2) x erfcx(x / sqrt 2)) (Ament and others, 2023).
 */
function logBelow(z) {
  const x = -z;
  const gauss = -0.5 * x * x - LOG_SQRT_2PI;
  if (x <= 200) return gauss + Math.log1p(-Math.sqrt(Math.PI / 2) * x * erfcx(x / Math.SQRT2));
  // Further out the difference from 1 drowns in rounding: its asymptotic series instead.
  const inverse = 1 / (x * x);
  const series = inverse * (-3 + inverse * (15 - 105 * inverse));
  return gauss + (inverse > 0 ? Math.log(inverse) : -2 * Math.log(x)) + Math.log1p(series);
}

/** A score of each candidate from its gain over the best, and its standard deviation. */
function each(mean, std, best, xi, score) {
  finite(best, "best");
  finite(xi, "xi", 0);
  sameLength(checked(mean, "mean"), deviations(std));
  return Float64Array.from(mean, (m, i) => score(m - best - xi, std[i]));
}

function checked(values, name) {
  for (let i = 0; i < values.length; i++) finite(values[i], name);
  return values;
}

function deviations(std) {
  for (let i = 0; i < std.length; i++) finite(std[i], "std", 0);
  return std;
}

function sameLength(mean, std) {
  if (mean.length === std.length) return;
  throw new RangeError(`mean, std: expected one length, got ${mean.length} and ${std.length}`);
}

function finite(value, name, least = -Infinity) {
  if (Number.isFinite(value) && value >= least) return;
  const wanted = least > -Infinity ? `a finite number of ${least} or more` : "a finite number";
  throw new RangeError(`${name}: expected ${wanted}, got ${value}`);
}
