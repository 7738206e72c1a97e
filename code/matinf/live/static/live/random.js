// Random numbers from a seed: the same on every machine, for draws and games that can be shared.

/** Chris Doty-Humphrey's "small fast counter" generator, 32 bits wide (sfc32 of PractRand). */
export class Random {
  /** @param {number} seed A whole number; only its lowest 32 bits count. */
  constructor(seed) {
    this.a = 0x9e3779b9;
    this.b = 0x243f6a88;
    this.c = seed >>> 0;
    this.counter = 1;
    this.spare = null;
    for (let i = 0; i < 15; i++) this.bits(); // until all bits depend on the seed
  }

  /** The next 32 bits, as a whole number from 0 to 2^32 - 1. */
  bits() {
    const sum = (this.a + this.b + this.counter++) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Evenly spread over (0, 1), both ends left out. */
  uniform() {
    return (this.bits() + 0.5) / 2 ** 32;
  }

  /** A whole number from 0 to n - 1. */
  below(n) {
    return Math.floor(this.uniform() * n);
  }

  /** Standard normal, by the method of Box and Muller; every second one was made with the last. */
  normal() {
    if (this.spare !== null) {
      const kept = this.spare;
      this.spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** n standard normal numbers. */
  normals(n) {
    return Float64Array.from({ length: n }, () => this.normal());
  }

  /** The numbers from 0 to n - 1 in random order (Fisher and Yates). */
  permutation(n) {
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}
