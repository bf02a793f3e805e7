import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Block, Domain } from '../../src/ardm/domain.js';
import type { Dial } from '../../src/ardm/schedule.js';
import { segmentOf } from '../../src/bytes/byte-domain.js';
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

const program: Open = (coding, bytes, dial) => segmentOf(coding, bytes, dial);
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
function drawnCoding(seed: number, mixed: boolean, skips: boolean, byClass = false): Coding {
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
    return drawnParameters(below, kind ?? 'moderate', contexts.length, 1 + below(64), byClass);
  };
  const { weights, final } = drawn();
  const skip = skips ? { matchLength: 1 + below(40), historyCount: 1 + below(6), weights, final } : undefined;
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
    byClass: fc.boolean(),
    callsAtOnce: fc.integer({ min: 1, max: 200 }),
  });

  it('is the reference to the bit: rows, payload and what is decoded, for any bytes, dial and coding', () => {
    fc.assert(
      fc.property(cases, ({ bytes, dial, seed, mixed, skips, byClass, callsAtOnce }) => {
        compare(drawnCoding(seed, mixed, skips, byClass), bytes, dial, callsAtOnce);
      }),
      { numRuns: 100 },
    );
  });

  it('is the reference on all contexts at once, also in a memory that other segments have used', () => {
    // The same two codings again and again, so that programs are used again.
    const codings = [testCoding(), mixingCoding(), mixingCoding(true)] as const;
    fc.assert(
      fc.property(bytesOf(3000), dials, fc.constantFrom(...codings), (bytes, dial, coding) => {
        compare(coding, bytes, dial, 16);
      }),
      { numRuns: 80 },
    );
  });

  it('is the reference on segments as long as the tables are large', () => {
    const below = draws(11);
    const words = ['name', '"id": 17', '\n  ', ', ', 'value=', 'x,y,z\n', 'The same again. ', 'é'];
    let text = '';
    while (text.length < 70_000) text += words[below(below(3) === 0 ? words.length : 3)];
    const bytes = Uint8Array.from(Buffer.from(text).subarray(0, 70_000));
    const skipping = drawnCoding(5, true, true);
    const byClass = drawnCoding(6, true, true, true);
    for (const coding of [mixingCoding(), mixingCoding(true), skipping, byClass].map((each) => ({
      ...each,
      blockLength: 2 ** 19,
    }))) {
      compare(coding, bytes, { schedule: 'interleaved', calls: 128 }, 30);
    }
  });

  it('keeps segments apart that are coded at the same time', () => {
    const coding = mixingCoding();
    const texts = ['one two three, ', 'id=17; id=18; ', '\n'].map((piece) => Buffer.from(piece.repeat(60)));
    const dial: Dial = { schedule: 'interleaved', calls: 64 };
    const alone = texts.map((bytes) => encode(reference, coding, bytes, dial, 1).payload);
    const open = texts.map((bytes) => ({ domain: program(coding, bytes, dial), encoder: new RangeEncoder() }));
    const blocks = open.map(({ domain }) => [...domain.blocks()]);
    for (let call = 0; call < 1024; call++) {
      open.forEach(({ domain, encoder }, i) => {
        const [block] = blocks[i] as [Block];
        if (call + 1 >= block.starts.length) return;
        const [from, to] = [block.starts[call] as number, block.starts[call + 1] as number];
        const rows = domain.look(block, from, to, 0);
        domain.reveal(block, from, to);
        const [indices] = domain.inputs(rows) as readonly [Int32Array];
        domain.encode(block, from, to, logitsOf(indices, coding.columns.length), encoder);
      });
    }
    for (const { domain } of open) domain.close();
    assert.deepEqual(
      open.map(({ encoder }) => encoder.finish()),
      alone,
    );
  });

  it('asks the network about no position whose match has held for long enough, and says so to the decoder alike', () => {
    const plain = mixingCoding();
    const { mixing } = plain;
    assert.ok(mixing);
    const { weights, final } = mixing;
    const coding = (matchLength: number): Coding => ({
      ...plain,
      mixing: { ...mixing, skip: { matchLength, historyCount: 2, weights, final } },
    });
    const bytes = Uint8Array.from(Buffer.from('All the same, every time: nothing new in this line.\n'.repeat(60)));
    const dial: Dial = { schedule: 'interleaved', calls: 128 };
    const asked = (made: Made): number => made.rows.reduce((sum, rows) => sum + rows.length / plain.columns.length, 0);
    const [all, some, few] = [
      compare(plain, bytes, dial),
      compare(coding(512), bytes, dial),
      compare(coding(16), bytes, dial),
    ];
    assert.equal(asked(all), bytes.length);
    // Eight lanes of 390 bytes, each of which has seen its line before it is through the first one.
    assert.ok(asked(few) < bytes.length / 3, `${asked(few)}`);
    assert.equal(asked(some), bytes.length, 'no lane is so long');
    assert.deepEqual(some.payload, all.payload);
    const zeros = compare(coding(32), new Uint8Array(30_000), dial);
    assert.ok(asked(zeros) < 1000 && zeros.payload.length < 300, `${asked(zeros)} ${zeros.payload.length}`);
  });
});
