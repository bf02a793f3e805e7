import { availableParallelism, tmpdir } from 'node:os';
import { isAbsolute, relative, resolve } from 'node:path';
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
  /** For the table in docs/configuration.md: what it sets, in which unit, and what to do with it. */
  readonly about: string;
  readonly schema: z.ZodType<T, string>;
  readonly allowed: string;
  readonly fallback: string;
  /** The default in words, where it is not the same on every machine. */
  readonly fallbackInWords?: string;
  /** What is given is not repeated in messages. */
  readonly secret?: boolean;
}

function integer(min: number, max: number, fallback: number, about: string): Setting<number> {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.int().min(min).max(max));
  return { about, schema, allowed: `an integer from ${min} to ${max}`, fallback: String(fallback) };
}

function oneOf<const T extends readonly [string, ...string[]]>(
  values: T,
  fallback: T[number],
  about: string,
): Setting<T[number]> {
  const schema = z.enum(values) as z.ZodType<T[number], string>;
  return { about, schema, allowed: `one of ${values.join(', ')}`, fallback };
}

/** What is not needed by everybody: empty where it is not set. */
function optional(allowed: string, form: RegExp, about: string): Setting<string> {
  return { about, schema: z.string().regex(form).or(z.literal('')), allowed, fallback: '' };
}

function text(allowed: string, fallback: string, about: string): Setting<string> {
  return { about, schema: z.string().min(1), allowed, fallback };
}

/** Names of keys stand in logs and in Redis; `anonymous` is whoever has no key. */
const KEY = /^(?!anonymous:)([A-Za-z0-9][A-Za-z0-9_-]{0,63}):([0-9a-f]{64})$/;

const keyList = z.string().transform((list, context) => {
  const keys = list.split(',').filter((entry) => entry.trim() !== '');
  // Whoever sets it wants locked doors, and must not be left with open ones.
  if (list !== '' && keys.length === 0) context.addIssue({ code: 'custom', message: 'no key' });
  return keys.map((entry) => {
    const [, name, hash] = KEY.exec(entry.trim()) ?? [];
    if (name !== undefined && hash !== undefined) return { name, hash };
    context.addIssue({ code: 'custom', message: 'not a key' });
    return z.NEVER;
  });
});

/** As browsers write them: lower case, no path, no port that is the scheme's own. */
const originList = z.string().transform((list, context) => {
  const origins = list === '' ? [] : list.split(',').map((entry) => entry.trim());
  for (const origin of origins) {
    const isOrigin = /^https?:\/\/[^*]+$/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin;
    if (!isOrigin) context.addIssue({ code: 'custom', message: 'not an origin' });
  }
  return origins;
});

