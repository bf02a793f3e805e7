import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ROOT, TINY_MODELS } from '../e2e/process.js';

export const ARDM = join(ROOT, 'scripts', 'ardm.mjs');

/** With the small models of the tests. */
export const ENV: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  TMPDIR: process.env.TMPDIR,
  MODELS_DIR: TINY_MODELS,
  ARDM_WORKERS: '1',
};

export interface Ran {
  /** The exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs the command in a process of its own. */
export async function ardm(
  args: readonly string[],
  { cwd, input = new Uint8Array(0), env }: RunOptions = {},
): Promise<Ran> {
  return await run(process.execPath, [ARDM, ...args], {
    ...(cwd !== undefined && { cwd }),
    input,
    env: { ...ENV, ...env },
  });
}

/** The same with a terminal for standard input, output and error, whose text is `stdout`. */
export async function ardmOnTerminal(args: readonly string[], { cwd, env }: RunOptions = {}): Promise<Ran> {
  const line = [process.execPath, ARDM, ...args].map((part) => `'${part}'`).join(' ');
  const options = { ...(cwd !== undefined && { cwd }), env: { ...ENV, TERM: 'xterm', ...env } };
  return await run('script', ['-qec', line, '/dev/null'], options);
}

async function run(program: string, args: readonly string[], { cwd, input, env }: RunOptions): Promise<Ran> {
  const child = spawn(program, args, { cwd, env, stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
  // It may end before it has read all.
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  if (!child.stdout || !child.stderr) throw new Error('its output is a pipe');
  const [stdout, stderr, [code, signal]] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { code, signal, stdout, stderr: stderr.toString() };
}

/** A folder of its own for each test. */
export async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ardm-cli-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).sort();
}
