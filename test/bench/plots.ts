/** npm run bench:plots [-- FILE]: draws what bench:rate (or FILE, of the same form) and bench:profile have written into test/bench/figures. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { TopLevelSpec } from 'vega-lite';
import { ratesByCalls, ratesBySize, toSvg } from './figures.js';
import { OUTPUT } from './options.js';
import { budgetFigure } from './profile-figure.js';
import { PROFILE_OUTPUT, type Profile } from './profile-results.js';
import type { Results } from './results.js';

const FOLDER = 'test/bench/figures';

const path = process.argv[2] ?? OUTPUT;
if (!existsSync(path) && !existsSync(PROFILE_OUTPUT)) {
  console.error(`${path} and ${PROFILE_OUTPUT} are missing: npm run bench:rate and bench:profile write them.`);
  process.exit(2);
}
// Both were written by this project's own benchmarks.
const read = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;
mkdirSync(FOLDER, { recursive: true });
const draw = async (name: string, figure: TopLevelSpec): Promise<void> => {
  writeFileSync(`${FOLDER}/${name}.svg`, await toSvg(figure));
  console.log(`${FOLDER}/${name}.svg`);
};
if (existsSync(path)) {
  const results = read<Results>(path);
  await draw('rate-by-calls', ratesByCalls(results));
  await draw('rate-by-size', ratesBySize(results));
}
if (existsSync(PROFILE_OUTPUT)) await draw('time-budget', budgetFigure(read<Profile>(PROFILE_OUTPUT)));
