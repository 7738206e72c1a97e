// The normal distribution to the last digits of a double, far into its tails.
//
// Rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error
// function", Mathematics of Computation 23 (1969) 631-637, in three ranges of |x|.

const SMALL = { // erf(x) / x in x^2, for |x| <= 0.46875
  above: [1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2,
    3.77485237685302021e2, 3.20937758913846947e3],
  below: [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
    2.84423683343917062e3],
};
const MIDDLE = { // erfcx(x) in x, for 0.46875 < x <= 4
  above: [2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594,
    6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
    1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3],
  below: [1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
    1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
    3.43936767414372164e3, 1.23033935480374942e3],
};
const LARGE = { // how far x erfcx(x) is below 1 / sqrt(pi), in 1 / x^2, for x > 4
  above: [1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
    1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4],
  below: [1, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1,
    6.05183413124413191e-2, 2.33520497626869185e-3],
};

export const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);

/** Value of a polynomial whose highest coefficient comes first (Horner). */
const polynomial = (coefficients, x) => coefficients.reduce((sum, c) => sum * x + c, 0);

const ratio = ({ above, below }, x) => polynomial(above, x) / polynomial(below, x);

/**
 * Scaled complementary error function, exp(x^2) erfc(x), which does not underflow.
 * @param {number} x Not negative.
 * @returns {number}
 */
export function erfcx(x) {
  if (x <= 0.46875) return Math.exp(x * x) * (1 - x * ratio(SMALL, x * x));
  if (x <= 4) return ratio(MIDDLE, x);
  const inverse = 1 / (x * x);
  return (1 / Math.sqrt(Math.PI) - inverse * ratio(LARGE, inverse)) / x;
}

/**
 * Complementary error function, 1 - erf(x).
 * @param {number} x
 * @returns {number}
 */
export function erfc(x) {
  const size = Math.abs(x);
  if (size <= 0.46875) return 1 - x * ratio(SMALL, x * x);
  if (size > 27) return x > 0 ? 0 : 2; // below the smallest double
  // exp(-x^2) of a rounded x^2 would lose digits: the square of a few bits of x is exact.
  const coarse = Math.trunc(size * 16) / 16;
  const rest = (size - coarse) * (size + coarse);
  const upper = Math.exp(-coarse * coarse) * Math.exp(-rest) * erfcx(size);
  return x > 0 ? upper : 2 - upper;
}

/** Standard normal distribution function, the probability below z. */
export const cdf = (z) => 0.5 * erfc(-z / Math.SQRT2);

/** Standard normal density. */
export const density = (z) => Math.exp(-0.5 * z * z - LOG_SQRT_2PI);
