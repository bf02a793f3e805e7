import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { interleaved } from '../../../src/ardm/order.js';
import type { Coding } from '../../../src/bytes/coding.js';
import { RangeEncoder } from '../../../src/entropy/range-encoder.js';
import { mixingCoding, testCoding } from '../../ardm/fake-predictor.js';
import { FrequencyTable } from '../../entropy/reference/frequency-table.js';
import { ReferenceMixer } from '../../mixing/reference-mixer.js';
import { type ByteCoder, byteCoder } from './byte-coder.js';
import { SegmentFeatures } from './features.js';

const BYTES = Buffer.from(
  'id=17, name=one; id=18, name=two; id=19, name=three; id=17, name=one; id=18, name=two\n'.repeat(3),
);
const ROWS = 4;

/** The logits of a call: each row's own. */
function logitsOf(call: number): Float32Array {
  return Float32Array.from({ length: ROWS * 256 }, (_, i) => ((i * 37 + call * 11) % 90) - 45);
}

/** Drives a segment in lanes of four, as the coding loop does; `look` sees the features of each row, `code` each row in turn. */
function drive(
  coding: Coding,
  look: (row: number, features: SegmentFeatures) => void,
  code: (row: number, logits: Float32Array, byte: number) => void,
): void {
  const features = new SegmentFeatures(coding.columns, BYTES, coding.mixing?.contexts);
  const { positions, starts } = interleaved(BYTES.length, Math.ceil(BYTES.length / ROWS));
  const indices = new Int32Array(coding.columns.length);
  for (let t = 0; t + 1 < starts.length; t++) {
    const [from, to] = [starts[t] ?? 0, starts[t + 1] ?? 0];
    for (let i = from; i < to; i++) {
      features.row(positions[i] ?? 0, indices, 0);
      look(i - from, features);
    }
    const logits = logitsOf(t);
    for (let i = from; i < to; i++) code(i - from, logits, BYTES[positions[i] ?? 0] as number);
    features.reveal(0, positions, from, to);
  }
}

function coded(coding: Coding): Uint8Array {
  const coder: ByteCoder = byteCoder(coding, BYTES.length);
  const encoder = new RangeEncoder();
  drive(
    coding,
    (row, features) => coder.note(row, features),
    (row, logits, byte) => coder.encode(row, row, logits, byte, encoder),
  );
  return encoder.finish();
}

describe('byteCoder', () => {
  it('codes a byte as one symbol where the model has no mixing', () => {
    const coding = testCoding();
    const table = new FrequencyTable(coding.logitWeights);
    const encoder = new RangeEncoder();
    drive(
      coding,
      () => {},
      (row, logits, byte) => {
        table.load(logits, row * 256);
        encoder.encode(table.start(byte), table.size(byte));
      },
    );
    assert.deepEqual(coded(coding), encoder.finish());
  });

  function codesBits(coding: Coding): void {
    const { mixing } = coding;
    assert.ok(mixing);
    const mixer = new ReferenceMixer(mixing, coding.logitWeights, BYTES.length);
    const count = mixing.contexts.length;
    const noted = Array.from({ length: ROWS }, () => ({
      values: new Uint32Array(count),
      expected: 0,
      kind: 0,
    }));
    const encoder = new RangeEncoder();
    let expectations = 0;
    drive(
      coding,
      (row, features) => {
        const values = new Uint32Array(count);
        features.values(values, 0);
        const { expected, matchBucket: kind } = features;
        noted[row] = { values, expected, kind };
        if (expected >= 0) expectations++;
      },
      (row, logits, byte) => {
        const note = noted[row];
        assert.ok(note);
        mixer.begin(logits, row * 256, note.values, 0, note.expected, note.kind, 0);
        for (const bit of byte.toString(2).padStart(8, '0')) {
          const one = mixer.probability();
          if (one < 32768) encoder.encode(bit === '1' ? 0 : one, bit === '1' ? one : 65536 - one);
          else encoder.encode(bit === '0' ? 0 : 65536 - one, bit === '0' ? 65536 - one : one);
          mixer.learn(Number(bit));
        }
      },
    );
    assert.deepEqual(coded(coding), encoder.finish());
    assert.ok(expectations > 20, 'there were matches');
  }

  it('codes a byte as eight bits, the likelier one last: mixing.md, section 1', () => {
    codesBits(mixingCoding());
  });

  it('codes a 1 last where both are as likely', () => {
    const coding = mixingCoding();
    assert.ok(coding.mixing);
    // Without weights nothing is known of the first bits.
    const [byNode, byMatch] = coding.mixing.weights;
    const zeros = (sets: typeof byNode) => sets.map((set) => set.map(() => 0));
    const weights = [zeros(byNode), zeros(byMatch)] as const;
    codesBits({ ...coding, mixing: { ...coding.mixing, weights } });
  });
});
