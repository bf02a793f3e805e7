/** npm run bench:plots [-- FILE]: draws what bench:rate has written (or FILE, of the same form) into test/bench/figures. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ratesByCalls, ratesBySize, toSvg } from './figures.js';
import { OUTPUT } from './options.js';
import type { Results } from './results.js';

const FOLDER = 'test/bench/figures';

const path = process.argv[2] ?? OUTPUT;
if (!existsSync(path)) {
  console.error(`${path} is missing: npm run bench:rate writes it.`);
  process.exit(2);
}
const results = JSON.parse(readFileSync(path, 'utf8')) as Results;
mkdirSync(FOLDER, { recursive: true });
for (const [name, figure] of [
  ['rate-by-calls', ratesByCalls(results)],
  ['rate-by-size', ratesBySize(results)],
] as const) {
  writeFileSync(`${FOLDER}/${name}.svg`, await toSvg(figure));
  console.log(`${FOLDER}/${name}.svg`);
}
