import express, { type Express } from 'express';
import type { Logger } from 'pino';
import type { DictionaryService } from '../dictionaries/service.js';
import type { JobService } from '../jobs/service.js';
import { problemHandler } from './answers/problem.js';
import { NotFoundError } from './errors.js';
import { type ApiKey, identify, requireKey } from './guards/api-keys.js';
import { crossOrigin } from './guards/cross-origin.js';
import { httpRules } from './guards/http-rules.js';
import { limitRate, type RateLimit } from './guards/rate-limit.js';
import { type ClassLimits, RequestClasses } from './guards/request-classes.js';
import { securityHeaders } from './guards/security-headers.js';
import { type HttpObserver, UNOBSERVED } from './observer.js';
import type { CompressionCodec, ModelDescription } from './ports.js';
import { requestContext } from './request-context.js';
import { batchResource } from './resources/batch.js';
import { compressResource } from './resources/compress.js';
import { contractResource } from './resources/contract.js';
import { decompressResource } from './resources/decompress.js';
import { dictionariesResource } from './resources/dictionaries.js';
import { estimateResource } from './resources/estimate.js';
import { healthResource, type ProviderState } from './resources/health.js';
import { inspectResource } from './resources/inspect.js';
import { jobsResource } from './resources/jobs.js';
import { type MetricsText, metricsResource } from './resources/metrics.js';
import { modelsResource } from './resources/models.js';
import { type Pages, pagesResource } from './resources/pages.js';
import { serverOptions } from './route.js';
import type { UploadOptions } from './uploads/upload.js';

export interface AppOptions {
  readonly codec: CompressionCodec;
  readonly models: readonly ModelDescription[];
  readonly log: Logger;
  readonly upload: UploadOptions;
  readonly classes: ClassLimits;
  readonly jobs: JobService;
  readonly dictionaries: DictionaryService;
  /** Most bytes of the samples of one dictionary. */
  readonly maxSamplesBytes: number;
  /** Aborts when the server is about to end: what would last is closed. */
  readonly leaving: AbortSignal;
  /** Whether new requests should be sent here. */
  readonly isReady: () => boolean;
  readonly provider: () => ProviderState;
  /** What `/metrics` shows; without it there is none. */
  readonly metrics?: MetricsText;
  readonly observer?: HttpObserver;
  /** Balancers in front whose entries in X-Forwarded-For are believed; none unless told. */
  readonly trustedHops?: number;
  /** Text of openapi.yaml. */
  readonly openapi: string;
  /** Pages for people; none unless given. */
  readonly pages?: Pages | undefined;
  /** Without any, the service is open. */
  readonly apiKeys?: readonly ApiKey[];
  readonly rateLimit?: RateLimit | undefined;
  /** Origins whose pages may use the service; none unless told. */
  readonly corsOrigins?: readonly string[];
}

/** Everything that is answered over HTTP. */
export function createApp(options: AppOptions): Express {
  const observer = options.observer ?? UNOBSERVED;
  const classes = new RequestClasses(options.classes, observer);
  const keys = options.apiKeys ?? [];
  return answering(options, (app) => {
    app.use(contractResource(options.openapi));
    if (options.pages) app.use(pagesResource(options.pages));
    // What stands above is for probes, generators of clients and people who have yet to type in a key, and asks for no key and counts no hits. What stands below
    // is counted before keys are asked for, so that a client cannot try keys without end.
    app.use(identify(keys));
    if (options.rateLimit) app.use(limitRate(options.rateLimit, options.log));
    if (keys.length > 0) app.use(requireKey());
    app.use(modelsResource({ ...options, classes }));
    app.use(compressResource({ ...options, classes, observer }));
    app.use(decompressResource({ ...options, classes, observer }));
    app.use(inspectResource({ ...options, classes }));
    app.use(estimateResource({ ...options, classes }));
    app.use(batchResource({ ...options, classes, observer }));
    app.use(dictionariesResource({ ...options, classes }));
    app.use(jobsResource(options));
  });
}

type ProbeOptions = Pick<
  AppOptions,
  'log' | 'isReady' | 'provider' | 'metrics' | 'observer' | 'trustedHops' | 'corsOrigins'
>;

/** What a process answers that only works on jobs: probes and metrics. */
export function createWorkerApp(options: ProbeOptions): Express {
  return answering(options, () => {});
}

/** What every process answers, and the way in which it does. @param mount adds what stands between probes and the end. */
function answering(options: ProbeOptions, mount: (app: Express) => void): Express {
  const app = express();
  app.disable('x-powered-by');
  // An ETag would be computed over answers that are never asked for again.
  app.disable('etag');
  // Names and values as they are: no nested objects.
  app.set('query parser', 'simple');
  // A number and never `true`: entries that the client wrote itself come before those of the balancers.
  app.set('trust proxy', options.trustedHops ?? 0);
  app.use(requestContext(options.log, options.observer ?? UNOBSERVED));
  app.use(securityHeaders());
  app.use((_req, res, next) => {
    res.setHeader('Cache-Control', 'no-store');
    next();
  });
  // Before anything is refused, so that pages can read why.
  if (options.corsOrigins && options.corsOrigins.length > 0) app.use(crossOrigin(options.corsOrigins));
  app.use(httpRules());
  app.use(serverOptions());
  app.use(healthResource(options.isReady, options.provider));
  if (options.metrics) app.use(metricsResource(options.metrics));
  mount(app);
  app.use(() => {
    throw new NotFoundError();
  });
  app.use(problemHandler());
  return app;
}
