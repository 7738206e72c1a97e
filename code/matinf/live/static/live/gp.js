// Gaussian processes on a line: what is believed of a curve after some of it was measured.
//
// The model of the chapter's Python (matinf/active) and of GPflow, in a few loops. Matrices are
// arrays of rows. Hyperparameters are those of a zero-mean process: `variance` of the prior,
// `lengthscale` in the unit of x, `noise` the standard deviation of a repeated measurement.

import { Random } from "./random.js";
import { minimise } from "./minimise.js";

/**
 * @typedef {{kernel: string, variance: number, lengthscale: number, noise: number}}
 *   Hyperparameters
 * @typedef {Float64Array[]} Matrix
 * @typedef {ArrayLike<number>} Numbers
 */

/**
 * Kernels of unit variance as functions of the distance in lengthscales, r: the correlation, and
 * its derivative by the logarithm of the lengthscale.
 */
export const KERNELS = {
  rbf: {
    of: (r) => Math.exp(-0.5 * r * r),
    slope: (r) => r * r * Math.exp(-0.5 * r * r),
  },
  matern52: {
    of: (r) => (1 + Math.sqrt(5) * r + (5 / 3) * r * r) * Math.exp(-Math.sqrt(5) * r),
    slope: (r) => (5 / 3) * r * r * (1 + Math.sqrt(5) * r) * Math.exp(-Math.sqrt(5) * r),
  },
  matern32: {
    of: (r) => (1 + Math.sqrt(3) * r) * Math.exp(-Math.sqrt(3) * r),
    slope: (r) => 3 * r * r * Math.exp(-Math.sqrt(3) * r),
  },
  matern12: {
    of: (r) => Math.exp(-r),
    slope: (r) => r * Math.exp(-r),
  },
};

/**
 * Prior covariance of the values at two sets of places, one row for each of `x`.
 * @param {Numbers} x
 * @param {Numbers} other
 * @param {Hyperparameters} theta
 * @returns {Matrix}
 */
export function covariance(x, other, { kernel, variance, lengthscale }) {
  const { of } = KERNELS[kernel];
  return Array.from(x, (a) =>
    Float64Array.from(other, (b) => variance * of(Math.abs(a - b) / lengthscale)));
}

/**
 * Lower triangular L with L L^T = A.
 * @param {Matrix} A Symmetric, positive definite.
 * @returns {Matrix}
 * @throws {RangeError} if it is not positive definite in double precision.
 */
export function cholesky(A) {
  const L = A.map((row) => new Float64Array(row.length));
  for (let i = 0; i < A.length; i++) {
    const row = L[i];
    for (let j = 0; j <= i; j++) {
      const other = L[j];
      let rest = A[i][j];
      for (let k = 0; k < j; k++) rest -= row[k] * other[k];
      if (i !== j) row[j] = rest / other[j];
      else if (rest > 0) row[i] = Math.sqrt(rest);
      else throw new RangeError("the covariance is not positive definite; raise the noise");
    }
  }
  return L;
}

/** Solve L v = b, from the top. */
export function solveLower(L, b) {
  const v = Float64Array.from(b);
  for (let i = 0; i < v.length; i++) {
    for (let k = 0; k < i; k++) v[i] -= L[i][k] * v[k];
    v[i] /= L[i][i];
  }
  return v;
}

/** Solve L^T v = b, from the bottom. */
export function solveUpper(L, b) {
  const v = Float64Array.from(b);
  for (let i = v.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < v.length; k++) v[i] -= L[k][i] * v[k];
    v[i] /= L[i][i];
  }
  return v;
}

/**
 * Condition the process on measurements: everything a prediction needs.
 * @param {Numbers} x Where was measured; places may repeat.
 * @param {Numbers} y What was measured.
 * @param {Hyperparameters} theta
 * @returns {{x: Numbers, theta: Hyperparameters, L: Matrix, alpha: Float64Array,
 *   logLikelihood: number}} `L` is the factor of C = K + noise^2 I and alpha = C^-1 y.
 */
