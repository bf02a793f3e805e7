import type { Dial } from '../archive/types.js';
import type { Shape } from '../ardm/kind.js';
import type { Trace } from '../ardm/segment.js';

/** Told, several times a second, how many positions of a segment are coded so far: bytes, of bytes. It starts again where a worker was lost. */
export type OnCoded = (positions: number) => void;

/** Bytes that a segment is coded as the continuation of. */
export interface Condition {
  /** The same id, the same bytes. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/**
 * Codes single segments with a model, as the codec sees it (`src/runtime/pool.ts` implements it with workers).
 *
 * All reject with WorkAbandoned, or with the signal's reason where that is an ArdmError, when `signal` aborts. Tasks of
 * one request share one signal object: by it requests are told apart, and served in turn.
 */
export interface SegmentCoder {
  /** @returns the payload of the segment. */
  encode(
    modelId: string,
    bytes: Uint8Array,
    dial: Dial,
    signal: AbortSignal,
    onProgress?: OnCoded,
    condition?: Condition,
    shape?: Shape,
  ): Promise<Uint8Array>;
  /** @param length of the original bytes. A damaged payload gives wrong bytes, or fewer of them, not an error. */
  decode(
    modelId: string,
    payload: Uint8Array,
    length: number,
    dial: Dial,
    signal: AbortSignal,
    onProgress?: OnCoded,
    condition?: Condition,
    shape?: Shape,
  ): Promise<Uint8Array>;
  /** What the positions of a segment take under `encode`, and when `decode` knows them. */
  trace(
    modelId: string,
    bytes: Uint8Array,
    dial: Dial,
    signal: AbortSignal,
    condition?: Condition,
    shape?: Shape,
  ): Promise<Trace>;
  /** Segments of one request that are coded at once. */
  readonly size: number;
}
