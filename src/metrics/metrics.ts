import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Answered, Coded, HttpObserver } from '../http/observer.js';
import type { JobCounts } from '../jobs/queue.js';
import type { PoolObserver, SegmentKind } from '../runtime/pool-options.js';
import { ROW_CLASSES, type Usage } from '../runtime/usage.js';
import { BatchRows } from './batch-rows.js';

/** Seconds: from a probe to a large file. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const WAITS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const RATIOS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1];

/** What the provider of a process is, for `ardm_provider_info`. */
export interface ProviderFacts {
  readonly provider: string;
  readonly requested: string;
  readonly products: string;
}

/**
 * What operators see (Prometheus). Labels have few values each: routes are patterns, never paths. Everything that happens comes in by the
 * observers of HTTP and of the pool; what stands is asked for when somebody looks.
 */
export class Metrics implements HttpObserver, PoolObserver {
  private readonly registry = new Registry();
  private readonly batchRows = new BatchRows(ROW_CLASSES);

  private readonly requests = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: DURATIONS,
    registers: [this.registry],
  });
  private readonly active = new Gauge({
    name: 'http_server_active_requests',
    help: 'Requests that are being received, worked on or answered.',
    registers: [this.registry],
  });
  private readonly problems = this.counter('ardm_problems_total', 'Problems answered, by their code.', ['code']);
  private readonly bytesIn = this.counter('ardm_input_bytes_total', 'Bytes of files that were coded.', [
    'operation',
    'model',
  ]);
  private readonly bytesOut = this.counter('ardm_output_bytes_total', 'Bytes of the results.', ['operation', 'model']);
  private readonly ratio = new Histogram({
    name: 'ardm_compression_ratio',
    help: 'Bytes of an archive by bytes of its original, of files that are not empty.',
    labelNames: ['model'],
    buckets: RATIOS,
    registers: [this.registry],
  });
  private readonly calls = this.counter('ardm_network_calls_total', 'Network calls made, whoever shares them.', []);
  private readonly phases = this.counter(
    'ardm_phase_seconds_total',
    'Seconds by what they were spent on: of worker threads (tables, features, network, coding), of requests (upload, answer).',
    ['phase'],
  );
  private readonly dictionaries = this.counter(
    'ardm_dictionary_states_total',
    'Dictionaries that workers found learned (hit), learned (primed), and forgot to make room (evicted).',
    ['event'],
  );
  private readonly waits = new Histogram({
    name: 'ardm_queue_wait_seconds',
    help: 'Time in line: of requests (small, large) for their turn, of segments (short, long) for a worker.',
    labelNames: ['class'],
    buckets: WAITS,
    registers: [this.registry],
  });
  private readonly depth = new Gauge({
    name: 'ardm_queue_depth',
    help: 'How many stand in these lines.',
    labelNames: ['class'],
    registers: [this.registry],
    collect: () => {
      for (const [requestClass, length] of this.lines) this.depth.set({ class: requestClass }, length());
    },
  });
  private readonly restarts = this.counter(
    'ardm_session_restarts_total',
    'Workers, with their sessions, that ended unasked and were replaced.',
    [],
  );
  private readonly retries = this.counter(
    'ardm_task_retries_total',
    'Segments that were given to another worker when theirs ended.',
    [],
  );
  private readonly provider = new Gauge({
    name: 'ardm_provider_info',
    help: 'The execution provider that runs the networks, the setting it comes from, and what it multiplies in.',
    labelNames: ['provider', 'requested', 'products'],
    registers: [this.registry],
  });
  private readonly jobs = new Gauge({
    name: 'ardm_jobs',
    help: 'Jobs that wait (queued) or are worked on (active), of all processes that share them; none while they cannot be asked for.',
    labelNames: ['state'],
    registers: [this.registry],
  });
  private readonly jobsWaiting = new Gauge({
    name: 'ardm_jobs_waiting',
    help: 'Jobs that wait, for autoscalers; none while they cannot be asked for.',
    registers: [this.registry],
  });
  private readonly jobDurations = new Histogram({
    name: 'ardm_job_duration_seconds',
    help: 'Time that this process worked on a job that it finished.',
    buckets: DURATIONS,
    registers: [this.registry],
  });
  private readonly lostLines = new Counter({
    name: 'ardm_log_lines_lost_total',
    help: 'Lines of the log that could not be written: their disk was full, or their reader did not read.',
    registers: [this.registry],
    collect: () => {
      this.lostLines.reset();
      this.lostLines.inc(this.linesLost());
    },
  });
  private readonly storeFailures = this.counter(
    'ardm_store_failures_total',
    'Commands that a store (redis, s3, folder) did not carry out, by why: the word that the log has as reason.',
    ['store', 'reason'],
  );
  private linesLost: () => number = () => 0;
  private jobCounts: () => Promise<JobCounts> = async () => ({ waiting: 0, active: 0 });
  private readonly lines = new Map<string, () => number>();

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  readonly contentType = this.registry.contentType;

  /** All of it in the text format. */
  async text(): Promise<string> {
    await this.lookAtJobs();
    return `${await this.registry.metrics()}\n${this.batchRows.text()}`;
  }

  /** A line whose length is asked for when somebody looks. */
  watch(requestClass: string, length: () => number): void {
    this.lines.set(requestClass, length);
  }

  /** Jobs are asked for when somebody looks. */
  watchJobs(counts: () => Promise<JobCounts>): void {
    this.jobCounts = counts;
  }

  /** Lost lines of the log are asked for when somebody looks. */
  watchLog(lost: () => number): void {
    this.linesLost = lost;
  }

  /** A job was finished here, after so many seconds of work. */
  worked(seconds: number): void {
    this.jobDurations.observe(seconds);
  }

  /** A store of jobs, or the Redis that counts hits, did not do what it was asked. */
  storeFailed(store: string, reason: string): void {
    this.storeFailures.inc({ store, reason });
  }

  runsOn({ provider, requested, products }: ProviderFacts): void {
    this.provider.reset();
    this.provider.set({ provider, requested, products }, 1);
  }

  started(): void {
    this.active.inc();
  }

  answered({ method, route, status, seconds, code }: Answered): void {
    this.active.dec();
    this.requests.observe({ method, route, status }, seconds);
    if (code !== undefined) this.problems.inc({ code });
  }

  coded({ operation, model, inputBytes, outputBytes }: Coded): void {
    this.bytesIn.inc({ operation, model }, inputBytes);
    this.bytesOut.inc({ operation, model }, outputBytes);
    if (operation === 'compress' && inputBytes > 0) this.ratio.observe({ model }, outputBytes / inputBytes);
  }

  spent(phase: 'upload' | 'answer', seconds: number): void {
    this.phases.inc({ phase }, seconds);
  }

  used(usage: Usage): void {
    this.batchRows.add(usage);
    this.calls.inc(usage.calls.reduce((sum, count) => sum + count, 0));
    for (const [phase, milliseconds] of Object.entries({ ...usage.phases, network: usage.networkMs })) {
      this.phases.inc({ phase }, milliseconds / 1_000);
    }
    for (const [event, count] of Object.entries(usage.conditions)) this.dictionaries.inc({ event }, count);
  }

  waited(requestClass: SegmentKind | 'small' | 'large', seconds: number): void {
    this.waits.observe({ class: requestClass }, seconds);
  }

  workerLost(): void {
    this.restarts.inc();
  }

  retried(): void {
    this.retries.inc();
  }

  /** One question for both gauges, and the answer before either is written. */
  private async lookAtJobs(): Promise<void> {
    const counts = await this.jobCounts().catch(() => undefined);
    this.jobs.reset();
    // A gauge without a value, where prom-client would say 0: an autoscaler must not take an outage for an empty queue.
    this.jobsWaiting.set(counts?.waiting ?? Number.NaN);
    if (!counts) return;
    this.jobs.set({ state: 'queued' }, counts.waiting);
    this.jobs.set({ state: 'active' }, counts.active);
  }

  private counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
