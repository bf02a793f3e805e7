import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../e2e/process.js';
import { commands, PROGRAMS } from './recipes.js';
import { ENVIRONMENT } from './tools.js';

/**
 * Makes a client in a folder, which gets the contract and the program first, with the commands of docs/clients.md.
 *
 * @returns what the commands wrote.
 */
export async function make(name: string, folder: string): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(ROOT, 'openapi.yaml'), join(folder, 'openapi.yaml'));
  for (const source of name.startsWith('java-') ? ['java', name] : [name]) {
    if (existsSync(join(PROGRAMS, source))) cpSync(join(PROGRAMS, source), folder, { recursive: true });
  }
  const recipe = commands().get(name);
  assert.ok(recipe, `docs/clients.md has no commands for ${name}`);
  return await run('bash', ['-euo', 'pipefail', '-c', recipe], folder);
}

/** @returns what the command wrote. Fails with it, unless the exit code is 0. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const child = spawn(command, args, { cwd, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  assert.equal(code, 0, `${command} ${args.join(' ')}\n${output.slice(-20_000)}`);
  return output;
}
