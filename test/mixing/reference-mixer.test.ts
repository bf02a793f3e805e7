import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RangeDecoder } from '../../src/entropy/range-decoder.js';
import { RangeEncoder } from '../../src/entropy/range-encoder.js';
import { BY_CLASS, type Case, type Drawn, draw, drawnParameters, draws, FIXTURE, SKIPPING } from './drawn-case.js';
import { plainParameters } from './plain-parameters.js';
import { ReferenceMixer } from './reference-mixer.js';

const EXPONENTIAL = FIXTURE.logitWeights.exponential as readonly number[];

function begin(mixer: ReferenceMixer, d: Drawn, r: number): void {
  const p = d.turn(r);
  const contexts = d.parameters.history.length;
  const at = <T>(list: ArrayLike<T>): T => list[p] as T;
  mixer.begin(
    at(d.skips) === 1 ? undefined : d.logits(r),
    0,
    d.values,
    p * contexts,
    at(d.expected),
    at(d.match),
    at(d.classes),
  );
}

/** Drives one byte: `bitOf` tells each bit, given the probability of a 1. */
function code(mixer: ReferenceMixer, bitOf: (one: number, i: number) => number): number {
  let byte = 0;
  for (let i = 0; i < 8; i++) {
    const one = mixer.probability();
    assert.ok(Number.isInteger(one) && one >= 1 && one <= 65535, `probability ${one}`);
    const bit = bitOf(one, i);
    mixer.learn(bit);
    byte = 2 * byte + bit;
  }
  return byte;
}

/** Probabilities of a 1 of all bits, by position. */
function probabilities(c: Case, d: Drawn): Uint16Array {
  const mixer = new ReferenceMixer(d.parameters, FIXTURE.logitWeights[c.weights] ?? [], c.length);
  const all = new Uint16Array(c.length * 8);
  for (let r = 0; r < c.length; r++) {
    const p = d.turn(r);
    begin(mixer, d, r);
    code(mixer, (one, i) => {
      all[p * 8 + i] = one;
      return ((d.bytes[p] as number) >> (7 - i)) & 1;
    });
  }
  return all;
}

const plain = (length: number, contexts = 1): ReferenceMixer =>
  new ReferenceMixer(plainParameters(contexts), EXPONENTIAL, length);

const FLAT = new Float32Array(256);

/** Bits that the last byte of a sequence takes, each under the context of the one before; no network, no match. */
function bitsOfLast(bytes: readonly number[], mixer = plain(bytes.length)): number {
  let bits = 0;
  bytes.forEach((byte, p) => {
    mixer.begin(FLAT, 0, Uint32Array.of(Math.imul((bytes[p - 1] ?? 256) + 1, 0x9e3779b1)), 0, -1, 0, 0);
    bits = 0;
    code(mixer, (one, i) => {
      const bit = (byte >> (7 - i)) & 1;
      bits -= Math.log2((bit === 1 ? one : 65536 - one) / 65536);
      return bit;
    });
  });
  return bits;
}

describe('ReferenceMixer against the training recipe', () => {
  const cases = [
    ...FIXTURE.cases.map((c) => ({ c, skipping: false, byClass: false })),
    ...SKIPPING.map((c) => ({ c, skipping: true, byClass: false })),
    ...BY_CLASS.map((c) => ({ c, skipping: true, byClass: true })),
  ];
  for (const { c, skipping, byClass } of cases) {
    const what = `${c.length} bytes, ${c.contexts} contexts, ${c.parameters} parameters`;
    it(`gives the same probabilities: ${what}${skipping ? ', some of them without the network' : ''}${byClass ? ', weights by class' : ''}`, () => {
      const d = draw(c, skipping, byClass);
      const all = probabilities(c, d);
      const of = (r: number): number[] => [...all.subarray(d.turn(r) * 8, d.turn(r) * 8 + 8)];
      assert.deepEqual(of(0), c.firstCoded);
      assert.deepEqual(of(c.length - 1), c.lastCoded);
      assert.equal(createHash('sha256').update(new Uint8Array(all.buffer)).digest('hex'), c.sha256);
    });
  }
});

