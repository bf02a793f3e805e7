import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { UnreadableFileError, UsageError } from '../../src/cli/errors.js';
import { filesOr, readDictionary, readInput, readToEnd } from '../../src/cli/input.js';
import { bytesInWords, printable, timeInWords } from '../../src/cli/report.js';
import { inFolder } from './ardm.js';

describe('what the command reads', () => {
  it('is all of a stream, and nothing of one that goes on and on', async () => {
    async function* parts(count: number): AsyncGenerator<Buffer> {
      for (let i = 0; i < count; i++) yield Buffer.from([i, i]);
    }
    assert.deepEqual(await readToEnd(parts(3), 6), Buffer.from([0, 0, 1, 1, 2, 2]));
    assert.deepEqual(await readToEnd(parts(0)), Buffer.alloc(0));
    await assert.rejects(readToEnd(parts(Number.POSITIVE_INFINITY), 1_000), UnreadableFileError);
  });

  it('has the mode and times of a file, and none of a device', async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'a'), 'abc');
      const { bytes, stats } = await readInput(join(folder, 'a'));
      assert.deepEqual([bytes.toString(), stats?.size], ['abc', 3]);
      await assert.rejects(readInput(folder), /It is a folder/);
      await assert.rejects(readInput(join(folder, 'b')), /There is no such file/);
      await assert.rejects(
        readDictionary(join(folder, 'b')),
        /^UnreadableFileError: The dictionary .*b cannot be read\. There is no/,
      );
      if (process.platform !== 'win32') assert.deepEqual(await readInput('/dev/null'), { bytes: Buffer.alloc(0) });
    });
  });

  it('is standard input where no file is named, unless somebody would have to type it', () => {
    const { stdin } = process;
    const before = Object.getOwnPropertyDescriptor(stdin, 'isTTY');
    try {
      Object.defineProperty(stdin, 'isTTY', { value: false, configurable: true });
      assert.deepEqual([filesOr([]), filesOr(['a', '-'])], [['-'], ['a', '-']]);
      Object.defineProperty(stdin, 'isTTY', { value: true, configurable: true });
      assert.throws(() => filesOr([]), UsageError);
      assert.deepEqual([filesOr([], true), filesOr(['-'])], [['-'], ['-']]);
    } finally {
      if (before) Object.defineProperty(stdin, 'isTTY', before);
      else Reflect.deleteProperty(stdin, 'isTTY');
    }
  });

  it('has a name, which is UTF-8', async () => {
    await assert.rejects(readInput(''), /empty/);
    await assert.rejects(readInput('caf\ufffd.txt'), /not UTF-8/);
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'really \ufffd'), 'abc');
      assert.equal((await readInput(join(folder, 'really \ufffd'))).bytes.length, 3);
    });
  });

  it('is told of in numbers as people say them', () => {
    assert.deepEqual([0, 1, 20].map(bytesInWords), ['0 bytes', '1 byte', '20 bytes']);
    assert.deepEqual([0.0001, 0.0034, 0.0994, 0.1, 1.254].map(timeInWords), [
      '1 ms',
      '3 ms',
      '99 ms',
      '0.10 s',
      '1.25 s',
    ]);
  });

  it('tells a terminal nothing by its name', () => {
    assert.equal(printable('a\u001b[31m\nü\u009b.txt'), 'a\\x1b[31m\\x0aü\\x9b.txt');
  });
});