export function condition(x, y, theta) {
  const C = covariance(x, x, theta);
  C.forEach((row, i) => { row[i] += theta.noise ** 2; });
  const L = cholesky(C);
  const white = solveLower(L, y);
  // log p(y) = -1/2 y^T C^-1 y - 1/2 log |C| - n/2 log 2 pi
  let logLikelihood = 0;
  for (let i = 0; i < L.length; i++) {
    logLikelihood -= 0.5 * white[i] ** 2 + Math.log(L[i][i]) + 0.5 * Math.log(2 * Math.PI);
  }
  return { x, theta, L, alpha: solveUpper(L, white), logLikelihood };
}

/**
 * Mean and standard deviation of the curve itself, without the noise of a measurement:
 * mean = K* alpha and variance = k** - |L^-1 k*|^2.
 * @param {ReturnType<typeof condition>} model
 * @param {Numbers} places
 */
export function predict({ x, theta, L, alpha }, places) {
  const mean = new Float64Array(places.length);
  const std = new Float64Array(places.length);
  covariance(places, x, theta).forEach((row, i) => {
    const explained = solveLower(L, row);
    let variance = theta.variance;
    for (let j = 0; j < row.length; j++) {
      mean[i] += row[j] * alpha[j];
      variance -= explained[j] ** 2;
    }
    std[i] = Math.sqrt(Math.max(variance, 0)); // rounding may fall below 0
  });
  return { mean, std };
}

/**
 * Log marginal likelihood and its derivatives by the logarithms of variance, lengthscale and
 * noise: 1/2 tr((alpha alpha^T - C^-1) dC/dtheta).
 * @param {Numbers} x
 * @param {Numbers} y
 * @param {Hyperparameters} theta
 * @returns {{value: number, gradient: [number, number, number]}}
 */
export function logMarginalLikelihood(x, y, theta) {
  const { L, alpha, logLikelihood } = condition(x, y, theta);
  const n = L.length;
  const inverse = lowerInverse(L);
  const { slope } = KERNELS[theta.kernel];
  let trace = 0; // of C^-1, and below the sum over i > j of each element with the kernel's slope
  let ofLengthscale = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let element = 0;
      for (let k = i; k < n; k++) element += inverse[k][i] * inverse[k][j];
      if (i === j) trace += element; // where the slope is 0
      else ofLengthscale += (alpha[i] * alpha[j] - element) * slope(Math.abs(x[i] - x[j]) / theta.lengthscale);
    }
  }
  // C = K + noise^2 I: what the trace gives for both is known, so K's share is the rest.
  const ofNoise = theta.noise ** 2 * (dot(alpha, alpha) - trace);
  const ofVariance = (dot(alpha, y) - n - ofNoise) / 2;
  return { value: logLikelihood, gradient: [ofVariance, theta.variance * ofLengthscale, ofNoise] };
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function lowerInverse(L) {
  const inverse = L.map((row) => new Float64Array(row.length));
  for (let j = 0; j < L.length; j++) {
    inverse[j][j] = 1 / L[j][j];
    for (let i = j + 1; i < L.length; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= L[i][k] * inverse[k][j];
      inverse[i][j] = sum / L[i][i];
    }
  }
  return inverse;
}

/** How far a fit may go, unless it is told otherwise. */
export const BOUNDS = { variance: [1e-4, 1e4], lengthscale: [1e-4, 1e4], noise: [1.1e-3, 1e3] };

/**
 * Hyperparameters of the largest marginal likelihood. It may have several hills, so the search
 * begins at `start` and at some lengthscales and noises beside it, and the best end counts.
 * @param {Numbers} x
 * @param {Numbers} y
 * @param {Hyperparameters} start
 * @param {typeof BOUNDS} bounds
 * @returns {{theta: Hyperparameters, logLikelihood: number}}
 */
