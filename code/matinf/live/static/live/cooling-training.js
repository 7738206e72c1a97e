/**
 * Both networks on the same readings, trained in turns: a step of one, a step of the other.
 *
 * @typedef {object} Job
 * @property {import("./cooling.js").Readings} readings
 * @property {{T_env: number, T0: number | null, tEnd: number}} known T0 is null where it is learned
 * @property {number} rate the true rate, 1/s, by which the plain curve is judged
 * @property {number[]} times where the curves are looked at, s
 * @property {{plain: Recipe, physics: Recipe}} networks
 *
 * @typedef {object} Recipe what `matinf.live.cooling_lab` hands over
 * @property {object} settings of the problem, see `PhysicsProblem` and `PlainProblem`
 * @property {number[]} start the first weights
 * @property {import("./levenberg-marquardt.js").Settings} how
 *
 * @typedef {object} Look a network after one of its steps
 * @property {"plain" | "physics"} network
 * @property {number} step
 * @property {Float64Array} T its curve at the job's times
 * @property {Float64Array} residual how far that is from obeying the law there, K/s
 * @property {number} misfit mean squared error at the readings over the noise's variance
 * @property {number | null} law the same of the law's residuals: their part of the loss
 * @property {number | null} r learned rate, 1/s
 * @property {number | null} std its standard deviation, at the end
 * @property {string} end why training ended; empty before
 */

import { PhysicsProblem, PlainProblem } from "./cooling.js";
import { laplaceStd } from "./cooling-fit.js";
import { walk } from "./levenberg-marquardt.js";

/**
 * Train both; yields a look after every step of either.
 * @param {Job} job
 * @yields {Look}
 */
export function* training({ readings, known, rate, times, networks }) {
  const { plain, physics } = networks;
  let turns = [
    looks("plain", new PlainProblem(readings, plain.settings), plain),
    looks("physics", new PhysicsProblem(readings, known, physics.settings), physics),
  ];
  while (turns.length > 0) {
    const going = [];
    for (const turn of turns) {
      const { value, done } = turn.next();
      if (done) continue;
      yield value;
      going.push(turn);
    }
    turns = going;
  }

  function* looks(network, problem, { start, how }) {
    const theta = new Float64Array(problem.reach.length); // what is unknown starts at its guess
    theta.set(start);
    let step = 0;
    for (const { theta: now, vector, end } of walk(problem, theta, how)) {
      yield { network, step, end, ...look(problem, now, vector, end !== "") };
      step += 1;
    }
  }

  function look(problem, theta, vector, isLast) {
    const r = problem.rateOf?.(theta) ?? null;
    const T = new Float64Array(times.length);
    const residual = T.map((_, i) => {
      const { T: here, change } = problem.at(theta, times[i]);
      T[i] = here;
      return change - (r ?? rate) * (known.T_env - here);
    });
    const { data, physics: law } = problem.parts(vector);
    const unit = problem.TScale ? problem.TScale[1] ** 2 / readings.noise ** 2 : 1 / readings.t.length;
    const std = isLast && r !== null ? laplaceStd(problem, theta) : null;
    return { T, residual, misfit: 2 * unit * data, law: r === null ? null : 2 * unit * law, r, std };
  }
}
