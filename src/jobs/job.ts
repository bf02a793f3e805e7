import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { SAMPLE_FORMATS } from '../codec/sound.js';
import type { ArdmError } from '../errors.js';

/** 128 random bits in lower-case hexadecimal: not to be guessed. */
export const JOB_ID = /^[0-9a-f]{32}$/;

export function newJobId(): string {
  return randomBytes(16).toString('hex');
}

const bytes = z.int().min(0);
/** Milliseconds since 1970. */
const time = z.int().min(0);

const taskSchema = z.discriminatedUnion('operation', [
  z.strictObject({
    operation: z.literal('compress'),
    calls: z.union([z.enum(['fast', 'balanced', 'small']), z.int().min(1).max(1_024)]),
    model: z.string(),
    keep: z.literal('name').optional(),
    /** Id of a dictionary of the owner. */
    dictionary: z.string().optional(),
    /** Of a file that is samples of a picture. */
    pixels: z
      .strictObject({ width: z.int().min(1), height: z.int().min(1), channels: z.literal([1, 3, 4]) })
      .optional(),
    /** Of a file that is samples of sound. */
    pcm: z
      .strictObject({ format: z.enum(SAMPLE_FORMATS), channels: z.int().min(1).max(8), rate: z.int().min(1) })
      .optional(),
  }),
  z.strictObject({ operation: z.literal('decompress'), dictionary: z.string().optional() }),
]);

const failureSchema = z.strictObject({
  code: z.string(),
  status: z.int(),
  title: z.string(),
  detail: z.string(),
});

const resultSchema = z.strictObject({
  /** Key in the blob store, of the attempt that was finished first. */
  blob: z.string(),
  size: bytes,
  /** SHA-256, base64. */
  sha256: z.string(),
  /** What coded the archive, and the network calls that each block takes, null where there are none; both null for originals. */
  model: z.string().nullable(),
  calls: z.int().nullable(),
  /** What an archive kept of the original besides its bytes, if it did. */
  name: z.string().optional(),
  mediaType: z.string().optional(),
});

/** A job as it is kept, by Redis or in a folder: the record of truth, whatever lists a queue has besides. */
export const jobSchema = z.strictObject({
  id: z.string().regex(JOB_ID),
  /** Rises by one with every change. */
  version: z.int().min(1),
  /** Who made it; nobody else sees it. */
  owner: z.string(),
  task: taskSchema,
  state: z.enum(['queued', 'active', 'done', 'failed', 'cancelled']),
  /** The client's name of the file: to be shown, never to be used as a path or to be logged. */
  name: z.string().nullable(),
  /** The media type that its archive is to keep. */
  mediaType: z.string().optional(),
  input: z.strictObject({ blob: z.string(), size: bytes }),
  /** Request that made it, for logs and traces. */
  origin: z.strictObject({ requestId: z.string(), traceparent: z.string().nullable() }),
  /** Digest of owner and Idempotency-Key, and of what was asked for with it. */
  idempotency: z.strictObject({ key: z.string(), fingerprint: z.string() }).nullable(),
  /** Times that a worker has begun; the last one's number tells it from those that have lost the job. */
  attempts: z.int().min(0),
  /** Those of them that were broken off through no fault of the job. */
  forgiven: z.int().min(0),
  progress: z.strictObject({
    /** Original bytes that are coded, and how many there are; null while that is not known. */
    bytes,
    totalBytes: bytes.nullable(),
    networkCalls: z.int().min(0),
    totalNetworkCalls: z.int().min(0).nullable(),
  }),
  result: resultSchema.nullable(),
  failure: failureSchema.nullable(),
  acceptedAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  /** When retention acts on it; null while it is not finished. */
  expiresAt: time.nullable(),
  /** Its blobs are gone, and what is left says so. */
  expired: z.boolean(),
});

export type Job = z.output<typeof jobSchema>;
export type Task = Job['task'];
export type JobFailure = z.output<typeof failureSchema>;
export type JobResult = z.output<typeof resultSchema>;
export type Progress = Job['progress'];

