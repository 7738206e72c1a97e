/**
 * Two networks learn a cooling curve from the same readings: one knows them alone, one the law too.
 *
 * The losses are those of `matinf.physics.regression.fit_network` and of
 * `matinf.physics.inverse.learn_cooling`, number for number; times are in s, temperatures in
 * degrees Celsius, rates in 1/s. Derivatives are written out by hand from those of the network.
 *
 * @typedef {object} Readings
 * @property {number[]} t times, sorted
 * @property {number[]} T temperatures
 * @property {number} noise standard deviation of one reading, above 0
 */

import { Network } from "./network.js";

/** What `walk` may do with parameters in which all residuals are linear: they need no damping. */
const FREE = 1e6;

/** Temperature by Newton's law of cooling. */
export function newtonCooling(t, { r, T0, T_env }) {
  return T_env + (T0 - T_env) * Math.exp(-r * t);
}

/** Rate as one sees it: one over the time at which most of the change is done. */
export function lookAt({ t, T }) {
  const change = T[T.length - 1] - T[0] || 1;
  const first = Math.max(0, T.findIndex((value) => (value - T[0]) / change >= 1 - Math.exp(-1)));
  return 1 / (t[first] || t[t.length - 1]);
}

/** Scaled time, even in log(1 + r t): a cooling curve is smooth on it from the first moment. */
export class Clock {
  constructor(tEnd, rate) {
    Object.assign(this, { tEnd, rate, width: Math.log1p(rate * tEnd) });
  }

  /** Time from -1 to 1, and its derivative by t. */
  scaled(t) {
    const { rate, width } = this;
    return [(2 * Math.log1p(rate * t)) / width - 1, (2 * rate) / (width * (1 + rate * t))];
  }

  /** What is 0 at the start and grows from there, and its derivative by t. */
  ramp(t) {
    const u = 1 + this.rate * t;
    return [(this.rate * t) / u, this.rate / (u * u)];
  }

  /** Times even on this clock, and the share of all time that each stands for (trapezes). */
  collocation(n) {
    const times = new Float64Array(n).map((_, i) => Math.expm1((i / (n - 1)) * this.width) / this.rate);
    times[n - 1] = this.tEnd;
    const gap = (i) => (i < 0 || i >= n - 1 ? 0 : (times[i + 1] - times[i]) / (2 * this.tEnd));
    return [times, times.map((_, i) => gap(i - 1) + gap(i))];
  }
}

/**
 * A network that has to obey Newton's law, dT/dt = r (T_env - T), and learns r with the curve.
 *
 * The start is built in, T(t) = T0 + span g(t) N(s(t)), and the rate is r = guess exp(p), positive
 * whatever p is. The parameters are the weights, then p, then (if T0 is not known) T0's distance
 * from its guess in spans. Half of the sum of squares is taken of, first, the law's residual, by
 * how far the law may be off (slack times the noise), and then of the readings, by their noise.
 */
export class PhysicsProblem {
  /**
   * @param {Readings} readings
   * @param {{T_env: number, T0: number | null, tEnd: number}} known T0 may be null: it is learned
   * @param {{hiddenSizes: number[], nCollocation: number, slack: number}} settings
   */
  constructor(readings, { T_env, T0, tEnd }, { hiddenSizes, nCollocation, slack }) {
    const { t, T, noise } = readings;
    this.readings = readings;
    this.network = new Network(hiddenSizes);
    this.rate = lookAt(readings);
    this.start = T0 ?? T[0];
    this.learnsStart = T0 === null;
    this.T_env = T_env;
    this.span = Math.max(Math.max(...T) - Math.min(...T), Math.abs(this.start - T_env), noise);
    this.clock = new Clock(tEnd, this.rate);
    const [times, shares] = this.clock.collocation(nCollocation);
    const spectrum = 2 * this.rate * (slack * noise) ** 2; // of the forces that push the body, K2/s
    this.points = Float64Array.from([...times, ...t]);
    this.weights = Float64Array.from([
      ...shares.map((share) => Math.sqrt((share * tEnd) / spectrum)),
      ...t.map(() => 1 / noise),
    ]);
    this.nLaw = nCollocation;
    this.nResiduals = this.points.length;
    this.nUnknown = this.learnsStart ? 2 : 1;
    this.reach = new Float64Array(this.network.nWeights + this.nUnknown).fill(1);
    this.reach.fill(FREE, this.network.head, this.network.nWeights);
    this.decay = 0;
  }

