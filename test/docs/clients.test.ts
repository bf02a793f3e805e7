import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { CLIENTS_DOCUMENT, commands, PROGRAMS, withRecipes } from '../clients/recipes.js';
import { VERSIONS } from '../clients/tools.js';

const DOCUMENT = readFileSync(CLIENTS_DOCUMENT, 'utf8');

describe('docs/clients.md', () => {
  it('has the lines of the programs that are tested', () => {
    assert.equal(withRecipes(DOCUMENT), DOCUMENT, 'docs/clients.md is stale: run npm run docs');
  });

  it('has commands and a recipe for every program, and no others', () => {
    // What both Java clients are held to.
    const programs = readdirSync(PROGRAMS).filter((name) => name !== 'java');
    assert.deepEqual([...commands().keys()].filter((name) => name !== 'others').sort(), programs.sort());
    for (const name of programs) assert.match(DOCUMENT, new RegExp(`<!-- recipe: ${name}/`));
  });

  it('names the versions that are tried', () => {
    for (const [name, version] of Object.entries(VERSIONS)) {
      if (name !== 'schemathesis') assert.match(DOCUMENT, new RegExp(`\\| ${name}\\b[^\\n]*${version}`), name);
    }
  });
});
