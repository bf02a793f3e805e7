// `npm run docs`: writes the table of the settings into docs/configuration.md, the commands into docs/cli.md and docs/ardm.1, and the lines of the programs into docs/clients.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { CLIENTS_DOCUMENT, withRecipes } from '../clients/recipes.js';
import { manPage, withReference } from './cli-reference.js';
import { withTable } from './settings-table.js';

const PAGE = new URL('../../../docs/configuration.md', import.meta.url);

writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8')));
writeFileSync(CLIENTS_DOCUMENT, withRecipes(readFileSync(CLIENTS_DOCUMENT, 'utf8')));

const COMMANDS = new URL('../../../docs/cli.md', import.meta.url);
writeFileSync(COMMANDS, withReference(readFileSync(COMMANDS, 'utf8')));
writeFileSync(new URL('../../../docs/ardm.1', import.meta.url), manPage());
