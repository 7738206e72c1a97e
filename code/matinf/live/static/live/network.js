/**
 * A small network as a function of one number, with exact derivatives and no library.
 *
 * It is `matinf.physics.network.NetworkShape` with tanh units: the weights are one flat vector,
 * layer by layer the matrix (row by row) and then the biases, so that both sides read the same
 * numbers. A law that holds a derivative needs two things of it:
 *
 * - forward, a value N(s) and beside it, by the chain rule, the slope N'(s);
 * - backward, from the output to the weights, the derivative of a N + b N' for any a and b: of
 *   every residual that is linear in value and slope, in a single pass.
 *
 * Nothing here touches a page: Node runs it as it stands.
 */

export class Network {
  /** @param {number[]} hiddenSizes widths of the hidden layers, one or more */
  constructor(hiddenSizes) {
    this.sizes = [1, ...hiddenSizes, 1];
    this.nWeights = 0;
    /** Where the matrix of each layer starts in the vector of weights. */
    this.starts = [];
    for (let layer = 1; layer < this.sizes.length; layer += 1) {
      this.starts.push(this.nWeights);
      this.nWeights += this.sizes[layer] * (this.sizes[layer - 1] + 1);
    }
    /** The last layer, in whose weights the output is linear, starts here. */
    this.head = this.starts[this.starts.length - 1];
    const numbers = () => this.sizes.map((size) => new Float64Array(size));
    this.h = numbers(); // units of each layer, after tanh
    this.hSlope = numbers(); // their slopes by s
    this.zSlope = numbers(); // slopes before tanh
    this.hBar = numbers(); // what the result owes to h ...
    this.hSlopeBar = numbers(); // ... and to its slope
  }

  /**
   * Value and slope of the output at one point; both stay here for `backward`.
   * @param {Float64Array} weights may be longer: what follows the weights is not read
   * @param {number} s the input, about -1 to 1
   * @returns {[number, number]} N(s) and N'(s)
   */
  forward(weights, s) {
    this.h[0][0] = s;
    this.hSlope[0][0] = 1;
    const last = this.sizes.length - 1;
    for (let layer = 1; layer <= last; layer += 1) {
      const below = this.h[layer - 1];
      const belowSlope = this.hSlope[layer - 1];
      const nBelow = below.length;
      const nHere = this.h[layer].length;
      let at = this.starts[layer - 1];
      const biases = at + nBelow * nHere;
      for (let unit = 0; unit < nHere; unit += 1) {
        let z = weights[biases + unit];
        let slope = 0;
        for (let i = 0; i < nBelow; i += 1, at += 1) {
          z += weights[at] * below[i];
          slope += weights[at] * belowSlope[i];
        }
        const h = layer === last ? z : Math.tanh(z);
        this.h[layer][unit] = h;
        this.zSlope[layer][unit] = slope;
        this.hSlope[layer][unit] = layer === last ? slope : (1 - h * h) * slope;
      }
    }
    return [this.h[last][0], this.hSlope[last][0]];
  }

  /**
   * Write the derivative of a N(s) + b N'(s) by each weight, at the point of the last `forward`.
   *
   * With h = tanh(z) and the slope h' = (1 - h^2) z', what the result owes to z is
   * (1 - h^2) (owed to h) - 2 h (1 - h^2) z' (owed to h'), and to z' it is (1 - h^2) (owed to h').
   * @param {Float64Array} weights as in `forward`
   * @param {number} a
   * @param {number} b
   * @param {Float64Array} out receives nWeights numbers, each at `first + weight * stride`
   * @param {number} first
   * @param {number} stride
   */
  backward(weights, a, b, out, first = 0, stride = 1) {
    const last = this.sizes.length - 1;
    this.hBar[last][0] = a;
    this.hSlopeBar[last][0] = b;
    for (let layer = last; layer > 0; layer -= 1) {
      const below = this.h[layer - 1];
      const belowSlope = this.hSlope[layer - 1];
      const belowBar = this.hBar[layer - 1].fill(0);
      const belowSlopeBar = this.hSlopeBar[layer - 1].fill(0);
      const nBelow = below.length;
      const nHere = this.h[layer].length;
      let at = this.starts[layer - 1];
      const biases = at + nBelow * nHere;
      for (let unit = 0; unit < nHere; unit += 1) {
        let zBar = this.hBar[layer][unit];
        let zSlopeBar = this.hSlopeBar[layer][unit];
        if (layer < last) {
          const h = this.h[layer][unit];
          const bend = 1 - h * h;
          zBar = bend * (zBar - 2 * h * this.zSlope[layer][unit] * zSlopeBar);
          zSlopeBar *= bend;
        }
        out[first + (biases + unit) * stride] = zBar;
        for (let i = 0; i < nBelow; i += 1, at += 1) {
          out[first + at * stride] = zBar * below[i] + zSlopeBar * belowSlope[i];
          belowBar[i] += weights[at] * zBar;
          belowSlopeBar[i] += weights[at] * zSlopeBar;
        }
      }
    }
  }
}
