import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { begun, cancelled, done, expired, type Job, newJobId, requeued } from '../../src/jobs/job.js';
import type { Delivery, JobQueue } from '../../src/jobs/queue.js';
import { until } from '../until.js';
import { aJob } from './samples.js';

export interface OpenedQueue {
  readonly queue: JobQueue;
  /** The same jobs, as another process, or the next one, sees them: the adapter says which it can be. */
  readonly another: () => Promise<JobQueue>;
  readonly close: () => Promise<void>;
}

const TTL = 60_000;
const RESULT = { blob: 'x', size: 1, sha256: 'x', model: null, calls: null };
const HOUR = 3_600_000;

/** What the contract of JobQueue promises, whatever keeps the jobs. */
export function queueConformance(open: () => Promise<OpenedQueue>): void {
  describe('keeps the promises of JobQueue', () => {
    let opened: OpenedQueue;
    let queue: JobQueue;
    beforeEach(async () => {
      opened = await open();
      queue = opened.queue;
    });
    afterEach(() => opened.close());

    const accept = async (changes: Partial<Job> = {}): Promise<Job> => {
      const job = aJob(changes);
      assert.equal(await queue.accept(job), true);
      return job;
    };
    const finish = (id: string): Promise<Job | undefined> =>
      queue.update(id, (job) => done(job.attempts, RESULT, job.progress, Date.now(), TTL)(job));
    /** A worker that does nothing but note what it gets, and ends each job at once. */
    const finisher =
      (got: string[]) =>
      async (id: string): Promise<Delivery> => {
        got.push(id);
        await queue.update(id, begun(Date.now(), 100, TTL));
        await finish(id);
        return 'settled';
      };

    it('keeps a job as it is', async () => {
      const job = await accept();
      assert.deepEqual(await queue.get(job.id), job);
      assert.equal(await queue.get(newJobId()), undefined);
    });

    it('changes a job, raising its version, or leaves it', async () => {
      const { id } = await accept();
      const active = await queue.update(id, begun(5, 3, TTL));
      assert.deepEqual([active?.state, active?.attempts, active?.version, active?.startedAt], ['active', 1, 2, 5]);
      assert.deepEqual(await queue.get(id), active);
      assert.deepEqual(await queue.update(id, () => undefined), active);
      assert.equal(await queue.update(newJobId(), begun(5, 3, TTL)), undefined);
    });

    it('makes changes of one job one after the other', async () => {
      const { id } = await accept();
      await Promise.all(
        Array.from({ length: 20 }, () => queue.update(id, (job) => ({ ...job, attempts: job.attempts + 1 }))),
      );
      const job = await queue.get(id);
      assert.deepEqual([job?.attempts, job?.version], [20, 21]);
    });

    it('delivers every accepted job, those before the start, too, and settled ones not again', async () => {
      const got: string[] = [];
      const before = await accept();
      queue.process(2, finisher(got));
      const jobs = [before];
      for (let i = 0; i < 20; i++) jobs.push(await accept());
      await until(() => got.length >= jobs.length, 'not all jobs were delivered');
      await sleep(300);
      assert.deepEqual([...got].sort(), jobs.map(({ id }) => id).sort());
    });

    it('delivers at most so many at once', async () => {
      let running = 0;
      let most = 0;
      let settled = 0;
      queue.process(3, async (id) => {
        running++;
        most = Math.max(most, running);
        await sleep(30);
        await queue.update(id, cancelled(Date.now(), TTL));
        running--;
        settled++;
        return 'settled';
      });
      for (let i = 0; i < 9; i++) await accept();
      await until(() => settled === 9, 'not all jobs were delivered');
      assert.ok(most <= 3 && most > 1, `${most} at once`);
    });

    it('delivers again what says so, and what failed', async () => {
      const got: string[] = [];
      const { id } = await accept();
      queue.process(1, async (delivered) => {
        got.push(delivered);
        await queue.update(id, begun(Date.now(), 100, TTL));
        await queue.update(id, (job) => requeued(job.attempts, true)(job));
        if (got.length === 1) return 'again';
        if (got.length === 2) throw new Error('a fault');
        await queue.update(id, cancelled(Date.now(), TTL));
        return 'settled';
      });
      await until(() => got.length === 3, 'the job was not delivered again', 15_000);
      assert.deepEqual(got, [id, id, id]);
    });

    it('delivers what another process has accepted, or left', async () => {
      const { id } = await accept();
      const { id: begunBefore } = await accept();
      await queue.update(begunBefore, begun(Date.now(), 100, TTL));
      const other = await opened.another();
      const got: string[] = [];
      other.process(2, async (delivered) => {
        got.push(delivered);
        await other.update(delivered, cancelled(Date.now(), TTL));
        return 'settled';
      });
      await until(() => got.length === 2, 'the jobs were not delivered', 10_000);
      assert.deepEqual(got.sort(), [id, begunBefore].sort());
    });

    it('counts what waits and what is worked on', async () => {
      const ids = [(await accept()).id, (await accept()).id, (await accept()).id];
      assert.deepEqual(await queue.counts(), { waiting: 3, active: 0 });
      let go = (): void => {};
      const held = new Promise<void>((resolve) => {
        go = resolve;
      });
      queue.process(1, async (id) => {
        await queue.update(id, begun(Date.now(), 100, TTL));
        await held;
        await finish(id);
        return 'settled';
      });
      await until(async () => (await queue.counts()).active === 1, 'no job is active');
      assert.deepEqual(await queue.counts(), { waiting: 2, active: 1 });
      go();
      await until(async () => (await queue.counts()).waiting === 0, 'jobs wait');
      await until(async () => (await queue.counts()).active === 0, 'jobs are active');
      for (const id of ids) assert.equal((await queue.get(id))?.state, 'done');
    });

    it('tells of changes, until it is told not to', async () => {
      const { id } = await accept();
      const other = await accept();
      let rung = 0;
      const stop = queue.watch(id, () => rung++);
      // A subscription takes a moment.
      await until(async () => {
        await queue.update(id, (job) => ({ ...job, attempts: job.attempts + 1 }));
        return rung > 0;
      }, 'nobody told');
      await sleep(100);
      const before = rung;
      await queue.update(other.id, begun(Date.now(), 100, TTL));
      await sleep(100);
      assert.equal(rung, before);
      await queue.remove(id);
      await until(() => rung > before, 'nobody told of the removal');
      stop();
      const after = rung;
      await queue.accept({ ...aJob(), id });
      await queue.update(id, begun(Date.now(), 100, TTL));
      await sleep(100);
      assert.equal(rung, after);
    });

    it('names the jobs whose time is over', async () => {
      const now = Date.now();
      const open = await accept();
      const ended = await accept();
      await queue.update(ended.id, cancelled(now, HOUR));
      const later = await accept();
      await queue.update(later.id, cancelled(now, 2 * HOUR));
      assert.deepEqual(await queue.due(now), []);
      assert.deepEqual(await queue.due(now + HOUR - 1), []);
      assert.deepEqual(await queue.due(now + HOUR), [ended.id]);
      await queue.remove(ended.id);
      assert.deepEqual(await queue.due(now + HOUR), []);
      assert.equal(await queue.get(ended.id), undefined);
      await queue.remove(ended.id);
      assert.equal((await queue.get(open.id))?.state, 'queued');
    });

    describe('lists of an owner', () => {
      const all = { limit: 100, after: undefined };
      const ids = async (owner: string, range = all): Promise<string[]> =>
        (await queue.list(owner, range)).jobs.map(({ id }) => id);

      it('have their jobs alone, the newest first, those of one moment in one order', async () => {
        const jobs: Job[] = [];
        // Not in the order of their times.
        for (const acceptedAt of [5, 1, 3, 3, 3, 2, 4]) jobs.push(await accept({ owner: 'ann', acceptedAt }));
        await accept({ owner: 'bob', acceptedAt: 3 });
        const sorted = jobs.sort((a, b) => b.acceptedAt - a.acceptedAt || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
        assert.deepEqual(await ids('ann'), sorted);
        assert.deepEqual(await queue.list('cid', all), { jobs: [], next: undefined });
        for (let limit = 1; limit <= 8; limit++) {
          const seen: string[] = [];
          let after: string | undefined;
          do {
            const page = await queue.list('ann', { limit, after });
            assert.ok(page.jobs.length <= limit);
            seen.push(...page.jobs.map(({ id }) => id));
            after = page.next;
          } while (after !== undefined);
          assert.deepEqual(seen, sorted, `pages of ${limit}`);
        }
      });

      it('have jobs as they are, and none that has expired or was removed', async () => {
        const [one, two, three] = [await accept(), await accept(), await accept()];
        const active = await queue.update(two.id, begun(Date.now(), 3, TTL));
        assert.deepEqual(
          (await queue.list('anonymous', all)).jobs.find(({ id }) => id === two.id),
          active,
        );
        await queue.update(one.id, cancelled(0, 1));
        assert.equal((await ids('anonymous')).length, 3);
        await queue.update(one.id, expired(2, TTL));
        assert.deepEqual((await ids('anonymous')).sort(), [two.id, three.id].sort());
        await queue.remove(three.id);
        await queue.remove(one.id);
        await queue.remove(newJobId());
        assert.deepEqual(await ids('anonymous'), [two.id]);
      });

      it('are the same for another process', async () => {
        const kept = await accept({ acceptedAt: 2 });
        const gone = await accept({ acceptedAt: 1 });
        await queue.update(gone.id, cancelled(0, 1));
        await queue.update(gone.id, expired(2, TTL));
        const other = await opened.another();
        assert.deepEqual((await other.list('anonymous', all)).jobs, [kept]);
      });
    });

    describe('idempotency keys', () => {
      const held = async (key: string, lease = TTL): Promise<string> => {
        const claim = await queue.claim(key, lease);
        assert.equal(claim.kind, 'held');
        return claim.kind === 'held' ? claim.token : '';
      };

      it('belong to one at a time, then to the job, until that is removed', async () => {
        const token = await held('key');
        assert.deepEqual(await queue.claim('key', TTL), { kind: 'busy' });
        await held('other key');
        const job = aJob({ idempotency: { key: 'key', fingerprint: 'f' } });
        assert.equal(await queue.accept(job, token), true);
        assert.deepEqual(await queue.claim('key', TTL), { kind: 'taken', id: job.id });
        await queue.remove(job.id);
        await held('key');
      });

      it('are one of several that ask at the same moment', async () => {
        const claims = await Promise.all(Array.from({ length: 10 }, () => queue.claim('contended', TTL)));
        assert.deepEqual(claims.map(({ kind }) => kind).sort(), [...Array(9).fill('busy'), 'held']);
      });

      it('can be given back, by who holds them', async () => {
        const token = await held('key');
        await queue.release('key', 'another token');
        assert.equal((await queue.claim('key', TTL)).kind, 'busy');
        await queue.release('key', token);
        await held('key');
      });

      it('are free again when their lease ends, and then worth nothing', async () => {
        const token = await held('key', 100);
        await queue.renew('key', token, 300);
        await sleep(150);
        assert.equal((await queue.claim('key', TTL)).kind, 'busy');
        await sleep(300);
        const second = await held('key');
        await queue.renew('key', token, TTL);
        await queue.release('key', token);
        const job = aJob({ idempotency: { key: 'key', fingerprint: 'f' } });
        assert.equal(await queue.accept(job, token), false);
        assert.equal(await queue.get(job.id), undefined);
        assert.equal(await queue.accept(job, second), true);
      });

      it('are kept for the next process', async () => {
        const token = await held('key');
        const job = aJob({ idempotency: { key: 'key', fingerprint: 'f' } });
        await queue.accept(job, token);
        const other = await opened.another();
        assert.deepEqual(await other.claim('key', TTL), { kind: 'taken', id: job.id });
      });
    });
  });
}
