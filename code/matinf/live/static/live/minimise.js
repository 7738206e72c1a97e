// The lowest point of a smooth function of a few numbers, each between two bounds.

/**
 * Quasi-Newton steps (Broyden, Fletcher, Goldfarb, Shanno) projected onto the bounds: what stands
 * at a bound and is pushed against it stays there, the others move.
 *
 * @param {(x: number[]) => {value: number, gradient: number[]}} loss Value Infinity where it is
 *   not defined.
 * @param {number[]} start
 * @param {{low: number[], high: number[], tolerance?: number, steps?: number}} settings
 *   `tolerance`: relative change of the value at which to stop.
 * @returns {{x: number[], value: number, evaluations: number}}
 */
export function minimise(loss, start, { low, high, tolerance = 1e-9, steps = 100 }) {
  const inside = (x) => x.map((value, i) => Math.min(Math.max(value, low[i]), high[i]));
  let x = inside(start);
  let here = loss(x);
  let evaluations = 1;
  let curvature = null; // estimate of the inverse Hessian; none yet
  for (let step = 0; step < steps; step++) {
    const free = x.map((value, i) => !(here.gradient[i] > 0 ? value <= low[i] : value >= high[i]));
    let direction = downhill(curvature, here.gradient, free);
    if (dot(direction, here.gradient) >= 0) {
      curvature = null;
      direction = downhill(null, here.gradient, free);
    }
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
    if (gained <= tolerance * Math.max(1, Math.abs(here.value))) break;
  }
  return { x, value: here.value, evaluations };
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** The direction to go: -H g among those that are free; without an H a step of at most 1. */
function downhill(curvature, gradient, free) {
  const g = gradient.map((value, i) => (free[i] ? value : 0));
  if (curvature === null) {
    const scale = 1 / Math.max(1, Math.hypot(...g));
    return g.map((value) => -value * scale);
  }
  return curvature.map((row, i) => (free[i] ? -dot(row, g) : 0));
}

/** Halve the step until it goes down by enough (Armijo), along the bounds. */
function lineSearch(loss, inside, x, here, direction) {
  const longest = Math.max(...direction.map(Math.abs));
  let length = Math.min(1, 2 / Math.max(longest, 1e-300)); // a leap of e^2 at most
  for (let trial = 1; trial <= 30; trial++, length /= 2) {
    const tried = inside(x.map((value, i) => value + length * direction[i]));
    const moved = tried.map((value, i) => value - x[i]);
    const next = loss(tried);
    const promised = dot(moved, here.gradient);
    if (promised < 0 && next.value <= here.value + 1e-4 * promised) {
      return { x: tried, next, evaluations: trial };
    }
  }
  return { x, next: null, evaluations: 30 };
}

/** The estimate of the inverse Hessian after a step `s` that turned the gradient by `y`. */
function updated(curvature, s, y) {
  const along = dot(s, y);
  if (!(along > 1e-12)) return curvature;
  const n = s.length;
  const scale = along / dot(y, y);
  const unit = s.map((_, i) => s.map((__, j) => (i === j ? scale : 0)));
  const H = curvature ?? unit;
  const Hy = H.map((row) => dot(row, y));
  const yHy = dot(y, Hy);
  const next = [];
  for (let i = 0; i < n; i++) {
    next.push(s.map((_, j) => H[i][j] + (1 + yHy / along) * s[i] * s[j] / along
      - (Hy[i] * s[j] + s[i] * Hy[j]) / along));
  }
  return next;
}
