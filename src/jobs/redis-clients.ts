import { Redis, type RedisOptions } from 'ioredis';
import { failureReason } from './failure-reason.js';
import type { JobLog } from './worker.js';

/** Longest wait between two tries to connect: so is the longest time that Redis is back unnoticed. */
const MAX_RECONNECT_MS = 1_000;
/** A Redis that is connected and silent is as good as none. Far above what any command here takes. */
const COMMAND_TIMEOUT_MS = 3_000;

/**
 * A primary that has become a replica keeps its connections and refuses what they write: only a new connection finds the new
 * primary. The command has failed, and whoever sent it decides whether to send it again.
 */
export function isDemoted(error: Error): boolean {
  return /\b(READONLY|UNBLOCKED)\b/.test(error.message);
}

const COMMON: RedisOptions = {
  retryStrategy: (times) => Math.min(times * 50, MAX_RECONNECT_MS),
  // A CLIENT SETINFO that fails while Redis starts can leave ioredis 5.8 without a connection for ever.
  disableClientInfo: true,
  connectTimeout: 5_000,
  keepAlive: 10_000,
  reconnectOnError: isDemoted,
  // Redis says itself how long it will read its file yet, which may be wrong by much.
  maxLoadingRetryTime: MAX_RECONNECT_MS,
};

/** For whoever has somebody waiting: without a connection every command fails at once, and the connection is tried again. */
export function failFastClient(url: string, log: JobLog): Redis {
  const client = new Redis(url, {
    ...COMMON,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
  });
  let reachable = true;
  client.on('error', (error: Error) => {
    // Once for each outage, not for each try.
    const details = { reason: failureReason(error), err: error };
    if (reachable) log('error', 'Redis cannot be reached: jobs are not available until it can', details);
    reachable = false;
  });
  client.on('ready', () => {
    if (!reachable) log('info', 'Redis can be reached again', {});
    reachable = true;
  });
  return client;
}

/** For whoever can wait: commands are held until there is a connection. Bull asks for both settings where it blocks. */
export function patientClient(url: string): Redis {
  const client = new Redis(url, { ...COMMON, enableReadyCheck: false, maxRetriesPerRequest: null });
  // failFastClient reports the same outage.
  client.on('error', () => {});
  return client;
}

/** Ends the connection, without waiting for a Redis that may not answer. */
export function disconnect(client: Redis): void {
  client.disconnect(false);
}

/** Says what an operator should know of a Redis that jobs are kept in. */
export async function checkRedis(client: Redis, log: JobLog): Promise<void> {
  const memory = await client.info('memory');
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  if (policy !== undefined && policy !== 'noeviction') {
    log('warn', 'Redis may drop jobs when its memory is full: set its maxmemory-policy to noeviction', { policy });
  }
  const persistence = await client.info('persistence');
  if (/aof_enabled:0/.test(persistence)) {
    log('warn', 'Redis forgets jobs when it is restarted: set its appendonly to yes', {});
  }
}
