import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from '../http/harness.js';

/** Lines that the program of every client prints, each when it has done what the line says. */
export const CHECKS = [
  'round trip',
  'round trip with calls',
  'typed problem',
  'digest',
  'inspect',
  'job',
  'failed job',
  'other operations',
].map((name) => `ok: ${name}`);

/** What programs send, and the server's setting that lets them in. */
export const KEY = 'a-key-of-the-clients';
export const KEYS = `clients:${createHash('sha256').update(KEY).digest('hex')}`;

/** Files that programs send: all bytes in an order that nothing compresses, and some that the models can. */
export async function writeFiles(folder: string): Promise<{ binary: string; text: string }> {
  const files = { binary: join(folder, 'binary.bin'), text: join(folder, 'text.txt') };
  await writeFile(files.binary, Buffer.concat([Buffer.from([...Array(256).keys()]), randomBytes(3_000, 7)]));
  await writeFile(files.text, 'It is a truth universally acknowledged, that a text is sent there and back. '.repeat(9));
  return files;
}
