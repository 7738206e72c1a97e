/**
 * Damped Gauss-Newton steps down a sum of squares, as `matinf.physics.optimise` takes them.
 *
 * The step solves a linear least-squares problem. Python does so by singular values; here an
 * orthogonal triangulation gives the same step for a tenth of the work, and stays exact to
 * rounding where squaring the matrix (the normal equations) would lose half of the digits.
 */

/**
 * @typedef {object} Problem a loss of half a sum of squares
 * @property {number} nResiduals m
 * @property {(theta: Float64Array) => Float64Array} vector weighted residuals, m numbers
 * @property {(theta: Float64Array) => {vector: Float64Array, J: Float64Array}} jacobian residuals
 *   and their derivatives, m times p numbers, parameter after parameter (column by column)
 * @property {Float64Array} reach how freely each of p parameters may step
 * @property {number} decay half of it times the sum of squared parameters is added to the loss
 */

/**
 * @typedef {object} Settings as of `LevenbergMarquardt` in Python
 * @property {number} maxSteps
 * @property {number} tolerance
 * @property {number} patience
 * @property {number} leastGain
 * @property {number} damping
 */

const MOST_TRIALS = 30;

/**
 * Walk down from `start`; yields the start and the place after each step.
 * @param {Problem} problem
 * @param {Float64Array} start not changed
 * @param {Settings} how
 * @yields {{theta: Float64Array, vector: Float64Array, loss: number, end: string}} `end` says why
 *   the walk ends here, and is empty before
 */
export function* walk(problem, start, how) {
  let theta = start.slice();
  let damping = how.damping;
  let { vector, J } = problem.jacobian(theta);
  let loss = lossOf(problem, theta, vector);
  const losses = [loss];
  if (loss <= how.tolerance) {
    yield { theta, vector, loss, end: "the loss is small enough" };
    return;
  }
  yield { theta, vector, loss, end: "" };
  for (let step = 1; step <= how.maxSteps; step += 1) {
    let next = null;
    for (let trial = 0; trial < MOST_TRIALS && next === null; trial += 1) {
      const tried = plus(theta, bentStep(problem, theta, vector, J, damping));
      if (lossOf(problem, tried, problem.vector(tried)) < loss) next = tried;
      else damping *= 4;
    }
    if (next === null) {
      yield { theta, vector, loss, end: "no step goes further down" };
      return;
    }
    theta = next;
    damping = Math.max(damping / 5, 1e-24);
    ({ vector, J } = problem.jacobian(theta));
    loss = lossOf(problem, theta, vector);
    losses.push(loss);
    const end = endOf(losses, step, how);
    yield { theta, vector, loss, end };
    if (end) return;
  }
}

/** Why it ends after these losses, in words, or nothing. */
function endOf(losses, step, how) {
  const loss = losses[losses.length - 1];
  const before = losses[losses.length - 1 - how.patience];
  if (loss <= how.tolerance) return "the loss is small enough";
  if (before - loss < Math.max(1e-3 * before, how.leastGain)) {
    return `${how.patience} steps took next to nothing off the loss`;
  }
  return step === how.maxSteps ? `${step} steps are done` : "";
}

/** Half of the sum of squares, that of the decaying parameters included. */
export function lossOf(problem, theta, vector) {
  return 0.5 * (squares(vector) + problem.decay * (problem.decay ? squares(theta) : 0));
}

/**
 * One damped step, and half the acceleration of the residuals along it where that is small: it
 * follows the curve of narrow valleys.
 */
function bentStep(problem, theta, vector, J, damping) {
  const { reach, decay } = problem;
  const p = theta.length;
  const diagonal = new Float64Array(p);
  const pulled = new Float64Array(p);
  for (let k = 0; k < p; k += 1) {
    diagonal[k] = Math.sqrt(damping + decay * reach[k] ** 2);
    pulled[k] = (-decay * reach[k] * theta[k]) / diagonal[k];
  }
  const system = J.length < p * p ? new Wide(J, reach, diagonal) : new Triangle(J, reach, diagonal);
  const velocity = system.solve(vector.map((value) => -value), pulled);
  const step = velocity.map((value, k) => value * reach[k]);
  const h = 0.1;
  const ahead = problem.vector(plus(theta, step.map((value) => h * value)));
  const along = times(J, step, vector.length);
  const bent = ahead.map((value, i) => (-2 / h) * ((value - vector[i]) / h - along[i]));
  const acceleration = system.solve(bent, new Float64Array(p));
  if (2 * norm(acceleration) > 0.75 * norm(velocity)) return step;
  return step.map((value, k) => value + (acceleration[k] * reach[k]) / 2);
}

/**
 * The triangle R of a least-squares problem with the rows of J times reach, and under them a
 * diagonal: Householder reflections take one column of J after the other into the diagonal.
 */
