/**
 * Runs the command again and again in one process, which loads it once: a start takes as long as to code a thousand short files. Each run
 * has the folder, environment and standard streams that it is sent; one comes after the other, since a process has but one of each.
 *
 * It listens on the socket that is its argument, in a folder of its own. A connection is one run.
 * @module
 */
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { runCommand } from '../../src/cli/run.js';
import { type Answer, messageOfAnswer, type Request, requestOf } from './host-messages.js';

const [, , path = ''] = process.argv;
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')));
let last: Promise<unknown> = Promise.resolve();

const server = createServer({ allowHalfOpen: true }, (socket) => void serve(socket)).listen(path);
await once(server, 'listening');
process.send?.('listening');
// It lives no longer than the tests.
process.once('disconnect', () => {
  rmSync(dirname(path), { recursive: true, force: true });
  process.exit();
});

async function serve(socket: Socket): Promise<void> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  const request = requestOf(Buffer.concat(chunks));
  const turn = last.then(() => run(request));
  last = turn;
  socket.end(messageOfAnswer(await turn));
}

async function run({ args, cwd, env, input }: Request): Promise<Answer> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const streams = { stdin: Readable.from(input.length > 0 ? [input] : []), stdout, stderr };
  for (const [name, value] of Object.entries(streams))
    Object.defineProperty(process, name, { value, configurable: true });
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  let code = 0;
  await runCommand(version, args, (given) => {
    code = given;
  });
  return { code, stdout: stdout.bytes(), stderr: stderr.bytes() };
}

/** Keeps what is written to it. */
class Sink extends Writable {
  private readonly chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}
