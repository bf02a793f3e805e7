import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ROOT, TINY_MODELS } from '../e2e/process.js';
import { ask } from './host-messages.js';

export const ARDM = join(ROOT, 'scripts', 'ardm.mjs');
/** What stands for it in scripts, see `hostOfCommands`. */
export const CALLER = fileURLToPath(new URL('./caller.js', import.meta.url));
const HOST = fileURLToPath(new URL('./host.js', import.meta.url));

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

/** Runs the command in a process that it shares with others (`host.ts`): for all that does not depend on how the process starts and ends. */
export async function ardm(
  args: readonly string[],
  { cwd = process.cwd(), input = new Uint8Array(0), env }: RunOptions = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await ask(await hostOfCommands(), { args, cwd, input, env: { ...ENV, ...env } });
  return { code, signal: null, stdout, stderr: stderr.toString() };
}

let host: Promise<string> | undefined;

/** Starts what runs the commands, once for a file of tests. @returns the path of its socket, for ARDM_HOST of `caller.ts`. */
export function hostOfCommands(): Promise<string> {
  host ??= startHost();
  return host;
}

async function startHost(): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'ardm-host-')), 'socket');
  const child = fork(HOST, [path], { env: ENV, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
  if (said !== 'listening') throw new Error('The host of the command does not start.');
  // It ends when these tests do, and keeps them from nothing.
  child.unref();
  child.channel?.unref();
  return path;
}

/** Runs the command in a process of its own. */
export async function ardmProcess(
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
