// `npm run docs`: writes the table of the settings into docs/configuration.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { withTable } from './settings-table.js';

const PAGE = new URL('../../../docs/configuration.md', import.meta.url);

writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8')));
