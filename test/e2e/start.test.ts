import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chmodSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { freePort } from '../free-port.js';
import { until } from '../until.js';
import { ROOT, ServiceProcess, TINY_MODELS } from './process.js';

interface Lock {
  packages: Record<string, { dev?: boolean }>;
}

const SETTINGS = { HOST: '127.0.0.1', MODELS_DIR: TINY_MODELS, ARDM_PROVIDER: 'cpu', ARDM_WORKERS: '1' };
/** A registry that cannot be reached, and nothing in the cache. */
const OFFLINE = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' };

async function answers(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

describe('npm start', { skip: process.platform === 'win32' && 'it is for shells' }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-start-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  for (const shell of ['sh', 'dash', 'bash']) {
    it(`is one process to signal, under npm and ${shell}`, async (context) => {
      if (spawnSync(shell, ['-c', 'true']).status !== 0) {
        console.error(`SKIPPED: npm start under ${shell}, which is not installed`);
        context.skip(`there is no ${shell}`);
        return;
      }
      const port = await freePort();
      const npm = { npm_config_script_shell: shell, npm_config_update_notifier: 'false' };
      const env = {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        TMPDIR: folder,
        PORT: String(port),
        ...SETTINGS,
        ...npm,
      };
      const child = spawn('npm', ['start'], { cwd: ROOT, env, stdio: 'ignore' });
      try {
        await until(async () => (await answers(port)) || child.exitCode !== null, 'it does not start', 60_000);
        child.kill('SIGTERM');
        await until(async () => !(await answers(port)), 'the server goes on', 20_000);
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      } finally {
        child.kill('SIGKILL');
      }
    });
  }
});

