import { FrequencyTable } from '../entropy/frequency-table.js';
import { RangeDecoder } from '../entropy/range-decoder.js';
import { RangeEncoder } from '../entropy/range-encoder.js';
import type { Coding } from './coding.js';
import { WorkAbandoned } from './errors.js';
import { SegmentFeatures } from './features.js';
import { BLOCK_LENGTH } from './order.js';
import type { Predictor } from './predictor.js';
import { type Dial, partition } from './schedule.js';

/** A model as the coding loop needs it. */
export interface ArdmModel {
  readonly coding: Coding;
  readonly predictor: Predictor;
}

/** Anything that can tell, between network calls, that nobody wants the result any more (an AbortSignal does). */
export interface Abandonment {
  readonly aborted: boolean;
}

const SYMBOLS = 256;

/**
 * Codes one segment: block after block, call after call, each byte under the frequencies that the network gives it from
 * what is known before its call. The encoder knows all bytes, so a whole block is one network call.
 *
 * @throws WorkAbandoned when `signal` says so.
 */
export async function encodeSegment(
  model: ArdmModel,
  bytes: Uint8Array,
  dial: Dial,
  signal: Abandonment,
): Promise<Uint8Array> {
  const { columns, logitWeights, randomOrderLoss } = model.coding;
  const features = new SegmentFeatures(columns, bytes);
  const frequencies = new FrequencyTable(logitWeights);
  const encoder = new RangeEncoder();
  const indices = new Int32Array(BLOCK_LENGTH * columns.length);
  for (let start = 0; start < bytes.length; start += BLOCK_LENGTH) {
    if (signal.aborted) throw new WorkAbandoned();
    const n = Math.min(BLOCK_LENGTH, bytes.length - start);
    const { positions, starts } = partition(n, dial, randomOrderLoss);
    for (let call = 0; call + 1 < starts.length; call++) {
      const from = starts[call] as number;
      const to = starts[call + 1] as number;
      for (let i = from; i < to; i++) features.row(start + (positions[i] as number), indices, i * columns.length);
      features.reveal(start, positions, from, to);
    }
    features.endBlock(start, start + n);
    const logits = await model.predictor.predict(indices.subarray(0, n * columns.length), n);
    for (let i = 0; i < n; i++) {
      const symbol = bytes[start + (positions[i] as number)] as number;
      frequencies.load(logits, i * SYMBOLS);
      encoder.encode(frequencies.start(symbol), frequencies.size(symbol));
    }
  }
  return encoder.finish();
}

/**
 * The inverse of {@link encodeSegment}: one network call per call of the schedule. A damaged payload gives wrong bytes,
 * never an error: the caller compares the checksum.
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
  const { columns, logitWeights, randomOrderLoss } = model.coding;
  const bytes = new Uint8Array(length);
  const features = new SegmentFeatures(columns, bytes);
  const frequencies = new FrequencyTable(logitWeights);
  const decoder = new RangeDecoder(payload);
  const indices = new Int32Array(BLOCK_LENGTH * columns.length);
  for (let start = 0; start < length; start += BLOCK_LENGTH) {
    const n = Math.min(BLOCK_LENGTH, length - start);
    const { positions, starts } = partition(n, dial, randomOrderLoss);
    for (let call = 0; call + 1 < starts.length; call++) {
      if (signal.aborted) throw new WorkAbandoned();
      const from = starts[call] as number;
      const rows = (starts[call + 1] as number) - from;
      for (let i = 0; i < rows; i++) {
        features.row(start + (positions[from + i] as number), indices, i * columns.length);
      }
      const logits = await model.predictor.predict(indices.subarray(0, rows * columns.length), rows);
      for (let i = 0; i < rows; i++) {
        frequencies.load(logits, i * SYMBOLS);
        const symbol = frequencies.symbolAt(decoder.target());
        decoder.advance(frequencies.start(symbol), frequencies.size(symbol));
        bytes[start + (positions[from + i] as number)] = symbol;
      }
      features.reveal(start, positions, from, from + rows);
    }
    features.endBlock(start, start + n);
  }
  return bytes;
}
