import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Express } from 'express';
import { pino } from 'pino';
import { DictionaryService } from '../../src/dictionaries/service.js';
import { DictionaryStore } from '../../src/dictionaries/store.js';
import type { Problem as AnyProblem } from '../../src/http/answers/problem.js';
import { type AppOptions, createApp } from '../../src/http/app.js';
import type { ModelDescription } from '../../src/http/ports.js';
import { HttpService } from '../../src/http/service.js';
import type { BlobStore } from '../../src/jobs/blob-store.js';
import { FolderStore } from '../../src/jobs/folder-store.js';
import { InProcessQueue } from '../../src/jobs/in-process-queue.js';
import type { JobQueue } from '../../src/jobs/queue.js';
import { Retention } from '../../src/jobs/retention.js';
import { JobService } from '../../src/jobs/service.js';
import { type JobLog, JobWorker } from '../../src/jobs/worker.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { until } from '../until.js';
import { OPENAPI_TEXT, type Received, sendChecked } from './contract.js';
import { FakeCodec } from './fake-codec.js';

export const TEXT_MODEL: ModelDescription = {
  id: 'text-1',
  kind: 'context',
  units: 'byte',
  hash: '0123456789abcdef'.repeat(4),
  blockLength: 1024,
  size: 48_000_000,
  rate: [{ calls: 85, bitsPerByte: 2.1 }],
  presets: { fast: 32, balanced: 85, small: 1024 },
  default: 'balanced',
  trainedOn: 'Nothing: it is a test',
};

export const PROVIDER_STATE = {
  provider: 'cpu',
  requested: 'auto',
  products: 'bytes',
  workers: { running: 1, wanted: 2 },
  passedOver: [{ provider: 'webgpu', reason: 'there is no device' }],
};

/** As sent over HTTP, where every request has an id. */
export type Problem = Required<AnyProblem>;

/** How a server's jobs differ from one process's own, in a folder of its own, with a worker. */
export interface JobsSetting {
  readonly queue: JobQueue;
  readonly blobs: BlobStore;
  /** Jobs at a time; 0 for no worker. */
  readonly concurrency: number;
  readonly maxQueued: number;
  readonly maxAttempts: number;
  /** Milliseconds. */
  readonly ttl: number;
}

/** The HTTP layer on a port of its own, with a fake codec unless it is given another, and uploads in a folder of its own. */
export class TestServer {
  readonly codec = new FakeCodec();
  /** Lines of the log. */
  readonly log: Record<string, unknown>[] = [];
  ready = true;
  port = 0;

  private constructor(
    readonly folder: string,
    private readonly jobsFolder: string,
    readonly app: Express,
    readonly service: HttpService,
    readonly leaving: AbortController,
    readonly jobs: { queue: JobQueue; blobs: BlobStore; worker: JobWorker; retention: Retention },
  ) {}

