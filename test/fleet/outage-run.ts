import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet } from './fleet.js';

export interface OutageReport {
  readonly seconds: number;
  /** Calls of /v1/compress during the outage, and how many of them failed. */
  readonly synchronous: number;
  readonly synchronousFailed: number;
  /** The slowest of them before and during the outage, in milliseconds. */
  readonly slowest: { readonly before: number; readonly during: number };
  /** Answers to POST and GET of jobs during the outage: status, code and whether there was a Retry-After. */
  readonly jobAnswers: string[];
  /** Milliseconds from Redis's return until a job was accepted, and until one was done. */
  readonly accepted: number;
  readonly done: number;
  /** State in the end of a job that was accepted before the outage. */
  readonly earlier: string;
}

/** Kills Redis for a while, and looks what a fleet does in the meantime and afterwards. */
export async function outageRun(seconds: number): Promise<OutageReport> {
  const fleet = await Fleet.start({ apis: [{}, {}], jobs: true });
  const body = Buffer.from('a file that is compressed while Redis is there and while it is not');
  const post = (path: string) => fetch(fleet.url + path, { method: 'POST', body });
  const job = () => post('/v1/jobs?operation=compress&model=tiny-a');
  const stateOf = async (id: string) => {
    const answer = await fetch(`${fleet.url}/v1/jobs/${id}`);
    return ((await answer.json()) as { state?: string }).state ?? String(answer.status);
  };
  const synchronous = async (): Promise<{ ms: number; ok: boolean }> => {
    const start = performance.now();
    const answer = await post('/v1/compress?model=tiny-a');
    await answer.arrayBuffer();
    return { ms: performance.now() - start, ok: answer.ok };
  };
  try {
    const before = [];
    for (let i = 0; i < 20; i++) before.push(await synchronous());
    const earlier = ((await (await job()).json()) as { id: string }).id;
    await fleet.redis.kill();
    const during = [];
    const answers = new Set<string>();
    for (const end = Date.now() + seconds * 1_000; Date.now() < end; await sleep(100)) {
      during.push(await synchronous());
      for (const answer of [await job(), await fetch(`${fleet.url}/v1/jobs/${earlier}`)]) {
        const { code } = (await answer.json()) as { code?: string };
        answers.add(`${answer.status} ${code} ${answer.headers.has('retry-after')}`);
      }
      during.push({ ms: 0, ok: (await fetch(`${fleet.url}/health/ready`)).ok });
    }
    await fleet.redis.restart();
    const back = performance.now();
    let posted = await job();
    while (posted.status !== 202) {
      await posted.arrayBuffer();
      if (performance.now() - back > 60_000) throw new Error('no job is accepted within a minute');
      await sleep(50);
      posted = await job();
    }
    const accepted = performance.now() - back;
    const { id } = (await posted.json()) as { id: string };
    while ((await stateOf(id)) !== 'done') {
      if (performance.now() - back > 120_000) throw new Error('no job is done within two minutes');
      await sleep(50);
    }
    const done = performance.now() - back;
    while (['queued', 'active', '503'].includes(await stateOf(earlier))) {
      if (performance.now() - back > 120_000) break;
      await sleep(50);
    }
    return {
      seconds,
      synchronous: during.length,
      synchronousFailed: during.filter(({ ok }) => !ok).length,
      slowest: {
        before: Math.round(Math.max(...before.map(({ ms }) => ms))),
        during: Math.round(Math.max(...during.map(({ ms }) => ms))),
      },
      jobAnswers: [...answers].sort(),
      accepted: Math.round(accepted),
      done: Math.round(done),
      earlier: await stateOf(earlier),
    };
  } finally {
    await fleet.stop();
  }
}
