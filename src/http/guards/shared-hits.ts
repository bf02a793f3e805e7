import type { ClientRateLimitInfo, Options, Store } from 'express-rate-limit';
import { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { RedisStore } from 'rate-limit-redis';
import { failureReason } from '../../jobs/failure-reason.js';
import { isDemoted } from '../../jobs/redis-clients.js';
import { LocalHits, timeOfDay } from './local-hits.js';

/** How long Redis may take to count a hit, and how long it is left alone when it did not, in milliseconds. */
const PATIENCE = 250;
const PAUSE = 1_000;
const PREFIX = 'ardm:hits:';

/**
 * Hits counted in Redis, for all replicas together. While Redis does not answer, each replica counts for itself, which
 * refuses less, and no request waits for it but one every second or so.
 */
export class SharedHits implements Store {
  readonly localKeys = false;
  private readonly redis: Redis;
  private readonly shared: RedisStore;
  private readonly local = new LocalHits();
  /** By the monotonic clock. */
  private pausedUntil = 0;
  private windowMs = 0;
  /** Unknown until Redis has answered, or not. */
  private isShared: boolean | undefined;

  /**
   * Connects by itself, and again whenever the connection is lost.
   *
   * @param failed told why a hit was not counted there.
   */
  constructor(
    url: string,
    private readonly log: Logger,
    private readonly failed: (reason: string) => void = () => {},
  ) {
    this.redis = new Redis(url, {
      // Fail at once, in place of waiting for a connection.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: PATIENCE,
      connectTimeout: 5_000,
      // A connection that went dead without a word is given up.
      socketTimeout: 5_000,
      reconnectOnError: isDemoted,
      maxLoadingRetryTime: 1_000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
      // The client's name for itself may be refused by servers that stand in for Redis.
      disableClientInfo: true,
    });
    // Each failure to connect; without a listener ioredis writes to the console.
    this.redis.on('error', (error: Error) => this.lost(error));
    this.shared = new RedisStore({
      prefix: PREFIX,
      sendCommand: async (command: string, ...args: string[]) => (await this.redis.call(command, args)) as number,
    });
  }

  init(options: Options): void {
    this.local.init(options);
    this.windowMs = options.windowMs;
    // At every connection: RedisStore keeps its script's id, or for ever the failure to load it when Redis was away.
    const load = (): void =>
      void this.load(options).then(
        () => this.found(),
        (error) => this.lost(error),
      );
    this.redis.on('ready', load);
    if (this.redis.status === 'ready') load();
  }

  async increment(key: string): Promise<ClientRateLimitInfo> {
    if (this.redis.status !== 'ready' || performance.now() < this.pausedUntil) return this.local.increment(key);
    try {
      const hits = await this.shared.increment(key);
      this.found();
      return await this.withinWindow(key, hits);
    } catch (error) {
      this.lost(error);
      return this.local.increment(key);
    }
  }

  async decrement(key: string): Promise<void> {
    this.local.decrement(key);
  }

  async resetKey(key: string): Promise<void> {
    this.local.resetKey(key);
  }

  close(): void {
    this.redis.disconnect();
    this.local.shutdown();
  }

  /** Redis ends windows by the time of day, so that one may last for hours if its clock is set back: such a one ends now. */
  private async withinWindow(key: string, hits: ClientRateLimitInfo): Promise<ClientRateLimitInfo> {
    const left = (hits.resetTime?.getTime() ?? 0) - Date.now();
    if (left <= this.windowMs) return hits;
    await this.shared.resetKey(key);
    return { totalHits: 1, resetTime: timeOfDay(this.windowMs) };
  }

  /** What a Redis that refuses to be written to answers is known now, not at the first hit. */
  private async load(options: Options): Promise<void> {
    await this.shared.init(options);
    await this.redis.set(`${PREFIX}probe`, '', 'PX', 1);
  }

  private lost(error: unknown): void {
    this.pausedUntil = performance.now() + PAUSE;
    const reason = failureReason(error);
    this.failed(reason);
    if (this.isShared === false) return;
    this.isShared = false;
    const message = error instanceof Error ? error.message : String(error);
    this.log.warn({ reason, message }, 'rate limits are counted here: no Redis');
  }

  private found(): void {
    this.pausedUntil = 0;
    if (this.isShared) return;
    this.isShared = true;
    this.log.info('rate limits are shared');
  }
}