  static async start(
    options: Partial<
      Pick<AppOptions, 'classes' | 'apiKeys' | 'corsOrigins' | 'rateLimit' | 'trustedHops' | 'pages' | 'models'>
    > &
      Partial<AppOptions['upload']> & { jobs?: Partial<JobsSetting>; codec?: AppOptions['codec'] } = {},
    limits: ConstructorParameters<typeof HttpService>[1] = {},
  ): Promise<TestServer> {
    const folder = await mkdtemp(join(tmpdir(), 'ardm-http-test-'));
    const jobsFolder = await mkdtemp(join(tmpdir(), 'ardm-jobs-test-'));
    const {
      classes = { small: 4, large: 2, waiting: 8 },
      apiKeys = [],
      corsOrigins = [],
      rateLimit,
      jobs = {},
      trustedHops = 0,
      pages,
      codec: given,
      models = [TEXT_MODEL],
      ...upload
    } = options;
    // The app needs what belongs to the server, and the server needs the app.
    const server: { it?: TestServer } = {};
    const write = (line: string): void => {
      server.it?.log.push(JSON.parse(line) as Record<string, unknown>);
    };
    const codec: AppOptions['codec'] = given ?? {
      compress: (...args) => it.codec.compress(...args),
      decompress: (...args) => it.codec.decompress(...args),
      demand: (...args) => it.codec.demand(...args),
      modelOf: (...args) => it.codec.modelOf(...args),
      get frames() {
        return it.codec.frames;
      },
      inspect: (...args) => it.codec.inspect(...args),
      estimate: (...args) => it.codec.estimate(...args),
      sample: (...args) => it.codec.sample(...args),
    };
    const metrics = new Metrics();
    const {
      queue = await InProcessQueue.open(join(jobsFolder, 'records')),
      blobs = await FolderStore.open(join(jobsFolder, 'blobs')),
      concurrency = 2,
      maxQueued = 100,
      maxAttempts = 3,
      ttl = 60_000,
    } = jobs;
    const log = pino({ level: 'debug' }, { write });
    const tell: JobLog = (level, message, details) => log[level](details, message);
    const store = new DictionaryStore(blobs, { most: 20, cacheBytes: 2 ** 20 });
    const dictionaries = new DictionaryService(store, codec);
    const worker = new JobWorker({ queue, blobs, codec, dictionaries, maxAttempts, ttl, log: tell });
    if (concurrency > 0) worker.start(concurrency);
    const retention = new Retention({ queue, blobs, ttl, orphanAge: 60_000, log: tell });
    const leaving = new AbortController();
    const app = createApp({
      trustedHops,
      codec,
      jobs: new JobService({ queue, blobs, ttl, maxQueued }),
      dictionaries,
      maxSamplesBytes: 2 ** 20,
      leaving: leaving.signal,
      models,
      log,
      upload: { maxBytes: 2 ** 20, folder, ...upload },
      classes,
      apiKeys,
      corsOrigins,
      rateLimit,
      isReady: () => it.ready,
      provider: () => PROVIDER_STATE,
      metrics,
      observer: metrics,
      openapi: OPENAPI_TEXT,
      pages,
    });
    const it = new TestServer(folder, jobsFolder, app, new HttpService(app, limits), leaving, {
      queue,
      blobs,
      worker,
      retention,
    });
    server.it = it;
    it.port = (await it.service.listen(0, '127.0.0.1')).port;
    return it;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sends a request with fetch, and holds the answer against openapi.yaml. */
  send(path: string, init: RequestInit = {}): Promise<Received> {
    return sendChecked(this.url, path, init);
  }

  post(path: string, body: RequestInit['body'], headers: Record<string, string> = {}): Promise<Received> {
    return this.send(path, { method: 'POST', body: body as NonNullable<RequestInit['body']>, headers });
  }

  /** Opens a connection and writes to it as it is. */
  raw(...parts: (string | Uint8Array)[]): RawConnection {
    return new RawConnection(this.port, parts);
  }

  /** Folders of requests that are still there. */
  spools(): Promise<string[]> {
    return readdir(this.folder);
  }

  /** Waits until all folders of requests are gone. */
  async untilClean(): Promise<void> {
    await until(async () => (await this.spools()).length === 0, 'uploads are left behind');
  }

  async stop(): Promise<void> {
    await this.service.close(0);
    await this.jobs.worker.close(0);
    await this.jobs.queue.close();
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.jobsFolder, { recursive: true, force: true });
  }
}

export class RawConnection {
  readonly socket: Socket;
  private readonly chunks: Buffer[] = [];
  /** The error of the connection, such as ECONNRESET. */
  error: NodeJS.ErrnoException | undefined;
  private readonly closed: Promise<unknown>;

  constructor(port: number, parts: (string | Uint8Array)[]) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => this.chunks.push(chunk));
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.closed = once(this.socket, 'close').catch(() => {});
    for (const part of parts) this.socket.write(part);
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  /** Everything that was received until the connection was closed. */
  async untilClosed(limit = 10_000): Promise<string> {
    const timer = setTimeout(() => this.socket.destroy(new Error(`open after ${limit} ms`)), limit);
    await this.closed;
    clearTimeout(timer);
    return this.text;
  }

  async untilReceived(text: string): Promise<void> {
    await until(() => this.text.includes(text), `did not receive ${text}`);
  }
}

export function problemOf(received: Received): Problem {
  return JSON.parse(received.body.toString()) as Problem;
}

/** Status and code of a failure. */
export function failure(received: Received): [number, string] {
  return [received.status, problemOf(received).code];
}

/** A form with files, as browsers send it. */
export function form(...files: [field: string, name: string, content: Uint8Array | string][]): FormData {
  const data = new FormData();
  for (const [field, name, content] of files) data.append(field, new Blob([content]), name);
  return data;
}

/** Repeatable bytes: xorshift32. */
export function randomBytes(length: number, seed: number): Buffer {
  const next = random(seed);
  return Buffer.from(Array.from({ length }, () => next() >>> 24));
}

export function random(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}
