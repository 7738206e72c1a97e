/**
 * How well a rate can be known: the Cramer-Rao bound, and non-linear least squares beside it.
 *
 * As `matinf.physics.cooling_fit`, with the environment's temperature known.
 *
 * @typedef {object} Body
 * @property {number} r rate, 1/s
 * @property {number} T0 temperature at time 0, degrees Celsius
 * @property {number} T_env temperature of the environment, degrees Celsius
 */

import { newtonCooling } from "./cooling.js";
import { Triangle, walk } from "./levenberg-marquardt.js";

/** To the last digit: a fit of one or two numbers costs next to nothing. */
const SETTINGS = { maxSteps: 60, tolerance: 0, patience: 60, leastGain: 0, damping: 1e-6 };

/**
 * Least standard deviation that an unbiased estimate of the rate can have, 1/s.
 * @param {Body} body the truth
 * @param {number[]} t times of the readings
 * @param {number} noise of one reading, K
 * @param {boolean} learnsStart whether T0 has to be estimated as well
 */
export function cramerRaoBound(body, t, noise, learnsStart) {
  return rateStd(sensitivities(body, t, learnsStart), t.length, noise);
}

/** Derivatives of all temperatures by r, K s, and then by T0. */
function sensitivities({ r, T0, T_env }, t, learnsStart) {
  const byRate = t.map((t) => -t * (T0 - T_env) * Math.exp(-r * t));
  return [...byRate, ...(learnsStart ? t.map((t) => Math.exp(-r * t)) : [])];
}

/** Standard deviation of what the first column of J stands for. */
function rateStd(J, m, noise) {
  const p = J.length / m;
  const reach = new Float64Array(p).fill(1);
  const triangle = new Triangle(Float64Array.from(J), reach, new Float64Array(p));
  return noise * Math.sqrt(triangle.lastVariances(p)[0]);
}

/**
 * Fit Newton's law to readings by least squares; T0 too where it is not known.
 * @param {import("./cooling.js").Readings} readings
 * @param {{T_env: number, T0: number | null}} known
 * @returns {Body & {std: number}} with the standard error of r
 */
export function fitCooling({ t, T, noise }, { T_env, T0 }) {
  const learnsStart = T0 === null;
  const unit = learnsStart ? Math.max(noise, ...T.map((value) => Math.abs(value - T_env))) : 1;
  const bodyOf = ([logRate, start]) => ({
    r: Math.exp(logRate),
    T0: learnsStart ? T_env + unit * start : T0,
    T_env,
  });
  const errors = (theta) => {
    const body = bodyOf(theta);
    return Float64Array.from(t, (t, i) => (newtonCooling(t, body) - T[i]) / noise);
  };
  const jacobian = (theta) => {
    const body = bodyOf(theta);
    const slopes = sensitivities(body, t, learnsStart);
    const scale = (k) => (k < t.length ? body.r : unit) / noise;
    return { vector: errors(theta), J: Float64Array.from(slopes, (slope, k) => slope * scale(k)) };
  };
  const nUnknown = learnsStart ? 2 : 1;
  const problem = {
    nResiduals: t.length,
    vector: errors,
    jacobian,
    reach: new Float64Array(nUnknown).fill(1),
    decay: 0,
  };
  let last;
  for (last of walk(problem, firstLook({ t, T }, T_env, T0, unit), SETTINGS));
  const body = bodyOf(last.theta);
  return { ...body, std: rateStd(sensitivities(body, t, learnsStart), t.length, noise) };
}

/** The best of forty rates, from far too slow to be seen to far too fast. */
function firstLook({ t, T }, T_env, T0, unit) {
  const slow = Math.log(0.01 / t[t.length - 1]);
  const fast = Math.log(30 / t.find((t) => t > 0));
  let best = { squares: Infinity };
  for (let k = 0; k < 40; k += 1) {
    const logRate = slow + ((fast - slow) * k) / 39;
    const decay = t.map((t) => Math.exp(-Math.exp(logRate) * t));
    const start = T0 ?? T_env + linear(decay, T, T_env); // the start follows linearly
    const squares = sum(decay.map((d, i) => (T_env + (start - T_env) * d - T[i]) ** 2));
    if (squares < best.squares) best = { squares, logRate, start };
  }
  const theta = [best.logRate, (best.start - T_env) / unit];
  return Float64Array.from(T0 === null ? theta : theta.slice(0, 1));
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const linear = (d, T, T_env) => sum(d.map((v, i) => v * (T[i] - T_env))) / sum(d.map((v) => v * v));

/**
 * Standard deviation of a learned rate, 1/s, by Laplace: from the curvature of the loss where
 * training ended. Only what no curve of the network can imitate tells of the rate; directions in
 * which the curve does not move beyond rounding count as none.
 * @param {import("./cooling.js").PhysicsProblem} problem
 * @param {Float64Array} theta
 */
export function laplaceStd(problem, theta) {
  const { nUnknown, nResiduals: m, reach } = problem;
  const { J } = problem.jacobian(theta);
  const p = theta.length;
  const size = (k) => reach[k] ** 2 * sum(Array.from(J.subarray(k * m, (k + 1) * m), (x) => x * x));
  const sizes = Float64Array.from({ length: p - nUnknown }, (_, k) => size(k));
  const rounding = 1e-12 * Math.sqrt(sum(Array.from(sizes)));
  const diagonal = new Float64Array(p).fill(rounding, 0, p - nUnknown);
  const [ofLogRate] = new Triangle(J, reach, diagonal).lastVariances(nUnknown);
  return problem.rateOf(theta) * Math.sqrt(ofLogRate);
}
