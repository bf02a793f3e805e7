import { FrequencyTable } from '../entropy/frequency-table.js';
import type { RangeDecoder } from '../entropy/range-decoder.js';
import type { RangeEncoder } from '../entropy/range-encoder.js';
import { TOTAL } from '../entropy/total.js';
import { ByteMixer } from '../mixing/byte-mixer.js';
import type { Coding, Mixing } from './coding.js';
import type { SegmentFeatures } from './features.js';

/**
 * Codes the bytes of a segment under the network's logits. Encoder and decoder drive it alike: `note` a row when its features have
 * just been computed, and code it when the logits are there; rows are numbered from 0 in every network call.
 */
export interface ByteCoder {
  note(row: number, features: SegmentFeatures): void;
  encode(row: number, logits: Float32Array, byte: number, encoder: RangeEncoder): void;
  decode(row: number, logits: Float32Array, decoder: RangeDecoder): number;
  /** To be called once, when the segment is done or given up. */
  close(): void;
}

/** Rows of the longest network call, and the most that a coder keeps notes of. */
export const MOST_ROWS = 1024;

/** @param length bytes of the segment. */
export function byteCoder({ logitWeights, mixing }: Coding, length: number): ByteCoder {
  return mixing ? new MixingCoder(mixing, logitWeights, length) : new FrequencyCoder(logitWeights);
}

export const SYMBOLS = 256;

/** Each byte as one symbol, under the frequencies that the network alone gives it. */
class FrequencyCoder implements ByteCoder {
  private readonly frequencies: FrequencyTable;

  constructor(logitWeights: readonly number[]) {
    this.frequencies = new FrequencyTable(logitWeights);
  }

  note(): void {}

  close(): void {}

  encode(row: number, logits: Float32Array, byte: number, encoder: RangeEncoder): void {
    this.frequencies.load(logits, row * SYMBOLS);
    encoder.encode(this.frequencies.start(byte), this.frequencies.size(byte));
  }

  decode(row: number, logits: Float32Array, decoder: RangeDecoder): number {
    const { frequencies } = this;
    frequencies.load(logits, row * SYMBOLS);
    const symbol = frequencies.symbolAt(decoder.target());
    decoder.advance(frequencies.start(symbol), frequencies.size(symbol));
    return symbol;
  }
}

/**
 * Each byte as eight bits, the network's distribution mixed with what the segment has shown (`../mixing/mixing.md`). What was coded is
 * learned at once, so bytes of one network call inform each other here although the network could not use them.
 */
class MixingCoder implements ByteCoder {
  private readonly mixer: ByteMixer;
  private readonly contexts: number;
  private readonly values: Uint32Array;
  private readonly expected = new Int16Array(MOST_ROWS);
  private readonly match = new Uint8Array(MOST_ROWS);

  constructor(mixing: Mixing, logitWeights: readonly number[], length: number) {
    this.mixer = new ByteMixer(mixing, logitWeights, length);
    this.contexts = mixing.contexts.length;
    this.values = new Uint32Array(MOST_ROWS * this.contexts);
  }

  note(row: number, features: SegmentFeatures): void {
    features.values(this.values, row * this.contexts);
    this.expected[row] = features.expected;
    this.match[row] = features.matchBucket;
  }

  encode(row: number, logits: Float32Array, byte: number, encoder: RangeEncoder): void {
    this.begin(row, logits);
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >> shift) & 1;
      const one = this.mixer.probability();
      // The likelier bit comes last: what the coder's division leaves over is given to it.
      const first = one < TOTAL / 2 ? one : TOTAL - one;
      if ((bit === 1) === one < TOTAL / 2) encoder.encode(0, first);
      else encoder.encode(first, TOTAL - first);
      this.mixer.learn(bit);
    }
  }

  decode(row: number, logits: Float32Array, decoder: RangeDecoder): number {
    this.begin(row, logits);
    let byte = 0;
    for (let i = 0; i < 8; i++) {
      const one = this.mixer.probability();
      const first = one < TOTAL / 2 ? one : TOTAL - one;
      const isFirst = decoder.target() < first;
      if (isFirst) decoder.advance(0, first);
      else decoder.advance(first, TOTAL - first);
      const bit = isFirst === one < TOTAL / 2 ? 1 : 0;
      this.mixer.learn(bit);
      byte = 2 * byte + bit;
    }
    return byte;
  }

  close(): void {
    this.mixer.close();
  }

  private begin(row: number, logits: Float32Array): void {
    this.mixer.begin(
      logits,
      row * SYMBOLS,
      this.values,
      row * this.contexts,
      this.expected[row] as number,
      this.match[row] as number,
    );
  }
}
