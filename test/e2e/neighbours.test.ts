import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { freePort } from '../free-port.js';
import { until } from '../until.js';
import { ROOT, ServiceProcess, TINY_MODELS } from './process.js';

/** Two services that share a folder for temporary files, as two on a machine do, and containers to which it is mounted. */
describe('services that share TMPDIR', () => {
  let shared: string;
  before(async () => {
    shared = await mkdtemp(join(tmpdir(), 'ardm-shared-'));
  });
  afterEach(() => ServiceProcess.killAll());
  after(() => rm(shared, { recursive: true, force: true }));

  /** Begins an upload that does not end. */
  async function upload(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write('POST /v1/compress HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    await until(async () => (await uploads()).length > 0, 'the upload does not begin');
    return socket;
  }
  const uploads = async (): Promise<string[]> =>
    (await readdir(shared)).filter((name) => name.startsWith('ardm-upload-'));
  const answered = async (socket: Socket): Promise<string> => {
    const answer = once(socket, 'data') as Promise<[Buffer]>;
    socket.write('4\r\nhalf\r\n0\r\n\r\n');
    return (await answer)[0].toString('latin1');
  };
  const jobDone = async (service: ServiceProcess): Promise<boolean> => {
    const posted = await service.post('/v1/jobs?operation=compress&model=tiny-a', Buffer.from('a file'));
    assert.equal(posted.status, 202);
    const path = posted.headers.get('location') ?? '';
    const isDone = async (): Promise<boolean> => (await service.send(path)).body.includes('"state":"done"');
    await until(isDone, 'the job is not done', 20_000);
    return true;
  };

  it('run on two ports, with jobs of their own, and keep their hands off the uploads of the other', async () => {
    const [first, second] = [String(await freePort()), String(await freePort())];
    const one = await ServiceProcess.start({ TMPDIR: shared, PORT: first });
    const socket = await upload(one.port);
    const other = await ServiceProcess.start({ TMPDIR: shared, PORT: second });
    assert.deepEqual(other.errors, '');
    assert.match(await answered(socket), /^HTTP\/1\.1 200 OK/);
    socket.destroy();
    assert.ok((await jobDone(one)) && (await jobDone(other)));
    for (const port of [first, second]) assert.ok((await readdir(shared)).includes(`ardm-jobs-${port}`));
  });

  it('sweep what a killed one has left', async () => {
    const killed = await ServiceProcess.start({ TMPDIR: shared });
    await upload(killed.port);
    killed.child.kill('SIGKILL');
    await killed.ended();
    assert.equal((await uploads()).length, 1);
    const next = await ServiceProcess.start({ TMPDIR: shared });
    assert.deepEqual(await uploads(), []);
    assert.ok(next.log.some(({ msg, swept }) => msg.startsWith('removed uploads') && swept === 1));
    await next.stop();
    assert.ok(!(await readdir(shared)).some((name) => name.startsWith('ardm-alive-')));
  });

  it('have the same port and the same number, each in a container of its own', async (context) => {
    // In a container of its own, a server is process 1.
    const container = ['-p', '-f', '--mount-proc', '--kill-child'];
    const possible = spawnSync('unshare', [...container, 'true'], { encoding: 'utf8' });
    if (possible.status !== 0) {
      console.error(`SKIPPED: services in containers that share TMPDIR: ${possible.stderr || 'there is no unshare'}`);
      context.skip('no containers can be made here');
      return;
    }
    const port = await freePort();
    const settings = { PORT: String(port), MODELS_DIR: TINY_MODELS, ARDM_PROVIDER: 'cpu', ARDM_WORKERS: '1' };
    const running: ChildProcess[] = [];
    const start = async (host: string): Promise<() => string> => {
      const env = { PATH: process.env.PATH, TMPDIR: shared, ...settings, HOST: host };
      const command = [...container, process.execPath, join(ROOT, 'dist', 'src', 'main.js')];
      const stdio = ['ignore', 'pipe', 'inherit'] as const;
      const child = spawn('unshare', command, { env, stdio: [...stdio] });
      running.push(child);
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk;
      });
      await until(() => text.includes('"listening on ') || child.exitCode !== null, 'it does not start', 60_000);
      return () => text;
    };
    try {
      const first = await start('127.0.0.1');
      const socket = await upload(port);
      const others = [await start('127.0.0.2'), await start('127.0.0.3')];
      for (const log of [first, ...others]) assert.match(log(), /"pid":1,/);
      assert.match(await answered(socket), /^HTTP\/1\.1 200 OK/);
      for (const log of others)
        assert.match(log(), /"msg":"jobs are kept in another folder than usual, which is in use"/);
      const names = await readdir(shared);
      for (const end of ['', '-2', '-3']) assert.ok(names.includes(`ardm-jobs-${port}${end}`), end);
    } finally {
      for (const child of running) {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
    }
  });

  it('say in a sentence that there is none, and that a port is taken, before all else', async () => {
    const missing = await ServiceProcess.spawn({ TMPDIR: join(shared, 'missing') });
    assert.equal(await missing.ended(), 1);
    assert.match(
      missing.errors,
      /^Uploads cannot be kept in .*missing: there is no such folder\. Set TMPDIR to .*\.\n$/,
    );
    const one = await ServiceProcess.start({ TMPDIR: shared });
    const other = await ServiceProcess.spawn({ TMPDIR: shared, PORT: String(one.port), MODELS_DIR: '/nowhere' });
    assert.equal(await other.ended(), 1);
    assert.match(
      other.errors,
      /^Cannot listen on .* another program uses port \d+\. Stop it, or set PORT to a free one\.\n$/,
    );
  });
});
