// `npm run lint`: format and rules of the code, and the rules of openapi.yaml.
import { fileURLToPath } from 'node:url';
import { run, setUp } from './setup.mjs';

export function lint() {
  // Standard output belongs to the tests' runner.
  const stdio = ['ignore', 2, 2];
  run('biome', process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'ci', '--error-on-warnings'], { stdio });
  run(
    'redocly',
    process.execPath,
    ['node_modules/@redocly/cli/bin/cli.js', 'lint', 'openapi.yaml', '--config', '.redocly.yaml'],
    // It would ask the network for newer versions of itself, and report how it is used.
    { stdio, env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUp();
  lint();
}