export class Triangle {
  /**
   * @param {Float64Array} J m times p numbers, column by column
   * @param {Float64Array} reach p numbers, what each column is multiplied with
   * @param {Float64Array} diagonal p numbers
   */
  constructor(J, reach, diagonal) {
    const p = reach.length;
    const m = J.length / p;
    const A = new Float64Array(J.length);
    for (let k = 0; k < p; k += 1) {
      for (let i = k * m; i < (k + 1) * m; i += 1) A[i] = J[i] * reach[k];
    }
    const R = new Float64Array(p * p); // row by row
    const pivot = new Float64Array(p); // first number of each reflection; the rest stays in A
    for (let k = 0; k < p; k += 1) {
      const column = k * m;
      let size = diagonal[k] ** 2;
      for (let i = 0; i < m; i += 1) size += A[column + i] ** 2;
      const length = Math.sqrt(size);
      R[k * p + k] = -length;
      pivot[k] = diagonal[k] + length;
      if (length === 0) continue;
      const factor = 1 / (length * pivot[k]); // 2 over the squared length of the reflection
      for (let j = k + 1; j < p; j += 1) {
        const other = j * m;
        let along = 0; // the diagonal has nothing beside it in this row
        for (let i = 0; i < m; i += 1) along += A[column + i] * A[other + i];
        along *= factor;
        R[k * p + j] = -along * pivot[k];
        for (let i = 0; i < m; i += 1) A[other + i] -= along * A[column + i];
      }
    }
    Object.assign(this, { m, p, A, R, pivot });
  }

  /**
   * The least-squares solution for a right-hand side of both parts.
   * @param {Float64Array} rows right-hand side of the m rows
   * @param {Float64Array} below right-hand side of the diagonal, p numbers
   * @returns {Float64Array} p numbers
   */
  solve(rows, below) {
    const { m, p, A, R, pivot } = this;
    const left = rows.slice();
    const x = below.slice();
    for (let k = 0; k < p; k += 1) {
      const length = -R[k * p + k];
      if (length === 0) continue;
      let along = pivot[k] * x[k];
      for (let i = 0; i < m; i += 1) along += A[k * m + i] * left[i];
      along /= length * pivot[k];
      x[k] -= along * pivot[k];
      for (let i = 0; i < m; i += 1) left[i] -= along * A[k * m + i];
    }
    for (let k = p - 1; k >= 0; k -= 1) {
      for (let j = k + 1; j < p; j += 1) x[k] -= R[k * p + j] * x[j];
      x[k] /= R[k * p + k] || Infinity;
    }
    return x;
  }

  /** Solve R^T R x = b, one triangle after the other. @param {Float64Array} b p numbers */
  normal(b) {
    const { p, R } = this;
    const x = b.slice();
    for (let k = 0; k < p; k += 1) {
      x[k] /= R[k * p + k];
      for (let j = k + 1; j < p; j += 1) x[j] -= R[k * p + j] * x[k];
    }
    for (let k = p - 1; k >= 0; k -= 1) {
      for (let j = k + 1; j < p; j += 1) x[k] -= R[k * p + j] * x[j];
      x[k] /= R[k * p + k];
    }
    return x;
  }

  /**
   * Covariance of the last parameters, whatever the others do: from the corner of R alone.
   * @param {number} n how many, one or two
   * @returns {number[]} variances, in the order of the parameters
   */
  lastVariances(n) {
    const { p, R } = this;
    const last = R[p * p - 1];
    if (n === 1) return [1 / last ** 2];
    const above = R[(p - 2) * p + p - 2];
    const beside = R[(p - 2) * p + p - 1];
    return [(1 + (beside / last) ** 2) / above ** 2, 1 / last ** 2];
  }
}

/**
 * The same least-squares problem where there are fewer rows than parameters, by a triangle of the
 * size of the rows. With A = J reach / diagonal the solution is y / diagonal for
 * y = below + A^T w, where (A A^T + 1) w = rows - A below.
 */
export class Wide {
  /** As of `Triangle`; no number of the diagonal may be 0. */
  constructor(J, reach, diagonal) {
    const p = reach.length;
    const m = J.length / p;
    const A = new Float64Array(J.length); // row by row
    for (let k = 0; k < p; k += 1) {
      for (let i = 0; i < m; i += 1) A[i * p + k] = (J[k * m + i] * reach[k]) / diagonal[k];
    }
    const ones = new Float64Array(m).fill(1);
    Object.assign(this, { A, diagonal, triangle: new Triangle(A, ones, ones) });
  }

  /** As of `Triangle`. */
  solve(rows, below) {
    const { A, diagonal, triangle } = this;
    const p = diagonal.length;
    const y = below.slice();
    const left = rows.slice();
    for (let i = 0; i < left.length; i += 1) {
      for (let k = 0; k < p; k += 1) left[i] -= A[i * p + k] * below[k];
    }
    triangle.normal(left).forEach((w, i) => {
      for (let k = 0; k < p; k += 1) y[k] += A[i * p + k] * w;
    });
    return y.map((value, k) => value / diagonal[k]);
  }
}

/** J times a vector of p numbers. */
function times(J, x, m) {
  const product = new Float64Array(m);
  for (let k = 0; k < x.length; k += 1) {
    for (let i = 0; i < m; i += 1) product[i] += J[k * m + i] * x[k];
  }
  return product;
}

const plus = (a, b) => a.map((value, k) => value + b[k]);
const squares = (a) => a.reduce((sum, value) => sum + value * value, 0);
const norm = (a) => Math.sqrt(squares(a));
