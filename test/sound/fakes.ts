import { readFileSync } from 'node:fs';
import type { Rows } from '../../src/ardm/network.js';
import type { Predictor } from '../../src/ardm/predictor.js';
import type { ArdmModel } from '../../src/ardm/segment.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { loadModel } from '../../src/runtime/model.js';
import { type OpenNetwork, openNetwork } from '../../src/runtime/open-network.js';
import type { Encoding } from '../../src/sound/clip.js';
import { COLUMNS, type Coding, codingSchema, OUTPUTS } from '../../src/sound/coding.js';
import { SOUND_MODELS } from '../../src/sound/kind.js';
import { xorshift32 } from '../entropy/random.js';
import type { Signal } from './signals.js';

export const SOUND_1 = 'models/sound-1';
export const NEVER = { aborted: false } as const;

/** The coding tables of the released model: made anew, so that no program of an earlier segment is taken for them. */
export function releasedCoding(): Coding {
  return codingSchema.parse(JSON.parse(readFileSync(`${SOUND_1}/coding.json`, 'utf8')));
}

/** The network of the released model. */
export async function releasedNetwork(): Promise<OpenNetwork> {
  const { id, graphs } = await loadModel(SOUND_1, KINDS);
  const [graph] = graphs;
  if (!graph) throw new Error('it has no graph');
  return await openNetwork(id, graph, { provider: 'cpu', intraOpNumThreads: 1 });
}

/** A predictor that keeps how many rows each call had. */
export class CountingPredictor implements Predictor {
  readonly rowsPerCall: number[] = [];

  constructor(
    private readonly outputsOf: (rows: Rows, count: number) => Promise<Float32Array> | Float32Array,
    readonly rowsAtOnce = 256,
  ) {}

  async predict([input]: readonly Rows[], rows: number): Promise<Float32Array> {
    if (input?.length !== rows * COLUMNS) throw new Error('inputs and rows disagree');
    this.rowsPerCall.push(rows);
    return await this.outputsOf(input, rows);
  }
}

/** What a fake network says: anything, or ends of the range alone. */
export type Temper = 'any' | 'extreme';

/** Outputs without a network: integers, -1024..1023, that follow from every byte of the row. */
export function fakePredictor(temper: Temper, rowsAtOnce?: number): CountingPredictor {
  return new CountingPredictor((input, rows) => {
    const outputs = new Float32Array(rows * OUTPUTS);
    for (let r = 0; r < rows; r++) {
      let seed = 1;
      for (let i = 0; i < COLUMNS; i++) {
        seed = (Math.imul(seed ^ (input[r * COLUMNS + i] as number), 0x85ebca6b) ^ (seed >>> 13)) >>> 0;
      }
      const next = xorshift32(seed | 1);
      for (let i = 0; i < OUTPUTS; i++) {
        const n = next();
        outputs[r * OUTPUTS + i] = temper === 'any' ? (n % 2048) - 1024 : n & 64 ? -1024 : 1023;
      }
    }
    return outputs;
  }, rowsAtOnce);
}

/** Channels, bits of a sample, number of its encoding, frames a second. */
export type SoundShape = readonly [channels: number, bits: number, encoding: number, rate: number];

/** A model of sound for `encodeSegment` and `decodeSegment` that knows the shape of its segment. */
export function soundModel(coding: Coding, shape: SoundShape, predictor: Predictor): ArdmModel {
  const opened = SOUND_MODELS.open(coding);
  return { domain: (data, dial) => opened.domain(data, dial, shape), predictors: [predictor] };
}

const SPELLED: Readonly<Record<Encoding, (to: Buffer, value: number, at: number, bits: number) => void>> = {
  unsigned: (to, value, at, bits) => void to.writeUIntLE(value + 2 ** (bits - 1), at, bits / 8),
  'little-endian': (to, value, at, bits) => void to.writeIntLE(value, at, bits / 8),
  'big-endian': (to, value, at, bits) => void to.writeIntBE(value, at, bits / 8),
};
const NUMBERED: readonly Encoding[] = ['unsigned', 'little-endian', 'big-endian'];

/** A signal's bytes, written by Node's Buffer: they share nothing with src/sound. */
export function bytesOf(signal: Signal, frames: number, [channels, bits, encoding]: SoundShape): Uint8Array {
  const made = Buffer.alloc((frames * channels * bits) / 8);
  const spell = SPELLED[NUMBERED[encoding] as Encoding];
  for (let i = 0; i < frames * channels; i++) {
    spell(made, signal(Math.floor(i / channels), i % channels), (i * bits) / 8, bits);
  }
  return new Uint8Array(made);
}