/** What a change of a job makes of it; undefined leaves it as it is. */
export type Change = (job: Job) => Job | undefined;

/** Of a record that this process did not make. @throws ZodError */
export function parseJob(text: string): Job {
  return jobSchema.parse(JSON.parse(text));
}

/** Where a job stands among those of its owner: the later it was accepted, the greater, as texts are compared. */
export const POSITION = /^\d{15}-[0-9a-f]{32}$/;

export function positionOf({ acceptedAt, id }: Job): string {
  return `${String(acceptedAt).padStart(15, '0')}-${id}`;
}

export function idAt(position: string): string {
  return position.slice(16);
}

export function isFinished({ state }: Job): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

/** Blobs of a job are named by it, so that one that belongs to none can be told. */
export function uploadKey(id: string): string {
  return `${id}.upload`;
}

export function resultKey(id: string, attempt: number): string {
  return `${id}.result-${attempt}`;
}

/** Id of the job that a blob belongs to; undefined if it is none of ours. */
export function ownerOfBlob(key: string): string | undefined {
  const match = /^([0-9a-f]{32})\.(?:upload|result-\d+)$/.exec(key);
  return match?.[1];
}

/** Whether the job still needs the blob. */
export function needsBlob(job: Job, key: string): boolean {
  if (!isFinished(job)) return key === job.input.blob || key === resultKey(job.id, job.attempts);
  return !job.expired && key === job.result?.blob;
}

/** A worker begins, or finds that enough have begun and none has ended. */
export function begun(now: number, maxAttempts: number, ttl: number): Change {
  return (job) => {
    if (isFinished(job)) return undefined;
    if (job.attempts - job.forgiven >= maxAttempts) return failedWith(job, ATTEMPTS_EXHAUSTED, now, ttl);
    return {
      ...job,
      state: 'active',
      attempts: job.attempts + 1,
      startedAt: now,
      progress: { ...job.progress, bytes: 0, networkCalls: 0 },
    };
  };
}

const ATTEMPTS_EXHAUSTED: JobFailure = {
  code: 'job-attempts-exhausted',
  status: 500,
  title: 'Every attempt was broken off',
  detail: 'Each worker that began this job ended before the job did. Report it to the operator; do not send it again.',
};

/** Only the attempt that began last may say anything about a job: others have lost it. */
function ofAttempt(attempt: number, change: (job: Job) => Job): Change {
  return (job) => (job.state === 'active' && job.attempts === attempt ? change(job) : undefined);
}

export function progressed(attempt: number, progress: Progress): Change {
  return ofAttempt(attempt, (job) => ({ ...job, progress }));
}

export function done(attempt: number, result: JobResult, progress: Progress, now: number, ttl: number): Change {
  return ofAttempt(attempt, (job) => ({ ...finished(job, now, ttl), state: 'done', result, progress }));
}

export function failed(attempt: number, failure: JobFailure, now: number, ttl: number): Change {
  return ofAttempt(attempt, (job) => failedWith(job, failure, now, ttl));
}

/** Back to the queue, for another attempt; whether this one counts against the job. */
export function requeued(attempt: number, counts: boolean): Change {
  return ofAttempt(attempt, (job) => ({ ...job, state: 'queued', forgiven: job.forgiven + (counts ? 0 : 1) }));
}

export function cancelled(now: number, ttl: number): Change {
  return (job) => (isFinished(job) ? undefined : { ...finished(job, now, ttl), state: 'cancelled' });
}

/** What is left when its blobs are removed. */
export function expired(now: number, ttl: number): Change {
  return (job) =>
    job.expired || job.expiresAt === null || job.expiresAt > now
      ? undefined
      : { ...job, expired: true, expiresAt: now + ttl };
}

function failedWith(job: Job, failure: JobFailure, now: number, ttl: number): Job {
  return { ...finished(job, now, ttl), state: 'failed', failure };
}

function finished(job: Job, now: number, ttl: number): Job {
  return { ...job, finishedAt: now, expiresAt: now + ttl };
}

export function toFailure(error: ArdmError): JobFailure {
  return { code: error.code, status: error.status, title: error.title, detail: error.message };
}
