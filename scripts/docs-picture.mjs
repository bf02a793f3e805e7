// `npm run docs:picture`: takes the picture of the page that README.md shows anew, docs/page.png.
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

await setUp();
run('Taking the picture', process.execPath, [
  '--enable-source-maps',
  join(root, 'dist', 'test', 'page', 'write-picture.js'),
]);
