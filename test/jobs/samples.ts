import { type Job, newJobId, uploadKey } from '../../src/jobs/job.js';

/** A job that was just accepted. */
export function aJob(changes: Partial<Job> = {}): Job {
  const id = changes.id ?? newJobId();
  return {
    id,
    version: 1,
    owner: 'anonymous',
    task: { operation: 'compress', calls: 'balanced', model: 'auto' },
    state: 'queued',
    name: 'näme.txt',
    input: { blob: uploadKey(id), size: 4 },
    origin: { requestId: 'request', traceparent: null },
    idempotency: null,
    attempts: 0,
    forgiven: 0,
    progress: { bytes: 0, totalBytes: 4, networkCalls: 0, totalNetworkCalls: null },
    result: null,
    failure: null,
    acceptedAt: Date.now(),
    startedAt: null,
    finishedAt: null,
    expiresAt: null,
    expired: false,
    ...changes,
  };
}

/** What a stream or another source gives, in one piece. */
export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Yields the chunks, and then fails if there is an error. */
export async function* source(chunks: readonly (Uint8Array | string)[], error?: Error): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
  if (error) throw error;
}
