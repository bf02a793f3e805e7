import { setImmediate } from 'node:timers/promises';
import type { Rows } from '../../src/ardm/network.js';
import type { Predictor } from '../../src/ardm/predictor.js';
import type { ArdmModel } from '../../src/ardm/segment.js';
import { segmentOf } from '../../src/bytes/byte-domain.js';
import type { Coding } from '../../src/bytes/coding.js';
import { CONTEXTS } from '../../src/bytes/contexts.js';
import { mix } from '../bytes/reference/hash.js';
import { plainParameters } from '../mixing/plain-parameters.js';

/** Coding tables for tests: every context in a column of 2^10 rows, each weight nine tenths of the one before. */
export function testCoding(): Coding {
  const weights = [65536];
  for (let w = 65536; w > 0; w = Math.floor((w * 9) / 10)) if (w < 65536) weights.push(w);
  return {
    blockLength: 1024,
    columns: CONTEXTS.map((context, i) => ({ context, bits: 10, offset: i * 1024 })),
    logitWeights: weights,
    randomOrderLoss: [5000, 4000, 3500, 3200],
  };
}

/** The same with one block for the whole segment, and what the network says mixed with what the segment shows; with weights by class or without. */
export function mixingCoding(byClass = false): Coding {
  const contexts = ['order-1', 'order-2', 'order-3', 'word', 'aligned-1', 'key'] as const;
  return { ...testCoding(), blockLength: 2 ** 19, mixing: { contexts, ...plainParameters(contexts.length, byClass) } };
}

/** A predictor without a network: logits are a hash of the row, so that any wrong index shows. Counts its calls. */
export class HashPredictor implements Predictor {
  readonly rowsPerCall: number[] = [];

  constructor(
    private readonly columns: number,
    readonly rowsAtOnce = 1024,
  ) {}

  async predict(inputs: readonly Rows[], rows: number): Promise<Float32Array> {
    return this.logitsOf(inputs, rows);
  }

  protected logitsOf([indices]: readonly Rows[], rows: number): Float32Array {
    if (indices?.length !== rows * this.columns) throw new Error('indices and rows disagree');
    this.rowsPerCall.push(rows);
    const logits = new Float32Array(rows * 256);
    for (let r = 0; r < rows; r++) {
      let h = 0;
      for (let c = 0; c < this.columns; c++) h = mix(h, indices[r * this.columns + c] ?? 0) >>> 0;
      for (let s = 0; s < 256; s++) {
        h = mix(h, s) >>> 0;
        logits[r * 256 + s] = (h % 200) - 100;
      }
    }
    return logits;
  }
}

/** The same, which answers calls of few rows at once, always in the same place. */
export class InstantPredictor extends HashPredictor {
  /** Rows of the calls that were answered at once. */
  readonly atOnce: number[] = [];
  private readonly place: Float32Array;

  constructor(
    columns: number,
    private readonly upTo: number,
  ) {
    super(columns);
    this.place = new Float32Array(256 * upTo);
  }

  /** By way of the event loop, as networks do. */
  override async predict(inputs: readonly Rows[], rows: number): Promise<Float32Array> {
    await setImmediate();
    return this.logitsOf(inputs, rows);
  }

  predictNow(inputs: readonly Rows[], rows: number): Float32Array | undefined {
    if (rows > this.upTo) return undefined;
    this.atOnce.push(rows);
    this.place.set(this.logitsOf(inputs, rows));
    return this.place.subarray(0, 256 * rows);
  }
}

/** A model of bytes with that predictor behind it. */
export function hashModel(coding: Coding, rowsAtOnce?: number): ArdmModel & { predictor: HashPredictor } {
  const predictor = new HashPredictor(coding.columns.length, rowsAtOnce);
  return { domain: (bytes, dial) => segmentOf(coding, bytes, dial), predictors: [predictor], predictor };
}
