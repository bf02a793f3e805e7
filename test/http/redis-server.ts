import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './harness.js';

const INSTALL = fileURLToPath(new URL('../../../scripts/install-redis.sh', import.meta.url));

/** Why there is no Redis on this machine, where there is none and none can be installed. */
export function redisMissing(): string | false {
  const { status, stderr, error } = spawnSync('sh', [INSTALL], { encoding: 'utf8', timeout: 10 * 60_000 });
  return status === 0 ? false : `SKIPPED, no redis-server: ${error?.message ?? stderr.trim()}`;
}

/** A Redis on a free port, in a folder of its own, that can be killed, stopped for a while and started again. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly password: string,
  ) {}

  static async start(password = ''): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'ardm-redis-'));
    const server = new RedisServer(await freePort(), folder, password);
    await server.run();
    return server;
  }

  get url(): string {
    return `redis://${this.password === '' ? '' : `:${this.password}@`}127.0.0.1:${this.port}`;
  }

  /** Starts it, again on the same port. */
  async run(): Promise<void> {
    const secret = this.password === '' ? [] : ['--requirepass', this.password];
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--appendonly', 'yes'];
    const child = spawn('redis-server', [...options, ...secret], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    await until(() => text.includes('Ready to accept connections') || child.exitCode !== null, 'no Redis', 20_000);
    if (child.exitCode !== null) throw new Error(`redis-server ended: ${text}`);
  }

  /** Holds it so that connections stay and nothing is answered, and lets it go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.child?.kill(name);
  }

  async kill(): Promise<void> {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
