import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { chooseSamples } from '../../src/dictionaries/choose.js';

const of = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));
async function chosen(samples: readonly Uint8Array[], size: number): Promise<string> {
  return Buffer.from(await chooseSamples(samples, size)).toString();
}

describe('choosing samples', () => {
  it('takes those that share most with the others, the most telling one last', async () => {
    const records = Array.from({ length: 40 }, (_, i) => `{"id":${1000 + i},"state":"running","host":"node-${i}"}`);
    const strangers = Array.from({ length: 40 }, (_, i) => `${i} ${Math.imul(i + 1, 0x9e3779b1)} ${'xyzw'[i % 4]}`);
    const mixed = strangers.flatMap((stranger, i) => [stranger, records[i] as string]);
    const text = await chosen(of(...mixed), 400);
    assert.match(text.trimEnd().split('\n').at(-1) as string, /"state":"running"/);
  });

  it('takes each sample once, and different ones before more of the same', async () => {
    const a = 'GET /index.html HTTP/1.1 200 and so on';
    const b = 'POST /v1/orders HTTP/2 503 upstream is gone';
    const text = await chosen(
      of(...Array<string>(30).fill(a), ...Array<string>(20).fill(`${a}!`), b, `${b}!`, `${b}?`),
      200,
    );
    assert.equal(text.split('\n').filter((line) => line === a).length <= 1, true);
    assert.ok(text.includes('POST /v1/orders'), text);
  });

  it('gives what fits, each sample on a line of its own, for any samples and size, and the same again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 4000 }),
        async (samples, size) => {
          const made = await chooseSamples(samples, size);
          assert.ok(made.length >= 1 && made.length <= size, `${made.length} of ${size}`);
          assert.deepEqual(await chooseSamples(samples, size), made);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('cuts a sample that is longer than the dictionary', async () => {
    assert.equal((await chooseSamples([Buffer.alloc(5000, 'abc ')], 100)).length, 100);
  });

  it('lets others work meanwhile', async () => {
    const samples = Array.from({ length: 4000 }, (_, i) =>
      Buffer.from(`${i} ${'some words that recur '.repeat(8)}${i}`),
    );
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await chooseSamples(samples, 16_384);
    clearInterval(timer);
    assert.ok(turns > 2, `${turns}`);
  });
});
