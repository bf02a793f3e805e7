// `npm run docs`: writes the table of the settings into README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { withTable } from './settings-table.js';

const README = new URL('../../../README.md', import.meta.url);

writeFileSync(README, withTable(readFileSync(README, 'utf8')));
