// The menus of the Gaussian process laboratory. An acquisition function of the chapter has a name,
// a short name, the colour of its strategy on the page (matinf.figures.acquisition), the slider that
// belongs to it, and its score.

import {
  closestToTarget,
  expectedImprovement,
  logExpectedImprovement,
  maximumMean,
  maximumStd,
  probabilityOfImprovement,
  randomScores,
  thompson,
  upperConfidenceBound,
} from "./acquisition.js";

/**
 * `score` takes what a strategy may know: mean and standard deviation, the best value so far, the
 * settings xi, beta and target, and, as functions, a posterior sample and a random generator.
 */
export const ACQUISITIONS = {
  ei: {
    name: "Expected improvement", short: "EI", role: "accent", setting: "xi",
    score: ({ mean, std, best, xi }) => expectedImprovement(mean, std, { best, xi }),
  },
  logei: {
    name: "Logarithm of EI", short: "log EI", role: "accent", setting: "xi",
    score: ({ mean, std, best, xi }) => logExpectedImprovement(mean, std, { best, xi }),
  },
  pi: {
    name: "Probability of improvement", short: "PI", role: "no_transfer", setting: "xi",
    score: ({ mean, std, best, xi }) => probabilityOfImprovement(mean, std, { best, xi }),
  },
  ucb: {
    name: "Upper confidence bound", short: "UCB", role: "limit", setting: "beta",
    score: ({ mean, std, beta }) => upperConfidenceBound(mean, std, { beta }),
  },
  thompson: {
    name: "Thompson sampling", short: "Draw", role: "data",
    score: ({ sample }) => thompson(sample()),
  },
  exploit: {
    name: "Exploit: highest mean", short: "Mean", role: "exploit",
    score: ({ mean }) => maximumMean(mean),
  },
  target: {
    name: "Exploit: closest to a target", short: "Closeness", role: "exploit", setting: "target",
    score: ({ mean, target }) => closestToTarget(mean, { target }),
  },
  explore: {
    name: "Explore: least known", short: "Std", role: "explore",
    score: ({ std }) => maximumStd(std),
  },
  random: {
    name: "Random", short: "Order", role: "random",
    score: ({ mean, random }) => randomScores(mean.length, random()),
  },
};

export const KERNEL_NAMES = [
  ["rbf", "RBF (squared exponential)"],
  ["matern52", "Matérn 5/2"],
  ["matern32", "Matérn 3/2"],
  ["matern12", "Matérn 1/2"],
];