export function fit(x, y, start, bounds = BOUNDS) {
  const names = ["variance", "lengthscale", "noise"];
  const named = (logs) => Object.fromEntries(names.map((name, i) => {
    const [least, most] = bounds[name]; // exp(log(x)) may fall one rounding outside
    return [name, Math.min(Math.max(Math.exp(logs[i]), least), most)];
  }));
  const loss = (logs) => {
    try {
      const found = logMarginalLikelihood(x, y, { kernel: start.kernel, ...named(logs) });
      return { value: -found.value, gradient: found.gradient.map((g) => -g) };
    } catch {
      return { value: Infinity, gradient: [0, 0, 0] };
    }
  };
  const low = names.map((name) => Math.log(bounds[name][0]));
  const high = names.map((name) => Math.log(bounds[name][1]));
  const ends = beginnings(x, y, start).map((theta) =>
    minimise(loss, names.map((name) => Math.log(theta[name])), { low, high }));
  const best = ends.reduce((a, b) => (b.value < a.value ? b : a));
  return { theta: { kernel: start.kernel, ...named(best.x) }, logLikelihood: -best.value };
}

function beginnings(x, y, start) {
  const spread = Math.max(...x) - Math.min(...x) || 1;
  const power = Array.from(y).reduce((sum, value) => sum + value * value, 0) / y.length || 1;
  const others = [[0.05, 0.03], [0.15, 0.1], [0.5, 0.3]].map(([share, noisy]) => (
    { variance: power, lengthscale: share * spread, noise: noisy * Math.sqrt(power) }));
  return [start, ...others];
}

/** The mildest grain that keeps the correlation of a smooth curve regular. */
const GRAIN = 1e-8;

/**
 * Curves drawn from a process, before and after measuring. Each is made from numbers of its own
 * that stay the same, so it bends through a new measurement instead of jumping to another curve.
 */
export class Draws {
  /**
   * @param {Numbers} places Where the curves are drawn.
   * @param {number} count How many curves.
   * @param {number} seed
   */
  constructor(places, count, seed) {
    const random = new Random(seed);
    this.places = places;
    this.normals = Array.from({ length: count }, () => random.normals(places.length));
    this.noise = Array.from({ length: count }, (_, k) => new Random(seed + 7919 * (k + 1)));
    this.errors = this.noise.map(() => []);
  }

  /**
   * Curves of the prior, L z. The factor of their correlation is kept: it depends on kernel and
   * lengthscale alone.
   * @param {Hyperparameters} theta
   * @returns {Float64Array[]}
   */
  prior({ kernel, variance, lengthscale }) {
    const key = `${kernel} ${lengthscale}`;
    if (this.key !== key) {
      const K = covariance(this.places, this.places, { kernel, variance: 1, lengthscale });
      K.forEach((row, i) => { row[i] += GRAIN; });
      const L = cholesky(K);
      this.unit = this.normals.map((z) => Float64Array.from(L, (row, i) => {
        let sum = 0;
        for (let k = 0; k <= i; k++) sum += row[k] * z[k];
        return sum;
      }));
      this.key = key;
    }
    return this.unit.map((curve) => curve.map((value) => Math.sqrt(variance) * value));
  }

  /**
   * Curves of the posterior by Matheron's rule: a curve f of the prior, its measurements imagined
   * with their errors e, and then corrected by what was measured, f + K* C^-1 (y - f(x) - e).
   * @param {ReturnType<typeof condition>} model
   * @param {number[]} indices Which of the places were measured, in the model's order.
   * @param {Numbers} y
   * @returns {Float64Array[]}
   */
  posterior(model, indices, y) {
    const { theta, L } = model;
    const reach = covariance(this.places, model.x, theta);
    return this.prior(theta).map((curve, k) => {
      const errors = this.errors[k];
      while (errors.length < indices.length) errors.push(this.noise[k].normal());
      const missed = indices.map((i, m) => y[m] - curve[i] - theta.noise * errors[m]);
      const weights = solveUpper(L, solveLower(L, missed));
      return curve.map((value, i) => {
        let moved = value;
        for (let m = 0; m < weights.length; m++) moved += reach[i][m] * weights[m];
        return moved;
      });
    });
  }
}
