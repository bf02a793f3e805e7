import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Domain } from '../../src/ardm/domain.js';
import type { Dial } from '../../src/ardm/schedule.js';
import { ByteDomain } from '../../src/bytes/byte-domain.js';
import type { Coding } from '../../src/bytes/coding.js';
import { CONTEXT_VALUES, CONTEXTS, DIRECT } from '../../src/bytes/contexts.js';
import { RangeDecoder } from '../../src/entropy/range-decoder.js';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import type { MixingParameters } from '../../src/mixing/parameters.js';
import { mixingCoding, testCoding } from '../ardm/fake-predictor.js';
import { type Draws, drawnParameters, draws } from '../mixing/drawn-case.js';
import { bytesOf } from './any-bytes.js';
import { ReferenceDomain } from './reference/reference-domain.js';

type Open = (coding: Coding, bytes: Uint8Array, dial: Dial) => Domain;

const program: Open = (coding, bytes, dial) => new ByteDomain(coding, bytes, dial);
const reference: Open = (coding, bytes, dial) => new ReferenceDomain(coding, bytes, dial);

/** What a domain tells and makes of a segment: the rows of every call, and the payload. */
interface Made {
  readonly rows: Int32Array[];
  readonly payload: Uint8Array;
}

/** Logits of a row in a network that knows nothing, but says it at full swing: they depend on the indices alone. */
function logitsOf(rows: Int32Array, columns: number): Float32Array {
  const count = rows.length / columns;
  const logits = new Float32Array(256 * count);
  for (let row = 0; row < count; row++) {
    let x = 1;
    for (let c = 0; c < columns; c++) x = Math.imul(x ^ (rows[row * columns + c] as number), 0x9e3779b1) ^ (x >>> 13);
    const swing = 1 + ((x >>> 8) % 1023);
    for (let s = 0; s < 256; s++) {
      x = Math.imul(x ^ s, 0x85ebca6b) ^ (x >>> 15);
      logits[256 * row + s] = x & 1024 ? -1024 : ((x >>> 12) % (2 * swing)) - swing;
    }
  }
  return logits;
}

function encode(open: Open, coding: Coding, bytes: Uint8Array, dial: Dial, callsAtOnce: number): Made {
  const domain = open(coding, bytes, dial);
  const encoder = new RangeEncoder();
  const seen: Int32Array[] = [];
  for (const block of domain.blocks()) {
    const { starts } = block;
    let rows = 0;
    let first = 0;
    for (let call = 0; call + 1 < starts.length; call++) {
      const [from, to] = [starts[call] as number, starts[call + 1] as number];
      rows += domain.look(block, from, to, rows);
      domain.reveal(block, from, to);
      const next = starts[call + 2] ?? to;
      if (call % callsAtOnce < callsAtOnce - 1 && next > to && next - first <= 1024) continue;
      const [indices] = domain.inputs(rows) as readonly [Int32Array];
      seen.push(indices.slice());
      domain.encode(block, first, to, logitsOf(indices, coding.columns.length), encoder);
      first = to;
      rows = 0;
    }
    domain.endBlock(block);
  }
  domain.close();
  return { rows: seen, payload: encoder.finish() };
}

function decode(open: Open, coding: Coding, payload: Uint8Array, length: number, dial: Dial): Uint8Array {
  const bytes = new Uint8Array(length);
  const domain = open(coding, bytes, dial);
  const decoder = new RangeDecoder(payload);
  for (const block of domain.blocks()) {
    const { starts } = block;
    for (let call = 0; call + 1 < starts.length; call++) {
      const [from, to] = [starts[call] as number, starts[call + 1] as number];
      const rows = domain.look(block, from, to, 0);
      const [indices] = domain.inputs(rows) as readonly [Int32Array];
      domain.decode(block, from, to, logitsOf(indices, coding.columns.length), decoder);
      domain.reveal(block, from, to);
    }
    domain.endBlock(block);
  }
  domain.close();
  return bytes;
}

function compare(coding: Coding, bytes: Uint8Array, dial: Dial, callsAtOnce = 1): Made {
  const expected = encode(reference, coding, bytes, dial, callsAtOnce);
  const made = encode(program, coding, bytes, dial, callsAtOnce);
  assert.equal(made.rows.length, expected.rows.length);
  made.rows.forEach((rows, call) => {
    assert.deepEqual(rows, expected.rows[call], `rows of call ${call}`);
  });
  assert.deepEqual(made.payload, expected.payload);
  assert.deepEqual(decode(program, coding, made.payload, bytes.length, dial), bytes);
  return made;
}

/** Columns of any widths, contexts in any order, some more than once. */
function drawnColumns(below: Draws, count: number): Coding['columns'] {
  let offset = 0;
  return Array.from({ length: count }, () => {
    const context = CONTEXTS[below(CONTEXTS.length)] as (typeof CONTEXTS)[number];
    const bits = DIRECT.has(context) ? 1 + below(13) : 1 + below(24);
    const column = { context, bits, offset };
    offset += 2 ** bits;
    return column;
  });
}

/** Any coding that `coding-schema.ts` lets pass. */
function drawnCoding(seed: number, mixed: boolean, skips: boolean): Coding {
  const below = draws(seed);
  const coding: Coding = {
    ...testCoding(),
    blockLength: below(2) === 0 ? 1024 : 2 ** 19,
    columns: drawnColumns(below, 1 + below(40)),
  };
  if (!mixed) return coding;
  const contexts = Array.from({ length: 1 + below(32) }, () => CONTEXT_VALUES[below(CONTEXT_VALUES.length)]);
  const drawn = (): MixingParameters => {
    const kind = (['moderate', 'random', 'extreme'] as const)[below(3)];
    return drawnParameters(below, kind ?? 'moderate', contexts.length, 1 + below(64));
  };
  const { weights, final } = drawn();
  const skip = skips ? { matchLength: 1 + below(40), weights, final } : undefined;
  return { ...coding, mixing: { contexts: contexts as NonNullable<Coding['mixing']>['contexts'], ...drawn(), skip } };
}

const dials: fc.Arbitrary<Dial> = fc.oneof(
  fc.record({
    schedule: fc.constant('interleaved' as const),
    calls: fc.oneof(fc.integer({ min: 1, max: 1024 }), fc.constantFrom(1, 8, 32, 128, 1024)),
  }),
  fc.record({ schedule: fc.constant('random' as const), calls: fc.integer({ min: 1, max: 60 }) }),
);

describe('ByteDomain', () => {
  const cases = fc.record({
    bytes: bytesOf(3000),
    dial: dials,
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    mixed: fc.boolean(),
    skips: fc.boolean(),
    callsAtOnce: fc.integer({ min: 1, max: 200 }),
  });

  it('is the reference to the bit: rows, payload and what is decoded, for any bytes, dial and coding', () => {
    fc.assert(
      fc.property(cases, ({ bytes, dial, seed, mixed, skips, callsAtOnce }) => {
        compare(drawnCoding(seed, mixed, skips), bytes, dial, callsAtOnce);
      }),
      { numRuns: 150 },
    );
  });

  it('is the reference on all contexts at once', () => {
    fc.assert(
      fc.property(bytesOf(3000), dials, fc.boolean(), (bytes, dial, mixed) => {
        compare(mixed ? mixingCoding() : testCoding(), bytes, dial, 16);
      }),
      { numRuns: 60 },
    );
  });
});
