// Runs the shipped JavaScript on cases from standard input, for test_cooling_numerics.py.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${folder}/${name}.js`));
const { PhysicsProblem, PlainProblem, lookAt, newtonCooling } = await load("cooling");
const { cramerRaoBound, fitCooling, laplaceStd } = await load("cooling-fit");
const { Triangle, Wide, lossOf, walk } = await load("levenberg-marquardt");

const make = (c) =>
  c.kind === "plain"
    ? new PlainProblem(c.readings, c.settings)
    : new PhysicsProblem(c.readings, c.known, c.settings);

const doing = {
  /** Loss and gradient at given parameters, and the curve there. */
  evaluate(c) {
    const problem = make(c);
    const theta = Float64Array.from(c.theta);
    const { vector, J } = problem.jacobian(theta);
    const m = vector.length;
    const column = (k) => J.subarray(k * m, (k + 1) * m);
    const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    return {
      loss: lossOf(problem, theta, vector),
      gradient: Array.from(theta, (value, k) => dot(column(k), vector) + problem.decay * value),
      T: c.t.map((t) => problem.at(theta, t).T),
      change: c.t.map((t) => problem.at(theta, t).change),
    };
  },

  /** Train from given parameters. */
  train(c) {
    const problem = make(c);
    const losses = [];
    let last;
    for (last of walk(problem, Float64Array.from(c.theta), c.how)) losses.push(last.loss);
    return {
      losses,
      end: last.end,
      theta: Array.from(last.theta),
      parts: problem.parts(last.vector),
      r: problem.rateOf?.(last.theta) ?? null,
      rStd: problem.rateOf ? laplaceStd(problem, last.theta) : null,
      T: c.t.map((t) => problem.at(last.theta, t).T),
    };
  },

  classical(c) {
    const { readings, known, body } = c;
    const bound = cramerRaoBound(body, readings.t, readings.noise, known.T0 === null);
    return { fit: fitCooling(readings, known), bound, guess: lookAt(readings) };
  },

  truth: (c) => c.t.map((t) => newtonCooling(t, c.body)),

  /** Least squares of a dense matrix over a diagonal. */
  solve(c) {
    const numbers = (key) => Float64Array.from(c[key]);
    const problem = [numbers("J"), numbers("reach"), numbers("diagonal")];
    const triangle = new Triangle(...problem);
    return {
      x: triangle.solve(numbers("rows"), numbers("below")),
      wide: new Wide(...problem).solve(numbers("rows"), numbers("below")),
      variances: triangle.lastVariances(2),
    };
  },
};

const cases = JSON.parse(readFileSync(0, "utf8"));
// Typed arrays become lists.
const plain = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
process.stdout.write(JSON.stringify(cases.map((c) => doing[c.do](c)), plain));
