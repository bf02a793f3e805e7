import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ArdmError } from './errors.js';

const MEBIBYTE = 2 ** 20;

/** What the environment says is not what it may say. */
export class ConfigError extends ArdmError {
  readonly code = 'invalid-configuration';
  readonly status = 500;
  readonly title = 'Configuration is invalid';

  constructor(readonly faults: readonly string[]) {
    super(`The configuration is invalid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

/** A variable of the environment: what it may be, in words and as a schema from its text, and what it is by default. */
interface Setting<T> {
  readonly schema: z.ZodType<T, string>;
  readonly allowed: string;
  readonly fallback: string;
}

function integer(min: number, max: number, fallback: number): Setting<number> {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max));
  return { schema, allowed: `an integer from ${min} to ${max}`, fallback: String(fallback) };
}

function oneOf<const T extends readonly [string, ...string[]]>(values: T, fallback: T[number]): Setting<T[number]> {
  return { schema: z.enum(values) as z.ZodType<T[number], string>, allowed: `one of ${values.join(', ')}`, fallback };
}

/** What is not needed by everybody: empty where it is not set. */
function optional(allowed: string, form: RegExp): Setting<string> {
  return { schema: z.string().regex(form).or(z.literal('')), allowed, fallback: '' };
}

function text(allowed: string, fallback: string): Setting<string> {
  return { schema: z.string().min(1), allowed, fallback };
}

/** Every setting of the service. */
export const SETTINGS = {
  /** Where it listens; port 0 takes any that is free. */
  PORT: integer(0, 65_535, 8_080),
  HOST: text('an address or name of this machine', '0.0.0.0'),
  /** Balancers in front that append to X-Forwarded-For: as many of its entries are believed. */
  TRUST_PROXY_HOPS: integer(0, 16, 0),
  MODELS_DIR: text('a folder with one folder per model', fileURLToPath(new URL('../../models', import.meta.url))),
  ARDM_PROVIDER: oneOf(['auto', 'cpu', 'webgpu', 'cuda'], 'auto'),
  /** Each holds a copy of every model, and a container often sees the cores of its host: no more than 8 unless told. */
  ARDM_WORKERS: integer(1, 256, Math.min(availableParallelism(), 8)),
  MAX_UPLOAD_BYTES: integer(1, 1_024 * MEBIBYTE, 64 * MEBIBYTE),
  /** What an archive may declare to be; nothing larger than an upload can have been compressed here. */
  MAX_ORIGINAL_BYTES: integer(1, 1_024 * MEBIBYTE, 64 * MEBIBYTE),
  /** Requests that compute at the same time: up to 1 MiB, and larger ones, which are held in memory. */
  MAX_SMALL_REQUESTS: integer(1, 1_024, 16),
  MAX_LARGE_REQUESTS: integer(1, 1_024, 2),
  /** Requests of each of these kinds that wait, on disk, for their turn. */
  MAX_WAITING_REQUESTS: integer(0, 10_000, 64),
  /** What the process does: answer requests and give jobs away, work on jobs, or both. */
  ARDM_ROLE: oneOf(['all', 'api', 'worker'], 'all'),
  /** Redis that jobs are shared through; without one, each process has its own. */
  REDIS_URL: optional('a URL like redis://host:6379', /^rediss?:\/\/\S+$/),
  /** Where jobs and their bytes are kept; with REDIS_URL only the bytes, in a folder that all processes share. */
  JOBS_FOLDER: text('a folder', join(tmpdir(), 'ardm-jobs')),
  /** Bucket for the bytes of jobs, in place of a folder; the SDK's own environment says with which credentials. */
  S3_BUCKET: optional('the name of a bucket', /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  /** Of a service that speaks S3; without it, Amazon's. */
  S3_ENDPOINT: optional('a URL like http://host:9000', /^https?:\/\/\S+$/),
  S3_REGION: text('the name of a region', 'us-east-1'),
  /** How long a job is kept when it is finished, with its result. */
  JOB_TTL_SECONDS: integer(1, 31_536_000, 86_400),
  /** How often a job is begun, by workers that end or fail, before it has failed. */
  JOB_ATTEMPTS: integer(1, 100, 5),
  MAX_QUEUED_JOBS: integer(1, 1_000_000, 1_000),
  /** Age at which bytes that belong to no job are removed. */
  JOB_ORPHAN_SECONDS: integer(1, 31_536_000, 600),
  /** How long a server that is told to end still takes requests, while load balancers learn that it is not ready. */
  SHUTDOWN_DELAY_SECONDS: integer(0, 300, 0),
  /** How long it then lets requests finish. */
  SHUTDOWN_TIMEOUT_SECONDS: integer(0, 3_600, 30),
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
} as const;

type Settings = typeof SETTINGS;
export type Config = { readonly [Name in keyof Settings]: z.output<Settings[Name]['schema']> };

/**
 * Reads the configuration. An empty variable counts as not set.
 *
 * @throws ConfigError with every fault there is, not just the first.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const given = env[name] || fallbackOf(name, setting, env);
    const result = setting.schema.safeParse(given);
    if (result.success) values[name] = result.data;
    else
      faults.push(
        `${name}=${JSON.stringify(withoutPassword(given))}: must be ${setting.allowed} (default ${setting.fallback})`,
      );
  }
  const config = values as Config;
  if (faults.length === 0 && config.MAX_ORIGINAL_BYTES < config.MAX_UPLOAD_BYTES) {
    faults.push(
      'MAX_ORIGINAL_BYTES: must not be below MAX_UPLOAD_BYTES, or archives made here could not be decoded here',
    );
  }
  if (faults.length === 0) faults.push(...sharingFaults(config, env));
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** Faults are printed, and URLs may hold passwords. */
function withoutPassword(value: string): string {
  return value.replace(/:[^/:@]*@/, ':***@');
}

/** Processes that share jobs must share their bytes. */
function sharingFaults(config: Config, env: Readonly<Record<string, string | undefined>>): string[] {
  const shared = config.REDIS_URL !== '';
  const faults: string[] = [];
  if (!shared && config.ARDM_ROLE !== 'all') {
    faults.push(`ARDM_ROLE=${config.ARDM_ROLE}: needs REDIS_URL, or nobody else would see its jobs`);
  }
  if (!shared && config.S3_BUCKET !== '')
    faults.push('S3_BUCKET: needs REDIS_URL; without it, jobs are kept in JOBS_FOLDER');
  if (config.S3_ENDPOINT !== '' && config.S3_BUCKET === '') faults.push('S3_ENDPOINT: needs S3_BUCKET');
  if (shared && config.S3_BUCKET === '' && !env.JOBS_FOLDER) {
    faults.push('REDIS_URL: needs S3_BUCKET, or JOBS_FOLDER with a folder that all processes share');
  }
  if (config.S3_BUCKET !== '' && env.JOBS_FOLDER) faults.push('S3_BUCKET: give either it or JOBS_FOLDER');
  return faults;
}

/** A server that takes larger uploads decodes larger originals, unless it is told otherwise. */
function fallbackOf(
  name: string,
  setting: Setting<unknown>,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const upload = env.MAX_UPLOAD_BYTES;
  if (name === 'MAX_ORIGINAL_BYTES' && upload && Number(upload) > Number(setting.fallback)) return upload;
  return setting.fallback;
}
