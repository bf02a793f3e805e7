import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARDM, ardm, ardmOnTerminal, ardmProcess, ENV, inFolder, namesIn } from './ardm.js';

const TEXT = Buffer.from('What is compressed is restored, byte for byte, and nothing else is. '.repeat(20));
const noScript = spawnSync('script', ['--version']).status !== 0 && 'script of util-linux is not installed';
const asRoot = process.getuid?.() === 0;

describe('ardm compress and decompress', { concurrency: 2 }, () => {
  it('restore files of every kind, many in one command, and keep those that they read', async () => {
    await inFolder(async (cwd) => {
      const files: Record<string, Buffer> = {
        empty: Buffer.alloc(0),
        'one byte': Buffer.from('x'),
        'text.txt': TEXT,
        noise: randomBytes(3_000),
        'ünïcode 文.md': Buffer.from('ünïcode 文\n'.repeat(30)),
      };
      for (let i = 0; i < 95; i++) files[`record-${i}.json`] = Buffer.from(`{"id":${i},"state":"delivered"}`);
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(cwd, name), bytes);
      const names = Object.keys(files);
      const compressed = await ardm(['compress', ...names], { cwd });
      assert.deepEqual([compressed.code, compressed.stdout.length, compressed.stderr], [0, 0, '']);
      assert.deepEqual(await namesIn(cwd), names.flatMap((name) => [name, `${name}.ardm`]).sort());
      for (const [name, bytes] of Object.entries(files)) {
        assert.deepEqual(readFileSync(join(cwd, name)), bytes);
        writeFileSync(join(cwd, name), 'something else');
      }
      const archives = names.map((name) => `${name}.ardm`);
      const restored = await ardm(['decompress', '-f', ...archives], { cwd });
      assert.deepEqual([restored.code, restored.stderr], [0, '']);
      for (const [name, bytes] of Object.entries(files)) assert.deepEqual(readFileSync(join(cwd, name)), bytes, name);
    });
  });

  it('go through pipes, in a row', async () => {
    const archive = await ardmProcess(['compress'], { input: TEXT });
    assert.equal(archive.code, 0);
    assert.ok(archive.stdout.length < TEXT.length);
    assert.deepEqual((await ardmProcess(['decompress', '-'], { input: archive.stdout })).stdout, TEXT);
    assert.equal((await ardmProcess(['decompress', '--test'], { input: archive.stdout })).stdout.length, 0);
  });

  it('write where they are told, and say what they did when they are asked', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), TEXT);
      const made = await ardm(['compress', '-v', '--model', 'tiny-a', '--calls', '16', '-o', 'b', 'a'], { cwd });
      assert.match(
        made.stderr,
        /^a: 1360 bytes, \d+ in the archive \(\d+\.\d %\), \d+\.\d\d s, tiny-a, 16 calls, to b\n$/,
      );
      assert.deepEqual((await ardm(['decompress', '-c', 'b'], { cwd })).stdout, TEXT);
      const tested = await ardm(['decompress', '-tv', 'b'], { cwd });
      assert.match(tested.stderr, /^b: 1360 bytes.*, tested\n$/);
      assert.deepEqual((await ardm(['compress', 'a', '-o', '-'], { cwd })).code, 0);
      assert.deepEqual(await namesIn(cwd), ['a', 'b']);
    });
  });

  it('give what they make the mode and the time of what it is made of', async () => {
    await inFolder(async (cwd) => {
      const time = new Date('2001-02-03T04:05:06Z');
      writeFileSync(join(cwd, 'a'), TEXT);
      chmodSync(join(cwd, 'a'), 0o640);
      utimesSync(join(cwd, 'a'), time, time);
      assert.equal((await ardm(['compress', '--rm', 'a'], { cwd })).code, 0);
      assert.deepEqual(await namesIn(cwd), ['a.ardm']);
      assert.equal((await ardm(['decompress', '--rm', 'a.ardm'], { cwd })).code, 0);
      assert.deepEqual(await namesIn(cwd), ['a']);
      const { mode, mtime } = statSync(join(cwd, 'a'));
      assert.deepEqual([mode & 0o777, mtime], [0o640, time]);
    });
  });

  it('overwrite nothing unless they are told to, and never what they read', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), TEXT);
      writeFileSync(join(cwd, 'a.ardm'), 'kept');
      const refused = await ardm(['compress', 'a'], { cwd });
      assert.equal(refused.code, 1);
      assert.equal(
        refused.stderr,
        'ardm: a: a.ardm is there already; give -f to overwrite it, or -o for another name. [file-exists]\n',
      );
      assert.equal(readFileSync(join(cwd, 'a.ardm'), 'utf8'), 'kept');
      assert.match((await ardm(['compress', '-f', '-o', 'a', 'a'], { cwd })).stderr, /\[unwritable-file\]\n$/);
      assert.deepEqual(readFileSync(join(cwd, 'a')), TEXT);
      assert.equal((await ardm(['compress', '-f', 'a'], { cwd })).code, 0);
      assert.deepEqual((await ardm(['decompress', '-c', 'a.ardm'], { cwd })).stdout, TEXT);
    });
  });

  it('tell of each file that fails, in one line, and go on with the others', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'good'), TEXT);
      mkdirSync(join(cwd, 'folder'));
      writeFileSync(join(cwd, 'old.ardm'), TEXT);
      const made = await ardm(['compress', 'none', 'folder', 'old.ardm', 'good'], { cwd });
      assert.equal(made.code, 1);
      assert.deepEqual(
        made.stderr.split('\n').map((line) => line.replace(/:.*\[/, ': [')),
        ['ardm: [unreadable-file]', 'ardm: [unreadable-file]', 'ardm: [file-name]', ''],
      );
      const archive = readFileSync(join(cwd, 'good.ardm'));
      archive[archive.length - 1] = (archive.at(-1) ?? 0) ^ 1;
      writeFileSync(join(cwd, 'damaged.ardm'), archive);
      writeFileSync(join(cwd, 'cut.ardm'), archive.subarray(0, 20));
      const restored = await ardm(['decompress', '-f', 'old.ardm', 'damaged.ardm', 'cut.ardm', 'good', 'good.ardm'], {
        cwd,
      });
      assert.equal(restored.code, 1);
      assert.deepEqual(
        restored.stderr.split('\n').map((line) => /^ardm: (\S+): .*\[([a-z-]+)\]$/.exec(line)?.slice(1).join(' ')),
        [
          'old.ardm not-an-archive',
          'damaged.ardm checksum-mismatch',
          'cut.ardm checksum-mismatch',
          'good file-name',
          undefined,
        ],
      );
      assert.deepEqual(readFileSync(join(cwd, 'good')), TEXT);
      assert.deepEqual(await namesIn(cwd), ['cut.ardm', 'damaged.ardm', 'folder', 'good', 'good.ardm', 'old.ardm']);
    });
  });

  it('use a dictionary that is a file, and tell what is missing without it', async () => {
    await inFolder(async (cwd) => {
      const record = (i: number): string => `{"id":${i},"state":"delivered","host":"node-${i % 7}"}\n`;
      writeFileSync(join(cwd, 'records'), Array.from({ length: 80 }, (_, i) => record(i)).join(''));
      writeFileSync(join(cwd, 'one'), record(4711));
      const made = await ardm(['dictionary', 'make', 'records', '-o', 'd', '--size', '2000', '--json'], { cwd });
      assert.equal(made.code, 0, made.stderr);
      const { id, size, gains } = JSON.parse(made.stdout.toString()) as Record<string, unknown>;
      assert.equal(size, statSync(join(cwd, 'd')).size);
      assert.equal(Object.keys(gains as object).length, 6);
      const compress = ['compress', '--model', 'tiny-a', '--dictionary', 'd', 'one'];
      assert.equal((await ardm(compress, { cwd })).code, 0);
      const inspected = await ardm(['inspect', '--json', 'one.ardm'], { cwd });
      assert.equal(
        (JSON.parse(inspected.stdout.toString()) as { dictionary: string }).dictionary,
        String(id).slice(0, 8),
      );
      const without = await ardm(['decompress', '-c', 'one.ardm'], { cwd });
      assert.equal(without.code, 1);
      assert.match(
        without.stderr,
        new RegExp(`${String(id).slice(0, 8)}, and none was given; .*\\[unknown-dictionary\\]`),
      );
      const other = await ardm(['decompress', '-c', 'one.ardm', '--dictionary', 'one'], { cwd });
      assert.match(other.stderr, /the one given begins with .*\[unknown-dictionary\]/);
      assert.equal(
        (await ardm(['decompress', '-c', '--dictionary', 'd', 'one.ardm'], { cwd })).stdout.toString(),
        record(4711),
      );
    });
  });

  it('write to devices and named pipes as they are', { skip: process.platform === 'win32' }, async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), TEXT);
      spawnSync('mkfifo', ['fifo'], { cwd });
      const read = buffer(spawn('cat', ['fifo'], { cwd }).stdout);
      assert.equal((await ardm(['compress', 'a', '-o', 'fifo'], { cwd })).code, 0);
      assert.ok(!statSync(join(cwd, 'fifo')).isFile());
      assert.deepEqual((await ardm(['decompress'], { input: await read })).stdout, TEXT);
      symlinkSync('/dev/null', join(cwd, 'null'));
      assert.equal((await ardm(['compress', '-f', 'a', '-o', 'null'], { cwd })).code, 0);
      assert.ok(statSync('/dev/null').isCharacterDevice());
      assert.deepEqual(await namesIn(cwd), ['a', 'fifo', 'null']);
    });
  });

  it('say what keeps them from writing', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), TEXT);
      mkdirSync(join(cwd, 'folder'));
      assert.match((await ardm(['compress', 'a', '-o', 'none/b'], { cwd })).stderr, /its folder is not there/);
      for (const folder of ['folder', 'none/'])
        assert.match((await ardm(['compress', 'a', '-o', folder], { cwd })).stderr, /(folder|none\/) is a folder/);
      if (existsSync('/dev/full')) {
        assert.match((await ardm(['compress', 'a', '-o', '/dev/full'], { cwd })).stderr, /the disk is full; make room/);
      }
      chmodSync(join(cwd, 'folder'), 0o500);
      if (!asRoot)
        assert.match((await ardm(['compress', 'a', '-o', 'folder/b'], { cwd })).stderr, /may not write there/);
      // More than a pipe holds, for a reader that wants none of it.
      writeFileSync(join(cwd, 'a'), randomBytes(1_000_000));
      const script = '("$0" "$1" compress -c a; echo "exit code $?" >&2) | true';
      const { stderr } = spawnSync('sh', ['-c', script, process.execPath, ARDM], { cwd, env: ENV, encoding: 'utf8' });
      assert.match(
        stderr,
        /^ardm: Standard output cannot be written: whoever read it has stopped.*\[unwritable-file\]\nexit code 1\n$/,
      );
      // It is no fault of a file, and told of once for all that would follow.
      if (existsSync('/dev/full')) {
        for (const args of [
          'models',
          'inspect a.ardm a.ardm',
          'estimate a.ardm a.ardm',
          'decompress -c a.ardm a.ardm',
        ]) {
          const made = 'test -f a.ardm || "$0" "$1" compress a';
          const full = ['-c', `${made}; "$0" "$1" ${args} > /dev/full`, process.execPath, ARDM];
          const told = spawnSync('sh', full, { cwd, env: ENV, encoding: 'utf8' });
          assert.match(told.stderr, /^ardm: Standard output cannot be written: the disk is full[^\n]*\n$/, args);
        }
        rmSync(join(cwd, 'a.ardm'));
      }
      assert.deepEqual(await namesIn(cwd), ['a', 'folder']);
    });
  });

  it('refuse what cannot be meant, with exit code 2', async () => {
    await inFolder(async (cwd) => {
      for (const name of ['a', 'b']) writeFileSync(join(cwd, name), TEXT);
      for (const args of [
        ['-o', 'c', 'a', 'b'],
        ['-c', 'a', 'b'],
        ['-', '-'],
        ['-c', '-o', 'c', 'a'],
        ['-k', '--rm', 'a'],
        ['-q', '-v', 'a'],
        ['--calls', '0', 'a'],
        ['--calls', '1025', 'a'],
        ['--none', 'a'],
      ]) {
        const refused = await ardm(['compress', ...args], { cwd });
        assert.deepEqual([refused.code, refused.stdout.length], [2, 0], args.join(' '));
        assert.match(refused.stderr, /^ardm: .+\n/);
      }
      assert.deepEqual(await namesIn(cwd), ['a', 'b']);
      const unknown = await ardm(['compress', '--model', 'none', 'a'], { cwd });
      assert.equal(unknown.code, 1);
      assert.match(unknown.stderr, /^ardm: a: .*"none".*\[model-not-found\]\n$/);
    });
  });

  it('leave a file whole or none, whenever they are killed', async () => {
    await inFolder(async (cwd) => {
      const original = randomBytes(3_000_000);
      writeFileSync(join(cwd, 'a'), original);
      assert.equal((await ardm(['compress', 'a'], { cwd, env: { ARDM_WORKERS: '2' } })).code, 0);
      for (let i = 0; i < 4; i++) {
        const name = `killed-${i}`;
        const writing = temporaryIn(cwd);
        const child = spawn(process.execPath, [ARDM, 'decompress', 'a.ardm', '-o', name], { cwd, env: ENV });
        // As soon as it writes, and a little later.
        await Promise.race([writing, once(child, 'exit')]);
        await sleep(2 * i);
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        if (existsSync(join(cwd, name))) assert.ok(readFileSync(join(cwd, name)).equals(original), name);
      }
    });
  });

  it('need no terminal, and write no archive to one', { skip: noScript }, async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), TEXT);
      const refused = await ardmOnTerminal(['compress', '-c', 'a'], { cwd });
      assert.equal(refused.code, 1);
      assert.match(refused.stdout.toString(), /\[terminal\]/);
      assert.equal((await ardmOnTerminal(['compress', '-cf', 'a'], { cwd })).code, 0);
      for (const args of [['compress'], ['inspect'], ['estimate'], ['dictionary', 'make', '-o', 'd']])
        assert.match((await ardmOnTerminal(args, { cwd })).stdout.toString(), /No file was given.*\[usage\]/);
      assert.equal((await ardmOnTerminal(['compress', 'a'], { cwd })).stdout.length, 0);
      assert.match((await ardmOnTerminal(['decompress', '-c', 'a.ardm'], { cwd })).stdout.toString(), /byte for byte/);
    });
  });

  it('show how far they are, with speed and time left, where it takes long', { skip: noScript }, async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'a'), randomWords(300_000));
      assert.equal((await ardm(['compress', '--model', 'tiny-a', '--calls', '1024', 'a'], { cwd })).code, 0);
      const shown = await ardmOnTerminal(['decompress', '-f', 'a.ardm'], { cwd });
      assert.equal(shown.code, 0);
      assert.match(
        shown.stdout.toString(),
        /a\.ardm .*\d+% \| [\d.]+ KiB of 293 KiB \| [\d.]+ (Ki)?B\/s \| \d+ s left/,
      );
      // Nor is the terminal told what it would go on with if the process ended here.
      assert.ok(!shown.stdout.includes('\x1b[?'));
      const quiet = await ardmOnTerminal(['decompress', '-qf', 'a.ardm'], { cwd });
      assert.deepEqual([quiet.code, quiet.stdout.length], [0, 0]);
    });
  });
});

/** Resolves when a file that is not whole yet comes to be in a folder. */
async function temporaryIn(folder: string): Promise<void> {
  for await (const { filename } of watch(folder)) if (filename?.startsWith('.ardm-')) return;
}

/** Text that repeats too little to be done in a moment. */
function randomWords(length: number): Buffer {
  return Buffer.from(randomBytes(length).toString('base64').toLowerCase().slice(0, length));
}
