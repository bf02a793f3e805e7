// `npm run test:clients`: generates clients from openapi.yaml with tools from Maven Central, PyPI, npm and the Go module
// proxy, and runs them against a server.
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

await setUp();
// To people one line per client, to programs the protocol that ends in a summary.
const reporter = process.stdout.isTTY ? 'spec' : 'tap';
const tests = join(root, 'dist', 'test', 'clients', 'generators.js');
run('A client', process.execPath, ['--enable-source-maps', '--test', `--test-reporter=${reporter}`, tests], {
  env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
});
