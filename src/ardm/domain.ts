import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import type { Rows } from './network.js';
import type { Partition } from './order.js';

/** Positions that are coded from what is known before and among them, call by call; then the next block begins. */
export interface Block extends Partition {
  /** Where in the segment position 0 of the block stands. */
  readonly start: number;
  /** The graph that each call asks, by its number in the model; left out where there is but one. */
  readonly graphs?: Uint8Array;
  /** The network call, from 0, that each is a part of, where calls are asked in parts; left out where each is one. */
  readonly callOf?: Uint32Array;
}

/**
 * One segment of whatever a model is for (bytes, pixels, samples), as far as it is known: what the loop (`segment.ts`) codes without knowing
 * what it is. Encoder and decoder drive it alike: for each call `look`, then `reveal`, and `endBlock` when a block is whole; the encoder, which
 * knows everything, may look at several calls before it codes them, the decoder decodes a call before it reveals it.
 *
 * Positions are given as `block.positions[from .. to)`. A domain never looks at what has not been revealed.
 */
export interface Domain {
  /** Positions that it can hold between `look` and `encode`; those of one call always fit. */
  readonly mostAtOnce: number;
  /** Whether what has been coded decides nothing of what it looks at: then an encoder may be several network calls ahead, beyond the end of a block, too. */
  readonly looksAhead?: boolean;
  /** The blocks, in the order in which they are coded. Both sides derive them from the segment's length and dial. */
  blocks(): Iterable<Block>;
  /**
   * Computes what is known around the positions of one call: the rows that the network is asked, numbered on from `row`.
   *
   * @returns how many rows they are: one for every position that the network is needed for.
   */
  look(block: Block, from: number, to: number, row: number): number;
  /** The network's inputs: views of the first `rows` rows. Valid until the next `look`. */
  inputs(rows: number): readonly Rows[];
  /**
   * Codes positions that were looked at, those first that were looked at first, and tells `encoder.onPosition`, where it is given, after each.
   *
   * @param output what the network says to their rows.
   */
  encode(block: Block, from: number, to: number, output: Float32Array, encoder: RangeEncoder): void;
  /** The inverse of `encode`: fills them in. A damaged payload gives wrong values, never an error. */
  decode(block: Block, from: number, to: number, output: Float32Array, decoder: RangeDecoder): void;
  /** Makes the positions of one call known. */
  reveal(block: Block, from: number, to: number): void;
  /** Catches up, once a block is whole, on what could not be known before. */
  endBlock(block: Block): void;
  /** To be called once, when the segment is done or given up. */
  close(): void;
}
