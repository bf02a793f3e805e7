import { MixerMemory } from './mixer-memory.js';
import type { MixingParameters } from './parameters.js';

const SYMBOLS = 256;

/**
 * Mixes the network's distribution with what the segment has shown so far, bit by bit (`mixing.md`): `begin` a byte, then eight times
 * `probability()` and `learn(bit)`; at last `close`. Encoder and decoder drive it alike. The arithmetic is in `assembly/mixer.ts`.
 */
export class ByteMixer {
  private readonly memory: MixerMemory;
  private one = 0;

  /** @param length bytes of the segment. @param logitWeights as for FrequencyTable. */
  constructor(parameters: MixingParameters, logitWeights: readonly number[], length: number) {
    this.memory = MixerMemory.take(parameters, logitWeights, tableBits(length));
  }

  /**
   * @param logits 256 integers from `offset` on, -1024..1023. @param values a uint32 for each context of the parameters, from `at` on.
   * @param expected the byte that the match expects, or -1. @param kind of match, 0..31.
   */
  begin(logits: Float32Array, offset: number, values: Uint32Array, at: number, expected: number, kind: number): void {
    const { memory } = this;
    memory.logits.set(logits.subarray(offset, offset + SYMBOLS));
    for (let c = 0; c < memory.values.length; c++) memory.values[c] = values[at + c] as number;
    this.one = memory.begin(expected, kind);
  }

  /** Probability, in 1/65536 and within 1..65535, that the next bit is a 1; bits come from the highest to the lowest. */
  probability(): number {
    return this.one;
  }

  /** Takes in the bit that `probability()` was asked for. */
  learn(bit: number): void {
    this.one = this.memory.learn(bit);
  }

  /** Leaves its memory to other segments. Nothing may be called after it. */
  close(): void {
    this.memory.giveBack();
  }
}

/** log2 of the slots of a history table: two a byte, from 1,024 to 131,072. */
function tableBits(length: number): number {
  let bits = 10;
  while (bits < 17 && 2 ** bits < 2 * length) bits++;
  return bits;
}
