import { LIMIT, SQUASH } from '../../src/mixing/tables.js';

/** Log odds at which a row has entries: -4096, -3840, .., 4096. */
const ENTRIES = 33;
/** An entry goes 1/32 of the way to what happened. */
const RATE_BITS = 5;

/**
 * An adaptive probability map (secondary symbol estimation): per context, what became of bits that were given these odds.
 */
export class ProbabilityMap {
  private readonly entries: Uint16Array;
  private nearest = 0;

  /** @param contexts rows, each the identity at first. */
  constructor(contexts: number) {
    this.entries = new Uint16Array(contexts * ENTRIES);
    for (let i = 0; i < ENTRIES; i++) this.entries[i] = SQUASH[Math.min(2 * LIMIT + 1, 256 * i)] as number;
    for (let filled = ENTRIES; filled < this.entries.length; filled *= 2) this.entries.copyWithin(filled, 0, filled);
  }

  /** Probability of a 1 in 1/65536, 0..65535, between the two entries beside `odds`. @param odds -4095..4095. */
  refine(context: number, odds: number): number {
    const part = (odds + LIMIT + 1) & 255;
    const at = context * ENTRIES + ((odds + LIMIT + 1) >> 8);
    this.nearest = part >= 128 ? at + 1 : at;
    return ((this.entries[at] as number) * (256 - part) + (this.entries[at + 1] as number) * part) >> 8;
  }

  /** Moves the entry nearest to the odds last refined. */
  learn(bit: number): void {
    const entry = this.entries[this.nearest] as number;
    this.entries[this.nearest] = entry + (((bit << 16) - entry) >> RATE_BITS);
  }
}
