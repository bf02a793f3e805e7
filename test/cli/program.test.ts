import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { z } from 'zod';
import { createProgram } from '../../src/cli/program.js';
import { ROOT, ServiceProcess } from '../e2e/process.js';
import { ARDM, ardm, ardmProcess, ENV, inFolder } from './ardm.js';

const { version, bin } = z
  .object({ version: z.string(), bin: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));

/** The words that lead to each command, the whole first. */
function commandsOf(command: Command, words: readonly string[] = []): string[][] {
  return [[...words], ...command.commands.flatMap((child) => commandsOf(child, [...words, child.name()]))];
}

const COMMANDS = commandsOf(createProgram('0', () => {}));

describe('ardm', { concurrency: 2 }, () => {
  after(() => ServiceProcess.killAll());

  it('has the commands that it is made for', () => {
    const names = COMMANDS.map((words) => words.join(' '));
    for (const name of ['compress', 'decompress', 'inspect', 'estimate', 'models', 'serve'])
      assert.ok(names.includes(name));
    for (const name of ['make', 'list', 'get', 'put', 'delete']) assert.ok(names.includes(`dictionary ${name}`));
  });

  it('tells of each how it is used, and its version', async () => {
    for (const words of COMMANDS) {
      const help = await ardm([...words, '--help']);
      assert.deepEqual([help.code, help.stderr], [0, '']);
      assert.ok(help.stdout.toString().startsWith(`Usage: ${['ardm', ...words].join(' ')}`), words.join(' '));
    }
    for (const words of [[], ['compress'], ['dictionary', 'make']]) {
      const said = await ardm([...words, '--version']);
      assert.deepEqual([said.code, said.stdout.toString()], [0, `${version}\n`]);
    }
  });

  it('tells the same when it is asked for help by a command', async () => {
    for (const words of [[], ['compress'], ['dictionary']]) {
      const [asked, flagged] = await Promise.all([ardm(['help', ...words]), ardm([...words, '--help'])]);
      assert.deepEqual([asked.code, asked.stdout.toString()], [0, flagged.stdout.toString()], words.join(' '));
    }
    assert.notEqual((await ardm(['help', 'nothing'])).code, 0);
  });

  it('tells nothing more where nobody reads on', { skip: process.platform === 'win32' }, () => {
    for (const args of ['--help', 'models', 'none 2>&1']) {
      // `true` has ended before anything is written.
      const script = `(sleep 0.2; "$0" "$1" ${args}; echo "exit code $?" >&2) | true`;
      const { stderr } = spawnSync('sh', ['-c', script, process.execPath, ARDM], { env: ENV, encoding: 'utf8' });
      assert.match(
        stderr,
        /^(ardm: Standard output cannot be written: whoever read it has stopped.*\n)?exit code [12]\n$/,
      );
    }
  });

  it('says that the folder it was started in is gone', { skip: process.platform === 'win32' }, async () => {
    await inFolder(async (cwd) => {
      const script = 'mkdir a && cd a && rmdir ../a && "$0" "$1" models';
      const { stderr } = spawnSync('sh', ['-c', script, process.execPath, ARDM], { cwd, env: ENV, encoding: 'utf8' });
      assert.equal(stderr, 'ardm: The folder that it was started in is gone; change to another. [unreadable-file]\n');
    });
  });

  it('refuses what it does not know, with exit code 2', async () => {
    for (const args of [[], ['none'], ['dictionary'], ['models', '--none'], ['dictionary', 'get'], ['--none']]) {
      const { code, stdout, stderr } = await ardm(args);
      assert.deepEqual([code, stdout.length], [2, 0], args.join(' '));
      assert.ok(stderr.length > 0);
    }
    assert.match((await ardm(['compres'])).stderr, /Did you mean compress\?/);
    assert.equal((await ardmProcess(['none'])).code, 2);
  });

  it('is what npx runs in the folder of the project', { skip: process.platform === 'win32' }, async () => {
    assert.equal(join(ROOT, bin.ardm ?? ''), ARDM);
    const env = { ...process.env, npm_config_update_notifier: 'false' };
    const { stdout } = await promisify(execFile)('npx', ['--no-install', 'ardm', '--version'], { cwd: ROOT, env });
    assert.equal(stdout, `${version}\n`);
  });

  it('says so where it is not built', () => {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-'], {
      input: readFileSync(ARDM, 'utf8').replace('../dist', './none').replaceAll('import.meta.url', "'file:///x/y'"),
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /^ardm: It is not built yet; run npm run build in /);
  });

  it('reports a setting of its environment that cannot be, and none that is not its own', async () => {
    const bad = await ardmProcess(['compress'], { env: { ARDM_WORKERS: 'many' } });
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /^ardm: .*ARDM_WORKERS="many": must be an integer.* \[invalid-configuration\]\n$/);
    assert.equal((await ardm(['models'], { env: { PORT: 'none', REDIS_URL: 'redis://nowhere' } })).code, 0);
    assert.match((await ardm(['models'], { env: { MODELS_DIR: '/none' } })).stderr, /\[no-models\]\n$/);
  });

  it('starts the server, which ends as it does elsewhere', async () => {
    const server = await ServiceProcess.start({ PORT: 'none', HOST: 'none' }, [
      ARDM,
      'serve',
      '--port',
      '0',
      '--host',
      '127.0.0.1',
    ]);
    assert.equal((await fetch(`${server.url}/health/ready`)).status, 200);
    assert.equal(await server.stop(), 0);
    assert.ok(server.log.some(({ msg }) => msg === 'stopped'));
  });
});

describe('the server', () => {
  it('takes no arguments, and says so', async () => {
    const main = join(ROOT, 'dist', 'src', 'main.js');
    for (const argument of ['--help', 'serve', '']) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [main, argument], { encoding: 'utf8' });
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, /^The server takes no arguments, but was given .*ardm --help\.\n$/);
    }
  });
});
