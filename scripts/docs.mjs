// `npm run docs`: what the documents say about the code is written anew.
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

await setUp();
run('Writing the documents', process.execPath, [
  '--enable-source-maps',
  join(root, 'dist', 'test', 'docs', 'write.js'),
]);
