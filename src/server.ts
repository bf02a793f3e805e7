import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Config, readConfig } from './config.js';
import { openDictionaries } from './dictionary-system.js';
import { openEngine } from './engine.js';
import { ArdmError } from './errors.js';
import { createApp, createWorkerApp } from './http/app.js';
import type { RateLimit } from './http/guards/rate-limit.js';
import { SharedHits } from './http/guards/shared-hits.js';
import type { ProviderState } from './http/resources/health.js';
import { readPages } from './http/resources/pages.js';
import { HttpService } from './http/service.js';
import { holdSpools } from './http/uploads/spool.js';
import { UploadGate } from './http/uploads/upload-gate.js';
import { openJobs } from './job-system.js';
import { reportFailures } from './jobs/reach.js';
import type { JobLog } from './jobs/worker.js';
import { type Log, openLog } from './logging/log.js';
import { Metrics } from './metrics/metrics.js';
import { describeModel } from './runtime/describe-model.js';
import type { WorkerPool } from './runtime/pool.js';

/** How long the last lines of the log have, in milliseconds. */
const LOG_END_MS = 1_000;

/** Runs the service, as the environment says, until it is told to end. A failure is told on standard error, and by the exit code. */
export async function runServer(env: NodeJS.ProcessEnv): Promise<void> {
  let output: Log | undefined;
  try {
    const config = readConfig(env);
    output = openLog(config.LOG_LEVEL);
    await run(config, output);
  } catch (error) {
    // What an operator can put right is told in a sentence; anything else is a bug and shows where it is.
    console.error(error instanceof ArdmError ? error.message : error);
    process.exitCode = 1;
  }
  // A reader that does not read would keep the process from ending.
  if ((await output?.close(LOG_END_MS)) === false) process.exit();
}

async function run(config: Config, output: Log): Promise<void> {
  // From the very start: as the first process of a container it would be deaf to signals that it does not handle.
  const ended = endSignal();
  // Before all that takes long: to be told so after that would be late.
  if (config.PORT !== 0) await checkPort(config);
  const { swept, release } = await holdSpools();
  if (swept > 0) output.log.info({ swept }, 'removed uploads that an earlier process left behind');
  await serve(config, output, ended).finally(release);
  output.log.info('stopped');
}

async function serve(config: Config, { log, lost }: Log, ended: Promise<NodeJS.Signals>): Promise<void> {
  const openapi = await readFile(new URL('../../openapi.yaml', import.meta.url), 'utf8');
  const pages = config.PAGES === 'on' ? await readPages(new URL('./page/', import.meta.url)) : undefined;
  const metrics = new Metrics();
  const { registry, pool, codec, autoModel } = await openEngine(
    config,
    (message, details) => log.warn(details, message),
    { observer: metrics },
  );
  const { provider, products } = pool;
  metrics.runsOn({ provider, products, requested: config.ARDM_PROVIDER });
  for (const kind of ['short', 'long'] as const) metrics.watch(kind, () => pool.queued(kind));
  const models = registry.list();
  const tell: JobLog = (level, message, details) => log[level](details, message);
  const open = async () => {
    const failures = reportFailures(tell, (store, reason) => metrics.storeFailed(store, reason));
    const dictionaries = await openDictionaries(config, codec, tell, failures);
    return { dictionaries, jobs: await openJobs(config, codec, dictionaries, pool.size, tell, metrics) };
  };
  const { dictionaries, jobs } = await open().catch(async (error: unknown) => {
    await pool.close();
    throw error;
  });
  // After what may fail: its connection would keep the process from ending.
  const hits =
    config.RATE_LIMIT_REQUESTS > 0 && config.REDIS_URL
      ? new SharedHits(config.REDIS_URL, log, (reason) => metrics.storeFailed('redis', reason))
      : undefined;
  metrics.watchJobs(() => jobs.service.counts());
  metrics.watchLog(lost);
  const leaving = new AbortController();
  const isReady = (): boolean => pool.healthy && !leaving.signal.aborted;
  const createApi = () =>
    createApp({
      codec,
      models: models.map(describeModel),
      log,
      jobs: jobs.service,
      dictionaries,
      maxSamplesBytes: config.MAX_DICTIONARY_SAMPLES_BYTES,
      leaving: leaving.signal,
      upload: {
        maxBytes: config.MAX_UPLOAD_BYTES,
        gate: new UploadGate({ uploads: config.MAX_UPLOADS, freeBytes: config.MIN_FREE_DISK_BYTES }),
      },
      apiKeys: config.API_KEYS,
      corsOrigins: config.CORS_ORIGINS,
      rateLimit: rateLimitOf(config, hits),
      classes: {
        small: config.MAX_SMALL_REQUESTS,
        large: config.MAX_LARGE_REQUESTS,
        waiting: config.MAX_WAITING_REQUESTS,
      },
      isReady,
      provider: () => stateOf(pool, config),
      metrics,
      observer: metrics,
      trustedHops: config.TRUST_PROXY_HOPS,
      openapi,
      pages,
    });
  const service = new HttpService(
    config.ARDM_ROLE === 'worker'
      ? createWorkerApp({ log, isReady, provider: () => stateOf(pool, config), metrics, observer: metrics })
      : createApi(),
  );
  try {
    const { address, port } = await service.listen(config.PORT, config.HOST);
    log.info(
      {
        address,
        port,
        provider,
        products,
        workers: pool.size,
        models: models.map(({ id }) => id),
        autoModel,
        apiKeys: config.API_KEYS.length,
      },
      `listening on port ${port}`,
    );
  } catch (error) {
    hits?.close();
    await jobs.drain(0);
    await jobs.close();
    await pool.close();
    throw error;
  }
  const signal = await ended;
  leaving.abort();
  service.leave();
  log.info({ signal }, 'shutting down');
  await sleep(config.SHUTDOWN_DELAY_SECONDS * 1_000);
  const limit = config.SHUTDOWN_TIMEOUT_SECONDS * 1_000;
  const [requestsInTime, jobsInTime] = await Promise.all([service.close(limit), jobs.drain(limit)]);
  if (!requestsInTime) log.warn('requests were cut off');
  if (!jobsInTime) log.warn('jobs were put back into the queue');
  await jobs.close();
  hits?.close();
  await pool.close();
}

/** @throws ListenError */
async function checkPort({ PORT, HOST }: Config): Promise<void> {
  const probe = new HttpService(() => {});
  await probe.listen(PORT, HOST);
  await probe.close(0);
}

/** Resolves at the first SIGTERM or SIGINT. Who sends a second one does not want to wait. */
function endSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve(name);
      });
    }
  });
}

function stateOf(pool: WorkerPool, config: Config): ProviderState {
  const { provider, products, passedOver, size } = pool;
  const workers = { running: pool.running, wanted: size };
  return { provider, requested: config.ARDM_PROVIDER, products, workers, passedOver };
}

function rateLimitOf(config: Config, store: SharedHits | undefined): RateLimit | undefined {
  if (config.RATE_LIMIT_REQUESTS === 0) return undefined;
  const limit = { requests: config.RATE_LIMIT_REQUESTS, windowSeconds: config.RATE_LIMIT_WINDOW_SECONDS };
  return store === undefined ? limit : { ...limit, store };
}
