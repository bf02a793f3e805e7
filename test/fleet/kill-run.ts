import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Fsync } from '../jobs/redis-server.js';
import { until } from '../until.js';
import { Dice } from './dice.js';
import { Fleet } from './fleet.js';
import { Ledger, type Work } from './ledger.js';
import { type Moment, Strikes, type Tally } from './strikes.js';

const CLIENTS = 4;
/** For a job that nobody disturbs any more; a job of a killed worker is found after 20 s at the latest. */
const FINISH_MS = 120_000;
const ORPHAN_SECONDS = 3;

export interface KillReport {
  readonly seed: number;
  readonly jobs: number;
  readonly acknowledged: number;
  /** Jobs that were posted once and did not get 202. */
  readonly unacknowledged: number;
  /** Of these, the ones that were accepted all the same, whole: only their 202 was lost. */
  readonly accepted: number;
  /** Acknowledged, and not finished or not there. */
  readonly lost: string[];
  /** Two jobs for one request, or two results for one job. */
  readonly duplicated: string[];
  /** Finished, with other bytes or none. */
  readonly wrong: string[];
  /** What is still there when all jobs are removed and the sweep has been. */
  readonly leftBehind: string[];
  readonly strikes: Record<Moment, Tally>;
  readonly refusals: Record<string, number>;
  /** Most times that one job was begun. */
  readonly mostAttempts: number;
  readonly seconds: number;
}

const viewSchema = z.object({ state: z.string(), attempts: z.number() });
const recordSchema = z.object({
  state: z.string(),
  idempotency: z.object({ fingerprint: z.string() }).nullable(),
});

/** Posts jobs to a fleet while its processes are killed, and then looks what became of each. */
export async function killRun(options: {
  seed: number;
  jobs: number;
  /** Milliseconds between two posts of a client, at most. */
  pause: number;
  fsync?: Fsync;
}): Promise<KillReport> {
  const start = performance.now();
  const { seed, jobs, pause, fsync = 'always' } = options;
  const dice = new Dice(seed);
  const fleet = await Fleet.start({
    apis: [{}, {}],
    workers: [{}, {}],
    // A job may be struck often; that it fails after its attempts is another test.
    common: { JOB_ATTEMPTS: '100', JOB_ORPHAN_SECONDS: String(ORPHAN_SECONDS), MAX_QUEUED_JOBS: '100000' },
    jobs: true,
    fsync,
  });
  try {
    const works = await prepare(fleet, jobs, dice);
    const ledger = new Ledger(fleet.url, works);
    const strikes = new Strikes(fleet, new Dice(seed + 1_000), ledger.ids);
    let posted = false;
    const posting = ledger.post(CLIENTS, dice, pause).finally(() => {
      posted = true;
    });
    await Promise.all([posting, strikes.run(() => posted)]);
    const found = await examine(fleet, ledger, works);
    return {
      seed,
      jobs,
      acknowledged: ledger.acknowledged.size,
      unacknowledged: ledger.unacknowledged.size,
      ...found,
      leftBehind: await cleared(fleet),
      strikes: strikes.tally,
      refusals: ledger.refusals,
      seconds: Math.round((performance.now() - start) / 1_000),
    };
  } finally {
    await fleet.stop();
  }
}

/** Files that are all different, so that no job can have the result of another; their archives are made without jobs. */
async function prepare(fleet: Fleet, count: number, dice: Dice): Promise<Work[]> {
  const works: Work[] = [];
  for (let number = 0; number < count; number++) {
    // One in five takes a worker a while.
    const length = dice.between(100, 1_500) + (number % 5 === 0 ? 30_000 : 0);
    const letters = Uint8Array.from({ length }, () => 97 + dice.between(0, 12));
    const file = Buffer.concat([Buffer.from(`file ${number}: `), letters]);
    const answer = await fetch(`${fleet.url}/v1/compress?model=tiny-a&calls=fast`, { method: 'POST', body: file });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    const archive = Buffer.from(await answer.arrayBuffer());
    works.push(
      dice.between(0, 2) === 0
        ? { operation: 'compress', query: 'operation=compress&model=tiny-a&calls=fast', body: file, expected: archive }
        : { operation: 'decompress', query: 'operation=decompress', body: archive, expected: file },
    );
  }
  return works;
}

type Findings = Pick<KillReport, 'accepted' | 'lost' | 'duplicated' | 'wrong' | 'mostAttempts'>;