describe('ReferenceMixer', () => {
  it('begins where the network stands', () => {
    const mixer = plain(1);
    const logits = Float32Array.from({ length: 256 }, (_, byte) => (byte === 0x5a ? 160 : 0));
    mixer.begin(logits, 0, Uint32Array.of(7), 0, -1, 0, 0);
    for (const bit of [0, 1, 0, 1, 1, 0, 1, 0]) {
      const one = mixer.probability();
      assert.ok(bit === 1 ? one > 60_000 : one < 5000, `${one} for ${bit}`);
      mixer.learn(bit);
    }
  });

  it('learns a constant', () => {
    assert.ok(bitsOfLast([65]) > 7);
    assert.ok(bitsOfLast(Array(300).fill(65)) < 0.1);
  });

  it('learns an alternation, and what a context is followed by', () => {
    const two = Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 0x41 : 0xbe));
    assert.ok(bitsOfLast(two) < 0.2);
    const cycle = Array.from({ length: 900 }, (_, i) => [3, 141, 59, 26, 53, 58, 97, 93, 238][i % 9] as number);
    assert.ok(bitsOfLast(cycle) < 0.4);
    const surprise = [...cycle.slice(0, -1), 7];
    assert.ok(bitsOfLast(surprise) > 10);
  });

  it('learns to trust a match that is right, and not one that is wrong', () => {
    const next = draws(5);
    const cost = (right: boolean): number => {
      const mixer = plain(400);
      let bits = 0;
      for (let p = 0; p < 400; p++) {
        const byte = next(256);
        bits = 0;
        mixer.begin(FLAT, 0, Uint32Array.of(next(2 ** 31)), 0, right ? byte : byte ^ 128, 5, 0);
        code(mixer, (one, i) => {
          const bit = (byte >> (7 - i)) & 1;
          bits -= Math.log2((bit === 1 ? one : 65536 - one) / 65536);
          return bit;
        });
      }
      return bits;
    };
    assert.ok(cost(true) < 1);
    // It expects the other first bit always: that one gets cheap, the other seven are not foretold.
    const wrong = cost(false);
    assert.ok(wrong > 6 && wrong < 8, `${wrong}`);
  });

  it('reads the logits and values from where it is told', () => {
    const logits = Float32Array.from({ length: 768 }, (_, i) => (i * 37) % 200);
    const values = Uint32Array.from({ length: 9 }, (_, i) => i * 1000);
    const [here, there] = [plain(10, 3), plain(10, 3)];
    for (let byte = 0; byte < 10; byte++) {
      here.begin(logits, 256, values, 3, byte, 1, 0);
      there.begin(logits.slice(256, 512), 0, values.slice(3, 6), 0, byte, 1, 0);
      code(here, (one, i) => {
        assert.equal(there.probability(), one);
        const bit = (byte >> (7 - i)) & 1;
        there.learn(bit);
        return bit;
      });
    }
  });

  it('may be asked twice', () => {
    const [once, twice] = [plain(50), plain(50)];
    for (let byte = 0; byte < 50; byte++) {
      for (const mixer of [once, twice]) mixer.begin(FLAT, 0, Uint32Array.of(byte % 5), 0, byte & 8, 3, 0);
      code(once, (one) => {
        twice.probability();
        assert.equal(twice.probability(), one);
        twice.learn(byte & 1);
        return byte & 1;
      });
    }
  });

  it('stays in range at logits as far apart as they can be', () => {
    for (const odd of [-1024, 1023]) {
      const mixer = plain(300);
      for (let p = 0; p < 300; p++) {
        const logits = new Float32Array(256).fill(odd === 1023 ? -1024 : 1023);
        logits[p % 256] = odd;
        mixer.begin(logits, 0, Uint32Array.of(p % 3), 0, p % 256, p % 32, 0);
        code(mixer, (_, i) => ((p * 7) >> (7 - i)) & 1);
      }
    }
  });
});

describe('ReferenceMixer with the range coder', () => {
  const anyCase = fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    length: fc.integer({ min: 1, max: 400 }),
    contexts: fc.integer({ min: 1, max: 6 }),
    parameters: fc.constantFrom('moderate' as const, 'random' as const, 'extreme' as const),
    rate: fc.integer({ min: 1, max: 64 }),
    weights: fc.constantFrom('exponential', 'one', 'level'),
    swing: fc.constantFrom(0, 10, 200, 1023),
    boost: fc.constantFrom(0, 50, 1023),
  });

  it('gives the bytes back, and takes the bits that the probabilities say', () => {
    fc.assert(
      fc.property(anyCase, (some) => {
        const c: Case = { ...some, stride: 1, sha256: '', firstCoded: [], lastCoded: [] };
        const d = draw(c);
        const weights = FIXTURE.logitWeights[c.weights] ?? [];
        const encoder = new RangeEncoder();
        let ideal = 0;
        const writer = new ReferenceMixer(d.parameters, weights, c.length);
        for (let p = 0; p < c.length; p++) {
          begin(writer, d, p);
          code(writer, (one, i) => {
            const bit = ((d.bytes[p] as number) >> (7 - i)) & 1;
            const likely = one < 32768 ? 0 : 1;
            const rare = likely === 0 ? one : 65536 - one;
            if (bit === likely) encoder.encode(rare, 65536 - rare);
            else encoder.encode(0, rare);
            ideal -= Math.log2((bit === likely ? 65536 - rare : rare) / 65536);
            return bit;
          });
        }
        const payload = encoder.finish();
        assert.ok(payload.length * 8 <= ideal * 1.001 + 32, `${payload.length} bytes for ${ideal / 8}`);
        const decoder = new RangeDecoder(payload);
        const reader = new ReferenceMixer(d.parameters, weights, c.length);
        for (let p = 0; p < c.length; p++) {
          begin(reader, d, p);
          const byte = code(reader, (one) => {
            const likely = one < 32768 ? 0 : 1;
            const rare = likely === 0 ? one : 65536 - one;
            const isLikely = decoder.target() >= rare;
            if (isLikely) decoder.advance(rare, 65536 - rare);
            else decoder.advance(0, rare);
            return isLikely ? likely : 1 - likely;
          });
          assert.equal(byte, d.bytes[p]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leaves the parameters as they were: every segment starts anew', () => {
    const c = FIXTURE.cases[0] as Case;
    const d = draw(c);
    const before = JSON.stringify(d.parameters);
    probabilities(c, d);
    assert.equal(JSON.stringify(d.parameters), before);
    const again = drawnParameters(draws(c.seed), c.parameters, c.contexts, c.rate);
    assert.deepEqual({ ...again, skip: undefined }, d.parameters);
  });
});
