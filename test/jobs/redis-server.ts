import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../free-port.js';

/** Longer than the script's own limits, so that its message is seen rather than a timeout. */
const INSTALL_LIMIT_MS = 15 * 60_000;

/** Why there is no Redis here, in words, or undefined if there is one. Installs Debian's where this may be done. */
export function missingRedis(): string | undefined {
  if (found()) return undefined;
  // Several files of tests ask at the same time, and apt lets one in: the script waits for its turn.
  const script = fileURLToPath(new URL('../../../scripts/install-fleet.sh', import.meta.url));
  const { stderr } = spawnSync('sh', [script], {
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_LIMIT_MS,
  });
  return found() ? undefined : `redis-server is not installed: ${stderr?.trim()}`;
}

function found(): boolean {
  return spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** When a write is on disk: before it is acknowledged, or within a second. */
export type Fsync = 'always' | 'everysec';

/** A Redis of the test's own: a free port, a folder that is removed, and an append-only file. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    /** Of its files. */
    readonly folder: string,
    private readonly fsync: Fsync,
    private readonly password: string,
  ) {}

  static async start(fsync: Fsync = 'always', password = ''): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'ardm-redis-')), fsync, password);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://${this.password === '' ? '' : `:${this.password}@`}127.0.0.1:${this.port}`;
  }

  /** On the same port and with the same file. @param more options, which win. */
  async restart(more: readonly string[] = []): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    const secret = this.password === '' ? [] : ['--requirepass', this.password];
    const file = ['--appendonly', 'yes', '--appendfsync', this.fsync];
    const child = spawn('redis-server', [...options, ...file, ...secret, ...more], { stdio: 'ignore' });
    this.child = child;
    const kill = (): boolean => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    for (let tries = 0; !(await accepts(this.port)); tries++) {
      if (child.exitCode !== null || tries > 200) throw new Error('redis-server did not start');
      await sleep(25);
    }
  }

  async kill(): Promise<void> {
    if (!this.child) return;
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    this.child = undefined;
  }

  /** At once, without waiting for its end. */
  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** A Redis that is there and does not answer. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
