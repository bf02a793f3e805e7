import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { ServerProblemError, ServerUnreachableError } from './errors.js';
import type { Answer, HttpClient } from './http-client.js';
import type { OnBytes } from './service.js';
import { beforeSignalEnds } from './temporary.js';

/** Originals from so many bytes on are a job: it tells how far it is, and goes on where a connection breaks. */
export const SHORTEST_JOB = 2 ** 18;

/** How often, and after how long, a server that has gone is looked for again. */
const RETRIES = 30;
const PAUSE_MS = 1_000;

const jobSchema = z.object({
  id: z.string(),
  state: z.enum(['queued', 'active', 'done', 'failed', 'cancelled']),
  progress: z.object({ bytes: z.number() }).nullable(),
  failure: z.object({ status: z.number(), code: z.string(), title: z.string(), detail: z.string() }).nullable(),
});
type Job = z.output<typeof jobSchema>;

/**
 * Has a server code a file as a job, waits for it, fetches the result and has the server forget it.
 *
 * @param length bytes of the original. @returns undefined where the server takes no jobs now. @throws ServerProblemError, as without a job.
 */
export async function codeAsJob(
  client: HttpClient,
  query: Readonly<Record<string, string>>,
  body: Uint8Array,
  { length, onBytes }: { readonly length: number; readonly onBytes: OnBytes },
): Promise<Answer | undefined> {
  const job = await client.json(jobSchema, 'v1/jobs', { method: 'POST', query, body }).catch((error: unknown) => {
    if (error instanceof ServerProblemError && error.status === 503) return undefined;
    throw error;
  });
  if (!job) return undefined;
  const path = `v1/jobs/${encodeURIComponent(job.id)}`;
  const forget = (): Promise<unknown> => client.send(path, { method: 'DELETE' }).catch(() => {});
  let isInterrupted = false;
  // Whoever interrupts the command means the server's work as well.
  const done = beforeSignalEnds(() => {
    isInterrupted = true;
    return forget();
  });
  try {
    const { state, failure } = await followed(client, path, (bytes) => onBytes(Math.min(bytes, length), length));
    if (failure) throw new ServerProblemError(failure.status, failure.code, failure.title, failure.detail);
    if (state === 'cancelled') {
      throw new ServerProblemError(409, 'job-cancelled', 'Job was cancelled', 'Somebody cancelled it; do it again.');
    }
    return await client.send(`${path}/result`);
  } finally {
    // That the job was cancelled is no news then, and the process is about to end.
    if (isInterrupted) await new Promise<never>(() => {});
    done();
    // If that fails, the server forgets it in time.
    await forget();
  }
}

/** Waits until a job is finished, also while the server is restarted. */
async function followed(client: HttpClient, path: string, onBytes: (bytes: number) => void): Promise<Job> {
  for (let failures = 0; ; failures++) {
    try {
      for await (const job of client.events(jobSchema, `${path}/events`)) {
        failures = 0;
        if (job.progress) onBytes(job.progress.bytes);
        if (job.state !== 'queued' && job.state !== 'active') return job;
      }
    } catch (error) {
      const isGone = error instanceof ServerUnreachableError || isOfConnection(error) || isOfAProxy(error);
      if (!isGone || failures >= RETRIES) throw error;
    }
    await setTimeout(PAUSE_MS);
  }
}

/** The stream broke off: its error is Node's. */
function isOfConnection(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code));
}

/** What stands before a server that is being restarted answers in its place. */
function isOfAProxy(error: unknown): boolean {
  return error instanceof ServerProblemError && error.status === 503;
}
