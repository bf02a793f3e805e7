import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { dictionaryOf } from '../../src/codec/dictionary.js';
import { KINDS } from '../../src/runtime/kinds.js';
import { WorkerPool } from '../../src/runtime/pool.js';
import { loadModels } from '../../src/runtime/registry.js';
import type { Usage } from '../../src/runtime/usage.js';
import { MODELS_FOLDER } from './fixtures.js';

const DIAL = { schedule: 'interleaved', calls: 64 } as const;
const never = (): AbortSignal => new AbortController().signal;
const dictionary = (i: number, length = 2_000) =>
  dictionaryOf(Buffer.from(`{"id":${i},"name":"record of ${i}"}\n`.repeat(length / 30)).subarray(0, length));
const RECORDS = [0, 1, 60, 900, 5_000, 12_000].map((length) =>
  Buffer.from('{"id":7,"name":"record of 7","more":"yes"}\n'.repeat(300)).subarray(0, length),
);

describe('dictionaries in a pool of real networks', () => {
  let ids: string[];
  let pool: WorkerPool;
  const counts = { hit: 0, primed: 0, evicted: 0 };
  before(async () => {
    const models = (await loadModels(MODELS_FOLDER, KINDS)).list();
    ids = models.map(({ id }) => id);
    const used = ({ conditions }: Usage): void => {
      for (const event of ['hit', 'primed', 'evicted'] as const) counts[event] += conditions[event];
    };
    const nothing = (): void => {};
    const observer = { used, waited: nothing, workerLost: nothing, retried: nothing };
    pool = await WorkerPool.start({ models, provider: 'cpu', workers: 2, conditionBytes: 30 * 2 ** 20, observer });
  });
  after(() => pool.close());

  it('give the same bytes in any worker, alone or amid others, and the records back', async () => {
    const [one, two] = [dictionary(1), dictionary(2, 9_000)];
    for (const id of ids) {
      const encode = (record: Uint8Array, condition = one) =>
        pool.encode(id, record, DIAL, never(), undefined, condition);
      const alone: Uint8Array[] = [];
      for (const record of RECORDS) alone.push(await encode(record));
      const amid = await Promise.all(
        RECORDS.flatMap((record) => [encode(record), encode(record, two), encode(record)]),
      );
      for (const [i, record] of RECORDS.entries()) {
        assert.deepEqual([amid[3 * i], amid[3 * i + 2]], [alone[i], alone[i]]);
        for (const [payload, condition] of [
          [amid[3 * i], one],
          [amid[3 * i + 1], two],
        ] as const) {
          const back = await pool.decode(id, payload as Uint8Array, record.length, DIAL, never(), undefined, condition);
          assert.ok(record.equals(back));
        }
      }
      const [plain] = await Promise.all([pool.encode(id, RECORDS[3] as Uint8Array, DIAL, never())]);
      assert.notDeepEqual(plain, alone[3]);
    }
  });

  it('by the hundred, in turn, make room for each other, and are learned again', async () => {
    const [id = ''] = ids;
    const before = { ...counts };
    const record = RECORDS[2] as Uint8Array;
    const encodeAll = async (): Promise<Uint8Array[]> => {
      const payloads: Uint8Array[] = [];
      for (let i = 0; i < 60; i++)
        payloads.push(await pool.encode(id, record, DIAL, never(), undefined, dictionary(i, 300)));
      return payloads;
    };
    assert.deepEqual(await encodeAll(), await encodeAll());
    assert.ok(counts.primed - before.primed >= 100, JSON.stringify(counts));
    assert.ok(counts.evicted - before.evicted >= 80, JSON.stringify(counts));
  });

  it('whose record is given up are learned all the same for those who wait', async () => {
    const [id = ''] = ids;
    const late = dictionary(99, 20_000);
    const gone = new AbortController();
    const record = RECORDS[3] as Uint8Array;
    const first = pool.encode(id, record, DIAL, gone.signal, undefined, late);
    const second = pool.encode(id, record, DIAL, never(), undefined, late);
    gone.abort();
    await assert.rejects(first);
    assert.ok((await second).length > 0);
  });
});
