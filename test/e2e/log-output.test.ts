import assert from 'node:assert/strict';
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../free-port.js';
import { until } from '../until.js';
import { ROOT, TINY_MODELS } from './process.js';

const MAIN = join(ROOT, 'dist', 'src', 'main.js');

/** Requests that are sent; of one alone pino's own destination still answered, of these it did not. */
const REQUESTS = 400;

/** The service, its standard output where the test wants it. */
class Server {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** @param command what starts the service, where that is not Node alone. */
  static async start(folder: string, stdout: number | 'pipe', command?: readonly string[]): Promise<Server> {
    const port = await freePort();
    const settings = { HOST: '127.0.0.1', PORT: String(port), MODELS_DIR: TINY_MODELS, ARDM_PROVIDER: 'cpu' };
    const env = { PATH: process.env.PATH, TMPDIR: folder, ARDM_WORKERS: '1', LOG_LEVEL: 'debug', ...settings };
    const stdio: StdioOptions = ['ignore', stdout, 'inherit'];
    const [program = '', ...args] = command ?? [process.execPath, MAIN];
    const child = spawn(program, args, { env, stdio });
    const server = new Server(child, `http://127.0.0.1:${port}`);
    const answers = (): Promise<boolean> =>
      fetch(`${server.url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(async () => (await answers()) || child.exitCode !== null, 'it does not start', 60_000);
    return server;
  }

  /** Sends requests that are logged, each of which must be answered. */
  async use(): Promise<void> {
    const client = async (requests: number): Promise<void> => {
      for (let i = 0; i < requests; i++) {
        const signal = AbortSignal.timeout(10_000);
        const headers = { 'x-request-id': 'x'.repeat(128) };
        const answer = await fetch(`${this.url}/v1/models`, { signal, headers });
        assert.equal(answer.status, 200);
        await answer.arrayBuffer();
      }
    };
    await Promise.all(Array.from({ length: 8 }, () => client(REQUESTS / 8)));
  }

  async lost(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return Number(/^ardm_log_lines_lost_total (\d+)$/m.exec(text)?.[1]);
  }

  /** Ends it as an operator would. @returns its exit code. */
  async terminate(): Promise<number | null> {
    this.child.kill('SIGTERM');
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    clearTimeout(kill);
    return this.child.exitCode;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // What nobody has waited for yet has ended, too.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('the service whose log cannot be written', { skip: process.platform !== 'linux' && 'it is for Linux' }, () => {
  let folder: string;
  let servers: Server[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-log-'));
  });
  after(async () => {
    for (const { child } of servers) child.kill('SIGKILL');
    servers = [];
    await rm(folder, { recursive: true, force: true });
  });

  async function start(stdout: number | 'pipe', command?: readonly string[]): Promise<Server> {
    const server = await Server.start(folder, stdout, command);
    servers.push(server);
    return server;
  }

  it('serves on where every write fails, counts what is lost, and ends when it is told to', async () => {
    const fd = openSync('/dev/full', 'w');
    const server = await start(fd);
    closeSync(fd);
    await server.use();
    // A line is written when its answer is out, which may be a moment later.
    assert.ok((await server.lost()) > REQUESTS / 2, `${await server.lost()} lost`);
    assert.equal(await server.terminate(), 0);
  });

  it('serves on where a disk is full, and logs again when it is not', async (context) => {
    const disk = await mkdtemp(join(tmpdir(), 'ardm-log-disk-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk], { encoding: 'utf8' });
    if (mounted.status !== 0) {
      await rm(disk, { recursive: true });
      console.error(`SKIPPED: the log on a disk that is full: none can be mounted here: ${mounted.stderr.trim()}`);
      context.skip('no disk can be mounted');
      return;
    }
    try {
      const path = join(disk, 'log');
      const fd = openSync(path, 'a');
      const server = await start(fd);
      closeSync(fd);
      const ballast = join(disk, 'ballast');
      await writeFile(ballast, Buffer.alloc(40_000));
      await server.use();
      await server.use();
      assert.ok((await server.lost()) > REQUESTS, `${await server.lost()} lost`);
      assert.equal((await statfs(disk)).bavail, 0);
      await rm(ballast);
      await fetch(`${server.url}/v1/models`);
      const recovered = (): boolean => readFileSync(path, 'utf8').includes('"msg":"lines of the log were lost"');
      await until(recovered, 'it does not say what was lost');
      assert.equal(await server.terminate(), 0);
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      const broken = lines.filter((line) => !line.startsWith('{') || !line.endsWith('}'));
      assert.ok(broken.length <= 1, broken.join('\n'));
      assert.match(lines.at(-1) ?? '', /"msg":"stopped"/);
    } finally {
      for (const { child } of servers) child.kill('SIGKILL');
      await until(() => spawnSync('umount', [disk]).status === 0, 'it cannot be unmounted');
      await rm(disk, { recursive: true });
    }
  });

  const stuck = async (server: Server, terminate = () => server.terminate()): Promise<void> => {
    // How much the system holds for whoever does not read differs: some hundred KiB behind a terminal.
    for (let i = 0; i < 100 && (i < 10 || (await server.lost()) === 0); i++) await server.use();
    assert.ok((await server.lost()) > 0);
    assert.equal(await terminate(), 0);
  };

  it('serves on where nobody reads a socket, and ends when it is told to', async () => {
    // Node gives its children sockets. Nothing reads this one.
    await stuck(await start('pipe'));
  });

  it('serves on where nobody reads a pipe, and ends when it is told to', async () => {
    const path = join(folder, 'pipe');
    assert.equal(spawnSync('mkfifo', [path]).status, 0);
    const reader = openSync(path, 'r+');
    const writer = openSync(path, 'w');
    const server = await start(writer);
    closeSync(writer);
    await stuck(server);
    closeSync(reader);
  });

  it('serves on where a terminal is stopped, and ends when it is told to', async (context) => {
    if (spawnSync('script', ['--version']).status !== 0) {
      console.error('SKIPPED: the log on a terminal that is stopped: there is no program named script');
      context.skip('there is no terminal');
      return;
    }
    // script passes on what the terminal shows, to a socket that nobody reads: then it reads the terminal no more.
    const pid = join(folder, 'pid');
    const run = `echo $$ > ${pid}; exec ${process.execPath} ${MAIN}`;
    const server = await start('pipe', ['script', '-q', '-c', run, '/dev/null']);
    await stuck(server, async () => {
      const server = Number(readFileSync(pid, 'utf8'));
      process.kill(server, 'SIGTERM');
      await until(() => !isRunning(server), 'it does not end', 20_000);
      return 0;
    });
    server.child.kill('SIGKILL');
  });

  it('serves on when its reader has gone', async () => {
    const server = await start('pipe');
    server.child.stdout?.destroy();
    await server.use();
    assert.ok((await server.lost()) > REQUESTS / 2);
    assert.equal(await server.terminate(), 0);
  });

  it('logs everything to a reader that reads late', async () => {
    const server = await start('pipe');
    await server.use();
    let text = '';
    server.child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    assert.equal(await server.terminate(), 0);
    const lines = text.trimEnd().split('\n');
    assert.ok(lines.every((line) => line.startsWith('{') && line.endsWith('}')));
    assert.equal(lines.filter((line) => line.includes('"route":"/v1/models"')).length, REQUESTS);
    assert.match(lines.at(-1) ?? '', /"msg":"stopped"/);
  });
});
