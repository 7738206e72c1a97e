// The lowest point of a smooth function of a few numbers, each between two bounds.

const TRIALS = 20; // of a step, each half as long as the last

/**
 * Quasi-Newton steps (Broyden, Fletcher, Goldfarb, Shanno) along the bounds: what stands at a
 * bound and is pushed against it stays there, the others move as if it were a constant.
 *
 * @param {(x: number[]) => {value: number, gradient: number[]}} loss Value Infinity where it is
 *   not defined.
 * @param {number[]} start
 * @param {{low: number[], high: number[], tolerance?: number, steps?: number}} settings
 *   `tolerance`: change of the value, relative where it is above 1, at which to stop.
 * @returns {{x: number[], value: number, evaluations: number}}
 */
export function minimise(loss, start, { low, high, tolerance = 1e-9, steps = 100 }) {
  const inside = (x) => x.map((value, i) => Math.min(Math.max(value, low[i]), high[i]));
  let x = inside(start);
  let here = loss(x);
  let evaluations = 1;
  let curvature = null; // estimate of the second derivatives; none yet
  for (let step = 0; step < steps; step++) {
    const free = [...x.keys()].filter((i) => (here.gradient[i] > 0 ? x[i] > low[i] : x[i] < high[i]));
    const direction = downhill(curvature, here.gradient, free);
    const worth = tolerance * Math.max(1, Math.abs(here.value));
    if (-dot(direction, here.gradient) < worth) break; // the bottom, as far as can be told
    const found = lineSearch(loss, inside, x, here, direction);
    evaluations += found.evaluations;
    if (found.next === null) {
      if (curvature === null) break; // not even straight downhill: this is the bottom
      curvature = null;
      continue;
    }
    const moved = found.x.map((value, i) => value - x[i]);
    const turned = found.next.gradient.map((value, i) => value - here.gradient[i]);
    const gained = here.value - found.next.value;
    curvature = updated(curvature, moved, turned);
    x = found.x;
    here = found.next;
    if (gained <= worth) break;
  }
  return { x, value: here.value, evaluations };
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** Where to go: to the bottom of the parabola over the free numbers, or straight downhill. */
function downhill(curvature, gradient, free) {
  const direction = gradient.map(() => 0);
  const steep = free.map((i) => -gradient[i]);
  const length = Math.max(1, Math.hypot(...steep));
  const reach = curvature === null
    ? steep.map((value) => value / length)
    : solved(free.map((i) => free.map((j) => curvature[i][j])), steep);
  free.forEach((i, k) => { direction[i] = reach[k]; });
  return direction;
}

/** Solve A x = b for a small positive definite A, by elimination. */
function solved(A, b) {
  const n = b.length;
  const rows = A.map((row, i) => [...row, b[i]]);
  for (let i = 0; i < n; i++) {
    for (let k = i + 1; k < n; k++) {
      const share = rows[k][i] / rows[i][i];
      for (let j = i; j <= n; j++) rows[k][j] -= share * rows[i][j];
    }
  }
  const x = new Array(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let rest = rows[i][n];
    for (let j = i + 1; j < n; j++) rest -= rows[i][j] * x[j];
    x[i] = rest / rows[i][i];
  }
  return x;
}

/** Halve the step until it goes down by enough (Armijo), along the bounds. */
function lineSearch(loss, inside, x, here, direction) {
  const longest = Math.max(...direction.map(Math.abs));
  let length = Math.min(1, 2 / Math.max(longest, 1e-300)); // of logarithms: a factor of e^2
  let trial = 1;
  for (; trial <= TRIALS; trial++, length /= 2) {
    const tried = inside(x.map((value, i) => value + length * direction[i]));
    const promised = dot(tried.map((value, i) => value - x[i]), here.gradient);
    if (!(promised < 0)) break;
    const next = loss(tried);
    if (next.value <= here.value + 1e-4 * promised) return { x: tried, next, evaluations: trial };
  }
  return { x, next: null, evaluations: trial - 1 };
}

/** The estimate of the second derivatives after a step `s` that turned the gradient by `y`. */
function updated(curvature, s, y) {
  const along = dot(s, y);
  if (!(along > 1e-12)) return curvature; // not a valley in this direction: nothing learnt
  const scale = dot(y, y) / along;
  const B = curvature ?? s.map((_, i) => s.map((__, j) => (i === j ? scale : 0)));
  const Bs = B.map((row) => dot(row, s));
  const sBs = dot(s, Bs);
  return B.map((row, i) => row.map((value, j) => value - (Bs[i] * Bs[j]) / sBs + (y[i] * y[j]) / along));
}
