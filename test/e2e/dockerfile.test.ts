import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { validate } from 'dockerfile-utils';
import { z } from 'zod';
import { until } from '../until.js';
import { ROOT, ServiceProcess } from './process.js';

const TEXT = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

interface Step {
  readonly instruction: string;
  readonly value: string;
}

/** The instructions of the Dockerfile, one per step, without comments and line breaks, by stage. */
const stages: Step[][] = [];
for (const line of TEXT.replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')) {
  const [, instruction, value] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
  if (instruction === undefined || value === undefined) continue;
  if (instruction === 'FROM') stages.push([]);
  stages.at(-1)?.push({ instruction, value });
}

/** Name of a stage, and of the image or stage that it starts from. */
function namesOf(stage: readonly Step[]): { name: string; base: string } {
  const [base = '', name = 'default'] = stage[0]?.value.split(' AS ') ?? [];
  return { name, base };
}

function stageOf(name: string): Step[] {
  return stages.find((stage) => namesOf(stage).name === name) ?? [];
}

/** The stages that one is made of, itself included, in the order of the file. */
function neededFor(name: string): Step[][] {
  const needed = new Set<string>();
  const add = (each: string): void => {
    const stage = stageOf(each);
    if (stage.length === 0 || needed.has(each)) return;
    needed.add(each);
    add(namesOf(stage).base);
    for (const copied of valuesOf('COPY', stage)) add(/^--from=(\S+)/.exec(copied)?.[1] ?? '');
  };
  add(name);
  return stages.filter((stage) => needed.has(namesOf(stage).name));
}

function valuesOf(instruction: string, stage: readonly Step[] = stageOf('service')): string[] {
  return stage.filter((step) => step.instruction === instruction).map(({ value }) => value);
}

