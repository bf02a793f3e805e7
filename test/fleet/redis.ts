import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../http/harness.js';
import { freePorts } from './ports.js';
import { Program } from './program.js';
import { programs } from './programs.js';

/** When an acknowledged write is on disk: before it is acknowledged, or within a second. */
export type Fsync = 'always' | 'everysec';

/** A redis-server of its own, with an append-only file in a folder of its own: it comes back with what it knew. */
export class Redis {
  private program: Program | undefined;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly fsync: Fsync,
  ) {}

  static async start(fsync: Fsync = 'always'): Promise<Redis> {
    const [port] = (await freePorts(1)) as [number];
    const redis = new Redis(port, await mkdtemp(join(tmpdir(), 'ardm-redis-')), fsync);
    try {
      await redis.restart();
    } catch (error) {
      await redis.stop();
      throw error;
    }
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** SIGKILL: nothing is written or said at the end. */
  async kill(): Promise<void> {
    await this.program?.end('SIGKILL');
  }

  /** Starts it again, on the same port and files, and waits until it has read them. */
  async restart(): Promise<void> {
    const settings = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.folder,
      appendonly: 'yes',
      appendfsync: this.fsync,
      save: '',
      'maxmemory-policy': 'noeviction',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const program = new Program(programs().redis, args, this.folder);
    this.program = program;
    await until(
      async () => !program.running || (await answersPing(this.port)),
      `redis-server does not answer: ${program.output}`,
      20_000,
    );
    if (!program.running) throw new Error(`redis-server ended: ${program.output}`);
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** While it reads its files it answers with an error. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once('data', (data) => done(data.toString().startsWith('+PONG')));
    socket.once('error', () => done(false));
  });
}
