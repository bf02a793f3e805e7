import type { Domain } from './domain.js';
import type { GraphShape } from './network.js';
import type { Dial } from './schedule.js';

/** A model of some kind, as its `coding.json` makes it. */
export interface KindOfModel {
  /** Its only graph, where the manifest does not tell. */
  readonly graphs?: readonly [GraphShape];
  /**
   * A segment that is about to be coded.
   *
   * @param data its bytes; a decoder gives zeros, which the domain fills in as positions become known.
   */
  domain(data: Uint8Array, dial: Dial): Domain;
}

/** What the dial means to a kind of model. Lengths are bytes of a segment. */
export interface DialRules {
  /** Bytes of the longest segment: a decoder refuses a longer one before any work, since what it may take in memory follows from this. */
  readonly longestSegment: number;
  /** The dial that is written for at most `calls` calls a block, 1..1024, of a file of `length` bytes. */
  dial(calls: number, length: number): Dial;
  /** Network calls that a block takes, or all there is if it is shorter; of an empty file, those of a whole block. */
  callsOfBlock(length: number, dial: Dial): number;
  /** Network calls that a decoder needs for `length` bytes, at most. */
  totalCalls(length: number, dial: Dial): number;
  /** Blocks that `length` bytes make: network calls of an encoder, which knows all. */
  blocks(length: number): number;
}

/** A kind of model: what it is for, what its dial means, and how its `coding.json` is read. */
export interface Kind extends DialRules {
  /** `kind` of the manifest. */
  readonly name: string;
  /** `units` of the manifest: what rates are counted by. */
  readonly units: string;
  /**
   * @param coding the content of `coding.json`.
   * @throws ZodError where it is not what this kind needs.
   */
  open(coding: unknown): KindOfModel;
}