describe('the Dockerfile', () => {
  it('lints clean', () => {
    assert.deepEqual(validate(TEXT, {}), []);
  });

  it('names one pinned Debian image with the Node that has long-term support', () => {
    const names = stages.map((stage) => namesOf(stage).name);
    const images = stages.map((stage) => namesOf(stage).base).filter((base) => !names.includes(base));
    assert.equal(new Set(images).size, 1);
    assert.match(images[0] ?? '', /^node:24\.\d+\.\d+-bookworm-slim$/);
  });

  it('runs as a user without rights, tells its health, and listens where it says', () => {
    assert.deepEqual(valuesOf('USER'), ['node']);
    assert.deepEqual(valuesOf('EXPOSE'), ['8080']);
    assert.match(valuesOf('HEALTHCHECK')[0] ?? '', /\/health\/ready/);
    assert.deepEqual(valuesOf('CMD'), ['["node", "dist/src/main.js"]']);
  });

  it('makes the service where no target is named, and needs nothing of CUDA for it', () => {
    assert.deepEqual(stages.at(-1), [{ instruction: 'FROM', value: 'service' }]);
    const needed = neededFor('default').map((stage) => namesOf(stage).name);
    assert.deepEqual(needed, ['build', 'dependencies', 'service', 'default']);
  });

  it('adds to the target gpu the CUDA provider of the very version of ONNX Runtime, where that looks for it', () => {
    const { dependencies } = z
      .object({ dependencies: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    const version = dependencies['onnxruntime-node'] ?? '';
    assert.ok(valuesOf('RUN', stageOf('cuda')).some((run) => run.includes(` onnxruntime-gpu==${version} `)));
    const [from] = stageOf('gpu');
    assert.equal(from?.value, 'service AS gpu');
    const [provider] = valuesOf('COPY', stageOf('gpu'));
    const target = provider?.split(/\s+/).at(-1) ?? '';
    assert.ok(existsSync(join(ROOT, target, 'libonnxruntime.so.1')), target);
    assert.match(provider ?? '', /libonnxruntime_providers_shared\.so .*libonnxruntime_providers_cuda\.so /);
  });

  describe('done by hand in clean folders', { skip: process.platform !== 'linux' && 'its steps are for Linux' }, () => {
    let folder: string;
    let image: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ardm-image-'));
      for (const stage of neededFor('default')) {
        // The last is another name for the service.
        if (stage.length === 1) continue;
        image = join(folder, namesOf(stage).name);
        await mkdir(image);
        for (const step of stage) await perform(step);
      }
    });
    after(async () => {
      await ServiceProcess.killAll();
      await rm(folder, { recursive: true, force: true });
    });

    async function perform({ instruction, value }: Step): Promise<void> {
      if (instruction === 'COPY') await copy(value);
      if (instruction !== 'RUN') return;
      // That it gives what is here, package-lock.json says; the other stage installs.
      if (value === 'npm ci --ignore-scripts')
        return await symlink(join(ROOT, 'node_modules'), join(image, 'node_modules'));
      const { status, stdout, stderr } = spawnSync('sh', ['-c', value], {
        cwd: image,
        encoding: 'utf8',
        env: {
          PATH: process.env.PATH,
          HOME: process.env.HOME,
          npm_config_prefer_offline: 'true',
          npm_config_update_notifier: 'false',
        },
      });
      assert.equal(status, 0, `${value}\n${stdout}${stderr}`);
    }

    /** All paths are relative to /app, which is the folder of the stage here. */
    async function copy(value: string): Promise<void> {
      const words = value.split(' ');
      const stage = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
      const target = words.pop() ?? '';
      for (const source of words) {
        const from = stage === undefined ? join(ROOT, source) : join(folder, stage, source.replace(/^\/app\//, ''));
        const to = join(image, target, target.endsWith('/') ? basename(source) : '');
        await cp(from, to, {
          recursive: true,
          filter: (path) => stage !== undefined || isInContext(relative(ROOT, path)),
        });
      }
    }

    it('gives production dependencies and the binaries of this platform only', async () => {
      const modules = await readdir(join(image, 'node_modules'));
      assert.ok(modules.includes('express') && modules.includes('onnxruntime-node'));
      for (const name of ['typescript', '@biomejs', 'supertest', 'fast-check'])
        assert.ok(!modules.includes(name), name);
      const binaries = join(image, 'node_modules', 'onnxruntime-node', 'bin');
      const files = (await readdir(binaries, { recursive: true })).filter((path) => path.endsWith('.node'));
      assert.deepEqual(
        files.map((path) => path.split('/').slice(-3).join('/')),
        [`linux/${process.arch}/onnxruntime_binding.node`],
      );
      const foreign = (await readdir(binaries, { recursive: true })).filter((path) => /\.(dll|dylib)$/.test(path));
      assert.deepEqual(foreign, []);
    });

    it('gives no sources, tests or secrets', async () => {
      assert.deepEqual((await readdir(image)).sort(), [
        'LICENSE',
        'dist',
        'models',
        'node_modules',
        'openapi.yaml',
        'package.json',
      ]);
      assert.deepEqual(await readdir(join(image, 'dist')), ['src']);
      assert.ok(!existsSync(join(image, 'models', 'training')));
    });

    it('gives a server that is healthy and does a round trip', async () => {
      const [command, ...args] = JSON.parse(valuesOf('CMD')[0] ?? '') as string[];
      assert.equal(command, 'node');
      const service = await ServiceProcess.start({ NODE_ENV: 'production' }, args, image);
      const file = Buffer.from('what goes in comes out');
      const archive = await service.post('/v1/compress?model=tiny-a', file);
      assert.equal(archive.status, 200);
      assert.deepEqual((await service.post('/v1/decompress', archive.body)).body, file);
      assert.equal(health(service.port), 0);
      service.child.kill('SIGTERM');
      assert.equal(await service.ended(), 0);
      await until(() => health(service.port) === 1, 'a server that has ended is healthy');
    });

    /** Exit code of the health check. */
    function health(port: number): number | null {
      const command = /CMD (\[.*\])$/.exec(valuesOf('HEALTHCHECK')[0] ?? '')?.[1] ?? '[]';
      const [program, ...args] = JSON.parse(command) as string[];
      return spawnSync(program ?? '', args, { env: { PATH: process.env.PATH, PORT: String(port) } }).status;
    }
  });
});

/** Whether .dockerignore lets a path through. Knows what is in that file, not all that could be. */
function isInContext(path: string): boolean {
  let included = true;
  for (const line of readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const pattern = line.replace(/^!/, '');
    if (pattern === '*' || path === pattern || path.startsWith(`${pattern}/`)) included = line.startsWith('!');
  }
  return included;
}
