import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from '../http/harness.js';
import { Fleet } from './fleet.js';
import { skip } from './programs.js';

const CLIENTS = 20;
/** What each client does, in turns. */
const TURNS = ['compress', 'decompress', 'models', 'decompress', 'job'];

describe('a rolling restart', { skip }, () => {
  let fleet: Fleet;
  before(async () => {
    // As deploy/README.md says: not below fail_timeout of deploy/nginx.conf.
    fleet = await Fleet.start({ apis: [{}, {}], common: { SHUTDOWN_DELAY_SECONDS: '3' }, jobs: true });
  });
  after(() => fleet.stop());

  it('of both replicas under the load of 20 clients loses no request', async () => {
    const file = randomBytes(700, 3).map((byte) => 97 + (byte & 15));
    const archive = await bytesOf(await post('/v1/compress?model=tiny-a', file));
    const digest = digestOf(archive);
    const failures: string[] = [];
    const jobs: string[] = [];
    let answered = 0;
    let over = false;

    const client = async (number: number): Promise<void> => {
      for (let turn = number; !over; turn++) {
        const what = TURNS[turn % TURNS.length] as string;
        try {
          if (what === 'compress') {
            const bytes = await bytesOf(await post('/v1/compress?model=tiny-a', file));
            if (digestOf(bytes) !== digest) throw new Error('another archive');
          } else if (what === 'decompress') {
            if (!(await bytesOf(await post('/v1/decompress', archive))).equals(file)) throw new Error('other bytes');
          } else if (what === 'models') {
            await bytesOf(await fetch(`${fleet.url}/v1/models`));
          } else {
            const answer = await post('/v1/jobs?operation=decompress', archive);
            jobs.push((JSON.parse((await bytesOf(answer)).toString()) as { id: string }).id);
          }
          answered++;
        } catch (error) {
          failures.push(`${what}: ${error}`);
        }
      }
    };
    const load = Array.from({ length: CLIENTS }, (_, number) => client(number));
    let unready = 0;
    try {
      for (const replica of fleet.apis) {
        const before = answered;
        const ending = replica.end('SIGTERM');
        if (await turnsUnready(replica.url)) unready++;
        assert.equal(await ending, 0);
        await replica.start();
        assert.ok(answered > before, 'nothing was answered in the meantime');
      }
    } finally {
      over = true;
      await Promise.all(load);
    }
    assert.deepEqual(failures, []);
    assert.equal(unready, 2, 'a replica that leaves says so');
    assert.deepEqual(
      fleet.apis.map(({ starts }) => starts),
      [2, 2],
    );
    for (const id of jobs) {
      const job = await untilFinished(id);
      assert.equal(job, 'done');
      const result = await bytesOf(await fetch(`${fleet.url}/v1/jobs/${id}/result`));
      assert.ok(result.equals(file));
    }
    assert.ok(answered > 4 * CLIENTS && jobs.length > 0, `${answered} answered`);
    console.error(`rolling restart: ${answered} requests answered, ${failures.length} failed, ${jobs.length} jobs`);
  });

  function post(path: string, body: Uint8Array): Promise<Response> {
    return fetch(fleet.url + path, { method: 'POST', body });
  }

  async function untilFinished(id: string): Promise<string> {
    for (const end = Date.now() + 60_000; Date.now() < end; ) {
      const { state } = (await (await fetch(`${fleet.url}/v1/jobs/${id}`)).json()) as { state: string };
      if (state !== 'queued' && state !== 'active') return state;
    }
    throw new Error('the job is not finished');
  }
});

/** Whether it says so before it ends: a probe may come before the signal does. */
async function turnsUnready(url: string): Promise<boolean> {
  for (;;) {
    const status = await fetch(`${url}/health/ready`).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status !== 200) return status === 503;
    await sleep(20);
  }
}

async function bytesOf(answer: Response): Promise<Buffer> {
  const body = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(`${answer.status} ${body}`);
  return body;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
