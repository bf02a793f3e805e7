// `npm run docs`: writes the table of the settings into README.md, and the lines of the programs into docs/clients.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { CLIENTS_DOCUMENT, withRecipes } from '../clients/recipes.js';
import { withTable } from './settings-table.js';

const README = new URL('../../../README.md', import.meta.url);

writeFileSync(README, withTable(readFileSync(README, 'utf8')));
writeFileSync(CLIENTS_DOCUMENT, withRecipes(readFileSync(CLIENTS_DOCUMENT, 'utf8')));