describe('setting up', { skip: process.platform === 'win32' && 'it is for Linux and macOS' }, () => {
  let folder: string;
  /** The project without what is for development. */
  let copy: string;
  let bin: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ardm-set-up-'));
    copy = join(folder, 'copy');
    bin = join(folder, 'bin');
    await mkdir(bin);
    for (const name of [
      'scripts',
      'src',
      'dist',
      'package.json',
      'package-lock.json',
      '.npmrc',
      'tsconfig.json',
      'openapi.yaml',
    ])
      await cp(join(ROOT, name), join(copy, name), { recursive: true });
    prune();
  });
  afterEach(async () => {
    await ServiceProcess.killAll();
    prune();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** As `npm prune --omit=dev` leaves it. */
  function prune(): void {
    const lock = JSON.parse(readFileSync(join(ROOT, 'node_modules', '.package-lock.json'), 'utf8')) as Lock;
    const kept = Object.entries(lock.packages).filter(([, { dev }]) => !dev);
    rmSync(join(copy, 'node_modules'), { recursive: true, force: true });
    spawnSync('mkdir', ['-p', join(copy, 'node_modules')]);
    const packages = Object.fromEntries(kept);
    writeFileSync(join(copy, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
    const tops = new Set(kept.map(([path]) => path.split('/')[1] ?? ''));
    for (const name of tops) symlinkSync(join(ROOT, 'node_modules', name), join(copy, 'node_modules', name));
  }
  const modules = (): string[] => readdirSync(join(copy, 'node_modules')).sort();

  /** A program named npm, in place of the one that is installed. */
  function npmThat(script: string): string {
    writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, 'npm'), 0o755);
    return `${bin}:${process.env.PATH}`;
  }
  const start = (env: Record<string, string> = {}): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, ['scripts/start.mjs'], {
      cwd: copy,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, PORT: '0', ...SETTINGS, ...OFFLINE, ...env },
    });
  const serves = async (env: Record<string, string> = {}): Promise<ServiceProcess> =>
    await ServiceProcess.start({ ...OFFLINE, HOME: folder, ...env }, ['scripts/start.mjs'], copy);

  it('starts a pruned install without a registry', async () => {
    const before = modules();
    const service = await serves();
    assert.equal(await service.stop(), 0);
    assert.equal(service.errors, '');
    assert.deepEqual(modules(), before);
  });

  it('starts what was copied without its sources', async () => {
    await rm(join(copy, 'src'), { recursive: true });
    try {
      assert.equal(await (await serves()).stop(), 0);
    } finally {
      await cp(join(ROOT, 'src'), join(copy, 'src'), { recursive: true });
    }
  });

  it('tells what a build needs before anything is removed, and leaves what there was where that cannot be had', async () => {
    const [before, built] = [modules(), readdirSync(join(copy, 'dist')).sort()];
    const source = join(copy, 'src', 'errors.ts');
    const text = readFileSync(source, 'utf8');
    appendFileSync(source, '// Another one.\n');
    const { status, stderr } = start();
    writeFileSync(source, text);
    assert.notEqual(status, 0);
    assert.match(
      stderr,
      /^The server must be built.* the build needs development dependencies, which are not installed\./,
    );
    assert.match(stderr, /npm ci failed\. node_modules is as it was\. Where no registry can be reached/);
    assert.deepEqual([modules(), readdirSync(join(copy, 'dist')).sort()], [before, built]);
    assert.deepEqual(readdirSync(join(copy, '.work')), []);
    // And that still works.
    assert.equal(await (await serves()).stop(), 0);
  });

  it('replaces what is installed when all of the new is there, and not when npm ends in the middle', async () => {
    const lock = join(copy, 'node_modules', '.package-lock.json');
    const old = readFileSync(lock, 'utf8').replace(/"version": ?"[^"]*"/, '"version":"0.0.0"');
    writeFileSync(lock, old);
    const half = npmThat('mkdir -p node_modules/express; exit 1');
    const before = modules();
    assert.match(start({ PATH: half }).stderr, /npm ci failed/);
    assert.deepEqual(modules(), before);
    assert.equal(readFileSync(lock, 'utf8'), old);
    const installs = 'mkdir node_modules; for f in $FROM/* $FROM/.package-lock.json; do ln -s $f node_modules/; done';
    const path = npmThat(`echo "$@" > ${join(folder, 'asked')}; FROM=${join(ROOT, 'node_modules')}; ${installs}`);
    assert.equal(await (await serves({ PATH: path })).stop(), 0);
    // What was without development dependencies, and is built, is so again.
    assert.match(readFileSync(join(folder, 'asked'), 'utf8'), /^ci --omit=dev /);
    assert.ok(modules().includes('express'));
    assert.notEqual(readFileSync(lock, 'utf8'), old);
  });

  it('says that the port or the folder for jobs is taken before it installs', async () => {
    const jobs = join(folder, 'jobs');
    const service = await serves({ JOBS_FOLDER: jobs });
    rmSync(join(copy, 'node_modules'), { recursive: true });
    const port = start({ PORT: String(service.port) });
    assert.equal(port.status, 1);
    assert.match(
      port.stderr,
      /^Cannot listen on 127\.0\.0\.1, port \d+: another program uses port \d+\. Stop it, or set PORT to a free one\.\n$/,
    );
    const taken = start({ JOBS_FOLDER: jobs });
    assert.equal(taken.status, 1);
    assert.match(
      taken.stderr,
      /^Another process keeps its jobs in .*jobs\. Set JOBS_FOLDER to a folder of its own, or REDIS_URL to share jobs\.\n$/,
    );
    // In the words of the server itself.
    const settings = { ...SETTINGS, TMPDIR: folder };
    for (const [{ stderr }, env] of [
      [port, { ...settings, PORT: String(service.port) }],
      [taken, { ...settings, PORT: '0', JOBS_FOLDER: jobs }],
    ] as const) {
      const server = spawnSync(process.execPath, [join(ROOT, 'dist', 'src', 'main.js')], { encoding: 'utf8', env });
      assert.equal(server.stderr, stderr);
    }
  });
});
