import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SETTINGS } from '../../src/config.js';
import { settingsTable, withTable } from './settings-table.js';

const PAGE = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

describe('the table of the settings', () => {
  it('stands in docs/configuration.md as npm run docs would write it', () => {
    assert.equal(withTable(PAGE), PAGE, 'docs/configuration.md is stale: run npm run docs');
  });

  it('has a row of four cells for each setting', () => {
    const rows = settingsTable().split('\n').slice(2);
    assert.deepEqual(
      rows.map((row) => /^\| `(\w+)` \|/.exec(row)?.[1]),
      Object.keys(SETTINGS),
    );
    for (const row of rows) assert.equal(row.split(/(?<!\\)\|/).length, 6, row);
  });

  it('says something about each, in sentences', () => {
    for (const [name, { about }] of Object.entries(SETTINGS))
      assert.match(about, /^\S.{15,}\.$|^\S.{15,}\.\S.*\.$/, name);
  });

  it('says the same on every machine', () => {
    for (const [name, setting] of Object.entries(SETTINGS)) {
      // What starts with a slash is a path of this machine.
      const machines = name === 'ARDM_WORKERS' || setting.fallback.startsWith('/');
      assert.equal('fallbackInWords' in setting || !machines, true, name);
    }
    assert.doesNotMatch(settingsTable(), /\/work|\/home|\/app|\/root/);
  });

  it('keeps the cells apart, and shows a setting without a default', () => {
    const table = settingsTable({ A: { about: 'This | or that.', allowed: 'a | b', fallback: '' } });
    assert.equal(table.split('\n')[2], '| `A` | empty | a \\| b | This \\| or that. |');
  });

  it('changes nothing else, and notices what it cannot replace', () => {
    const document =
      'before\n<!-- settings: made by `npm run docs` from src/config.ts -->\nold\n<!-- /settings -->\nafter';
    const written = withTable(document, 'new');
    assert.ok(written.startsWith('before\n<!-- settings') && written.endsWith('\n\nnew\n\n<!-- /settings -->\nafter'));
    assert.equal(withTable(written, 'new'), written);
    assert.throws(() => withTable('no marks'), /each on a line of its own/);
    assert.throws(() => withTable(document.split('\n').reverse().join('\n')), /each on a line of its own/);
  });
});
