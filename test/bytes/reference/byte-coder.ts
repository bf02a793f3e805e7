import type { Coding, Mixing } from '../../../src/bytes/coding.js';
import type { RangeDecoder } from '../../../src/entropy/range-decoder.js';
import type { RangeEncoder } from '../../../src/entropy/range-encoder.js';
import { TOTAL } from '../../../src/entropy/total.js';
import { FrequencyTable } from '../../entropy/reference/frequency-table.js';
import { ReferenceMixer } from '../../mixing/reference-mixer.js';
import type { SegmentFeatures } from './features.js';

/**
 * Codes the bytes of a segment under the network's logits. Encoder and decoder drive it alike: `note` a position when its features have
 * just been computed, and code it when the logits are there.
 */
export interface ByteCoder {
  /** @returns whether the network is asked about the position. */
  note(place: number, features: SegmentFeatures): boolean;
  /** @param row of the logits; those of a position that the network was not asked about are not looked at. */
  encode(place: number, row: number, logits: Float32Array, byte: number, encoder: RangeEncoder): void;
  decode(place: number, row: number, logits: Float32Array, decoder: RangeDecoder): number;
}

/** The most that a coder keeps notes of. */
export const MOST_NOTES = 4096;

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

  note(): boolean {
    return true;
  }

  encode(_place: number, row: number, logits: Float32Array, byte: number, encoder: RangeEncoder): void {
    this.frequencies.load(logits, row * SYMBOLS);
    encoder.encode(this.frequencies.start(byte), this.frequencies.size(byte));
  }

  decode(_place: number, row: number, logits: Float32Array, decoder: RangeDecoder): number {
    const { frequencies } = this;
    frequencies.load(logits, row * SYMBOLS);
    const symbol = frequencies.symbolAt(decoder.target());
    decoder.advance(frequencies.start(symbol), frequencies.size(symbol));
    return symbol;
  }
}

/**
 * Each byte as eight bits, the network's distribution mixed with what the segment has shown (`src/mixing/mixing.md`). What was coded is
 * learned at once, so bytes of one network call inform each other here although the network could not use them.
 */
class MixingCoder implements ByteCoder {
  private readonly mixer: ReferenceMixer;
  private readonly contexts: number;
  private readonly values: Uint32Array;
  private readonly expected = new Int16Array(MOST_NOTES);
  private readonly match = new Uint8Array(MOST_NOTES);
  private readonly classes = new Uint16Array(MOST_NOTES);
  private readonly asked = new Uint8Array(MOST_NOTES);
  private readonly skip: Mixing['skip'];

  constructor(mixing: Mixing, logitWeights: readonly number[], length: number) {
    this.mixer = new ReferenceMixer(mixing, logitWeights, length);
    this.contexts = mixing.contexts.length;
    this.skip = mixing.skip;
    this.values = new Uint32Array(MOST_NOTES * this.contexts);
  }

  note(place: number, features: SegmentFeatures): boolean {
    features.values(this.values, place * this.contexts);
    this.expected[place] = features.expected;
    this.match[place] = features.matchBucket;
    this.classes[place] = features.classes;
    const { skip } = this;
    this.asked[place] = skip && features.isCertain(skip.matchLength, skip.historyCount) ? 0 : 1;
    return this.asked[place] === 1;
  }

  encode(place: number, row: number, logits: Float32Array, byte: number, encoder: RangeEncoder): void {
    this.begin(place, row, logits);
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

  decode(place: number, row: number, logits: Float32Array, decoder: RangeDecoder): number {
    this.begin(place, row, logits);
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

  private begin(place: number, row: number, logits: Float32Array): void {
    this.mixer.begin(
      this.asked[place] === 1 ? logits : undefined,
      row * SYMBOLS,
      this.values,
      place * this.contexts,
      this.expected[place] as number,
      this.match[place] as number,
      this.classes[place] as number,
    );
  }
}
