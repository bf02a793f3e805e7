/**
 * Stands for `ardm` in scripts: has the host at ARDM_HOST (`host.ts`) run the command, in this folder, with this environment and all of this
 * standard input.
 * @module
 */
import { buffer } from 'node:stream/consumers';
import { ask } from './host-messages.js';

const { ARDM_HOST = '', ...env } = process.env;
const request = { args: process.argv.slice(2), cwd: process.cwd(), env, input: await buffer(process.stdin) };
const answer = await ask(ARDM_HOST, request);
process.stdout.write(answer.stdout);
process.stderr.write(answer.stderr);
process.exitCode = answer.code;