/** Every setting of the service, in the order of docs/configuration.md, whose table `npm run docs` makes from this. */
export const SETTINGS = {
  PORT: integer(0, 65_535, 8_080, 'The port it listens on; 0 takes any that is free.'),
  HOST: {
    ...optional(
      'an address or name of this machine',
      /^[^\s/]+$/,
      'The address it listens on. Empty: all, of IPv6 and IPv4.',
    ),
    fallbackInWords: '`::`, or `0.0.0.0` where there is no IPv6',
  },
  TRUST_PROXY_HOPS: integer(
    0,
    16,
    0,
    "Balancers in front that append to `X-Forwarded-For`: the client's address is taken from as many places from its end. 0: the header is ignored.",
  ),
  MODELS_DIR: {
    ...text(
      'a folder with one folder per model',
      fileURLToPath(new URL('../../models', import.meta.url)),
      'The folder of the models.',
    ),
    fallbackInWords: '`models` beside `dist`',
  },
  DEFAULT_MODEL: {
    ...optional(
      'the id of a model in `MODELS_DIR`',
      /^[a-z0-9][a-z0-9.-]{0,62}$/,
      'What `auto` makes new archives with, and the only model that is open all the time. Set it to the old one while replicas are given a new one.',
    ),
    fallbackInWords: 'the newest of those that are released with this version',
  },
  ARDM_PROVIDER: oneOf(
    ['auto', 'cpu', 'webgpu', 'cuda'],
    'auto',
    "What runs the network; `auto` takes the first GPU that reproduces the models' known answers, else the CPU.",
  ),
  // A container often sees the cores of its host: no more than 8 unless told.
  ARDM_WORKERS: {
    ...integer(
      1,
      256,
      Math.min(availableParallelism(), 8),
      "Worker threads, each with a session for every model in use; set it higher on a large machine of its own, lower in a container that sees its host's cores.",
    ),
    fallbackInWords: 'the cores, at most 8',
  },
  ARDM_THREADS: integer(1, 256, 1, 'Threads inside one network call of a worker.'),
  ARDM_DEVICES: {
    about: 'Numbers of the CUDA devices to use. WebGPU has one worker on one device.',
    schema: z
      .string()
      .regex(/^\d{1,2}(,\d{1,2})*$/)
      .transform((list) => list.split(',').map(Number)),
    allowed: 'numbers in a list with commas, such as 0,1',
    fallback: '0',
  },
  ARDM_WORKERS_PER_DEVICE: integer(1, 16, 1, 'Workers on each CUDA device.'),
  MAX_UPLOAD_BYTES: integer(
    1,
    1_024 * MEBIBYTE,
    64 * MEBIBYTE,
    'Bytes of the largest file; archives may be 0.1 % larger, and limits of proxies must not be lower.',
  ),
  // Nothing larger than an upload can have been compressed here.
  MAX_ORIGINAL_BYTES: {
    ...integer(
      1,
      1_024 * MEBIBYTE,
      64 * MEBIBYTE,
      'Bytes of the largest original that an archive may declare; not below `MAX_UPLOAD_BYTES`.',
    ),
    fallbackInWords: '`MAX_UPLOAD_BYTES`, at least 67108864',
  },
  MAX_UPLOADS: integer(
    1,
    100_000,
    256,
    'Files that are received at the same time; more are answered with 503 before their body is read.',
  ),
  MIN_FREE_DISK_BYTES: integer(
    0,
    2 ** 40,
    64 * MEBIBYTE,
    'Bytes that uploads of more than 64 KiB leave free on the disk of `TMPDIR`; what does not fit is answered with 507 before it is read. 0: all may be used.',
  ),
  MAX_SMALL_REQUESTS: integer(1, 1_024, 16, 'Requests of up to 1 MiB that compute at the same time.'),
  MAX_LARGE_REQUESTS: integer(
    1,
    1_024,
    2,
    'Larger requests that compute at the same time; each is held in memory with its answer.',
  ),
  MAX_WAITING_REQUESTS: integer(
    0,
    10_000,
    64,
    'Requests of each of these two kinds that wait, on disk if they are not short; more are answered with 503.',
  ),
  API_KEYS: {
    about:
      'The API keys, as names and SHA-256 hashes; who has none of them is answered with 401. `npm run api-key -- NAME` makes one. Two keys of one name replace each other without a gap. Empty: open to everybody.',
    schema: keyList,
    allowed: 'name:hash, in a list with commas; the hash is 64 lower-case hexadecimal digits, `anonymous` is no name',
    fallback: '',
    secret: true,
  },
  CORS_ORIGINS: {
    about:
      'Origins whose pages may use the service from a browser, with an API key if it has some; never with cookies. Empty: none.',
    schema: originList,
    allowed: 'origins such as https://pages.example, without a path, in a list with commas',
    fallback: '',
  },
  PAGES: oneOf(
    ['on', 'off'],
    'on',
    'Whether browsers find pages here: `/` to try the service, and `/docs`, the contract. Neither asks for a key; what they do with the service does.',
  ),
  RATE_LIMIT_REQUESTS: integer(
    0,
    1_000_000_000,
    0,
    'Requests that each API key, or each address without one, may send in a window; more are answered with 429. 0: no limit.',
  ),
  RATE_LIMIT_WINDOW_SECONDS: integer(1, 86_400, 60, 'Seconds of a window.'),
  REDIS_URL: {
    about:
      'A Redis that all replicas share: for their jobs, and to count the hits of `RATE_LIMIT_REQUESTS` together. Empty: each has jobs of its own, and counts for itself.',
    schema: z.union([z.literal(''), z.url({ protocol: /^rediss?$/, hostname: /./ })]) as z.ZodType<string, string>,
    allowed: 'a URL, redis://host or rediss://host (TLS)',
    fallback: '',
    // It may have a password in it.
    secret: true,
  },
  ARDM_ROLE: oneOf(
    ['all', 'api', 'worker'],
    'all',
    'What the process does: `api` answers requests and leaves jobs to others, `worker` works on jobs and answers only probes.',
  ),
  JOBS_FOLDER: {
    ...optional(
      'a folder',
      /./,
      'Where jobs and their bytes are kept; with `REDIS_URL` only the bytes, in a folder that all processes share.',
    ),
    fallbackInWords: '`ardm-jobs-` and the port, in `TMPDIR`; where another process has it, with `-2` and so on',
  },
  S3_BUCKET: optional(
    'the name of a bucket',
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    "A bucket for the bytes of jobs, in place of a folder; the AWS SDK's own variables say with which credentials.",
  ),
  S3_ENDPOINT: optional(
    'a URL like http://host:9000',
    /^https?:\/\/\S+$/,
    "A service that speaks S3. Empty: Amazon's.",
  ),
  S3_REGION: text('the name of a region', 'us-east-1', 'The region of the bucket.'),
  DATA_FOLDER: optional(
    'a folder, not below TMPDIR',
    /./,
    'Where dictionaries are kept, in a folder that all processes share. Empty: in `S3_BUCKET`, or else as long as the process lasts.',
  ),
  MAX_DICTIONARIES: integer(1, 100_000, 1_000, 'Dictionaries of each API key, or of all callers without one.'),
  MAX_DICTIONARY_SAMPLES_BYTES: integer(
    1,
    256 * MEBIBYTE,
    16 * MEBIBYTE,
    'Bytes of the samples that one dictionary is made of.',
  ),
  DICTIONARY_CACHE_BYTES: integer(
    1,
    2 ** 40,
    64 * MEBIBYTE,
    'Bytes of memory of each worker for dictionaries that it has learned; one of 16 KiB takes some 20 MiB. The last one used is always kept.',
  ),
  JOB_TTL_SECONDS: integer(1, 31_536_000, 86_400, 'Seconds that a job is kept when it is finished, with its result.'),
  JOB_ATTEMPTS: integer(1, 100, 5, 'How often a job is begun, by workers that end or fail, before it has failed.'),
  MAX_QUEUED_JOBS: integer(1, 1_000_000, 1_000, 'Jobs that wait; more are answered with 503.'),
  JOB_ORPHAN_SECONDS: integer(1, 31_536_000, 600, 'Age in seconds at which bytes that belong to no job are removed.'),
  SHUTDOWN_DELAY_SECONDS: integer(
    0,
    300,
    0,
    'Seconds from SIGTERM, when `/health/ready` turns 503, to the end of accepting connections; 5 to 15 behind a load balancer.',
  ),
  SHUTDOWN_TIMEOUT_SECONDS: integer(0, 3_600, 30, 'Seconds that running requests then have.'),
  LOG_LEVEL: oneOf(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'info',
    'The least level of lines in the log, which are JSON, without keys, file names or contents.',
  ),
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
    else faults.push(faultOf(name, setting, given));
  }
  const config = values as Config;
  if (faults.length === 0 && config.MAX_ORIGINAL_BYTES < config.MAX_UPLOAD_BYTES) {
    faults.push(
      'MAX_ORIGINAL_BYTES: must not be below MAX_UPLOAD_BYTES, or archives made here could not be decoded here',
    );
  }
  if (faults.length === 0) faults.push(...sharingFaults(config, env), ...dataFaults(config));
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

function faultOf(name: string, { allowed, fallback, secret }: Setting<unknown>, given: string): string {
  const value = secret ? '' : `=${JSON.stringify(given)}`;
  return `${name}${value}: must be ${allowed} (default ${fallback === '' ? 'empty' : fallback})`;
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

/** What is to last must not lie where systems tidy up. */
function dataFaults({ DATA_FOLDER }: Config): string[] {
  if (DATA_FOLDER === '') return [];
  const fromTemporary = relative(tmpdir(), resolve(DATA_FOLDER));
  const isBelow = fromTemporary === '' || !(fromTemporary.startsWith('..') || isAbsolute(fromTemporary));
  return isBelow
    ? [`DATA_FOLDER=${JSON.stringify(DATA_FOLDER)}: must not be in the folder for temporary files, which is emptied`]
    : [];
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
