/** First words of Redis's errors that say why it refuses a command. */
export const REDIS_REASONS = [
  'READONLY',
  'MISCONF',
  'OOM',
  'NOAUTH',
  'WRONGPASS',
  'NOPERM',
  'LOADING',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'NOREPLICAS',
  'UNBLOCKED',
  'MOVED',
  'TRYAGAIN',
  'BUSY',
];

/** In errors of scripts they may stand further back. */
const REDIS_WORDS = new RegExp(`\\b(${REDIS_REASONS.join('|')})\\b`);

/** Why there is no connection is not known to the command that finds none. */
export const NOT_CONNECTED = 'not-connected';

/** Names that say nothing. */
const NO_NAMES: ReadonlySet<string> = new Set(['Error', 'TypeError', 'AggregateError', 'ReplyError']);

/** Why a store did not do what it was asked, in one word that logs, metrics and the runbook share: of few there are. */
export function failureReason(error: unknown): string {
  if (!(error instanceof Error)) return 'other';
  const word = REDIS_WORDS.exec(error.message)?.[1];
  if (word !== undefined) return word;
  // ioredis; S3 and the SDK say TimeoutError.
  if (error.message === 'Command timed out' || error.name === 'TimeoutError') return 'timeout';
  if ('code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(error.code)) return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return failureReason(error.errors[0]);
  if (error.name === 'ReplyError') return /^[A-Z]{2,}\b/.exec(error.message)?.[0] ?? 'other';
  // Errors of S3 have its codes for names.
  if (!NO_NAMES.has(error.name) && /^[A-Za-z]{3,64}$/.test(error.name)) return error.name;
  // What ioredis says of a connection that is not there.
  if (/isn't writeable|Connection is closed|connection close/.test(error.message)) return NOT_CONNECTED;
  return error.cause === undefined ? 'other' : failureReason(error.cause);
}
