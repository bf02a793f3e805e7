import { byteCoder } from '../bytes/byte-coder.js';
import { type Coding, LONGEST_CALL } from '../bytes/coding.js';
import { SegmentFeatures } from '../bytes/features.js';
import { RangeDecoder } from '../entropy/range-decoder.js';
import { RangeEncoder } from '../entropy/range-encoder.js';
import { WorkAbandoned } from './errors.js';
import type { Predictor } from './predictor.js';
import { blockLength, type Dial, partition } from './schedule.js';

/** What coding a segment takes time for: its tables, context features, and the range coder with its probabilities. */
export type Phase = 'tables' | 'features' | 'coding';

/** A model as the coding loop needs it. */
export interface ArdmModel {
  readonly coding: Coding;
  readonly predictor: Predictor;
  /** Told, where somebody measures, what time was spent on. */
  readonly spent?: (phase: Phase, milliseconds: number) => void;
}

/** Anything that can tell, between network calls, that nobody wants the result any more (an AbortSignal does). */
export interface Abandonment {
  readonly aborted: boolean;
}

/**
 * Codes one segment: block after block, call after call, each byte under the probabilities that the network gives it from what is known
 * before its call. The encoder knows all bytes, so no call of the schedule waits for another: their rows are joined into network calls of
 * as many rows as the predictor likes.
 *
 * @throws WorkAbandoned when `signal` says so.
 */
export async function encodeSegment(
  model: ArdmModel,
  bytes: Uint8Array,
  dial: Dial,
  signal: Abandonment,
): Promise<Uint8Array> {
  const { coding, predictor } = model;
  const watch = new Stopwatch(model.spent);
  const features = new SegmentFeatures(coding.columns, bytes, coding.mixing?.contexts);
  const coder = byteCoder(coding, bytes.length);
  const encoder = new RangeEncoder();
  const { columns } = features;
  const indices = new Int32Array(LONGEST_CALL * columns);
  const atOnce = Math.min(predictor.rowsAtOnce, LONGEST_CALL);
  const block = blockLength(coding, dial);
  watch.lap('tables');
  try {
    for (let start = 0; start < bytes.length; start += block) {
      const n = Math.min(block, bytes.length - start);
      const { positions, starts } = partition(n, dial, coding.randomOrderLoss);
      let first = 0;
      let rows = 0;
      const codeRows = async (): Promise<void> => {
        if (signal.aborted) throw new WorkAbandoned();
        watch.lap('features');
        const logits = await predictor.predict(indices.subarray(0, rows * columns), rows);
        watch.lap();
        for (let row = 0; row < rows; row++) {
          coder.encode(row, logits, bytes[start + (positions[first + row] as number)] as number, encoder);
        }
        watch.lap('coding');
        first += rows;
        rows = 0;
      };
      for (let call = 0; call + 1 < starts.length; call++) {
        const from = starts[call] as number;
        const to = starts[call + 1] as number;
        if (rows > 0 && rows + to - from > atOnce) await codeRows();
        for (let i = from; i < to; i++, rows++) {
          features.row(start + (positions[i] as number), indices, rows * columns);
          coder.note(rows, features);
        }
        features.reveal(start, positions, from, to);
      }
      await codeRows();
      features.endBlock(start, start + n);
    }
  } finally {
    coder.close();
  }
  return encoder.finishUncut();
}

/**
 * The inverse of {@link encodeSegment}: one network call per call of the schedule. A damaged payload gives wrong bytes,
 * never an error, and fewer of them as soon as it is known to have been cut: the caller compares length and checksum.
 *
 * @param length bytes of the segment. @throws WorkAbandoned when `signal` says so.
 */
export async function decodeSegment(
  model: ArdmModel,
  payload: Uint8Array,
  length: number,
  dial: Dial,
  signal: Abandonment,
): Promise<Uint8Array> {
  const { coding, predictor } = model;
  const watch = new Stopwatch(model.spent);
  const bytes = new Uint8Array(length);
  const features = new SegmentFeatures(coding.columns, bytes, coding.mixing?.contexts);
  const coder = byteCoder(coding, length);
  const decoder = new RangeDecoder(payload);
  const { columns } = features;
  const indices = new Int32Array(LONGEST_CALL * columns);
  const block = blockLength(coding, dial);
  watch.lap('tables');
  try {
    for (let start = 0; start < length; start += block) {
      const n = Math.min(block, length - start);
      const { positions, starts } = partition(n, dial, coding.randomOrderLoss);
      for (let call = 0; call + 1 < starts.length; call++) {
        if (signal.aborted) throw new WorkAbandoned();
        if (decoder.cut) return bytes.subarray(0, start);
        const from = starts[call] as number;
        const to = starts[call + 1] as number;
        const rows = to - from;
        for (let row = 0; row < rows; row++) {
          features.row(start + (positions[from + row] as number), indices, row * columns);
          coder.note(row, features);
        }
        watch.lap('features');
        const logits = await predictor.predict(indices.subarray(0, rows * columns), rows);
        watch.lap();
        for (let row = 0; row < rows; row++) {
          bytes[start + (positions[from + row] as number)] = coder.decode(row, logits, decoder);
        }
        watch.lap('coding');
        features.reveal(start, positions, from, to);
      }
      features.endBlock(start, start + n);
    }
  } finally {
    coder.close();
  }
  return bytes;
}

/** Tells what the time since the last lap was spent on. It decides nothing. */
class Stopwatch {
  private started = performance.now();

  constructor(private readonly spent: ArdmModel['spent']) {}

  lap(phase?: Phase): void {
    const before = this.started;
    this.started = performance.now();
    if (phase) this.spent?.(phase, this.started - before);
  }
}
