#!/usr/bin/env node
// `ardm`, the command (docs/cli.md): what is built of src/cli, from wherever it is called.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/src/cli/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  const root = fileURLToPath(new URL('..', import.meta.url));
  console.error(`ardm: It is not built yet; run npm run build in ${root}.`);
  process.exitCode = 1;
}