  /** The rate that these parameters stand for. */
  rateOf(theta) {
    return this.rate * Math.exp(theta[this.network.nWeights]);
  }

  startOf(theta) {
    return this.start + (this.learnsStart ? this.span * theta[this.network.nWeights + 1] : 0);
  }

  /** Temperature and its change, K/s, and what they are made of. */
  at(theta, t) {
    const [s, sSlope] = this.clock.scaled(t);
    const [ramp, rampSlope] = this.clock.ramp(t);
    const [N, NSlope] = this.network.forward(theta, s);
    const T = this.startOf(theta) + this.span * ramp * N;
    const change = this.span * (rampSlope * N + ramp * sSlope * NSlope);
    return { T, change, ramp, rampSlope, sSlope };
  }

  vector(theta) {
    const r = this.rateOf(theta);
    return this.points.map((t, i) => {
      const { T, change } = this.at(theta, t);
      const off = i < this.nLaw ? change - r * (this.T_env - T) : T - this.readings.T[i - this.nLaw];
      return this.weights[i] * off;
    });
  }

  jacobian(theta) {
    const { network, span, nResiduals: m } = this;
    const vector = new Float64Array(m);
    const J = new Float64Array(m * theta.length);
    const r = this.rateOf(theta);
    const atRate = network.nWeights * m;
    for (let i = 0; i < m; i += 1) {
      const { T, change, ramp, rampSlope, sSlope } = this.at(theta, this.points[i]);
      const weight = this.weights[i];
      const scale = weight * span;
      if (i < this.nLaw) {
        const law = r * (this.T_env - T);
        vector[i] = weight * (change - law);
        network.backward(theta, scale * (rampSlope + r * ramp), scale * ramp * sSlope, J, i, m);
        J[atRate + i] = -weight * law;
        if (this.learnsStart) J[atRate + m + i] = scale * r;
      } else {
        vector[i] = weight * (T - this.readings.T[i - this.nLaw]);
        network.backward(theta, scale * ramp, 0, J, i, m);
        if (this.learnsStart) J[atRate + m + i] = scale;
      }
    }
    return { vector, J };
  }

  /** Share of each term in the loss. */
  parts(vector) {
    const [physics, data] = [vector.subarray(0, this.nLaw), vector.subarray(this.nLaw)];
    return { physics: half(physics), data: half(data) };
  }
}

/** An ordinary network of temperature against time: half the mean squared error, and a decay. */
export class PlainProblem {
  /**
   * @param {Readings} readings
   * @param {{hiddenSizes: number[], weightDecay: number}} settings
   */
  constructor(readings, { hiddenSizes, weightDecay }) {
    this.network = new Network(hiddenSizes);
    this.tScale = meanAndSpread(readings.t);
    this.TScale = meanAndSpread(readings.T);
    this.s = Float64Array.from(readings.t, (t) => (t - this.tScale[0]) / this.tScale[1]);
    this.y = Float64Array.from(readings.T, (T) => (T - this.TScale[0]) / this.TScale[1]);
    this.nResiduals = this.s.length;
    this.weight = this.nResiduals ** -0.5;
    this.reach = new Float64Array(this.network.nWeights).fill(1);
    this.decay = weightDecay;
  }

  /** Temperature and its change, K/s, also far beyond the readings. */
  at(theta, t) {
    const [N, NSlope] = this.network.forward(theta, (t - this.tScale[0]) / this.tScale[1]);
    return {
      T: this.TScale[0] + this.TScale[1] * N,
      change: (this.TScale[1] / this.tScale[1]) * NSlope,
    };
  }

  vector(theta) {
    return this.s.map((s, i) => this.weight * (this.network.forward(theta, s)[0] - this.y[i]));
  }

  jacobian(theta) {
    const m = this.nResiduals;
    const J = new Float64Array(m * theta.length);
    const vector = this.s.map((s, i) => {
      const error = this.network.forward(theta, s)[0] - this.y[i];
      this.network.backward(theta, this.weight, 0, J, i, m);
      return this.weight * error;
    });
    return { vector, J };
  }

  parts(vector) {
    return { data: half(vector) };
  }
}

const half = (vector) => 0.5 * vector.reduce((sum, value) => sum + value * value, 0);

/** Mean and standard deviation; where there is no spread, 1. */
function meanAndSpread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return [mean, Math.sqrt(variance) || 1];
}
