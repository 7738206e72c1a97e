// What the charts of the Gaussian process laboratory draw, as marks of chart.js.

const HALF = 1.96; // standard deviations to each side of a 95 % interval
const QUARTER = 0.674; // and of one of 50 %

/** The colour of each player of the game. */
export const PLAYERS = { you: "reader", EI: "accent", random: "random" };

/**
 * The belief: two bands, the mean, and curves that it holds possible.
 * @param {ArrayLike<number>} x
 * @param {{mean: Float64Array, std: Float64Array, curves: Float64Array[]}} belief
 */
export function beliefMarks(x, { mean, std, curves }) {
  const band = (reach) => ({
    type: "band", x, role: "accent",
    low: mean.map((m, i) => m - reach * std[i]),
    high: mean.map((m, i) => m + reach * std[i]),
  });
  const drawn = curves.map((y, k) => ({
    type: "line", x, y, role: "data", width: 1.25, label: k === 0 ? "possible curves" : "",
  }));
  return [
    { ...band(HALF), label: "95\u00a0% and 50\u00a0% bands" },
    band(QUARTER),
    ...drawn,
    { type: "line", x, y: mean, role: "accent", width: 2.5, label: "mean" },
  ];
}

/** What is believed of the one place that is pointed at: its mean and its 95 % interval. */
export function probeMark(x, { mean, std }, here) {
  return {
    type: "points", x: [x[here]], y: [mean[here]], error: [HALF * std[here]],
    role: "reader", shape: "ring", size: 4,
  };
}

/** The acquisition function over its lowest value, and where it is highest. */
export function scoreMarks(x, { scores, next }, { role }, here) {
  const y = scores.map((value) => (Number.isFinite(value) ? value : NaN));
  const floor = y.reduce((least, value) => (value < least ? value : least), Infinity);
  const marks = [
    { type: "band", x, low: y.map(() => floor), high: y, role },
    { type: "line", x, y, role, width: 2 },
  ];
  if (here !== null) marks.push({ type: "vline", x: x[here], role: "muted" });
  if (next < 0) return marks;
  marks.push({ type: "vline", x: x[next], role });
  if (Number.isFinite(y[next])) {
    marks.push({ type: "points", x: [x[next]], y: [y[next]], role, shape: "diamond", size: 5 });
  }
  return marks;
}

/**
 * The regret of each player after each measurement; at the end also what is usual.
 * @param {{name: string, regret: number[]}[]} players
 * @param {{games: number, regret: Record<string, number[]>} | null} record
 */
export function raceMarks(players, record) {
  const count = (y) => y.map((_, i) => i);
  const usual = ["random", "EI"].map((name) => record && ({
    type: "line", x: count(record.regret[name]), y: record.regret[name], role: PLAYERS[name],
    dash: true, width: 1.25, label: `${name}, mean of ${record.games} games`,
  }));
  const lines = [...players].reverse().flatMap(({ name, regret: y }) => [
    { type: "line", x: count(y), y, role: PLAYERS[name], width: name === "you" ? 3 : 2, label: name },
    { type: "points", x: [y.length - 1], y: [y[y.length - 1]], role: PLAYERS[name] },
  ]);
  return [...usual.filter(Boolean), ...lines];
}

/** Where the other players measured, and what they found. */
export function rivalMarks(x, truth, players) {
  const shapes = { random: "cross", EI: "diamond" };
  return players.filter(({ name }) => name in shapes).reverse().map(({ name, moves }) => ({
    type: "points", x: moves.map((i) => x[i]), y: moves.map((i) => truth[i]),
    role: PLAYERS[name], shape: shapes[name], size: 4, label: name,
  }));
}

/** A belief that lies between two others, for the way from one to the next. */
export function between(from, to, share) {
  const mixed = (a, b) => b.map((value, i) => (
    Number.isFinite(a[i]) && Number.isFinite(value) ? a[i] + share * (value - a[i]) : value));
  return {
    ...to,
    mean: mixed(from.mean, to.mean),
    std: mixed(from.std, to.std),
    scores: mixed(from.scores, to.scores),
    curves: to.curves.map((curve, k) => mixed(from.curves[k], curve)),
  };
}
