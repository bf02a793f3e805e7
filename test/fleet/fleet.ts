import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../free-port.js';
import { type Fsync, RedisServer } from '../jobs/redis-server.js';
import { until } from '../until.js';
import { Nginx } from './nginx.js';
import { Replica } from './replica.js';

export interface FleetOptions {
  /** Environment of each replica that nginx sends requests to. */
  readonly apis: readonly Record<string, string>[];
  /** Environment of each dedicated worker. */
  readonly workers?: readonly Record<string, string>[];
  /** Environment of all. */
  readonly common?: Record<string, string>;
  /** With a Redis of their own, and a shared folder for the bytes of jobs. */
  readonly jobs?: boolean;
  readonly fsync?: Fsync;
}

/** nginx, replicas, and where jobs are asked for, workers and Redis: processes of this test, on ports of this machine. */
export class Fleet {
  readonly apis: Replica[] = [];
  readonly workers: Replica[] = [];
  private redisServer: RedisServer | undefined;
  private balancer: Nginx | undefined;

  private constructor(readonly folder: string) {}

  static async start(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(await mkdtemp(join(tmpdir(), 'ardm-fleet-')));
    try {
      await fleet.launch(options);
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  /** Where clients send requests. */
  get url(): string {
    return this.nginx.url;
  }

  get nginx(): Nginx {
    if (!this.balancer) throw new Error('nginx was not started');
    return this.balancer;
  }

  get redis(): RedisServer {
    if (!this.redisServer) throw new Error('a fleet without jobs has no Redis');
    return this.redisServer;
  }

  /** Files of the jobs' bytes. */
  get blobs(): string {
    return join(this.jobsFolder, 'blobs');
  }

  /** Records of jobs as they stand in Redis, by id. */
  records(): Promise<Record<string, string>> {
    return this.asked((client) => client.hgetall('ardm:jobs'));
  }

  async record(id: string): Promise<string | undefined> {
    return (await this.asked((client) => client.hget('ardm:jobs', id))) ?? undefined;
  }

  /** Keys in Redis that do not end by themselves, as the claim of a killed replica on an Idempotency-Key does. */
  lastingKeys(): Promise<string[]> {
    return this.asked(async (client) => {
      const keys = await client.keys('*');
      const times = await Promise.all(keys.map((key) => client.pttl(key)));
      return keys.filter((_, index) => times[index] === -1);
    });
  }

  private async asked<T>(question: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.redis.url, { disableClientInfo: true });
    client.on('error', () => {});
    try {
      return await question(client);
    } finally {
      client.disconnect();
    }
  }

  private get jobsFolder(): string {
    return join(this.folder, 'jobs');
  }

  private async launch({ apis, workers = [], common = {}, jobs = false, fsync }: FleetOptions): Promise<void> {
    if (jobs) this.redisServer = await RedisServer.start(fsync);
    const shared = jobs ? { REDIS_URL: this.redis.url, JOBS_FOLDER: this.jobsFolder } : {};
    const roles = (role: string) => (jobs && workers.length > 0 ? { ARDM_ROLE: role } : {});
    for (const env of apis) this.apis.push(await this.replica({ ...shared, ...common, ...roles('api'), ...env }));
    for (const env of workers)
      this.workers.push(await this.replica({ ...shared, ...common, ...roles('worker'), ...env }));
    await Promise.all([...this.apis, ...this.workers].map((replica) => replica.start()));
    this.balancer = await Nginx.start(this.apis.map(({ port }) => port));
    await until(() => this.answers(), 'no replica answers through nginx', 20_000);
  }

  private async replica(env: Record<string, string>): Promise<Replica> {
    const port = await freePort();
    const folder = join(this.folder, String(port));
    await mkdir(folder);
    return new Replica(port, folder, { ...env, PORT: String(port), TMPDIR: folder });
  }

  private answers(): Promise<boolean> {
    return fetch(`${this.url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** Ends all processes and removes their files. */
  async stop(): Promise<void> {
    await this.balancer?.stop();
    await Promise.all([...this.apis, ...this.workers].map((replica) => replica.end('SIGKILL')));
    await this.redisServer?.stop();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
