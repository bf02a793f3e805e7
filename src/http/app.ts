import express, { type Express, type Router } from 'express';
import type { Logger } from 'pino';
import type { JobService } from '../jobs/service.js';
import { compressResource } from './compress.js';
import { contractResource } from './contract.js';
import { decompressResource } from './decompress.js';
import { MalformedRequestError, NotFoundError } from './errors.js';
import { healthResource } from './health.js';
import { inspectResource } from './inspect.js';
import { jobsResource } from './jobs.js';
import { type LaneLimits, Lanes } from './lanes.js';
import { modelsResource } from './models.js';
import type { CompressionCodec, ModelDescription } from './ports.js';
import { problemHandler } from './problem.js';
import { requestContext } from './request-context.js';
import type { UploadOptions } from './upload.js';

export interface AppOptions {
  readonly codec: CompressionCodec;
  readonly models: readonly ModelDescription[];
  readonly log: Logger;
  readonly upload: UploadOptions;
  readonly lanes: LaneLimits;
  readonly jobs: JobService;
  /** Aborts when the server is about to end: what would last is closed. */
  readonly leaving: AbortSignal;
  /** Whether new requests should be sent here. */
  readonly isReady: () => boolean;
  /** Balancers in front whose entries in X-Forwarded-For are believed; none unless told. */
  readonly trustedHops?: number;
  /** Text of openapi.yaml. */
  readonly openapi: string;
}

/** Everything that is answered over HTTP. */
export function createApp(options: AppOptions): Express {
  const lanes = new Lanes(options.lanes);
  return answering(options, [
    contractResource(options.openapi),
    modelsResource(options.models),
    compressResource({ ...options, lanes }),
    decompressResource({ ...options, lanes }),
    inspectResource({ ...options, lanes }),
    jobsResource(options),
  ]);
}

/** What a process answers that only works on jobs: probes. */
export function createWorkerApp(options: Pick<AppOptions, 'log' | 'isReady'>): Express {
  return answering(options, []);
}

function answering(
  { log, isReady, trustedHops = 0 }: Pick<AppOptions, 'log' | 'isReady' | 'trustedHops'>,
  resources: readonly Router[],
): Express {
  const app = express();
  app.disable('x-powered-by');
  // An ETag would be computed over answers that are never asked for again.
  app.disable('etag');
  // Names and values as they are: no nested objects.
  app.set('query parser', 'simple');
  // A number and never `true`: entries that the client wrote itself come before those of the balancers.
  app.set('trust proxy', trustedHops);
  app.use(requestContext(log));
  app.use((req, res, next) => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('Cache-Control', 'no-store');
    // Node would answer it, but not with a problem document (HttpService switches that off).
    if (req.httpVersion === '1.1' && req.headers.host === undefined) throw new MalformedRequestError('it has no Host');
    next();
  });
  app.use(healthResource(isReady));
  for (const resource of resources) app.use(resource);
  app.use(() => {
    throw new NotFoundError();
  });
  app.use(problemHandler());
  return app;
}
