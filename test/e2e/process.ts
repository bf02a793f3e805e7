import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Received, sendChecked } from '../http/contract.js';
import { until } from '../until.js';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const TINY_MODELS = join(ROOT, 'test', 'fixtures', 'models');

export interface LogLine {
  readonly msg: string;
  readonly level: number;
  readonly port?: number;
  readonly [key: string]: unknown;
}

/** The service in a process of its own, with the small models of the tests and a folder of its own for uploads. */
export class ServiceProcess {
  private static readonly all = new Set<ServiceProcess>();
  readonly log: LogLine[] = [];
  errors = '';
  private text = '';

  private constructor(
    readonly child: ChildProcess,
    readonly folder: string,
  ) {
    ServiceProcess.all.add(this);
    child.stdout?.on('data', (chunk: Buffer) => {
      this.text += chunk;
      const lines = this.text.split('\n');
      this.text = lines.pop() ?? '';
      for (const line of lines) this.log.push(JSON.parse(line) as LogLine);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk;
    });
  }

  /** Does not wait until it listens. @param uid of another user to run it as, where this one is root. */
  static async spawn(
    env: Record<string, string> = {},
    main: readonly string[] = [join(ROOT, 'dist', 'src', 'main.js')],
    cwd = tmpdir(),
    uid?: number,
  ): Promise<ServiceProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'ardm-e2e-'));
    if (uid !== undefined) await chown(folder, uid, uid);
    const settings = { HOST: '127.0.0.1', PORT: '0', MODELS_DIR: TINY_MODELS, ARDM_PROVIDER: 'cpu', ARDM_WORKERS: '1' };
    const child = spawn(process.execPath, main, {
      cwd,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: folder, ...settings, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    return new ServiceProcess(child, folder);
  }

  static async start(...args: Parameters<typeof ServiceProcess.spawn>): Promise<ServiceProcess> {
    const service = await ServiceProcess.spawn(...args);
    await until(
      () => service.port > 0 || service.child.exitCode !== null,
      `the service does not listen: ${service.errors}`,
      60_000,
    );
    if (service.port === 0) throw new Error(`the service ended: ${service.errors}`);
    return service;
  }

  /** Ends those that a failed test left running: they would keep the tests' process from ending. */
  static async killAll(): Promise<void> {
    for (const service of ServiceProcess.all) {
      service.child.kill('SIGKILL');
      await service.stop();
    }
  }

  get port(): number {
    return this.log.find(({ msg }) => msg.startsWith('listening'))?.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sends a request, and holds the answer against openapi.yaml. */
  send(path: string, init: RequestInit = {}): Promise<Received> {
    return sendChecked(this.url, path, init);
  }

  post(path: string, body: Uint8Array | FormData): Promise<Received> {
    return this.send(path, { method: 'POST', body });
  }

  async uploads(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => name.startsWith('ardm-upload-'));
  }

  /** @returns the exit code. */
  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    const code = await this.ended();
    ServiceProcess.all.delete(this);
    await rm(this.folder, { recursive: true, force: true });
    return code;
  }
}