async function examine(fleet: Fleet, ledger: Ledger, works: readonly Work[]): Promise<Findings> {
  const lost: string[] = [];
  const duplicated: string[] = [];
  const wrong: string[] = [];
  let mostAttempts = 0;
  for (const [id, number] of ledger.acknowledged) {
    const view = await finished(fleet, id);
    mostAttempts = Math.max(mostAttempts, view?.attempts ?? 0);
    if (view === undefined) lost.push(id);
    else if (view.state !== 'done') wrong.push(`${id} ${view.state}`);
    else {
      const result = Buffer.from(await (await fetch(`${fleet.url}/v1/jobs/${id}/result`)).arrayBuffer());
      if (!result.equals((works[number] as Work).expected)) wrong.push(id);
    }
  }
  const numbers = [...ledger.acknowledged.values()];
  if (new Set(numbers).size !== numbers.length) duplicated.push('one key, two ids');
  // Fingerprints are of the files, which are all different: nginx gives a key to the requests that have none.
  const records = Object.entries(await fleet.records()).map(([id, text]) => ({
    id,
    ...recordSchema.parse(JSON.parse(text)),
  }));
  const seen = new Map<string, string>();
  for (const { id, idempotency } of records) {
    const other = idempotency && seen.get(idempotency.fingerprint);
    if (other) duplicated.push(`${id} ${other}`);
    if (idempotency) seen.set(idempotency.fingerprint, id);
    else wrong.push(`${id} has no key`);
  }
  const accepted = records.filter(({ id }) => !ledger.acknowledged.has(id));
  for (const { id } of accepted) {
    const view = await finished(fleet, id);
    if (view?.state !== 'done') wrong.push(`${id}, not acknowledged, ${view?.state}`);
  }
  // To be seen, to be seen for that long, and the rounds in between.
  await sleep((2 * ORPHAN_SECONDS + 2) * 1_000);
  // Each job has one result, and no input any more.
  const expected = records.map(({ id }) => id).sort();
  const blobs = async () => (await readdir(fleet.blobs)).sort();
  await until(async () => (await blobs()).length <= expected.length, 'more blobs than jobs', 20_000).catch(() => {});
  const owners = (await blobs()).map((name) => name.replace(/\.result-\d+$/, ''));
  for (const [index, owner] of owners.entries()) {
    if (owners.indexOf(owner) !== index) duplicated.push(`${owner}: two results`);
    if (!expected.includes(owner)) duplicated.push(`${owner} belongs to nobody`);
  }
  return { accepted: accepted.length, lost, duplicated, wrong, mostAttempts };
}

/** The job when it is finished, or undefined if it never is. */
async function finished(fleet: Fleet, id: string): Promise<z.output<typeof viewSchema> | undefined> {
  for (const end = Date.now() + FINISH_MS; Date.now() < end; await sleep(100)) {
    const answer = await fetch(`${fleet.url}/v1/jobs/${id}`);
    const body: unknown = await answer.json();
    if (answer.status === 404) return undefined;
    if (!answer.ok) continue;
    const view = viewSchema.parse(body);
    if (view.state !== 'queued' && view.state !== 'active') return view;
  }
  return undefined;
}

/** Removes every job, and looks what is left of them in the folder, in Redis and among the replicas' temporary files. */
async function cleared(fleet: Fleet): Promise<string[]> {
  for (const id of Object.keys(await fleet.records())) {
    const { status } = await fetch(`${fleet.url}/v1/jobs/${id}`, { method: 'DELETE' });
    if (status !== 204) throw new Error(`DELETE answered ${status}`);
  }
  const left = async (): Promise<string[]> => {
    const spools = [...fleet.apis, ...fleet.workers].map(async ({ folder }) =>
      (await readdir(folder)).filter((name) => name.startsWith('ardm-upload-')),
    );
    const keys = await fleet.lastingKeys();
    return [
      ...(await readdir(fleet.blobs)),
      ...(await Promise.all(spools)).flat(),
      ...keys.filter((key) => /^ardm:(jobs|idempotency:)/.test(key)),
      ...keys.filter((key) => /^ardm:bull:jobs:([0-9a-f]{32}|wait|active|delayed|failed|completed)/.test(key)),
    ];
  };
  await until(async () => (await left()).length === 0, 'something is left', 20_000).catch(() => {});
  return await left();
}
