// `npm run bench:rate` and its siblings: what is missing is installed and built, then the benchmark runs.
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

await setUp();
const [name, ...args] = process.argv.slice(2);
run(`The benchmark ${name}`, process.execPath, [
  '--enable-source-maps',
  join(root, 'dist', 'test', 'bench', `${name}.js`),
  ...args,
]);
