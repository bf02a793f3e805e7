import { random } from '../http/harness.js';

/** What happens by chance, the same for the same seed as far as processes let it. */
export class Dice {
  private readonly next: () => number;

  /** @param seed an integer, not 0. */
  constructor(seed: number) {
    this.next = random(seed * 2_654_435_761 + 1);
    // Close seeds begin alike.
    for (let i = 0; i < 16; i++) this.next();
  }

  /** An integer from `low` to below `high`. */
  between(low: number, high: number): number {
    return low + (this.next() % (high - low));
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.between(0, values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  shuffled<T>(values: readonly T[]): T[] {
    const rest = [...values];
    const result: T[] = [];
    while (rest.length > 0) result.push(...rest.splice(this.between(0, rest.length), 1));
    return result;
  }
}
