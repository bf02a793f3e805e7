import type { Domain } from './domain.js';
import type { GraphShape } from './network.js';
import type { Dial } from './schedule.js';

/** What segments begin with that continue a condition, all of which is known and has been learned. */
export interface Primed {
  /** Bytes of memory that it holds now. */
  readonly memory: number;
  /** A segment that is about to be coded: as that of `KindOfModel`. */
  domain(data: Uint8Array, dial: Dial): Domain;
  /** Gives up the memory that it can do without. Segments that have begun are coded to their end, and those that begin later take longer. */
  release(): void;
}

/** A condition that is being learned. */
export interface Priming {
  /** Its positions, to be coded as an encoder does. What that puts out is of no use. */
  readonly domain: Domain;
  /** To be called once, when all of them are coded. */
  finish(): Primed;
}

/** How models of a kind go on from what is known before a segment. */
export interface Conditions {
  /** For which size, in bytes, a condition of `known` bytes is primed that a segment of `length` bytes continues: it decides coded bits. */
  sizeFor(known: number, length: number): number;
  /** @param condition at least one byte. @param size as `sizeFor` says. */
  prime(condition: Uint8Array, size: number): Priming;
}

/** What the positions of a segment are, where they are no line of bytes: numbers that its kind understands. */
export type Shape = readonly number[];

/** A model of some kind, as its `coding.json` makes it. */
export interface KindOfModel {
  /** Its only graph, where the manifest does not tell. */
  readonly graphs?: readonly [GraphShape];
  /**
   * A segment that is about to be coded.
   *
   * @param data its bytes; a decoder gives zeros, which the domain fills in as positions become known. @param shape where the kind needs one.
   */
  domain(data: Uint8Array, dial: Dial, shape?: Shape): Domain;
  /** Positions of its blocks, where a segment has several. */
  readonly blockLength?: number;
  /** Left out where segments can continue nothing. */
  readonly conditions?: Conditions;
}

/** What the dial means to a kind of model. Lengths are bytes of a segment; those of a kind whose segments have a shape need it, too. */
export interface DialRules {
  /** What its segments are made of. */
  readonly content: 'bytes' | 'pictures' | 'sound';
  /** Whether segments can continue a condition. */
  readonly takesConditions: boolean;
  /** Bytes of the longest segment: a decoder refuses a longer one before any work, since what it may take in memory follows from this. */
  readonly longestSegment: number;
  /** Whether an archive's dial is one of this kind's: others are refused before any work. */
  knows(dial: Dial): boolean;
  /** The dial that is written for at most `calls` calls a block, 1..1024, of a file of `length` bytes. */
  dial(calls: number, length: number, shape?: Shape): Dial;
  /** Network calls that a block takes, or all there is if it is shorter; of an empty file, those of a whole block. A picture is one block. */
  callsOfBlock(length: number, dial: Dial, shape?: Shape): number;
  /** Network calls that a decoder needs for `length` bytes, at most. */
  totalCalls(length: number, dial: Dial, shape?: Shape): number;
  /** Network calls of an encoder, which knows all: blocks of bytes, steps of a picture. */
  encoderCalls(length: number, dial: Dial, shape?: Shape): number;
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
