import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { draws } from '../mixing/drawn-case.js';
import { ROOT, ServiceProcess, TINY_MODELS } from './process.js';

/** A text of words that no other seed has. */
function text(seed: number, length: number): Buffer {
  const next = draws(seed);
  const words = Array.from({ length: 40 }, () =>
    String.fromCharCode(...Array.from({ length: 2 + next(7) }, () => 97 + next(26))),
  );
  let all = '';
  while (all.length < length) all += `${words[next(words.length)]} `;
  return Buffer.from(all.slice(0, length));
}

/** Rows of all network calls so far, and the calls. */
async function shared(service: ServiceProcess): Promise<{ rows: number; calls: number }> {
  const lines = (await service.send('/metrics')).body.toString().split('\n');
  const of = (name: string): number => Number(lines.find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
  return { rows: of('ardm_batch_rows_sum'), calls: of('ardm_batch_rows_count') };
}

const DIALS = ['1', '5', 'fast', 'balanced', '300', 'small'];

for (const [kind, folder] of [
  ['the small models', TINY_MODELS],
  ['the models that are shipped', join(ROOT, 'models')],
] as const) {
  describe(`a request amid 64 strangers, ${kind}`, () => {
    let service: ServiceProcess;
    const models = readdirSync(folder, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && /^(text|tiny)-/.test(entry.name),
    );
    // One worker, so that all of them meet in it.
    before(async () => {
      service = await ServiceProcess.start({ ARDM_WORKERS: '1', MODELS_DIR: folder });
    });
    after(() => ServiceProcess.killAll());

    const compress = async (body: Buffer, query: string): Promise<Buffer> => {
      const answer = await service.post(`/v1/compress?${query}`, body);
      assert.equal(answer.status, 200, answer.body.toString('latin1'));
      return answer.body;
    };

    it('has the same archive as alone, and gets its file back', async () => {
      const mine = text(1, 900);
      for (const { name } of models) {
        for (const dial of DIALS) {
          const query = `model=${name}&calls=${dial}`;
          const alone = await compress(mine, query);
          const before = await shared(service);
          const strangers = Array.from({ length: 64 }, async (_, k) => {
            const file = text(100 + k, 20 + 37 * (k % 30));
            const other = models[k % models.length]?.name;
            const archive = await compress(file, `model=${other}&calls=${DIALS[k % DIALS.length]}`);
            const answer = await service.post('/v1/decompress', archive);
            assert.deepEqual(answer.body, file);
          });
          const amid = Promise.all(
            [0, 1, 2].map(async () => {
              const archive = await compress(mine, query);
              assert.deepEqual(archive, alone);
              const answer = await service.post('/v1/decompress', archive);
              assert.deepEqual(answer.body, mine);
            }),
          );
          await Promise.all([...strangers, amid]);
          const { rows, calls } = await shared(service);
          // A single decode at 300 calls has calls of 3 or 4 rows: so many rows a call there are only where steps were joined.
          assert.ok(
            (rows - before.rows) / (calls - before.calls) > 10,
            `${rows - before.rows} rows in ${calls - before.calls} calls`,
          );
          if (folder !== TINY_MODELS) break;
        }
      }
    });
  });
}
