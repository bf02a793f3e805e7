import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { NotWrittenError } from '../../src/logging/byte-writer.js';
import { LogOutput } from '../../src/logging/log-output.js';

/** A disk with room for so many bytes, written to in its own time. */
class Disk {
  text = '';
  room = Number.POSITIVE_INFINITY;
  /** Resolves when it may go on; until then its writes hang. */
  open: Promise<void> = Promise.resolve();

  async write(bytes: Uint8Array): Promise<void> {
    await this.open;
    const fits = bytes.subarray(0, this.room);
    this.text += Buffer.from(fits).toString();
    this.room -= fits.length;
    if (fits.length < bytes.length) throw new NotWrittenError(fits.length, new Error('ENOSPC'));
  }

  writeNow(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }
}

function outputTo(disk: Disk): { output: LogOutput; reports: number[] } {
  const reports: number[] = [];
  return { output: new LogOutput(disk, (lines) => reports.push(lines)), reports };
}

describe('the output of a log', () => {
  it('writes lines in order, however they come', async () => {
    const disk = new Disk();
    const { output } = outputTo(disk);
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}\n`);
    for (const [i, line] of lines.entries()) {
      output.write(line);
      if (i % 100 === 0) await turn();
    }
    assert.equal(await output.drain(10_000), true);
    assert.equal(disk.text, lines.join(''));
    assert.equal(output.lost, 0);
  });

  it('counts what a full disk loses, and what is torn, and goes on on a line of its own', async () => {
    const disk = new Disk();
    const { output, reports } = outputTo(disk);
    disk.room = 10;
    for (const line of ['one\n', 'two\n', 'three\n', 'four\n']) output.write(line);
    await output.drain(1_000);
    assert.equal(disk.text, 'one\ntwo\nth');
    assert.equal(output.lost, 2);
    output.write('five\n');
    await output.drain(1_000);
    assert.equal(output.lost, 3);
    assert.deepEqual(reports, []);
    disk.room = 100;
    output.write('six\n');
    await output.drain(1_000);
    assert.equal(disk.text, 'one\ntwo\nth\nsix\n');
    assert.deepEqual(reports, [3]);
    // Said once.
    output.write('seven\n');
    await output.drain(1_000);
    assert.deepEqual(reports, [3]);
  });

  it('counts right where all but the line break was written, and where the break before it was', async () => {
    const disk = new Disk();
    const { output } = outputTo(disk);
    disk.room = 3;
    output.write('one\n');
    await output.drain(1_000);
    assert.equal(output.lost, 1);
    disk.room = 1;
    output.write('two\n');
    await output.drain(1_000);
    assert.equal(output.lost, 2);
    disk.room = 100;
    output.write('three\n');
    await output.drain(1_000);
    assert.equal(disk.text, 'one\nthree\n');
    assert.equal(output.lost, 2);
  });

  it('holds a bounded number of lines for a reader that does not read, and does not wait for it', async () => {
    const disk = new Disk();
    const { output, reports } = outputTo(disk);
    let go = (): void => {};
    disk.open = new Promise((resolve) => {
      go = resolve;
    });
    const line = `${'x'.repeat(1_023)}\n`;
    for (let i = 0; i < 3_000; i++) output.write(line);
    assert.equal(await output.drain(50), false);
    assert.equal(output.lost, 3_000 - 1_024);
    go();
    assert.equal(await output.drain(10_000), true);
    assert.equal(disk.text.length, 2 ** 20);
    assert.deepEqual(reports, [3_000 - 1_024]);
  });

  it('writes what is left when the process ends at once', () => {
    const disk = new Disk();
    const { output } = outputTo(disk);
    output.write('last\n');
    output.writeNow();
    assert.equal(disk.text, 'last\n');
  });
});
